-- What every collection and every handle does in the same way.

local cjson = require "cjson"
local core = require "moondock.core"
local recorder = require "spec.api.recorder"

-- Of each collection: the class of its handles, the field that identifies one, the request of its list, and a
-- record of that with an array, an object and a null.
local KINDS = {
  { name = "containers", class = "Container", key = "Id", list = "/containers/json",
    record = '{"Id":"x1","Names":["/web"],"Ports":[],"Labels":{},"Mounts":null}' },
  { name = "images", class = "Image", key = "Id", list = "/images/json",
    record = '{"Id":"x1","RepoTags":["a:1"],"RepoDigests":[],"Labels":null,"Size":4398046511104}' },
  { name = "networks", class = "Network", key = "Id", list = "/networks",
    record = '{"Id":"x1","Name":"front","Options":{},"IPAM":{"Options":null,"Config":[]}}' },
  { name = "volumes", class = "Volume", key = "Name", list = "/volumes",
    record = '{"Name":"x1","Labels":{},"Options":null}', answer = '{"Volumes":%s,"Warnings":null}' },
  { name = "services", class = "Service", key = "ID", list = "/services",
    record = '{"ID":"x1","Version":{"Index":7},"Spec":{"Name":"web","Labels":{}}}' },
  { name = "nodes", class = "Node", key = "ID", list = "/nodes",
    record = '{"ID":"x1","Spec":{"Role":"worker","Labels":{}}}' },
  { name = "tasks", class = "Task", key = "ID", list = "/tasks", record = '{"ID":"x1","Slot":1,"Labels":null}' },
  { name = "secrets", class = "Secret", key = "ID", list = "/secrets",
    record = '{"ID":"x1","Spec":{"Name":"key","Labels":{}}}' },
  { name = "configs", class = "Config", key = "ID", list = "/configs",
    record = '{"ID":"x1","Spec":{"Name":"conf","Data":"eA==","Labels":{}}}' },
  { name = "plugins", class = "Plugin", key = "Name", list = "/plugins",
    record = '{"Id":"p1","Name":"x1","Enabled":false,"Settings":{"Args":[],"Mounts":[]}}' },
  { name = "exec", class = "Exec", key = "ID" },
}

local function decoded(json)
  local ok, value = core.decode(json)
  assert(ok, value)
  return value
end

-- What a table holds, whatever its metatable does.
local function data_of(handle)
  local copy = {}
  for key, value in next, handle do copy[key] = value end
  return copy
end

describe("the handles of", function()
  teardown(recorder.restore)

  -- A client, and what its list returns: `count` handles of the same thing.
  local function listed(kind, count)
    local records = "[" .. kind.record .. ("," .. kind.record):rep((count or 1) - 1) .. "]"
    local client = recorder.client { { body = (kind.answer or "%s"):format(records) } }
    return client, assert(client[kind.name]:list())
  end

  for _, kind in ipairs(KINDS) do
    describe(kind.name, function()
      it("are made of an id without a request", function()
        local client = recorder.client {}
        local handle = client[kind.name]:get "x1"
        assert.equal("x1", handle.id)
        assert.equal(client, handle.client)
        assert.equal(0, #client.requests)
        assert.equal("Container", getmetatable(client.containers:get "x1").class.class_name)
        assert.equal(kind.class, getmetatable(handle).class.class_name)
      end)

      it("print what they are", function()
        assert.equal("moondock." .. kind.class .. " x1", tostring(recorder.client({})[kind.name]:get "x1"))
      end)

      it("are equal for the same thing on the same client, and to nothing else", function()
        local client, other = recorder.client {}, recorder.client {}
        local handle = client[kind.name]:get "x1"
        assert.is_true(handle == client[kind.name]:get "x1")
        assert.is_false(handle == client[kind.name]:get "x2")
        assert.is_false(handle == other[kind.name]:get "x1")
        for _, stranger in ipairs(KINDS) do
          assert.equal(stranger == kind, handle == client[stranger.name]:get "x1")
        end
        for _, stranger in ipairs { "x1", 1, {}, { id = "x1" }, client } do assert.is_false(handle == stranger) end
      end)

      it("are encoded as the data that they are", function()
        local handle = recorder.client({})[kind.name]:get "x1"
        assert.same({ id = "x1" }, data_of(handle))
        assert.equal('{"id":"x1"}', cjson.encode(handle))
        assert.equal('{"id":"x1"}', assert(core.encode(handle)))
        assert.equal('[{"id":"x1"}]', cjson.encode { handle })
      end)

      it("cannot be made of nothing", function()
        local client = recorder.client {}
        for _, id in ipairs { "", 7, {}, false } do
          local message = recorder.mistake("spec/object_spec.lua", function() client[kind.name]:get(id) end)
          assert.matches("^[^\n]*the id of a " .. kind.class:lower() .. " must be a non%-empty string", message)
        end
      end)

      if not kind.list then return end

      it("come from one request, each its own summary", function()
        local client, list = listed(kind, 3)
        assert.equal(1, #client.requests)
        assert.equal("GET /v1.51" .. kind.list, client.requests[1].method .. " " .. client.requests[1].target)
        assert.equal(3, #list)
        for _, handle in ipairs(list) do
          assert.equal("x1", handle.id)
          assert.equal(client, handle.client)
          assert.equal("function", type(handle.inspect))
          assert.same(data_of(decoded(kind.record)), data_of(handle))
        end
        assert.equal(1, #client.requests)
      end)

      it("from a list are equal to each other, and to those made of an id", function()
        local client, list = listed(kind, 2)
        assert.is_false(rawequal(list[1], list[2]))
        assert.is_true(list[1] == list[2])
        assert.is_true(list[1] == client[kind.name]:get "x1")
        assert.is_false(list[1] == select(2, listed(kind))[1])
        assert.equal("moondock." .. kind.class .. " x1", tostring(list[1]))
      end)

      it("from a list are encoded as what the engine sent", function()
        local _, list = listed(kind)
        local record = decoded(kind.record)
        assert.same(record, decoded(assert(core.encode(list[1]))))
        assert.same(cjson.decode(kind.record), cjson.decode(cjson.encode(list[1])))
        assert.equal(#kind.record, #core.encode(list[1]))
        assert.equal("[" .. core.encode(list[1]) .. "]", core.encode(list))
      end)

      it("of none are an empty array", function()
        for _, records in ipairs { "[]", "null" } do
          local client = recorder.client { { body = (kind.answer or "%s"):format(records) } }
          local list = assert(client[kind.name]:list())
          assert.equal(0, #list)
          assert.equal("[]", core.encode(list))
        end
      end)
    end)
  end
end)

describe("a handle", function()
  teardown(recorder.restore)

  it("lends its fields to the body of a request", function()
    local client = recorder.client { { body = KINDS[2].record:gsub("^", "["):gsub("$", "]") }, { body = '{"Id":"c1"}' },
      { body = "" } }
    local image = assert(client.images:list())[1]
    local container = assert(client.containers:create(image.Id))
    assert.equal("x1", client.requests[2].body.Image)
    assert(client.networks:get "front":connect(container))
    assert.equal("c1", client.requests[3].body.Container)
  end)

  it("is a value in a body written by hand, as the data that it is", function()
    local client = recorder.client { { body = "[" .. KINDS[1].record .. "]" }, { body = "" } }
    local container = assert(client.containers:list())[1]
    assert(client:request { method = "POST", path = "/own", reply = "none", body = { of = container,
      id = client.images:get "a:1" } })
    assert.same({ of = data_of(decoded(KINDS[1].record)), id = { id = "a:1" } }, client.requests[2].body)
  end)

  it("is not made of a list that is none, nor of an answer without an id", function()
    for _, kind in ipairs(KINDS) do
      for _, records in ipairs { "[7]", "[null]", '[["x"]]', "{}", '"x"', "7" } do
        if kind.list and not kind.answer then
          local client = recorder.client { { body = records } }
          local list, message, err = client[kind.name]:list()
          assert.is_nil(list)
          assert.matches("a JSON list of objects was expected, the engine answered 200 with ", message)
          assert.equal("protocol", err.kind)
        end
      end
    end
    local created, message, err = recorder.client({ { body = '{"Warnings":[]}' } }).containers:create "a:1"
    assert.is_nil(created)
    assert.equal("ContainerCreate: the engine did not tell the Id of what it made", message)
    assert.equal("protocol", err.kind)
  end)

  it("of which the engine told no id prints so, and equals no other", function()
    local client = recorder.client { { body = '[{"Names":["/web"]}]' } }
    local nameless = assert(client.containers:list())[1]
    assert.is_nil(nameless.id)
    assert.equal("moondock.Container ?", tostring(nameless))
    assert.is_false(nameless == client.containers:get "web")
    local ok, message, err = nameless:stop()
    assert.is_nil(ok)
    assert.equal("ContainerStop: the id is missing", message)
    assert.equal("protocol", err.kind)
    assert.equal(1, #client.requests)
  end)
end)

-- So that it can be an argument of what counts its arguments, as cjson.encode does.
describe("a record, a list or true", function()
  teardown(recorder.restore)

  local SERVICE = '{"ID":"s1","Version":{"Index":7},"Spec":{"Name":"web","Mode":{"Replicated":{"Replicas":1}}}}'
  local CALLS = {
    ["containers:list"] = { function(c) return c.containers:list() end, "[]" },
    ["container:inspect"] = { function(c) return c.containers:get "c":inspect() end, "{}" },
    ["container:changes"] = { function(c) return c.containers:get "c":changes() end, "null" },
    ["container:changes of some"] = { function(c) return c.containers:get "c":changes() end, '[{"Kind":1}]' },
    ["container:top"] = { function(c) return c.containers:get "c":top() end, "{}" },
    ["container:update"] = { function(c) return c.containers:get "c":update { memory = "1g" } end, "{}" },
    ["container:ports"] = { function(c) return c.containers:get "c":ports() end, "{}" },
    ["container:addresses"] = { function(c) return c.containers:get "c":addresses() end, "{}" },
    ["container:stats"] = { function(c) return c.containers:get "c":stats { stream = false } end, "{}" },
    ["container:list_checkpoints"] = { function(c) return c.containers:get "c":checkpoint_list() end, "[]" },
    ["image:remove"] = { function(c) return c.images:get "a":remove() end, '[{"Untagged":"a"}]' },
    ["image:history"] = { function(c) return c.images:get "a":history() end, '[{"Id":"a"}]' },
    ["images:search"] = { function(c) return c.images:search "a" end, "[]" },
    ["plugins:privileges"] = { function(c) return c.plugins:privileges "a" end, "[]" },
    ["service:update"] = { function(c) return c.services:get "s1":update { label_add = "a=b" } end, SERVICE, "{}" },
    ["service:scale"] = { function(c) return c.services:get "s1":scale(2) end, SERVICE, "{}" },
    ["secret:update"] = { function(c) return c.secrets:get "s1":update { label_add = "a=b" } end, SERVICE, "" },
    ["volumes:prune"] = { function(c) return c.volumes:prune() end, "{}" },
    ["container:pause"] = { function(c) return c.containers:get "c":pause() end, "" },
    ["container:remove"] = { function(c) return c.containers:get "c":remove() end, "" },
    ["network:connect"] = { function(c) return c.networks:get "n":connect "c" end, "" },
    ["swarm:leave"] = { function(c) return c.swarm:leave() end, "" },
    ["client:request of nothing"] = { function(c) return c:request { path = "/_ping", reply = "none" } end, "" },
    ["client:df"] = { function(c) return c:df() end, "{}" },
    ["client:request"] = { function(c) return c:request { path = "/info" } end, "{}" },
  }

  for name, case in pairs(CALLS) do
    it("comes alone: " .. name, function()
      local answers = {}
      for i = 2, #case do answers[i - 1] = { body = case[i] } end
      local client = recorder.client(answers)
      local function alone(...)
        assert.is_truthy((...), tostring((select(2, ...))))
        return select("#", ...)
      end
      assert.equal(1, alone(case[1](client)))
    end)
  end
end)
