local new_output = require "moondock.output"

local function collected(limit, pieces)
  local output = new_output(limit)
  for _, piece in ipairs(pieces) do output:add(piece) end
  return output:text()
end

describe("output", function()
  local whole = {
    { "nothing", 10, {}, "" },
    { "one piece", 10, { "abc" }, "abc" },
    { "pieces in their order", 10, { "a", "bc", "", "def" }, "abcdef" },
    { "exactly as much as its limit", 10, { "0123456789" }, "0123456789" },
    { "exactly as much as its limit, byte by byte", 4, { "0", "1", "2", "3" }, "0123" },
  }
  for _, case in ipairs(whole) do
    it("keeps " .. case[1], function()
      local text, truncated = collected(case[2], case[3])
      assert.are.equal(case[4], text)
      assert.is_false(truncated)
    end)
  end

  local cut = {
    { "one piece", 10, { "0123456789AB" }, "01234789AB" },
    { "many pieces", 4, { "0", "1", "2", "3", "4", "5" }, "0145" },
    { "pieces longer than the limit", 4, { "abcdefgh", "ijklmnop" }, "abop" },
    { "pieces that cross the middle", 6, { "abcd", "efgh", "ij" }, "abchij" },
    { "everything, of a limit of nothing", 0, { "abc" }, "" },
  }
  for _, case in ipairs(cut) do
    it("drops the middle of " .. case[1] .. " and says so", function()
      local text, truncated = collected(case[2], case[3])
      assert.are.equal(case[4], text)
      assert.is_true(truncated)
    end)
  end

  it("gives the same text when it is asked twice", function()
    local output = new_output(4)
    output:add("abcdef")
    output:text()
    assert.are.equal("abef", (output:text()))
  end)

  it("holds no more than its limit and one piece, however much comes", function()
    local output = new_output(1024)
    for _ = 1, 10000 do output:add(("x"):rep(100)) end
    local held = output.head_size + output.tail_size
    assert.is_true(held <= 1024 + 100, "held " .. held)
    assert.are.equal(1024, #output:text())
  end)

  it("finds the beginning and the end again in a random cut", function()
    local seed = 7
    local function random(n)
      seed = (seed * 16807) % 2147483647
      return seed % n + 1
    end
    for _ = 1, 200 do
      local pieces, all = {}, ""
      for i = 1, random(12) do
        pieces[i] = tostring(random(1e6)):rep(random(4))
        all = all .. pieces[i]
      end
      local half = random(20)
      local text, truncated = collected(2 * half, pieces)
      if #all <= 2 * half then
        assert.are.equal(all, text)
        assert.is_false(truncated)
      else
        assert.are.equal(all:sub(1, half) .. all:sub(-half), text)
        assert.is_true(truncated)
      end
    end
  end)
end)
