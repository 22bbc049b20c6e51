-- Containers.

--# Containers:create
--# Container:start
--# Container:wait
--# Container:remove
local container = assert(client.containers:create(image, { "sh", "-c", "exit 4" }, {
  name = unique "job", env = { MODE = "once" }, label = { project = "shop" },
  memory = "64m", cap_drop = "ALL", read_only = true, tmpfs = "/tmp",
  HostConfig = { OomScoreAdj = 500 }, -- any field of the Engine's own
}))
assert(container:start())
assert(assert(container:wait { timeout = 60 }).StatusCode == 4)
assert(container:remove { v = true })

--# Containers:list
--# Containers:get
for _, container in ipairs(assert(client.containers:list { all = true, filters = { status = "exited" } })) do
  print(container.Names[1], container.Image, container.Status)
end
local web = client.containers:get "web" -- nothing is sent

--# Containers:prune
local report = assert(client.containers:prune { filters = { label = "project=gone" } })
print(report.SpaceReclaimed)

--# Container:inspect
local container = assert(client.containers:create(image, "true"))
local details = assert(container:inspect())
print(details.Name, details.State.Status, details.Config.Cmd[1])
assert(container:remove())

--# Container:stop
--# Container:restart
--# Container:kill
local container = assert(client:run(image, { "sleep", "600" }, { init = true, detach = true }))
assert(container:restart { t = 5 })
assert(container:stop { t = 5 })
local ok, already = container:stop()
assert(ok and already) -- it was stopped before
assert(container:start())
assert(container:kill { signal = "SIGKILL" })
assert(container:wait())
assert(container:remove { force = true })

--# Container:pause
--# Container:unpause
local container = assert(client:run(image, { "sleep", "600" }, { init = true, detach = true }))
assert(container:pause())
assert(assert(container:inspect()).State.Paused)
assert(container:unpause())
assert(container:remove { force = true })

--# Container:rename
local container = assert(client.containers:create(image, "true"))
assert(container:rename(unique "renamed"))
assert(container:remove())

--# Container:update
local container = assert(client:run(image, { "sleep", "600" }, { init = true, detach = true }))
local reply = assert(container:update { Memory = 64 * 1024 * 1024, MemorySwap = 128 * 1024 * 1024,
  RestartPolicy = { Name = "on-failure", MaximumRetryCount = 3 } })
print(reply.Warnings) -- docker.null where there is nothing to say
assert(container:remove { force = true })

--# Container:top
local container = assert(client:run(image, { "sleep", "600" }, { init = true, detach = true }))
local processes = assert(container:top { ps_args = "-eo pid,args" })
for _, process in ipairs(processes.Processes) do print(table.concat(process, " ")) end
assert(container:remove { force = true })

--# Container:changes
local container = assert(client:run(image, { "touch", "/new" }, { remove = false, detach = true }))
assert(container:wait())
local KINDS = { [0] = "modified", "added", "deleted" }
for _, change in ipairs(assert(container:changes())) do print(KINDS[change.Kind], change.Path) end
assert(container:remove())

--# Container:resize
local container = assert(client:run(image, "sh", { tty = true, interactive = true, detach = true }))
assert(container:resize { h = 40, w = 120 })
assert(container:remove { force = true })

--# Container:commit
local container = assert(client:run(image, { "touch", "/new" }, { detach = true }))
assert(container:wait())
local made = assert(container:commit { repo = unique "made", tag = "1", comment = "with /new",
  changes = { 'CMD ["ls", "/new"]', "ENV MODE=made" } })
assert(container:remove())
assert(client:run(made.id, nil, { check = true }))
assert(made:remove())

--# Container:ports
--# Container:addresses
local container = assert(client:run(image, { "sleep", "600" },
  { init = true, detach = true, publish = "127.0.0.1::80" }))
for _, port in ipairs(assert(container:ports())) do
  print(port.PrivatePort, port.Type, port.IP, port.PublicPort)
end
for _, address in ipairs(assert(container:addresses())) do print(address.Network, address.IPAddress) end
assert(container:remove { force = true })

--# Container:health
local container = assert(client:run(image, { "sleep", "600" },
  { init = true, detach = true, health_cmd = "true", health_interval = "1s" }))
local deadline = docker.now() + 5
while assert(container:health()) == "starting" and docker.now() < deadline do docker.sleep(0.1) end
print(container:health())
assert(container:remove { force = true })

--# Container:export
--# ByteStream:to_file
local container = assert(client.containers:create(image, "true"))
local path = os.tmpname()
local archive = assert(container:export())
print(assert(archive:to_file(path)), archive.outcome)
os.remove(path)
assert(container:remove())

--# Container:get_archive
--# Container:put_archive
--# ByteStream:text
-- From one container into another; any tar archive will do, as a string, a file or a function.
local from, into = assert(client.containers:create(image, "true")), assert(client.containers:create(image, "true"))
local archive = assert(from:get_archive "/bin/busybox")
assert(into:put_archive("/tmp", archive))
assert(#assert(assert(into:get_archive "/tmp/busybox"):text()) > 0)
assert(from:remove())
assert(into:remove())

--# ByteStream:read
local container = assert(client.containers:create(image, "true"))
local archive, size = assert(container:export()), 0
while true do
  local bytes, message = archive:read(65536)
  if not bytes then
    assert(not message, message)
    break
  end
  size = size + #bytes
end
assert(container:remove())

--# Container:logs
--# LogStream:lines
--# LogStream:text
local container = assert(client:run(image, { "sh", "-c", "echo one; echo two >&2" }, { detach = true }))
for line, source in assert(container:logs { follow = true }):lines() do print(source, line) end
local all, stdout, stderr = assert(container:logs { tail = 100 }):text()
assert(stdout == "one\n" and stderr == "two\n" and #all == 8)
assert(container:remove())

--# LogStream:read
local container = assert(client:run(image, { "echo", "hello" }, { detach = true }))
local logs = assert(container:logs { follow = true, timestamps = true })
for source, bytes in logs do print(source, bytes) end
assert(logs.outcome == "complete")
assert(container:remove())

--# Container:stats
--# ValueStream:read
--# Stream:close
local container = assert(client:run(image, { "sleep", "600" }, { init = true, detach = true }))
local samples = assert(container:stats())
print(assert(samples:read()).memory_stats.usage)
samples:close()
assert(samples.outcome == "cancelled")
local sample = assert(container:stats { stream = false })
assert(container:remove { force = true })
