-- The long form of flags, as text or as a table.

local fields = require "moondock.fields"

local function joined(item)
  local parts = {}
  for i, field in ipairs(fields.of("flag", item)) do parts[i] = field[1] .. "|" .. (field[2] or "nil") end
  return table.concat(parts, " ")
end

describe("fields", function()
  local cases = {
    { "a=1,b=2", "a|1 b|2" },
    { "A=x=y,b", "a|x=y b|nil" },
    { "a=", "a|" },
    { '"a=1,2",b=3', "a|1,2 b|3" },
    { '"a=say ""hi"", now"', 'a|say "hi", now' },
    { { b = 2, a_c = "1" }, "a-c|1 b|2" },
    { { opt = { "x=1", "y=2" } }, "opt|x=1 opt|y=2" },
    { { opt = { y = 2, x = 1 } }, "opt|x=1 opt|y=2" },
  }
  for i, case in ipairs(cases) do
    it(("are taken apart, case %d"):format(i), function() assert.equal(case[2], joined(case[1])) end)
  end

  for _, text in ipairs { '"a=1', '"a=1"b', 'a=1,"' } do
    it("refuse the quotes of " .. text, function()
      assert.has_error(function() fields.of("flag", text) end)
    end)
  end

  it("name those that there are when one is unknown", function()
    local ok, message = pcall(fields.fill, "flag", "x=1", { b = true, a = true }, {})
    assert.is_false(ok)
    assert.matches("unknown field 'x' of option flag; it takes: a, b", message)
  end)

  it("need a value", function()
    local ok, message = pcall(fields.fill, "flag", "a", { a = print }, {})
    assert.is_false(ok)
    assert.matches("field 'a' of option flag needs a value", message)
  end)

  it("come one or several at a time", function()
    assert.same({ "a" }, fields.items("flag", "a"))
    assert.same({ { a = 1 } }, fields.items("flag", { a = 1 }))
    assert.same({ "a", { b = 1 } }, fields.items("flag", { "a", { b = 1 } }))
    assert.same({}, fields.items("flag", {}))
    assert.error_matches(function() fields.items("flag", { "a", nil, "b" }) end,
      "option flag has a hole at position 2")
  end)

  it("tell the long form, and records of the Engine", function()
    assert.is_true(fields.is_long "a=1")
    assert.is_true(fields.is_long { a = 1 })
    assert.is_false(fields.is_long "8080:80")
    assert.is_true(fields.is_record { Target = "x" })
    assert.is_false(fields.is_record { target = "x" })
    assert.is_false(fields.is_record "Target")
  end)
end)
