local reference = require "moondock.reference"

local DIGEST = "sha256:" .. ("0123456789abcdef"):rep(4)

describe("reference.parse", function()
  local cases = {
    -- text, repository, tag, digest
    { "alpine", "alpine" },
    { "alpine:3.20", "alpine", "3.20" },
    { "team/web", "team/web" },
    { "team/web:latest", "team/web", "latest" },
    { "host:5000/web", "host:5000/web" },
    { "host:5000/team/web:1.2", "host:5000/team/web", "1.2" },
    { "localhost/web:1", "localhost/web", "1" },
    { "[::1]:5000/web:1", "[::1]:5000/web", "1" },
    { "web@" .. DIGEST, "web", nil, DIGEST },
    { "web:1@" .. DIGEST, "web", "1", DIGEST },
    { "host:5000/team/web:1@" .. DIGEST, "host:5000/team/web", "1", DIGEST },
    { "host:5000/team/web@" .. DIGEST, "host:5000/team/web", nil, DIGEST },
  }
  for _, case in ipairs(cases) do
    it("splits " .. case[1], function()
      local parts = reference.parse(case[1])
      assert.are.equal(case[2], parts.repository)
      assert.are.equal(case[3], parts.tag)
      assert.are.equal(case[4], parts.digest)
    end)
  end

  for _, text in ipairs { "", ":1", "@" .. DIGEST, "a b", "web:", "web?x", "web#x", "web\n", "web:1:2",
    "host:5000/web:1:2", "team/web:1/x" } do
    it(("refuses %q, quoting it"):format(text), function()
      assert.error_matches(function() reference.parse(text) end, "bad image reference '")
    end)
  end

  it("refuses what is no text", function()
    assert.error_matches(function() reference.parse(nil) end,
      "image reference must be a string, not nil")
    assert.error_matches(function() reference.parse {} end,
      "image reference must be a string, not table")
  end)

  it("does not repeat control characters in its message", function()
    local ok, message = pcall(reference.parse, "web\27[31m")
    assert.is_false(ok)
    assert.is_nil(message:find("\27", 1, true))
  end)
end)

describe("reference.registry", function()
  local cases = {
    { "alpine", "docker.io" },
    { "library/alpine", "docker.io" },
    { "docker.io/library/alpine", "docker.io" },
    { "index.docker.io/team/web", "docker.io" },
    { "team/sub/web", "docker.io" },
    { "localhost/web", "localhost" },
    { "localhost:5000/web", "localhost:5000" },
    { "host:5000/web", "host:5000" },
    { "GHCR.io/team/web", "ghcr.io" },
  }
  for _, case in ipairs(cases) do
    it(("finds %s for %s"):format(case[2], case[1]), function()
      assert.are.equal(case[2], reference.registry(case[1]))
    end)
  end
end)

describe("reference.registry_key", function()
  local cases = {
    { "https://index.docker.io/v1/", "docker.io" },
    { "registry-1.docker.io", "docker.io" },
    { "registry.hub.docker.com", "docker.io" },
    { "docker.io", "docker.io" },
    { "https://host:5000/v2/", "host:5000" },
    { "http://Host.Example", "host.example" },
    { "host:5000", "host:5000" },
  }
  for _, case in ipairs(cases) do
    it(("makes %s of %s"):format(case[2], case[1]), function()
      assert.are.equal(case[2], reference.registry_key(case[1]))
    end)
  end
end)
