local core = require "moondock.core"
local docker = require "moondock"
local engine = require "spec.live.engine"
local program = require "spec.core.program"
local round_trip = require "spec.live.round_trip"
local tar = require "spec.tar"

describe("plugins on a real engine", function()
  local client = engine.connect()
  local auth = { username = engine.username, password = engine.password, serveraddress = engine.private }
  local made = {}

  after_each(function()
    for _, name in ipairs(made) do client.plugins:get(name):remove { force = true } end
    made = {}
  end)

  local function new_name(registry)
    made[#made + 1] = ("%s/%s"):format(registry or engine.private, engine.unique "plugin")
    return made[#made]
  end

  local CONFIG = {
    description = "of a spec", documentation = "", entrypoint = { "/plugin" }, workdir = "/", propagatedmount = "",
    interface = { types = { "docker.volumedriver/1.0" }, socket = "spec.sock" }, network = { type = "none" },
    linux = { capabilities = { "CAP_SYS_ADMIN" }, devices = docker.array {} }, mounts = docker.array {},
    env = { { name = "DEBUG", description = "", settable = { "value" }, value = "0" } },
    args = { name = "", description = "", settable = docker.array {}, value = docker.array {} },
  }

  local function read(path)
    local file = assert(io.open(path, "rb"))
    local bytes = file:read "*a"
    file:close()
    return bytes
  end

  -- No two are alike: engines keep parts of plugins, and refuse to make the same once more.
  local function archive(program_name)
    CONFIG.description = engine.unique "plugin"
    return tar { ["config.json"] = assert(core.encode(CONFIG)), ["rootfs/"] = "", ["rootfs/run/"] = "",
      ["rootfs/run/docker/"] = "", ["rootfs/run/docker/plugins/"] = "",
      ["rootfs/id"] = CONFIG.description, ["rootfs/" .. (program_name or "plugin")] = read(program "plugin") }
  end

  local function environment(plugin)
    return assert(plugin:inspect()).Settings.Env[1]
  end

  if engine.podman then
    it("are not there, whatever is asked", function()
      local plugins, name = client.plugins, new_name()
      local plugin = plugins:get(name)
      for _, answer in ipairs { { plugins:list() }, { plugins:create(name, archive()) }, { plugins:privileges(name) },
        { plugins:install(name, { grant_all = true }) }, { plugin:inspect() }, { plugin:set { DEBUG = "1" } },
        { plugin:enable() }, { plugin:disable() }, { plugin:push() }, { plugin:upgrade { grant_all = true } },
        { plugin:remove() } } do
        assert.is_nil(answer[1])
        assert(engine.lacks("podman", "plugins", answer[3]))
      end
    end)
    return
  end

  it("are created, listed, set, enabled, disabled and removed", function()
    local name = new_name()
    local plugin = assert(client.plugins:create(name, archive()))
    assert.is_false(assert(plugin:inspect()).Enabled)
    local found
    for _, other in ipairs(assert(client.plugins:list { filters = { enabled = false } })) do
      found = found or (other == plugin)
    end
    assert.is_true(found)
    assert.equal("DEBUG=0", environment(plugin))
    assert.is_true(plugin:set { DEBUG = "1" })
    assert.equal("DEBUG=1", environment(plugin))
    local ok, _, err = plugin:set { NOTHING = "1" }
    assert.is_nil(ok)
    assert.equal("invalid", err.kind)
    assert.is_true(plugin:enable { timeout = 200 })
    assert.is_true(assert(plugin:inspect()).Enabled)
    assert.is_nil((plugin:remove()))
    assert.is_true(plugin:disable())
    assert.is_true(plugin:remove())
    _, _, err = plugin:inspect()
    assert.equal("not_found", err.kind)
  end)

  it("are set to what they said of themselves, but for one setting", function()
    local plugin = assert(client.plugins:create(new_name(), archive()))
    for _, decode in pairs(round_trip.CODECS) do
      local first = round_trip.said(client, "/plugins/" .. plugin.id .. "/json")
      local settings = decode(first).Settings
      local sent = round_trip.sent(function() assert(plugin:set(settings.Args)) end)
      round_trip.same(first, "|Settings|Args", sent[1], "")
      settings.Env[1] = settings.Env[1] .. "1"
      sent = round_trip.sent(function() assert(plugin:set(settings.Env)) end)
      local second = round_trip.said(client, "/plugins/" .. plugin.id .. "/json")
      round_trip.same(second, "|Settings|Env", sent[1], "")
      round_trip.same(first, "", second, "", { "Settings|Env" })
    end
    assert.equal("DEBUG=011", environment(plugin))
  end)

  it("that do not start are told", function()
    local plugin = assert(client.plugins:create(new_name(), archive "another"))
    local ok, message = plugin:enable { plugin_timeout = 1, timeout = 200 }
    assert.is_nil(ok)
    assert.is_true(#message > 10)
  end)

  it("refuse what is no plugin", function()
    local plugin, message, err = client.plugins:create(new_name(), tar { ["rootfs/"] = "" })
    assert.is_nil(plugin)
    assert.truthy(err)
    assert.matches("config", message)
  end)

  it("go to a private registry and come back when they are granted what they want", function()
    local name = new_name()
    local plugin = assert(client.plugins:create(name, archive()))
    assert.is_nil((plugin:push()))
    assert.matches("^sha256:", assert(plugin:push { auth = auth }).Digest)
    assert.is_true(plugin:upgrade { auth = auth, grant_all = true })
    assert(plugin:remove())

    -- Engines say that a plugin asks for nothing when they cannot see it; its pull is refused then.
    assert.same({}, client.plugins:privileges(name))
    assert.is_nil((client.plugins:install(name, { grant_all = true })))
    local asked = assert(client.plugins:privileges(name, { auth = auth }))
    local wanted = {}
    for _, privilege in ipairs(asked) do wanted[privilege.Name] = privilege.Value[1] end
    assert.equal("CAP_SYS_ADMIN", wanted.capabilities)
    local refused, message, err = client.plugins:install(name, { auth = auth })
    assert.is_nil(refused)
    assert.equal("forbidden", err.kind)
    assert.matches("CAP_SYS_ADMIN", message)

    local seen = 0
    local installed = assert(client.plugins:install(name, { auth = auth, settings = { DEBUG = "7" }, timeout = 200,
      grant_all = function(privileges) return #privileges == #asked end,
      on_progress = function() seen = seen + 1 end }))
    assert.equal("DEBUG=7", environment(installed))
    assert.is_true(assert(installed:inspect()).Enabled)
    assert.is_true(seen > 0)
    assert(installed:remove { force = true })

    refused, message, err = client.plugins:install(name,
      { auth = auth, grant_all = true, settings = { NOTHING = "1" } })
    assert.is_nil(refused)
    assert.equal("invalid", err.kind, message)
    assert.equal("not_found", select(3, installed:inspect()).kind)
  end)
end)
