-- Lists the running containers, as `docker ps` does. One request, however many there are.
--
--   lua examples/list_running.lua

local docker = require "moondock"

local client = assert(docker.connect())
local containers = assert(client.containers:list())

for _, container in ipairs(containers) do
  print(container.Id:sub(1, 12), container.Names[1]:sub(2), container.Image, container.Status)
end
print(#containers .. " running")
