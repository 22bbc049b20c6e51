local core = require "moondock.core"
local cjson = require "cjson"

local null = core.null
local has_integers = math.type ~= nil

local function bytes_of(text)
  local pieces = {}
  for i = 1, #text do pieces[i] = text:sub(i, i) end
  return pieces
end

---Feed the pieces and take every value; the second result is the failure.
local function read(pieces, limit)
  local reader, values = core.json_reader(limit), {}
  local function drain()
    while true do
      local ok, value = reader:next()
      if not ok then return value end
      values[#values + 1] = value
    end
  end
  for _, piece in ipairs(pieces) do
    reader:feed(piece)
    local message = drain()
    if message then return values, message end
  end
  local ok, message = reader:finish()
  if not ok then return values, message end
  return values, drain()
end

local function decode(text)
  local ok, value = core.decode(text)
  assert(ok, value)
  return value
end

local SAMPLE = table.concat {
  '{"status":"Downloading","progress":"[=\\u003e ]",',
  '"progressDetail":{"current":12,"total":-3}}\r\n',
  '{"a":[],"b":{},"c":null,"d":[null,true,false,{"x":[[1]]}]}\n',
  '{"text":"q\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20ac\\ud83d\\ude00"}{"one":1}[2]',
  '\30{"seq":1}\n\30{"seq":2}\n',
  ' true\tfalse null"text"12 -0.5e1\n""[]{}7',
}
local EXPECTED = {
  { status = "Downloading", progress = "[=> ]", progressDetail = { current = 12, total = -3 } },
  { a = {}, b = {}, c = null, d = { null, true, false, { x = { { 1 } } } } },
  { text = 'q"\\/\b\f\n\r\t\195\169\226\130\172\240\159\152\128' }, { one = 1 }, { 2 },
  { seq = 1 }, { seq = 2 },
  true, false, null, "text", 12, -5.0, "", {}, {}, 7,
}

describe("core.decode", function()
  it("reads the scalars", function()
    for text, value in pairs {
      ["true"] = true, ["null"] = null, ['""'] = "", ['"x"'] = "x", ["0"] = 0, [" 1 "] = 1,
      ["-1"] = -1, ["\t\r\n 1.5"] = 1.5, ["1e2"] = 100, ["1E+2"] = 100, ["25e-1"] = 2.5,
    } do
      assert.equal(value, decode(text))
    end
    assert.same({ true, false }, { core.decode("false") })
  end)

  it("marks arrays and empty objects, and nothing else", function()
    local value = decode('{"a":[],"b":{},"c":[{"d":1}]}')
    assert.is_true(core.is_array(value.a))
    assert.is_true(core.is_array(value.c))
    assert.is_false(core.is_array(value.b))
    assert.is_false(core.is_array(value))
    assert.is_nil(getmetatable(value))
    assert.is_nil(getmetatable(value.c[1]))
    assert.equal(getmetatable(core.object()), getmetatable(value.b))
    assert.equal("moondock.array", getmetatable(value.a).__name)
    assert.equal("moondock.object", getmetatable(value.b).__name)
  end)

  it("has the null of cjson, in arrays and objects too", function()
    assert.equal(cjson.null, core.null)
    assert.same({ null, { a = null } }, decode('[null,{"a":null}]'))
  end)

  it("lets the last of equal keys win", function()
    assert.same({ a = 3, b = 2 }, decode('{"a":1,"b":2,"a":3}'))
    local pairs_of = {}
    for i = 1, 500 do pairs_of[i] = ('"k%d":%d'):format(i % 100, i) end
    local value = decode("{" .. table.concat(pairs_of, ",") .. "}")
    for i = 401, 500 do assert.equal(i, value["k" .. i % 100]) end
  end)

  it("keeps integers exact", function()
    for _, digits in ipairs {
      "0", "-1", "9007199254740991", "9007199254740992", "9007199254740993",
      "999999999999999999", "1000000000000000000", "9223372036854775806", "9223372036854775807",
      "-9223372036854775807", "-9223372036854775808", "9223372036854775808",
      "-9223372036854775809", "18446744073709551615", "18446744073709551616",
      "99999999999999999999", ("9"):rep(400),
    } do
      local value = decode(digits)
      local text = has_integers and tostring(value) or value
      if type(value) == "number" and not has_integers then
        text = ("%.0f"):format(value)
        assert.is_true(math.abs(value) <= 2 ^ 53)
      end
      assert.equal(digits, text)
    end
    if has_integers then
      assert.equal("integer", math.type(decode("9223372036854775807")))
      assert.equal("integer", math.type(decode("-0")))
      assert.equal("float", math.type(decode("1.0")))
      assert.equal("float", math.type(decode("1e3")))
    end
  end)

  it("reads floats as the C library does, in every locale", function()
    local texts = { "0.1", "-0.0", "1.7976931348623157e308", "4.9e-324", "2.2250738585072011e-308",
      "123456789012345678901234567890.5", "1e-400", "0.1e1", "9007199254740993.0", "1e22", "1e23" }
    math.randomseed(5)
    for _ = 1, 300 do
      texts[#texts + 1] = ("%.16e"):format((math.random() - 0.5) * 10 ^ math.random(-300, 300))
    end
    local locale = os.setlocale()
    for _, name in ipairs { "C", "de_DE.UTF-8", "fr_FR.UTF-8" } do
      if os.setlocale(name) then
        for _, text in ipairs(texts) do
          local ok, value = core.decode(text)
          os.setlocale("C")
          assert.is_true(ok)
          assert.equal(tonumber(text), value)
          os.setlocale(name)
        end
      end
    end
    os.setlocale(locale)
  end)

  it("reads escapes and surrogates; half a pair is U+FFFD", function()
    local bad = "\239\191\189"
    for text, value in pairs {
      ["\\u0000"] = "\0", ["\\u007f"] = "\127", ["\\u0080"] = "\194\128",
      ["\\u07FF"] = "\223\191", ["\\u0800"] = "\224\160\128", ["\\uffff"] = "\239\191\191",
      ["\\ud800\\udc00"] = "\240\144\128\128", ["\\uDBFF\\uDFFF"] = "\244\143\191\191",
      ["\\ud800"] = bad, ["\\udc00"] = bad, ["\\ud800x"] = bad .. "x",
      ["\\ud800\\u0041"] = bad .. "A", ["\\ud800\\ud800\\udc00"] = bad .. "\240\144\128\128",
      ["\\udc00\\ud800"] = bad .. bad, ["\\ud800\\n"] = bad .. "\n",
    } do
      assert.equal(value, decode('"' .. text .. '"'))
      assert.same({ [value] = 1 }, decode('{"' .. text .. '":1}'))
    end
  end)

  it("passes bytes that are not UTF-8", function()
    assert.equal("\255\192\128\127", decode('"\255\192\128\127"'))
  end)

  it("reads strings of every length and with an escape at every place", function()
    for n = 0, 70 do
      local text = ("abcdefghij"):rep(8):sub(1, n)
      assert.equal(text, decode('"' .. text .. '"'))
      assert.same({ [text] = text }, decode(('{"%s":"%s"}'):format(text, text)))
      for i = 0, n do
        local escaped = text:sub(1, i) .. "\\n" .. text:sub(i + 1)
        assert.equal(text:sub(1, i) .. "\n" .. text:sub(i + 1), decode('"' .. escaped .. '"'))
      end
    end
  end)

  it("reads arrays and objects of every size", function()
    for _, n in ipairs { 1, 2, 63, 64, 65, 127, 128, 129, 255, 256, 257, 1000, 70000 } do
      local elements, fields = {}, {}
      for i = 1, n do elements[i], fields[i] = i, ('"k%d":%d'):format(i, i) end
      local array = decode("[" .. table.concat(elements, ",") .. "]")
      local object = decode("{" .. table.concat(fields, ",") .. "}")
      assert.equal(n, #array)
      for i = 1, n do
        if array[i] ~= i or object["k" .. i] ~= i then error("element " .. i) end
      end
    end
  end)

  it("reads 128 levels and refuses 129", function()
    for _, brackets in ipairs { { "[", "]" }, { '{"a":', "}" } } do
      local open, close = brackets[1], brackets[2]
      assert.is_true((core.decode(open:rep(128) .. "1" .. close:rep(128))))
      local ok, message = core.decode(open:rep(129) .. "1" .. close:rep(129))
      assert.is_nil(ok)
      assert.matches("nested too deeply", message)
      assert.is_nil((core.decode(open:rep(1000000))))
    end
  end)

  it("reads wide levels in deep ones", function()
    local wide = ("1,"):rep(300)
    local value = decode(("[" .. wide):rep(128) .. "2" .. ("]"):rep(128))
    for _ = 1, 127 do
      assert.equal(301, #value)
      value = value[301]
    end
    assert.equal(2, value[301])
  end)

  it("refuses what is no JSON, and says where and what", function()
    for text, message in pairs {
      [""] = "1: expected a value, found the end",
      [" "] = "2: expected a value, found the end",
      ["<html>\n"] = '1: expected a value, found "<html>\\n"',
      ["[1] x"] = '5: expected nothing more, found "x"',
      ["[1,]"] = '4: expected a value, found "]"',
      ["[,1]"] = '2: expected a value, found ",1]"',
      ["[1 2]"] = '4: expected a comma or the end of an array, found "2]"',
      ["[1}"] = '3: expected a comma or the end of an array, found "}"',
      ['{"a":1,}'] = '8: expected a key, found "}"',
      ['{"a" 1}'] = '6: expected a colon, found "1}"',
      ['{"a":}'] = '6: expected a value, found "}"',
      ["{1:2}"] = '2: expected a key, found "1:2}"',
      ["{"] = "2: expected a key, found the end",
      ['{"a":1]'] = '7: expected a comma or the end of an object, found "]"',
      ["01"] = '1: a leading zero, found "01"',
      ["-"] = "2: expected a digit, found the end",
      ["-x"] = '2: expected a digit, found "x"',
      ["1."] = "3: expected a digit, found the end",
      ["1.e1"] = '3: expected a digit, found "e1"',
      ["1e"] = "3: expected a digit, found the end",
      ["1e+"] = "4: expected a digit, found the end",
      ["1e999"] = '1: a number too large, found "1e999"',
      ["+1"] = '1: expected a value, found "+1"',
      [".5"] = '1: expected a value, found ".5"',
      ["NaN"] = '1: expected a value, found "NaN"',
      ["nul"] = '1: expected a value, found "nul"',
      ["truex"] = '5: expected nothing more, found "x"',
      ['"abc'] = "5: expected the end of a string, found the end",
      ['"a\nb"'] = '3: expected no control character in a string, found "\\nb\\""',
      ['"\\n\1"'] = '4: expected no control character in a string, found "\\x01\\""',
      ['"a\\x"'] = '3: an invalid escape, found "\\\\x\\""',
      ['"\\u12g4"'] = '2: an invalid escape, found "\\\\u12g4\\""',
      ['"\\'] = '2: an invalid escape, found "\\\\"',
      ["[\0]"] = '2: expected a value, found "\\x00]"',
      ["\239\187\191{}"] = '1: expected a value, found "\\xEF\\xBB\\xBF{}"',
      ["\30{}"] = '1: expected a value, found "\\x1E{}"',
    } do
      assert.same({ nil, "invalid JSON at byte " .. message }, { core.decode(text) })
    end
  end)

  it("quotes no more than the beginning", function()
    local _, message = core.decode(("x"):rep(10000))
    local quote = '"' .. ("x"):rep(40) .. '..."'
    assert.equal("invalid JSON at byte 1: expected a value, found " .. quote, message)
  end)

  it("refuses every beginning of a document", function()
    local text = '{"a":[1.5e3,true,"x\\u00e9",{"b":null}]}'
    for i = 0, #text - 1 do assert.is_nil((core.decode(text:sub(1, i)))) end
  end)

  it("checks its argument", function()
    assert.has_error(function() core.decode({}) end)
    assert.has_error(function() core.decode() end)
  end)
end)

describe("core.json_reader", function()
  it("takes several values from one chunk", function()
    local values, message = read { SAMPLE }
    assert.is_nil(message)
    assert.same(EXPECTED, values)
  end)

  it("gives the same byte by byte", function()
    local values, message = read(bytes_of(SAMPLE))
    assert.is_nil(message)
    assert.same(EXPECTED, values)
  end)

  it("gives the same at every split", function()
    for i = 0, #SAMPLE do
      local values, message = read { SAMPLE:sub(1, i), SAMPLE:sub(i + 1) }
      assert.is_nil(message)
      assert.same(EXPECTED, values)
    end
  end)

  it("says not yet, then hands out each value once", function()
    local reader = core.json_reader()
    assert.same({ false }, { reader:next() })
    reader:feed('{"a":1}{"b"')
    assert.same({ true, { a = 1 } }, { reader:next() })
    assert.same({ false }, { reader:next() })
    assert.same({ false }, { reader:next() })
    assert.equal(4, reader:pending())
    reader:feed(":2}")
    assert.same({ true, { b = 2 } }, { reader:next() })
    assert.equal(0, reader:pending())
    assert.is_true(reader:finish())
    assert.same({ false }, { reader:next() })
  end)

  it("hands out a number at the end after finish", function()
    local reader = core.json_reader()
    reader:feed("12")
    assert.is_false((reader:next()))
    assert.is_true(reader:finish())
    assert.same({ true, 12 }, { reader:next() })
    assert.same({ false }, { reader:next() })
  end)

  it("reports a value that was cut, at every byte", function()
    local text = '{"a":[1.5,"x\\u00e9",true]}'
    for i = 1, #text - 1 do
      local values, message = read { text:sub(1, i) }
      assert.same({}, values)
      assert.equal(("JSON cut in a value, after byte %d"):format(i), message)
    end
    assert.matches("cut", select(2, read { "tru" }))
    assert.matches("invalid JSON at byte 2", select(2, read { "-" }), 1, true)
  end)

  it("accepts an empty stream, and one of separators", function()
    assert.same({ {} }, { read {} })
    assert.same({ {} }, { read { "", "\r\n \30\30\n" } })
  end)

  it("hands out what came before garbage, then quotes it, always", function()
    local reader = core.json_reader()
    reader:feed('{"a":1}\n<html>')
    assert.same({ true, { a = 1 } }, { reader:next() })
    local message = 'invalid JSON at byte 9: expected a value, found "<html>"'
    for _ = 1, 3 do
      assert.same({ nil, message }, { reader:next() })
      reader:feed("{}")
      assert.equal(0, reader:pending())
    end
    assert.same({ nil, message }, { reader:finish() })
  end)

  it("refuses garbage at once", function()
    for text, message in pairs {
      ["<"] = 'byte 1: expected a value, found "<"',
      ["not found\n"] = 'byte 1: expected a value, found "not found\\n"',
      ["[error] x"] = 'byte 5: expected a value, a comma or a bracket, found "or] x"',
      ['{"a\n'] = 'byte 4: expected no control character in a string, found "\\n"',
      ["[1,\0"] = 'byte 4: expected a value, a comma or a bracket, found "\\x00"',
      ["{}]"] = 'byte 3: expected a value, found "]"',
      ["{},{}"] = 'byte 3: expected a value, found ",{}"',
      ["404 page"] = 'byte 5: expected a value, found "page"',
      ['{"a":1]'] = 'byte 7: expected a comma or the end of an object, found "]"',
      ["{} [1,]"] = 'byte 7: expected a value, found "]"',
      ["01 "] = 'byte 1: a leading zero, found "01 "',
      ["1-2 "] = 'byte 2: expected nothing more, found "-2 "',
    } do
      assert.equal("invalid JSON at " .. message, select(2, read { text }))
    end
    for text in pairs { ["<"] = 1, ["nu "] = 1, ["[x"] = 1, ['["\1'] = 1 } do
      assert.matches("^invalid JSON", select(2, read(bytes_of(text))))
    end
  end)

  it("refuses deep nesting before it ends", function()
    local values, message = read { ("["):rep(129) }
    assert.same({}, values)
    assert.matches("nested too deeply", message)
    assert.is_nil(select(2, read { ("["):rep(128) .. ("]"):rep(128) }))
  end)

  it("limits one value, not the stream", function()
    local values, message = read({ ('"12345678"\n'):rep(1000) }, 10)
    assert.equal(1000, #values)
    assert.is_nil(message)
    assert.same({ {}, "JSON value of more than 10 bytes" }, { read({ '"123456789"' }, 10) })
    assert.same({ {}, "JSON value of more than 10 bytes" }, { read(bytes_of('"123456789"'), 10) })
    assert.same({ {}, "JSON value of more than 10 bytes" }, { read({ ("1"):rep(11) }, 10) })
    assert.same({ {} }, { read({ (" "):rep(100) }, 10) })
  end)

  it("refuses to be fed for ever", function()
    local reader = core.json_reader(1000)
    assert.has_error(function()
      for _ = 1, 1001 do reader:feed("{}") end
    end, "too much fed: call next until it returns false")
    assert.is_true((reader:next()))
  end)

  it("looks at each byte once", function()
    local n = 200000
    local reader, started = core.json_reader(), os.clock()
    reader:feed('["')
    for _ = 1, n do
      reader:feed("xxxxxxxxxxxxxxxx")
      reader:next()
    end
    reader:feed('"]')
    local _, value = reader:next()
    assert.equal(16 * n, #value[1])
    assert.is_true(os.clock() - started < 20)
  end)

  it("checks its arguments", function()
    assert.has_error(function() core.json_reader(0) end)
    assert.has_error(function() core.json_reader({}) end)
    assert.has_error(function() core.json_reader():feed({}) end)
    assert.has_error(function() core.json_reader().next({}) end)
  end)
end)

describe("decoding beside cjson", function()
  local STRINGS = { "", "a", "running", "\195\169", 'q"uote', "back\\slash", "new\nline", "\1\31",
    ("long"):rep(30), "/path/to", "</html>" }
  local KEYS = { "Id", "Names", "Labels", "com.docker.compose.project", "80/tcp", "", "Id2",
    ("key"):rep(20), "x\ty" }

  local function scalar()
    local kind = math.random(1, 6)
    if kind == 1 then return cjson.null end
    if kind == 2 then return math.random() < 0.5 end
    if kind == 3 then return math.random(-1000000, 1000000) end
    if kind == 4 then return math.random(-4000, 4000) / 64 end
    return STRINGS[math.random(#STRINGS)]
  end

  local function document(depth)
    local kind = depth > 0 and math.random(1, 3) or 3
    if kind == 3 then return scalar() end
    local t = {}
    for i = 1, math.random(1, 6) do
      local key = kind == 1 and i or KEYS[math.random(#KEYS)]
      t[key] = document(depth - 1)
    end
    return t
  end

  it("gives the same values for random documents, whole and in pieces", function()
    math.randomseed(17)
    for _ = 1, 500 do
      local text = cjson.encode { document(5) }
      local expected = cjson.decode(text)
      assert.same(expected, decode(text))
      local at = math.random(0, #text)
      assert.same({ expected, expected }, (read { text:sub(1, at), text:sub(at + 1) .. text }))
    end
  end)

  it("gives tables that cjson encodes", function()
    local text = '[{"Id":"x"},[1,2],null]'
    assert.equal(text, cjson.encode(decode(text)))
  end)

  it("agrees with the reader on every mutation of a document", function()
    math.randomseed(23)
    local noise = '{}[]",:\\u0123456789.eE+-tfn \n\1\255x'
    for _ = 1, 5000 do
      local text = SAMPLE:sub(1, math.random(#SAMPLE))
      for _ = 1, math.random(1, 4) do
        local at, c = math.random(#text + 1), math.random(#noise)
        text = text:sub(1, at - 1) .. noise:sub(c, c) .. text:sub(at + math.random(0, 2))
      end
      local whole, whole_message = read { text }
      local pieces, pieces_message = read(bytes_of(text))
      assert.same(whole, pieces)
      assert.equal(whole_message == nil, pieces_message == nil)
      local ok, value = core.decode("[" .. text .. "]")
      assert.is_true(ok or type(value) == "string")
      if core.decode(text) then assert.is_nil(whole_message) end
    end
  end)
end)

describe("core.array and core.object", function()
  it("mark the table they are given, or a new one", function()
    local t = { 1 }
    assert.equal(t, core.array(t))
    assert.is_true(core.is_array(t))
    assert.is_false(core.is_array(core.object(t)))
    assert.is_true(core.is_array(core.array()))
    assert.same({}, core.object())
    assert.is_false(core.is_array({}))
    assert.is_false(core.is_array("x"))
    assert.is_false(core.is_array(nil))
    assert.has_error(function() core.array("x") end)
    assert.has_error(function() core.object(1) end)
  end)
end)
