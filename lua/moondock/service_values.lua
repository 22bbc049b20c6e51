-- What the flags of services are given, as values of the Engine's records. Each function
-- takes the option's name, for the error, and its value.

local core = require "moondock.core"
local fields = require "moondock.fields"
local given = require "moondock.flag_values"
local lists = require "moondock.flag_lists"
local reference = require "moondock.reference"

local bad, text = given.bad, given.text

local function number(name, value)
  return tonumber(value) or bad(name, "a number", value)
end

local function lower(name, value)
  return text(name, value):lower()
end

-- Texts as a set.
local function names(name, value)
  local set = {}
  for _, item in ipairs(given.texts(name, value)) do set[item] = true end
  return set
end

-- "host:ip" or "host=ip", as the line "ip host" of a hosts file.
local function hosts(name, value)
  local list = core.array()
  for i, item in ipairs(given.joined(name, value, "=")) do
    local host, address = lists.host(name, item)
    list[i] = address .. " " .. host
  end
  return list
end

local function preferences(name, value)
  local list = core.array()
  for i, item in ipairs(given.texts(name, value)) do
    local descriptor = item:match("^spread=(.+)$")
    if not descriptor then bad(name, "spread=label", item) end
    list[i] = { Spread = { SpreadDescriptor = descriptor } }
  end
  return list
end

local function resources(name, value)
  local list = core.array()
  for i, item in ipairs(given.joined(name, value, "=")) do
    local kind, amount = text(name, item):match("^([^=]+)=(%d+)$")
    if not kind then bad(name, "kind=number", item) end
    list[i] = { DiscreteResourceSpec = { Kind = kind, Value = given.decimal(name, amount) } }
  end
  return list
end

local function add_alias(network, value)
  network.Aliases = network.Aliases or core.array()
  table.insert(network.Aliases, value)
end

local function add_driver_option(network, value)
  local key, rest = (value or ""):match("^([^=]+)=(.*)$")
  if not key then bad("network", "driver-opt=name=value in it", value) end
  network.DriverOpts = network.DriverOpts or {}
  network.DriverOpts[key] = rest
end

local NETWORK_FIELDS = {
  name = function(network, value) network.Target = value end,
  alias = add_alias,
  ["driver-opt"] = add_driver_option,
}

-- The CLI has no capital letters in the long form.
local function network(name, item)
  if fields.is_record(item) then return item end
  if fields.is_long(item) then
    if type(item) == "string" then item = item:lower() end
    return fields.fill(name, item, NETWORK_FIELDS, {})
  end
  return { Target = text(name, item) }
end

local function networks(name, value)
  local list = core.array()
  for i, item in ipairs(fields.items(name, value)) do
    list[i] = network(name, item)
    if (list[i].Target or "") == "" then bad(name, "a network with its name", item) end
  end
  return list
end

local function port(name, value)
  local result = tonumber(value)
  if not result or result % 1 ~= 0 or result < 0 or result > 65535 then
    bad(name, "a port from 0 to 65535", value)
  end
  return math.floor(result)
end

local protocol_of = given.choice({ tcp = true, udp = true, sctp = true }, "tcp, udp or sctp")
local publish_mode = given.choice({ ingress = true, host = true }, "ingress or host")

local PORT_FIELDS = {
  target = function(record, value) record.TargetPort = port("publish.target", value) end,
  published = function(record, value) record.PublishedPort = port("publish.published", value) end,
  protocol = function(record, value)
    record.Protocol = protocol_of("publish.protocol", lower("publish.protocol", value))
  end,
  mode = function(record, value)
    record.PublishMode = publish_mode("publish.mode", lower("publish.mode", value))
  end,
}

local function add_port(list, target, published, protocol)
  list[#list + 1] = { Protocol = protocol, TargetPort = target, PublishedPort = published,
    PublishMode = "ingress" }
end

local function range(name, spec, ports)
  local first, last = ports:match("^(%d+)%-(%d+)$")
  first, last = port(name, first or ports), port(name, last or ports)
  if first > last then bad(name, "ports from the lower to the higher", spec) end
  return first, last
end

-- "published:target/protocol", both perhaps ranges. Several published ports of one target are as
-- many records.
local function add_short(list, name, spec)
  local rest, protocol = spec:match("^(.-)/(%a+)$")
  local host, container = (rest or spec):match("^([%d%-]*):([%d%-]+)$")
  container = container or (rest or spec):match("^[%d%-]+$")
  if not container then
    bad(name, "[published:]target[/protocol]; services listen on all addresses", spec)
  end
  protocol = protocol_of(name, (protocol or "tcp"):lower())
  local first, last = range(name, spec, container)
  if not host or host == "" then
    for target = first, last do add_port(list, target, nil, protocol) end
    return
  end
  local from, to = range(name, spec, host)
  if first ~= last and to - from ~= last - first then
    bad(name, "ranges of the same length", spec)
  end
  for published = from, to do
    add_port(list, first == last and first or first + published - from, published, protocol)
  end
end

local function publish(name, value)
  local list = core.array()
  for _, item in ipairs(fields.items(name, value)) do
    if fields.is_record(item) then
      list[#list + 1] = item
    elseif fields.is_long(item) then
      local record = fields.fill(name, item, PORT_FIELDS,
        { Protocol = "tcp", PublishMode = "ingress" })
      if (record.TargetPort or 0) == 0 then bad(name, "target=... in its long form", item) end
      list[#list + 1] = record
    else
      add_short(list, name, text(name, item))
    end
  end
  return list
end

-- The name of an image with its tag: without one, all of its tags would be pulled.
local function image(name, value)
  value = text(name, value)
  if value:find("^sha256:") or value:find("^%x+$") and #value == 64 then return value end
  local parts = reference.parse(value)
  return (parts.tag or parts.digest) and value or value .. ":latest"
end

-- The words of a command; an empty one leaves the image's own.
local function words(name, value)
  return value == "" and core.array() or given.command(name, value)
end

local function health_command(name, value)
  if value == "" then return core.array() end
  if type(value) == "string" then return { "CMD-SHELL", value } end
  local test = given.command(name, value)
  table.insert(test, 1, "CMD")
  return test
end

local function mounts(_, value)
  return require("moondock.mounts").of(value)
end

return { names = names, number = number, lower = lower, hosts = hosts,
  preferences = preferences, resources = resources, networks = networks, publish = publish,
  image = image, words = words, health_command = health_command, mounts = mounts }
