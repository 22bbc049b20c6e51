-- Credentials of the CLI: the variable, and the entries of config.json.

local cli = require "spec.cli_config"
local store = require "moondock.credential_store"

local HUB = "https://index.docker.io/v1/"
local SECRET = cli.SECRET

local function refused(registry, ...)
  local found, message, err = store.find(registry)
  assert.is_nil(found)
  assert.equal("config", err.kind)
  assert.equal(message, err.message)
  for _, part in ipairs { ... } do
    assert.truthy(message:find(part, 1, true), message .. " lacks " .. part)
  end
  assert.falsy(message:find("planted", 1, true))
  assert.falsy(message:find("cGxhbnRlZ", 1, true))
end

describe("stored credentials", function()
  before_each(cli.setup)
  after_each(cli.teardown)

  local function entry(key, value)
    cli.write { auths = { [key] = value } }
  end

  it("are none where there is no file, and say where they would be", function()
    local found = assert(store.find "host:5000")
    assert.same({ registry = "host:5000", source = "none", file = cli.file }, found)
    cli.variables = {}
    assert.equal("none", assert(store.find "host:5000").source)
  end)

  describe("of a host are found under", function()
    for _, key in ipairs { "host:5000", "HOST:5000", "http://host:5000", "https://host:5000/",
      "https://host:5000/v1/", "host:5000/v2" } do
      it(key, function()
        entry(key, { auth = cli.basic("me", SECRET) })
        assert.same({ registry = "host:5000", source = "auths", file = cli.file,
          auth = { username = "me", password = SECRET, serveraddress = "host:5000" } },
          store.find "host:5000")
        assert.equal("none", assert(store.find "host").source)
        assert.equal("none", assert(store.find "docker.io").source)
      end)
    end
  end)

  describe("of the Hub are found under", function()
    for _, key in ipairs { HUB, "docker.io", "index.docker.io", "https://registry-1.docker.io/v2/",
      "https://docker.io" } do
      it(key, function()
        entry(key, { auth = cli.basic("me", SECRET) })
        local found = assert(store.find "docker.io")
        assert.equal(HUB, found.auth.serveraddress)
        assert.equal(SECRET, found.auth.password)
      end)
    end
  end)

  it("of the CLI's own spelling come before any other", function()
    cli.write { auths = {
      ["https://host/a"] = { auth = cli.basic("a", "a") }, host = { auth = cli.basic("b", "b") },
      ["docker.io"] = { auth = cli.basic("c", "c") }, [HUB] = { auth = cli.basic("d", "d") },
    } }
    assert.equal("b", store.find("host").auth.username)
    assert.equal("d", store.find("docker.io").auth.username)
  end)

  it("may be written in plain, and base64 comes before that", function()
    entry("host", { username = "me", password = SECRET })
    assert.equal(SECRET, store.find("host").auth.password)
    entry("host", { username = "x", password = "x", auth = cli.basic("me", SECRET) })
    assert.same({ username = "me", password = SECRET, serveraddress = "host" },
      store.find("host").auth)
  end)

  it("lose the zeros around their password, and nothing else", function()
    entry("host", { auth = cli.basic("me", "a:b\0c: \0\0") })
    assert.equal("a:b\0c: ", store.find("host").auth.password)
  end)

  it("may be in lines", function()
    entry("host", { auth = cli.basic("me", SECRET):gsub("^(....)", "%1\r\n") })
    assert.equal(SECRET, store.find("host").auth.password)
  end)

  it("may be tokens", function()
    entry("host", { auth = cli.basic("00000000-0000", ""), identitytoken = "token" })
    assert.same({ username = "00000000-0000", identitytoken = "token", serveraddress = "host" },
      store.find("host").auth)
    entry("host", { registrytoken = "bearer" })
    assert.same({ registrytoken = "bearer", serveraddress = "host" }, store.find("host").auth)
  end)

  it("are none in the empty entry that the CLI leaves beside a helper's", function()
    entry("host", {})
    assert.equal("none", store.find("host").source)
    cli.write '{"auths":{"host":null}}'
    assert.equal("none", store.find("host").source)
    cli.write '{"auths":null,"credHelpers":null,"credsStore":null}'
    assert.equal("none", store.find("host").source)
  end)

  describe("are refused, with file and registry, where", function()
    local cases = {
      ["auth is no base64"] = { auth = "!!!" },
      ["auth is cut short"] = { auth = "cGxhbnRlZ" },
      ["auth has no colon"] = { auth = "cGxhbnRlZA==" },
      ["auth has no user"] = { auth = "OnBsYW50ZWQ=" },
      ["auth is no string"] = { auth = { "planted" } },
      ["the password is a number"] = { username = "planted", password = 5 },
      ["the entry is a text"] = "planted",
    }
    for what, value in pairs(cases) do
      it(what, function()
        entry("host:1", value)
        refused("host:1", cli.file, "host:1")
        assert.equal("none", assert(store.find "other").source)
      end)
    end

    it("auths is a list", function()
      cli.write '{"auths":["planted"]}'
      refused("host", cli.file, "auths must be an object")
    end)

    it("the file is broken", function()
      cli.write '{"auths":{"host":{"auth":"planted'
      refused("host", cli.file, "no JSON")
    end)
  end)

  it("that are not UTF-8 are refused: engines would read others", function()
    entry("host", { auth = cli.basic("me", "planted\255") })
    refused("host", "host", "UTF-8")
    cli.write '{"auths":{"host":{"identitytoken":"planted\255"}}}'
    refused("host", "host", "UTF-8")
  end)

  it("are not in the words about a file that is broken", function()
    for _, text in ipairs { '{"auths":{"host":{"password":planted}}}', '{"auths":{"host":"planted\n"}}',
      '{"HttpHeaders":{"a":"b" "planted":1}}' } do
      cli.write(text)
      refused("host", cli.file, "no JSON", "at byte")
    end
  end)

  describe("in DOCKER_AUTH_CONFIG", function()
    local function variable(text) cli.variables.DOCKER_AUTH_CONFIG = text end

    it("come before the file, which need not be whole", function()
      cli.write "{"
      variable(('{"auths":{"https://host/v1/":{"auth":"%s"}}}'):format(cli.basic("me", SECRET)))
      assert.same({ registry = "host", source = "DOCKER_AUTH_CONFIG",
        auth = { username = "me", password = SECRET, serveraddress = "host" } },
        store.find "host")
      refused("other", cli.file)
    end)

    it("leave other registries to the file", function()
      entry("other", { auth = cli.basic("you", SECRET) })
      variable(('{"auths":{"host":{"auth":"%s"}}}'):format(cli.basic("me", SECRET)))
      assert.equal("auths", store.find("other").source)
      variable ""
      assert.equal("auths", store.find("other").source)
    end)

    local bad = {
      ["planted"] = "JSON",
      ['{"auths":{},"credsStore":"planted"}'] = "unknown field 'credsStore'",
      ['{"auths":{"host":{"auth":"YTpi","password":"planted"}}}'] = "unknown field 'password'",
      ['{"auths":{"host":{}}}'] = "auth is missing",
      ['{"auths":{"host":{"auth":"cGxhbnRlZ!"}}}'] = "auth of host is no base64",
      ['{"auths":["planted"]}'] = "auths must be an object",
      ['{"auths":{"host":"planted"}}'] = "must be an object",
    }
    for text, words in pairs(bad) do
      it("are refused as " .. text, function()
        variable(text)
        refused("host", "DOCKER_AUTH_CONFIG", words)
      end)
    end
  end)
end)
