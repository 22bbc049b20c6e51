-- Ways to an engine of its own: TLS, and what an engine's restart does to its clients.

local docker = require "moondock"
local engine = require "spec.live.engine"
local ways = require "spec.live.ways"

describe("an engine of its own, with TLS", function()
  local own = "connect-" .. engine.pid()
  local host, tcp, certificates, name

  setup(function()
    host = engine.tool(("start %s %s --tls --owner %d"):format(own, engine.name == "oldest" and "oldest" or "newest",
      engine.pid()))
    engine.tool("image " .. own)
    tcp, certificates = engine.tool("tcp " .. own), engine.tool("certs " .. own)
    name = assert(engine.connect({ host = host }):info()).Name
  end)

  teardown(function() engine.tool("stop " .. own) end)

  before_each(ways.make_folder)
  after_each(ways.remove_folder)

  local function options()
    return { ca = certificates .. "/ca.pem", cert = certificates .. "/cert.pem",
      key = certificates .. "/key.pem" }
  end

  it("is reached by environment", function()
    assert.same({ "DOCKER_HOST", tcp, name }, { ways.fresh { DOCKER_CONFIG = ways.folder, DOCKER_HOST = tcp,
      DOCKER_TLS_VERIFY = "1", DOCKER_CERT_PATH = certificates } })
    assert(os.execute(("cp %s/ca.pem %s/cert.pem %s/key.pem %s"):format(certificates, certificates,
      certificates, ways.folder)))
    assert.same({ "DOCKER_HOST", tcp, name }, { ways.fresh { DOCKER_CONFIG = ways.folder, DOCKER_HOST = tcp,
      DOCKER_TLS = "1" } })
  end)

  it("is reached by a context", function()
    ways.create_context("safe", tcp, certificates)
    ways.write("config.json", '{"currentContext":"safe"}')
    assert.same({ ("context 'safe', currentContext of %s/config.json"):format(ways.folder), tcp, name },
      { ways.fresh { DOCKER_CONFIG = ways.folder } })
  end)

  it("is reached by option, with commands, input and logins", function()
    local client = engine.connect { host = tcp, tls = options() }
    assert.is_true(client.endpoint.encrypted)
    assert.equal(name, assert(client:info()).Name)
    assert.equal("5\n", assert(client:run(engine.image, { "wc", "-c" }, { stdin = "12345" })).stdout)
    assert.equal(name, assert(engine.connect { host = (tcp:gsub("^tcp", "https")), tls = options() }:info()).Name)
  end)

  it("is reached by an example", function()
    local pipe = assert(io.popen(("LUA_PATH=%s LUA_CPATH=%s %s examples/remote_tls.lua %s %s 2>&1"):format(
      ways.quote(package.path), ways.quote(package.cpath), os.getenv "LUA" or "lua5.4", tcp, certificates)))
    local output = pipe:read "*a"
    pipe:close()
    assert.matches("^" .. (tcp .. ": " .. name):gsub("%p", "%%%0") .. ", engine .*, encrypted\n", output)
  end)

  it("is not reached without a certificate, by another authority, or in plain text", function()
    local alone = { ca = options().ca }
    local value, _, err = engine.connect({ host = tcp, tls = alone }):info()
    assert.is_nil(value)
    assert.is_not_equal("server", err.kind)
    value, _, err = engine.connect({ host = tcp, tls = {} }):info()
    assert.is_nil(value)
    assert.equal("tls", err.kind)
    assert.is_nil((engine.connect({ host = tcp }):info()))
    -- Only who says so does without proof.
    local blind = options()
    blind.ca, blind.verify = nil, false
    assert.equal(name, assert(engine.connect({ host = tcp, tls = blind }):info()).Name)
  end)

  it("comes back after a restart: reads go on by themselves, nothing is created twice", function()
    local clients = { engine.connect { host = host }, engine.connect { host = tcp, tls = options() } }
    for _, client in ipairs(clients) do assert(client:info()) end
    local events = assert(clients[1]:events())
    local before = engine.count(clients[1])
    engine.tool("restart " .. own)
    for _, client in ipairs(clients) do
      assert.equal(name, assert(client:info()).Name)
      assert(client.containers:create(engine.image, "true", engine.labelled()))
    end
    assert.equal(before + 2, engine.count(clients[1]))
    local event, _, err = events:read()
    while event do event, _, err = events:read() end
    assert.equal("lost", err and err.kind)
    assert.equal("lost", events.outcome)
  end)

  it("may be restarted in the middle of work, and each create is known to be done or lost", function()
    local client = engine.connect { host = tcp, tls = options() }
    local before, made, unknown, since = engine.count(client), 0, 0, nil
    local restart = assert(io.popen("tools/engine restart " .. own))
    local deadline = docker.now() + 200
    repeat
      local container, _, err = client.containers:create(engine.image, "true", engine.labelled())
      if container then
        made, since = made + 1, since and since + 1
      else
        since, unknown = 0, unknown + (err.kind == "connect" and 0 or 1)
        docker.sleep(0.02)
      end
    until since == 5 or docker.now() > deadline -- it was away, and is back
    assert(restart:close())
    assert.equal(5, since)
    local count = engine.count(client)
    assert.is_true(count >= before + made and count <= before + made + unknown)
  end)
end)
