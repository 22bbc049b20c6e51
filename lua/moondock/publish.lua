-- Published and exposed ports as `docker run` takes them.

local core = require "moondock.core"
local values = require "moondock.flag_values"

local publish = {}

local function bad(spec)
  values.bad("publish", "[address:][host:]container[/protocol]", spec)
end

-- "[address:][host:]container[/protocol]", the address of IPv6 in brackets.
local function split(spec)
  local rest, protocol = spec:match("^(.-)/(%a+)$")
  rest, protocol = rest or spec, protocol or "tcp"
  local address, inner = rest:match("^%[([%x:%.]+)%]:(.*)$")
  if not address then
    address, inner = rest:match("^([%d%.]+):([^:]*:[^:]*)$")
    if not address then address, inner = "", rest end
  end
  local host, container = inner:match("^([%d%-]*):([%d%-]+)$")
  if not host then host, container = "", inner:match("^([%d%-]+)$") end
  if not container then bad(spec) end
  return address, host, container, protocol:lower()
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
  local address, host, container, protocol = split(spec)
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
    local ports, protocol = spec:match("^([%d%-]+)/(%a+)$")
    local first, last = range("expose", spec, ports or spec)
    for port = first, last do
      expose(body, ("%d/%s"):format(port, (protocol or "tcp"):lower()))
    end
  end
end

return publish
