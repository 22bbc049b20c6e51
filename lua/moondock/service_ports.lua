-- The published ports of a service: a port is known by all that it is, and goes by its target.

local core = require "moondock.core"

-- A port that was not said to be otherwise.
local PROTOCOL = "tcp"
local MODE = "ingress"

local function key(port)
  return ("%s:%s/%s/%s"):format(port.PublishedPort or 0, port.TargetPort or 0,
    port.Protocol or "", port.PublishMode or "")
end

local function same_target(a, b)
  return a.TargetPort == b.TargetPort and (a.Protocol or PROTOCOL) == (b.Protocol or PROTOCOL)
    and (a.PublishMode or MODE) == (b.PublishMode or MODE)
end

local function is_gone(port, gone)
  for _, each in ipairs(gone) do
    if same_target(port, each) then return true end
  end
  return false
end

local ports = {}

---The ports that stay, and those that are new, sorted.
---@param list table[]  as in EndpointSpec.Ports
---@param added table[]
---@param gone table[]  ports of which the target, protocol and mode count
function ports.change(list, added, gone)
  local result, there = core.array(), {}
  for _, port in ipairs(list) do
    if not there[key(port)] and not is_gone(port, gone) then
      result[#result + 1], there[key(port)] = port, true
    end
  end
  for _, port in ipairs(added) do
    if not there[key(port)] then result[#result + 1] = port end
  end
  table.sort(result, function(a, b) return key(a) < key(b) end)
  return result
end

return ports
