-- Changing what the swarm keeps: read it, change it, send it back with the version it was read at,
-- and begin anew when another was faster.

local call = require "moondock.call"
local core = require "moondock.core"
local errors = require "moondock.errors"
local flag_values = require "moondock.flag_values"
local object = require "moondock.object"
local told = require "moondock.told"
local vocabulary = require "moondock.vocabulary"

local TRIES = 10 -- the orchestrator itself changes versions, too

local versioned = {}

-- The engine's words for a version that is not the last; its status was 500, 409 or 400.
local function was_slow(err)
  return err and err.message:find("update out of sequence", 1, true) ~= nil
end

-- A record that may be changed: what was absent or null becomes a table where fields are put.
local function spec_of(details)
  return told.object(details.Spec)
end

-- The spec as it is to be: what `change` returned, or what it was given. It may be refused.
local function changed_by(change, details, limits)
  local spec = spec_of(details)
  local changed, message, err = change(spec, details, limits)
  if changed == nil and err then return nil, message, err end
  return changed or spec
end

local function no_headers()
  return nil
end

---The failure of an engine that did not tell the version of what is to be changed.
function versioned.untold(operation)
  return errors.fail { kind = "protocol", operation = operation,
    message = operation .. ": the engine did not tell the version of what is to be changed" }
end

---Whether an engine told what the table of operations would refuse to send back, such as a field
---that is newer than the table: then that goes back as it came.
---@param options table  the update, with what the engine told
---@return true? beyond
function versioned.is_beyond(client, operation, path, options)
  return not core.request(operation, client.minor_version, path, options) or nil
end

local function once(self, operations, change, opts, limits)
  local details, message, err = call.run(self.client, operations.inspect, operations.path, nil,
    { limits = limits })
  if not details then return nil, message, err end
  local version = told.integer(told.object(details.Version).Index)
  if not version then return versioned.untold(operations.update) end
  local raw = versioned.is_beyond(self.client, operations.update, operations.path,
    { version = version, body = spec_of(details) })
  local spec, headers
  spec, message, err = changed_by(change, details, limits)
  if not spec then return nil, message, err end
  headers, message, err = (operations.prepare or no_headers)(spec, limits)
  if err then return nil, message, err end
  return call.run(self.client, operations.update, operations.path,
    object.with(opts, { version = version, body = spec, raw = opts.raw or raw }),
    { limits = limits, headers = headers })
end

---Change the record behind `self` by `change(spec, details, limits)`, which changes the spec or
---returns another; the failure triple from it ends the update. It is called again for each try.
---@param operations { inspect: string, update: string, path: string[], prepare?: fun(spec: table, limits: moondock.Limits): string[]?, string?, moondock.Error? }
---prepare: a last look at the spec, which returns headers
---@param opts? table  of the update
---@return any value, string? message, moondock.Error? err
function versioned.update(self, operations, change, opts)
  self.client:check_open()
  local limits = call.limits(self.client, operations.update, opts or {})
  local value, message, err
  for _ = 1, TRIES do
    value, message, err = once(self, operations, change, opts, limits)
    if value ~= nil then return value end
    if not was_slow(err) then break end
  end
  return nil, message, err
end

local function set_label(spec, value)
  spec.Labels = flag_values.map("label", value)
end

local function label_add(spec, value)
  local labels = told.part(spec, "Labels")
  for key, text in pairs(flag_values.map("label_add", value)) do labels[key] = text end
end

local function label_rm(spec, value)
  if type(spec.Labels) ~= "table" then return end
  local labels = told.part(spec, "Labels")
  for _, key in ipairs(flag_values.texts("label_rm", value)) do labels[key] = nil end
  if next(labels) == nil then spec.Labels = core.object() end
end

---What changes labels, by option.
versioned.LABELS = { label = set_label, label_add = label_add, label_rm = label_rm }

-- Raise for an option that an update does not have. Lists have two in the place of a creation's one.
local function unknown(key, known, own)
  if known[tostring(key) .. "_add"] then
    errors.blame(("unknown option '%s' of an update: there are %s_add and %s_rm"):format(key, key,
      key))
  end
  vocabulary.unknown(key, known, own)
end

local function check(known, own, wanted)
  for key in pairs(wanted) do
    if not (known[key] or own[key] or vocabulary.is_field(key)) then
      unknown(key, known, own)
    end
  end
end

-- The options in `known` that were given, in an order that is always the same.
local function sorted(known, wanted)
  local names = {}
  for name in pairs(wanted) do
    if known[name] then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

-- Do what the options in `known` say; one of them may refuse.
local function apply(known, wanted, spec, details)
  for _, name in ipairs(sorted(known, wanted)) do
    local _, message, err = known[name](spec, wanted[name], details)
    if err then return nil, message, err end
  end
  return spec
end

-- Read options that `known` has functions for: a wrong value is told before anything is sent.
local function read_with(known)
  return function(wanted)
    apply(known, wanted, {}, {})
    return function(spec, details) return apply(known, wanted, spec, details) end
  end
end

-- A user's function is not shown the limits.
local function of_function(change)
  return function(spec, details) return change(spec, details) end
end

---A change, and the options of the call, from what a user gave: a function, or a table of options
---in `known`, options of the call in `own`, and fields of the Engine, merged over what is there.
---@param known table<string, any>  by option; without `read` functions of a spec, a value and the details
---@param own table<string, true>
---@param read? fun(wanted: table): fun(spec: table, details: table, limits: moondock.Limits): table?, string?, moondock.Error?
---what the options make of a spec; it raises for wrong values
---@return function change, table opts
function versioned.change(wanted, opts, known, own, read)
  errors.check("the change", wanted, "function or table")
  if type(wanted) == "function" then return of_function(wanted), object.with(opts, {}) end
  check(known, own, wanted)
  local change = (read or read_with(known))(wanted)
  local fields, calls = {}, object.with(opts, {})
  for key, value in pairs(wanted) do
    if vocabulary.is_field(key) then fields[key] = value elseif own[key] then calls[key] = value end
  end
  return function(spec, details, limits)
    local changed, message, err = change(spec, details, limits)
    if not changed then return nil, message, err end
    vocabulary.merge(spec, fields)
    return spec
  end, calls
end

return versioned
