local engine = require "spec.live.engine"

describe("a request by hand to a real engine", function()
  local client = engine.connect()

  after_each(function() engine.clean(client) end)

  it("reaches any path, with and without the version", function()
    assert.equal("OK", assert(client:request { path = "/_ping", versioned = false, reply = "text" }))
    assert.equal(assert(client:version()).Version, assert(client:request { path = "/version" }).Version)
    local headers = assert(client:request { method = "HEAD", path = "/_ping", versioned = false, reply = "headers" })
    assert.equal(client:ping().APIVersion, headers["api-version"])
  end)

  it("does what a method does", function()
    local made = assert(client:request { method = "POST", path = "/containers/create",
      query = { name = engine.unique "hand" }, body = { Image = engine.image, Cmd = { "echo", "by hand" },
      Labels = { ["moondock.spec"] = "1" } } })
    local path = "/containers/" .. made.Id
    assert.is_true(client:request { method = "POST", path = path .. "/start" })
    assert.equal(0, assert(client:request { method = "POST", path = path .. "/wait", timeout = 200 }).StatusCode)
    local logs = assert(client:request { path = path .. "/logs", query = { stdout = true }, reply = "frames" })
    assert.equal("by hand\n", logs:text())
    local seen = assert(client:request { path = "/containers/json",
      query = { all = true, filters = { id = { made.Id } } } })
    assert.equal(made.Id, seen[1].Id)
    local archive = assert(client:request { path = path .. "/archive", query = { path = "/etc/passwd" },
      reply = "bytes" }):text()
    assert.truthy(archive:find("root:", 1, true))
    assert.is_true(client:request { method = "PUT", path = path .. "/archive", query = { path = "/tmp" },
      headers = { ["Content-Type"] = "application/x-tar" }, body = archive })
    assert.is_true(client:request { method = "DELETE", path = path, query = { force = true } })
  end)

  it("hears the engine's refusal", function()
    local value, message, err = client:request { path = "/no/such/path" }
    assert.is_nil(value)
    assert.equal("not_implemented", err.kind)
    if not engine.lacks("podman", "a path that the engine does not have", err) then
      assert.matches("page not found", message)
    end
  end)
end)

describe("a session with a real engine", function()
  local client = engine.connect()

  it("has the engine speak HTTP/2 to us", function()
    local connection, message, err = client:session { headers = {
      ["X-Docker-Expose-Session-Uuid"] = engine.unique "session",
      ["X-Docker-Expose-Session-Grpc-Method"] = { "/a.B/C", "/a.B/D" } }, timeout = 200 }
    if engine.lacks("podman", "session", err) then return end
    assert(connection, message)
    local seen = ""
    while #seen < 24 do seen = seen .. assert(connection:read()) end
    assert.equal("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", seen:sub(1, 24))
    assert(connection:write "\0\0\0\4\0\0\0\0\0") -- our settings
    connection:close()
    assert.equal("cancelled", connection.outcome)
  end)
end)

describe("a path in a container on a real engine", function()
  local client = engine.connect()

  after_each(function() engine.clean(client) end)

  it("is described", function()
    local container = engine.sleeper(client)
    local facts = assert(container:stat_archive "/etc/passwd")
    assert.equal("passwd", facts.name)
    assert.is_true(facts.size > 20)
    assert.equal(420 + 73, assert(container:stat_archive "/bin/busybox").mode)
    assert.equal("/bin/busybox", assert(container:stat_archive "/bin/sh").linkTarget)
    local none, _, err = container:stat_archive "/no/such"
    assert.is_nil(none)
    assert.equal("not_found", err.kind)
  end)
end)

describe("checkpoints on an engine without experimental features", function()
  local client = engine.connect()

  after_each(function() engine.clean(client) end)

  it("are not there, and it says so", function()
    local container = engine.sleeper(client)
    for _, answer in ipairs { { container:checkpoint_list() }, { container:checkpoint_create "one" },
      { container:checkpoint_delete "one" } } do
      assert.is_nil(answer[1])
      assert.equal("not_implemented", answer[3].kind)
      if not engine.lacks("podman", "checkpoints", answer[3]) then assert.matches("experimental", answer[2]) end
    end
  end)
end)
