-- A real engine through real proxies: plain HTTP.

local background = require "spec.core.background"
local engine = require "spec.live.engine"
local proxies = require "spec.core.proxies"

describe("an engine behind a proxy", function()
  local folder, http, direct, client, container
  local address = engine.tcp and engine.tcp:match "//(.*)$"

  -- What is on this machine's loopback is never proxied, except by the option.
  local loopback = not address or address:find "^127" ~= nil

  setup(function()
    folder = background.folder()
    http = proxies.http(folder)
    direct = engine.connect()
    client = engine.connect { host = engine.tcp, proxy = http.url }
    container = engine.sleeper(direct, { init = true })
  end)

  teardown(function()
    engine.clean(direct)
    http:stop()
    background.remove(folder)
  end)

  local function is_proxys(value, message, err, ...)
    assert.is_nil(value)
    assert.same({ "connect", "proxy", "connect" }, { err.kind, err.reason, err.phase }, message)
    assert.matches("cannot connect to the engine at " .. engine.tcp, message, 1, true)
    for _, text in ipairs { ... } do assert.matches(text, message, 1, true) end
  end

  it("is listed, with the proxy between", function()
    local before = proxies.requests(http, "GET", address)
    local ids = {}
    for _, each in ipairs(assert(client.containers:list())) do ids[each.Id] = true end
    assert.is_true(ids[container.id])
    assert.is_true(proxies.requests(http, "GET", address) > before)
  end)

  it("sends a log while it is written", function()
    local writer = assert(client.containers:create(engine.image,
      { "sh", "-c", "echo one; read x; echo $x; sleep 600" }, engine.labelled { interactive = true }))
    assert(writer:start())
    local logs = assert(writer:logs { follow = true, timeout = 200 })
    assert.same({ "stdout", "one\n" }, { logs:read() })
    local input = assert(writer:attach { stdin = true, stdout = true })
    assert(input:write "two\n")
    assert.same({ "stdout", "two\n" }, { logs:read() })
    input:close()
    logs:close()
  end)

  it("takes archives whole", function()
    local block = ("0123456789abcdef"):rep(4096 * 16)
    assert(container:exec { "mkdir", "/in" })
    local archive = background.folder()
    local file = assert(io.open(archive .. "/data", "wb"))
    for _ = 1, 4 do file:write(block) end
    file:close()
    local tar = assert(io.popen(("tar -C %s -cf - data"):format(archive), "r"))
    local bytes = tar:read "*a"
    tar:close()
    background.remove(archive)
    local at = 1
    assert(client.containers:get(container.id):put_archive("/in", function()
      if at > #bytes then return nil end
      local part = bytes:sub(at, at + 65535)
      at = at + #part
      return part
    end))
    assert.equal(4 * #block .. "\n", assert(container:exec { "sh", "-c", "wc -c </in/data" }).stdout)
  end)

  it("runs commands, through a tunnel", function()
    local before = proxies.requests(http, "CONNECT", address)
    local proxied = client.containers:get(container.id)
    local result = assert(proxied:exec { "sh", "-c", "echo o; echo e >&2; exit 3" })
    assert.same({ "o\n", "e\n", 3 }, { result.stdout, result.stderr, result.exit_code })
    assert.is_true(proxies.requests(http, "CONNECT", address) > before)
    assert.equal("hi\n", assert(client:run(engine.image, { "echo", "hi" })).stdout)
  end)

  it("talks with a command in both directions", function()
    local proxied = client.containers:get(container.id)
    local exec = assert(proxied:exec_create({ "cat" }, { interactive = true }))
    local session = assert(exec:start())
    for i = 1, 3 do
      assert(session:write(i .. "\n"))
      assert.same({ "stdout", i .. "\n" }, { session:read() })
    end
    session:close()
  end)

  it("refuses to end an input, which proxies take for the end of all", function()
    for _, command in ipairs { "exec", "run" } do
      local result, message, err
      if command == "exec" then
        result, message, err = client.containers:get(container.id):exec({ "wc", "-c" }, { stdin = "12345" })
      else
        result, message, err = client:run(engine.image, { "wc", "-c" }, { stdin = "12345" })
      end
      assert.is_nil(result)
      assert.equal("not_implemented", err.kind, message)
      assert.matches("does not get through a proxy, unless the engine is reached by TLS", message)
    end
  end)

  it("is reached through SOCKS as well", function()
    local socks = proxies.socks(folder)
    local other = engine.connect { host = engine.tcp, proxy = socks.url }
    local proxied = other.containers:get(container.id)
    assert.equal("hi\n", assert(proxied:exec { "echo", "hi" }).stdout)
    local result, message, err = proxied:exec({ "wc", "-c" }, { stdin = "12345" })
    assert.is_nil(result)
    assert.equal("not_implemented", err.kind, message)
    socks:stop()
    is_proxys(other:info())
    is_proxys(engine.upgrade(other))
  end)

  it("is asked directly when the option says so", function()
    local real = os.getenv
    os.getenv = function(name) -- luacheck: ignore 122
      return name == "HTTP_PROXY" and "http://127.0.0.1:1" or nil
    end
    local by_environment = engine.connect { host = engine.tcp }
    local by_option = engine.connect { host = engine.tcp, proxy = false }
    local by_socket = engine.connect()
    os.getenv = real -- luacheck: ignore 122
    assert(by_option:ping())
    assert(by_socket:ping())
    if loopback then
      assert(by_environment:ping())
    else
      local value, message, err = by_environment:ping()
      is_proxys(value, message, err, "http://127.0.0.1:1 (from HTTP_PROXY)")
    end
  end)

  it("needs CONNECT for commands, and says so where the proxy forbids it", function()
    local narrow = proxies.http(folder, "ConnectPort 1")
    local other = engine.connect { host = engine.tcp, proxy = narrow.url }
    assert(other:ping())
    local proxied = other.containers:get(container.id)
    local value, message, err = proxied:exec { "true" }
    is_proxys(value, message, err, narrow.url, "CONNECT", "answered 403")
    narrow:stop()
  end)

  describe("that wants a password", function()
    local guarded
    setup(function() guarded = proxies.http(folder, "BasicAuth moon dock") end)
    teardown(function() guarded:stop() end)

    local function connect(user)
      return engine.connect { host = engine.tcp, proxy = guarded.url:gsub("//", "//" .. user),
        api_version = "1.41" }
    end

    it("gets it, in requests and tunnels", function()
      local other = connect "moon:dock@"
      assert(other:ping())
      assert.equal(0, assert(other.containers:get(container.id):exec { "true" }).exit_code)
    end)

    it("is told apart, without the password", function()
      for _, user in ipairs { "", "moon:secret@" } do
        local other = connect(user)
        local value, message, err = other:info()
        is_proxys(value, message, err, guarded.url, "user name and password")
        assert.not_matches("secret", message)
        value, message, err = engine.upgrade(other)
        is_proxys(value, message, err, guarded.url, "user name and password")
        assert.not_matches("secret", message)
      end
    end)
  end)

  describe("fails, and the proxy is named", function()
    local function fails(host, proxy, ...)
      local other = engine.connect { host = host, proxy = proxy, api_version = "1.41", connect_timeout = 100 }
      local value, message, err = other:info()
      assert.is_nil(value)
      assert.same({ "connect", "proxy" }, { err.kind, err.reason }, message)
      for _, text in ipairs { ... } do assert.matches(text, message, 1, true) end
      value, message, err = engine.upgrade(other)
      assert.is_nil(value)
      assert.same({ "connect", "proxy" }, { err.kind, err.reason }, message)
      for _, text in ipairs { ... } do assert.matches(text, message, 1, true) end
    end

    it("when it is not there", function()
      fails(engine.tcp, "http://u:secret@127.0.0.1:1", "the proxy http://127.0.0.1:1 (from option proxy)")
    end)

    it("when its name is not known", function()
      fails(engine.tcp, "http://proxy.invalid:1", "the proxy http://proxy.invalid:1")
    end)

    it("when it does not reach the engine", function()
      fails(engine.tcp:gsub(":%d+$", ":1"), http.url, http.url, "answered 50")
    end)
  end)

  it("has the connect limit, whatever the proxy does", function()
    local silent = background.start(folder, [[python3 -uc '
import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(9)
print("PORT", s.getsockname()[1])
kept = []
while True: kept.append(s.accept())']])
    local other = engine.connect { host = engine.tcp, api_version = "1.41", connect_timeout = 0.5,
      proxy = "http://u:secret@127.0.0.1:" .. silent:says "PORT (%d+)" }
    local value, message, err = engine.upgrade(other)
    assert.is_nil(value)
    assert.same({ "timeout", "connect" }, { err.kind, err.phase }, message)
    assert.matches("proxy http://127.0.0.1:", message, 1, true)
    assert.not_matches("secret", message)
    silent:stop()
  end)
end)
