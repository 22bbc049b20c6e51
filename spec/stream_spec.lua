local archive = require "moondock.archive"
local core = require "moondock.core"
local errors = require "moondock.errors"
local sources = require "moondock.sources"
local stream = require "moondock.stream"

local LINE_MAX = 1024 * 1024

-- An exchange that has the given chunks, and then ends: well, or with the error `failure`.
local function exchange_of(chunks, failure)
  local exchange = { request = { method = "GET", path = "/x", operation = "Xxx" }, closed = 0 }
  local at = 0
  function exchange.read()
    at = at + 1
    if chunks[at] then return chunks[at] end
    if failure then return nil, failure.message, failure end
  end
  function exchange.close()
    exchange.closed = exchange.closed + 1
  end
  return exchange
end

local TYPES = { stdin = 0, stdout = 1, stderr = 2, system = 3 }

local function frame(source, bytes)
  local n = #bytes
  return string.char(TYPES[source], 0, 0, 0, math.floor(n / 16777216), math.floor(n / 65536) % 256,
    math.floor(n / 256) % 256, n % 256) .. bytes
end

local function bytewise(text)
  local list = {}
  for i = 1, #text do list[i] = text:sub(i, i) end
  return list
end

-- The first of some values, and how many there are.
local function count(...)
  return (...), select("#", ...)
end

local function all_of(iterator, ...)
  local list = {}
  for a, b, c in iterator, ... do list[#list + 1] = { a, b, c } end
  return list
end

local function new_error(kind)
  return errors.new { kind = kind, message = "it ended: " .. kind }
end

-- One stream of each class, made of what is left of a valid answer.
local CLASSES = {
  bytes = { new = stream.bytes, good = { "abc" } },
  values = { new = stream.values, good = { '{"a":1}\n' } },
  events = { new = stream.events, good = { '{"a":1}\n' } },
  logs = { new = function(e) return stream.logs(e, false) end, good = { frame("stdout", "a\n") } },
  terminal = { new = function(e) return stream.logs(e, true) end, good = { "a\n" } },
}

for name, class in pairs(CLASSES) do
  describe("a stream of " .. name, function()
    it("is open until it was read to its end, and then complete", function()
      local exchange = exchange_of(class.good)
      local s = class.new(exchange)
      assert.is_nil(s.outcome)
      assert.is_truthy(s:read())
      assert.is_nil(s.outcome)
      assert.are.same({ n = 1 }, { n = select("#", s:read()), (s:read()) })
      assert.are.equal("complete", s.outcome)
      assert.are.equal(1, exchange.closed)
      assert.is_nil((s:read()))
    end)

    it("runs as a for loop to its end", function()
      local s = class.new(exchange_of(class.good))
      assert.are.equal(1, #all_of(s))
      assert.are.equal("complete", s.outcome)
    end)

    it("is no list", function()
      local s = class.new(exchange_of(class.good))
      local ok, message = pcall(function() return s[1] end)
      assert.is_false(ok)
      assert.matches("^spec/stream_spec.*a stream is no list", message)
    end)

    it("may be empty", function()
      local s = class.new(exchange_of {})
      assert.is_nil((s:read()))
      assert.are.equal("complete", s.outcome)
    end)

    it("is cancelled by close, which may be repeated", function()
      local exchange = exchange_of(class.good)
      local s = class.new(exchange)
      s:close()
      s:close()
      assert.are.equal("cancelled", s.outcome)
      assert.are.equal(1, exchange.closed)
      local item, message, err = s:read()
      assert.is_nil(item)
      assert.are.equal("the stream was closed", message)
      assert.are.equal("cancelled", err.kind)
    end)

    it("stays complete when it is closed afterwards", function()
      local s = class.new(exchange_of {})
      s:read()
      s:close()
      assert.are.equal("complete", s.outcome)
    end)

    local outcomes = { lost = "lost", timeout = "timeout", cancelled = "cancelled",
      truncated = "truncated", server = "refused", protocol = "refused" }
    for kind, outcome in pairs(outcomes) do
      it(("that fails with %s ends as %s, and says so again"):format(kind, outcome), function()
        local failure = new_error(kind)
        local exchange = exchange_of(class.good, failure)
        local s = class.new(exchange)
        s:read()
        for _ = 1, 2 do
          local item, message, err = s:read()
          assert.is_nil(item)
          assert.are.equal(failure.message, message)
          assert.are.equal(failure, err)
        end
        assert.are.equal(outcome, s.outcome)
        assert.are.equal(1, exchange.closed)
      end)
    end

    it("raises its error in a for loop", function()
      local failure = new_error "lost"
      local s = class.new(exchange_of(class.good, failure))
      local ok, err = pcall(all_of, s)
      assert.is_false(ok)
      assert.are.equal(failure, err)
    end)

    it("ends when its iterator is left by break, on Lua 5.4", function()
      local s = class.new(exchange_of(class.good))
      for _ in s:iter() do break end -- luacheck: ignore 512
      assert.are.equal(_VERSION == "Lua 5.4" and "cancelled" or nil, s.outcome)
    end)
  end)
end

describe("bytes", function()
  it("collects everything that is left as text", function()
    local s = stream.bytes(exchange_of { "a", "b\0", "c" })
    s:read()
    assert.are.equal("b\0c", s:text())
    assert.are.equal("complete", s.outcome)
  end)

  it("gives no text of a stream that fails", function()
    local failure = new_error "lost"
    local text, _, err = stream.bytes(exchange_of({ "a" }, failure)):text()
    assert.is_nil(text)
    assert.are.equal(failure, err)
  end)

  describe("to a file", function()
    local path
    before_each(function() path = os.tmpname() end)
    after_each(function() os.remove(path) end)

    it("writes them all and returns how many they were", function()
      assert.same({ 4, 1 }, { count(stream.bytes(exchange_of { "ab", "\r\n" }):to_file(path)) })
      local file = assert(io.open(path, "rb"))
      assert.are.equal("ab\r\n", file:read "*a")
      file:close()
    end)

    it("leaves no part of a file behind when the stream fails", function()
      os.remove(path)
      local size, _, err = stream.bytes(exchange_of({ "ab" }, new_error "lost")):to_file(path)
      assert.is_nil(size)
      assert.are.equal("lost", err.kind)
      assert.is_nil((io.open(path)))
    end)

    it("does not remove what was there before, which may be a device", function()
      assert.is_nil((stream.bytes(exchange_of({ "ab" }, new_error "lost")):to_file(path)))
      local file = assert(io.open(path))
      file:close()
    end)

    it("fails, closed, where no file can be made", function()
      local s = stream.bytes(exchange_of { "ab" })
      local _, mistake = pcall(function() s:to_file() end)
      assert.matches("stream_spec.lua:%d+: path must be a string, not nil", mistake)
      local size, message, err = s:to_file(path .. "/x")
      assert.is_nil(size)
      assert.matches("Not a directory", message)
      assert.are.equal("config", err.kind)
      assert.are.equal("cancelled", s.outcome)
    end)
  end)
end)

describe("an archive", function()
  local END = ("\0"):rep(1024)

  local function header(size)
    local block = "a" .. ("\0"):rep(123) .. ("%011o\0"):format(size) .. ("0"):rep(12) .. (" "):rep(8) .. "0"
    block = block .. ("\0"):rep(512 - #block)
    local sum = 0
    for i = 1, 512 do sum = sum + block:byte(i) end
    return block:sub(1, 148) .. ("%06o\0 "):format(sum) .. block:sub(157)
  end

  local HALF = header(1000) .. ("d"):rep(500)
  local DATA = HALF .. ("d"):rep(500)
  local WHOLE = DATA .. ("\0"):rep(24)
  local TEXTS = {
    '{"message":"no such file: x"}\n',
    '{"errorDetail":{"message":"no such file: x"},"error":"no such file: x"}\r\n',
    '{"cause":"no such file: x","message":"no such file: x","response":500}',
    '{"errorDetail":{"code":1,"message":"no such file: x"}}',
  }

  local function archive_of(chunks, failure)
    local exchange = exchange_of(chunks, failure)
    exchange.headers, exchange.status = {}, 200
    return stream.bytes(archive.checked(exchange)), exchange
  end

  -- What came before the end, the outcome and the error.
  local function outcome_of(chunks, failure)
    local s, exchange = archive_of(chunks, failure)
    local parts = {}
    while true do
      local bytes, message, err = s:read()
      if not bytes then
        assert.are.equal(1, exchange.closed)
        assert.are.equal(message, err and err.message)
        assert.are.same({ nil, message, err }, { s:read() })
        return table.concat(parts), s.outcome, err
      end
      assert.is_true(#bytes > 0)
      parts[#parts + 1] = bytes
    end
  end

  it("is complete when it is whole, however it comes", function()
    for _, chunks in ipairs { { WHOLE .. END }, bytewise(WHOLE .. END) } do
      local bytes, outcome, err = outcome_of(chunks)
      assert.is_true(bytes == WHOLE .. END)
      assert.are.equal("complete", outcome)
      assert.is_nil(err)
    end
  end)

  it("is read in pieces of any size", function()
    for _, max in ipairs { 1, 7, 500, 511.5, 512, 5000 } do
      local s, parts = archive_of(bytewise(WHOLE .. END)), {}
      for bytes in function() return s:read(max) end do
        assert.is_true(#bytes >= 1 and #bytes <= max)
        parts[#parts + 1] = bytes
      end
      assert.is_true(table.concat(parts) == WHOLE .. END)
      assert.are.equal("complete", s.outcome)
    end
  end)

  it("without its end is truncated", function()
    for _, cut in ipairs { "", HALF:sub(1, 100), HALF, DATA, WHOLE, WHOLE .. END:sub(1, 100) } do
      for _, chunks in ipairs { { cut }, bytewise(cut) } do
        local bytes, outcome, err = outcome_of(chunks)
        assert.is_true(bytes == cut:sub(1, #bytes))
        assert.are.equal("truncated", outcome)
        assert.are.equal("truncated", err.kind)
        assert.are.equal("Xxx", err.operation)
        assert.matches("^archive cut", err.message)
      end
    end
  end)

  for _, text in ipairs(TEXTS) do
    it("that the engine ends with " .. text:gsub("%s+$", "") .. " is refused", function()
      for _, before in ipairs { "", DATA, WHOLE, WHOLE .. END:sub(1, 512), WHOLE .. END, HALF } do
        for _, chunks in ipairs { { before .. text }, { before, text }, bytewise(before .. text) } do
          local bytes, outcome, err = outcome_of(chunks)
          assert.is_true(bytes == before .. (before == HALF and text or ""))
          assert.are.equal("refused", outcome)
          assert.are.equal("not_found", err.kind)
          assert.are.equal("no such file: x (Xxx, in its archive)", err.message)
          assert.are.equal("table", type(err.detail))
          assert.are.equal(200, err.status)
        end
      end
    end)
  end

  it("that turns into something else is quoted", function()
    for _, text in ipairs { ("<p>"):rep(300), "{" .. ("x"):rep(600), ("<p>"):rep(50000) } do
      local bytes, outcome, err = outcome_of { WHOLE .. text }
      assert.is_true(bytes == WHOLE)
      assert.are.equal("refused", outcome)
      assert.are.equal("protocol", err.kind)
      assert.matches(text:sub(1, 3), err.message, 1, true)
    end
  end)

  it("of which a file holds an error's text is whole", function()
    local text = TEXTS[1]
    local file = header(#text) .. text .. ("\0"):rep(512 - #text)
    local _, outcome = outcome_of { file .. END }
    assert.are.equal("complete", outcome)
    local _, cut = outcome_of { file }
    assert.are.equal("truncated", cut)
  end)

  it("is lost with its connection, whatever had come", function()
    for _, before in ipairs { HALF, WHOLE, WHOLE .. END } do
      local _, outcome, err = outcome_of({ before }, new_error "lost")
      assert.are.equal("lost", outcome)
      assert.are.equal("lost", err.kind)
    end
  end)

  it("that is not whole leaves no file", function()
    local path = os.tmpname()
    os.remove(path)
    local size, _, err = archive_of { WHOLE }:to_file(path)
    assert.is_nil(size)
    assert.are.equal("truncated", err.kind)
    assert.is_nil((io.open(path)))
  end)

  it("that was compressed for the caller is not looked into", function()
    local exchange = exchange_of { "\31\139..." }
    exchange.headers = { ["content-encoding"] = "gzip" }
    assert.are.equal("\31\139...", stream.bytes(archive.checked(exchange)):text())
  end)
end)

describe("values", function()
  local function values_of(chunks)
    local list = {}
    for value in stream.values(exchange_of(chunks)) do list[#list + 1] = value end
    return list
  end

  local samples = {
    { "a line each", '{"a":1}\n{"a":2}\n' },
    { "a line each with CR", '{"a":1}\r\n{"a":2}\r\n' },
    { "nothing between them", '{"a":1}{"a":2}' },
    { "no newline at the end", '{"a":1}\n{"a":2}' },
  }
  for _, sample in ipairs(samples) do
    it("come with " .. sample[1] .. ", whole or byte by byte", function()
      assert.are.same({ { a = 1 }, { a = 2 } }, values_of { sample[2] })
      assert.are.same({ { a = 1 }, { a = 2 } }, values_of(bytewise(sample[2])))
    end)
  end

  it("may end with a number, which nothing else ends", function()
    assert.are.same({ 1, 23 }, values_of { "1 2", "3" })
  end)

  it("may be null or false", function()
    local s = stream.values(exchange_of { "null false" })
    assert.are.equal(core.null, s:read())
    assert.is_false(s:read())
    assert.is_nil((s:read()))
    assert.are.equal("complete", s.outcome)
  end)

  it("that are cut are a lost connection, never an end", function()
    local s = stream.values(exchange_of { '{"a":1}\n{"a":' })
    assert.are.same({ a = 1 }, s:read())
    local value, message, err = s:read()
    assert.is_nil(value)
    assert.is_string(message)
    assert.are.equal("lost", err.kind)
    assert.are.equal("Xxx", err.operation)
    assert.are.equal("lost", s.outcome)
  end)

  it("that are no JSON break the protocol", function()
    local s = stream.values(exchange_of { "<html>" })
    local _, _, err = s:read()
    assert.are.equal("protocol", err.kind)
    assert.are.equal("refused", s.outcome)
  end)
end)

describe("events", function()
  -- Numbers among the chunks are how many values were lost there.
  local function events_of(chunks, failure)
    local exchange = exchange_of(chunks, failure)
    local read = exchange.read
    function exchange.read()
      local chunk, message, err = read()
      if type(chunk) == "number" then return "", nil, nil, chunk end
      return chunk, message, err
    end
    return stream.events(exchange)
  end

  it("tell of a loss where it was", function()
    local s, list = events_of { '{"a":1}\n{"a":2}\n', 7, '{"a":10}\n', 1, 2, '{"a":14}\n' }, {}
    assert.are.equal(0, s.overflow)
    for event in s do list[#list + 1] = event.overflow or event.a end
    assert.are.same({ 1, 2, 7, 10, 1, 2, 14 }, list)
    assert.are.equal(10, s.overflow)
    assert.are.equal("complete", s.outcome)
  end)

  it("that are a loss can be read as events", function()
    local event = events_of({ 3 }):read()
    assert.are.same({ Type = "overflow", Action = "overflow", overflow = 3,
      Actor = { ID = "", Attributes = {} } }, event)
  end)

  it("forget the part of a value whose end was lost", function()
    local s = events_of { '{"a":1}\n{"a', 1, '{"a":3}\n' }
    assert.are.equal(1, s:read().a)
    assert.are.equal(1, s:read().overflow)
    assert.are.equal(3, s:read().a)
    assert.is_nil((s:read()))
  end)

  it("may end with a loss, or fail after it", function()
    local s = events_of { '{"a', 1 }
    assert.are.equal(1, s:read().overflow)
    assert.is_nil((s:read()))
    assert.are.equal("complete", s.outcome)
    s = events_of({ 2 }, new_error "lost")
    assert.are.equal(2, s:read().overflow)
    assert.are.equal("lost", select(3, s:read()).kind)
    assert.are.equal(2, s.overflow)
  end)
end)

local function logs_of(chunks)
  return stream.logs(exchange_of(chunks), false)
end

describe("logs", function()
  local sample = frame("stdout", "out") .. frame("stderr", "err") .. frame("stdout", "more")

  it("say where each piece was written", function()
    assert.are.same({ { "stdout", "out" }, { "stderr", "err" }, { "stdout", "more" } },
      all_of(logs_of { sample }))
  end)

  it("collect all text, and each source apart, whole or byte by byte", function()
    for _, chunks in ipairs { { sample }, bytewise(sample) } do
      local all, out, err = logs_of(chunks):text()
      assert.are.equal("outerrmore", all)
      assert.are.equal("outmore", out)
      assert.are.equal("err", err)
    end
  end)

  it("of a terminal are not framed, whatever they look like", function()
    local s = stream.logs(exchange_of { frame("stdout", "x") }, true)
    local source, bytes = s:read()
    assert.are.equal("tty", source)
    assert.are.equal(frame("stdout", "x"), bytes)
    assert.are.equal("", stream.logs(exchange_of {}, true):text())
  end)

  for _, cut in ipairs { 1, 7, 8, 10 } do
    it(("cut after %d bytes of a frame are lost"):format(cut), function()
      local s = logs_of { frame("stdout", "ok"), frame("stderr", "words"):sub(1, cut) }
      local source, bytes = s:read()
      assert.are.equal("stdout", source)
      assert.are.equal("ok", bytes)
      local err
      repeat
        source, bytes, err = s:read()
      until not source
      assert.is_string(bytes)
      assert.are.equal("lost", err.kind)
      assert.are.equal("lost", s.outcome)
    end)
  end

  it("carry an error of the engine itself", function()
    local _, message, err = logs_of { frame("system", "it broke") }:read()
    assert.are.equal("it broke", message)
    assert.are.equal("server", err.kind)
  end)

  it("that are plain text where frames are due break the protocol, quoting it", function()
    local _, message, err = logs_of { "cannot do that\n" }:read()
    assert.are.equal("protocol", err.kind)
    assert.matches("cannot", message)
  end)
end)

describe("lines", function()
  local function lines_of(chunks)
    return all_of(logs_of(chunks):lines())
  end

  local cases = {
    { "end with a newline", { { "stdout", "a\nb\n" } }, { { "a", "stdout" }, { "b", "stdout" } } },
    { "end with CR and newline", { { "stdout", "a\r\nb\r\n" } },
      { { "a", "stdout" }, { "b", "stdout" } } },
    { "keep a CR elsewhere", { { "stdout", "a\rb\r\r\n" } }, { { "a\rb\r", "stdout" } } },
    { "may be empty", { { "stdout", "\n\r\n\n" } },
      { { "", "stdout" }, { "", "stdout" }, { "", "stdout" } } },
    { "may lack the last newline", { { "stdout", "a\nb" } },
      { { "a", "stdout" }, { "b", "stdout" } } },
    { "are joined over frames of one source", { { "stdout", "a" }, { "stdout", "b\nc" },
      { "stdout", "\n" } }, { { "ab", "stdout" }, { "c", "stdout" } } },
    { "are not mixed between sources", { { "stdout", "a" }, { "stderr", "x\ny" },
      { "stdout", "b\n" }, { "stderr", "z\n" } },
      { { "x", "stderr" }, { "ab", "stdout" }, { "yz", "stderr" } } },
    { "of both sources may lack their last newline", { { "stderr", "x" }, { "stdout", "a" } },
      { { "a", "stdout" }, { "x", "stderr" } } },
    { "hold any bytes", { { "stdout", "\0\255\n" } }, { { "\0\255", "stdout" } } },
  }
  for _, case in ipairs(cases) do
    local bytes = ""
    for _, piece in ipairs(case[2]) do bytes = bytes .. frame(piece[1], piece[2]) end
    it(case[1] .. ", whole or byte by byte", function()
      assert.are.same(case[3], lines_of { bytes })
      assert.are.same(case[3], lines_of(bytewise(bytes)))
    end)
  end

  it("of a terminal say so", function()
    local s = stream.logs(exchange_of { "a\r", "\nb" }, true)
    assert.are.same({ { "a", "tty" }, { "b", "tty" } }, all_of(s:lines()))
  end)

  local function chunks_of(text)
    local list = {}
    for at = 1, #text, 65536 do list[#list + 1] = frame("stdout", text:sub(at, at + 65535)) end
    return list
  end

  it("of exactly the longest length come whole", function()
    local list = lines_of(chunks_of(("x"):rep(LINE_MAX) .. "\nb\n"))
    assert.are.equal(LINE_MAX, #list[1][1])
    assert.is_nil(list[1][3])
    assert.are.same({ "b", "stdout" }, list[2])
  end)

  it("that are longer come in marked parts, with nothing lost", function()
    local text = ("0123456789abcde"):rep(math.floor(2.5 * LINE_MAX / 15))
    local list = lines_of(chunks_of(text .. "\nb\n"))
    assert.are.same({ true, true }, { list[1][3], list[2][3] })
    assert.is_nil(list[3][3])
    assert.are.same({ "b", "stdout" }, list[4])
    assert.is_true(text == list[1][1] .. list[2][1] .. list[3][1])
  end)

  it("raise the error of a stream that fails, after the lines before it", function()
    local failure = new_error "lost"
    local next_line = stream.logs(exchange_of({ frame("stdout", "a\nb") }, failure), false):lines()
    assert.are.equal("a", next_line())
    local ok, err = pcall(next_line)
    assert.is_false(ok)
    assert.are.equal(failure, err)
  end)

  it("close the stream on break, on Lua 5.4", function()
    local s = logs_of { frame("stdout", "a\nb\n") }
    for _ in s:lines() do break end -- luacheck: ignore 512
    assert.are.equal(_VERSION == "Lua 5.4" and "cancelled" or nil, s.outcome)
  end)
end)

describe("a source of bytes", function()
  local function drained(value)
    local next_chunk, size = sources.of("archive", value)
    local list = {}
    while true do
      local chunk, message, err = next_chunk()
      if not chunk then return list, size, message, err end
      list[#list + 1] = chunk
    end
  end

  it("may be a string, whose size is known", function()
    local list, size = drained "abc"
    assert.are.same({ "abc" }, list)
    assert.are.equal(3, size)
  end)

  it("may be an empty string", function()
    local list, size = drained ""
    assert.are.same({}, list)
    assert.are.equal(0, size)
  end)

  it("may be a file, read from where it stands", function()
    local file = assert(io.tmpfile())
    file:write(("x"):rep(70000), "end")
    file:seek("set", 1)
    local list, size = drained(file)
    assert.is_nil(size)
    assert.are.equal(("x"):rep(69999) .. "end", table.concat(list))
    file:close()
  end)

  it("may be a function", function()
    local left = { "a", "b" }
    assert.are.same({ "a", "b" }, (drained(function() return table.remove(left, 1) end)))
  end)

  it("may be another stream of bytes, whose failure it passes on", function()
    local failure = new_error "lost"
    local list, _, message, err = drained(stream.bytes(exchange_of({ "a", "b" }, failure)))
    assert.are.same({ "a", "b" }, list)
    assert.are.equal(failure.message, message)
    assert.are.equal(failure, err)
  end)

  it("that cannot be read fails with an error value", function()
    local directory = assert(io.open ".")
    local _, _, message, err = drained(directory)
    directory:close()
    assert.are.equal("cannot read archive: Is a directory", message)
    assert.is_true(errors.is(err))
    assert.are.equal("config", err.kind)
  end)

  it("that gives a message only still fails with an error value", function()
    local _, _, message, err = drained(function() return nil, "no more disk" end)
    assert.are.equal("cannot read archive: no more disk", message)
    assert.is_true(errors.is(err))
  end)

  it("must give strings", function()
    assert.error_matches(function() drained(function() return {} end) end,
      "what is read from archive must be a string, not table")
  end)

  for _, value in ipairs { 5, {}, true, CLASSES.values.new(exchange_of {}) } do
    it("is not a " .. type(value), function()
      assert.error_matches(function() sources.of("archive", value) end,
        "archive must be a string, an open file, a function that returns chunks, or a stream")
    end)
  end

  it("is not a closed file", function()
    local file = assert(io.tmpfile())
    file:close()
    assert.error_matches(function() sources.of("archive", file) end, "an open file")
    local read = stream.bytes(exchange_of { "ab" })
    assert.is_function(sources.of("archive", read))
    assert.equal("ab", read:text())
    assert.error_matches(function() sources.of("archive", read) end, "archive is a stream that was read to its end")
  end)
end)
