-- Reading what people look for in an inspected container, in whichever shape the engine gives it.

local core = require "moondock.core"

local readers = {}

local function object_of(value)
  return type(value) == "table" and value or {}
end

local function text_of(value)
  return type(value) == "string" and value ~= "" and value or nil
end

local STATES = { starting = true, healthy = true, unhealthy = true }

---The state of the health check. Podman says "" and calls the field Healthcheck where there is
---none; engines leave it out, or say none.
function readers.health(details)
  local state = object_of(details.State)
  for _, field in ipairs { "Health", "Healthcheck" } do
    local status = object_of(state[field]).Status
    if STATES[status] then return status end
  end
  return "none"
end

local function address_of(name, endpoint)
  return { Network = name, IPAddress = text_of(endpoint.IPAddress),
    GlobalIPv6Address = text_of(endpoint.GlobalIPv6Address), Gateway = text_of(endpoint.Gateway),
    IPv6Gateway = text_of(endpoint.IPv6Gateway), MacAddress = text_of(endpoint.MacAddress) }
end

local function has_address(entry)
  return entry.IPAddress ~= nil or entry.GlobalIPv6Address ~= nil
end

local function before(a, b)
  local a4, b4 = a.IPAddress ~= nil, b.IPAddress ~= nil
  if a4 ~= b4 then return a4 end
  return a.Network < b.Network
end

---The addresses in each network, those of IPv4 first. Engines before API 1.52 repeat the default
---bridge's at the top level; Podman has them there alone when the network is its default.
function readers.addresses(details)
  local settings = object_of(details.NetworkSettings)
  local list, seen = core.array(), {}
  for name, endpoint in pairs(object_of(settings.Networks)) do
    local entry = address_of(name, object_of(endpoint))
    if has_address(entry) then
      list[#list + 1] = entry
      if entry.IPAddress then seen[entry.IPAddress] = true end
      if entry.GlobalIPv6Address then seen[entry.GlobalIPv6Address] = true end
    end
  end
  local top = address_of("bridge", settings)
  if has_address(top) and not seen[top.IPAddress or top.GlobalIPv6Address] then
    list[#list + 1] = top
  end
  table.sort(list, before)
  return list
end

return readers
