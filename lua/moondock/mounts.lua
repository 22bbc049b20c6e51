-- One `--mount`: "type=bind,src=/a,dst=/b,readonly" or the same as a table, as the Engine takes it.

local core = require "moondock.core"
local errors = require "moondock.errors"
local values = require "moondock.flag_values"
local vocabulary = require "moondock.vocabulary"

local mounts = {}

local SWITCH = { [true] = true, [false] = false }
for _, word in ipairs { "1", "t", "T", "true", "True", "TRUE" } do SWITCH[word] = true end
for _, word in ipairs { "0", "f", "F", "false", "False", "FALSE" } do SWITCH[word] = false end

local function switch(name, value)
  local on = SWITCH[value]
  if on == nil then values.bad(name, "true or false", value) end
  return on
end

local function inner(mount, group)
  mount[group] = mount[group] or core.object()
  return mount[group]
end

local function driver(mount)
  local options = inner(mount, "VolumeOptions")
  options.DriverConfig = options.DriverConfig or core.object()
  return options.DriverConfig
end

-- A pair "key=value" into the table `into[field]`.
local function pair(name, value, into, field)
  into[field] = into[field] or core.object()
  for key, item in pairs(values.map(name, value)) do into[field][key] = item end
end

local RECURSIVE = {
  enabled = function() end,
  disabled = function(mount) inner(mount, "BindOptions").NonRecursive = true end,
  writable = function(mount) inner(mount, "BindOptions").ReadOnlyNonRecursive = true end,
  readonly = function(mount) inner(mount, "BindOptions").ReadOnlyForceRecursive = true end,
}

local function octal(name, value)
  local digits = values.text(name, value)
  local number = digits:find "^[0-7]+$" and tonumber(digits, 8)
  if not number or number >= 2 ^ 32 then
    values.bad(name, "a mode in octal such as '1770'", value)
  end
  return math.floor(number)
end

-- What each field does; the names are those of `docker run --mount`.
local FIELDS = {
  type = function(mount, value) mount.Type = values.text("mount type", value):lower() end,
  source = function(mount, value) mount.Source = values.text("mount source", value) end,
  target = function(mount, value) mount.Target = values.text("mount target", value) end,
  readonly = function(mount, value)
    mount.ReadOnly = switch("mount readonly", value) or nil
  end,
  consistency = function(mount, value)
    mount.Consistency = values.text("mount consistency", value):lower()
  end,
  ["bind-propagation"] = function(mount, value)
    inner(mount, "BindOptions").Propagation = values.text("bind-propagation", value):lower()
  end,
  ["bind-nonrecursive"] = function(mount, value)
    inner(mount, "BindOptions").NonRecursive = switch("bind-nonrecursive", value) or nil
  end,
  ["bind-recursive"] = function(mount, value)
    local set = RECURSIVE[value]
    if not set then
      values.bad("bind-recursive", "enabled, disabled, writable or readonly", value)
    end
    set(mount)
  end,
  ["bind-create-src"] = function(mount, value)
    inner(mount, "BindOptions").CreateMountpoint = switch("bind-create-src", value) or nil
  end,
  ["volume-subpath"] = function(mount, value)
    inner(mount, "VolumeOptions").Subpath = values.text("volume-subpath", value)
  end,
  ["volume-nocopy"] = function(mount, value)
    inner(mount, "VolumeOptions").NoCopy = switch("volume-nocopy", value) or nil
  end,
  ["volume-label"] = function(mount, value)
    pair("volume-label", value, inner(mount, "VolumeOptions"), "Labels")
  end,
  ["volume-driver"] = function(mount, value)
    driver(mount).Name = values.text("volume-driver", value)
  end,
  ["volume-opt"] = function(mount, value) pair("volume-opt", value, driver(mount), "Options") end,
  ["image-subpath"] = function(mount, value)
    inner(mount, "ImageOptions").Subpath = values.text("image-subpath", value)
  end,
  ["tmpfs-size"] = function(mount, value)
    inner(mount, "TmpfsOptions").SizeBytes = values.bytes("tmpfs-size", value)
  end,
  ["tmpfs-mode"] = function(mount, value)
    inner(mount, "TmpfsOptions").Mode = octal("tmpfs-mode", value)
  end,
}

local ALIASES = { src = "source", dst = "target", destination = "target", ro = "readonly" }

local function set(mount, name, value)
  local key = name:lower():gsub("_", "-")
  key = ALIASES[key] or key
  if not FIELDS[key] then
    vocabulary.unknown_field(name, "a mount", FIELDS)
  end
  FIELDS[key](mount, value)
end

local GROUPS = { bind = "BindOptions", volume = "VolumeOptions", tmpfs = "TmpfsOptions",
  image = "ImageOptions" }

local function check_recursive(mount, shown)
  local bind = mount.BindOptions or {}
  if (bind.ReadOnlyNonRecursive or bind.ReadOnlyForceRecursive) and not mount.ReadOnly then
    errors.blame("bind-recursive of a mount needs readonly, too: " .. shown)
  elseif bind.ReadOnlyForceRecursive and bind.Propagation ~= "rprivate" then
    errors.blame("bind-recursive=readonly of a mount needs bind-propagation=rprivate: " .. shown)
  end
end

-- Options of another type would be ignored, or refused without a word why.
local function check(mount, shown)
  if (mount.Target or "") == "" then errors.blame("a mount needs a target: " .. shown) end
  if mount.Type == "" then errors.blame("a mount needs a type, or none at all: " .. shown) end
  for kind, group in pairs(GROUPS) do
    if mount[group] and kind ~= mount.Type then
      errors.blame(("%s-... of a mount does not go with type '%s': %s"):format(kind, mount.Type,
        shown))
    end
  end
  check_recursive(mount, shown)
  if mount.Type == "bind" and not (mount.Source or ""):find("^/") then
    errors.blame("the source of a bind mount must be an absolute path: " .. shown)
  end
end

local function of_text(line)
  local mount = { Type = "volume" }
  for _, field in ipairs(values.csv("mount", line)) do
    local name, value = field:match("^([^=]*)=(.*)$")
    set(mount, name or field, value or true)
  end
  check(mount, line)
  return mount
end

local function of_table(fields)
  local mount, shown = { Type = "volume" }, "a table"
  for name, value in pairs(fields) do
    if type(name) ~= "string" then
      errors.blame "a mount is a string or a table of names and values"
    elseif name:find("^%u") then
      mount[name] = value
    else
      set(mount, name, value)
    end
  end
  shown = mount.Target or shown
  check(mount, shown)
  return mount
end

---The mounts of what a user gave: a string, a table of fields, or a list of either.
---@return table[] list  as in HostConfig.Mounts
function mounts.of(value)
  if type(value) == "string" or values.is_named(value) then value = { value } end
  local list = core.array()
  for i, item in ipairs(values.list("mount", value)) do
    list[i] = type(item) == "table" and of_table(item) or of_text(values.text("mount", item))
  end
  return list
end

return mounts
