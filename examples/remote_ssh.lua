-- What runs on other machines, over ssh: one process of ssh for each, all of them at once.
--
--   lua5.4 examples/remote_ssh.lua ssh://user@host [ssh://other/path/of/docker.sock...]
--
-- Names, keys and jump hosts are those of ~/.ssh/config; IDENTITY=path gives another key.

local docker = require "moondock"

local key = os.getenv "IDENTITY"
local options = key and { "-i", key, "-o", "IdentitiesOnly=yes" }

local answers = docker.map(arg, function(host)
  local client = assert(docker.connect { host = host, ssh = { options = options } })
  local list, message = client.containers:list()
  client:close()
  return list or message
end)

for i, host in ipairs(arg) do
  local list = answers[i]
  if type(list) == "string" then
    print(list)
  else
    print(host)
    for _, container in ipairs(list) do
      print("", container.Id:sub(1, 12), container.Image, container.Status)
    end
  end
end
