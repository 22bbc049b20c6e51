-- Builds an image of a tar archive that comes by standard input, shows how it goes on, and prints
-- the image's id. A third argument chooses the builder: 1 is the classic one, 2 BuildKit.
--
--   tar -C folder -c . | lua examples/build.lua web:1
--   tar -C folder -c . | lua examples/build.lua web:1 Dockerfile 2

local docker = require "moondock"

local tag = assert(arg[1], "tar -c . | lua examples/build.lua name[:tag] [Dockerfile] [builder]")

-- The classic builder tells in text, BuildKit in steps and their output.
local function on_progress(value)
  io.write(type(value.stream) == "string" and value.stream or "")
  for _, vertex in ipairs(value.trace and value.trace.vertexes or {}) do
    if vertex.completed then print(vertex.name .. (vertex.cached and ", from the cache" or "")) end
  end
  for _, log in ipairs(value.trace and value.trace.logs or {}) do io.write("  ", log.msg) end
  io.flush()
end

local client = assert(docker.connect())
local image, message, err = client.images:build(io.stdin, {
  tag = tag, file = arg[2], version = arg[3], on_progress = on_progress,
})
if not image then
  io.stderr:write(message, "\n")
  os.exit(err.kind == "exit" and 1 or 2)
end
print(("%s is %s"):format(tag, image.id))
