local docker = require "moondock"
local engine = require "spec.live.engine"
local own = require "spec.live.swarm_engine"

local BYTES = "a\0b\255\251\n\0"

-- Options for services that come, change and go fast. Jobs are not updated.
local function fast(opts)
  local all = { stop_grace_period = 0, update_parallelism = 0, update_monitor = 1, rollback_parallelism = 0,
    rollback_monitor = 1 }
  if opts and opts.mode and opts.mode:find "job" then all = { stop_grace_period = 0 } end
  for key, value in pairs(opts or {}) do all[key] = value end
  return all
end

local SLEEP = { "sleep", "600" }

-- Podman has nothing of a swarm but the secrets.
local function of_podman()
  local client = engine.connect()
  local KEY = "SWMKEY-1-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

  it("is not there, whatever is asked", function()
    for _, answer in ipairs {
      { client.swarm:init() }, { client.swarm:join("127.0.0.1:1", { token = "SWMTKN-1-x" }) },
      { client.swarm:inspect() }, { client.swarm:update { autolock = true } }, { client.swarm:tokens() },
      { client.swarm:unlock_key() }, { client.swarm:unlock(KEY) }, { client.swarm:leave { force = true } },
      { client.services:create(own.image) }, { client.services:list() }, { client.services:get "web":inspect() },
      { client.services:get "web":logs() }, { client.services:get "web":update { Labels = docker.object {} } },
      { client.services:get "web":remove() }, { client.nodes:list() }, { client.nodes:get "node":inspect() },
      { client.nodes:get "node":remove() }, { client.tasks:list() }, { client.tasks:get "task":inspect() },
      { client.tasks:get "task":logs() }, { client.configs:create("conf", BYTES) }, { client.configs:list() },
      { client.configs:get "conf":inspect() }, { client.configs:get "conf":remove() },
    } do
      assert.is_nil(answer[1])
      assert(engine.lacks("podman", "everything of a swarm", answer[3]))
    end
    assert.equal("unavailable", select(3, client.nodes:self()).kind)
  end)

  it("is not needed for secrets, which cannot be changed", function()
    local name = engine.unique "secret"
    local secret = assert(client.secrets:create(name, BYTES, { label = { a = "1" } }))
    finally(function() secret:remove() end)
    assert.same({ a = "1" }, assert(secret:inspect()).Spec.Labels)
    assert.equal(secret, assert(client.secrets:list { filters = { name = name } })[1])
    assert.equal("conflict", select(3, client.secrets:create(name, BYTES)).kind)
    assert(engine.lacks("podman", "secrets without a swarm", select(3, secret:update { label_add = { b = "2" } })))
    assert.is_true(secret:remove())
    assert.equal("not_found", select(3, secret:inspect()).kind)
  end)
end

describe("a swarm of one engine", function()
  local machine, client, key

  if engine.podman then return of_podman() end

  setup(function()
    machine = own.start(1)[1]
    client = machine.client
  end)

  teardown(function() own.stop() end)

  local function create(command, opts)
    local image = opts and opts.image or own.image
    local service = assert(client.services:create(image, command, fast(opts)))
    finally(function() service:remove() end)
    return service
  end

  it("is unavailable before it was begun", function()
    for _, call in ipairs {
      function() return client.swarm:inspect() end,
      function() return client.services:list() end,
      function() return client.services:create(own.image) end,
      function() return client.nodes:list() end,
      function() return client.nodes:self() end,
      function() return client.secrets:create("key", BYTES) end,
    } do
      local value, message, err = call()
      assert.is_nil(value)
      assert.equal("unavailable", err.kind)
      assert.matches("swarm", message)
    end
  end)

  it("begins", function()
    local id = assert(client.swarm:init { advertise_addr = machine.address, autolock = true,
      task_history_limit = 3, dispatcher_heartbeat = "3s" })
    assert.equal(id, assert(client.nodes:self()).id)
    assert.equal(id, assert(client.nodes:list())[1].id)
    local details = assert(client.swarm:inspect())
    assert.equal(3, details.Spec.Orchestration.TaskHistoryRetentionLimit)
    assert.equal(3000000000, details.Spec.Dispatcher.HeartbeatPeriod)
    assert.is_true(details.Spec.EncryptionConfig.AutoLockManagers)
    local again, _, err = client.swarm:init { advertise_addr = machine.address }
    assert.is_nil(again)
    assert.equal("conflict", err.kind)
  end)

  it("is changed, and makes new tokens and keys", function()
    assert(client.swarm:update { task_history_limit = 4, cert_expiry = "2160h" })
    assert.equal(4, assert(client.swarm:inspect()).Spec.Orchestration.TaskHistoryRetentionLimit)
    local before = assert(client.swarm:tokens())
    local after = assert(client.swarm:tokens { rotate = "worker" })
    assert.not_equal(before.Worker, after.Worker)
    assert.equal(before.Manager, after.Manager)
    assert.not_equal(before.Manager, assert(client.swarm:tokens { rotate = "manager" }).Manager)
    key = assert(client.swarm:unlock_key())
    assert.matches("^SWMKEY", key)
    local new = assert(client.swarm:unlock_key { rotate = true })
    assert.not_equal(key, new)
    key = new
  end)

  it("keeps secrets and configs of any bytes, and gives them to services", function()
    local secret = assert(client.secrets:create("key", BYTES, { label = { a = "1" } }))
    local config = assert(client.configs:create("conf", BYTES))
    assert.equal(BYTES, config:data())
    assert.is_nil(assert(secret:inspect()).Spec.Data)
    local service = create(SLEEP, { secret = { source = "key", target = "k", mode = "0400" }, config = config })
    local tasks = assert(service:wait { timeout = 200, monitor = 0 })
    local container = client.containers:get(assert(tasks[1]:inspect()).Status.ContainerStatus.ContainerID)
    assert.equal(BYTES, assert(container:exec { "cat", "/run/secrets/k" }).stdout)
    assert.equal(BYTES, assert(container:exec { "cat", "/conf" }).stdout)
    assert.equal("400", assert(container:exec { "stat", "-c", "%a", "/run/secrets/k" }).stdout:match "%d+")
    local ok, message, err = secret:remove()
    assert.is_nil(ok)
    assert.equal("conflict", err.kind)
    assert.matches("in use", message)
    assert(service:remove())
    assert(secret:update { label_add = { b = "2" }, label_rm = "a" })
    assert.same({ b = "2" }, assert(secret:inspect()).Spec.Labels)
    assert(config:update { label = { c = "3" } })
    assert.equal("conf", assert(client.configs:list { filters = { label = "c=3" } })[1].Spec.Name)
    assert(secret:remove())
    assert(config:remove())
    local gone, _, why = secret:inspect()
    assert.is_nil(gone)
    assert.equal("not_found", why.kind)
  end)

  it("runs what the flags say", function()
    local service = create({ "-c", "env; id -u; pwd; hostname; cat /etc/hosts; df -P /t; ulimit -Hn; exec sleep 600" },
      { name = "flags", entrypoint = "sh", env = { MARK = "m x" }, user = "7", workdir = "/tmp", hostname = "here",
        host = "db:10.0.0.9", mount = { type = "tmpfs", target = "/t", tmpfs_size = "1m" },
        limit_memory = "64m", reserve_cpu = 0.01, constraint = "node.role==manager", label = { l = "1" },
        container_label = { c = "2" }, publish = { "8099:80", { target = 81, published = 8098, mode = "host" } },
        health_cmd = "true", health_interval = "1s", init = true, ulimit = "nofile=100:200", read_only = true,
        log_driver = "json-file", log_opt = { ["max-size"] = "1m" }, restart_condition = "on-failure" })
    assert(service:wait { timeout = 200, monitor = 0 })
    local text = engine.poll("its last line", function()
      local all = (assert(service:logs()):text())
      return all:find "\n200\n" and all
    end)
    for _, line in ipairs { "MARK=m x\n", "\n7\n", "\n/tmp\n", "\nhere\n", "10.0.0.9\tdb\n", "tmpfs +1024 " } do
      assert.matches(line, text)
    end
    local details = assert(service:inspect())
    assert.equal(67108864, details.Spec.TaskTemplate.Resources.Limits.MemoryBytes)
    assert.equal("1m", details.Spec.TaskTemplate.LogDriver.Options["max-size"])
    assert.same({ l = "1" }, details.Spec.Labels)
    assert.equal(2, #details.Endpoint.Ports)
    local container = assert(client.containers:list { filters = { label = "c=2" } })[1]
    local host = assert(container:inspect()).HostConfig
    assert.is_true(host.Init)
    assert.equal(100, host.Ulimits[1].Soft)
  end)

  it("keeps what inspect said when it is sent back", function()
    local service = create(SLEEP, { env = "A=1", mount = "type=volume,source=swarm-spec,target=/v",
      health_cmd = "true", update_order = "start-first", network = "host", stop_signal = "SIGINT" })
    local before = assert(service:inspect()).Spec
    assert(service:update(function() end))
    assert.same(before, assert(service:inspect()).Spec)
  end)

  it("scales and changes services, also when others change them at the same time", function()
    local service = create(SLEEP, { name = "web", replicas = 1 })
    assert(service:scale(2))
    assert.equal(2, #assert(service:wait { timeout = 200, monitor = 0 }))
    local status = assert(client.services:list { status = true, filters = { name = "web" } })[1].ServiceStatus
    assert.equal(2, status.RunningTasks)
    local calls = 0
    assert(service:update(function(spec)
      calls = calls + 1
      if calls == 1 then assert(client.services:get "web":update { Labels = { other = "1" } }) end
      spec.Labels.mine = "1"
    end))
    assert.equal(2, calls)
    assert.same({ mine = "1", other = "1" }, assert(service:inspect()).Spec.Labels)
    local changes = {}
    for i = 1, 5 do
      changes[i] = function()
        return client.services:get "web":update(function(spec) spec.Labels["n" .. i] = "1" end)
      end
    end
    local _, errors = docker.all(changes)
    assert.is_nil(next(errors))
    local labels = assert(service:inspect()).Spec.Labels
    for i = 1, 5 do assert.equal("1", labels["n" .. i]) end
  end)

  it("updates and rolls back", function()
    local service = create({ "sh", "-c", "echo first; exec sleep 600" }, { replicas = 2 })
    assert(service:wait { timeout = 200, monitor = 0 })
    local second = { Args = { "sh", "-c", "echo second; exec sleep 600" } }
    assert(service:update { TaskTemplate = { ContainerSpec = second } })
    assert(service:wait { timeout = 200 })
    engine.poll("its line", function() return (assert(service:logs()):text()):find "second" end)
    assert(service:rollback())
    local tasks = assert(service:wait { timeout = 200, rollback = true })
    assert.equal(2, #tasks)
    assert.matches("echo first", assert(service:inspect()).Spec.TaskTemplate.ContainerSpec.Args[3])
  end)

  it("changes what the flags of an update name", function()
    local old, new = assert(client.secrets:create("old", "1")), assert(client.secrets:create("new", "2"))
    local config = assert(client.configs:create("kept", "3"))
    local service = create(SLEEP, { env = { "A=1", "B=2" }, secret = "old", mount = "type=tmpfs,target=/t", init = true,
      host = { "db:10.0.0.9", "old:10.0.0.9" }, cap_drop = "chown", constraint = "node.role==manager", label = "l=1" })
    assert(service:wait { timeout = 200, monitor = 0 })
    local first = assert(service:inspect()).Spec
    local change = { args = { "sh", "-c", "exec sleep 601" }, env_add = { C = 3 }, env_rm = "A", replicas = 2,
      secret_rm = "old", secret_add = { source = new, target = "old" }, config_add = "kept", user = "7",
      workdir = "/tmp", mount_rm = "/t", mount_add = { type = "tmpfs", target = "/u", tmpfs_size = "1m" },
      label_rm = "l", container_label_add = { mark = "flags" }, host_rm = "db", host_add = "cache:10.0.0.8",
      dns_add = "10.0.0.53", dns_search_add = "moon.example", limit_memory = "64m", ulimit_add = "nofile=100:200",
      hostname = "there", constraint_add = { "node.platform.os==linux", "node.role==manager" }, publish_add = "8097:80",
      restart_condition = "on-failure", log_driver = "json-file", log_opt = { ["max-size"] = "1m" },
      health_cmd = "true", health_interval = "1s", stop_signal = "SIGTERM" }
    assert(service:update(change))
    local tasks = assert(service:wait { timeout = 200 })
    assert.equal(2, #tasks)
    local container = client.containers:get(assert(tasks[1]:inspect()).Status.ContainerStatus.ContainerID)
    local seen = assert(container:exec { "sh", "-c", "env; id -u; pwd; hostname; cat /run/secrets/old /kept /etc/hosts "
      .. "/etc/resolv.conf; df -P /u; ulimit -Hn; ls -d /t" }).stdout
    for _, line in ipairs { "B=2\n", "C=3\n", "\n7\n", "\n/tmp\n", "\nthere\n23", "10.0.0.8\tcache\n",
      "10.0.0.9\told\n", "search moon.example", "tmpfs +1024 ", "\n200\n$" } do
      assert.matches(line, seen)
    end
    for _, line in ipairs { "A=1\n", "db\n", "/t\n" } do assert.not_matches("\n" .. line, seen) end
    local details = assert(container:inspect())
    assert.equal(67108864, details.HostConfig.Memory)
    assert.equal(100, details.HostConfig.Ulimits[1].Soft) -- runc may raise it for an exec (its issue 4195)
    assert.equal("flags", details.Config.Labels.mark)
    assert.same({ "CMD-SHELL", "true" }, details.Config.Healthcheck.Test)
    local second = assert(service:inspect()).Spec
    assert.is_nil(next(second.Labels))
    assert.same({ "10.0.0.53" }, second.TaskTemplate.ContainerSpec.DNSConfig.Nameservers)
    assert.equal(8097, second.EndpointSpec.Ports[1].PublishedPort)
    assert.same({ "node.platform.os==linux", "node.role==manager" }, second.TaskTemplate.Placement.Constraints)
    assert(service:rollback())
    assert.same(first, assert(service:inspect()).Spec)
    assert(service:update { rollback = true })
    assert.same(second, assert(service:inspect()).Spec)
    change.secret_add, change.secret_rm, change.config_add = nil, nil, nil -- the files are there
    assert(service:update(change))
    assert.same(second, assert(service:inspect()).Spec)
    assert(service:remove())
    for _, each in ipairs { old, new, config } do assert(each:remove()) end
  end)

  it("adds networks and ports to a service, and takes them away", function()
    local service = create(SLEEP, { publish = "8096:80" })
    local function template() return assert(service:inspect()).Spec.TaskTemplate end
    local ok, message, err = service:update { network_add = "nowhere", publish_rm = 80 }
    assert.is_nil(ok)
    assert.equal("not_found", err.kind)
    assert.matches("nowhere", message)
    assert(service:update { network_add = "host", publish_rm = 80 })
    assert(service:wait { timeout = 200 })
    local id = assert(client.networks:get "host":inspect { scope = "swarm" }).Id
    assert.equal(id, template().Networks[1].Target)
    assert.is_nil(next(assert(service:inspect()).Spec.EndpointSpec.Ports or {}))
    ok, message, err = service:update { network_add = id }
    assert.is_nil(ok)
    assert.equal("conflict", err.kind)
    assert.matches("already attached", message)
    assert(service:update { network_rm = "host" })
    assert.is_nil(next(template().Networks or {}))
  end)

  it("says why an update failed", function()
    local service = create(SLEEP, { name = "fails", update_failure_action = "rollback" })
    assert(service:wait { timeout = 200, monitor = 0 })
    assert(service:update { TaskTemplate = { ContainerSpec = { Args = { "sh", "-c", "exit 3" } } } })
    local tasks, message, err = service:wait { timeout = 200 }
    assert.is_nil(tasks)
    assert.equal("server", err.kind)
    assert.matches("^service fails: the update was rolled back", message)
    assert.matches("non%-zero exit %(3%)", message)
    assert.is_table(err.detail.Tasks)
  end)

  it("says why tasks do not come", function()
    local function refusal(image, command, opts, timeout)
      local service = assert(client.services:create(image, command, fast(opts)))
      finally(function() service:remove() end)
      local tasks, message, err = service:wait { timeout = timeout }
      assert(service:remove())
      assert.is_nil(tasks)
      return err.kind, message
    end
    local kind, message = refusal("moondock/absent:1", nil, { restart_condition = "none" }, 60)
    assert.equal("server", kind)
    assert.matches("No such image", message)
    engine.poll("a task that ended in time", function()
      kind, message = refusal(own.image, { "false" }, { restart_delay = 0.2 }, 8)
      assert.equal("timeout", kind)
      return message:find "within 8 seconds.*non%-zero exit"
    end)
    kind, message = refusal(own.image, { "sh", "-c", "exit 4" }, { mode = "replicated-job",
      restart_condition = "none" }, 60)
    assert.equal("server", kind)
    assert.matches("0 of 1 tasks completed.*exit %(4%)", message)
  end)

  it("runs on all nodes, and to the end", function()
    local everywhere = create({ "sh", "-c", "echo here; exec sleep 600" }, { mode = "global" })
    local job = create({ "sh", "-c", "echo done $TASK" }, { mode = "replicated-job", replicas = 3,
      max_concurrent = 2, env = { TASK = "{{.Service.Name}}" }, name = "job" })
    local node_job = create({ "echo", "once" }, { mode = "global-job" })
    assert.equal(1, #assert(everywhere:wait { timeout = 200, monitor = 0 }))
    assert.equal(3, #assert(job:wait { timeout = 200 }))
    assert.equal(1, #assert(node_job:wait { timeout = 200 }))
    local lines = {}
    for line, source in assert(job:logs()):lines() do lines[#lines + 1] = source .. ":" .. line end
    table.sort(lines)
    assert.same({ "stdout:done job", "stdout:done job", "stdout:done job" }, lines)
    assert.equal("once\n", (assert(node_job:logs()):text()))
    assert(job:scale(4))
    local ok, _, err = everywhere:scale(2)
    assert.is_nil(ok)
    assert.equal("invalid", err.kind)
  end)

  it("has logs of services and tasks, followed, apart by source, and raw of a terminal", function()
    local service = create({ "sh", "-c", "echo out; echo err >&2; sleep 1; echo later; exec sleep 600" })
    local tasks = assert(service:wait { timeout = 200, monitor = 0 })
    local logs = assert(service:logs { follow = true, timeout = 200 })
    local seen = {}
    for line, source in logs:lines() do
      seen[line] = source
      if line == "later" then break end
    end
    logs:close()
    assert.same({ out = "stdout", err = "stderr", later = "stdout" }, seen)
    local _, stdout, stderr = assert(tasks[1]:logs()):text()
    assert.equal("out\nlater\n", stdout)
    assert.equal("err\n", stderr)
    assert.equal("later\n", (assert(service:logs { stdout = true, tail = 1 }):text()))
    assert.matches("com%.docker%.swarm%.", (assert(service:logs { details = true }):text()))
    local terminal = create({ "sh", "-c", "printf '\\001\\000\\000\\000\\000\\000\\000\\003abc\\n'; exec sleep 600" },
      { tty = true })
    tasks = assert(terminal:wait { timeout = 200, monitor = 0 })
    for _, writer in ipairs { terminal, tasks[1] } do
      local source, bytes = assert(writer:logs { follow = true, timeout = 200 }):read()
      assert.equal("tty", source)
      assert.equal("\1\0\0\0\0\0\0\3abc\r\n", bytes)
    end
  end)

  it("pulls from a registry with the credentials that the service carries", function()
    if not engine.private then return end
    local name = engine.private .. "/" .. engine.unique "swarm" .. ":1" -- the engines share the registry
    local auth = { username = engine.username, password = engine.password, serveraddress = engine.private }
    assert(client.images:get(own.image):tag(name))
    local digest = assert(client.images:get(name):push { auth = auth }).Digest
    assert(client.images:get(name):remove())
    local function outcome(opts)
      local service = assert(client.services:create(name, SLEEP, fast(opts)))
      local tasks, message = service:wait { timeout = 200, monitor = 0 }
      assert(service:remove())
      return tasks ~= nil, message
    end
    local ok, message = outcome { restart_condition = "none" }
    assert.is_false(ok)
    assert.matches("[Nn]o such image", message)
    assert.is_true((outcome { auth = auth }))
    local unknown, _, err = client.services:create(name, nil, { resolve_image = true })
    assert.is_nil(unknown)
    assert.is_true(err.kind == "unauthorized" or err.kind == "forbidden", err.kind)
    local service = create(SLEEP, { image = name, auth = auth, resolve_image = true })
    assert.equal(name .. "@" .. digest, assert(service:inspect()).Spec.TaskTemplate.ContainerSpec.Image)
    assert(service:wait { timeout = 200, monitor = 0 })
  end)

  it("changes its node", function()
    local node = assert(client.nodes:self())
    assert(node:update { label_add = { zone = "a" } })
    assert.equal("a", assert(node:inspect()).Spec.Labels.zone)
    assert(node:drain())
    local service = create(SLEEP)
    engine.poll("the reason", function()
      local tasks, message, err = service:wait { timeout = 2 }
      assert.is_nil(tasks)
      assert.equal("timeout", err.kind)
      return message:find "no suitable node"
    end)
    assert(node:activate())
    assert(service:wait { timeout = 200, monitor = 0 })
    local ok, _, why = node:demote()
    assert.is_nil(ok)
    assert.equal("conflict", why.kind)
  end)

  it("has an example that runs", function()
    local command = ("DOCKER_HOST=%s %s examples/service.lua %s 2>&1"):format(client.endpoint.name,
      os.getenv "LUA" or "lua5.4", own.image)
    local pipe = assert(io.popen(command))
    local output = pipe:read "*a"
    pipe:close()
    assert.matches("2 tasks run\nupdated\n.*stdout\tsecond", output)
    assert.same({}, assert(client.services:list { filters = { name = "moondock-example" } }))
  end)

  -- After the others: an unlock may cost Docker its overlay networks, when its stop of the locked node
  -- takes effect after the start of the unlocked one.
  it("is locked after a restart until it is unlocked", function()
    own.restart(machine)
    local details, message, err = client.swarm:inspect()
    assert.is_nil(details)
    assert.equal("unavailable", err.kind)
    assert.matches("encrypted", message)
    assert.equal("locked", assert(client:info()).Swarm.LocalNodeState)
    local ok = client.swarm:unlock "SWMKEY-1-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    assert.is_nil(ok)
    assert(client.swarm:unlock(key))
    engine.poll("the unlocked swarm", function() return client.swarm:inspect() end)
    assert(client.swarm:update { autolock = false })
  end)

  it("is left by its last manager only by force", function()
    local ok, message, err = client.swarm:leave()
    assert.is_nil(ok)
    assert.equal("conflict", err.kind)
    assert.matches("last manager", message)
    assert.is_true(own.has_left(client.swarm:leave { force = true }))
    assert.equal("inactive", assert(client:info()).Swarm.LocalNodeState)
  end)
end)
