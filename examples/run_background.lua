-- Starts a container in the background and leaves it running, as `docker run -d` does. Prints how to
-- look at it and how to end it.
--
--   lua examples/run_background.lua [image]

local docker = require "moondock"

local client = assert(docker.connect())
local container = assert(client:run {
  image = arg[1] or "alpine",
  -- A first process gets only the signals that it asks for; without the trap a stop takes 10 seconds.
  command = { "sh", "-c", "trap 'exit 0' TERM; while true; do date; sleep 1; done" },
  label = { ["moondock.example"] = "run_background" },
  detach = true,
})

local details = assert(container:inspect())
print("id:      " .. details.Id)
print("name:    " .. details.Name:sub(2))
print("state:   " .. details.State.Status .. " since " .. details.State.StartedAt)
print("logs:    lua examples/logs.lua -f " .. details.Id:sub(1, 12))
print("stop it: docker rm -f " .. details.Id:sub(1, 12))
