-- TLS against real servers: what comes up, and how each failure is told, for transfers and upgrades
-- alike.

local background = require "spec.core.background"
local certificates = require "spec.core.certificates"
local docker = require "moondock"
local exchange = require "moondock.exchange"
local tls_errors = require "moondock.tls_errors"

-- A listener that does `answer` (Python) with each connection `c`.
local LISTENER = [[
import socket, struct
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(50)
print("PORT", listener.getsockname()[1])
kept = []
while True:
  c, _ = listener.accept()
  kept.append(c)
  %s
]]

describe("TLS", function()
  local made, authority, stranger
  local servers = {}

  setup(function()
    made = certificates.new()
    authority, stranger = made:authority "ca", made:authority "stranger"
    made:issue("ca", "good", "DNS:localhost,IP:127.0.0.1")
    made:issue("ca", "named", "DNS:engine.example,DNS:other.example,IP:10.9.9.9")
    made:issue("ca", "expired", "DNS:localhost,IP:127.0.0.1", "serverAuth", -1)
    made:issue("ca", "client", "DNS:client", "clientAuth")
    made:issue("stranger", "foreign", "DNS:client", "clientAuth")
    made:issue("ca", "stale", "DNS:client", "clientAuth", -1)
    made:encrypt("client", "secret")
    made:write("junk", "no certificate at all\n")
  end)

  local function stop_servers()
    for _, server in pairs(servers) do server:stop() end
    servers = {}
  end

  teardown(function()
    stop_servers()
    made:remove()
  end)

  after_each(stop_servers)

  -- The port of `openssl s_server` with the certificate of that name.
  local function serve(name, options)
    local server = background.start(made.folder,
      ("openssl s_server -accept 127.0.0.1:0 -cert %s -key %s -www %s"):format(made:path(name),
        made:path(name .. "-key"), options or ""))
    servers[#servers + 1] = server
    return server:says "ACCEPT %S*:(%d+)"
  end

  local function listen(answer)
    local script = made:path "listener"
    made:write("listener", LISTENER:format(answer))
    local server = background.start(made.folder, "python3 -u " .. script)
    servers[#servers + 1] = server
    return server:says "PORT (%d+)"
  end

  local function demand(version, more)
    return ("%s -Verify 1 -verify_return_error -CAfile %s %s"):format(version, authority, more or "")
  end

  local function endpoint(port, tls, scheme)
    tls.ca = tls.ca or authority
    return { name = "tcp://127.0.0.1:" .. port, source = "option host", encrypted = scheme ~= "http",
      base = (scheme or "https") .. "://127.0.0.1:" .. port, tls = tls,
      connect_timeout = tls.timeout or 20 }
  end

  local KINDS = { "none", "upgrade" }

  -- Ask: the status, or the failure triple.
  local function ask(where, kind)
    local request = { method = "GET", target = "/", path = "/", headers = {}, safe = true, reply = kind,
      operation = "SystemPing" }
    local started = exchange.start(where, request, { answer = 20 })
    local status, message, err = started:head()
    started:close()
    return status, message, err
  end

  local function works(port, tls)
    for _, kind in ipairs(KINDS) do
      local status, message = ask(endpoint(port, tls or {}), kind)
      assert.equal(200, status, message)
    end
  end

  -- With TLS 1.3 the server's word on our certificate comes after the handshake, and may be lost when it
  -- then resets the connection.
  local LATER = "later"

  -- Both kinds of exchange fail with that reason, and with a message that has all patterns.
  local function fails(where, reason, patterns, phase)
    assert.is_true(tls_errors.REASONS[reason])
    for _, kind in ipairs(KINDS) do
      local status, message, err = ask(where, kind)
      assert.is_nil(status)
      local expected = phase == LATER and err.phase or phase or "connect"
      assert.same({ "tls", reason, expected }, { err.kind, err.reason, err.phase }, message)
      assert.equal("SystemPing", err.operation)
      assert.matches(("cannot connect to the engine at %s (from option host): "):format(where.name),
        message, 1, true)
      for _, pattern in ipairs(patterns) do assert.matches(pattern, message, 1, true) end
    end
  end

  it("comes up when everything is right", function()
    works(serve "good")
  end)

  it("comes up with a client certificate, by TLS 1.2 and 1.3", function()
    local tls = { cert = made:path "client", key = made:path "client-key" }
    works(serve("good", demand "-tls1_2"), tls)
    works(serve("good", demand "-tls1_3"), tls)
  end)

  it("takes the name of the certificate from server_name", function()
    works(serve "named", { server_name = "engine.example" })
  end)

  it("offers server_name to servers that have several certificates", function()
    local port = serve("good", ("-cert2 %s -key2 %s -servername engine.example"):format(made:path "named",
      made:path "named-key"))
    works(port, {})
    works(port, { server_name = "engine.example" })
  end)

  it("is not verified when that is said", function()
    for _, name in ipairs { "named", "expired" } do
      works(serve(name), { verify = false, ca = stranger })
    end
  end)

  describe("refuses a certificate", function()
    it("of an unknown authority", function()
      local port = serve "good"
      fails(endpoint(port, { ca = stranger }), "untrusted", { stranger, "tls.ca", "local issuer" })
    end)

    it("of an unknown authority, with the system's authorities", function()
      local where = endpoint(serve "good", {})
      where.tls.ca = nil
      fails(where, "untrusted", { "no authority that this system trusts" })
    end)

    it("that signed itself", function()
      fails(endpoint(serve "stranger", {}), "untrusted", { "self" })
    end)

    it("that has expired", function()
      fails(endpoint(serve "expired", {}), "expired", { "expired", "clocks" })
    end)

    it("for other names, and says which", function()
      fails(endpoint(serve "named", {}), "name",
        { "is for 'engine.example', 'other.example', '10.9.9.9', not for '127.0.0.1'", "server_name" })
    end)

    it("for other names than server_name", function()
      fails(endpoint(serve "good", { server_name = "engine.example" }), "name",
        { "is for 'localhost', '127.0.0.1', not for 'engine.example'" })
    end)
  end)

  describe("tells that the server", function()
    it("wants a client certificate, by TLS 1.2", function()
      fails(endpoint(serve("good", demand "-tls1_2"), {}), "client_certificate",
        { "wants a client certificate", "tls.cert" })
    end)

    it("wants a client certificate, by TLS 1.3, where it says so after the handshake", function()
      fails(endpoint(serve("good", demand "-tls1_3"), {}), "client_certificate",
        { "wants a client certificate", "tls.cert" }, LATER)
    end)

    it("does not accept ours of another authority, by TLS 1.2", function()
      local tls = { cert = made:path "foreign", key = made:path "foreign-key" }
      fails(endpoint(serve("good", demand "-tls1_2"), tls), "client_certificate",
        { "does not accept the client certificate " .. tls.cert, "unknown ca" })
    end)

    it("does not accept ours of another authority, by TLS 1.3", function()
      local tls = { cert = made:path "foreign", key = made:path "foreign-key" }
      fails(endpoint(serve("good", demand "-tls1_3"), tls), "client_certificate",
        { "does not accept the client certificate " .. tls.cert }, LATER)
    end)

    it("does not accept ours that has expired", function()
      local tls = { cert = made:path "stale", key = made:path "stale-key" }
      fails(endpoint(serve("good", demand "-tls1_3"), tls), "client_certificate",
        { "does not accept the client certificate " .. tls.cert }, LATER)
    end)

    it("does not accept ours, in whatever phase it hangs up", function()
      local tls = { cert = made:path "foreign", key = made:path "foreign-key" }
      local where = endpoint(serve("good", demand "-tls1_3"), tls)
      for _, kind in ipairs(KINDS) do
        local request = { method = "POST", target = "/", path = "/", headers = {}, reply = kind,
          body = ("x"):rep(2000000) }
        local started = exchange.start(where, request, {})
        local _, message, err = started:head()
        assert.equal("client_certificate", err.reason, message)
      end
    end)

    it("speaks plain HTTP", function()
      fails(endpoint(listen [[c.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")]], {}),
        "plain_server", { "does not speak TLS", "2376" })
    end)

    it("speaks something else", function()
      fails(endpoint(listen [[c.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")]], {}), "plain_server",
        { "does not speak TLS" })
    end)

    it("speaks TLS, by its alert", function()
      local alert = [[c.recv(9999); c.sendall(b"\x15\x03\x03\x00\x02\x02\x46"); c.close()]]
      fails(endpoint(listen(alert), {}, "http"), "tls_server", { "speaks TLS only", "DOCKER_TLS_VERIFY" },
        "answer")
    end)

    it("speaks versions that are too old alone", function()
      fails(endpoint(serve("good", "-tls1_1 -cipher DEFAULT@SECLEVEL=0"), {}), "protocol",
        { "protocol version", "TLS 1.2 is the least" })
    end)

    it("shares no cipher", function()
      for _, tls in ipairs { {}, { cert = made:path "client", key = made:path "client-key" } } do
        fails(endpoint(serve("good", "-tls1_2 -cipher DHE-RSA-AES256-SHA256"), tls), "protocol",
          { "handshake failure" })
      end
    end)

    it("hangs up, before or within the handshake", function()
      fails(endpoint(listen "c.close()", {}), "closed", { "within the TLS handshake" })
      fails(endpoint(listen "c.recv(9999); c.close()", {}), "closed", { "within the TLS handshake" })
      local reset = [[c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))]]
      fails(endpoint(listen("c.recv(9999); " .. reset .. "; c.close()"), {}), "closed", { "reset" })
    end)
  end)

  describe("refuses the file", function()
    local port
    before_each(function() port = serve "good" end)

    local function refused(tls, ...)
      fails(endpoint(port, tls), "files", { ... })
    end

    it("of a CA that is none or missing", function()
      refused({ ca = made:path "junk" }, "CA file " .. made:path "junk")
      refused({ ca = made:path "missing" }, "CA file " .. made:path "missing")
    end)

    it("of a certificate that is none or missing", function()
      refused({ cert = made:path "junk", key = made:path "client-key" }, "certificate " .. made:path "junk")
      refused({ cert = made:path "missing", key = made:path "client-key" }, made:path "missing")
    end)

    it("of a key that is none or missing", function()
      refused({ cert = made:path "client", key = made:path "junk" }, made:path "junk", "no PEM key")
      refused({ cert = made:path "client", key = made:path "missing" }, made:path "missing", "cannot be read")
    end)

    it("of a key that is another certificate's", function()
      refused({ cert = made:path "client", key = made:path "foreign-key" }, made:path "foreign-key",
        "not the key of the certificate")
    end)

    it("of a key that is encrypted, and asks nobody for its pass phrase", function()
      refused({ cert = made:path "client", key = made:path "client-locked" }, made:path "client-locked",
        "encrypted", "openssl pkey")
    end)
  end)

  describe("ends in time when the server", function()
    local function times_out(where)
      for _, kind in ipairs(KINDS) do
        local begun = docker.now()
        local status, message, err = ask(where, kind)
        assert.is_nil(status)
        assert.same({ "timeout", "connect" }, { err.kind, err.phase }, message)
        assert.is_true(docker.now() - begun < 60)
      end
    end

    it("accepts and stays silent", function()
      times_out(endpoint(listen "pass", { timeout = 0.5 }))
    end)

    it("begins a handshake and stops", function()
      times_out(endpoint(listen [[c.sendall(b"\x16\x03\x03\x00\x7a\x02\x00")]], { timeout = 0.5 }))
    end)
  end)

  -- A client whose endpoint is replaced.
  local function client(where)
    local made_client = assert(docker.connect { host = where.name, proxy = false, timeout = 20 })
    made_client.endpoint = where
    return made_client
  end

  describe("is missed by a plain client of a server that", function()
    local GO = "HTTP/1.0 400 Bad Request\\r\\n\\r\\nClient sent an HTTP request to an HTTPS server.\\n"

    it("says so as Go's do, before and after the version is known", function()
      local where = endpoint(listen('c.recv(9999); c.sendall(b"' .. GO .. '"); c.close()'), {}, "http")
      local asking = client(where)
      for _ = 1, 2 do
        local value, message, err = asking:info()
        assert.is_nil(value)
        assert.same({ "tls", "tls_server" }, { err.kind, err.reason })
        assert.matches("speaks TLS only", message)
        asking.minor_version = 45
      end
    end)

    it("hangs up on plain connections: that may be anything, but TLS is a hint", function()
      for _, kind in ipairs(KINDS) do
        local status, message, err = ask(endpoint(serve "good", {}, "http"), kind)
        assert.is_nil(status)
        assert.equal("lost", err.kind)
        assert.matches("does it expect TLS?", message, 1, true)
      end
    end)
  end)
end)
