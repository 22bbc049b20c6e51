local core = require "moondock.core"
local server = require "spec.core.server"

local loop = core.loop()
local SWITCH = "send HTTP/1.1 101 UPGRADED\\r\\nConnection: Upgrade\\r\\nUpgrade: tcp\\r\\n\\r\\n"

local function start(script, more)
  return assert(core.upgrade(loop, server.request(script, more)))
end

---Give until nothing fits any more.
local function fill(t, bytes)
  local total, n = 0
  repeat
    n = t:give(bytes)
    total = total + (n or 0)
  until not n or n == 0
  return total
end

describe("an upgrade", function()
  setup(server.start)
  teardown(server.stop)

  local ways = { unix = function() return {} end, TCP = function() return { unix = "", url = server.tcp .. "/" } end }
  for name, more in pairs(ways) do
    it("carries 50 MB both ways over " .. name, function()
      local block = {}
      for i = 1, 50000 do block[i] = ("%07d."):format(i) end
      block = table.concat(block)
      local t, received, sent, at, same = start(SWITCH .. ";echo", more()), 0, 0, 1, true
      server.wait(function()
        while sent < 50000000 do
          local n = t:give(block, at)
          if not n or n == 0 then break end
          sent, at = sent + n, at + n
          if at > #block then at = 1 end
          if sent >= 50000000 then t:finish() end
        end
        local bytes = t:take()
        while bytes do
          local offset, position = received % #block, 1
          while same and position <= #bytes do
            local n = math.min(#bytes - position + 1, #block - offset)
            same = bytes:sub(position, position + n - 1) == block:sub(offset + 1, offset + n)
            position, offset = position + n, 0
          end
          received = received + #bytes
          bytes = t:take()
        end
        return t:ended()
      end, 60)
      assert.equal(101, (t:head()))
      assert.is_true(same)
      assert.equal(sent, received)
      t:close()
    end)

    it("ends its input and goes on reading over " .. name, function()
      local t = start(SWITCH .. ";tally", more())
      t:give(("x"):rep(1000))
      t:finish()
      local answer = server.run(t)
      assert.equal("1000", answer.body)
      assert.is_true(answer.ended)
    end)
  end

  it("has the bytes that came with the head", function()
    local answer = server.run(start(SWITCH .. "glued;close"))
    assert.equal(101, answer.status)
    assert.equal("glued", answer.body)
    assert.equal("tcp", answer.headers.upgrade)
  end)

  it("reads a head that comes byte by byte", function()
    local answer = server.run(start((SWITCH:gsub("^send", "drip")) .. "x;close"))
    assert.equal(101, answer.status)
    assert.equal("x", answer.body)
  end)

  it("accepts 200 as well, and interim answers before", function()
    local t = start "send HTTP/1.1 100 Continue\\r\\n\\r\\nHTTP/1.1 200 OK\\r\\n\\r\\n;echo"
    t:give "abc"
    t:finish()
    assert.equal("abc", server.run(t).body)
  end)

  it("sends its body and its headers before the stream", function()
    local t = start("body;" .. SWITCH .. ";echo", { method = "POST", body = '{"Tty":true}' })
    t:give "in"
    t:finish()
    assert.equal("in", server.run(t).body)
  end)

  local refusals = {
    ["with a length"] = server.answer("no such exec", "404 Not Found") .. ";hang",
    ["in chunks"] = "drip HTTP/1.1 404 Not Found\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n"
      .. "7\\r\\nno such\\r\\n5\\r\\n exec\\r\\n0\\r\\nA: b\\r\\n\\r\\n;hang",
    ["up to the end"] = "send HTTP/1.1 404 Not Found\\r\\n\\r\\nno such exec;close",
  }
  for name, script in pairs(refusals) do
    it("hands over a refusal " .. name, function()
      local t = start(script)
      t:give "input"
      local answer = server.run(t)
      assert.equal(404, answer.status)
      assert.equal("no such exec", answer.body)
      assert.is_true(answer.ended)
    end)
  end

  it("wants no input after a refusal", function()
    local t = start(refusals["with a length"])
    server.wait(function() return t:ended() end)
    assert.is_nil(t:give "x")
    t:close()
  end)

  it("fails when the refusal is cut", function()
    local t = start "send HTTP/1.1 404 Not Found\\r\\nContent-Length: 10\\r\\n\\r\\nno;close"
    local failure = server.run(t).failure
    assert.same({ 18, "body", 2 }, { failure.code, failure.phase, failure.received })
  end)

  it("fails without an answer, and on garbage", function()
    assert.equal("answer", server.run(start "close").failure.phase)
    assert.matches("no HTTP", server.run(start "send garbage\\r\\n\\r\\n;close").failure.message)
    assert.matches("too large", server.run(start "repeat 100000 HTTP/1.1 200 OK\\r\\nA: b\\r\\n").failure.message)
  end)

  it("fails when it cannot connect", function()
    local t = core.upgrade(loop, { method = "POST", url = "http://d/", unix = server.unix .. ".none" })
    local failure = server.run(t).failure
    assert.same({ 7, 2, "connect" }, { failure.code, failure.errno, failure.phase })
  end)

  it("reads to the end when the peer takes no more input", function()
    local t = start(SWITCH .. "last words;sleep 100;close")
    local parts, wanted = {}, true
    server.wait(function()
      wanted = wanted and t:give(("x"):rep(100000)) ~= nil
      server.take(t, parts)
      return t:ended() ~= false
    end)
    server.take(t, parts)
    assert.equal("last words", table.concat(parts))
    t:close()
  end)

  it("bounds both directions", function()
    local t = start(SWITCH .. ";fill 100000000")
    server.wait(function() return t:head() end)
    server.settle()
    local given = fill(t, ("x"):rep(1000000))
    assert.is_true(given < 1000000)
    local n = #t:take()
    assert.is_true(n >= 128 * 1024 and n <= 192 * 1024)
    t:close()
  end)

  it("tells when there is room again", function()
    local t = start(SWITCH .. ";sleep 100;tally")
    server.wait(function() return t:head() end)
    fill(t, ("x"):rep(300000))
    local news = false
    for _ = 1, 100 do
      loop:step(10)
      news = news or loop:ready() == t:id()
    end
    assert.is_true(news)
    assert.is_true(t:give "y" == 1)
    t:close()
  end)

  it("can be closed in any state", function()
    local before = server.descriptors()
    start("hang"):close()
    local scripts = { "hang", SWITCH .. ";hang", SWITCH .. ";fill 10000000;hang", SWITCH .. ";sleep 1000" }
    for _, script in ipairs(scripts) do
      local t = start(script)
      server.settle()
      fill(t, ("x"):rep(100000))
      t:close()
      t:close()
      assert.is_nil(t:give "x")
    end
    for _, script in ipairs(scripts) do start(script) end
    server.settle()
    collectgarbage()
    collectgarbage()
    assert.equal(0, loop:active())
    assert.is_true(server.descriptors() <= before)
  end)

  it("does not spin while its buffer is full and the peer is gone", function()
    local t = start(SWITCH .. ";fill 400000;close")
    server.settle()
    local clock = os.clock()
    for _ = 1, 10 do loop:step(20) end
    assert.is_true(os.clock() - clock < 0.1)
    assert.equal(400000, #server.run(t).body)
  end)
end)
