local core = require "moondock.core"
local recorder = require "spec.api.recorder"

describe("plugins", function()
  teardown(recorder.restore)

  local NAME = "reg.example/team/fs"
  local AUTH = { username = "u", password = "p", serveraddress = "reg.example" }
  local PRIVILEGES = { { Name = "network", Description = "", Value = { "host" } },
    { Name = "mount", Description = "", Value = { "/a", "/b" } } }

  local function lines(client)
    local list = {}
    for i, request in ipairs(client.requests) do list[i] = request.method .. " " .. request.target end
    return list
  end

  local function mistake(fn) return recorder.mistake("spec/api/plugins_spec.lua", fn) end

  it("are listed and inspected by name", function()
    local client = recorder.client { { body = { { Id = "abc", Name = "fs:latest" } } }, { body = { Id = "abc" } } }
    local plugin = assert(client.plugins:list { filters = { enabled = true } })[1]
    assert.equal("fs:latest", plugin.id)
    assert.equal('{"enabled":["true"]}', client.requests[1].query.filters)
    assert.equal("abc", plugin:inspect().Id)
    assert.same({ "GET /v1.51/plugins?filters=%7B%22enabled%22%3A%5B%22true%22%5D%7D",
      "GET /v1.51/plugins/fs%3Alatest/json" }, lines(client))
  end)

  it("are enabled, disabled, set and removed", function()
    local client = recorder.client { { body = "" }, { body = "" }, { body = "" }, { body = "" }, { body = "" },
      { body = "" }, { status = 409, body = { message = "plugin is enabled" } } }
    local plugin = client.plugins:get "fs"
    assert.is_true(plugin:enable())
    assert.is_true(plugin:enable { plugin_timeout = 5, timeout = 60 })
    assert.is_true(plugin:disable { force = true })
    assert.is_true(plugin:set { DEBUG = "1", LEVEL = 2 })
    assert.is_true(plugin:set { "DEBUG=0" })
    assert.is_true(plugin:remove { force = true })
    local ok, _, err = plugin:remove()
    assert.is_nil(ok)
    assert.equal("conflict", err.kind)
    assert.same({ "POST /v1.51/plugins/fs/enable?timeout=30", "POST /v1.51/plugins/fs/enable?timeout=5",
      "POST /v1.51/plugins/fs/disable?force=1", "POST /v1.51/plugins/fs/set", "POST /v1.51/plugins/fs/set",
      "DELETE /v1.51/plugins/fs?force=1", "DELETE /v1.51/plugins/fs" }, lines(client))
    assert.same({ "DEBUG=1", "LEVEL=2" }, client.requests[4].body)
    assert.same({ "DEBUG=0" }, client.requests[5].body)
    assert.is_true(core.is_array(client.requests[5].body))
    assert.equal(60, client.requests[2].limits.total)
  end)

  it("are created of an archive", function()
    local client = recorder.client { { status = 204, body = "" } }
    local plugin = assert(client.plugins:create(NAME, "a tar"))
    assert.equal(NAME .. ":latest", plugin.id)
    assert.same({ "POST /v1.51/plugins/create?name=reg.example%2Fteam%2Ffs" }, lines(client))
    assert.equal("a tar", client.requests[1].bytes)
    assert.equal("application/x-tar", client.requests[1].headers["content-type"])
    assert.matches("archive must be", mistake(function() client.plugins:create(NAME, 7) end))
    assert.matches("image reference", mistake(function() client.plugins:create() end))
  end)

  it("are pushed with credentials, even with none", function()
    local body = '{"status":"x"}{"aux":{"Tag":"latest","Digest":"sha256:ab"}}'
    local client = recorder.client { { body = body }, { body = body } }
    local plugin = client.plugins:get(NAME)
    assert.equal("sha256:ab", plugin:push().Digest)
    assert.equal("e30=", client.requests[1].headers["x-registry-auth"])
    assert(plugin:push { auth = AUTH })
    assert.same(AUTH, select(2, core.decode(core.unbase64(client.requests[2].headers["x-registry-auth"]))))
    assert.equal("/v1.51/plugins/reg.example/team/fs/push", client.requests[2].target)
    local _, _, err = recorder.client { { body = '{"errorDetail":{"message":"denied"},"error":"denied"}' } }
      .plugins:get(NAME):push()
    assert.equal("forbidden", err.kind)
  end)

  it("say what they ask for", function()
    local client = recorder.client { { body = PRIVILEGES }, { body = "null" } }
    assert.same(PRIVILEGES, client.plugins:privileges(NAME, { auth = AUTH }))
    assert.same({ "GET /v1.51/plugins/privileges?remote=reg.example%2Fteam%2Ffs" }, lines(client))
    assert.truthy(client.requests[1].headers["x-registry-auth"])
    assert.same({}, client.plugins:privileges(NAME))
    assert.matches("unknown option 'alias'", mistake(function()
      client.plugins:privileges(NAME, { alias = "x" })
    end))
  end)

  describe("are installed", function()
    local function install(opts, more)
      local replies = { { body = PRIVILEGES }, { body = '{"status":"Pulling"}' } }
      for _, reply in ipairs(more or { { body = "" }, { body = "" } }) do replies[#replies + 1] = reply end
      local client = recorder.client(replies)
      local plugin, message, err = client.plugins:install(NAME, opts)
      return client, plugin, message, err
    end

    it("when all they ask for is granted", function()
      local seen = {}
      local client, plugin = install { grant_all = true, auth = AUTH, alias = "mine",
        settings = { DEBUG = "1" }, on_progress = function(value) seen[#seen + 1] = value.status end }
      assert.equal("mine:latest", plugin.id)
      assert.same({ "GET /v1.51/plugins/privileges?remote=reg.example%2Fteam%2Ffs",
        "POST /v1.51/plugins/pull?name=mine&remote=reg.example%2Fteam%2Ffs",
        "POST /v1.51/plugins/mine%3Alatest/set", "POST /v1.51/plugins/mine%3Alatest/enable?timeout=30" },
        lines(client))
      assert.same(PRIVILEGES, client.requests[2].body)
      assert.truthy(client.requests[2].headers["x-registry-auth"])
      assert.is_nil(client.requests[3].headers["x-registry-auth"])
      assert.same({ "Pulling" }, seen)
    end)

    it("and left disabled on request", function()
      local client, plugin = install { grant_all = true, disable = true }
      assert.equal(NAME .. ":latest", plugin.id)
      assert.equal(2, #client.requests)
    end)

    it("when a function grants it", function()
      local asked
      local client, plugin = install { grant_all = function(list)
        asked = list
        return true
      end }
      assert.truthy(plugin)
      assert.same(PRIVILEGES, asked)
      assert.equal(3, #client.requests)
    end)

    it("never without", function()
      for _, opts in ipairs { {}, { grant_all = false }, { grant_all = function() return false end } } do
        local client, plugin, message, err = install(opts)
        assert.is_nil(plugin)
        assert.equal("forbidden", err.kind)
        assert.matches("network %[host%], mount %[/a /b%]", message)
        assert.same(PRIVILEGES, err.detail)
        assert.equal(1, #client.requests)
      end
    end)

    it("without a question when they ask for nothing", function()
      local client = recorder.client { { body = "[]" }, { body = "" }, { body = "" } }
      assert(client.plugins:install(NAME .. ":2"))
      assert.same({}, client.requests[2].body)
      assert.is_true(core.is_array(client.requests[2].body))
      assert.equal("POST /v1.51/plugins/reg.example/team/fs%3A2/enable?timeout=30", lines(client)[3])
    end)

    it("or not at all: what cannot be set or enabled is removed again", function()
      local broken = { status = 500, body = { message = "it broke" } }
      for _, more in ipairs { { broken, { body = "" } }, { { body = "" }, broken, { body = "" } } } do
        local client, plugin, message = install({ grant_all = true, settings = { A = "1" } }, more)
        assert.is_nil(plugin)
        assert.matches("^it broke", message)
        assert.equal("DELETE /v1.51/plugins/reg.example/team/fs%3Alatest?force=1", lines(client)[#client.requests])
      end
    end)

    it("not by mistake", function()
      local plugins = recorder.client().plugins
      local cases = {
        { "image reference must be a string", nil },
        { "grant_all must be", NAME, { grant_all = "yes" } },
        { "unknown option 'force'", NAME, { force = true } },
        { "alias must be", NAME, { alias = true } },
        { "disable must be", NAME, { disable = "yes" } },
      }
      for _, case in ipairs(cases) do
        assert.matches(case[1], mistake(function() plugins:install(case[2], case[3]) end))
      end
      assert.equal(0, #plugins.client.requests)
    end)
  end)

  it("are upgraded when what they ask for is granted", function()
    local client = recorder.client { { body = PRIVILEGES }, { body = "" } }
    assert.is_true(client.plugins:get(NAME):upgrade { remote = NAME .. ":2", grant_all = true })
    assert.equal("POST /v1.51/plugins/reg.example/team/fs/upgrade?remote=reg.example%2Fteam%2Ffs%3A2",
      lines(client)[2])
    assert.same(PRIVILEGES, client.requests[2].body)
    local _, _, err = recorder.client { { body = PRIVILEGES } }.plugins:get(NAME):upgrade()
    assert.equal("forbidden", err.kind)
    assert.matches("options of install", mistake(function()
      client.plugins:get(NAME):upgrade { alias = "x" }
    end))
  end)
end)
