-- Transfers that are never paused: they drop the oldest lines that nobody took, and count them.

local core = require "moondock.core"
local memory = require "spec.memory"
local server = require "spec.core.server"

local HEAD = "send HTTP/1.1 200 OK\\r\\n\\r\\n;"

local function start(script, drain)
  local request = server.request(HEAD .. script .. ";close", { drain = drain })
  return assert(core.transfer(core.loop(), request))
end

-- Let everything arrive while nothing is taken.
local function arrive(t)
  server.wait(function() return t:ended() end, 60)
end

-- The numbers of the lines that are there; each must be whole.
local function numbers(t)
  local parts, list = {}, {}
  server.take(t, parts)
  for line in table.concat(parts):gmatch "([^\n]*)\n" do
    local n = assert(line:match '^{"n":(%d+)}$', line)
    list[#list + 1] = tonumber(n)
  end
  return list
end

local function assert_newest(list, dropped, total)
  assert.equal(total, #list + dropped)
  for i, n in ipairs(list) do
    if n ~= dropped + i then assert.equal(dropped + i, n) end
  end
end

describe("a transfer that drains", function()
  setup(server.start)
  teardown(server.stop)

  it("loses nothing while there is room", function()
    local t = start('number 1000 {"n":#}\\n', 65536)
    arrive(t)
    assert_newest(numbers(t), t:dropped(), 1000)
    assert.equal(0, t:dropped())
    t:close()
  end)

  for _, drain in ipairs { 64, 1000, 65536, true } do
    it("keeps the newest lines whole and counts the others: " .. tostring(drain), function()
      local total = drain == true and 1000000 or 50000
      local t = start('number ' .. total .. ' {"n":#}\\n', drain)
      arrive(t)
      local dropped = t:dropped()
      assert.is_true(dropped > 0)
      assert.equal(0, t:dropped())
      local list = numbers(t)
      assert.is_true(#list * 15 > (drain == true and 2 ^ 22 or drain) / 2)
      assert_newest(list, dropped, total)
      t:close()
    end)
  end

  it("goes on to the end although nobody reads, in bounded memory", function()
    local t = start('number 10 {"n":#}\\n;sleep 50;number 3000000 {"some":"event\\sof\\sabout\\s64\\sbytes",'
      .. '"more":"#"}\\n', 1024 * 1024)
    server.settle()
    assert.is_true(memory.grown(function() arrive(t) end) < 4096)
    local parts = {}
    server.take(t, parts)
    local size = #table.concat(parts)
    assert.is_true(size <= 1024 * 1024 and size > 512 * 1024)
    t:close()
  end)

  it("holds no more than was said, and no less than half", function()
    local t = start('number 20000 {"n":#}\\n', 4096)
    arrive(t)
    local size = #t:take()
    assert.is_true(size <= 4096 and size > 2048)
    t:close()
  end)

  it("gives up a value that is larger than its buffer, and goes on behind it", function()
    local t = start('number 3 {"n":#}\\n;send "big;fill 1000000;send "\\n;sleep 30;number 5 {"n":#}\\n', 4096)
    arrive(t)
    assert.equal(4, t:dropped())
    assert.same({ 1, 2, 3, 4, 5 }, numbers(t))
    t:close()
  end)

  it("gives up such a value in the memory of its buffer", function()
    local t = start("fill 300000000;send \\n;number 2 {\"n\":#}\\n", 65536)
    server.settle()
    assert.is_true(memory.grown(function() arrive(t) end) < 4096)
    assert.equal(1, t:dropped())
    assert.same({ 1, 2 }, numbers(t))
    t:close()
  end)

  it("keeps a value that just fits", function()
    local line = ("x"):rep(999)
    local t = start('number 100 {"n":#}\\n;send ' .. line .. "\\n", 1000)
    arrive(t)
    assert.equal(100, t:dropped())
    assert.equal(line .. "\n", t:take())
    t:close()
  end)

  it("keeps the beginning of a line that is still to end", function()
    local t = start('number 1000 {"n":#}\\n;send {"n":;sleep 50;send 1001}\\n', 1000)
    arrive(t)
    assert_newest(numbers(t), t:dropped(), 1001)
    t:close()
  end)

  it("counts a line that was taken in part, and begins with the next", function()
    local t = start('send {"n":;sleep 100;send 1}\\n;number 999 {"n":#}\\n', 1000)
    local part
    server.wait(function()
      part = part or t:take()
      return part
    end)
    assert.equal('{"n":', part)
    arrive(t)
    local dropped = t:dropped()
    local list = numbers(t)
    assert.equal(1000, #list + dropped)
    assert.equal(999, list[#list])
    t:close()
  end)

  it("counts no blank lines", function()
    local t = start('number 1000 {"n":#}\\r\\n\\s\\x1e\\n\\n', 500)
    arrive(t)
    local _, left = t:take():gsub("%d+", "")
    assert.equal(1000, left + t:dropped())
    t:close()
  end)

  it("counts what it drops while it is read", function()
    local t, seen, dropped = start('number 300000 {"n":#}\\n', 20000), 0, 0
    local reader = core.json_reader()
    server.wait(function()
      local lost, bytes = t:dropped(), t:take(1000)
      if lost > 0 then reader = core.json_reader() end
      reader:feed(bytes or "")
      dropped = dropped + lost
      local found, value = reader:next()
      while found do
        seen = seen + 1
        if value.n ~= seen + dropped then assert.equal(seen + dropped, value.n) end
        found, value = reader:next()
      end
      return not bytes and t:ended()
    end)
    assert.equal(300000, seen + dropped)
    assert.is_true(dropped > 0)
    t:close()
  end)

  it("refuses sizes that are none", function()
    for _, drain in ipairs { -1, "x", 2 ^ 40, 0 / 0 } do
      assert.has_error(function() start("close", drain) end)
    end
  end)

  it("is what one is asked to be: others drop nothing", function()
    local t = start('number 50000 {"n":#}\\n', false)
    server.settle()
    assert.is_false((t:ended()))
    assert.equal(0, t:dropped())
    t:close()
    assert.equal(0, t:dropped())
  end)
end)
