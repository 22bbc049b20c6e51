-- Pulls an image from a registry that wants credentials: those of the environment, else those that
-- the docker CLI has stored, by its helpers or in its config.json. They go nowhere else: into no file,
-- no error message and no other registry. What is printed says where they came from.
--
--   lua examples/pull_private.lua host:5000/team/web:1
--   REGISTRY_USER=me REGISTRY_PASSWORD=... lua examples/pull_private.lua host:5000/team/web:1

local docker = require "moondock"

local name = assert(arg[1], "which image? lua examples/pull_private.lua host:5000/team/web:1")
local user, auth = os.getenv "REGISTRY_USER", nil
if user then
  auth = {
    username = user,
    password = assert(os.getenv "REGISTRY_PASSWORD", "REGISTRY_PASSWORD is not set"),
  }
end

local client = assert(docker.connect())
print((assert(client:explain_auth(name, { auth = auth }))))

local image, message, err = client.images:pull(name, { auth = auth })
if not image then
  print(("no image (%s): %s"):format(err.kind, message))
  os.exit(1)
end
print("pulled " .. image.id)
print("digest " .. (image.Digest or "not told"))
