-- Runs a command in a new container and prints what it wrote and how it ended. The image is pulled
-- when it is missing; the container is removed afterwards.
--
--   lua examples/run.lua
--   lua examples/run.lua busybox sh -c 'echo to stderr >&2; exit 3'

local docker = require "moondock"

local image = arg[1] or "alpine"
local command = { select(2, (table.unpack or unpack)(arg)) }
if #command == 0 then command = { "echo", "hello", "world" } end

local client = assert(docker.connect())
local result = assert(client:run(image, command))

io.stdout:write(result.stdout)
io.stderr:write(result.stderr)
print(("exit code %d after %.2f seconds"):format(result.exit_code, result.duration))
os.exit(result.exit_code)
