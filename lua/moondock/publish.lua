-- Published and exposed ports as `docker run` takes them.

local core = require "moondock.core"
local subnets = require "moondock.subnets"
local values = require "moondock.flag_values"

local publish = {}

local PROTOCOLS = { tcp = true, udp = true, sctp = true }

-- A mode is that of services: a container publishes on its own host.
local FIELDS = { target = true, published = true, protocol = true, mode = true }

local function bad(spec)
  values.bad("publish", "[address:][host:]container[/protocol], or target=...,published=...", spec)
end

-- "target=80,published=8080" as "8080:80/tcp".
local function short_of(spec)
  if not spec:find("=", 1, true) then return spec end
  local fields = { published = "", target = "", protocol = "tcp" }
  for field in (spec .. ","):gmatch "(.-)," do
    local name, value = field:match "^([^=]+)=(.*)$"
    if not FIELDS[name] then bad(spec) end
    fields[name] = value
  end
  return ("%s:%s/%s"):format(fields.published, fields.target, fields.protocol)
end

-- The address before two ports, one of IPv6 in brackets, and the ports.
local function split_address(spec)
  local address, ports = spec:match("^%[(.*)%]:(.*)$")
  if not address then address, ports = spec:match("^([^:]*):([^:]*:[^:]*)$") end
  if not address then return "", spec end
  if address ~= "" and not subnets.address(address) then bad(spec) end
  return address, ports
end

-- "[address:][host:]container[/protocol]".
local function split(spec)
  local rest, protocol = spec:match("^(.-)/(%a*)$")
  protocol = (protocol or ""):lower()
  if protocol == "" then protocol = "tcp" end
  if not PROTOCOLS[protocol] then bad(spec) end
  local address, ports = split_address(rest or spec)
  local host, container = ports:match("^([%d%-]*):([%d%-]+)$")
  if not host then host, container = "", ports:match("^([%d%-]+)$") end
  if not container then bad(spec) end
  return address, host, container, protocol
end

local function range(name, spec, ports)
  local first, last = ports:match("^(%d+)%-(%d+)$")
  if not first then first = ports:match("^%d+$") end
  first, last = tonumber(first), tonumber(last or first)
  if not first or not last or first > last or last > 65535 then
    values.bad(name, "ports from 0 to 65535", spec)
  end
  return first, last
end

local function expose(body, port)
  body.ExposedPorts = body.ExposedPorts or core.object()
  body.ExposedPorts[port] = core.object()
end

local function bind(body, port, binding)
  expose(body, port)
  local all = body.HostConfig.PortBindings or core.object()
  body.HostConfig.PortBindings = all
  all[port] = all[port] or core.array()
  table.insert(all[port], binding)
end

local function one(body, spec)
  local address, host, container, protocol = split(short_of(spec))
  local first, last = range("publish", spec, container)
  local host_first, host_last
  if host ~= "" then host_first, host_last = range("publish", spec, host) end
  local pick = host_first and first == last
    and host_last > host_first -- the engine takes a free one of them
  if host_first and not pick and host_last - host_first ~= last - first then
    values.bad("publish", "ranges of the same length", spec)
  end
  for port = first, last do
    local host_port = host_first and (pick and host or ("%d"):format(host_first + port - first))
      or ""
    bind(body, ("%d/%s"):format(port, protocol), { HostIp = address, HostPort = host_port })
  end
end

---Publish what `value` says: one spec, or a list of them.
function publish.into(body, value)
  for _, spec in ipairs(values.texts("publish", value)) do one(body, spec) end
end

---Expose ports to other containers only: "80", "8000-8010/udp".
function publish.expose(body, value)
  for _, spec in ipairs(values.texts("expose", value)) do
    local ports, protocol = spec:match("^([%d%-]+)/(%a*)$")
    local first, last = range("expose", spec, ports or spec)
    if (protocol or "") == "" then protocol = "tcp" end
    for port = first, last do expose(body, ("%d/%s"):format(port, protocol)) end
  end
end

return publish
