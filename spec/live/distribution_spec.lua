local engine = require "spec.live.engine"

describe("distribution through a real engine", function()
  local client = engine.connect()
  local auth = { username = engine.username, password = engine.password, serveraddress = engine.private }

  if engine.podman then
    it("is not there", function()
      assert(engine.lacks("podman", "distribution", select(3, client.distribution:inspect(engine.image))))
    end)
    return
  end

  local function pushed(registry)
    local name = ("%s/%s:v1"):format(registry, engine.unique "dist")
    local image = client.images:get(name)
    assert(client.images:get(engine.image):tag(name))
    local digest = assert(image:push { auth = registry == engine.private and auth or nil }).Digest
    assert(image:remove())
    return name, digest
  end

  it("tells the digest and the platforms of what is not here", function()
    local name, digest = pushed(engine.registry)
    local details = assert(client.distribution:inspect(name))
    assert.equal(digest, details.Descriptor.digest)
    assert.equal("linux", details.Platforms[1].os)
    local again = assert(client.distribution:inspect(name:gsub(":v1$", "") .. "@" .. digest))
    assert.equal(digest, again.Descriptor.digest)
  end)

  it("shows its credentials to a private registry", function()
    local name, digest = pushed(engine.private)
    local none, _, err = client.distribution:inspect(name)
    assert.is_nil(none)
    assert.is_true(err.kind == "unauthorized" or err.kind == "forbidden", err.kind)
    assert.equal(digest, assert(client.distribution:inspect(name, { auth = auth })).Descriptor.digest)
    assert.equal(digest, assert(engine.connect { auth = auth }.distribution:inspect(name)).Descriptor.digest)
  end)

  it("says that there is no such image", function()
    local none, message, err = client.distribution:inspect(engine.registry .. "/no/such:image")
    assert.is_nil(none)
    assert.equal("not_found", err.kind)
    assert.is_true(#message > 10)
  end)
end)
