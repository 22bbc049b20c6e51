-- What a request says: without what is empty, the defaults that the CLI spells out, and the order of
-- what has none.

local core = require "moondock.core"

-- Fields of which the zero value says something.
local TELLING = { Init = true, StopTimeout = true, Replicas = true, Parallelism = true, EnableIPv4 = true,
  EnableIPv6 = true, AutoLockManagers = true, MemorySwappiness = true, TaskHistoryRetentionLimit = true }

-- Objects of which the user makes the keys: each says something, even with an empty value.
local FREE = { Labels = true, Annotations = true, Volumes = true, ExposedPorts = true, PortBindings = true,
  Tmpfs = true, StorageOpt = true, Sysctls = true, Config = true, DriverOpts = true, Options = true,
  EndpointsConfig = true, Segments = true, AuxiliaryAddresses = true, buildargs = true, labels = true,
  Mode = true, AccessMode = true }

-- Lists of which the order says nothing, unless a group knows better.
local UNORDERED = { Env = true, Secrets = true, Configs = true, Ulimits = true, ulimits = true, Ports = true,
  GenericResources = true, Networks = true, CapabilityAdd = true, CapabilityDrop = true, Mounts = true,
  Binds = true, Constraints = true, Nameservers = true, Search = true, Hosts = true, Groups = true }

local function is_empty(value)
  return value == nil or value == core.null or value == "" or value == false or value == 0
    or (type(value) == "table" and next(value) == nil)
end

-- A value as text that is the same for the same value.
local function written(value)
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  for key, item in pairs(value) do parts[#parts + 1] = tostring(key) .. "=" .. written(item) end
  table.sort(parts)
  return "{" .. table.concat(parts, ",") .. "}"
end

local function by_text(a, b) return written(a) < written(b) end

---@param facts { defaults?: table<string, any>, unordered?: table<string, true> }  defaults: fields that say nothing
---with this value; unordered: lists of which the order says nothing
---@param all? boolean  whether empty fields say something here
local function essence(value, facts, all)
  if type(value) ~= "table" then return value end
  local result, defaults = {}, facts.defaults or {}
  for key, item in pairs(value) do
    item = essence(item, facts, FREE[key])
    local default = defaults[key] ~= nil and written(defaults[key]) == written(item)
    if item ~= core.null and not default and (all or TELLING[key] or not is_empty(item)) then
      result[key] = item
      if (facts.unordered or UNORDERED)[key] and #item > 0 then table.sort(item, by_text) end
    end
  end
  return result
end

return essence
