-- Ways to an engine, each in a process of its own whose environment is what the way needs; TLS; and
-- what an engine's restart does to its clients.

local core = require "moondock.core"
local docker = require "moondock"
local engine = require "spec.live.engine"

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- Connect in a fresh process that sees these variables alone. What it says: the source, the host and
-- the engine's own name, or "nil", the kind and the message of its error.
local PROGRAM = [[
  local docker = require "moondock"
  local client, message, err = docker.connect(%s)
  local info
  if client then info, message, err = client:info() end
  print(info and client.endpoint.source or "nil")
  print(info and client.endpoint.name or err.kind)
  print(info and info.Name or message)
]]

local function fresh(variables, options)
  local parts = { "env -i" }
  local all = { PATH = os.getenv "PATH", LUA_PATH = package.path, LUA_CPATH = package.cpath,
    LD_PRELOAD = os.getenv "LD_PRELOAD", ASAN_OPTIONS = os.getenv "ASAN_OPTIONS",
    MOONDOCK_ASAN_LUA = os.getenv "MOONDOCK_ASAN_LUA" }
  for name, value in pairs(variables) do all[name] = value end
  for name, value in pairs(all) do parts[#parts + 1] = name .. "=" .. quote(value) end
  parts[#parts + 1] = os.getenv "LUA" or "lua5.4"
  parts[#parts + 1] = "-e " .. quote(PROGRAM:format(options or "")) .. " 2>&1"
  local pipe = assert(io.popen(table.concat(parts, " ")))
  local source, host, name = pipe:read("*l"), pipe:read("*l"), pipe:read("*l")
  pipe:close()
  return source, host, name
end

-- The CLI's folder, with contexts as `docker context create` stores them.
local folder

local function write(path, bytes)
  assert(os.execute("mkdir -p " .. quote(folder .. "/" .. path:match "^(.-)[^/]*$")))
  local file = assert(io.open(folder .. "/" .. path, "wb"))
  file:write(bytes)
  file:close()
end

local function create_context(name, host, certificates)
  local id = core.sha256(name)
  write("contexts/meta/" .. id .. "/meta.json", core.encode { Name = name, Metadata = core.object {},
    Endpoints = { docker = { Host = host, SkipTLSVerify = false } } })
  if not certificates then return end
  local files = quote(folder .. "/contexts/tls/" .. id .. "/docker")
  assert(os.execute(("mkdir -p %s && cp %s/ca.pem %s/cert.pem %s/key.pem %s"):format(files, certificates,
    certificates, certificates, files)))
end

local function make_folder()
  folder = os.tmpname()
  os.remove(folder)
  assert(os.execute("mkdir -m 700 " .. folder))
end

local function remove_folder() os.execute("rm -rf " .. folder) end

describe("a fresh process", function()
  local name = assert(engine.connect():info()).Name

  before_each(function()
    make_folder()
    create_context("here", engine.host)
    create_context("there", engine.tcp)
  end)

  after_each(remove_folder)

  local function reaches(source, host, variables, options)
    variables.DOCKER_CONFIG = variables.DOCKER_CONFIG or folder
    assert.same({ source, host, name }, { fresh(variables, options) })
  end

  it("follows DOCKER_HOST", function()
    reaches("DOCKER_HOST", engine.host, { DOCKER_HOST = engine.host, DOCKER_CONTEXT = "missing" })
    reaches("DOCKER_HOST", engine.tcp, { DOCKER_HOST = engine.tcp })
  end)

  it("follows DOCKER_CONTEXT", function()
    write("config.json", '{"currentContext":"missing"}')
    reaches("context 'here', DOCKER_CONTEXT", engine.host, { DOCKER_CONTEXT = "here" })
    reaches("context 'there', DOCKER_CONTEXT", engine.tcp, { DOCKER_CONTEXT = "there" })
  end)

  it("follows the current context, in DOCKER_CONFIG and in the home folder", function()
    write("config.json", '{"currentContext":"here"}')
    reaches(("context 'here', currentContext of %s/config.json"):format(folder), engine.host, {})
    assert(os.execute(("mkdir %s/home && mv %s/config.json %s/contexts %s/home && mv %s/home %s/.docker")
      :format(folder, folder, folder, folder, folder, folder)))
    reaches(("context 'here', currentContext of %s/.docker/config.json"):format(folder), engine.host,
      { HOME = folder, DOCKER_CONFIG = "" })
  end)

  it("finds a rootless engine's socket", function()
    assert(os.execute(("ln -s %s %s/docker.sock"):format(engine.host:match "^unix://(.*)$", folder)))
    local has_default = os.execute "test -e /var/run/docker.sock"
    if has_default == true or has_default == 0 then return end
    reaches("the rootless Docker socket", "unix://" .. folder .. "/docker.sock", { XDG_RUNTIME_DIR = folder })
  end)

  it("follows its options before all else", function()
    reaches("option host", engine.host, { DOCKER_HOST = "tcp://127.0.0.1:1", DOCKER_TLS_VERIFY = "1" },
      ("{ host = %q }"):format(engine.host))
    reaches("context 'there', option context", engine.tcp, { DOCKER_HOST = "tcp://127.0.0.1:1" },
      "{ context = 'there' }")
  end)

  it("says who sent it where nothing is", function()
    local gone = "unix://" .. folder .. "/gone.sock"
    local _, kind, message = fresh { DOCKER_CONFIG = folder, DOCKER_HOST = gone }
    assert.equal("connect", kind)
    assert.equal(("cannot connect to the engine at %s (from DOCKER_HOST): no such socket; is the engine "
      .. "running?"):format(gone), message)
  end)

  it("lists the contexts and connects to each", function()
    local pipe = assert(io.popen(("env -u DOCKER_HOST DOCKER_CONFIG=%s DOCKER_CONTEXT=here LUA_PATH=%s "
      .. "LUA_CPATH=%s %s examples/context.lua"):format(folder, quote(package.path), quote(package.cpath),
      os.getenv "LUA" or "lua5.4")))
    local output = pipe:read "*a"
    pipe:close()
    assert.matches("\n%* here +" .. engine.host:gsub("%p", "%%%0") .. " +" .. name, output)
    assert.matches("\n  there +" .. engine.tcp:gsub("%p", "%%%0") .. " +" .. name, output)
  end)
end)


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

  before_each(make_folder)
  after_each(remove_folder)

  local function options()
    return { ca = certificates .. "/ca.pem", cert = certificates .. "/cert.pem",
      key = certificates .. "/key.pem" }
  end

  it("is reached by environment", function()
    assert.same({ "DOCKER_HOST", tcp, name }, { fresh { DOCKER_CONFIG = folder, DOCKER_HOST = tcp,
      DOCKER_TLS_VERIFY = "1", DOCKER_CERT_PATH = certificates } })
    assert(os.execute(("cp %s/ca.pem %s/cert.pem %s/key.pem %s"):format(certificates, certificates,
      certificates, folder)))
    assert.same({ "DOCKER_HOST", tcp, name }, { fresh { DOCKER_CONFIG = folder, DOCKER_HOST = tcp,
      DOCKER_TLS = "1" } })
  end)

  it("is reached by a context", function()
    create_context("safe", tcp, certificates)
    write("config.json", '{"currentContext":"safe"}')
    assert.same({ ("context 'safe', currentContext of %s/config.json"):format(folder), tcp, name },
      { fresh { DOCKER_CONFIG = folder } })
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
      quote(package.path), quote(package.cpath), os.getenv "LUA" or "lua5.4", tcp, certificates)))
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
    local deadline = docker.now() + 60
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
