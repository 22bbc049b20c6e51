-- The client over TLS, with an engine of its own: everyday work, through a proxy as well, and what
-- goes wrong.

local certificates = require "spec.core.certificates"
local engine = require "spec.live.engine"
local proxies = require "spec.core.proxies"

describe("an engine that is reached by TLS", function()
  local name = "tls-client-" .. engine.pid()
  local local_client, container, address, files, made, http

  setup(function()
    local kind = engine.name == "oldest" and "oldest" or "newest"
    local host = engine.tool(("start %s %s --tls --owner %d"):format(name, kind, engine.pid()))
    engine.tool("image " .. name)
    address, files = engine.tool("tcp " .. name), engine.tool("certs " .. name)
    local_client = engine.connect { host = host }
    container = engine.sleeper(local_client, { init = true })
    made = certificates.new()
    made:authority "stranger"
    made:issue("stranger", "foreign", "DNS:client", "clientAuth")
    http = proxies.http(made.folder)
  end)

  teardown(function()
    http:stop()
    made:remove()
    engine.tool("stop " .. name)
  end)

  -- A client; `tls` replaces parts of what is right, false leaves one out.
  local function connect(tls, opts)
    opts = opts or {}
    opts.host = address
    local client = engine.connect(opts)
    local where = client.endpoint
    where.base, where.encrypted = address:gsub("^tcp", "https"), true
    where.tls = { ca = files .. "/ca.pem", cert = files .. "/cert.pem", key = files .. "/key.pem" }
    for key, value in pairs(tls or {}) do where.tls[key] = value or nil end
    return client
  end

  -- A call and an upgrade fail with that reason.
  local function fails(client, reason, ...)
    for _, ask in ipairs { client.info, engine.upgrade } do
      local value, message, err = ask(client)
      assert.is_nil(value)
      assert.same({ "tls", reason }, { err.kind, err.reason }, message)
      for _, text in ipairs { ... } do assert.matches(text, message, 1, true) end
    end
  end

  for _, way in ipairs { "directly", "through a proxy" } do
    describe(way, function()
      local client
      setup(function() client = connect(nil, { proxy = way ~= "directly" and http.url or false }) end)

      it("answers, lists, and knows its version", function()
        assert.equal(container.id, assert(client.containers:list())[1].Id)
        assert.matches("^1%.%d+$", client.api_version)
      end)

      it("runs a command with input and output", function()
        local result = assert(client:run(engine.image, { "sh", "-c", "wc -c; echo e >&2; exit 3" },
          { stdin = "12345" }))
        assert.same({ "5\n", "e\n", 3 }, { result.stdout, result.stderr, result.exit_code })
      end)

      it("sees the end of an input, and is heard to the end", function()
        local proxied = client.containers:get(container.id)
        local result = assert(proxied:exec({ "sh", "-c", "wc -c; sleep 1; echo later" }, { stdin = "12345" }))
        assert.equal("5\nlater\n", result.stdout)
        local session = assert(assert(proxied:exec_create({ "wc", "-c" }, { interactive = true })):start())
        assert(session:write "123")
        session:close_write()
        assert.same({ "stdout", "3\n" }, { session:read() })
        assert.is_nil(session:read())
        assert.equal("complete", session.outcome)
      end)

      it("sends a log while it is written", function()
        local writer = assert(client.containers:create(engine.image,
          { "sh", "-c", "echo one; read x; echo $x; sleep 600" }, engine.labelled { interactive = true }))
        assert(writer:start())
        local logs = assert(writer:logs { follow = true, timeout = 200 })
        assert.same({ "stdout", "one\n" }, { logs:read() })
        local input = assert(writer:attach { stdin = true })
        assert(input:write "two\n")
        assert.same({ "stdout", "two\n" }, { logs:read() })
        input:close()
        logs:close()
        assert(writer:remove { force = true })
      end)

      it("sends a hundred streams at once", function()
        local writer = assert(client.containers:create(engine.image,
          { "sh", "-c", "echo ready; read x; echo $x" }, engine.labelled { interactive = true }))
        assert(writer:start())
        local streams = {}
        for i = 1, 100 do streams[i] = assert(writer:logs { follow = true, timeout = 200 }) end
        for _, logs in ipairs(streams) do assert.same({ "stdout", "ready\n" }, { logs:read() }) end
        local input = assert(writer:attach { stdin = true })
        assert(input:write "done\n")
        for _, logs in ipairs(streams) do
          assert.same({ "stdout", "done\n" }, { logs:read() })
          assert.is_nil(logs:read())
          assert.equal("complete", logs.outcome)
        end
        input:close()
        assert(writer:remove { force = true })
      end)
    end)
  end

  it("may be named otherwise than its certificate, by server_name", function()
    assert(connect({ server_name = "localhost" }):ping())
    assert.equal(400, engine.upgrade(connect { server_name = "localhost" })) -- the engine's word
    fails(connect { server_name = "engine.example" }, "name", "'localhost', '127.0.0.1', ",
      "not for 'engine.example'")
  end)

  it("tells who brings no certificate", function()
    fails(connect { cert = false, key = false }, "client_certificate", "wants a client certificate")
  end)

  it("tells who brings no certificate but a body", function()
    local client = connect({ cert = false, key = false }, { api_version = "1.41" })
    local sent = 0
    local value, message, err = client.images:load(function()
      sent = sent + 1
      return sent <= 200 and ("x"):rep(65536) or nil
    end)
    assert.is_nil(value)
    assert.same({ "tls", "client_certificate" }, { err.kind, err.reason }, message)
  end)

  it("tells who brings a certificate of another authority", function()
    fails(connect { cert = made:path "foreign", key = made:path "foreign-key" }, "client_certificate",
      made:path "foreign")
  end)

  it("is not trusted by who knows another authority", function()
    fails(connect { ca = made:path "stranger" }, "untrusted", made:path "stranger")
  end)

  it("tells a plain client, before and after the version is known", function()
    for _, version in ipairs { false, "1.41" } do
      local value, message, err = engine.connect({ host = address, proxy = false,
        api_version = version or nil }):info()
      assert.is_nil(value)
      assert.same({ "tls", "tls_server" }, { err.kind, err.reason }, message)
      assert.matches("DOCKER_TLS_VERIFY", message)
    end

    local value, message, err = engine.connect({ host = address, proxy = false, api_version = "1.41" })
      .containers:get(container.id):attach { stdout = true }
    assert.is_nil(value)
    assert.same({ "tls", "tls_server" }, { err.kind, err.reason }, message)
  end)

  it("is told apart from one that speaks plain HTTP", function()
    local client = engine.connect { host = engine.tcp, proxy = false }
    client.endpoint.base, client.endpoint.encrypted = engine.tcp:gsub("^tcp", "https"), true
    client.endpoint.tls = {}
    fails(client, "plain_server", "does not speak TLS")
  end)
end)
