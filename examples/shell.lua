-- A shell in a running container, as `docker exec -it`. Ctrl-P Ctrl-Q leaves it there.
--
--   lua5.4 examples/shell.lua CONTAINER [COMMAND [ARGUMENT...]]

local docker = require "moondock"

local name = arg[1] or error("usage: shell.lua CONTAINER [COMMAND [ARGUMENT...]]", 0)
local command = { "sh" }
for i = 2, #arg do command[i - 1] = arg[i] end

local client = assert(docker.connect())
local exec = assert(client.containers:get(name):exec_create(command, {
  tty = true, interactive = true, env = { TERM = os.getenv "TERM" or "xterm" },
}))

local session = assert(exec:start())
assert(session:interact())

local code = session:exit_code()
print(code and "exit " .. code or "left running")
os.exit(code or 0, true)
