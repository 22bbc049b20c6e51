-- Pulls an image from a registry that wants credentials, which come from the environment and go
-- nowhere else: into no file, no error message and no other registry.
--
--   REGISTRY_USER=me REGISTRY_PASSWORD=... lua examples/pull_private.lua host:5000/team/web:1

local docker = require "moondock"

local name = assert(arg[1], "which image? lua examples/pull_private.lua host:5000/team/web:1")
local auth = {
  username = assert(os.getenv "REGISTRY_USER", "REGISTRY_USER is not set"),
  password = assert(os.getenv "REGISTRY_PASSWORD", "REGISTRY_PASSWORD is not set"),
}

local client = assert(docker.connect())
local image, message, err = client.images:pull(name, { auth = auth })
if not image then
  print(("no image (%s): %s"):format(err.kind, message))
  os.exit(1)
end
print("pulled " .. image.id)
print("digest " .. (image.Digest or "not told"))
