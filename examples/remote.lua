-- Works with engines on other machines: each has a client of its own, and what is said to one is
-- said to all in the same way. Each argument is an engine; without any, the one of this machine:
--
--   lua examples/remote.lua tcp://10.0.0.5:2375 unix:///var/run/docker.sock
--
-- tcp:// is neither encrypted nor authenticated: use it on a network that you trust, or forward the
-- socket: ssh -fNL /tmp/remote.sock:/var/run/docker.sock user@host, then unix:///tmp/remote.sock

local docker = require "moondock"

local clients = {}
for i, host in ipairs(arg) do
  clients[i] = assert(docker.connect { host = host, connect_timeout = 5 })
end
if #clients == 0 then clients[1] = assert(docker.connect()) end

for _, client in ipairs(clients) do
  local info, message = client:info { timeout = 10 }
  if info then
    print(("%s: %s, engine %s, API %s"):format(client.endpoint.name, info.Name, info.ServerVersion,
      client.api_version))
    for _, container in ipairs(assert(client.containers:list())) do
      print("", container.Id:sub(1, 12), container.Image, container.Status)
    end
  else
    print(("%s: %s"):format(client.endpoint.name, message))
  end
end
