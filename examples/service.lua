-- Runs a service on a swarm, changes its command without a gap, shows what its tasks wrote,
-- and removes it. An engine without a swarm begins one of its own, and leaves it in the end.
--
--   lua examples/service.lua
--   lua examples/service.lua busybox

local docker = require "moondock"

local image = arg[1] or "alpine"
local client = assert(docker.connect())

local began = assert(client:info()).Swarm.LocalNodeState == "inactive"
if began then assert(client.swarm:init { advertise_addr = "127.0.0.1" }) end

local function says(text)
  return { "sh", "-c", "echo " .. text .. "; exec sleep 3600" }
end

local name = "moondock-example-" .. os.time()
local service = assert(client.services:create(image, says "first", {
  name = name, replicas = 2, stop_grace_period = 1,
  update_order = "start-first", update_monitor = 1, update_failure_action = "rollback",
}))
local tasks, message = service:wait { timeout = 120, monitor = 1 }
print(tasks and #tasks .. " tasks run" or message)

assert(service:update(function(spec)
  spec.TaskTemplate.ContainerSpec.Args = says "second"
end))
tasks, message = service:wait { timeout = 120 }
print(tasks and "updated" or message)

for line, source in assert(service:logs()):lines() do print(source, line) end
for _, task in ipairs(assert(service:tasks())) do
  print(task.Slot, "wanted: " .. task.DesiredState, task.Spec.ContainerSpec.Args[3])
end

assert(service:remove())
if began then assert(client.swarm:leave { force = true }) end
