-- What the core makes of server_name, proxy, ca and key, and of the environment and the machine around
-- it.

local background = require "spec.core.background"
local certificates = require "spec.core.certificates"
local core = require "moondock.core"
local pty = require "spec.core.pty"
local server = require "spec.core.server"

describe("a connection", function()
  local made, authority, secure
  local loop = core.loop()

  setup(function()
    server.start()
    made = certificates.new()
    authority = made:authority "ca"
    made:issue("ca", "good", "DNS:localhost,IP:127.0.0.1")
    made:issue("ca", "client", "DNS:client", "clientAuth")
    made:encrypt("client", "secret")
    secure = background.start(made.folder, ("openssl s_server -accept 127.0.0.1:0 -cert %s -key %s -www")
      :format(made:path "good", made:path "good-key"))
    secure.url = "https://127.0.0.1:" .. secure:says "ACCEPT %S*:(%d+)" .. "/"
  end)

  teardown(function()
    secure:stop()
    made:remove()
    server.stop()
  end)

  -- The timer of the connection to a port of this machine: its kind, and seconds until it strikes.
  local function timer_of(port)
    local pattern = ("^%%s*%%d+: %%x+:%%x+ %%x+:%04X 01 %%x+:%%x+ (%%x+):(%%x+)"):format(port)
    for line in io.lines "/proc/net/tcp" do
      local kind, ticks = line:match(pattern)
      if kind then return tonumber(kind, 16), tonumber(ticks, 16) / 100 end
    end
  end

  for _, starter in ipairs { "transfer", "upgrade" } do
    it("is kept alive while it is silent: " .. starter, function()
      local t = core[starter](loop, server.request("read;hang", { unix = "", url = server.tcp }))
      local KEEP_ALIVE, kind, seconds = 2, nil, nil
      server.wait(function()
        kind, seconds = timer_of(tonumber(server.tcp:match "%d+$"))
        return kind == KEEP_ALIVE
      end)
      assert.is_true(seconds <= 30.5, seconds)
      t:close()
    end)
  end

  -- What a program with more in its environment says; it prints what becomes of a GET.
  local function elsewhere(prefix, request)
    local words = {}
    for key, value in pairs(request) do words[#words + 1] = ("%s = %q"):format(key, value) end
    return pty.shell(prefix .. " " .. pty.chunk(([[
      local core = require "moondock.core"
      local t = core.transfer(core.loop(), { method = "GET", connect_timeout = 10, %s })
      while t:ended() == false do core.loop():step(100) end
      local _, failure = t:ended()
      print(t:head() or failure.message)]]):format(table.concat(words, ", "))))
  end

  it("never asks the environment for a proxy, not even which hosts go without", function()
    local dead = "env http_proxy=http://127.0.0.1:1 https_proxy=http://127.0.0.1:1 all_proxy=http://127.0.0.1:1"
    assert.equal("200\n", elsewhere(dead, { url = secure.url, ca = authority }))
    local output = elsewhere("env no_proxy=* NO_PROXY=*", { url = secure.url, ca = authority,
      proxy = "http://127.0.0.1:1" })
    assert.equal("Connection refused\n", output)
  end)

  -- The folder of the system's authorities, replaced for one program.
  it("trusts a given authority alone, and the system's where none is given", function()
    local folder = made.folder .. "/system"
    assert(os.execute(("mkdir %s && cp %s %s/ && openssl rehash %s"):format(folder, authority, folder, folder)))
    local prefix = ("unshare -m sh -c 'mount --bind %s /etc/ssl/certs && exec \"$0\" \"$@\"'"):format(folder)
    if pty.shell(prefix .. " echo yes") ~= "yes\n" then
      pending "mounting is not allowed here"
      return
    end
    local stranger = made:authority "stranger"
    -- libcurl's bundle is a file of that folder, which is gone: an empty one is none.
    assert(os.execute(("cp %s %s/ca-certificates.crt"):format(stranger, folder)))
    assert.equal("200\n", elsewhere(prefix, { url = secure.url }))
    assert.equal("200\n", elsewhere(prefix, { url = secure.url, ca = authority }))
    assert.matches("unable to get local issuer", elsewhere(prefix, { url = secure.url, ca = stranger }))
  end)

  it("does not ask the person at the terminal for the pass phrase of a key", function()
    local output, status = pty.play("end", pty.chunk(([[
      local core = require "moondock.core"
      local t = core.transfer(core.loop(), { method = "GET", url = %q, ca = %q, cert = %q, key = %q })
      while t:ended() == false do core.loop():step(100) end
      local _, failure = t:ended()
      print(failure.code, failure.phase)]]):format(secure.url, authority, made:path "client",
        made:path "client-locked")))
    assert.equal("0", status, output)
    assert.equal("58\tconnect\r\n", output)
  end)

  it("fails as one that cannot be made when curl's second try cannot, after a kept one died", function()
    made:write("twice", [[
import socket
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(1)
print("PORT", listener.getsockname()[1])
c, _ = listener.accept()
c.recv(9999)
c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
c.recv(9999)
listener.close()
c.close()
]])
    local short = background.start(made.folder, "python3 -u " .. made:path "twice")
    local url = "http://127.0.0.1:" .. short:says "PORT (%d+)"
    assert.equal(200, server.run(assert(core.transfer(loop, { method = "GET", url = url }))).status)
    local failure = server.run(assert(core.transfer(loop, { method = "GET", url = url }))).failure
    assert.same({ 7, 111, "connect" }, { failure.code, failure.errno, failure.phase })
    short:stop()
  end)

  it("goes to the URL's host when the certificate has another name", function()
    for _, starter in ipairs { "transfer", "upgrade" } do
      local answer = server.run(assert(core[starter](loop, { method = "GET", ca = authority, server_name = "localhost",
        url = secure.url:gsub("127.0.0.1", "127.0.0.2") })))
      -- Nobody listens at that address; localhost would have answered.
      assert.same({ 7, 111 }, { answer.failure.code, answer.failure.errno })
      answer = server.run(assert(core[starter](loop, { method = "GET", ca = authority, server_name = "localhost",
        url = secure.url })))
      assert.equal(200, answer.status)
    end
  end)

  it("has an IPv6 address with and without another name", function()
    if not background.read "/proc/net/if_inet6":find(("0"):rep(31) .. "1 ", 1, true) then
      pending "there is no IPv6 here"
      return
    end
    made:issue("ca", "six", "DNS:engine.example,IP:::1")
    local six = background.start(made.folder, ("openssl s_server -accept '[::1]:0' -cert %s -key %s -www")
      :format(made:path "six", made:path "six-key"))
    local url = "https://[::1]:" .. six:says "ACCEPT %S*:(%d+)"
    for _, starter in ipairs { "transfer", "upgrade" } do
      for _, name in ipairs { "engine.example", false } do
        local answer = server.run(assert(core[starter](loop, { method = "GET", url = url, ca = authority,
          server_name = name or nil })))
        assert.equal(200, answer.status, answer.failure and answer.failure.message)
      end
    end
    six:stop()
  end)

  it("leaves the name alone where there is no TLS", function()
    assert.equal("hi", server.get(server.answer "hi", { unix = "", url = server.tcp, server_name = "x.example" }).body)
  end)

  it("is refused a name that is none, and a proxy beside a socket", function()
    local cases = {
      { url = "https://a/", server_name = "a/b" }, { url = "https://a/", server_name = "a:1" },
      { url = "https://a/", server_name = "" }, { url = "https://a/", server_name = "u@a" },
      { url = "https://a/", server_name = 5 }, { url = "http://a/", unix = "/x", proxy = "http://b:1" },
      { url = "http://a/", proxy = "http://b\r\n:1" },
    }
    for _, case in ipairs(cases) do
      case.method = "GET"
      for _, starter in ipairs { "transfer", "upgrade" } do
        assert.has_error(function() core[starter](loop, case) end)
      end
    end
    assert.equal(0, loop:active())
  end)
end)
