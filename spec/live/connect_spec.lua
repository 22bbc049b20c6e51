-- Ways to the engine under test.

local engine = require "spec.live.engine"
local ways = require "spec.live.ways"

describe("a fresh process", function()
  local name = assert(engine.connect():info()).Name

  before_each(function()
    ways.make_folder()
    ways.create_context("here", engine.host)
    ways.create_context("there", engine.tcp)
  end)

  after_each(ways.remove_folder)

  local function reaches(source, host, variables, options)
    variables.DOCKER_CONFIG = variables.DOCKER_CONFIG or ways.folder
    assert.same({ source, host, name }, { ways.fresh(variables, options) })
  end

  it("follows DOCKER_HOST", function()
    reaches("DOCKER_HOST", engine.host, { DOCKER_HOST = engine.host, DOCKER_CONTEXT = "missing" })
    reaches("DOCKER_HOST", engine.tcp, { DOCKER_HOST = engine.tcp })
  end)

  it("follows DOCKER_CONTEXT", function()
    ways.write("config.json", '{"currentContext":"missing"}')
    reaches("context 'here', DOCKER_CONTEXT", engine.host, { DOCKER_CONTEXT = "here" })
    reaches("context 'there', DOCKER_CONTEXT", engine.tcp, { DOCKER_CONTEXT = "there" })
  end)

  it("follows the current context, in DOCKER_CONFIG and in the home folder", function()
    ways.write("config.json", '{"currentContext":"here"}')
    reaches(("context 'here', currentContext of %s/config.json"):format(ways.folder), engine.host, {})
    assert(os.execute(("mkdir %s/home && mv %s/config.json %s/contexts %s/home && mv %s/home %s/.docker")
      :format(ways.folder, ways.folder, ways.folder, ways.folder, ways.folder, ways.folder)))
    reaches(("context 'here', currentContext of %s/.docker/config.json"):format(ways.folder), engine.host,
      { HOME = ways.folder, DOCKER_CONFIG = "" })
  end)

  it("finds a rootless engine's socket", function()
    assert(os.execute(("ln -s %s %s/docker.sock"):format(engine.host:match "^unix://(.*)$", ways.folder)))
    local has_default = os.execute "test -e /var/run/docker.sock"
    if has_default == true or has_default == 0 then return end
    reaches("the rootless Docker socket", "unix://" .. ways.folder .. "/docker.sock", { XDG_RUNTIME_DIR = ways.folder })
  end)

  it("follows its options before all else", function()
    reaches("option host", engine.host, { DOCKER_HOST = "tcp://127.0.0.1:1", DOCKER_TLS_VERIFY = "1" },
      ("{ host = %q }"):format(engine.host))
    reaches("context 'there', option context", engine.tcp, { DOCKER_HOST = "tcp://127.0.0.1:1" },
      "{ context = 'there' }")
  end)

  it("says who sent it where nothing is", function()
    local gone = "unix://" .. ways.folder .. "/gone.sock"
    local _, kind, message = ways.fresh { DOCKER_CONFIG = ways.folder, DOCKER_HOST = gone }
    assert.equal("connect", kind)
    assert.equal(("cannot connect to the engine at %s (from DOCKER_HOST): no such socket; is the engine "
      .. "running?"):format(gone), message)
  end)

  it("lists the contexts and connects to each", function()
    local pipe = assert(io.popen(("env -u DOCKER_HOST DOCKER_CONFIG=%s DOCKER_CONTEXT=here LUA_PATH=%s "
      .. "LUA_CPATH=%s %s examples/context.lua"):format(ways.folder, ways.quote(package.path),
      ways.quote(package.cpath), os.getenv "LUA" or "lua5.4")))
    local output = pipe:read "*a"
    pipe:close()
    assert.matches("\n%* here +" .. engine.host:gsub("%p", "%%%0") .. " +" .. name, output)
    assert.matches("\n  there +" .. engine.tcp:gsub("%p", "%%%0") .. " +" .. name, output)
  end)
end)
