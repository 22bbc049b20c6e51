-- Examples that need nothing but an engine and an image, run as a user runs them.

local engine = require "spec.live.engine"
local tar = require "spec.tar"

describe("the example", function()
  local client = engine.connect()

  after_each(function() engine.clean(client) end)

  local function example(line, input)
    local path = os.tmpname()
    local file = assert(io.open(path, "wb"))
    file:write(input or "")
    file:close()
    local pipe = assert(io.popen(("DOCKER_HOST=%s %s examples/%s <%s 2>&1"):format(engine.host,
      os.getenv "LUA" or "lua5.4", line, path)))
    local output = pipe:read "*a"
    pipe:close()
    os.remove(path)
    return output
  end

  it("network.lua lets two containers talk, and leaves nothing", function()
    local networks, containers = #assert(client.networks:list()), engine.count(client)
    local output = example("network.lua " .. engine.image)
    assert.matches("the client hears\thello from the other container", output)
    assert.equal(networks, #assert(client.networks:list()))
    assert.equal(containers, engine.count(client))
  end)

  it("build.lua builds what comes by standard input", function()
    local tag = engine.unique "example" .. ":1"
    for _, builder in ipairs { "1", "2" } do
      local output = example(("build.lua %s Own %s"):format(tag, builder), tar { Own = "FROM scratch\nCOPY . /\n" })
      assert.matches(tag:gsub("%-", "%%-") .. " is sha256:%x+", output)
      assert(client.images:get(tag):remove())
    end
    local wrong = tar { Dockerfile = "FROM scratch\nFRM x" }
    assert.matches("nknown instruction: \"?FRM", example("build.lua " .. tag, wrong))
  end)
end)
