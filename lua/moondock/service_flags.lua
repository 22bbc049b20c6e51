-- The vocabulary of `docker service create`, turned into the Engine's ServiceSpec.

local capabilities = require "moondock.service_capabilities"
local core = require "moondock.core"
local errors = require "moondock.errors"
local fields = require "moondock.service_fields"
local given = require "moondock.flag_values"
local lists = require "moondock.flag_lists"
local references = require "moondock.service_references"
local values = require "moondock.service_values"
local vocabulary = require "moondock.vocabulary"

local CONTAINER = "TaskTemplate.ContainerSpec."

local MODES = {
  replicated = function(opts)
    return { Replicated = core.object { Replicas = opts.replicas } }
  end,
  global = function() return { Global = core.object() } end,
  ["replicated-job"] = function(opts)
    return { ReplicatedJob = core.object { TotalCompletions = opts.replicas,
      MaxConcurrent = opts.max_concurrent or opts.replicas } }
  end,
  ["global-job"] = function() return { GlobalJob = core.object() } end,
}

local function check_mode(mode, opts)
  if not MODES[mode] then
    given.bad("mode", "replicated, global, replicated-job or global-job", mode)
  elseif opts.max_concurrent ~= nil and mode ~= "replicated-job" then
    errors.blame "option max_concurrent is for mode replicated-job"
  elseif mode:find("^global") and (opts.replicas or opts.replicas_max_per_node) then
    errors.blame(("options replicas and replicas_max_per_node are not for mode %s"):format(mode))
  end
end

local function check_updates(spec)
  local mode = spec.Mode or {}
  if (mode.ReplicatedJob or mode.GlobalJob) and (spec.UpdateConfig or spec.RollbackConfig) then
    errors.blame "options update_... and rollback_... are not for jobs"
  end
end

local function put_mode(spec, opts)
  if opts.mode == nil and opts.replicas == nil and opts.max_concurrent == nil then return end
  local mode = opts.mode or "replicated"
  check_mode(mode, opts)
  spec.Mode = MODES[mode] {
    replicas = opts.replicas ~= nil and given.count("replicas", opts.replicas) or nil,
    max_concurrent = opts.max_concurrent and given.count("max_concurrent", opts.max_concurrent),
  }
end

local function put_env(spec, opts)
  local list = lists.environment(opts)
  if #list > 0 then fields.put(spec, CONTAINER .. "Env", lists.last_of_each(list)) end
end

-- Flags that need more than their own value.
local OTHERS = { name = true, cap_add = true, cap_drop = true, mode = true, replicas = true,
  max_concurrent = true, env = true, env_file = true, no_healthcheck = true, log_driver = true,
  log_opt = true, secret = true, config = true, credential_spec = true, image = true,
  command = true }

-- Put what each option says into the spec; the Engine's own fields are returned.
local function put_fields(spec, opts, own)
  local engine = {}
  for key, value in pairs(opts) do
    local field = fields.VALUES[key] or fields.LISTS[key]
    if vocabulary.is_field(key) then
      engine[key] = value
    elseif field then
      fields.put(spec, field[1], field[2](key, value))
    elseif not OTHERS[key] and not own[key] then
      vocabulary.unknown(key, fields.VALUES, fields.LISTS, OTHERS, own)
    end
  end
  return engine
end

-- Put what the others say.
local function put_others(spec, opts)
  spec.Name = opts.name ~= nil and given.text("name", opts.name) or nil
  put_env(spec, opts)
  put_mode(spec, opts)
  capabilities.create(spec.TaskTemplate.ContainerSpec, opts)
  spec.TaskTemplate.LogDriver = fields.log_driver(opts)
  if fields.no_healthcheck(opts) then
    fields.put(spec, CONTAINER .. "HealthCheck", { Test = { "NONE" } })
  end
end

local service_flags = {}

-- A whole template of the Engine's says what to run.
local function has_template(opts)
  return type(opts.TaskTemplate) == "table"
end

---Turn the arguments of `services:create` into a ServiceSpec, and what it names but has no id of
---yet.
---@param image string|table
---@param command? string[]|string
---@param opts? table
---@param own table<string, true>  options that are none of the spec's
---@return table spec, table needed, table opts
function service_flags.create(image, command, opts, own)
  image, command, opts = vocabulary.named(image, command, opts, has_template)
  local container = { Image = image and values.image("image", image) }
  local spec = { TaskTemplate = { ContainerSpec = container } }
  if command ~= nil then container.Args = given.command("command", command) end
  local engine = put_fields(spec, opts, own)
  put_others(spec, opts)
  check_updates(spec)
  local needed = references.create(spec, opts)
  if next(spec.TaskTemplate.ContainerSpec) == nil then spec.TaskTemplate.ContainerSpec = nil end
  vocabulary.merge(spec, engine)
  return spec, needed, opts
end

return service_flags
