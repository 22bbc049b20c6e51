-- The vocabulary of `docker run` and `docker exec`, turned into the Engine's create bodies.

local core = require "moondock.core"
local errors = require "moondock.errors"

local flags = {}

local function bad(name, expected, value)
  errors.blame(("option %s must be %s, not '%s'"):format(name, expected, tostring(value)))
end

local function text(name, value)
  if type(value) == "number" then
    return value % 1 == 0 and ("%d"):format(value) or tostring(value)
  end
  if type(value) ~= "string" then bad(name, "a string", value) end
  return value
end

local function boolean(name, value)
  if type(value) ~= "boolean" then bad(name, "true or false", value) end
  return value
end

local function list(name, value)
  if type(value) == "string" then return { value } end
  if type(value) ~= "table" then bad(name, "a string or a list of strings", value) end
  return value
end

-- A list, or a table of names and values, as a list of "name=value"; `true` stands for the name
-- alone.
local function pairs_list(name, value)
  if type(value) ~= "table" or #value > 0 or next(value) == nil then return list(name, value) end
  local result = {}
  for key, item in pairs(value) do
    if type(item) == "boolean" and item then
      result[#result + 1] = key
    else
      result[#result + 1] = key .. "=" .. text(name .. "." .. key, item)
    end
  end
  table.sort(result)
  return result
end

local UNITS = { b = 1, k = 1024, m = 1024 ^ 2, g = 1024 ^ 3, t = 1024 ^ 4 }

local function bytes(name, value)
  local number, unit = value, "b"
  if type(value) == "string" then
    number, unit = value:lower():match("^([%d.]+)%s*([bkmgt]?)i?b?$")
    number = tonumber(number)
    if unit == "" then unit = "b" end
  end
  if type(number) ~= "number" or number < 0 then bad(name, "bytes, or a size such as '64m'",
    value) end
  return math.floor(number * UNITS[unit])
end

local function command_list(name, value)
  if type(value) == "string" then
    if value:find("%s") then
      errors.blame(("%s '%s' is one word with blanks in it: give a list of words, "
        .. "or docker.words(...) to split it"):format(name, value))
    end
    value = { value }
  end
  errors.check(name, value, "string or table")
  local words = core.array()
  for i, word in ipairs(value) do words[i] = text(name, word) end
  return words
end

local function labels(body, value)
  body.Labels = core.object()
  if type(value) == "table" and #value == 0 then
    for key, item in pairs(value) do body.Labels[key] = text("label." .. tostring(key), item) end
    return
  end
  for _, item in ipairs(list("label", value)) do
    local key, rest = text("label", item):match("^([^=]+)=(.*)$")
    body.Labels[key or item] = rest or ""
  end
end

-- "[address:][host:]container[/protocol]", the address of IPv6 in brackets.
local function split_publish(spec)
  local rest, protocol = spec:match("^(.-)/(%a+)$")
  rest, protocol = rest or spec, protocol or "tcp"
  local address, inner = rest:match("^%[([%x:%.]+)%]:(.*)$")
  if not address then
    address, inner = rest:match("^([%d%.]+):([^:]*:[^:]*)$")
    if not address then address, inner = "", rest end
  end
  local host, container = inner:match("^([%d%-]*):([%d%-]+)$")
  if not host then host, container = "", inner:match("^([%d%-]+)$") end
  if not container then bad("publish", "[address:][host:]container[/protocol]", spec) end
  return address, host, container, protocol:lower()
end

local function port_range(spec, ports)
  local first, last = ports:match("^(%d+)%-(%d+)$")
  if not first then first = ports:match("^%d+$") end
  first, last = tonumber(first), tonumber(last or first)
  if not first or not last or first > last
    or last > 65535 then bad("publish", "ports from 0 to 65535", spec) end
  return first, last
end

local function add_binding(body, port, binding)
  body.ExposedPorts = body.ExposedPorts or {}
  body.ExposedPorts[port] = core.object()
  local all = body.HostConfig.PortBindings or {}
  body.HostConfig.PortBindings = all
  all[port] = all[port] or {}
  table.insert(all[port], binding)
end

local function publish_one(body, spec)
  local address, host, container, protocol = split_publish(spec)
  local first, last = port_range(spec, container)
  local host_first, host_last
  if host ~= "" then host_first, host_last = port_range(spec, host) end
  local pick = host_first and first == last
    and host_last > host_first -- the engine takes a free one of them
  if host_first and not pick and host_last - host_first ~= last - first then
    bad("publish", "ranges of the same length", spec)
  end
  for port = first, last do
    local host_port = host_first and (pick and host or ("%d"):format(host_first + port - first))
      or ""
    add_binding(body, ("%d/%s"):format(port, protocol), { HostIp = address, HostPort = host_port })
  end
end

local function publish(body, value)
  if type(value) == "number" then value = ("%d"):format(value) end
  for _, spec in ipairs(list("publish", value)) do publish_one(body, text("publish", spec)) end
end

-- "source:target[:options]" is a bind; a target alone is an anonymous volume.
local function volume(body, value)
  for _, spec in ipairs(list("volume", value)) do
    text("volume", spec)
    if spec:find(":", 1, true) then
      body.HostConfig.Binds = body.HostConfig.Binds or {}
      table.insert(body.HostConfig.Binds, spec)
    else
      body.Volumes = body.Volumes or {}
      body.Volumes[spec] = core.object()
    end
  end
end

local function restart(body, value)
  local name, count = text("restart", value):match("^([%a-]+):?(%d*)$")
  local known = { no = true, always = true, ["unless-stopped"] = true, ["on-failure"] = true }
  if not known[name] then bad("restart", "no, always, unless-stopped or on-failure[:count]",
    value) end
  body.HostConfig.RestartPolicy = { Name = name, MaximumRetryCount = tonumber(count) }
end

local function cpus(body, value)
  local number = tonumber(value)
  if not number or number < 0 then bad("cpus", "a number of processors such as 1.5", value) end
  body.HostConfig.NanoCpus = math.floor(number * 1e9 + 0.5)
end

local function network(body, value)
  local first = list("network", value)[1]
  body.HostConfig.NetworkMode = text("network", first)
  for i = 1, #list("network", value) do
    body.NetworkingConfig = body.NetworkingConfig or { EndpointsConfig = {} }
    body.NetworkingConfig.EndpointsConfig[list("network", value)[i]] = core.object()
  end
  if #list("network", value) == 1 then body.NetworkingConfig = nil end
end

-- One flag each: what it does to the body.
local FLAGS = {
  label = labels,
  publish = publish,
  volume = volume,
  restart = restart,
  cpus = cpus,
  network = network,
  env = function(body, value) body.Env = pairs_list("env", value) end,
  memory = function(body, value) body.HostConfig.Memory = bytes("memory", value) end,
  user = function(body, value) body.User = text("user", value) end,
  workdir = function(body, value) body.WorkingDir = text("workdir", value) end,
  hostname = function(body, value) body.Hostname = text("hostname", value) end,
  entrypoint = function(body, value) body.Entrypoint = command_list("entrypoint", value) end,
  tty = function(body, value) body.Tty = boolean("tty", value) end,
  interactive = function(body, value) body.OpenStdin = boolean("interactive", value) end,
  privileged = function(body, value) body.HostConfig.Privileged = boolean("privileged", value) end,
  read_only = function(body, value) body.HostConfig.ReadonlyRootfs = boolean("read_only",
    value) end,
  init = function(body, value) body.HostConfig.Init = boolean("init", value) end,
  cap_add = function(body, value) body.HostConfig.CapAdd = list("cap_add", value) end,
  cap_drop = function(body, value) body.HostConfig.CapDrop = list("cap_drop", value) end,
}

-- What goes into the query, or says the same by name.
local QUERY = { name = true, platform = true, timeout = true, raw = true }

-- Those of `docker exec`.
local EXEC_FLAGS = {
  env = FLAGS.env,
  user = FLAGS.user,
  workdir = FLAGS.workdir,
  tty = FLAGS.tty,
  interactive = function(body, value) body.AttachStdin = boolean("interactive", value) end,
  privileged = function(body, value) body.Privileged = boolean("privileged", value) end,
  detach_keys = function(body, value) body.DetachKeys = text("detach_keys", value) end,
}

local EXEC_QUERY = { timeout = true, raw = true }

local function flag_names(known, others)
  local names = {}
  for name in pairs(known) do names[#names + 1] = name end
  for _, name in ipairs(others) do names[#names + 1] = name end
  table.sort(names)
  return table.concat(names, ", ")
end

local function is_plain(value)
  return type(value) == "table" and not core.is_array(value) and #value == 0
end

-- Engine fields over what the flags made: objects are merged, all else is replaced.
local function merge(into, value)
  for key, item in pairs(value) do
    if is_plain(item) and is_plain(into[key]) then merge(into[key], item) else into[key] = item end
  end
end

local function named(image, command, opts)
  if type(image) == "table" and command == nil and opts == nil then
    opts = image
    image, command = opts.image, opts.command
  end
  opts = errors.check("options", opts or {}, "table")
  if image == nil then image = opts.image or opts.Image end
  if command == nil then command = opts.command end
  if type(image) ~= "string" or image == "" then
    errors.blame("image must be a non-empty string, the image to make the container of")
  end
  return image, command, opts
end

-- Do what one option says; false when it is no flag and no field.
local function apply(known, body, fields, key, value)
  if type(key) ~= "string" then
    errors.blame("options have names; the command is a list of its own, before them: "
      .. "{ \"echo\", \"hello\" }")
  elseif key:find("^%u") then
    fields[key] = value
  elseif known[key] then
    known[key](body, value)
  else
    return false
  end
  return true
end

local function unknown(key, known, others)
  errors.blame(("unknown option '%s'; it takes: %s, and the Engine's own fields, which begin "
    .. "with a capital letter"):format(key, flag_names(known, others)))
end

---Turn the arguments of `containers:create` and `run` into the options of ContainerCreate.
---@param image string|table
---@param command? string[]|string
---@param opts? table
---@return table wire
function flags.create(image, command, opts)
  image, command, opts = named(image, command, opts)
  local body, wire = { Image = image, HostConfig = {} }, {}
  if command ~= nil then body.Cmd = command_list("command", command) end
  local fields = {}
  for key, value in pairs(opts) do
    if QUERY[key] then
      wire[key] = value
    elseif not apply(FLAGS, body, fields, key, value) and key ~= "image" and key ~= "command" then
      unknown(key, FLAGS, { "command", "image", "name", "platform", "timeout" })
    end
  end
  merge(body, fields)
  if next(body.HostConfig) == nil then body.HostConfig = nil end
  wire.body = body
  return wire
end

---Turn the arguments of `exec` and `exec_create` into the options of ContainerExec.
---@param command string[]|string
---@param opts table
---@param own string[]  other options, for the error that lists them
---@return table wire
function flags.exec(command, opts, own)
  local body, wire = { AttachStdout = true, AttachStderr = true }, {}
  body.Cmd = command_list("command", command)
  if #body.Cmd == 0 then errors.blame("command must name what to run") end
  local fields = {}
  for key, value in pairs(opts) do
    if EXEC_QUERY[key] then
      wire[key] = value
    elseif not apply(EXEC_FLAGS, body, fields, key, value) then
      unknown(key, EXEC_FLAGS, own)
    end
  end
  merge(body, fields)
  wire.body = body
  return wire
end

return flags
