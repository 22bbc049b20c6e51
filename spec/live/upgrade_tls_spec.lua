-- Upgraded connections over TLS, with an engine of its own: the core's, below the client.

local core = require "moondock.core"
local engine = require "spec.live.engine"
local server = require "spec.core.server"

describe("an upgrade to a real engine over TLS", function()
  local name = "tls-" .. engine.pid()
  local kind = engine.name == "oldest" and "oldest" or "newest"
  local client, container, address, certificates

  setup(function()
    local host = engine.tool(("start %s %s --tls --owner %d"):format(name, kind, engine.pid()))
    engine.tool("image " .. name)
    address, certificates = engine.tool("tcp " .. name), engine.tool("certs " .. name)
    client = engine.connect { host = host }
    container = engine.sleeper(client)
  end)

  teardown(function() engine.tool("stop " .. name) end)

  local function upgrade(target)
    return assert(core.upgrade(core.loop(), { method = "POST",
      url = address:gsub("^tcp", "https") .. "/v1.41" .. target, body = "{}",
      headers = { "Content-Type: application/json" }, ca = certificates .. "/ca.pem",
      cert = certificates .. "/cert.pem", key = certificates .. "/key.pem" }))
  end

  local function exec(command)
    local handle = assert(container:exec_create(command, { interactive = true }))
    return upgrade("/exec/" .. handle.id .. "/start"), handle
  end

  -- What the frames of a body carry.
  local function unframed(body)
    local frames, parts = core.frames(), {}
    frames:feed(body)
    for _, bytes in frames.next, frames do parts[#parts + 1] = bytes end
    assert(frames:finish())
    return table.concat(parts)
  end

  it("ends its input, and hears the rest", function()
    for _ = 1, 5 do
      local t, handle = exec { "wc", "-c" }
      local answer = server.run(t, "12345")
      assert.equal(101, answer.status)
      assert.equal("5\n", unframed(answer.body))
      assert.is_true(answer.ended)
      assert.equal(0, assert(handle:inspect()).ExitCode)
    end
  end)

  -- Give `block` so many times, and compare what comes back.
  local function echo(t, block, times)
    local frames, given, at, received, same = core.frames(), 0, 1, 0, true
    local function compare(bytes)
      local position = 1
      while position <= #bytes do
        local offset = received % #block
        local n = math.min(#bytes - position + 1, #block - offset)
        same = same and bytes:sub(position, position + n - 1) == block:sub(offset + 1, offset + n)
        position, received = position + n, received + n
      end
    end
    server.wait(function()
      while given < times do
        local n = t:give(block, at)
        if not n or n == 0 then break end
        at = at + n
        if at > #block then given, at = given + 1, 1 end
        if given == times then t:finish() end
      end
      local bytes = t:take()
      while bytes do
        frames:feed(bytes)
        for _, payload in frames.next, frames do compare(payload) end
        bytes = t:take()
      end
      return t:ended() ~= false
    end, 300)
    assert.is_true(t:ended())
    assert.equal(times * #block, received)
    assert.is_true(same)
    t:close()
  end

  local function random_block()
    local file = assert(io.open("/dev/urandom", "rb"))
    local block = file:read(1024 * 1024)
    file:close()
    return block
  end

  it("carries 50 MB both ways at once through exec", function()
    echo(exec "cat", random_block(), 50)
  end)

  it("carries 50 MB both ways at once through attach", function()
    local cat = assert(client.containers:create(engine.image, "cat", { interactive = true,
      StdinOnce = true, HostConfig = { LogConfig = { Type = "none" } } }))
    local t = upgrade("/containers/" .. cat.id .. "/attach?stream=1&stdin=1&stdout=1&stderr=1")
    server.wait(function() return t:head() end)
    assert(cat:start())
    echo(t, random_block(), 50)
  end)
end)
