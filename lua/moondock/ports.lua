-- Reading the ports of an inspected container, whatever the engine left out.

local core = require "moondock.core"
local told = require "moondock.told"

local ports = {}

-- IPv4 first, then by port and protocol, so that the first entry is the one that people mean.
local function before(a, b)
  local a6, b6 = (a.IP or ""):find(":", 1, true) ~= nil, (b.IP or ""):find(":", 1, true) ~= nil
  if a6 ~= b6 then return b6 end
  if a.PrivatePort ~= b.PrivatePort then return a.PrivatePort < b.PrivatePort end
  if a.Type ~= b.Type then return a.Type < b.Type end
  return (a.PublicPort or 0) < (b.PublicPort or 0)
end

-- Podman leaves the address of a port empty that is open on all.
local function address(text)
  return text == "" and "0.0.0.0" or told.text(text)
end

local function add_bindings(list, port, protocol, bindings)
  if #bindings == 0 then list[#list + 1] = { PrivatePort = port, Type = protocol } end
  for _, binding in ipairs(bindings) do
    list[#list + 1] = { PrivatePort = port, Type = protocol, IP = address(binding.HostIp),
      PublicPort = told.integer(binding.HostPort) }
  end
end

---The ports of what `inspect` returned, in the fields of the engine's own summaries.
function ports.of(details)
  local list = core.array()
  for name, bindings in pairs(told.object(told.object(details.NetworkSettings).Ports)) do
    local port, protocol = name:match("^(%d+)/?(%a*)$")
    if port then
      add_bindings(list, told.integer(port), protocol ~= "" and protocol or "tcp",
        told.objects(bindings))
    end
  end
  table.sort(list, before)
  return list
end

return ports
