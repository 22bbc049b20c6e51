local core = require "moondock.core"
local recorder = require "spec.api.recorder"

describe("containers", function()
  teardown(recorder.restore)

  local function line(client) return client.requests[#client.requests].method .. " "
    .. client.requests[#client.requests].target end

  local function mistake(fn) return recorder.mistake("spec/api/containers_spec.lua", fn) end

  describe("say what is at a path", function()
    local function stat(header)
      local client = recorder.client { { body = "", headers = { ["x-docker-container-path-stat"] = header } } }
      local facts, message, err = client.containers:get "web":stat_archive "/a b"
      assert.equal("HEAD /v1.51/containers/web/archive?path=%2Fa%20b", line(client))
      return facts, message, err
    end

    it("as the header has it", function()
      local facts = { name = "a b", size = 3, mode = 420, linkTarget = "" }
      assert.same(facts, stat(core.base64(core.encode(facts), "standard")))
    end)

    it("unless there is none", function()
      for _, header in ipairs { "", "!!", core.base64("no json", "standard") } do
        local facts, _, err = stat(header)
        assert.is_nil(facts)
        assert.equal("protocol", err.kind)
      end
      local client = recorder.client { { status = 404, body = "" } }
      local _, _, err = client.containers:get "web":stat_archive "/nothing"
      assert.equal("not_found", err.kind)
      assert.matches("path must be a string", mistake(function() client.containers:get "web":stat_archive() end))
    end)
  end)

  describe("have checkpoints", function()
    it("which end them, unless told otherwise", function()
      local client = recorder.client { { status = 201, body = "" }, { status = 201, body = "" } }
      local container = client.containers:get "web"
      assert.is_true(container:checkpoint_create "one")
      assert.equal("POST /v1.51/containers/web/checkpoints", line(client))
      assert.same({ CheckpointID = "one", Exit = true }, client.requests[1].body)
      assert(container:checkpoint_create("two", { Exit = false, CheckpointDir = "/x" }))
      assert.same({ CheckpointID = "two", Exit = false, CheckpointDir = "/x" }, client.requests[2].body)
      assert.matches("name must be", mistake(function() container:checkpoint_create() end))
    end)

    it("which are listed and removed", function()
      local client = recorder.client { { body = '[{"Name":"one"}]' }, { body = "null" }, { status = 204, body = "" },
        { status = 500, body = { message = "checkpoint two does not exist for container web" } } }
      local container = client.containers:get "web"
      assert.equal("one", container:checkpoint_list { dir = "/x" }[1].Name)
      assert.equal("GET /v1.51/containers/web/checkpoints?dir=%2Fx", line(client))
      assert.same({}, container:checkpoint_list())
      assert.is_true(container:checkpoint_delete "one")
      assert.equal("DELETE /v1.51/containers/web/checkpoints/one", line(client))
      local _, _, err = container:checkpoint_delete "two"
      assert.equal("not_found", err.kind)
      assert.matches("checkpoint", mistake(function() container:checkpoint_delete "../x" end))
    end)
  end)
end)
