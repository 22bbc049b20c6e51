-- Makes a network of its own, a server in it, and asks the server from a second container, which
-- finds it by its alias. Nothing is left behind.
--
--   lua examples/network.lua
--   lua examples/network.lua busybox

local docker = require "moondock"

local image = arg[1] or "alpine"
local script = "while true; do echo 'hello from the other container' | nc -l -p 8080; done"

local client = assert(docker.connect())
local name = ("moondock-example-%d"):format(os.time())
local network = assert(client.networks:create(name, { label = { example = "network" } }))

local server = assert(client:run(image, { "sh", "-c", script }, { init = true, detach = true }))
local ok, message = network:connect(server, { alias = "greeter" })
if ok then
  local addresses = assert(network:inspect()).Containers
  for _, endpoint in pairs(addresses) do print(endpoint.Name, endpoint.IPv4Address) end
  local result = client:run(image, { "sh", "-c", "nc greeter 8080 </dev/null" },
    { network = name, timeout = 30 })
  print("the client hears", result and result.stdout)
else
  print(message)
end

assert(server:remove { force = true })
assert(network:remove())
