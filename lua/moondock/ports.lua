-- Reading the ports of an inspected container, whatever the engine left out.

local core = require "moondock.core"

local ports = {}

-- IPv4 first, then by port and protocol, so that the first entry is the one that people mean.
local function before(a, b)
  local a6, b6 = (a.IP or ""):find(":", 1, true) ~= nil, (b.IP or ""):find(":", 1, true) ~= nil
  if a6 ~= b6 then return b6 end
  if a.PrivatePort ~= b.PrivatePort then return a.PrivatePort < b.PrivatePort end
  if a.Type ~= b.Type then return a.Type < b.Type end
  return (a.PublicPort or 0) < (b.PublicPort or 0)
end

local function integer(text)
  return math.floor(tonumber(text))
end

-- Podman leaves the address of a port empty that is open on all.
local function address(text)
  return text == "" and "0.0.0.0" or text
end

local function add_bindings(list, port, protocol, bindings)
  if type(bindings) ~= "table" or #bindings == 0 then
    list[#list + 1] = { PrivatePort = port, Type = protocol }
    return
  end
  for _, binding in ipairs(bindings) do
    list[#list + 1] = { PrivatePort = port, Type = protocol, IP = address(binding.HostIp),
      PublicPort = tonumber(binding.HostPort) and integer(binding.HostPort) or nil }
  end
end

---The ports of what `inspect` returned, in the fields of the engine's own summaries.
function ports.of(details)
  local list = core.array()
  local settings = type(details.NetworkSettings) == "table" and details.NetworkSettings.Ports
  if type(settings) == "table" then
    for name, bindings in pairs(settings) do
      local port, protocol = name:match("^(%d+)/?(%a*)$")
      if port then add_bindings(list, integer(port), protocol ~= "" and protocol or "tcp",
        bindings) end
    end
  end
  table.sort(list, before)
  return list
end

return ports
