local core = require "moondock.core"

local function frame(kind, payload)
  local n = #payload
  local function byte(unit) return math.floor(n / unit) % 256 end
  local length = string.char(byte(2 ^ 24), byte(2 ^ 16), byte(2 ^ 8), byte(1))
  return string.char(kind, 0, 0, 0) .. length .. payload
end

local function drain(frames, out)
  while true do
    local source, bytes = frames:next()
    if not source then return bytes end
    local last = out[#out]
    if last and last[1] == source then
      last[2] = last[2] .. bytes
    else
      out[#out + 1] = { source, bytes }
    end
  end
end

local function decode(pieces)
  local frames, out = core.frames(), {}
  for _, piece in ipairs(pieces) do
    frames:feed(piece)
    local message = drain(frames, out)
    if message then return out, message end
  end
  return out, select(2, frames:finish())
end

local function bytes_of(text)
  local pieces = {}
  for i = 1, #text do pieces[i] = text:sub(i, i) end
  return pieces
end

local SAMPLE = table.concat {
  frame(1, "hello "), frame(1, "world\n"), frame(2, ""), frame(2, "err"), frame(2, "or"),
  frame(0, "typed"), frame(1, ""), frame(1, "\0\1\2\3"), frame(3, "daemon"),
}
local EXPECTED = {
  { "stdout", "hello world\n" },
  { "stderr", "error" },
  { "stdout", "typed\0\1\2\3" },
  { "system", "daemon" },
}

describe("core.frames", function()
  it("joins neighbouring frames of one source", function()
    local frames = core.frames()
    frames:feed(SAMPLE)
    for _, expected in ipairs(EXPECTED) do
      assert.same(expected, { frames:next() })
    end
    assert.is_nil(frames:next())
    assert.is_true(frames:finish())
  end)

  it("joins what came in several chunks", function()
    local frames = core.frames()
    for _, piece in ipairs(bytes_of(SAMPLE)) do frames:feed(piece) end
    assert.same(EXPECTED[1], { frames:next() })
  end)

  it("gives the same byte by byte", function()
    assert.same(EXPECTED, (decode(bytes_of(SAMPLE))))
  end)

  it("gives the same at every split", function()
    for i = 0, #SAMPLE do
      local out, message = decode { SAMPLE:sub(1, i), SAMPLE:sub(i + 1) }
      assert.same(EXPECTED, out)
      assert.is_nil(message)
    end
  end)

  it("hands out a frame before its end", function()
    local frames = core.frames()
    frames:feed(frame(1, "abcdef"):sub(1, 11))
    assert.same({ "stdout", "abc" }, { frames:next() })
    assert.is_nil(frames:next())
    frames:feed("def")
    assert.same({ "stdout", "def" }, { frames:next() })
  end)

  it("does not reserve what a header announces", function()
    collectgarbage()
    local frames = core.frames()
    frames:feed("\1\0\0\0\255\255\255\255abc")
    assert.same({ "stdout", "abc" }, { frames:next() })
    local ok, message = frames:finish()
    assert.is_nil(ok)
    assert.equal("cut in the payload of a log frame, 4294967292 bytes before its end", message)
  end)

  it("accepts an empty stream and empty chunks", function()
    local frames = core.frames()
    frames:feed("")
    assert.is_nil(frames:next())
    assert.is_true(frames:finish())
  end)

  it("knows at every byte whether the stream was cut", function()
    local whole, at = {}, 0
    for _, n in ipairs { 6, 6, 0, 3, 2, 5, 0, 4, 6 } do
      whole[at] = true
      at = at + 8 + n
    end
    whole[at] = true
    for i = 0, #SAMPLE do
      local taken, untaken = core.frames(), core.frames()
      taken:feed(SAMPLE:sub(1, i))
      untaken:feed(SAMPLE:sub(1, i))
      drain(taken, {})
      assert.equal(whole[i], (taken:finish()))
      assert.equal(whole[i], (untaken:finish()))
    end
  end)

  it("hands out what came before garbage, then quotes it, always", function()
    local garbage = 'HTTP/1.1 500 "x"\r\n\255'
    local frames = core.frames()
    frames:feed(frame(1, "ok") .. garbage)
    assert.is_nil((frames:finish()))
    assert.same({ "stdout", "ok" }, { frames:next() })
    local message = 'expected the header of a log frame, found "HTTP/1.1 500 \\"x\\"\\r\\n\\xFF"'
    for _ = 1, 3 do
      assert.same({ nil, message }, { frames:next() })
      frames:feed(frame(1, "ignored"))
    end
    assert.same({ nil, message }, { frames:finish() })
  end)

  it("refuses every other type and bytes that are not zero", function()
    for _, head in ipairs { "\4\0\0\0", "\255", "\1\1", "\1\0\1", "\2\0\0\1", "\1\0\0\128" } do
      local _, message = decode(bytes_of(head))
      assert.matches("^expected the header", message)
    end
  end)

  it("quotes no more than the beginning", function()
    local _, message = decode { ("x"):rep(5000) }
    assert.matches('%.%.%."$', message)
    assert.is_true(#message < 200)
  end)

  it("refuses to be fed for ever", function()
    local frames, chunk = core.frames(), frame(1, ("x"):rep(2 ^ 20))
    assert.has_error(function()
      for _ = 1, 100 do frames:feed(chunk) end
    end, "too much fed: call next until it returns nil")
  end)

  it("accepts one chunk of any size", function()
    local line = frame(1, ("x"):rep(99) .. "\n")
    local frames = core.frames()
    frames:feed(line:rep(100000))
    local source, bytes = frames:next()
    assert.equal("stdout", source)
    assert.equal((("x"):rep(99) .. "\n"):rep(100000), bytes)
    assert.is_true(frames:finish())
  end)

  it("checks its arguments", function()
    assert.has_error(function() core.frames().feed({}, "") end)
    assert.has_error(function() core.frames():feed({}) end)
  end)

  it("gives the same in random pieces", function()
    math.randomseed(11)
    for _ = 1, 200 do
      local frames, expected = {}, {}
      for i = 1, math.random(1, 30) do
        local kind = math.random(0, 3)
        local payload = ("p"):rep(math.random(0, 40))
        frames[i] = frame(kind, payload)
        local source = ({ "stdout", "stderr", "system" })[math.max(kind, 1)]
        local last = expected[#expected]
        if last and (payload == "" or last[1] == source) then
          last[2] = last[2] .. payload
        elseif payload ~= "" then
          expected[#expected + 1] = { source, payload }
        end
      end
      local all = table.concat(frames)
      local pieces, at = {}, 1
      while at <= #all do
        local n = math.random(1, 60)
        pieces[#pieces + 1] = all:sub(at, at + n - 1)
        at = at + n
      end
      local out, message = decode(pieces)
      assert.is_nil(message)
      assert.same(expected, out)
    end
  end)
end)
