-- Stops ALL running containers of the engine, whoever started them, and removes none. With a label
-- as its argument it stops only those that carry it:
--
--   lua examples/stop_all.lua
--   lua examples/stop_all.lua moondock.example

local docker = require "moondock"

local client = assert(docker.connect())
local filters = arg[1] and { label = arg[1] } or nil
local containers = assert(client.containers:list { filters = filters })

local stopped, began = 0, docker.now()
for _, container in ipairs(containers) do
  io.write(container.Names[1]:sub(2), " ... ")
  io.flush()
  -- One may have ended or gone since it was listed: that is as good as stopped.
  local ok, message, err = container:stop()
  if ok then
    stopped = stopped + 1
    print("stopped")
  else
    assert(err.kind == "not_found", message)
    print("already gone")
  end
end
print(("%d of %d stopped in %.1f seconds"):format(stopped, #containers, docker.now() - began))
