-- Changes a container and makes an image of it, as `docker commit` does, then runs the image to show
-- the change. The image stays, under the name given.
--
--   lua examples/commit.lua
--   lua examples/commit.lua busybox example/greeting:2

local docker = require "moondock"

local base, name = arg[1] or "alpine", arg[2] or "moondock-example/greeting:1"
local repo, tag = name:match("^(.+):([^/:]+)$")

local client = assert(docker.connect())
local script = "echo 'hello from a committed image' > /greeting"
local result = assert(client:run(base, { "sh", "-c", script }, { remove = false, check = true }))

local container = client.containers:get(result.id)
for _, change in ipairs(assert(container:changes())) do
  print(({ [0] = "changed", "added", "deleted" })[change.Kind], change.Path)
end
local image = assert(container:commit {
  repo = repo or name, tag = tag or "latest", comment = "add a greeting",
  changes = { 'CMD ["cat", "/greeting"]' },
})
assert(container:remove())

print("image", image.id)
io.write("it says\t", assert(client:run(name, nil, { pull = "never" })).stdout)
