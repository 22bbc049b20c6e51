local cjson = require "cjson"
local core = require "moondock.core"

local null = cjson.null

-- The marks that the reader puts on tables; both files make the same metatables.
local function marked(kind)
  return setmetatable({}, debug.getregistry()["moondock." .. kind])
end

local function plain(n)
  return n
end

describe("core.encode", function()
  local VALUES = {
    { "null", null, "null" },
    { "true", true, "true" },
    { "false", false, "false" },
    { "an integer", 42, "42" },
    { "a negative integer", -7, "-7" },
    { "zero", 0, "0" },
    { "an integral float", 16777216.0, "16777216" },
    { "more than 14 digits", 1700000000123456, "1700000000123456" },
    { "2^53", 2 ^ 53, "9007199254740992" },
    { "2^63", 2 ^ 63, "9223372036854775808" },
    { "-2^63", -2 ^ 63, "-9223372036854775808" },
    { "1e19", 1e19, "10000000000000000000" },
    { "a tenth", 0.1, "0.1" },
    { "a third", 1 / 3, "0.3333333333333333" },
    { "a small fraction", 1e-7, "1e-07" },
    { "an empty string", "", '""' },
    { "quotes and backslashes", 'a"b\\c', [["a\"b\\c"]] },
    { "control characters", "\b\t\n\f\r\0\1\31", [["\b\t\n\f\r\u0000\u0001\u001f"]] },
    { "DEL and slashes", "\127/", '"\127/"' },
    { "UTF-8", "é€😀", '"é€😀"' },
    { "an empty table", {}, "{}" },
    { "an array", { 1, "a", true, null }, '[1,"a",true,null]' },
    { "nested empties", { { {} } }, "[[{}]]" },
    { "an object", { a = { 1, 2 } }, '{"a":[1,2]}' },
    { "an array whose keys are not in order", { [3] = 3, [2] = 2, [1] = 1 }, "[1,2,3]" },
    { "an array of nulls", { null, null }, "[null,null]" },
  }

  for _, case in ipairs(VALUES) do
    it("writes " .. case[1], function()
      assert.equal(case[3], core.encode(case[2]))
    end)
  end

  it("escapes every byte at every place, and nothing else", function()
    local letters = { ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\t"] = "\\t", ["\n"] = "\\n",
      ["\f"] = "\\f", ["\r"] = "\\r" }
    for byte = 0, 127 do
      local char = string.char(byte)
      local written = letters[char] or (byte < 32 and ("\\u%04x"):format(byte)) or char
      for before = 0, 17 do
        for after = 0, 9 do
          local head, tail = ("!~\127"):rep(6):sub(1, before), ("[ #"):rep(3):sub(1, after)
          local text = core.encode(head .. char .. tail)
          if text ~= '"' .. head .. written .. tail .. '"' then error(byte .. " at " .. before .. ": " .. text) end
        end
      end
    end
  end)

  it("refuses every byte beyond ASCII that stands alone, at every place", function()
    for byte = 128, 255 do
      for before = 0, 17 do
        local text, message = core.encode(("a"):rep(before) .. string.char(byte) .. "bcdefghij")
        assert.is_nil(text)
        assert.matches("not valid UTF%-8 at byte " .. before + 1 .. "$", message)
      end
    end
  end)

  it("keeps every digit of a 64-bit integer", function()
    if math.tointeger then
      assert.equal("9223372036854775807", core.encode(math.maxinteger))
      assert.equal("-9223372036854775808", core.encode(math.mininteger))
      assert.equal("1152921504606846977", core.encode(math.tointeger(2 ^ 60) + 1))
    end
  end)

  it("believes the marks of empty tables", function()
    assert.equal("[]", core.encode(marked "array"))
    assert.equal("{}", core.encode(marked "object"))
  end)

  it("writes the raw fields of tables with a metatable", function()
    local handle = setmetatable({ Id = "a" }, { __index = { Name = "b" } })
    assert.equal('{"Id":"a"}', core.encode(handle))
  end)

  local inf = 1 / 0
  local cycle = {}
  cycle.t = cycle

  local REFUSALS = {
    { "a function", plain, "the value: cannot be sent: a function" },
    { "nan", 0 / 0, "the value: not a number (nan)" },
    { "infinity, with its path", { a = { b = { inf } } }, "a.b[1]: an infinite number" },
    { "mixed keys", { 1, a = 2 }, "the value: both positions and names in one table" },
    { "holes", { x = { 1, nil, 3 } }, "x: hole in the array at position 2" },
    { "a hole at the start", { x = { [2] = 1 } }, "x: hole in the array at position 1" },
    { "a fractional position", { x = { [1.5] = 1 } },
      "x: a key that is no position of an array" },
    { "a boolean key", { [true] = 1 }, "the value: a key that is neither a name nor a position" },
    { "bad UTF-8", { x = { "a\255" } }, "x[1]: not valid UTF-8 at byte 2" },
    { "a cut character", "ab\226\130", "the value: not valid UTF-8 at byte 3" },
    { "an overlong form", "\192\128", "the value: not valid UTF-8 at byte 1" },
    { "a surrogate", "\237\160\128", "the value: not valid UTF-8 at byte 1" },
    { "beyond Unicode", "\244\144\128\128", "the value: not valid UTF-8 at byte 1" },
    { "a name that is not plain", { ["a.b"] = { inf } }, '["a.b"][1]: an infinite number' },
    { "a cycle", cycle, "t.t.t.t.t.t.t.t.t.t.t.t...: nested too deeply" },
  }

  for _, case in ipairs(REFUSALS) do
    it("refuses " .. case[1], function()
      local text, message = core.encode(case[2])
      assert.is_nil(text)
      assert.equal(case[3], message)
    end)
  end

  it("raises without an argument", function()
    assert.has_error(function() core.encode() end)
  end)

  it("is exact where 128 levels are", function()
    local value = "x"
    for _ = 1, 128 do value = { value } end
    assert.equal(("["):rep(128) .. '"x"' .. ("]"):rep(128), core.encode(value))
    assert.is_nil((core.encode { value }))
  end)
end)

-- Random values, with lua-cjson as the judge of what was written.
local function random_string()
  local bytes = {}
  for i = 1, math.random(0, 20) do bytes[i] = string.char(math.random(0, 127)) end
  return table.concat(bytes) .. (math.random(4) == 1 and "äöü€😀" or "")
end

local function random_value(depth)
  local kind = math.random(depth > 4 and 5 or 7)
  if kind == 1 then return math.random(2) == 1 end
  if kind == 2 then return math.random(-1000000, 1000000) end
  if kind == 3 then return (math.random() - 0.5) * 10 ^ math.random(-20, 20) end
  if kind == 4 then return random_string() end
  if kind == 5 then return null end
  local value = {}
  for i = 1, math.random(1, 5) do
    value[kind == 6 and i or random_string()] = random_value(depth + 1)
  end
  return value
end

describe("core.encode against lua-cjson", function()
  it("writes what reads back as the same", function()
    for seed = 1, 2000 do
      math.randomseed(seed)
      local value = { random_value(1) }
      local text, message = core.encode(value)
      assert.is_nil(message)
      assert.same(value, cjson.decode(text))
    end
  end)
end)
