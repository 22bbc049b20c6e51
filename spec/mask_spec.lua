-- What is secret is marked in the operation table, and nothing of it is left when it was masked.

local core = require "moondock.core"
local mask = require "moondock.mask"

local SECRET = "hunter2-secret"

-- Every mark of a body's tree, as paths such as "HostConfig.LogConfig.Config".
local function marks_of(tree, path, list)
  if type(tree) == "string" then
    list[#list + 1] = path .. ":" .. tree
  else
    for name, below in pairs(tree and tree.fields or {}) do marks_of(below, path .. "." .. name, list) end
    if tree and tree.each then marks_of(tree.each, path .. "[]", list) end
  end
  return list
end

-- A value that has SECRET wherever the tree has a mark.
local function filled(tree)
  if tree == "names" then return { "NAME=" .. SECRET, "BARE" } end
  if type(tree) == "string" then return SECRET end
  if tree.each then return { filled(tree.each) } end
  local value = {}
  for name, below in pairs(tree.fields) do value[name:upper()] = filled(below) end
  return value
end

describe("the marks of the operation table", function()
  it("reach every field of every body that has one", function()
    local bodies = 0
    for _, name in ipairs(core.operations()) do
      local tree = core.secrets(name).body
      if tree then
        bodies = bodies + 1
        local value = filled(tree)
        assert.truthy(core.encode(value):find(SECRET, 1, true), name)
        local masked = core.encode(mask.value(name, value))
        assert.is_nil(masked:find(SECRET, 1, true), name .. " " .. masked)
      end
    end
    assert.is_true(bodies >= 15)
  end)

  local BODIES = {
    ContainerCreate = { ".env:names", ".hostconfig.logconfig.config:names" },
    ContainerExec = { ".env:names" },
    ServiceCreate = { ".tasktemplate.containerspec.env:names", ".tasktemplate.pluginspec.env:names" },
    ServiceUpdate = { ".tasktemplate.containerspec.env:names" },
    SwarmInit = { ".spec.caconfig.signingcakey:credential" },
    SwarmUpdate = { ".caconfig.signingcakey:credential" },
    SwarmJoin = { ".jointoken:credential" },
    SwarmUnlock = { ".unlockkey:credential" },
    SystemAuth = { ".password:credential", ".identitytoken:credential", ".registrytoken:credential",
      ".auth:credential" },
    SecretCreate = { ".data:credential" },
    SecretUpdate = { ".data:credential" },
    ConfigCreate = { ".data:whole" },
    PluginSet = { ":names" },
    VolumeCreate = { ".driveropts:names" },
  }
  for operation, expected in pairs(BODIES) do
    it("are on the body of " .. operation, function()
      local found = {}
      for _, path in ipairs(marks_of(core.secrets(operation).body, "", {})) do found[path] = true end
      for _, path in ipairs(expected) do assert.is_true(found[path] == true, path) end
    end)
  end

  it("are on every header that carries credentials, and on build arguments", function()
    for _, name in ipairs(core.operations()) do
      for _, parameter in ipairs(core.operation(name).parameters) do
        if parameter.name:find "^X%-Registry" then
          assert.equal("credential", core.secrets(name).parameters[parameter.name], name)
        end
      end
    end
    assert.equal("names", core.secrets("ImageBuild").parameters.buildargs)
  end)

  it("are asked for by the name of an operation", function()
    assert.has_error(function() core.secrets "ContainerCreat" end)
  end)

  it("are not on a body without secrets", function()
    assert.is_nil(core.secrets("ContainerUpdate").body)
    assert.same({}, core.secrets("ContainerStop").parameters)
  end)
end)

describe("mask", function()
  it("leaves the names of variables and everything else", function()
    local masked = mask.value("ContainerCreate", { Image = "busybox", Env = { "A=1", "B=x=y", "C" },
      HostConfig = { Memory = 5, LogConfig = { Type = "splunk", Config = { ["splunk-url"] = "u" } } } })
    assert.same({ Image = "busybox", Env = { "A=***", "B=***", "C" },
      HostConfig = { Memory = 5, LogConfig = { Type = "splunk", Config = { ["splunk-url"] = "***" } } } },
      masked)
  end)

  it("masks whatever the letter case, as engines read", function()
    assert.same({ ENV = { "A=***" } }, mask.value("ContainerCreate", { ENV = { "A=" .. SECRET } }))
  end)

  it("masks texts under a name that tells, but not the names of secrets", function()
    local labels = { ["db.password"] = SECRET, ["api_key"] = SECRET, colour = "red" }
    local masked = mask.value("ContainerCreate", { Labels = labels })
    assert.same({ ["db.password"] = "***", ["api_key"] = "***", colour = "red" }, masked.Labels)
    assert.same({ SecretID = "a", SecretName = "b" },
      mask.value("ServiceCreate", { SecretID = "a", SecretName = "b" }))
  end)

  it("does not change what it is given", function()
    local body = { Env = { "A=" .. SECRET } }
    mask.value("ContainerCreate", body)
    assert.same({ Env = { "A=" .. SECRET } }, body)
  end)

  it("masks answers by name, at any depth", function()
    local _, answer = core.decode('{"Config":{"Env":["A=s1"]},"HostConfig":{"LogConfig":{"Type":"t",'
      .. '"Config":{"k":"s2"}}},"JoinTokens":{"Worker":"s3","Manager":"s4"},"UnlockKey":"s5",'
      .. '"IdentityToken":"s6","Items":[{"Spec":{"Name":"n","Data":"s7"}}],"Options":{"o":"s8"},'
      .. '"HttpProxy":"http://user:s9@proxy:3128/","CreatedBy":"ENV A=s0","Null":null}')
    local masked = core.encode(mask.answer(answer))
    assert.is_nil(masked:find "s%d")
    for _, kept in ipairs { '"A=***"', '"Type":"t"', '"Name":"n"', "proxy:3128" } do
      assert.truthy(masked:find(kept, 1, true), kept)
    end
  end)

  it("masks headers by name", function()
    local lines = { "X-Registry-Auth: a", "X-Registry-Config: b", "Authorization: Bearer c", "Cookie: d",
      "Proxy-Authorization: e", "X-My-Token: f", "X-Api-Key: g", "X-Password: h", "My-Secret: i" }
    for _, line in ipairs(mask.headers(lines)) do assert.matches(": %*%*%*$", line) end
    assert.same({ "Content-Type: application/json", "X-Team: moon" },
      mask.headers { "Content-Type: application/json", "X-Team: moon" })
  end)

  it("masks the values of build arguments and passwords in addresses in a target", function()
    local target = core.request("ImageBuild", 45, {}, { buildargs = { TOKEN = SECRET, EMPTY = core.null },
      remote = "https://user:" .. SECRET .. "@host/repo.git#main:dir", t = { "a:1", "b" } }).target
    local masked = mask.target(target, "ImageBuild")
    assert.is_nil(masked:find(SECRET, 1, true))
    assert.truthy(masked:find("TOKEN", 1, true))
    assert.truthy(masked:find("host%2Frepo.git", 1, true))
    assert.truthy(masked:find("t=a%3A1&t=b", 1, true) or masked:find("t=a:1&t=b", 1, true))
  end)

  it("masks user and password in addresses, but not the user of ssh", function()
    for text, expected in pairs {
      ["Get http://user:pa@ss@host/x: refused"] = "Get http://***@host/x: refused",
      ["https://token@host and ftp://a:b@c"] = "https://***@host and ftp://***@c",
      ["1ssh://moon@host a+b.c-d://x@h 9://x@y"] = "1ssh://moon@host a+b.c-d://***@h 9://x@y",
      ["x://a@b@c/d@e://:p@"] = "x://***@c/d@e://***@",
      ["ssh://moon@host:22"] = "ssh://moon@host:22", ["ssh://moon:pw@host"] = "ssh://***@host",
      ["unix:///var/run/docker.sock"] = "unix:///var/run/docker.sock",
    } do
      assert.equal(expected, mask.text(text, {}))
    end
  end)

  it("takes no longer than the length of a text asks for", function()
    local before = os.clock()
    for _, unit in ipairs { "A", "a.", "<", "://", "a://@", "x@" } do
      mask.text((unit):rep(200000), {})
      mask.value("ContainerCreate", { Cmd = { (unit):rep(200000) } })
    end
    assert.is_true(os.clock() - before < 60, "minutes where it should be less than a second")
  end)

  it("masks what engines echo in any of its forms, the longest first", function()
    local request = { operation = "SystemAuth", target = "/auth",
      headers = { "Authorization: Basic dXNlcjpiYXNpYy1wYXNz" },
      body = '{"username":"moon","password":"pa\\"ss word"}' }
    local secrets = mask.secrets(request)
    for _, echo in ipairs { 'pa"ss word', 'pa\\"ss word', "pa%22ss%20word", "basic-pass",
      "dXNlcjpiYXNpYy1wYXNz" } do
      assert.equal("(***)", mask.text("(" .. echo .. ")", secrets))
    end
    assert.equal("moon", mask.text("moon", secrets))
  end)

  it("masks a secret with special characters as URLs, JSON of Go, JSON in JSON and base64 have it", function()
    local secret = "p<w>&x\"y%z-(1) last\\"
    local secrets = mask.secrets { operation = "SystemAuth", body = { username = "moon", password = secret } }
    local json = core.encode { password = secret, username = "moon" }
    local go = json:gsub("[<>&]", function(c) return ("\\u%04x"):format(c:byte()) end)
    local nested, go_nested = core.encode(json), core.encode(go)
    local escaped = core.percent(secret)
    for _, echo in ipairs { secret, json, go, nested, go_nested, escaped, escaped:lower(),
      (escaped:gsub("%%20", "+")) } do
      local masked = mask.text(echo, secrets)
      assert.truthy(masked:find("***", 1, true), echo)
      assert.is_nil(masked:find "p[<\\%%]", masked)
    end
    for _, bytes in ipairs { secret, "moon:" .. secret, "me:" .. secret .. "\n", json, go } do
      for _, alphabet in ipairs { "standard", "url" } do
        local masked = mask.text(core.base64(bytes, alphabet), secrets)
        local left = core.unbase64((masked:gsub("%*%*%*.*", ""):gsub("^(.-)$", function(text)
          return text:sub(1, #text - #text % 4)
        end)))
        assert.truthy(masked:find("***", 1, true), bytes)
        assert.is_true(#left <= #bytes - #secret, masked)
      end
    end
  end)

  it("reads JSON that stands in a string, as in labels and query parameters", function()
    local inner = '{"password":"in-a-label","list":["x"]}'
    assert.is_nil(core.encode(mask.value("ContainerCreate", { Labels = { config = inner } })):find "in%-a%-label")
    assert.is_nil(core.encode(mask.answer { Labels = { config = inner } }):find "in%-a%-label")
    assert.is_nil(mask.target("/x?config=" .. core.percent(inner)):find "in%-a%-label")
    for _, text in ipairs { '{ "a" : 1 }', "[1, 2]", "{no JSON" } do
      assert.equal(text, mask.value("ContainerCreate", { Labels = { a = text } }).Labels.a)
    end
  end)

  it("knows the credentials inside X-Registry-Auth and X-Registry-Config", function()
    local auth = core.base64('{"username":"u","password":"in-auth"}', "url")
    local config = core.base64('{"host:5000":{"username":"u","password":"in-config"}}', "url")
    local secrets = mask.secrets { headers = { "X-Registry-Auth: " .. auth, "X-Registry-Config: " .. config } }
    assert.equal("*** ***", mask.text("in-auth in-config", secrets))
  end)

  it("does not look for what is shorter than four characters", function()
    local secrets = mask.secrets { operation = "ContainerCreate", body = '{"Env":["A=abc","B=abcd"]}' }
    assert.equal("abc ***", mask.text("abc abcd", secrets))
  end)

  it("tells the size of what is no JSON", function()
    assert.equal("(7 bytes)", mask.request_body { operation = "PutContainerArchive", body = '{"a":1}' })
    assert.equal("(3 bytes)", mask.request_body { operation = "ImageBuild", body = "\0\1\2" })
    assert.equal("(upload of 7 bytes)", mask.request_body { operation = "ImageBuild", upload = true, size = 7 })
    assert.equal("(2 bytes)", mask.answer_body("\0\1", {}))
    assert.equal("page not found", mask.answer_body("page not found", {}))
  end)
end)
