-- The whole client against a server that misbehaves in every way, on one scripted connection.

local docker = require "moondock"
local memory = require "spec.memory"
local server = require "spec.core.server"

-- A client of which every request carries `script`, which the server then plays.
local function client(script, opts)
  opts = opts or {}
  opts.host = opts.host or "unix://" .. server.unix
  opts.headers = { Script = script }
  if opts.api_version == nil then opts.api_version = "1.45" end
  if not opts.api_version then opts.api_version = nil end
  return assert(docker.connect(opts))
end

local function answer(status, kind, body)
  return ("send HTTP/1.1 %s\\r\\nContent-Type: %s\\r\\nContent-Length: %d\\r\\n\\r\\n%s"):format(status, kind,
    #body, (body:gsub("\\", "\\\\"):gsub(" ", "\\s"):gsub("\n", "\\n")))
end

-- A 200 with chunks; `rest` follows the head as it is.
local function chunked(rest, kind)
  return "send HTTP/1.1 200 OK\\r\\nContent-Type: " .. (kind or "application/json")
    .. "\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n" .. rest
end

local function chunk(bytes)
  return ("%x\\r\\n%s\\r\\n"):format(#bytes, (bytes:gsub("[^%w{}:,\"%[%]]", function(c)
    return ("\\x%02X"):format(c:byte())
  end)))
end

local LAST = "0\\r\\n\\r\\n"

local function refusal(script, opts)
  local value, message, err = client(script, opts):info()
  assert.is_nil(value)
  assert.equal("string", type(message))
  assert.equal(message, tostring(err))
  return err
end

describe("a hostile server", function()
  setup(server.start)
  teardown(server.stop)

  describe("is quoted in whatever form it refuses:", function()
    local forms = {
      { "JSON", answer("404 Not Found", "application/json", '{"message":"no such thing"}'),
        "not_found",
        "^no such thing %(SystemInfo answered 404%)$" },
      { "JSON with another type", answer("409 Conflict", "text/plain", '{"message":"in use"}'),
        "conflict", "^in use" },
      { "Podman's cause", answer("500 Internal Server Error", "application/json",
        '{"cause":"no such container","message":"","response":500}'), "not_found",
          "^no such container" },
      { "JSON that ends with a line", answer("500 Internal Server Error", "application/json",
        '{"message":"cannot start it: \\n"}'), "server", "^cannot start it: %(SystemInfo" },
      { "JSON that says nothing", answer("409 Conflict", "application/json", '{"message":" "}'), "conflict",
        '^{"message":" "} %(SystemInfo' },
      { "plain text", answer("400 Bad Request", "text/plain", "malformed Host header\n"), "invalid",
        "^malformed Host header %(" },
      { "HTML", answer("403 Forbidden", "text/html",
        "<html><body><h1>403 Forbidden</h1>\nby proxy</body></html>"),
        "forbidden", "^403 Forbidden by proxy %(" },
      { "nothing", answer("503 Service Unavailable", "text/plain", ""), "unavailable",
        "^no explanation was given" },
      { "a redirect", "send HTTP/1.1 301 Moved\\r\\nLocation: /elsewhere\\r\\nContent-Length: 0\\r\\n\\r\\n",
        "protocol", "/elsewhere" },
      { "too many", answer("429 Too Many Requests", "application/json",
        '{"message":"toomanyrequests: slow down"}'),
        "rate_limited", "slow down" },
      { "not implemented", answer("501 Not Implemented", "text/plain", "no"), "not_implemented",
        "^no " },
      { "an old version", answer("400 Bad Request", "text/plain",
        "client version 1.45 is too new. Maximum supported API version is 1.41"), "version",
          "1%.41" },
    }
    for _, form in ipairs(forms) do
      it(form[1], function()
        local err = refusal(form[2])
        assert.equal(form[3], err.kind)
        assert.matches(form[4], err.message)
        assert.equal("SystemInfo", err.operation)
        assert.equal("GET", err.method)
        assert.equal("/v1.45/info", err.path)
      end)
    end
  end)

  it("that sends garbage where JSON is due is quoted", function()
    local err = refusal(answer("200 OK", "application/json", "<html>hello</html>"))
    assert.equal("protocol", err.kind)
    assert.matches("<html>", err.message)
    assert.equal("protocol", refusal(answer("200 OK", "application/json", "")).kind)
    assert.equal("protocol", refusal(answer("200 OK", "application/json", '{"a":1')).kind)
    assert.equal("protocol", refusal(answer("200 OK", "application/json", '{"a":1} x')).kind)
  end)

  it("that speaks no HTTP is told apart from one that is gone", function()
    assert.equal("protocol", refusal("send SSH-2.0-OpenSSH_9.2\\r\\n\\r\\n;close").kind)
    assert.equal("lost", refusal("close").kind)
    assert.equal("lost", refusal("reset").kind)
  end)

  it("that cuts the answer is a lost connection", function()
    for _, script in ipairs {
      "send HTTP/1.1 200 OK\\r\\nContent-Le;close",
      "send HTTP/1.1 200 OK\\r\\nContent-Length: 100\\r\\n\\r\\n{};close",
      chunked '2\\r\\n{}\\r\\n;close',
      chunked '2\\r\\n{}\\r\\n;reset',
      chunked '9\\r\\n{}\\r\\n;close',
    } do
      assert.equal("lost", refusal(script).kind, script)
    end
  end)

  it("that says nothing meets the limit of the answer, the whole or the connection", function()
    local err = refusal("hang", { timeout = 0.2 })
    assert.equal("timeout", err.kind)
    assert.equal("answer", err.phase)
    local _, _, whole = client("hang"):info { timeout = 0.2 }
    assert.equal("total", whole.phase)
    local _, _, trickle = client("send HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\n{;hang"):info { timeout = 0.2 }
    assert.equal("total", trickle.phase)
  end)

  it("that drips the answer byte by byte is understood", function()
    local script = answer("200 OK", "application/json", '{"Name":"slow"}'):gsub("^send", "drip")
    assert.equal("slow", assert(client(script):info()).Name)
  end)

  it("that cuts chunks anywhere is understood", function()
    local body = '{"Name":"caf\195\169","List":[1,2,{"a":null}]}'
    local parts = {}
    for i = 1, #body do parts[i] = chunk(body:sub(i, i)) end
    local info = assert(client(chunked(table.concat(parts) .. LAST)):info())
    assert.equal(3, #info.List)
    assert.equal(docker.null, info.List[3].a)
    assert.equal("caf\195\169", info.Name)
  end)

  describe("at the ping", function()
    it("may forbid it: the oldest version is spoken", function()
      local own = client(answer("403 Forbidden", "text/html", "<h1>no</h1>"),
        { api_version = false })
      local _, _, err = own:info()
      assert.equal("forbidden", err.kind)
      assert.equal("1.41", own.api_version)
      assert.equal("/v1.41/info", err.path)
    end)

    it("may leave out the version: /version tells", function()
      local own = client(answer("200 OK", "application/json",
        '{"ApiVersion":"1.47","MinAPIVersion":"1.24"}'),
        { api_version = false })
      assert(own:info())
      assert.equal("1.47", own.api_version)
    end)

    it("may say it in an error", function()
      local own = client("send HTTP/1.1 500 Oops\\r\\nApi-Version: 1.43\\r\\nContent-Length: 0\\r\\n\\r\\n",
        { api_version = false })
      own:info()
      assert.equal("1.43", own.api_version)
    end)

    it("may be newer than we are", function()
      local own = client("send HTTP/1.1 200 OK\\r\\nApi-Version: 1.99\\r\\nContent-Length: 43\\r\\n\\r\\n"
        .. '{"ApiVersion":"1.99","MinAPIVersion":"1.44"}', { api_version = false })
      own:info()
      assert.equal("1.56", own.api_version)
    end)

    it("may have no version in common, and both ranges are named", function()
      for newest, oldest in pairs { ["1.40"] = "1.12", ["1.99"] = "1.60" } do
        local body = ('{"ApiVersion":"%s","MinAPIVersion":"%s"}'):format(newest, oldest)
        local err = refusal(("send HTTP/1.1 200 OK\\r\\nApi-Version: %s\\r\\nContent-Length: %d\\r\\n\\r\\n%s"):format(
          newest, #body, body), { api_version = false })
        assert.equal("version", err.kind)
        assert.matches("1.41 to 1.56", err.message, 1, true)
        assert.matches(oldest .. " to " .. newest, err.message, 1, true)
      end
    end)
  end)

  describe("in a stream of values", function()
    local function values(script)
      return assert(client(script):events())
    end

    it("may separate them by anything or nothing", function()
      local seen = {}
      for value in values(chunked(chunk '{"a":1}{"a":2}\r\n{"a"' .. chunk ':3}\n\n[4]' .. LAST)) do
        seen[#seen + 1] = value.a or value[1]
      end
      assert.same({ 1, 2, 3, 4 }, seen)
    end)

    it("may be cut in a value or between two, and neither is an end", function()
      for _, rest in ipairs { chunk '{"a":1}{"a"' .. LAST, chunk '{"a":1}' .. ";close",
        chunk '{"a":1}{' .. ";reset" } do
        local stream = values(chunked(rest))
        assert.equal(1, assert(stream:read()).a)
        local value, _, err = stream:read()
        assert.is_nil(value)
        assert.equal("lost", err.kind)
        assert.equal("lost", stream.outcome)
      end
    end)

    it("may turn into plain text, which is quoted", function()
      local stream = values(chunked(chunk '{"a":1}' .. chunk "proxy timeout" .. LAST))
      assert(stream:read())
      local _, message, err = stream:read()
      assert.equal("protocol", err.kind)
      assert.matches("proxy", message)
      assert.has_error(function() for _ in stream do end end) -- luacheck: ignore
    end)
  end)

  describe("in a stream of events that nobody reads", function()
    local function events(script, fields)
      return assert(client("send HTTP/1.1 200 OK\\r\\n" .. (fields or "") .. "\\r\\n;" .. script):events())
    end

    -- Read to the end: the numbers seen in order, and how many were lost before each.
    local function read_all(stream)
      local seen, lost = {}, 0
      for event in stream do
        lost = lost + (event.overflow or 0)
        if not event.overflow then
          seen[#seen + 1] = event.n
          if event.n ~= #seen + lost then assert.equal(#seen + lost, event.n) end
        end
      end
      assert.equal("complete", stream.outcome)
      assert.equal(lost, stream.overflow)
      return #seen, lost
    end

    local PAD = ',"pad":"' .. ("x"):rep(200) .. '"}\\n'

    it("may break off: nothing that fits is lost", function()
      local stream = events('number 15000 {"n":#' .. PAD .. ";close", "Content-Length: 99999999\\r\\n")
      server.wait(function() return stream.exchange.transfer:ended() ~= false end)
      for n = 1, 15000 do
        local event = assert(stream:read())
        if event.n ~= n then assert.equal(n, event.n) end
      end
      assert.equal("lost", select(3, stream:read()).kind)
      assert.equal(0, stream.overflow)
    end)

    it("may flood: the newest are kept, and the loss is told", function()
      local stream = events('number 100000 {"n":#' .. PAD .. ";close")
      assert.is_true(memory.grown(function()
        server.wait(function() return stream.exchange.transfer:ended() end)
      end) < 10 * 1024)
      local seen, lost = read_all(stream)
      assert.equal(100000, seen + lost)
      assert.is_true(lost > 75000 and seen > 12000)
    end)

    it("may send a value beyond all measure, which is lost alone", function()
      local stream = events('send {"n":;fill 20000000;send 1}\\n;number 3 {"n":#' .. PAD .. ";close")
      server.wait(function() return stream.exchange.transfer:ended() end)
      assert.equal(1, stream:read().overflow)
      for n = 1, 3 do assert.equal(n, stream:read().n) end
      assert.is_nil((stream:read()))
    end)

    it("is read on while the program sleeps or runs other tasks", function()
      local stream = events('number 10 {"n":#' .. PAD .. ';sleep 100;number 100000 {"n":#' .. PAD .. ";close")
      assert.equal(1, stream:read().n)
      docker.sleep(0.05)
      local deadline = docker.now() + 100
      repeat docker.sleep(0.05) until stream.exchange.transfer:ended() or docker.now() > deadline
      assert.is_true((stream.exchange.transfer:ended()))
      stream:close()
    end)
  end)

  describe("in a log", function()
    local FRAMED = "application/vnd.docker.multiplexed-stream"

    local function frame(kind, bytes, length)
      length = length or #bytes
      return string.char(kind, 0, 0, 0, math.floor(length / 2 ^ 24) % 256,
        math.floor(length / 2 ^ 16) % 256,
        math.floor(length / 256) % 256, length % 256) .. bytes
    end

    local function logs(rest, kind)
      return assert(client(chunked(rest, kind or FRAMED)).containers:get "web":logs())
    end

    it("may split frames everywhere", function()
      local bytes = frame(1, "out") .. frame(2, "") .. frame(2, "err\n") .. frame(0, "in")
      local parts = {}
      for i = 1, #bytes do parts[i] = chunk(bytes:sub(i, i)) end
      local all, stdout, stderr = logs(table.concat(parts) .. LAST):text()
      assert.equal("outerr\nin", all)
      assert.equal("outin", stdout)
      assert.equal("err\n", stderr)
    end)

    it("may send what is no frame, which is quoted", function()
      local _, message, err = logs(chunk "plain text of a proxy" .. LAST):text()
      assert.equal("protocol", err.kind)
      assert.matches("plain", message)
    end)

    it("may announce four gigabytes and end", function()
      local stream = logs(chunk(frame(1, "some", 4294967295)) .. LAST)
      assert.equal("stdout", (stream:read()))
      local _, _, err = stream:read()
      assert.equal("lost", err.kind)
      assert.equal("lost", stream.outcome)
    end)

    it("may end inside a head", function()
      local _, _, err = logs(chunk(frame(1, "a") .. "\1\0\0") .. LAST):text()
      assert.equal("lost", err.kind)
    end)

    it("may report a failure of its own", function()
      local _, message, err = logs(chunk(frame(3, "the log driver broke")) .. LAST):text()
      assert.equal("server", err.kind)
      assert.matches("log driver broke", message)
    end)

    it("may hold a terminal's raw bytes, which are never taken for frames", function()
      local all = logs(chunk(frame(1, "abc")) .. LAST, "application/vnd.docker.raw-stream"):text()
      assert.equal(frame(1, "abc"), all)
    end)
  end)

  describe("in an archive", function()
    local HEADER = "a" .. ("\0"):rep(123) .. "00000001000\0" .. ("\0"):rep(12) .. "001642\0 0" .. ("\0"):rep(355)
    local FILE = HEADER .. ("d"):rep(512)
    local END = ("\0"):rep(1024)
    local TEXT = '{"message":"no such layer"}\n'

    local function calls(rest)
      local own = client(chunked(rest, "application/x-tar"))
      local container = own.containers:get "web"
      return { assert(container:export()), assert(container:get_archive "/a"),
        assert(own.images:get "web":save()) }
    end

    it("may end it well, in whatever chunks", function()
      for _, rest in ipairs { chunk(FILE .. END), chunk(FILE:sub(1, 3)) .. chunk(FILE:sub(4, 600))
        .. chunk(FILE:sub(601) .. END:sub(1, 9)) .. chunk(END:sub(10)) } do
        for _, archive in ipairs(calls(rest .. LAST)) do
          assert.is_true(assert(archive:text()) == FILE .. END)
          assert.equal("complete", archive.outcome)
        end
      end
    end)

    it("may cut it and end the answer well", function()
      for _, bytes in ipairs { FILE:sub(1, 100), FILE:sub(1, 700), FILE } do
        for _, archive in ipairs(calls(chunk(bytes) .. LAST)) do
          local text, message, err = archive:text()
          assert.is_nil(text)
          assert.matches("^archive cut", message)
          assert.equal("truncated", err.kind)
          assert.equal("truncated", archive.outcome)
        end
      end
    end)

    it("may put its error there and end the answer well", function()
      for _, bytes in ipairs { "", FILE:sub(1, 700), FILE, FILE .. END } do
        for _, archive in ipairs(calls((bytes == "" and "" or chunk(bytes)) .. chunk(TEXT) .. LAST)) do
          local text, message, err = archive:text()
          assert.is_nil(text)
          assert.matches("^no such layer %(", message)
          assert.equal("not_found", err.kind)
          assert.equal("refused", archive.outcome)
        end
      end
    end)

    it("may go on for ever with something else", function()
      for _, archive in ipairs(calls("186a0\\r\\n;repeat 40000 <p>;hang")) do
        local _, message, err = archive:text()
        assert.equal("protocol", err.kind)
        assert.matches("<p><p>", message, 1, true)
      end
    end)

    it("may lose the connection after the end", function()
      for _, archive in ipairs(calls(chunk(FILE .. END) .. ";close")) do
        assert.is_nil((archive:text()))
        assert.equal("lost", archive.outcome)
      end
    end)
  end)

  describe("in the progress of a pull", function()
    local function pull(rest, opts)
      return client(chunked(rest)).images:pull("busybox", opts)
    end

    it("may fail in a 200, in the old form or the new", function()
      for _, words in ipairs {
        '{"errorDetail":{"message":"manifest unknown"},"error":"manifest unknown"}',
        '{"errorDetail":{"code":404,"message":"manifest unknown"}}',
        '{"error":"manifest unknown"}', '{"message":"manifest unknown"}',
        '{"cause":"unknown","message":"manifest unknown","response":500}' } do
        local seen = 0
        local image, message, err = pull(chunk '{"status":"Pulling"}\r\n' .. chunk(words) .. LAST,
          { on_progress = function() seen = seen + 1 end })
        assert.is_nil(image)
        assert.equal("not_found", err.kind)
        assert.matches("manifest unknown", message)
        assert.equal(1, seen)
        assert.equal("Pulling", err.partial[1].status)
      end
    end)

    it("may fail without a word, or with blanks around the words", function()
      for text, words in pairs { [""] = "no explanation was given", [" \\n"] = "no explanation was given",
        [" no space\\n"] = "no space" } do
        local _, message = pull(chunk('{"error":"' .. text .. '"}') .. LAST)
        assert.equal(words .. " (ImageCreate, in its progress)", message)
      end
    end)

    it("may just stop", function()
      local image, _, err = pull(chunk '{"status":"Pulling"}' .. ";close")
      assert.is_nil(image)
      assert.equal("lost", err.kind)
    end)
  end)

  it("that ends a wait without a code is a lost connection", function()
    local function wait(script) return select(3, client(script).containers:get "web":wait()) end
    assert.equal("lost", wait(chunked ";close").kind)
    assert.equal("lost", wait(answer("200 OK", "application/json", "{}")).kind)
    assert.equal("server", wait(answer("200 OK", "application/json",
      '{"StatusCode":0,"Error":{"Message":"it broke"}}')).kind)
  end)

  it("that refuses an upload early is heard", function()
    local refused = answer("404 Not Found", "application/json", '{"message":"no such folder"}')
    local size = 0
    local ok, message, err = client(refused).containers:get "web":put_archive("/x", function()
      size = size + 65536
      return size < 2 ^ 30 and ("x"):rep(65536) or nil
    end)
    assert.is_nil(ok)
    assert.equal("not_found", err.kind)
    assert.matches("no such folder", message)
    assert.is_true(size < 2 ^ 30)
  end)

  it("is never sent an id that reaches elsewhere", function()
    local own = client(answer("200 OK", "application/json", "{}"))
    for _, id in ipairs { ".", "..", "a/../b", "../info", "a\nb", "a\rb", "a\0b" } do
      local ok, message = pcall(function() return own.containers:get(id):inspect() end)
      assert.is_false(ok, id)
      assert.matches("hostile_spec.lua:%d+: ", message)
    end
    assert.has_error(function() own.containers:get "" end)
    assert.has_error(function() own.containers:get(nil) end)
    assert.is_truthy(own.containers:get "%2e%2e":inspect())
  end)

  it("leaves no descriptor behind, whatever it does", function()
    local scripts = { "close", "reset", "hang", chunked '2\\r\\n{}\\r\\n;close',
      answer("404 No", "text/plain", "x") }
    local function round()
      for _, script in ipairs(scripts) do client(script):info { timeout = 0.02 } end
      assert(client(chunked ";hang"):events()) -- dropped
      collectgarbage()
      collectgarbage()
    end
    for _ = 1, 5 do round() end
    local before = server.descriptors()
    for _ = 1, 20 do round() end
    assert.is_true(server.descriptors() <= before + 1)
  end)
end)
