local recorder = require "spec.api.recorder"

describe("images", function()
  teardown(recorder.restore)

  it("are imported from an address, or of bytes", function()
    local answer = { body = '{"status":"sha256:ab"}' }
    local client = recorder.client { answer, answer }
    assert.equal("sha256:ab", assert(client.images:import("http://host/root.tar", { repo = "a" })).id)
    assert.same({ fromSrc = "http://host/root.tar", repo = "a" }, client.requests[1].query)
    assert(client.images:import(("\0"):rep(512)))
    assert.equal("-", client.requests[2].query.fromSrc)
  end)

  it("are imported under a name with one tag", function()
    local client = recorder.client()
    for _, opts in ipairs { { repo = "h:1/a", tag = "b" }, { repo = "h:1/a:b" }, { repo = "h:1/a:b", tag = "b" } } do
      client.images:import("http://host/x", opts)
      assert.same({ fromSrc = "http://host/x", repo = "h:1/a:b" }, table.remove(client.requests).query)
    end
    for words, opts in pairs { ["option tag needs the option repo"] = { tag = "b" },
      ["option repo names a tag, 'a:1', and option tag another"] = { repo = "a:1", tag = "b" },
      ["option 'repo' of ImageCreate"] = { repo = {}, tag = "b" } } do
      assert.matches(words, recorder.mistake("spec/api/images_spec.lua", function()
        client.images:import("http://host/x", opts)
      end), 1, true)
    end
  end)

  it("are pulled with all tags as a list", function()
    local client = recorder.client { { body = '{"status":"Pulling from a","id":"1"}\n{"status":"x","id":"y"}\n'
      .. '{"status":"Pulling from a","id":"2"}\n' }, { body = '{"status":"done"}' } }
    local list = assert(client.images:pull("h:1/a", { all_tags = true }))
    assert.same({ "h:1/a:1", "h:1/a:2" }, { list[1].id, list[2].id })
    assert.same({ fromImage = "h:1/a" }, client.requests[1].query)
    assert.equal("a:latest", assert(client.images:pull("a", { all_tags = true }))[1].id)
    assert.matches("option tag must be", recorder.mistake("spec/api/images_spec.lua", function()
      client.images:pull("a", { tag = {} })
    end))
    for _, name in ipairs { "a:1", "a@sha256:ab" } do
      assert.is_false((pcall(client.images.pull, client.images, name, { all_tags = true })))
    end
  end)

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
