local core = require "moondock.core"
local docker = require "moondock"
local operation_of = require "moondock.operation_of"
local recorder = require "spec.api.recorder"

describe("a request by hand", function()
  teardown(recorder.restore)

  local function send(spec, reply)
    local client = recorder.client { reply }
    local value, message, err = client:request(spec)
    return client.requests[1], value, message, err
  end

  local function mistake(fn) return recorder.mistake("spec/request_spec.lua", fn) end

  it("has the version before its path, unless told otherwise", function()
    local request, value = send({ path = "/new/thing" }, { body = '{"a":[1]}' })
    assert.equal("GET", request.method)
    assert.equal("/v1.51/new/thing", request.target)
    assert.same({ a = { 1 } }, value)
    assert.equal("/_ping", send({ path = "/_ping", versioned = false, reply = "none" }).target)
  end)

  it("encodes its query", function()
    assert.equal('/v1.51/x?a=b%20%26c&filters=%7B%22label%22%3A%5B%22x%22%5D%7D&n=7&names=a&names=b%2Fc&no=0&yes=1',
      send { path = "/x", query = { a = "b &c", n = 7, yes = true, no = false, names = { "a", "b/c" },
        filters = { label = { "x" } }, empty = {} } }.target)
  end)

  it("sends JSON, or bytes from wherever they come", function()
    local request = send { method = "POST", path = "/x", body = { A = docker.null, B = docker.array {} } }
    assert.equal("application/json", request.headers["content-type"])
    assert.same({ A = docker.null, B = {} }, request.body)
    request = send { method = "PUT", path = "/x", body = "raw", headers = { ["Content-Type"] = "text/plain" } }
    assert.equal("text/plain", request.headers["content-type"])
    assert.equal("raw", request.bytes)
    local chunks = { "ab", "c" }
    request = send { method = "PUT", path = "/x", body = function() return table.remove(chunks, 1) end }
    assert.equal("abc", request.bytes)
    assert.equal("application/octet-stream", request.headers["content-type"])
    assert.is_nil(send({ path = "/x" }).headers["content-type"])
  end)

  it("sends headers, a list as several", function()
    local client = recorder.client()
    client:request { path = "/x", headers = { One = "1", Two = { "a", "b" } } }
    assert.equal("1", client.requests[1].headers.one)
    assert.equal("b", client.requests[1].headers.two)
  end)

  it("returns what was asked for", function()
    local function value(reply, answer)
      return (select(2, send({ path = "/x", reply = reply }, answer)))
    end
    assert.equal("text", value("text", { body = "text" }))
    assert.is_true(value("none", { body = "anything" }))
    assert.is_true(value("json", { status = 204, body = "" }))
    assert.is_true(value("json", { body = "", headers = { ["content-length"] = "0" } }))
    assert.equal("b", value("headers", { headers = { a = "b" } }).a)
    assert.equal("bytes", value("bytes", { body = "bytes" }):text())
    local values = value("values", { body = '{"a":1}{"a":2}' })
    assert.equal(1, values:read().a)
    assert.equal(2, values:read().a)
    assert.equal("stdout", (value("frames", { body = "\1\0\0\0\0\0\0\2hi" }):read()))
    local raw = value("upgrade", { status = 101, body = "there" })
    assert(raw:write "here")
    assert.equal("there", raw:read())
    raw:close_write()
    assert.has_error(function() raw:write "more" end)
  end)

  it("fails like any other call", function()
    local refusal = { status = 409, body = { message = "in use" } }
    local _, value, message, err = send({ method = "DELETE", path = "/x" }, refusal)
    assert.is_nil(value)
    assert.equal("in use (DELETE /x answered 409)", message)
    assert.equal("conflict", err.kind)
    assert.equal("DELETE /x", err.operation)
    assert.equal("/v1.51/x", err.path)
    _, value, _, err = send({ path = "/x" }, { body = "<html>" })
    assert.is_nil(value)
    assert.equal("protocol", err.kind)
  end)

  it("is every operation of the table by its own path", function()
    for _, name in ipairs(core.operations()) do
      local known = core.operation(name)
      assert.equal(name, operation_of(known.method, (known.path:gsub("{%w+}", "x"))))
    end
  end)

  it("is known by its operation where the table has it", function()
    for operation, spec in pairs {
      ContainerList = { path = "/containers/json" },
      ContainerInspect = { path = "/containers/json/json" },
      ContainerDelete = { method = "DELETE", path = "/containers/a%2Fb" },
      ContainerAttachWebsocket = { path = "/containers/web/attach/ws" },
      ImageInspect = { path = "/images/host:5000/team/web:1/json" },
      ImageList = { path = "/images/json" },
      ImageGetAll = { path = "/images/get" },
      GetPluginPrivileges = { path = "/plugins/privileges" },
      SystemPing = { path = "/_ping", versioned = false },
      SystemInfo = { path = "/v1.43/info", versioned = false },
      ContainerCreate = { method = "POST", path = "/containers/%63reate" },
      CheckpointDelete = { method = "DELETE", path = "/containers/web/checkpoints/one" },
      DistributionInspect = { path = "/distribution/a/b%3A1/json" },
    } do
      assert.equal(operation, send(spec).operation)
    end
    assert.equal("PATCH /containers/json", send({ method = "PATCH", path = "/containers/json" }).operation)
    assert.equal("GET /containers/web/json/x", send({ path = "/containers/web/json/x" }).operation)
  end)

  it("is not sent by mistake", function()
    local client = recorder.client()
    local cases = {
      { "request options must be a table", nil },
      { "unknown option 'url'", { url = "/x" } },
      { "option path must be a string", {} },
      { "begin with a slash", { path = "x" } },
      { "begin with a slash", { path = "/x?y=1" } },
      { "begin with a slash", { path = "/x\r\nHost: evil" } },
      { "begin with a slash", { path = "/a b" } },
      { "segment", { path = "/a/../b" } },
      { 'has the version /v1.41, which is put before it anyway: say "/info"', { path = "/v1.41/info" } },
      { "segment", { path = "/a/%2E./b" } },
      { "option method", { path = "/x", method = "get" } },
      { "option reply must be", { path = "/x", reply = "xml" } },
      { "query.a must be a string", { path = "/x", query = { a = print } } },
      { "name in option query", { path = "/x", query = { "a" } } },
      { "control characters", { path = "/x", headers = { A = "b\r\nC: d" } } },
      { "names and strings", { path = "/x", headers = { ["A B"] = "c" } } },
      { "option body", { path = "/x", body = { f = print } } },
      { "option body", { path = "/x", body = 7 } },
      { "option versioned", { path = "/x", versioned = 1 } },
      { "timeout must be", { path = "/x", timeout = "1" } },
    }
    for _, case in ipairs(cases) do
      assert.matches(case[1], mistake(function() client:request(case[2]) end))
    end
    assert.equal(0, #client.requests)
    client:close()
    assert.matches("closed", mistake(function() client:request { path = "/x" } end))
  end)
end)

describe("a session", function()
  teardown(recorder.restore)

  it("is an upgrade to HTTP/2 with headers of its own", function()
    local client = recorder.client { { status = 101, body = "PRI *" } }
    local connection = assert(client:session { headers = { ["X-Docker-Expose-Session-Uuid"] = "abc" } })
    local request = client.requests[1]
    assert.equal("POST /v1.51/session", request.method .. " " .. request.target)
    assert.equal("h2c", request.headers.upgrade)
    assert.equal("abc", request.headers["x-docker-expose-session-uuid"])
    assert.equal("upgrade", request.reply)
    assert.equal("PRI *", connection:read())
  end)

  it("takes no other options", function()
    local client = recorder.client()
    assert.matches("unknown option 'id'", recorder.mistake("spec/request_spec.lua", function()
      client:session { id = "x" }
    end))
  end)
end)
