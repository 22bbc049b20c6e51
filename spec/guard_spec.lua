-- Credentials are not sent in the clear to another machine. Nothing listens at these addresses.

local core = require "moondock.core"
local docker = require "moondock"
local call = require "moondock.call"

-- Kept for documentation: no packet ever comes back from there.
local ELSEWHERE = "tcp://192.0.2.1:2375"

local function client(opts)
  opts = opts or {}
  opts.host, opts.api_version = opts.host or ELSEWHERE, "1.45"
  opts.connect_timeout = 0.2
  return assert(docker.connect(opts))
end

local AUTH = { username = "moon", password = "hunter2" }
local DATA = core.base64("hunter2", "standard")

-- Requests by operation, path and options that carry what nobody may read.
local CARRIERS = {
  { "SystemAuth", {}, { body = AUTH } },
  { "SwarmJoin", {}, { JoinToken = "SWMTKN-1-x", RemoteAddrs = { "a" } } },
  { "SwarmJoin", {}, { body = '{"jointoken":"SWMTKN-1-x"}' } },
  { "SwarmUnlock", {}, { UnlockKey = "SWMKEY-1-x" } },
  { "SwarmInit", {}, { Spec = { CAConfig = { SigningCAKey = "key" } } } },
  { "SwarmUpdate", {}, { version = 1, CAConfig = { SigningCAKey = "key" } } },
  { "SecretCreate", {}, { Name = "a", Data = DATA } },
  { "SecretUpdate", { "a" }, { version = 1, Data = DATA } },
  { "ServiceCreate", {}, { Name = "a" }, { headers = { "X-Registry-Auth: " .. DATA } } },
  { "ServiceCreate", {}, { Name = "a", ["X-Registry-Auth"] = DATA } },
  { "ImageBuild", {}, { remote = "https://host/x", ["X-Registry-Config"] = DATA } },
}

-- Requests with nothing of the kind; a variable of a container is its user's business.
local HARMLESS = {
  { "ContainerCreate", {}, { Image = "a", Env = { "PASSWORD=hunter2" } } },
  { "SwarmInit", {}, { ListenAddr = "a", Spec = { CAConfig = { ForceRotate = 1 } } } },
  { "SecretCreate", {}, { Name = "a", Driver = { Name = "vault" } } },
  { "ConfigCreate", {}, { Name = "a", Data = DATA } },
  { "ImagePush", { "a" }, {}, { headers = { "X-Registry-Auth: " .. core.base64("{}", "url") } } },
  { "ServiceCreate", {}, { Name = "password", Labels = { Data = "x", password = "y" } } },
}

local function start(c, case, more)
  local opts = { timeout = 0 }
  for key, value in pairs(case[3]) do opts[key] = value end
  for key, value in pairs(more or {}) do opts[key] = value end
  local _, message, err = call.open(c, case[1], case[2], opts, case[4])
  return message, err
end

describe("the guard", function()
  for i, case in ipairs(CARRIERS) do
    it(("refuses %s (%d) on an open way to another machine"):format(case[1], i), function()
      local message, err = start(client(), case)
      assert.equal("config", err.kind)
      assert.equal(case[1], err.operation)
      assert.truthy(message:find("insecure_credentials = true", 1, true))
      assert.truthy(message:find("192.0.2.1", 1, true))
      assert.is_nil(message:find("hunter2", 1, true))
      assert.is_nil(message:find("SWM", 1, true))
    end)

    it(("lets %s (%d) through when that is allowed, for the call or the client"):format(case[1], i), function()
      local _, err = start(client(), case, { insecure_credentials = true })
      assert.equal("timeout", err.kind)
      _, err = start(client { insecure_credentials = true }, case)
      assert.equal("timeout", err.kind)
    end)

    it(("lets %s (%d) through on a socket and to this machine"):format(case[1], i), function()
      for _, host in ipairs { "unix:///nowhere/docker.sock", "tcp://127.0.0.1:1", "tcp://localhost:1" } do
        local _, err = start(client { host = host }, case, { timeout = 5 })
        assert.equal("connect", err.kind)
      end
    end)

    it(("lets %s (%d) through where the way is encrypted"):format(case[1], i), function()
      local c = client()
      c.endpoint.encrypted = true
      local _, err = start(c, case)
      assert.equal("timeout", err.kind)
    end)
  end

  for i, case in ipairs(HARMLESS) do
    it(("has nothing against %s (%d)"):format(case[1], i), function()
      local _, err = start(client(), case)
      assert.equal("timeout", err.kind)
    end)
  end

  it("holds for pull, push and login, which take the option as well", function()
    local auth = { username = "moon", password = "hunter2" }
    for _, use in ipairs {
      function(c, more) return c.images:pull("host/a", { auth = auth, timeout = 0, insecure_credentials = more }) end,
      function(c, more)
        return c.images:get("host/a"):push { auth = auth, timeout = 0, insecure_credentials = more }
      end,
      function(c, more)
        return c:login { username = "moon", password = "hunter2", timeout = 0, insecure_credentials = more }
      end,
    } do
      local _, message, err = use(client())
      assert.equal("config", err.kind)
      assert.truthy(message:find("insecure_credentials", 1, true))
      _, _, err = use(client(), true)
      assert.equal("timeout", err.kind)
    end
  end)

  it("knows every field that the table marks as a credential", function()
    local marked = 0
    for _, name in ipairs(core.operations()) do
      local secrets = core.secrets(name)
      local function walk(tree)
        if tree == "credential" then marked = marked + 1 end
        for _, below in pairs(type(tree) == "table" and tree.fields or {}) do walk(below) end
      end
      walk(secrets.body)
    end
    assert.equal(10, marked)
  end)
end)
