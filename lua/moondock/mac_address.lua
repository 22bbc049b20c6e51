-- The address of a new container's network card, said where the engine at hand reads it: engines
-- before API 1.44 read the container's, later ones that of the endpoint.

local version = require "moondock.version"

local OF_ENDPOINTS = 44

local mac_address = {}

-- What the body asks for in the container's own network, and nowhere else yet.
local function wanted(body)
  if type(body) ~= "table" or body.MacAddress ~= nil then return nil end
  local networking = body.NetworkingConfig
  local endpoints = type(networking) == "table" and networking.EndpointsConfig
  if type(endpoints) ~= "table" then return nil end
  local host = type(body.HostConfig) == "table" and body.HostConfig or {}
  local endpoint = endpoints[host.NetworkMode or "default"]
  local address = type(endpoint) == "table" and endpoint.MacAddress
  return type(address) == "string" and address ~= "" and address or nil
end

---Complete the options of a ContainerCreate. The version is asked for only where it matters.
---@return true? ok, string? message, moondock.Error? err
function mac_address.complete(client, wire, limits)
  local address = wanted(wire.body)
  if not address then return true end
  local minor, message, err = version.of(client, limits)
  if not minor then return nil, message, err end
  if minor < OF_ENDPOINTS then wire.body.MacAddress = address end
  return true
end

return mac_address
