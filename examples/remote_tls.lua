-- Works with an engine on another machine over TLS. Each side proves who it is: the engine by a
-- certificate of the authority in ca.pem, this program by cert.pem and key.pem.
--
--   lua examples/remote_tls.lua tcp://10.0.0.5:2376 ~/certs
--
-- The environment says the same: DOCKER_HOST=tcp://10.0.0.5:2376 DOCKER_TLS_VERIFY=1
-- DOCKER_CERT_PATH=~/certs, and then docker.connect() is enough.

local docker = require "moondock"

local host, folder = arg[1], arg[2]
assert(host and folder, "usage: remote_tls.lua tcp://HOST:2376 FOLDER")

local client = assert(docker.connect {
  host = host,
  tls = { ca = folder .. "/ca.pem", cert = folder .. "/cert.pem", key = folder .. "/key.pem" },
})

local info = assert(client:info())
print(("%s: %s, engine %s, encrypted"):format(client.endpoint.name, info.Name, info.ServerVersion))
for _, container in ipairs(assert(client.containers:list { all = true })) do
  print(container.Id:sub(1, 12), container.Image, container.Status)
end
