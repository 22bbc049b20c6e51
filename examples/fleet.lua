-- Shows what several engines run, side by side, and then what happens on them until it is interrupted.
-- One that does not answer within five seconds is told as such and holds up nobody. Each argument is
-- an engine: a host, or the name of a context of the docker CLI.
--
--   lua examples/fleet.lua tcp://10.0.0.5:2375 tcp://10.0.0.6:2375 unix:///var/run/docker.sock

local docker = require "moondock"

local hosts = #arg > 0 and arg or { "unix:///var/run/docker.sock" }
local fleet = docker.fleet(hosts, { connect_timeout = 5 })

local results = fleet:map(function(client) return client:info() end, { timeout = 5 })
for _, result in ipairs(results) do
  if result.ok then
    print(("%s: engine %s, %d CPUs, %.2f seconds"):format(result.host, result.value.ServerVersion,
      result.value.NCPU, result.duration))
  else
    print(("%s: %s"):format(result.host, tostring(result.err)))
  end
end

for _, container in ipairs((fleet:containers { timeout = 5 })) do
  print(container.host, container.Names[1]:sub(2), container.Image, container.Status)
end

-- With reconnect the stream goes on for ever, and a host that comes back is heard again.
for event, host in fleet:events { reconnect = true, idle_timeout = 300 } do
  local what = event.err or event.Actor.Attributes.name or event.Actor.ID
  print(os.date "%H:%M:%S", host, event.Type, event.Action, tostring(what))
end
