-- The flag --mount, "type=bind,source=/a,target=/b,readonly", as the Engine's record.

local core = require "moondock.core"
local errors = require "moondock.errors"
local fields = require "moondock.fields"
local flags = require "moondock.flags"

local function part(mount, name)
  mount[name] = mount[name] or {}
  return mount[name]
end

local function truth(value, key)
  if value == nil or value == "true" or value == "1" then return true end
  if value == "false" or value == "0" then return false end
  errors.blame(("field %s of option mount must be true or false, not '%s'"):format(key, value))
end

local function needed(value, key)
  if value == nil or value == "" then
    errors.blame(("field %s of option mount needs a value"):format(key))
  end
  return value
end

local function add_pair(map, value)
  local key, rest = value:match("^([^=]+)=(.*)$")
  map[key or value] = rest or ""
end

local function driver(mount)
  return part(part(mount, "VolumeOptions"), "DriverConfig")
end

local function source(mount, value, key)
  mount.Source = needed(value, key)
end

local function target(mount, value, key)
  mount.Target = needed(value, key)
end

local function read_only(mount, value, key)
  mount.ReadOnly = truth(value, key)
end

local RECURSIVE = {
  enabled = function() end,
  disabled = function(bind) bind.NonRecursive = true end,
  writable = function(bind) bind.ReadOnlyNonRecursive = true end,
  readonly = function(bind) bind.ReadOnlyForceRecursive = true end,
}

local function octal(value, key)
  local mode = value and value:find("^0?o?[0-7]+$") and tonumber((value:gsub("o", "")), 8)
  if not mode then
    errors.blame(("field %s of option mount must be octal digits such as '1777', not '%s'"):format(
      key, tostring(value)))
  end
  return mode
end

local FIELDS = {
  type = function(mount, value, key) mount.Type = needed(value, key):lower() end,
  source = source,
  src = source,
  target = target,
  dst = target,
  destination = target,
  readonly = read_only,
  ro = read_only,
  consistency = function(mount, value, key) mount.Consistency = needed(value, key):lower() end,
  ["bind-propagation"] = function(mount, value, key)
    part(mount, "BindOptions").Propagation = needed(value, key):lower()
  end,
  ["bind-nonrecursive"] = function(mount, value, key)
    part(mount, "BindOptions").NonRecursive = truth(value, key)
  end,
  ["bind-recursive"] = function(mount, value)
    local set = RECURSIVE[value]
    if not set then
      errors.blame("field bind-recursive of option mount must be enabled, disabled, writable or "
        .. "readonly")
    end
    set(part(mount, "BindOptions"))
  end,
  ["bind-create-src"] = function(mount, value, key)
    part(mount, "BindOptions").CreateMountpoint = truth(value, key)
  end,
  ["volume-subpath"] = function(mount, value, key)
    part(mount, "VolumeOptions").Subpath = needed(value, key)
  end,
  ["volume-nocopy"] = function(mount, value, key)
    part(mount, "VolumeOptions").NoCopy = truth(value, key)
  end,
  ["volume-label"] = function(mount, value, key)
    add_pair(part(part(mount, "VolumeOptions"), "Labels"), needed(value, key))
  end,
  ["volume-driver"] = function(mount, value, key) driver(mount).Name = needed(value, key) end,
  ["volume-opt"] = function(mount, value, key)
    add_pair(part(driver(mount), "Options"), needed(value, key))
  end,
  ["image-subpath"] = function(mount, value, key)
    part(mount, "ImageOptions").Subpath = needed(value, key)
  end,
  ["tmpfs-size"] = function(mount, value, key)
    part(mount, "TmpfsOptions").SizeBytes = flags.values.bytes("mount." .. key, value)
  end,
  ["tmpfs-mode"] = function(mount, value, key)
    part(mount, "TmpfsOptions").Mode = octal(value, key)
  end,
}

local PARTS = { bind = "BindOptions", volume = "VolumeOptions", image = "ImageOptions",
  tmpfs = "TmpfsOptions" }

-- Options of another type of mount are a mistake that engines do not always notice.
local function check_parts(mount)
  for kind, name in pairs(PARTS) do
    if mount[name] and mount.Type ~= kind then
      errors.blame(("option mount has type '%s', so it takes no %s-* fields"):format(mount.Type,
        kind))
    end
  end
end

local function one(item)
  if fields.is_record(item) then return item end
  local mount = fields.fill("mount", item, FIELDS, { Type = "volume" })
  if not mount.Target then errors.blame "option mount needs the field target" end
  check_parts(mount)
  return mount
end

---The Engine's records of what option `mount` was given: a text or a table of fields, or a list of
---these.
---@return table[]
return function(value)
  local list = core.array()
  for i, item in ipairs(fields.items(value)) do list[i] = one(item) end
  return list
end
