local core = require "moondock.core"

describe("core.base64", function()
  local SAMPLES = {
    { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
    { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" }, { "\0", "AA==" }, { "\0\0\0", "AAAA" },
  }

  it("encodes the samples of RFC 4648", function()
    for _, sample in ipairs(SAMPLES) do
      assert.equal(sample[2], core.base64(sample[1]))
      assert.equal(sample[2], core.base64(sample[1], "standard"))
    end
  end)

  it("has both alphabets", function()
    assert.equal("+++++/8=", core.base64("\251\239\190\251\255", "standard"))
    assert.equal("-----_8=", core.base64("\251\239\190\251\255", "url"))
  end)

  it("refuses another alphabet", function()
    assert.has_error(function() core.base64("x", "hex") end)
    assert.has_error(function() core.base64({}) end)
  end)

  it("is undone with and without padding, in both alphabets", function()
    math.randomseed(3)
    for n = 0, 100 do
      local bytes = {}
      for i = 1, n do bytes[i] = string.char(math.random(0, 255)) end
      bytes = table.concat(bytes)
      for _, alphabet in ipairs { "standard", "url" } do
        local text = core.base64(bytes, alphabet)
        assert.equal(bytes, core.unbase64(text))
        assert.equal(bytes, core.unbase64((text:gsub("=", ""))))
      end
    end
  end)

  it("refuses bad input and does not quote it", function()
    for text, message in pairs {
      ["Z"] = "invalid base64: the text is cut short",
      ["Zm9vY"] = "invalid base64: the text is cut short",
      ["Zg="] = "invalid base64 at byte 3",
      ["Zg==="] = "invalid base64 at byte 3",
      ["Zm8=="] = "invalid base64 at byte 4",
      ["Zm9v="] = "invalid base64 at byte 5",
      ["="] = "invalid base64 at byte 1",
      ["===="] = "invalid base64 at byte 1",
      ["Zm 9v"] = "invalid base64 at byte 3",
      ["Zm9v\n"] = "invalid base64 at byte 5",
      ["Zm\0v"] = "invalid base64 at byte 3",
      ["Zg==Zg=="] = "invalid base64 at byte 3",
    } do
      assert.same({ nil, message }, { core.unbase64(text) })
    end
  end)
end)

describe("core.percent", function()
  it("keeps the unreserved characters only", function()
    for i = 0, 255 do
      local c = string.char(i)
      local expected = c:find("[A-Za-z0-9._~-]") and c or ("%%%02X"):format(i)
      assert.equal(expected, core.percent(c))
    end
  end)

  it("keeps slashes when asked to", function()
    assert.equal("a%2Fb%20c", core.percent("a/b c"))
    assert.equal("a/b%20c", core.percent("a/b c", true))
    assert.equal("", core.percent(""))
  end)
end)

describe("core.time", function()
  local NOW = "1700000000.250000001"

  local ACCEPTED = {
    { 0, "0.000000000" },
    { 1700000000, "1700000000.000000000" },
    { 1700000000.25, "1700000000.250000000" },
    { 1700000000.1, "1700000000.100000000" },
    { 0.1, "0.100000000" },
    { 1e-12, "0.000000000" },
    { 253402300799, "253402300799.000000000" },
    { "0", "0.000000000" },
    { "1700000000", "1700000000.000000000" },
    { "1700000000.5", "1700000000.500000000" },
    { "1700000000.123456789", "1700000000.123456789" },
    { "1700000000.1234567899", "1700000000.123456789" },
    { "007.000000001", "7.000000001" },
    { "1970-01-01T00:00:00Z", "0.000000000" },
    { "2024-02-29T12:00:00Z", "1709208000.000000000" },
    { "2000-02-29 12:00:00z", "951825600.000000000" },
    { "2024-01-31t12:00:00.123456789z", "1706702400.123456789" },
    { "2024-01-31T12:00:00.1234567899Z", "1706702400.123456789" },
    { "2024-01-31T12:00:00.5+02:00", "1706695200.500000000" },
    { "2024-01-31T12:00:00-00:30", "1706704200.000000000" },
    { "9999-12-31T23:59:59Z", "253402300799.000000000" },
    { "0s", "1700000000.250000001" },
    { "10m", "1699999400.250000001" },
    { "1h30m", "1699994600.250000001" },
    { "1.5h", "1699994600.250000001" },
    { "90s", "1699999910.250000001" },
    { "500ms", "1699999999.750000001" },
    { "250ms1ns", "1700000000.000000000" },
    { "250ms2ns", "1699999999.999999999" },
    { "1us", "1700000000.249999001" },
    { "1\194\181s", "1700000000.249999001" },
    { "1\206\188s", "1700000000.249999001" },
    { "0.000000001s", "1700000000.250000000" },
    { "0.000000001h", "1700000000.249996401" },
    { "0.5ns", "1700000000.250000001" },
    { "1500000000ns", "1699999998.750000001" },
  }

  it("accepts numbers, text, RFC 3339 and durations", function()
    for _, sample in ipairs(ACCEPTED) do
      assert.equal(sample[2], core.time(sample[1], NOW))
    end
  end)

  local REFUSED = {
    { -1, "negative" }, { -0.5, "negative" }, { "-10m", "negative" }, { "-1", "negative" },
    { 0 / 0, "RFC 3339" }, { 1 / 0, "milliseconds" }, { 1700000000000, "milliseconds" },
    { "1700000000000", "milliseconds" }, { ("9"):rep(50), "milliseconds" },
    { "", "RFC 3339" }, { "yesterday", "RFC 3339" }, { " 1", "RFC 3339" }, { "+1", "RFC 3339" },
    { "0x10", "units" }, { "1e9", "units" }, { "1.", "units" }, { "1 ", "units" },
    { "1\0", "units" },
    { "2d", "units" }, { "10", nil }, { "1h30", "units" }, { "1.h", "units" }, { "h", "RFC 3339" },
    { "10m\0", "units" }, { "999999999h", "before 1970" }, { "472223h", "before 1970" },
    { "2024-01-31", "zone" }, { "2024-01-31T12:00:00", "zone" }, { "2024-01-31T12:00Z", "zone" },
    { "2024-01-31T12:00:00+0200", "zone" }, { "2024-01-31T12:00:00+2", "zone" },
    { "2024-01-31X12:00:00Z", "zone" }, { "2024-01-31T12:00:00Zx", "RFC 3339" },
    { "2024-01-31T12:00:00.Z", "RFC 3339" }, { "2024-1-31T12:00:00Z", "RFC 3339" },
    { "24-01-31T12:00:00Z", "RFC 3339" }, { "2023-02-29T12:00:00Z", "no such date" },
    { "1900-02-29T12:00:00Z", "no such date" }, { "2024-13-01T12:00:00Z", "no such date" },
    { "2024-00-01T12:00:00Z", "no such date" }, { "2024-04-31T12:00:00Z", "no such date" },
    { "2024-04-00T12:00:00Z", "no such date" }, { "2024-01-31T24:00:00Z", "no such date" },
    { "2024-01-31T12:60:00Z", "no such date" }, { "2024-01-31T12:00:60Z", "no such date" },
    { "2024-01-31T12:00:00+24:00", "no such date" }, { "1969-12-31T23:59:59Z", "1970" },
    { "1970-01-01T00:00:00+00:01", "1970" }, { "9999-12-31T23:59:59-00:01", "1970" },
  }

  it("refuses the rest and says what it accepts", function()
    for _, sample in ipairs(REFUSED) do
      local text, message = core.time(sample[1], NOW)
      if sample[2] then
        assert.is_nil(text)
        assert.matches("^invalid time ", message)
        assert.matches(sample[2], message, 1, true)
      else
        assert.is_string(text)
      end
    end
  end)

  it("refuses every other text that is cut from an RFC 3339 time", function()
    local text = "2024-01-31T12:00:00.5+02:00"
    for i = 5, #text - 1 do
      assert.is_nil((core.time(text:sub(1, i))))
    end
  end)

  it("knows the days of every year", function()
    local day = 0
    for year = 1970, 2405 do
      assert.equal(("%d.000000000"):format(day * 86400),
        core.time(("%04d-01-01T00:00:00Z"):format(year)))
      local leap = year % 4 == 0 and year % 100 ~= 0 or year % 400 == 0
      day = day + (leap and 366 or 365)
    end
  end)

  it("uses the clock when now is not given", function()
    local before = os.time()
    local seconds = tonumber(core.time("0s"))
    assert.is_true(seconds >= before - 1 and seconds <= os.time() + 2)
  end)

  it("accepts now as a number and refuses another", function()
    assert.equal("1699999999.500000000", core.time("500ms", 1700000000))
    assert.is_nil((core.time("1s", "soon")))
  end)

  it("leaves a number that is its argument alone and checks types", function()
    assert.equal("1234567890.123456700", core.time(1234567890.1234567))
    assert.has_error(function() core.time({}) end)
    assert.has_error(function() core.time() end)
    assert.has_error(function() core.time("1s", {}) end)
  end)
end)

describe("core.now", function()
  it("never goes back", function()
    local last = core.now()
    for _ = 1, 1000 do
      local now = core.now()
      assert.is_true(now >= last)
      last = now
    end
  end)
end)
