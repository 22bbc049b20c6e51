-- The vocabulary of `docker service update`: what its flags make of a service that is there.

local attachments = require "moondock.service_attachments"
local capabilities = require "moondock.service_capabilities"
local errors = require "moondock.errors"
local fields = require "moondock.service_fields"
local given = require "moondock.flag_values"
local lists = require "moondock.service_lists"
local told = require "moondock.told"
local values = require "moondock.service_values"
local versioned = require "moondock.versioned"
local vocabulary = require "moondock.vocabulary"

local CONTAINER = "TaskTemplate.ContainerSpec."
local HEALTH = CONTAINER .. "HealthCheck"

-- Flags that fill a field and are none of a new service, which has them as arguments.
local OWN_VALUES = {
  image = { CONTAINER .. "Image", values.image },
  args = { CONTAINER .. "Args", values.words },
}

local OTHERS = { replicas = true, max_concurrent = true, force = true, cap_add = true,
  cap_drop = true, no_healthcheck = true, log_driver = true, log_opt = true }

local NAMES = {}
for _, set in ipairs { fields.VALUES, OWN_VALUES, OTHERS, lists.NAMES, attachments.NAMES } do
  for name in pairs(set) do NAMES[name] = true end
end

local function refused(message)
  return errors.fail { kind = "invalid", operation = "ServiceUpdate", message = message }
end

-- --- groups of flags: each appends to `changes` functions of a spec, which may return the failure
-- triple

local function fill(opts, changes)
  for name, value in pairs(opts) do
    local field = fields.VALUES[name] or OWN_VALUES[name]
    if field then
      value = field[2](name, value)
      changes[#changes + 1] = function(spec) fields.put(spec, field[1], value) end
    end
  end
end

local function replicas(opts, changes)
  if opts.replicas == nil then return end
  local count = given.count("replicas", opts.replicas)
  changes[#changes + 1] = function(spec)
    local mode = told.object(spec.Mode)
    if type(mode.Replicated) == "table" then
      told.part(mode, "Replicated").Replicas = count
    elseif type(mode.ReplicatedJob) == "table" then
      told.part(mode, "ReplicatedJob").TotalCompletions = count
    else
      return refused "only a service of mode replicated or replicated-job has replicas"
    end
  end
end

local function max_concurrent(opts, changes)
  if opts.max_concurrent == nil then return end
  local count = given.count("max_concurrent", opts.max_concurrent)
  changes[#changes + 1] = function(spec)
    local job = fields.at(spec, "Mode.ReplicatedJob")
    if type(job) ~= "table" then
      return refused "only a service of mode replicated-job has max_concurrent"
    end
    job.MaxConcurrent = count
  end
end

local function force(opts, changes)
  if opts.force == nil or not given.boolean("force", opts.force) then return end
  changes[#changes + 1] = function(spec)
    local template = fields.record(spec, "TaskTemplate")
    template.ForceUpdate = (told.integer(template.ForceUpdate) or 0) + 1
  end
end

local function capability(opts, changes)
  if opts.cap_add == nil and opts.cap_drop == nil then return end
  local change = capabilities.update(opts)
  changes[#changes + 1] = function(spec) change(fields.record(spec, CONTAINER)) end
end

local function log_driver(opts, changes)
  local driver = fields.log_driver(opts)
  if not driver then return end
  changes[#changes + 1] = function(spec) fields.put(spec, "TaskTemplate.LogDriver", driver) end
end

local function no_longer_forbidden(spec)
  local check = fields.at(spec, HEALTH)
  if type(fields.at(check, "Test")) == "table" and check.Test[1] == "NONE" then check.Test = nil end
end

local function forbidden(spec)
  fields.put(spec, HEALTH, { Test = { "NONE" } })
end

-- Whether there is a health check at all; what it is, the fields say after that.
local function health(opts, changes)
  if fields.no_healthcheck(opts) then
    changes[#changes + 1] = forbidden
  elseif opts.no_healthcheck == false or fields.health_option(opts) then
    changes[#changes + 1] = no_longer_forbidden
  end
end

local GROUPS = { health, fill, replicas, max_concurrent, force, capability, log_driver, lists.read }

-- What the flags make of a spec: all values are read, and refused, before anything is sent.
local function read_with(client)
  return function(opts)
    local changes = {}
    for _, group in ipairs(GROUPS) do group(opts, changes) end
    attachments.read(client, opts, changes)
    return function(spec, _, limits)
      for _, change in ipairs(changes) do
        local _, message, err = change(spec, limits)
        if err then return nil, message, err end
      end
      return spec
    end
  end
end

-- --- the change as a whole

local function container_of(spec)
  local container = fields.at(spec, "TaskTemplate.ContainerSpec")
  return type(container) == "table" and container or {}
end

-- Engines say Healthcheck, their specification HealthCheck; both in one spec are read as either.
-- The specification's name is what flags and annotations have.
local function one_name(container)
  if container.Healthcheck == nil then return end
  vocabulary.merge(container, { HealthCheck = container.Healthcheck })
  container.Healthcheck = nil
end

local function of_table(apply)
  return function(spec, details, limits)
    one_name(container_of(spec))
    local changed, message, err = apply(spec, details, limits)
    if not changed then return nil, message, err end
    one_name(container_of(changed))
    return changed
  end
end

-- A function sees what the engine said, so that the other name is the function's.
local function of_function(apply)
  return function(spec, details)
    local changed, message, err = apply(spec, details)
    if changed == nil and err then return nil, message, err end
    local container = container_of(changed or spec)
    if container.HealthCheck ~= nil then container.Healthcheck = nil end
    return changed
  end
end

local function check_rollback(wanted, calls)
  if calls.rollback == true then calls.rollback = "previous" end
  if not calls.rollback then calls.rollback = nil end
  for key in pairs(calls.rollback and type(wanted) == "table" and wanted or {}) do
    if NAMES[key] or vocabulary.is_field(key) then
      errors.blame(("option rollback goes with no other: %s"):format(key))
    end
  end
end

local service_update = {}

---A change of a service, and the options of the call, from what a user gave.
---@param own table<string, true>  the options of the call
---@return function change, table calls
function service_update.change(client, wanted, opts, own)
  local apply, calls = versioned.change(wanted, opts, NAMES, own, read_with(client))
  check_rollback(wanted, calls)
  return (type(wanted) == "table" and of_table or of_function)(apply), calls
end

return service_update
