-- Several engines at once.

--# docker.fleet
--# Fleet:map
--# Fleet:close
local fleet = docker.fleet({ { name = "here", host = client.endpoint.name }, "tcp://127.0.0.1:1" },
  { connect_timeout = 5 })
local results = fleet:map(function(each) return each:info() end, { limit = 8, timeout = 30 })
for _, result in ipairs(results) do
  print(result.host, result.ok and result.value.ContainersRunning or result.err)
end
assert(results[1].ok and not results[2].ok)
fleet:close()

--# Fleet:clients
local fleet = docker.fleet { client }
for host, each, err in fleet:clients() do print(host, each and each:ping(), err) end

--# Fleet:containers
--# Fleet:images
--# Fleet:list
local fleet = docker.fleet { { name = "here", host = client.endpoint.name } }
local containers, failed = fleet:containers { all = true }
for _, container in ipairs(containers) do print(container.host, container.Names[1]) end
for _, each in ipairs(fleet:images()) do print(each.host, each.Id) end
for _, volume in ipairs(fleet:list("volumes", { filters = { dangling = true } })) do
  print(volume.host, volume.id)
end
assert(#failed == 0)
fleet:close()

--# Fleet:events
--# FleetEvents:read
local fleet = docker.fleet { { name = "here", host = client.endpoint.name } }
local events = fleet:events { filters = { type = "container", event = "create" }, timeout = 60 }
docker.spawn(function()
  docker.sleep(0.5)
  local container = assert(client.containers:create(image, "true"))
  assert(container:remove())
end)
local event, host = events:read()
assert(event.Action == "create" and host == "here")
fleet:close()
