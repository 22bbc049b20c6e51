-- Prints the logs of one container, by its id or name, each line with where it was written. With -f
-- it follows them until the container stops or Ctrl-C.
--
--   lua examples/logs.lua web
--   lua examples/logs.lua -f web

local docker = require "moondock"

local follow = arg[1] == "-f"
local id = assert(arg[follow and 2 or 1], "which container? lua examples/logs.lua [-f] id")

local client = assert(docker.connect())
local logs = assert(client.containers:get(id):logs { follow = follow, tail = 100 })

local count = 0
for line, source in logs:lines() do
  print(source, line)
  io.flush()
  count = count + 1
end
print(("%d lines; the stream is %s"):format(count, logs.outcome))
