-- Requests by hand are watched over like any other, and so are those that a method sends before its own.

local recorder = require "spec.api.recorder"

describe("a request by hand", function()
  teardown(recorder.restore)

  local function kind(spec, connect)
    local client = recorder.client(nil, connect)
    local _, _, err = client:request(spec)
    assert.equal(err and 0 or 1, #client.requests)
    return err and err.kind
  end

  it("that changes something is not for a client that only reads", function()
    for _, path in ipairs { "/containers/prune", "/containers/%70rune", "/v1.44/containers/prune", "/new/thing" } do
      assert.equal("forbidden", kind({ method = "POST", path = path, versioned = false }, { read_only = true }))
      assert.is_nil(kind { method = "POST", path = path, versioned = false })
    end
    assert.is_nil(kind({ path = "/new/thing" }, { read_only = true }))
    assert.equal("forbidden", kind({ path = "/containers/web/attach/ws" }, { read_only = true }))
  end)

  it("is allowed as the operation that it is, and never as none", function()
    assert.is_nil(kind({ path = "/info" }, { allow = { "SystemInfo" } }))
    assert.equal("forbidden", kind({ path = "/version" }, { allow = { "SystemInfo" } }))
    assert.equal("forbidden", kind({ path = "/new/thing" }, { allow = { "read" } }))
  end)

  it("is counted, and told as a rule", function()
    local client = recorder.client()
    client:request { path = "/new/a+b" }
    assert.equal("GET ^(/v[0-9.]+)?/new/a\\+b$", client:operations_used()[1].rule)
  end)

  it("is shown with its body, and not sent without a guard", function()
    local client = recorder.client(nil, { dry_run = true })
    assert(client:request { method = "POST", path = "/new/thing", body = { A = 1 } })
    assert.equal(0, #client.requests)
    client = recorder.client(nil, { host = "tcp://192.0.2.1:2375" })
    assert(client:request { method = "POST", path = "/new/thing", body = { A = 1 } })
    local _, _, err = client:request { path = "/new/thing", headers = { ["X-Registry-Auth"] = "eyJhIjoxfQ==" } }
    assert.equal("config", err.kind)
  end)
end)

-- The manual's table says so.
describe("an update of what a swarm keeps", function()
  teardown(recorder.restore)

  local RECORD = '{"ID":"x1","Version":{"Index":7},"Spec":{"Name":"web","Labels":{}}}'

  for collection, what in pairs { services = "Service", nodes = "Node", secrets = "Secret", configs = "Config" } do
    it("needs to inspect and to update: " .. collection, function()
      local function update(...)
        local client = recorder.client({ { body = RECORD }, { body = "{}" } }, { allow = { ... } })
        return client[collection]:get "x1":update { label_add = { a = "b" } }
      end
      assert.is_truthy(update(what .. "Inspect", what .. "Update"))
      assert.equal("forbidden", (select(3, update(what .. "Update"))).kind)
      assert.equal("forbidden", (select(3, update(what .. "Inspect"))).kind)
    end)
  end
end)
