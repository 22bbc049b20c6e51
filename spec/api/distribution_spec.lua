local core = require "moondock.core"
local recorder = require "spec.api.recorder"

describe("distribution", function()
  teardown(recorder.restore)

  local DETAILS = { Descriptor = { digest = "sha256:abc" } }

  local function inspect(name, opts, connect)
    local client = recorder.client({ { body = DETAILS } }, connect)
    assert.same(DETAILS, client.distribution:inspect(name, opts))
    return client.requests[1]
  end

  it("is asked for an image by its whole name", function()
    local request = inspect "reg.example:5000/team/web:1"
    assert.equal("GET", request.method)
    assert.equal("/v1.51/distribution/reg.example%3A5000/team/web%3A1/json", request.target)
    assert.is_nil(request.headers["x-registry-auth"])
  end)

  it("is given the credentials for that image's registry", function()
    local auth = { username = "u", password = "p", serveraddress = "reg.example" }
    local header = inspect("reg.example/web", { auth = auth }).headers["x-registry-auth"]
    assert.same(auth, select(2, core.decode(core.unbase64(header))))
    assert.truthy(inspect("reg.example/web", nil, { auth = auth }).headers["x-registry-auth"])
    assert.is_nil(inspect("other.example/web", nil, { auth = auth }).headers["x-registry-auth"])
  end)

  it("refuses what is no reference", function()
    local distribution = recorder.client().distribution
    local function mistake(name)
      return recorder.mistake("spec/api/distribution_spec.lua", function() distribution:inspect(name) end)
    end
    assert.matches("image reference must be a string", mistake(nil))
    assert.matches("bad image reference", mistake "a b")
    assert.matches("image reference", mistake "")
  end)

  it("tells what the registry refuses", function()
    local client = recorder.client { { status = 401, body = { message = "unauthorized: authentication required" } } }
    local details, message, err = client.distribution:inspect "web"
    assert.is_nil(details)
    assert.equal("unauthorized", err.kind)
    assert.equal("DistributionInspect", err.operation)
    assert.matches("authentication required", message)
  end)
end)
