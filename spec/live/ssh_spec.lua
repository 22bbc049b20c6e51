-- Engines behind real ssh servers: MOONDOCK_TEST_SSH and MOONDOCK_TEST_SSH_DIAL are configurations of
-- tools/sshd; the second server forwards no sockets.

local docker = require "moondock"
local engine = require "spec.live.engine"
local forker = require "forker"
local lfs = require "lfs"
local pty = require "spec.core.pty"

local CONFIG = assert(os.getenv "MOONDOCK_TEST_SSH", "use make test")
local DIAL = assert(os.getenv "MOONDOCK_TEST_SSH_DIAL", "use make test")
local SOCKET = engine.host:match "^unix://(.*)$"
local HOST = "ssh://moon" .. SOCKET

local function stat(pid)
  local file = io.open("/proc/" .. pid .. "/stat")
  local text = file and file:read "*a"
  if file then file:close() end
  return (text or ""):match "%) (%a) (%d+)"
end

-- The processes of ssh below `root` (our own pid), not counting zombies.
local function sshs(root)
  local parents, list = {}, {}
  for name in lfs.dir "/proc" do
    if name:find "^%d+$" then
      local state, parent = stat(name)
      if state and state ~= "Z" then parents[name] = parent end
    end
  end
  for pid in pairs(parents) do
    local at = parents[pid]
    while at and at ~= tostring(root) do at = parents[at] end
    local file = at and io.open("/proc/" .. pid .. "/cmdline")
    local line = file and file:read "*a" or ""
    if file then file:close() end
    if line:find "^ssh%z" then list[#list + 1] = tonumber(pid) end
  end
  return list
end

local function ours()
  return sshs(engine.pid())
end

local function options(more)
  local opts = { host = HOST, ssh = { options = { "-F", CONFIG } } }
  for key, value in pairs(more or {}) do opts[key] = value end
  return opts
end

local clients = {}

local function connect(more)
  local client = assert(docker.connect(options(more)))
  clients[#clients + 1] = client
  return client
end

local function folder(client)
  return client.endpoint.tunnel and client.endpoint.tunnel.path:match "^(.*)/"
end

-- Close what `connect` made: neither a process nor a folder stays.
local function finish()
  for _, client in ipairs(clients) do
    local path = folder(client)
    client:close()
    assert(not path or not lfs.attributes(path), "the folder stays")
  end
  clients = {}
  engine.poll("the end of ssh", function() return #ours() == 0 end)
  engine.clean(engine.connect())
end

local function execute(container, command)
  return assert(assert(container:exec_create({ "sh", "-c", command })):start())
end

-- A pseudo-random megabyte, so that lost or doubled bytes are seen.
local function megabyte()
  local parts, x = {}, 1
  for i = 1, 65536 do
    x = (x * 16807) % 2147483647
    parts[i] = ("%016d"):format(x)
  end
  return table.concat(parts)
end

describe("an engine behind ssh", function()
  local client

  before_each(function() client = connect() end)

  after_each(finish)

  it("is asked through one process of ssh", function()
    assert.same({}, ours())
    assert(client:ping())
    assert.equal("table", type(assert(client.containers:list { all = true })))
    assert.equal(1, #ours())
  end)

  it("has a private socket", function()
    assert(client:ping())
    assert.equal("rwx------", lfs.attributes(folder(client), "permissions"))
    assert.equal("socket", lfs.attributes(client.endpoint.tunnel.path, "mode"))
  end)

  it("runs, and carries 50 MB in both directions to the end of the input", function()
    local piece, sent = megabyte(), 0
    local got, wrong = 0, 0
    local result = assert(client:run(engine.image, { "cat" }, engine.labelled {
      stdin = function()
        if sent == 50 then return nil end
        sent = sent + 1
        return piece
      end,
      output_limit = 0,
      on_output = function(_, bytes)
        local at = got % #piece
        local expected = (piece .. piece):sub(at + 1, at + #bytes)
        if expected ~= bytes then wrong = wrong + 1 end
        got = got + #bytes
      end,
    }))
    assert.equal(0, result.exit_code)
    assert.equal(0, wrong)
    assert.equal(50 * #piece, got)
  end)

  it("executes and attaches", function()
    local container = engine.sleeper(client)
    local result = assert(container:exec({ "sh", "-c", "cat; exit 3" }, { stdin = "through" }))
    assert.equal("through", result.stdout)
    assert.equal(3, result.exit_code)
    local other = assert(client.containers:create(engine.image, { "cat" },
      engine.labelled { interactive = true, StdinOnce = true }))
    local session = assert(other:attach { stdin = true, timeout = 200 })
    assert(other:start())
    assert(session:write "over ssh")
    session:close_write()
    assert.equal("over ssh", (session:text()))
    assert.equal("complete", session.outcome)
  end)

  it("gives a hundred streams at once over one process", function()
    local container = engine.sleeper(client)
    local jobs = {}
    for i = 1, 100 do
      jobs[i] = function() return assert(container:logs { follow = true, stdout = true }) end
    end
    local streams, failures = docker.all(jobs)
    assert.same({}, failures)
    assert.equal(100, #streams)
    assert.equal(1, #ours())
    assert(container:kill())
    for _, stream in ipairs(streams) do
      local _, message = stream:read()
      assert.is_nil(message)
    end
  end)

  it("opens one tunnel for many first calls at once", function()
    local jobs = {}
    for i = 1, 20 do jobs[i] = function() return assert(client:ping()) end end
    local results = docker.all(jobs)
    assert.equal(20, #results)
    assert.equal(1, #ours())
  end)

  it("loses its streams when ssh is killed, hijacked ones too, and is there for the next call", function()
    local container = assert(client.containers:create(engine.image, { "sh", "-c", "echo here; sleep 600" },
      engine.labelled()))
    assert(container:start())
    local logs = assert(container:logs { follow = true, stdout = true })
    assert.same({ "stdout", "here\n" }, { logs:read() }) -- until then some engines have not even answered
    local exec = execute(container, "echo up; sleep 600")
    local _, first = exec:read()
    assert.equal("up\n", first)
    assert.is_true(forker.kill(ours()[1], 9))
    for _, stream in ipairs { exec, logs } do
      local _, _, err = stream:read()
      assert.equal("lost", err and err.kind)
      assert.equal("lost", stream.outcome)
    end
    assert(client:ping())
    assert.equal(1, #ours())
    assert(container:kill())
  end)

  it("is not asked by a host key that is wrong", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write(("[127.0.0.1]:%s %s\n"):format(assert(io.open(CONFIG)):read("*a"):match "Port (%d+)",
      assert(io.open((DIAL:gsub("config$", "host_key.pub")))):read("*a"):match "^(%S+ %S+)"))
    file:close()
    local other = connect { ssh = { options = { "-F", CONFIG, "-o", "UserKnownHostsFile=" .. path } } }
    local ok, message, err = other:ping()
    os.remove(path)
    assert.is_nil(ok)
    assert.equal("connect", err.kind)
    assert.equal("permission", err.reason)
    assert.matches("Host key verification failed", message)
    assert.is_not_nil(message:find(HOST, 1, true))
    assert.matches("from option host", message)
  end)

  it("is not there at a wrong port, a wrong name, or without a key", function()
    local cases = {
      refused = { "-F", CONFIG, "-p", "1" },
      name = { "-F", CONFIG, "-o", "HostName=no-such-host.invalid" },
      permission = { "-F", CONFIG, "-o", "IdentityAgent=none", "-o", "PubkeyAuthentication=no" },
    }
    for reason, list in pairs(cases) do
      local ok, message, err = connect { ssh = { options = list } }:ping()
      assert.is_nil(ok)
      assert.equal("connect", err.kind, message)
      assert.equal(reason, err.reason, message)
    end
  end)

  it("is missing when its socket is", function()
    local other = connect { host = "ssh://moon/no/such.sock" }
    for _ = 1, 2 do
      local ok, message, err = other:ping()
      assert.is_nil(ok)
      assert.equal("connect", err.kind)
      assert.equal("missing_socket", err.reason)
      assert.matches("open failed; and without forwarding: .*no such file", message)
    end
  end)

  it("needs the program ssh", function()
    local ok, message, err = connect { ssh = { program = "no-such-ssh" } }:ping()
    assert.is_nil(ok)
    assert.equal("config", err.kind)
    assert.equal("missing", err.reason)
    assert.matches("'no%-such%-ssh'", message)
  end)

  it("must answer within the connect limit, or the call's", function()
    local silent = { options = { "-F", CONFIG, "-o", "ProxyCommand=sleep 60" } }
    local begun = docker.now()
    local ok, message, err = connect { connect_timeout = 0.5, ssh = silent }:ping()
    assert.is_nil(ok)
    assert.equal("timeout", err.kind, message)
    assert.equal("connect", err.phase)
    local other = connect { ssh = silent }
    ok, message, err = other:ping { timeout = 0.5 }
    assert.is_nil(ok)
    assert.equal("timeout", err.kind, message)
    assert.equal("total", err.phase)
    assert.is_true(docker.now() - begun < engine.PROMPT)
    other:close()
  end)

  it("is reached by the next call when the one that began has given up", function()
    local port = assert(io.open(CONFIG)):read("*a"):match "Port (%d+)"
    local slow = "ProxyCommand=bash -c 'sleep 1; exec 3<>/dev/tcp/127.0.0.1/%s; cat <&3 & exec cat >&3'"
    local other = connect { ssh = { options = { "-F", CONFIG, "-o", slow:format(port) } } }
    assert.equal("timeout", select(3, other:ping { timeout = 0.1 }).kind)
    local cancelled = docker.spawn(function() return other:ping() end)
    cancelled:cancel()
    assert(other:ping())
  end)

  it("is no longer waited for when the client is closed", function()
    local other = connect { ssh = { options = { "-F", CONFIG, "-o", "ProxyCommand=sleep 60" } } }
    local asking = docker.spawn(function() return other:ping() end)
    engine.poll("one ssh", function() return #ours() == 1 end)
    other:close()
    local ok, message, err = asking:await()
    assert.is_nil(ok)
    assert.equal("cancelled", err.kind, message)
  end)

  it("is found by the usual socket, without a path", function()
    local other = connect { host = "ssh://moon" }
    assert.equal(assert(engine.connect():info()).DockerRootDir, assert(other:info()).DockerRootDir)
    other:close()
  end)

  it("may be one of several, each with a process of its own", function()
    local other = connect { ssh = { options = { "-F", DIAL } } }
    assert(client:ping())
    local third = connect()
    assert(third:ping())
    assert.equal(2, #ours())
    assert(other:ping())
    third:close()
    other:close()
    engine.poll("one ssh", function() return #ours() == 1 end)
    assert(client:ping())
  end)

  it("is asked anew by a forked process, and goes on in the parent", function()
    assert(client:ping())
    local path = client.endpoint.tunnel.path
    local child = forker.fork()
    if child == 0 then
      local ok = pcall(function()
        assert(client:ping())
        assert(client.endpoint.tunnel.path ~= path)
        client:close()
        assert(lfs.attributes(path, "mode") == "socket")
      end)
      forker.kill(forker.pid(), ok and 9 or 15)
    end
    local _, status = forker.wait(child)
    assert.equal(9, status)
    assert.equal(path, client.endpoint.tunnel.path)
    assert(client:ping())
    assert.equal(path, client.endpoint.tunnel.path)
  end)

  it("leaves nothing behind, however the program ends", function()
    local endings = {
      "os.exit(0)", "os.exit(0, true)", "error 'oops'", "client = nil",
      "require 'forker'.kill(require 'forker'.pid(), 9)",
      "if require 'forker'.fork() == 0 then os.execute 'sleep 3' os.exit(0) end"
        .. " require 'forker'.kill(require 'forker'.pid(), 9)",
    }
    for _, config in ipairs { CONFIG, DIAL } do
      for _, ending in ipairs(endings) do
        local output = pty.shell(pty.chunk(([[
          local docker = require "moondock"
          client = assert(docker.connect { host = %q, ssh = { options = { "-F", %q } } })
          assert(client:ping())
          io.write("path ", client.endpoint.tunnel.path, "\n")
          io.flush() ]]):format(HOST, config) .. ending))
        local path = assert(output:match "path (%S+)", output)
        engine.poll(ending, function() return not lfs.attributes(path:match "^(.*)/") end)
        engine.poll(ending, function() return pty.shell("pgrep -f " .. pty.quote("[-]L " .. path)) == "" end)
      end
    end
  end)
end)

describe("an engine behind ssh that forwards no sockets", function()
  local client

  before_each(function() client = connect { ssh = { options = { "-F", DIAL } } } end)

  after_each(finish)

  it("is asked by the docker command there", function()
    assert(client:ping())
    assert.is_true(client.endpoint.tunnel.served)
    assert.equal(assert(engine.connect():info()).DockerRootDir, assert(client:info()).DockerRootDir)
  end)

  it("runs with input to its end", function()
    local input = megabyte():rep(3)
    local result = assert(client:run(engine.image, { "cat" }, engine.labelled { stdin = input, output_limit = 4e6 }))
    assert.is_true(result.stdout == input)
    assert.equal(0, result.exit_code)
  end)

  it("loses a hijacked stream whose ssh is killed", function()
    local container = engine.sleeper(client)
    local exec = execute(container, "echo up; sleep 600")
    assert.equal("up\n", (select(2, exec:read())))
    for _, pid in ipairs(ours()) do forker.kill(pid, 9) end
    local _, _, err = exec:read()
    assert.equal("lost", err and err.kind)
    assert(client:ping())
    assert(container:kill())
  end)

  it("uses what DOCKER_HOST says there, where there is no usual socket", function()
    local list = { "-F", CONFIG, "-o", "SetEnv=DOCKER_HOST=unix:///no/such/docker.sock" }
    local ok, message, err = connect { host = "ssh://moon/no/such.sock", ssh = { options = list } }:ping()
    assert.is_nil(ok)
    assert.equal("missing_socket", err.reason, message)
    local other = connect { host = "ssh://moon",
      ssh = { options = { "-F", DIAL, "-o", "SetEnv=DOCKER_HOST=" .. engine.host } } }
    assert(other:ping())
    other:close()
  end)
end)

describe("a fleet of hosts behind ssh", function()
  local function named(name, file, more)
    local opts = { name = name, host = HOST, ssh = { options = { "-F", file, "-o", "ConnectTimeout=20" } } }
    for key, value in pairs(more or {}) do opts[key] = value end
    return opts
  end

  local fleet

  after_each(function()
    fleet:close()
    finish()
  end)

  it("runs on each, however its server carries it, and tells the one that cannot be reached", function()
    fleet = docker.fleet { named("forwards", CONFIG), named("dials", DIAL),
      named("nobody", CONFIG, { host = "ssh://127.0.0.1:1" .. SOCKET }) }
    local results = fleet:map(function(client, host)
      return client:run(engine.image, { "sh", "-c", "cat; echo on " .. host },
        engine.labelled { stdin = "ran ", check = true })
    end, { timeout = 200 })
    assert.equal("ran on forwards\n", results[1].value.stdout)
    assert.equal("ran on dials\n", results[2].value.stdout)
    assert.is_false(results[3].ok)
    assert.equal("connect", results[3].err.kind)
  end)

  it("merges what happens, and loses no more than the host whose ssh is gone", function()
    fleet = docker.fleet { named("forwards", CONFIG), named("dials", DIAL) }
    local events = fleet:events { filters = { type = "container", event = "create" } }
    engine.sleeper(engine.connect())
    local seen = {}
    for _ = 1, 2 do
      local event, host = assert(events:read())
      seen[host] = event.Action
    end
    assert.same({ forwards = "create", dials = "create" }, seen)
    for _, pid in ipairs(ours()) do forker.kill(pid, 9) end
    for _ = 1, 2 do assert.equal("lost", assert(events:read()).Action) end
    events:close()
  end)
end)
