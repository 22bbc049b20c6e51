-- Secrets on a real engine: sent, stored and read again, and never written down by us. Every planted
-- one begins alike, so that tools/leaks finds it in whatever the specs write.

local call = require "moondock.call"
local core = require "moondock.core"
local engine = require "spec.live.engine"
local mask = require "moondock.mask"
local own = require "spec.live.swarm_engine"
local stream = require "moondock.stream"

local PLANTED = "planted-secret"
local ENV = PLANTED .. "-env"

-- The trace of the whole suite, where these lines belong as well.
local suite = os.getenv "MOONDOCK_TRACE"
suite = suite and suite ~= "stderr" and assert(io.open(suite, "a"))

-- A client whose trace is `lines`.
local function traced()
  local lines = {}
  local function trace(line)
    lines[#lines + 1] = line
    if suite then suite:write(line, "\n"):flush() end
  end
  return engine.connect { trace = trace }, lines
end

local function is_clean(lines, ...)
  local text = table.concat(lines, "\n")
  assert.is_nil(text:find(PLANTED, 1, true), "a secret was traced") -- without its text
  for _, expected in ipairs { ... } do assert.truthy(text:find(expected, 1, true), expected) end
end

-- An answer has the secret, and its masked copy has not: only so the mask is proved.
local function is_masked(answer)
  assert.is_true(core.encode(answer):find(PLANTED, 1, true) ~= nil)
  local masked = core.encode(mask.answer(answer))
  assert.is_true(masked:find(PLANTED, 1, true) == nil)
  return masked
end

local function is_without(err, kind)
  assert.is_true(tostring(err):find(PLANTED, 1, true) == nil)
  assert.is_true(core.encode(err.detail or core.null):find(PLANTED, 1, true) == nil)
  if kind then assert.equal(kind, err.kind) end
end

describe("secrets on a real engine", function()
  local client = engine.connect()

  after_each(function() engine.clean(client) end)

  it("of containers are masked: variables, telling labels, log options", function()
    local c, lines = traced()
    local container = assert(c.containers:create(engine.image, { "sleep", "600" }, engine.labelled {
      env = { TOKEN = ENV, PLAIN = PLANTED .. "-2" },
      HostConfig = { LogConfig = { Type = "json-file", Config = { labels = PLANTED .. "-log" } } } }))
    assert(container:start())
    local details = assert(container:inspect())
    local masked = is_masked(details)
    assert.truthy(masked:find('"TOKEN=***"', 1, true))
    assert.equal(0, assert(container:exec({ "true" }, { env = { A = PLANTED .. "-exec" } })).exit_code)
    assert(c:run(engine.image, { "sh", "-c", "exit $CODE" }, { env = { CODE = "0", SECRET = ENV } }))
    is_clean(lines, '"TOKEN=***"', '"PLAIN=***"', "ContainerCreate", "ContainerInspect", "ExecStart",
      "a stream of ", " = complete, ")
  end)

  it("of images are masked: variables and the history", function()
    local c, lines = traced()
    local container = engine.sleeper(c)
    local image = assert(container:commit { repo = engine.unique "image",
      changes = { "ENV TOKEN=" .. PLANTED .. "-image" } })
    is_masked(assert(image:inspect()))
    assert(image:history())
    assert(image:remove { force = true })
    is_clean(lines, '"TOKEN=***"', "changes=***")
  end)

  it("of volumes are masked: options of their drivers", function()
    local c, lines = traced()
    local name = engine.unique "volume"
    local made = assert(call.run(c, "VolumeCreate", {}, { Name = name,
      DriverOpts = { type = "tmpfs", device = "tmpfs", o = "nosuid,context=" .. PLANTED } }))
    is_masked(made)
    is_masked(assert(call.run(c, "VolumeInspect", { name })))
    assert(call.run(c, "VolumeDelete", { name }))
    is_clean(lines, '"o":"***"', "VolumeInspect")
  end)

  it("that the engine echoes are not in its errors", function()
    local c, lines = traced()
    local _, _, err = c.containers:create { image = engine.image, Env = { "=" .. PLANTED .. "-echo" } }
    is_without(err, "invalid")
    assert.truthy(err.message:find("***", 1, true), err.message)
    local answer
    answer, _, err = call.open(c, "ImageCreate", {}, {
      fromSrc = "http://user:" .. PLANTED .. "-url@127.0.0.1:1/x.tar" })
    if answer then _, _, err = call.progress(stream.values(answer)) end -- 20.10 begins with a 200
    is_without(err)
    is_clean(lines, engine.podman and [[variable: \"=***]] or ": =***", "***@127.0.0.1:1", "127.0.0.1%3A1")
  end)

  it("that a command prints are its output, and not in the error of its exit", function()
    local script = 'echo "cannot log in with $TOKEN" >&2; exit 3'
    local opts = { env = { TOKEN = ENV }, check = true }
    local _, message, err = client:run(engine.image, { "sh", "-c", script }, opts)
    assert.equal("cannot log in with ***", message:match ": (.*)$")
    assert.is_true(err.result.stderr:find(ENV, 1, true) ~= nil)
    local container = engine.sleeper(client)
    _, message = container:exec({ "sh", "-c", script }, opts)
    assert.equal("cannot log in with ***", message:match ": (.*)$")
  end)

  it("of registries are masked: login, pull and push, right and wrong", function()
    local c, lines = traced()
    local name = ("%s/%s:v1"):format(engine.private, engine.unique "private")
    assert(c.images:get(engine.image):tag(name))
    local right = { username = engine.username, password = engine.password, serveraddress = engine.private }
    local wrong = { username = engine.username, password = PLANTED .. "-wrong", serveraddress = engine.private }
    local _, _, err = c:login(wrong)
    local no_login = engine.lacks("podman", "login at a registry without TLS", err)
    is_without(err, not no_login and "unauthorized")
    _, _, err = c.images:get(name):push { auth = wrong }
    is_without(err)
    assert(c.images:get(name):push { auth = right })
    assert(c.images:get(name):remove())
    if not no_login then assert(c:login(right)) end
    assert(c.images:pull(name, { auth = no_login and right or nil }))
    assert(c.images:get(name):remove())
    is_clean(lines, '"password":"***"', "X-Registry-Auth: ***", '"username":"' .. engine.username)
    assert.is_true(tostring(c):find(PLANTED, 1, true) == nil)
  end)

  it("of a swarm are masked: secrets, configs, tokens, keys", function()
    local c, lines = traced()
    local _, message, err = call.run(c, "SwarmInit", {}, { ListenAddr = "127.0.0.1:0",
      AdvertiseAddr = "127.0.0.1" })
    if engine.lacks("podman", "everything of a swarm", err) then return end
    assert(not err, message)
    local ok
    ok, message = pcall(function()
      local data = core.base64(PLANTED .. "-data", "standard")
      assert(call.run(c, "SecretCreate", {}, { Name = "s", Data = data }))
      local config = assert(call.run(c, "ConfigCreate", {}, { Name = "c", Data = data }))
      local stored = assert(call.run(c, "ConfigInspect", { config.ID }))
      assert.equal(data, stored.Spec.Data)
      assert.equal("***", mask.answer(stored).Spec.Data)
      local swarm = assert(call.run(c, "SwarmInspect", {}))
      assert.matches("^SWMTKN%-", swarm.JoinTokens.Worker)
      assert.same({ Worker = "***", Manager = "***" }, mask.answer(swarm).JoinTokens)
      assert(call.run(c, "SwarmUpdate", {}, { version = swarm.Version.Index, body = {
        Name = swarm.Spec.Name, EncryptionConfig = { AutoLockManagers = true } } }))
      assert.matches("^SWMKEY%-", assert(call.run(c, "SwarmUnlockkey", {})).UnlockKey)
      local text = table.concat(lines, "\n")
      assert.is_true(text:find(data, 1, true) == nil)
      assert.is_true(text:find "SWMTKN%-" == nil and text:find "SWMKEY%-" == nil)
    end)
    assert.is_true(own.has_left(call.run(c, "SwarmLeave", {}, { force = true })))
    assert(ok, message)
    is_clean(lines, '"Data":"***"', '"UnlockKey":"***"', '"Worker":"***"')
  end)
end)

describe("rights on a real engine", function()
  local client = engine.connect()

  after_each(function() engine.clean(client) end)

  it("let a read-only client look, and nothing else", function()
    local sleeper = engine.sleeper(client)
    local c = engine.connect { read_only = true }
    local mine = c.containers:get(sleeper.id)
    assert.is_true(assert(mine:inspect()).State.Running)
    for _, method in ipairs { "stop", "kill", "remove", "pause" } do
      local _, _, err = mine[method](mine)
      assert.equal("forbidden", err.kind)
    end
    assert.is_true(assert(mine:inspect()).State.Running)
    assert(sleeper:kill())
    assert(mine:wait())
  end)

  it("are enough for a run when they are what a run was seen to use", function()
    local c = engine.connect()
    assert(c:run(engine.image, { "true" }))
    local allow = {}
    for _, used in ipairs(c:operations_used()) do allow[#allow + 1] = used.operation end
    assert.equal(0, assert(engine.connect({ allow = allow }):run(engine.image, { "true" })).exit_code)
  end)

  -- The operations in the row of the manual that begins with `first`.
  local function row(first)
    for line in io.lines "docs/manual.md" do
      if line:sub(1, #first) == first then
        local names = {}
        for name in line:sub(#first):gmatch "`(%u%a+)`" do names[#names + 1] = name end
        return names
      end
    end
  end

  it("are enough for the helpers when they are what the manual says", function()
    local sleeper = engine.sleeper(client)
    local RUN, EXEC = "| `client:run` |", "| `container:exec`, `exec:start` |"
    local ATTACH, LOGS = "| `container:attach` |", "| `container:logs` |"
    for first, use in pairs {
      [RUN] = function(c) return c:run(engine.image, { "true" }, engine.labelled { check = true }) end,
      [EXEC] = function(c) return c.containers:get(sleeper.id):exec({ "true" }, { check = true }) end,
      [ATTACH] = function(c) return c.containers:get(sleeper.id):attach() end,
      [LOGS] = function(c) return c.containers:get(sleeper.id):logs() end,
    } do
      local names = assert(row(first), first)
      local result = assert(use(engine.connect { allow = names }))
      if result.close then result:close() end
      if first == RUN or first == EXEC then
        for i = 1, #names do -- each of them is needed
          local name = table.remove(names, i)
          local _, _, err = use(engine.connect { allow = names })
          local optional = name == "ContainerLogs" or name == "ContainerInspect" or name == "ContainerDelete"
          if not optional then assert.equal("forbidden", err.kind, name) end
          table.insert(names, i, name)
        end
      end
    end
  end)

  it("of a dry run change nothing, whatever the script does", function()
    local before = engine.count(client)
    local c = engine.connect { dry_run = true }
    local container = assert(c.containers:create(engine.image, { "true" }, { env = { A = ENV } }))
    assert(container:start())
    assert.equal(0, assert(container:wait()).StatusCode)
    assert(c:run(engine.image, { "sh", "-c", "exit 3" }))
    assert(container:remove())
    assert.is_true(#assert(c.images:list()) > 0)
    assert.equal(before, engine.count(client))
    assert.equal(7, #c:planned())
    local plan = assert(client.containers:create(engine.image, { "true" }, { dry_run = true }))
    assert.equal("ContainerCreate", plan.operation)
    assert.equal(before, engine.count(client))
    for _, used in ipairs(c:operations_used()) do
      assert.truthy(used.method == "GET" or used.method == "HEAD")
    end
  end)
end)
