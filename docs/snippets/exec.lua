-- Commands in running containers, and talking with processes.

--# Container:exec
local container = assert(client:run(image, { "sleep", "600" }, { init = true, detach = true }))
local result = assert(container:exec({ "sh", "-c", "pwd; exit 3" }, { workdir = "/tmp", timeout = 60 }))
assert(result.exit_code == 3 and result.stdout == "/tmp\n")
assert(assert(container:exec("cat", { stdin = "hello" })).stdout == "hello")
assert(container:remove { force = true })

--# Container:exec_create
--# Exec:start
--# Exec:inspect
--# Execs:get
--# Duplex:write
--# Duplex:close_write
--# Duplex:exit_code
local container = assert(client:run(image, { "sleep", "600" }, { init = true, detach = true }))
local exec = assert(container:exec_create({ "tr", "a-z", "A-Z" }, { interactive = true }))
local session = assert(exec:start())
assert(session:write "hello\n")
session:close_write()
for source, bytes in session do print(source, bytes) end -- stdout HELLO
assert(session:exit_code() == 0)
local details = assert(client.exec:get(exec.id):inspect())
assert(details.ExitCode == 0 and not details.Running)
assert(container:remove { force = true })

--# Exec:resize
--# Duplex:resize
local container = assert(client:run(image, { "sleep", "600" }, { init = true, detach = true }))
local exec = assert(container:exec_create("sh", { interactive = true, tty = true }))
local session = assert(exec:start())
assert(session:read()) -- the prompt: it runs
assert(session:resize(40, 120)) -- rows, columns
assert(exec:resize { h = 50, w = 160 }) -- the same, by what the engine calls them
assert(session:write "exit\n")
for _ in session do end
assert(container:remove { force = true })

--# Container:attach
local container = assert(client.containers:create(image, "cat", { interactive = true, StdinOnce = true }))
local session = assert(container:attach { stdin = true })
assert(container:start())
assert(session:write "hello\n")
session:close_write()
for source, bytes in session do print(source, bytes) end
assert(session:exit_code() == 0)
assert(container:remove())

--# Duplex:interact
-- A shell for the person at this terminal; with `tty = true` too it is what `docker exec -it` gives.
local container = assert(client:run(image, { "sleep", "600" }, { init = true, detach = true }))
local exec = assert(container:exec_create("sh", { interactive = true }))
local session = assert(exec:start())
assert(session:interact { detach_keys = "ctrl-p,ctrl-q" })
print(session:exit_code())
assert(container:remove { force = true })
