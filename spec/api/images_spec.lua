local recorder = require "spec.api.recorder"

describe("images", function()
  teardown(recorder.restore)

  it("are searched in the Hub", function()
    local client = recorder.client { { body = { { name = "busybox" } } }, { body = "null" },
      { status = 500, body = { message = "cannot reach the Hub" } } }
    assert.equal("busybox", client.images:search("busy", { limit = 3, filters = { ["is-official"] = true } })[1].name)
    local request = client.requests[1]
    assert.equal("GET /v1.51/images/search", request.method .. " " .. request.path)
    assert.same({ term = "busy", limit = "3", filters = '{"is-official":["true"]}' }, request.query)
    assert.same({}, client.images:search "nothing")
    local found, message = client.images:search "busy"
    assert.is_nil(found)
    assert.matches("^cannot reach the Hub", message)
    assert.matches("term must be a string", recorder.mistake("spec/api/images_spec.lua", function()
      client.images:search()
    end))
  end)
end)
