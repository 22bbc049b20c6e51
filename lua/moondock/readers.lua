-- Reading what people look for in an inspected container, in whichever shape the engine gives it.

local core = require "moondock.core"
local told = require "moondock.told"

local readers = {}

local STATES = { starting = true, healthy = true, unhealthy = true }

---The state of the health check. Podman says "" and calls the field Healthcheck where there is
---none; engines leave it out, or say none.
function readers.health(details)
  local state = told.object(details.State)
  for _, field in ipairs { "Health", "Healthcheck" } do
    local status = told.object(state[field]).Status
    if STATES[status] then return status end
  end
  return "none"
end

local FIELDS = { "IPAddress", "GlobalIPv6Address", "Gateway", "IPv6Gateway", "MacAddress" }

local function address_of(name, endpoint)
  local entry = { Network = name }
  for _, field in ipairs(FIELDS) do entry[field] = told.text(endpoint[field]) end
  return entry
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
  local settings = told.object(details.NetworkSettings)
  local list, seen = core.array(), {}
  for name, endpoint in pairs(told.object(settings.Networks)) do
    local entry = address_of(name, told.object(endpoint))
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
