local core = require "moondock.core"

-- A frame as a server sends it, not masked.
local function frame(opcode, payload, first)
  local n = #payload
  local length
  if n < 126 then
    length = string.char(n)
  elseif n < 65536 then
    length = string.char(126, math.floor(n / 256), n % 256)
  else
    length = string.char(127, 0, 0, 0, 0, math.floor(n / 2 ^ 24), math.floor(n / 2 ^ 16) % 256,
      math.floor(n / 256) % 256, n % 256)
  end
  return string.char((first or 128) + opcode) .. length .. payload
end

-- All that comes out of pieces: data joined to one text, the rest as "kind:payload".
local function decode(pieces)
  local socket, data, others = core.websocket(), {}, {}
  for _, piece in ipairs(pieces) do
    socket:feed(piece)
    while true do
      local kind, bytes = socket:next()
      if not kind then
        if bytes then return table.concat(data), others, bytes end
        break
      end
      if kind == "data" then data[#data + 1] = bytes else others[#others + 1] = kind .. ":" .. bytes end
    end
  end
  return table.concat(data), others, select(2, socket:finish())
end

local function bytes_of(text)
  local pieces = {}
  for i = 1, #text do pieces[i] = text:sub(i, i) end
  return pieces
end

-- What a client's frame says: opcode, payload, and its mask.
local function unmask(text)
  local opcode, code = text:byte(1) - 128, text:byte(2) - 128
  local at, n = 3, code
  if code >= 126 then
    local size = code == 126 and 2 or 8
    n, at = 0, 3 + size
    for i = 3, 2 + size do n = n * 256 + text:byte(i) end
  end
  local key, out = text:sub(at, at + 3), {}
  for i = 1, n do
    local a, b, byte, unit = text:byte(at + 3 + i), key:byte((i - 1) % 4 + 1), 0, 1
    for _ = 1, 8 do
      if a % 2 ~= b % 2 then byte = byte + unit end
      a, b, unit = math.floor(a / 2), math.floor(b / 2), unit * 2
    end
    out[i] = string.char(byte)
  end
  assert.equal(at + 3 + n, #text)
  return opcode, table.concat(out), key
end

describe("core.websocket", function()
  local LONG, HUGE = ("ab"):rep(500), ("0123456789"):rep(7000)
  local SAMPLE = frame(2, "one") .. frame(9, "are you there") .. frame(1, "two") .. frame(2, "") .. frame(2, "th", 0)
    .. frame(10, "") .. frame(0, "ree") .. frame(2, LONG) .. frame(2, HUGE) .. frame(8, "\3\232bye")
  local DATA, OTHERS = "onetwothree" .. LONG .. HUGE, { "ping:are you there", "pong:", "close:\3\232bye" }

  it("hands out data as it comes, and the rest whole", function()
    local data, others, message = decode { SAMPLE }
    assert.is_true(data == DATA)
    assert.same(OTHERS, others)
    assert.is_nil(message)
  end)

  it("does so byte by byte, too", function()
    local data, others, message = decode(bytes_of(SAMPLE))
    assert.is_true(data == DATA)
    assert.same(OTHERS, others)
    assert.is_nil(message)
  end)

  it("says when a frame is cut", function()
    for _, cut in ipairs { 1, 2, 4 } do
      local _, _, message = decode { frame(2, "abc"):sub(1, cut) }
      assert.matches("cut", message)
    end
    assert.matches("cut", select(3, decode { frame(9, "abc"):sub(1, 4) }))
    assert.matches("cut", select(3, decode { frame(2, HUGE):sub(1, 5) }))
  end)

  it("refuses what is no frame, and goes on refusing", function()
    for _, garbage in ipairs { "HTTP/1.1", frame(3, "x"), frame(11, ""), frame(2, "x", 192), frame(9, LONG),
      frame(9, "x", 0), "\130\129abcdx" } do
      assert.matches("no frame", select(3, decode { garbage }) or "nothing")
    end
    local socket = core.websocket()
    socket:feed(frame(3, "x"))
    assert.is_nil((socket:next()))
    socket:feed(frame(2, "fine"))
    assert.matches("no frame", select(2, socket:next()))
    assert.matches("no frame", select(2, socket:finish()))
  end)

  it("reserves nothing by an announced length", function()
    local socket = core.websocket()
    socket:feed("\130\127\127\255\255\255\255\255\255\255some")
    assert.same({ "data", "some" }, { socket:next() })
    assert.is_nil((socket:next()))
    assert.is_nil((socket:finish()))
  end)

  it("does not let itself be fed for ever", function()
    local socket = core.websocket()
    assert.has_error(function()
      for _ = 1, 100 do socket:feed(HUGE) end
    end)
  end)
end)

describe("core.websocket_frame", function()
  it("masks what it sends, of any length, with another key each time", function()
    local seen = {}
    for _, n in ipairs { 0, 1, 125, 126, 65535, 65536 } do
      local text = ("moon"):rep(math.ceil(n / 4)):sub(1, n)
      local opcode, payload, key = unmask(core.websocket_frame("binary", text))
      assert.equal(2, opcode)
      assert.is_true(payload == text)
      seen[key] = true
    end
    local keys = 0
    for _ in pairs(seen) do keys = keys + 1 end
    assert.is_true(keys > 3)
  end)

  it("knows the frames of control", function()
    for kind, opcode in pairs { close = 8, ping = 9, pong = 10 } do
      local found, payload = unmask(core.websocket_frame(kind, "x"))
      assert.equal(opcode, found)
      assert.equal("x", payload)
      assert.has_error(function() core.websocket_frame(kind, ("x"):rep(126)) end)
    end
    assert.has_error(function() core.websocket_frame("text", "x") end)
  end)
end)

describe("core.sha1", function()
  local function hex(text)
    return (core.sha1(text):gsub(".", function(c) return ("%02x"):format(c:byte()) end))
  end

  it("gives the digests of its standard", function()
    assert.equal("da39a3ee5e6b4b0d3255bfef95601890afd80709", hex "")
    assert.equal("a9993e364706816aba3e25717850c26c9cd0d89d", hex "abc")
    assert.equal("84983e441c3bd26ebaae4aa1f95129e5e54670f1",
      hex "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
    assert.equal("34aa973cd4c4daa4f61eeb2bdbad27316534016f", hex(("a"):rep(1000000)))
  end)

  it("pads every length right", function()
    -- The digest of the digests of 0 to 130 bytes, made by another program.
    local all = {}
    for n = 0, 130 do all[#all + 1] = hex(("x"):rep(n)) end
    assert.equal("af8761f84ba61d8ffd8eec6c1a96b3cf70b40ad3", hex(table.concat(all, "\n")))
  end)
end)

describe("core.random", function()
  it("gives as many bytes as asked for, never the same", function()
    assert.equal(16, #core.random(16))
    assert.equal("", core.random(0))
    assert.not_equal(core.random(16), core.random(16))
    assert.has_error(function() core.random(257) end)
    assert.has_error(function() core.random(-1) end)
  end)
end)
