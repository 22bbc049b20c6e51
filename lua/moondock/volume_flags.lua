-- The vocabulary of `docker volume create`, turned into the Engine's body.

local errors = require "moondock.errors"
local named = require "moondock.named"
local values = require "moondock.flag_values"
local vocabulary = require "moondock.vocabulary"

local volume_flags = {}

local FLAGS = {
  driver = function(body, value) body.Driver = values.text("driver", value) end,
  opt = function(body, value) body.DriverOpts = values.map("opt", value) end,
  label = function(body, value) body.Labels = values.labels("label", value) end,
}

-- What makes it a volume of the swarm. Each flag fills the ClusterVolumeSpec.
local ACCESS = { mount = "MountVolume", block = "BlockVolume" }

local function access(spec)
  spec.AccessMode = spec.AccessMode or {}
  return spec.AccessMode
end

local function capacity(spec)
  spec.CapacityRange = spec.CapacityRange or {}
  return spec.CapacityRange
end

-- "region=east,rack=1" is one place; a list names several.
local function places(name, value)
  local list = {}
  for i, place in ipairs(values.list(name, value)) do
    local pairs_of = {}
    for pair in values.text(name, place):gmatch("[^,]+") do pairs_of[#pairs_of + 1] = pair end
    list[i] = { Segments = values.map(name, pairs_of) }
  end
  return list
end

local function topology(spec)
  spec.AccessibilityRequirements = spec.AccessibilityRequirements or {}
  return spec.AccessibilityRequirements
end

local function secrets(spec, value)
  spec.Secrets = {}
  for key, secret in pairs(values.map("secret", value)) do
    table.insert(spec.Secrets, { Key = key, Secret = secret })
  end
  table.sort(spec.Secrets, function(a, b) return a.Key < b.Key end)
end

local CLUSTER = {
  group = function(spec, value) spec.Group = values.text("group", value) end,
  availability = function(spec, value) spec.Availability = values.text("availability", value) end,
  scope = function(spec, value) access(spec).Scope = values.text("scope", value) end,
  sharing = function(spec, value) access(spec).Sharing = values.text("sharing", value) end,
  limit_bytes = function(spec, value)
    capacity(spec).LimitBytes = values.bytes("limit_bytes", value)
  end,
  required_bytes = function(spec, value)
    capacity(spec).RequiredBytes = values.bytes("required_bytes", value)
  end,
  secret = secrets,
  topology_required = function(spec, value)
    topology(spec).Requisite = places("topology_required", value)
  end,
  topology_preferred = function(spec, value)
    topology(spec).Preferred = places("topology_preferred", value)
  end,
  type = function(spec, value)
    if not ACCESS[value] then values.bad("type", "mount or block", value) end
    access(spec)[ACCESS[value]] = {}
  end,
}

-- The defaults of the command line. Engines insist on all of these.
local function complete(spec)
  local mode = access(spec)
  spec.Availability = spec.Availability or "active"
  mode.Scope, mode.Sharing = mode.Scope or "single", mode.Sharing or "none"
  if not mode.MountVolume and not mode.BlockVolume then mode.BlockVolume = {} end
  return spec
end

for name, set in pairs(CLUSTER) do
  FLAGS[name] = function(body, value)
    body.ClusterVolumeSpec = body.ClusterVolumeSpec or {}
    set(body.ClusterVolumeSpec, value)
  end
end

local CALL = { timeout = true, raw = true }

---Turn the arguments of `volumes:create` into the options of VolumeCreate.
---@param name? string|table  or one table with name and the options
---@param opts? table
---@return table wire
function volume_flags.create(name, opts)
  name, opts = named(name, opts)
  errors.check("name", name, "string or nil")
  local body, wire, fields = { Name = name }, {}, {}
  for key, value in pairs(opts) do
    if CALL[key] then
      wire[key] = value
    elseif vocabulary.is_field(key) then
      fields[key] = value
    elseif FLAGS[key] then
      FLAGS[key](body, value)
    else
      vocabulary.unknown(key, FLAGS, { timeout = true })
    end
  end
  if body.ClusterVolumeSpec then complete(body.ClusterVolumeSpec) end
  vocabulary.merge(body, fields)
  wire.body = body
  return wire
end

return volume_flags
