local cjson = require "cjson"
local core = require "moondock.core"
local told = require "moondock.told"

local function decoded(json)
  return select(2, assert(core.decode(json)))
end

describe("what an engine told is read as", function()
  it("an object, or as one without fields", function()
    assert.equal(1, told.object(decoded '{"a":1}').a)
    assert.equal(1, told.object(cjson.decode '{"a":1}').a)
    for _, json in ipairs { "null", "[]", '[{"a":1}]', "7", '"a"', "true", "{}" } do
      assert.is_nil(next(told.object(decoded(json))))
    end
    assert.is_nil(next(told.object(nil)))
  end)

  it("an object in a field, which is made where there is none", function()
    local record = decoded '{"kept":{"a":1},"null":null,"list":[1]}'
    assert.equal(1, told.part(record, "kept").a)
    for _, field in ipairs { "null", "list", "absent" } do
      told.part(record, field).b = 2
      assert.same({ b = 2 }, record[field])
      assert.equal('{"b":2}', core.encode(record[field]))
    end
  end)

  it("a list of objects, without what is none", function()
    local list = told.objects(decoded '[{"a":1},null,7,[{"a":3}],{"a":2}]')
    assert.equal('[{"a":1},{"a":2}]', core.encode(list))
    for _, json in ipairs { "null", '{"a":1}', '"x"', "[]" } do
      assert.equal("[]", core.encode(told.objects(decoded(json))))
    end
  end)

  it("a text that says something", function()
    assert.equal("x", told.text "x")
    for _, json in ipairs { '""', "null", "7", '["x"]', "true" } do assert.is_nil(told.text(decoded(json))) end
  end)

  it("a whole number, also one in digits", function()
    for given, expected in pairs { ["7"] = 7, ["-7"] = -7, ["7.0"] = 7, ['"80"'] = 80, ['"-1"'] = -1 } do
      local value = told.integer(decoded(given))
      assert.equal(expected, value)
      assert.equal(tostring(expected), tostring(value))
    end
    for _, json in ipairs { "1.5", '"1.5"', '"0x10"', '" 7"', '""', "null", "[7]", "true" } do
      assert.is_nil(told.integer(decoded(json)))
    end
    assert.is_nil(told.integer(1 / 0))
    assert.is_nil(told.integer(0 / 0))
  end)
end)
