-- Which credentials a call gets, in which header, and what is said of them.

local build_headers = require "moondock.credential_build"
local cli = require "spec.cli_config"
local credentials = require "moondock.credentials"
local docker = require "moondock"
local recorder = require "spec.api.recorder"

local HUB = "https://index.docker.io/v1/"
local SECRET = cli.SECRET
local OPEN = "tcp://far.example:2375"

local function client(opts)
  opts = opts or {}
  opts.host = opts.host or "unix:///nowhere.sock"
  return assert(docker.connect(opts))
end

local function named(user, registry)
  return { username = user, password = SECRET, serveraddress = registry }
end

local function user_for(own, image, mine)
  local found = assert(credentials.find(own, image, mine))
  return found.auth and found.auth.username, found.source
end

describe("a login", function()
  teardown(recorder.restore)

  it("that is answered with no content went well", function()
    local own = recorder.client { { status = 204, body = "" } }
    assert.same({}, own:login(named("me", "host.io")))
    assert.same({ "me", "login" }, { user_for(own, "host.io/a") })
  end)
end)

describe("credentials", function()
  before_each(cli.setup)
  after_each(cli.teardown)

  local function store(host, user)
    cli.write { auths = { [host] = { auth = cli.basic(user or "stored", SECRET) } } }
  end

  it("come from the call, the login, the client, the variable and the file, in this order", function()
    local own = client()
    assert.same({ nil, "none" }, { user_for(own, "host.io/a") })
    store "host.io"
    assert.same({ "stored", "auths" }, { user_for(own, "host.io/a") })
    cli.variables.DOCKER_AUTH_CONFIG = ('{"auths":{"host.io":{"auth":"%s"}}}'):format(
      cli.basic("variable", SECRET))
    assert.same({ "variable", "DOCKER_AUTH_CONFIG" }, { user_for(own, "host.io/a") })
    own.auth = named("client", "https://host.io/v2/")
    assert.same({ "client", "client" }, { user_for(own, "host.io/a") })
    own.logins["host.io"] = named("login", "host.io")
    assert.same({ "login", "login" }, { user_for(own, "host.io/a") })
    assert.same({ "call", "call" }, { user_for(own, "host.io/a", named("call", "host.io")) })
    cli.write "{"
    assert.same({ "login", "login" }, { user_for(own, "host.io/a") })
  end)

  it("that are not UTF-8 are the caller's mistake, and not quoted", function()
    local ok, message = pcall(credentials.check, { username = "me", password = "planted\255" })
    assert.is_false(ok)
    assert.matches("auth%.password must be valid UTF%-8$", message)
  end)

  it("of both in one are sent as user and password, since engines do not look into them", function()
    local auth = { auth = cli.basic("me", SECRET), serveraddress = "host.io" }
    assert.same(named("me", "host.io"), credentials.check(auth))
    assert.equal(cli.basic("me", SECRET), auth.auth)
    assert.same({ username = "me", password = "", identitytoken = "t" },
      credentials.check { auth = cli.basic("me", ""), identitytoken = "t" })
    assert.same(named "me", credentials.check { username = "me", password = SECRET, auth = "" })
    for _, wrong in ipairs { "planted!", cli.basic("", "planted"), cli.basic("me", "planted\255"), "cGxhbnRlZA==" } do
      local ok, message = pcall(credentials.check, { auth = wrong })
      assert.is_false(ok)
      assert.matches("auth%.auth must be the base64 of user:password in UTF%-8$", message)
      assert.falsy(message:find("planted", 1, true))
    end
  end)

  it("belong to their registry alone", function()
    local own = client { auth = named("hub") }
    own.logins["host.io"] = named("login", "host.io")
    assert.equal("hub", (user_for(own, "alpine")))
    assert.equal("login", (user_for(own, "host.io/alpine")))
    assert.same({ nil, "none" }, { user_for(own, "host.io:5000/alpine") })
  end)

  it("are not looked for when auth is false", function()
    cli.write "{"
    local own = client()
    own.logins["host.io"] = named("login", "host.io")
    assert.same({ nil, "none" }, { user_for(own, "host.io/a", false) })
    local without = client { auth = false }
    assert.same({ nil, "none" }, { user_for(without, "host.io/a") })
    assert.is_nil((credentials.request_headers(without, "host.io/a", {}, false))[1])
    assert.equal("call", (user_for(without, "host.io/a", named("call", "host.io"))))
    assert.has_error(function() client { auth = true } end)
  end)

  it("of a file that is broken fail only the calls that need them", function()
    cli.write '{"auths":{"host.io":{"auth":"planted'
    local own = client()
    local headers, message, err = credentials.request_headers(own, "host.io/a", {}, true)
    assert.is_nil(headers)
    assert.equal("config", err.kind)
    assert.truthy(message:find(cli.file, 1, true))
    assert.falsy(message:find("planted", 1, true))
    assert(credentials.request_headers(own, "host.io/a", { auth = named("call") }, true))
    local _, _, none = own:info()
    assert.equal("connect", none.kind)
    _, _, none = own.images:pull "host.io/a"
    assert.equal("config", none.kind)
    _, _, none = own.images:get("host.io/a"):push()
    assert.equal("config", none.kind)
    _, _, none = own.images:search "a"
    assert.equal("config", none.kind)
  end)

  describe("in a header", function()
    it("are the engine's fields in URL base64 with padding", function()
      store "host:5000"
      local headers = assert(credentials.request_headers(client(), "host:5000/a", {}, false))
      assert.equal(1, #headers)
      assert.same(named("stored", "host:5000"), cli.decode(headers[1]))
    end)

    it("are an empty object where a push has none", function()
      assert.same({ "X-Registry-Auth: e30=" },
        { (credentials.request_headers(client(), "a", {}, true))[1] })
      assert.is_nil((credentials.request_headers(client(), "a", {}, false))[1])
    end)
  end)

  describe("on an open way to another machine", function()
    it("are refused when the program gave them", function()
      for _, own in ipairs { client { host = OPEN, auth = named("me") }, client { host = OPEN } } do
        own.logins["host.io"] = named("login", "host.io")
        for _, image in ipairs { "host.io/a", own.auth and "a" } do
          local headers, message, err = credentials.request_headers(own, image, {}, false)
          assert.is_nil(headers)
          assert.equal("config", err.kind)
          assert.matches("insecure_credentials", message)
          assert(credentials.request_headers(own, image, { insecure_credentials = true }, false))
          assert(credentials.request_headers(own, image, { auth = false }, false))
        end
      end
    end)

    it("are left out when they are stored, and a refusal will say so", function()
      store "host.io"
      local own = client { host = OPEN }
      local headers = assert(credentials.request_headers(own, "host.io/a", {}, true))
      assert.equal("X-Registry-Auth: e30=", headers[1])
      assert.matches("those of the CLI were not used: .*far.example.*insecure_credentials", headers.why)
      cli.write "{"
      assert.same({}, { (credentials.request_headers(own, "host.io/a", {}, false))[1] })
      store "host.io"
      headers = assert(credentials.request_headers(own, "host.io/a", { insecure_credentials = true }))
      assert.equal("stored", cli.decode(headers[1]).username)
      own = client { host = OPEN, insecure_credentials = true }
      assert.truthy((credentials.request_headers(own, "host.io/a", {}))[1])
    end)
  end)

  describe("are explained:", function()
    local function explained(own, image, opts)
      local sentence, facts = own:explain_auth(image, opts)
      assert.equal("string", type(sentence), facts)
      assert.falsy(sentence:find("planted", 1, true))
      for _, value in pairs(facts) do assert.not_equal(SECRET, value) end
      return sentence, facts
    end

    it("those of a file", function()
      store "host.io"
      local sentence, facts = explained(client(), "host.io/a:1")
      assert.equal(("credentials for host.io: from auths in %s, user stored"):format(cli.file), sentence)
      assert.same({ registry = "host.io", source = "auths", file = cli.file, username = "stored",
        kind = "password", encrypted = true }, facts)
    end)

    it("none", function()
      local sentence, facts = explained(client(), "alpine")
      assert.equal(("credentials for docker.io: none were given, and there is no entry in %s"):format(
        cli.file), sentence)
      assert.same({ registry = "docker.io", source = "none", file = cli.file, kind = "none",
        encrypted = true }, facts)
    end)

    it("none by wish", function()
      local sentence = explained(client(), "alpine", { auth = false })
      assert.equal("credentials for docker.io: none, because auth is false", sentence)
    end)

    it("those of a call, a client and a login", function()
      local own = client { auth = { identitytoken = SECRET, serveraddress = "host.io" } }
      local sentence, facts = explained(own, "host.io/a")
      assert.equal("credentials for host.io: those of the option auth of connect, an identity token", sentence)
      assert.equal("identitytoken", facts.kind)
      own.logins["host.io"] = named("you\nme", "host.io")
      assert.equal("credentials for host.io: those of client:login, user you?me",
        (explained(own, "host.io/a")))
      sentence, facts = explained(own, "host.io/a", { auth = { registrytoken = SECRET } })
      assert.equal("credentials for host.io: those given with the call, a registry token", sentence)
      assert.equal("call", facts.source)
    end)

    it("those that would not be sent", function()
      store "host.io"
      local own = client { host = OPEN }
      local sentence, facts = explained(own, "host.io/a")
      assert.matches("user stored; not sent: .*far.example", sentence)
      assert.is_false(facts.encrypted)
      assert.falsy((explained(own, "host.io/a", { insecure_credentials = true })):find "not sent")
    end)

    it("a store that fails is a failure", function()
      cli.write "{"
      local sentence, message, err = client():explain_auth "host.io/a"
      assert.is_nil(sentence)
      assert.equal(message, err.message)
      assert.equal("config", err.kind)
    end)

    it("mistakes raise", function()
      assert.has_error(function() client():explain_auth "a b" end)
      assert.has_error(function() client():explain_auth("a", { user = "x" }) end)
    end)
  end)

  describe("of a build", function()
    local function built(own, mine)
      local headers = assert(build_headers(own, mine or {}))
      return headers[1] and cli.decode(headers[1]), headers.why
    end

    it("are all that are known, by the names that builders use", function()
      cli.write { auths = {
        ["docker.io"] = { auth = cli.basic("hub", SECRET) }, empty = {},
        ["https://a/v1/"] = { auth = cli.basic("a", SECRET) }, b = { identitytoken = SECRET },
      } }
      cli.variables.DOCKER_AUTH_CONFIG = ('{"auths":{"v":{"auth":"%s"}}}'):format(
        cli.basic("variable", SECRET))
      local own = client { auth = named("client", "c") }
      own.logins.a = named("login", "a")
      local auths, why = built(own, { auth = named("call", "d"), auths = { e = named("e", "e") } })
      assert.same({
        [HUB] = { username = "hub", password = SECRET, serveraddress = HUB },
        a = named("login", "a"), b = { identitytoken = SECRET, serveraddress = "b" },
        c = named("client", "c"), d = named("call", "d"), e = named("e", "e"),
        v = { username = "variable", password = SECRET, serveraddress = "v" },
      }, auths)
      assert.equal("credentials were sent for a, b, c, d, docker.io, e, v", why)
    end)

    it("are no header where there are none, or none are wanted", function()
      local auths, why = built(client())
      assert.is_nil(auths)
      assert.equal("credentials were sent for no registry", why)
      store "host.io"
      assert.is_nil((built(client(), { auth = false })))
      assert.is_nil((built(client { auth = false })))
    end)

    it("are checked", function()
      assert.has_error(function() built(client(), { auths = { a = "me" } }) end)
      assert.has_error(function() built(client(), { auths = { named("me") } }) end)
      assert.has_error(function() built(client(), { auths = "me" }) end)
    end)

    it("leave out an entry that is broken, and say so", function()
      cli.write { auths = { a = { auth = "!" }, b = { auth = cli.basic("b", SECRET) } } }
      local auths, why = built(client())
      assert.same({ b = named("b", "b") }, auths)
      assert.truthy(why:find("auth of a is no base64", 1, true))
    end)

    it("fail where the file is broken", function()
      cli.write "{"
      local headers, _, err = build_headers(client(), {})
      assert.is_nil(headers)
      assert.equal("config", err.kind)
    end)

    it("are not sent on an open way", function()
      store "host.io"
      local own = client { host = OPEN }
      local auths, why = built(own)
      assert.is_nil(auths)
      assert.matches("not used", why)
      assert.truthy((built(own, { insecure_credentials = true })))
      own.logins["host.io"] = named("login", "host.io")
      local headers, _, err = build_headers(own, {})
      assert.is_nil(headers)
      assert.equal("config", err.kind)
    end)
  end)
end)
