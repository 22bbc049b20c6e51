local docker = require "moondock"
local engine = require "spec.live.engine"

describe("containers on a real engine", function()
  local client = engine.connect()

  after_each(function() engine.clean(client) end)

  it("are created, and say what they are", function()
    local name = engine.unique "create"
    local container = assert(client.containers:create(engine.image, { "echo", "hi" },
      engine.labelled { name = name, env = { A = "1", B = "two words" }, workdir = "/tmp" }))
    assert.matches("^%x+$", container.id)
    local details = assert(container:inspect())
    assert.equal("/" .. name, details.Name)
    assert.same({ "echo", "hi" }, { table.unpack(details.Config.Cmd) })
    assert.equal("/tmp", details.Config.WorkingDir)
    assert.equal("created", details.State.Status)
  end)

  it("take one table with everything by name", function()
    local container = assert(client.containers:create(engine.labelled {
      image = engine.image, command = { "true" }, name = engine.unique "table",
      HostConfig = { Memory = 64 * 1024 * 1024 }, memory = "32m",
    }))
    assert.equal(67108864, assert(container:inspect()).HostConfig.Memory)
  end)

  it("carry every flag into the engine's own settings", function()
    local container = assert(client.containers:create(engine.image, "true", engine.labelled {
      publish = { "127.0.0.1:18080:80", "53/udp" }, volume = { "/tmp:/host:ro", "/data" }, memory = "64m",
      cpus = 0.5, user = "1:2", entrypoint = { "/bin/echo" }, hostname = "box", network = "none",
      restart = "on-failure:3", tty = true, privileged = true, read_only = true, init = true,
    }))
    local details = assert(container:inspect())
    local host = details.HostConfig
    if not engine.lacks("podman", "published ports with network = \"none\"", host.PortBindings, {}) then
      assert.equal("18080", host.PortBindings["80/tcp"][1].HostPort)
      assert.equal("127.0.0.1", host.PortBindings["80/tcp"][1].HostIp)
      assert.truthy(host.PortBindings["53/udp"])
    end
    assert.equal("/tmp:/host:ro", host.Binds[1]:sub(1, 13))
    if not engine.lacks("podman", "Config.Volumes", details.Config.Volumes, docker.null) then
      assert.truthy(details.Config.Volumes["/data"])
    end
    assert.equal(500000000, host.NanoCpus)
    assert.equal("1:2", details.Config.User)
    assert.equal("/bin/echo", details.Config.Entrypoint[1])
    assert.equal("box", details.Config.Hostname)
    assert.equal("none", host.NetworkMode)
    assert.equal("on-failure", host.RestartPolicy.Name)
    assert.equal(3, host.RestartPolicy.MaximumRetryCount)
    assert.is_true(details.Config.Tty and host.Privileged and host.ReadonlyRootfs and host.Init)
  end)

  it("are listed, the running ones or all, each its own summary", function()
    local running = engine.sleeper(client)
    local created = assert(client.containers:create(engine.image, "true", engine.labelled()))
    local function ids(opts)
      local set = {}
      for _, container in ipairs(assert(client.containers:list(opts))) do
        set[container.id] = container
      end
      return set
    end
    local shown, all = ids(), ids { all = true }
    assert.truthy(shown[running.id])
    assert.falsy(shown[created.id])
    assert.truthy(all[created.id])
    assert.equal("created", all[created.id].State)
    local image = all[created.id].Image
    if not engine.lacks("podman", "names of your own images", image, "^docker%.io/moondock/busybox:latest$") then
      assert.equal(engine.image, image)
    end
    assert.truthy(all[created.id] == created)
    assert.truthy(ids { all = true, filters = { id = created.id } }[created.id])
  end)

  it("start, and starting again is no error", function()
    local container = engine.sleeper(client)
    local ok, already = container:start()
    assert.is_true(ok)
    assert.is_true(already)
    ok, already = container:stop { t = 0 }
    assert.is_true(ok)
    assert.is_false(already)
    ok, already = container:stop()
    assert.is_true(ok and already)
  end)

  it("end by themselves in the grace period", function()
    local TRAP = "trap 'exit 10' TERM; echo ready; while :; do sleep 0.1; done"
    local function code_after_stop(opts, how)
      local container = assert(client.containers:create(engine.image, { "sh", "-c", TRAP }, engine.labelled(opts)))
      assert(container:start())
      assert.equal("ready", (assert(container:logs { follow = true, timeout = 200 }):lines()()))
      assert(container:stop(how))
      return assert(container:inspect()).State.ExitCode
    end
    assert.equal(10, code_after_stop({ stop_timeout = 100 }))
    assert.equal(10, code_after_stop({}, { t = 100 }))
    if not engine.lacks("podman", "the grace period of a container without stop_timeout", code_after_stop {}, 137) then
      engine.poll("an end in ten seconds", function() return code_after_stop {} == 10 end)
    end
  end)

  it("restart, pause, unpause and are killed", function()
    local container = engine.sleeper(client)
    local before = assert(container:inspect()).State.StartedAt
    assert(container:restart { t = 0 })
    assert.not_equal(before, assert(container:inspect()).State.StartedAt)
    assert(container:pause())
    assert.is_true(assert(container:inspect()).State.Paused)
    assert(container:unpause())
    assert.equal("conflict", select(3, container:unpause()).kind)
    assert(container:kill { signal = "SIGKILL" })
    assert.equal(137, assert(container:wait()).StatusCode)
    local ok, message, err = container:kill()
    assert.is_nil(ok)
    assert.equal("conflict", err.kind)
    if engine.lacks("podman", "kill of a stopped container", err) then return end
    assert.equal(409, err.status)
    assert.matches("not running", message)
  end)

  it("take a new name", function()
    local container = engine.sleeper(client)
    local name = engine.unique "renamed"
    assert(container:rename(name))
    assert.equal(container.id, assert(client.containers:get(name):inspect()).Id)
    assert.equal(container.id, assert(client.containers:get("/" .. name):inspect()).Id)
  end)

  it("tell their exit code to a wait", function()
    local container = assert(client.containers:create(engine.image, { "sh", "-c", "exit 7" },
      engine.labelled()))
    assert(container:start())
    assert.equal(7, assert(container:wait()).StatusCode)
  end)

  it("tell it to a wait for their removal", function()
    local container = assert(client.containers:create(engine.image, { "sh", "-c", "sleep 2; exit 7" },
      engine.labelled { HostConfig = { AutoRemove = true } }))
    local waiter = docker.spawn(function() return container:wait { condition = "removed", timeout = 200 } end)
    docker.sleep(0.3) -- until the engine has the question
    assert(container:start())
    local code = assert(waiter:await()).StatusCode
    if not engine.lacks("podman", "wait{ condition = \"removed\" }", code, 0) then assert.equal(7, code) end
  end)

  it("let a wait time out", function()
    local container = engine.sleeper(client)
    local result, message, err = container:wait { timeout = 0.3 }
    assert.is_nil(result)
    assert.equal("timeout", err.kind)
    assert.equal("total", err.phase)
    assert.matches("ContainerWait", message)
  end)

  it("show their processes, changes and ports", function()
    local container = assert(client.containers:create(engine.image,
      { "sh", "-c", "echo x > /made; sleep 600" }, engine.labelled { publish = "80" }))
    assert(container:start())
    local made
    for _ = 1, 1000 do
      for _, change in ipairs(assert(container:changes())) do made = made or change.Path == "/made" end
      if made then break end
      docker.sleep(0.05)
    end
    assert.is_true(made)
    local commands = {}
    local none, _, err = assert(client.containers:create(engine.image, { "true" }, engine.labelled())):top()
    assert.is_nil(none)
    if not engine.lacks("podman", "top of a container that does not run", err) then
      assert.equal("conflict", err.kind)
    end
    for _, process in ipairs(assert(container:top()).Processes) do
      commands[#commands + 1] = table.concat(process, " ")
    end
    assert.matches("sleep 600", table.concat(commands, "\n"))
    local port = assert(container:ports())[1]
    assert.equal(80, port.PrivatePort)
    assert.equal("tcp", port.Type)
    assert.is_true(port.PublicPort > 0)
    assert.equal("0.0.0.0", port.IP)
    assert(container:stop { t = 0 })
    local left = assert(container:ports())
    if not engine.lacks("podman", "ports of a stopped container", #left, 1) then assert.same({}, left) end
  end)

  it("change their limits", function()
    local container = engine.sleeper(client, { memory = "64m" })
    local reply, message, err = container:update { Memory = 48 * 1024 * 1024, MemorySwap = 96 * 1024 * 1024 }
    if engine.lacks("podman", "update of a container", err) then return end
    assert(reply, message)
    assert.equal(50331648, assert(container:inspect()).HostConfig.Memory)
  end)

  it("resize their terminal", function()
    local container = engine.sleeper(client, { tty = true })
    assert.is_true(container:resize { h = 40, w = 100 })
    assert.has_error(function() container:resize { h = 40 } end)
  end)

  it("become images by commit", function()
    local container = assert(client.containers:create(engine.image, { "sh", "-c", "echo kept > /kept" },
      engine.labelled()))
    assert(container:start())
    assert(container:wait())
    local repo = engine.unique "commit"
    local image = assert(container:commit { repo = repo, tag = "v1", comment = "a comment",
      changes = { "ENV KEPT=yes", "CMD [\"cat\", \"/kept\"]" } })
    assert.matches("^sha256:", image.id)
    local result = assert(client:run(repo .. ":v1", nil, engine.labelled()))
    assert.equal("kept\n", result.stdout)
    assert(image:remove { force = true })
  end)

  it("are pruned by filter", function()
    local container = assert(client.containers:create(engine.image, "true",
      { label = { ["moondock.spec"] = "1", keep = "1" } }))
    local label = engine.unique "prune"
    local doomed = assert(client.containers:create(engine.image, "true",
      { label = { ["moondock.spec"] = "1", [label] = "" } }))
    local report = assert(client.containers:prune { filters = { label = label } })
    assert.same({ doomed.id }, { report.ContainersDeleted[1] })
    assert(container:inspect())
  end)

  it("refuse by name what does not exist", function()
    local found, message, err = client.containers:get("no-such-thing"):inspect()
    assert.is_nil(found)
    assert.equal("not_found", err.kind)
    assert.equal(404, err.status)
    assert.equal("ContainerInspect", err.operation)
    assert.matches("[Nn]o such container", message)
    assert.equal(message, tostring(err))
  end)

  it("refuse a name that is taken", function()
    local name = engine.unique "taken"
    engine.sleeper(client, { name = name })
    local _, _, err = client.containers:create(engine.image, "true", { name = name })
    assert.equal("conflict", err.kind)
  end)

  it("blame the caller's line for a mistake", function()
    local container = client.containers:get "web"
    local ok, message = pcall(function() container:remove { forse = true } end)
    assert.is_false(ok)
    assert.matches("containers_spec.lua:%d+: ", message)
    assert.matches("forse", message)
    assert.matches("force", message)
  end)
end)
