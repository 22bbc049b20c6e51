-- Nodes, tasks, secrets and configs.

local core = require "moondock.core"
local recorder = require "spec.api.recorder"

describe("the parts of a swarm", function()
  teardown(recorder.restore)

  local function line(client, at)
    local request = client.requests[at or #client.requests]
    return request.method .. " " .. request.target
  end

  local function mistake(fn) return recorder.mistake("spec/api/swarm_parts_spec.lua", fn) end

  local function node(spec)
    return { body = { ID = "n1", Version = { Index = 3 },
      Spec = spec or { Role = "worker", Availability = "active", Labels = { a = "1", b = "2" } } } }
  end

  it("are listed and found by id", function()
    for _, name in ipairs { "nodes", "tasks", "secrets", "configs" } do
      local client = recorder.client { { body = '[{"ID":"x1"}]' }, { body = '{"ID":"x1"}' } }
      local list = assert(client[name]:list { filters = { name = "x" } })
      assert.equal("x1", list[1].id)
      assert.equal('GET /v1.51/' .. name .. '?filters=%7B%22name%22%3A%5B%22x%22%5D%7D', line(client))
      assert.equal("x1", client[name]:get "x1":inspect().ID)
      assert.equal("GET /v1.51/" .. name .. "/x1", line(client))
      assert.matches("must be a non%-empty string", mistake(function() client[name]:get "" end))
    end
  end)

  it("are removed", function()
    for _, name in ipairs { "nodes", "secrets", "configs" } do
      local client = recorder.client { { status = 204, body = "" },
        { status = 404, body = { message = "secret x1 not found" } } }
      assert.is_true(client[name]:get "x1":remove())
      assert.equal("DELETE /v1.51/" .. name .. "/x1", line(client))
      local ok, _, err = client[name]:get "x1":remove()
      assert.is_nil(ok)
      assert.equal("not_found", err.kind)
    end
    local client = recorder.client { { body = "" } }
    assert(client.nodes:get "x1":remove { force = true })
    assert.equal("DELETE /v1.51/nodes/x1?force=1", line(client))
  end)

  describe("nodes", function()
    local changes = {
      promote = { Role = "manager", Availability = "active" },
      demote = { Role = "worker", Availability = "active" },
      drain = { Role = "worker", Availability = "drain" },
      pause = { Role = "worker", Availability = "pause" },
      activate = { Role = "worker", Availability = "active" },
    }
    for name, expected in pairs(changes) do
      it("are changed by " .. name, function()
        local client = recorder.client { node(), { body = "" } }
        local n1 = client.nodes:get "n1"
        assert.is_true(n1[name](n1))
        assert.equal("POST /v1.51/nodes/n1/update?version=3", line(client))
        expected.Labels = { a = "1", b = "2" }
        assert.same(expected, client.requests[2].body)
      end)
    end

    it("have labels added and removed", function()
      local client = recorder.client { node(), { body = "" }, node { Role = "worker" }, { body = "" } }
      assert(client.nodes:get "n1":update { label_add = { c = "3" }, label_rm = { "a", "absent" } })
      assert.same({ b = "2", c = "3" }, client.requests[2].body.Labels)
      assert(client.nodes:get "n1":update { label_add = "x" })
      assert.same({ x = "" }, client.requests[4].body.Labels)
    end)

    it("lose their last label to an object", function()
      local client = recorder.client { node { Labels = { a = "1" } }, { body = "" } }
      assert(client.nodes:get "n1":update { label_rm = "a" })
      assert.is_false(core.is_array(client.requests[2].body.Labels))
    end)

    it("know which one this engine is", function()
      local client = recorder.client { { body = '{"Swarm":{"NodeID":"n1"}}' }, { body = '{"Swarm":{"NodeID":""}}' } }
      assert.equal("n1", client.nodes:self().id)
      local self, _, err = client.nodes:self()
      assert.is_nil(self)
      assert.equal("unavailable", err.kind)
    end)

    it("list their tasks", function()
      local client = recorder.client { { body = "null" } }
      assert.same({}, client.nodes:get "n1":tasks())
      assert.equal('{"node":["n1"]}', client.requests[1].query.filters)
    end)

    it("refuse mistakes", function()
      local client = recorder.client {}
      assert.matches("unknown option 'rolle'", mistake(function() client.nodes:get "n1":update { rolle = "x" } end))
      assert.equal(0, #client.requests)
    end)
  end)

  it("tasks have logs", function()
    local client = recorder.client({ { body = "raw" }, { body = { Spec = { ContainerSpec = { TTY = true } } } } },
      { api_version = "1.41" })
    assert.equal("tty", (assert(client.tasks:get "t1":logs { follow = true }):read()))
    assert.equal("/v1.41/tasks/t1/logs", client.requests[1].path)
    assert.equal("GET /v1.41/tasks/t1", line(client))
  end)

  it("take the options of every call", function()
    local opts = { timeout = 5, insecure_credentials = true }
    local record = { body = { Version = { Index = 5 }, Spec = {} } }
    local made = { status = 201, body = '{"ID":"x1"}' }
    local client = recorder.client { made, made, { body = "" }, { body = "" }, { body = '"n"' }, record, { body = "" },
      record, { body = "" }, record, { body = "" } }
    assert(client.secrets:create("key", "x", opts))
    assert(client.services:create("a:1", nil, opts))
    assert(client.swarm:join("a", opts))
    assert(client.swarm:unlock("k", opts))
    assert(client.swarm:init(opts))
    assert(client.swarm:update({}, opts))
    assert(client.nodes:get "n":update({}, opts))
    assert(client.secrets:get "s":update { insecure_credentials = true })
    for _, request in ipairs(client.requests) do
      assert.is_nil(request.target:find "insecure")
      assert.is_nil(type(request.body) == "table" and request.body.insecure_credentials or nil)
    end
  end)

  describe("secrets and configs", function()
    local BYTES = "a\0b\255\251\n\0"

    it("hold any bytes, from anywhere", function()
      for _, name in ipairs { "secrets", "configs" } do
        local chunks = { "a\0b", "\255\251\n\0" }
        local file = assert(io.tmpfile())
        file:write(BYTES)
        file:seek "set"
        for _, source in ipairs { BYTES, file, function() return table.remove(chunks, 1) end } do
          local client = recorder.client { { status = 201, body = '{"ID":"x1"}' } }
          assert.equal("x1", client[name]:create("key", source, { label = { a = "1" } }).id)
          assert.equal("POST /v1.51/" .. name .. "/create", line(client))
          assert.same({ Name = "key", Data = "YQBi//sKAA==", Labels = { a = "1" } }, client.requests[1].body)
        end
      end
    end)

    it("are created from one table, with drivers", function()
      local client = recorder.client { { status = 201, body = '{"ID":"x1"}' }, { status = 201, body = '{"ID":"x2"}' } }
      assert(client.secrets:create { name = "key", driver = "vault", template_driver = "golang" })
      assert.same({ Name = "key", Labels = {}, Driver = { Name = "vault" }, Templating = { Name = "golang" } },
        client.requests[1].body)
      assert(client.configs:create { name = "conf", data = "x", template_driver = "golang" })
      assert.same({ Name = "conf", Labels = {}, Data = "eA==", Templating = { Name = "golang" } },
        client.requests[2].body)
    end)

    it("are not created when their bytes cannot be read", function()
      local client = recorder.client {}
      local created, message, err = client.secrets:create("key", function() return nil, "broken" end)
      assert.is_nil(created)
      assert.matches("broken", message)
      assert.equal("config", err.kind)
      assert.equal(0, #client.requests)
    end)

    it("give the bytes of a config back", function()
      local client = recorder.client { { body = { Spec = { Data = core.base64(BYTES, "standard") } } },
        { body = { Spec = {} } } }
      assert.equal(BYTES, client.configs:get "conf":data())
      assert.equal("", client.configs:get "conf":data())
    end)

    it("have their labels changed and all else kept", function()
      for _, name in ipairs { "secrets", "configs" } do
        local spec = { Name = "x", Labels = { a = "1" }, Data = "eA==" }
        local record = { body = { Version = { Index = 5 }, Spec = spec } }
        local client = recorder.client { record, { body = "" }, record, { body = "" } }
        assert.is_true(client[name]:get "x1":update { label = { b = "2" } })
        assert.equal("POST /v1.51/" .. name .. "/x1/update?version=5", line(client))
        assert.same({ Name = "x", Labels = { b = "2" }, Data = "eA==" }, client.requests[2].body)
        assert.is_true(client[name]:get "x1":update(function(it) it.Labels.c = "3" end))
        assert.same({ a = "1", c = "3" }, client.requests[4].body.Labels)
      end
    end)

    it("refuse mistakes", function()
      local client = recorder.client {}
      assert.matches("name must be", mistake(function() client.secrets:create("", "x") end))
      assert.matches("data must be", mistake(function() client.secrets:create "key" end))
      assert.matches("unknown option 'labels'", mistake(function()
        client.secrets:create("key", "x", { labels = {} })
      end))
      assert.matches("unknown option 'driver'", mistake(function()
        client.configs:create("key", "x", { driver = "d" })
      end))
      assert.equal(0, #client.requests)
    end)
  end)
end)
