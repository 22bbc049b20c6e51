-- Devices, their limits, and GPUs, as `docker run` takes them.

local core = require "moondock.core"
local values = require "moondock.flag_values"

local devices = {}

local function is_mode(text)
  local seen = {}
  for letter in text:gmatch "." do
    if not letter:find "[rwm]" or seen[letter] then return false end
    seen[letter] = true
  end
  return text ~= ""
end

-- "vendor.com/class=name"; all parts end with a letter or a digit.
local function is_cdi(text)
  local vendor, class, name = text:match "^(%a[%w_.-]*)/(%a[%w_.-]*)=(%w[%w_.:-]*)$"
  return vendor ~= nil and not (vendor:find "%W$" or class:find "%W$" or name:find "%W$")
end

local function mapping(spec)
  local parts = {}
  for part in (spec .. ":"):gmatch "(.-):" do parts[#parts + 1] = part end
  local source, target, mode = parts[1], parts[2], parts[3]
  if #parts == 2 and is_mode(target) then target, mode = nil, target end
  if source == "" or #parts > 3 or (mode and not is_mode(mode)) then
    values.bad("device", "host[:container[:rwm]], or a CDI name such as vendor.com/gpu=0", spec)
  end
  target = target or source
  if not target:find "^/" then values.bad("device", "an absolute path in the container", spec) end
  return { PathOnHost = source, PathInContainer = target,
    CgroupPermissions = mode or "rwm" }
end

local function request(body, value)
  body.HostConfig.DeviceRequests = body.HostConfig.DeviceRequests or core.array()
  table.insert(body.HostConfig.DeviceRequests, value)
end

-- "/dev/fuse", "/dev/a:/dev/b:rw", or CDI names.
local function add_devices(body, value)
  local cdi = core.array()
  for _, spec in ipairs(values.texts("device", value)) do
    if is_cdi(spec) then
      cdi[#cdi + 1] = spec
    else
      body.HostConfig.Devices = body.HostConfig.Devices or core.array()
      table.insert(body.HostConfig.Devices, mapping(spec))
    end
  end
  if #cdi > 0 then request(body, { Driver = "cdi", DeviceIDs = cdi }) end
end

local function words(text)
  local list = core.array()
  for word in (text .. ","):gmatch "(.-)," do list[#list + 1] = word end
  return list
end

-- A count: -1 stands for all.
local function count(text)
  if text == "all" then return -1 end
  return values.decimal("gpus count", text)
end

local GPU_FIELDS = {
  driver = function(gpu, text) gpu.Driver = text end,
  count = function(gpu, text) gpu.Count = count(text) end,
  device = function(gpu, text) gpu.DeviceIDs = words(text) end,
  capabilities = function(gpu, text)
    local list = words(text)
    list[#list + 1] = "gpu"
    gpu.Capabilities = core.array { list }
  end,
  options = function(gpu, text) gpu.Options = values.map("gpus options",
    values.csv("gpus options", text)) end,
}

local function gpu_of(line)
  local gpu, seen = {}, {}
  for _, field in ipairs(values.csv("gpus", line)) do
    local name, text = field:match "^([^=]*)=(.*)$"
    if not name then name, text = "count", field end
    if not GPU_FIELDS[name] or seen[name] then
      values.bad("gpus", "all, a number, or fields out of driver, count, device, capabilities, "
        .. "options, each once", line)
    end
    GPU_FIELDS[name](gpu, text)
    seen[name] = true
  end
  if gpu.Count == nil and not gpu.DeviceIDs then gpu.Count = 1 end
  gpu.Capabilities = gpu.Capabilities or core.array { core.array { "gpu" } }
  return gpu
end

---Give the container GPUs ("all", a number, or "device=0,count=2,capabilities=...") and devices: a text,
---or a list of them.
function devices.into(body, opts)
  for _, line in ipairs(opts.gpus ~= nil and values.texts("gpus", opts.gpus) or {}) do
    request(body, gpu_of(line))
  end
  if opts.device ~= nil then add_devices(body, opts.device) end
end

local function is_number(text)
  return text == "*" or text:find "^%d+$" ~= nil
end

---"c 13:* rwm": rules of which devices there may be.
function devices.rules(name, value)
  local list = values.texts(name, value)
  for _, rule in ipairs(list) do
    local major, minor, mode = rule:match "^[abc] ([%d*]+):([%d*]+) ([rwm]+)$"
    if not mode or #mode > 3 or not is_number(major) or not is_number(minor) then
      values.bad(name, "type major:minor mode such as 'c 13:* rwm'", rule)
    end
  end
  return list
end

-- "path:amount" as { Path, [field] }; a table of paths and amounts as well.
local function throttle(name, field, amount)
  return function(body, value)
    local list = core.array()
    for i, item in ipairs(values.joined(name, value, ":")) do
      local path, rest = item:match "^(/dev/[^:]*):([^:]+)$"
      if not path then values.bad(name, "device:amount such as '/dev/sda:1m'", item) end
      list[i] = { Path = path, [field] = amount(name, rest) }
    end
    body.HostConfig[devices.FIELDS[name]] = list
  end
end

local function weight(name, text)
  local number = values.decimal(name, text)
  if number ~= 0 and (number < 10 or number > 1000) then
    values.bad(name, "a weight from 10 to 1000, or 0", text)
  end
  return number
end

local function rate(name, text)
  local number = values.decimal(name, text)
  if number < 0 then values.bad(name, "a rate of 0 or more", text) end
  return number
end

devices.FIELDS = {
  blkio_weight_device = "BlkioWeightDevice", device_read_bps = "BlkioDeviceReadBps",
  device_read_iops = "BlkioDeviceReadIOps", device_write_bps = "BlkioDeviceWriteBps",
  device_write_iops = "BlkioDeviceWriteIOps",
}

---The flags that limit a device.
devices.LIMITS = {
  blkio_weight_device = throttle("blkio_weight_device", "Weight", weight),
  device_read_bps = throttle("device_read_bps", "Rate", values.bytes),
  device_read_iops = throttle("device_read_iops", "Rate", rate),
  device_write_bps = throttle("device_write_bps", "Rate", values.bytes),
  device_write_iops = throttle("device_write_iops", "Rate", rate),
}

return devices
