-- What secrets and configs share: bytes that a name stands for.

local core = require "moondock.core"
local errors = require "moondock.errors"
local flag_values = require "moondock.flag_values"
local object = require "moondock.object"
local sources = require "moondock.sources"
local versioned = require "moondock.versioned"
local vocabulary = require "moondock.vocabulary"

local secret_body = {}

local function all_of(source)
  local parts = {}
  while true do
    local chunk, message, err = source()
    if chunk == nil then
      if message then return nil, message, err end
      return table.concat(parts)
    end
    parts[#parts + 1] = chunk
  end
end

local function named(name, data, opts)
  if type(name) == "table" and data == nil and opts == nil then
    opts = name
    name, data = opts.name, opts.data
  end
  if name == nil and type(opts) == "table" then name = opts.Name end
  if type(name) ~= "string" or name == "" then
    errors.blame "name must be a non-empty string"
  end
  return name, data, object.with(opts, {})
end

local function driver(name, value)
  if type(value) == "table" then return value end
  return { Name = flag_values.text(name, value) }
end

local FLAGS = {
  label = function(body, value) body.Labels = flag_values.map("label", value) end,
  driver = function(body, value) body.Driver = driver("driver", value) end,
  template_driver = function(body, value)
    body.Templating = driver("template_driver", value)
  end,
}

local OWN = { name = true, data = true, timeout = true, raw = true, insecure_credentials = true }

-- What the options say: the body, and the options of the call.
local function apply(body, opts, known)
  local fields = {}
  for key, value in pairs(opts) do
    if vocabulary.is_field(key) then
      fields[key] = value
    elseif known[key] then
      FLAGS[key](body, value)
    elseif not OWN[key] then
      vocabulary.unknown(key, known, OWN)
    end
  end
  vocabulary.merge(body, fields)
  return { body = body, timeout = opts.timeout, raw = opts.raw,
    insecure_credentials = opts.insecure_credentials }
end

---The options of a create. The bytes are put into base64 here.
---@param known table<string, true>  the flags that it takes
---@return table? calls, string? message, moondock.Error? err
function secret_body.create(name, data, opts, known)
  name, data, opts = named(name, data, opts)
  local body = { Name = name, Labels = core.object() }
  if data == nil and opts.driver == nil and opts.Driver == nil and opts.Data == nil then
    errors.blame "data must be the bytes: a string, an open file, a function or a stream"
  end
  if data ~= nil then
    local bytes, message, err = all_of((sources.of("data", data)))
    if not bytes then return nil, message, err end
    body.Data = core.base64(bytes, "standard")
  end
  return apply(body, opts, known)
end

local UPDATE_OWN = { timeout = true, raw = true, insecure_credentials = true }

---Change labels, the only thing that may change.
function secret_body.update(self, operations, change, opts)
  local make, calls = versioned.change(change, opts, versioned.LABELS, UPDATE_OWN)
  operations.path = { self.id }
  return versioned.update(self, operations, make, calls)
end

return secret_body
