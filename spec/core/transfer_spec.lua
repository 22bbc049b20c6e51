local core = require "moondock.core"
local memory = require "spec.memory"
local server = require "spec.core.server"

local loop = core.loop()

local function start(script, more)
  return assert(core.transfer(loop, server.request(script, more)))
end

describe("a transfer", function()
  setup(server.start)
  teardown(server.stop)

  describe("reads an answer", function()
    it("with a length", function()
      local answer = server.get(server.answer "hello")
      assert.equal(200, answer.status)
      assert.equal("hello", answer.body)
      assert.is_true(answer.ended)
      assert.equal("5", answer.headers["content-length"])
    end)

    it("in chunks, and ignores the trailer", function()
      local answer = server.get("send HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n"
        .. "3\\r\\nabc\\r\\n;sleep 20;send 2\\r\\nde\\r\\n0\\r\\nLate: x\\r\\n\\r\\n")
      assert.equal("abcde", answer.body)
      assert.is_nil(answer.headers.late)
    end)

    it("byte by byte", function()
      local answer = server.get(server.answer("slowly"):gsub("^send", "drip"), nil)
      assert.equal("slowly", answer.body)
    end)

    it("without a length, up to the end of the connection", function()
      local answer = server.get "send HTTP/1.1 200 OK\\r\\n\\r\\nall there is;close"
      assert.equal("all there is", answer.body)
      assert.is_true(answer.ended)
    end)

    it("after interim answers", function()
      local answer = server.get("send HTTP/1.1 100 Continue\\r\\nA: 1\\r\\n\\r\\nHTTP/1.1 103 Early Hints\\r\\n\\r\\n;"
        .. server.answer("x", "201 Created"))
      assert.equal(201, answer.status)
      assert.is_nil(answer.headers.a)
    end)

    it("joins repeated and folded fields", function()
      local answer = server.get("send HTTP/1.1 200 OK\\r\\nX-A: one\\r\\nx-a:two\\r\\nX-B: three\\r\\n  four\\r\\n"
        .. "Content-Length: 0\\r\\n\\r\\n")
      assert.equal("one, two", answer.headers["x-a"])
      assert.equal("three four", answer.headers["x-b"])
    end)

    for _, status in ipairs { "204 No Content", "304 Not Modified" } do
      it("without a body: " .. status, function()
        local answer = server.get("send HTTP/1.1 " .. status .. "\\r\\n\\r\\n")
        assert.equal(tonumber(status:sub(1, 3)), answer.status)
        assert.equal("", answer.body)
        assert.is_true(answer.ended)
      end)
    end

    it("to HEAD", function()
      local answer = server.get("send HTTP/1.1 200 OK\\r\\nContent-Length: 1000\\r\\n\\r\\n", { method = "HEAD" })
      assert.equal("1000", answer.headers["content-length"])
      assert.is_true(answer.ended)
    end)

    it("over TCP", function()
      local answer = server.get(server.answer "tcp", { unix = "", url = server.tcp .. "/x" })
      assert.equal("tcp", answer.body)
    end)

    it("in pieces of the size asked for", function()
      local t = start(server.answer "abcdef")
      server.wait(function() return t:ended() end)
      assert.equal("ab", t:take(2))
      assert.equal("cdef", t:take(100))
      assert.is_nil(t:take())
      t:close()
    end)

    it("of any size without holding more than the buffer", function()
      local t = start "send HTTP/1.1 200 OK\\r\\nContent-Length: 1000000000\\r\\n\\r\\n;fill 1000000000"
      server.wait(function() return t:head() end)
      server.settle()
      local n = 0
      local grown = memory.grown(function()
        server.wait(function()
          local bytes = t:take(65536)
          while bytes do
            n = n + #bytes
            bytes = t:take(65536)
          end
          return t:ended()
        end, 120)
      end)
      assert.equal(1000000000, n)
      assert.is_true(grown < 20000)
    end)

    it("whole, whether much of it is expected or not", function()
      for _, bulk in ipairs { true, false } do
        local t = start("send HTTP/1.1 200 OK\\r\\n\\r\\n;fill 1000000;close", { bulk = bulk })
        local n = 0
        server.wait(function()
          n = n + #(t:take() or "")
          return t:ended() and n == 1000000
        end)
      end
    end)

    it("no faster than it is taken", function()
      local t = start "send HTTP/1.1 200 OK\\r\\n\\r\\n;fill 100000000;close"
      server.settle()
      local n = #t:take()
      assert.is_true(n >= 128 * 1024 and n <= 192 * 1024)
      t:close()
    end)
  end)

  describe("sends", function()
    it("a string", function()
      assert.equal("POST 3 96354", server.get("body;report", { method = "POST", body = "abc" }).body)
    end)

    it("a string with DELETE and PUT", function()
      assert.equal("DELETE 3 96354", server.get("body;report", { method = "DELETE", body = "abc" }).body)
      assert.equal("PUT 3 96354", server.get("body;report", { method = "PUT", body = "abc" }).body)
    end)

    it("no body with DELETE, and an empty one with POST", function()
      assert.equal("DELETE 0 0", server.get("body;report", { method = "DELETE" }).body)
      assert.equal("POST 0 0", server.get("body;report", { method = "POST" }).body)
    end)

    for _, size in ipairs { false, 3000000 } do
      it("an upload, " .. (size and "sized" or "chunked"), function()
        local t = start("body;report", { method = "PUT", upload = true, size = size or nil })
        assert.matches("^PUT 3000000 ", server.run(t, ("0123456789"):rep(300000)).body)
      end)
    end

    it("an empty upload", function()
      local t = start("body;report", { method = "PUT", upload = true })
      t:finish()
      assert.equal("PUT 0 0", server.run(t).body)
      t = start("body;report", { method = "PUT", upload = true, size = 0 })
      assert.is_nil(t:give "x")
      assert.equal("PUT 0 0", server.run(t).body)
    end)

    it("an upload that comes slowly", function()
      local t = start("body;report", { method = "POST", upload = true })
      for _ = 1, 5 do
        assert.equal(3, t:give "abc")
        server.settle()
      end
      t:finish()
      assert.matches("^POST 15 ", server.run(t).body)
    end)

    it("no more than fits, and tells when there is room", function()
      local t = start("sleep 50;body;report", { method = "POST", upload = true })
      local source = ("x"):rep(2000000)
      assert.is_true(t:give(source) <= 256 * 1024)
      assert.equal(0, t:give(source, 1000000))
      t:close()
    end)

    it("no upload that is shorter than announced", function()
      local t = start("body;report", { method = "PUT", upload = true, size = 10 })
      t:give "abc"
      t:finish()
      local failure = server.run(t).failure
      assert.equal(0, failure.code)
      assert.matches("ended before its size", failure.message)
    end)

    for _, size in ipairs { false, 50000000 } do
      it("only until it is refused, " .. (size and "sized" or "chunked"), function()
        for _, last in ipairs { "hang", "close", "reset" } do
          local script = "expect 100000;" .. server.answer("no such path", "404 Not Found") .. ";" .. last
          local t = start(script, { method = "PUT", upload = true, size = size or nil })
          local answer = server.run(t, ("x"):rep(50000000))
          assert.equal(404, answer.status)
          assert.equal("no such path", answer.body)
          assert.is_true(answer.ended)
        end
      end)
    end

    it("and never loses the refusal to a failed send", function()
      for i = 1, 300 do
        local script = ("expect %d;%s;%s"):format(i * 2900, server.answer("no", "404 Not Found"),
          i % 2 == 0 and "close" or "reset")
        local answer = server.run(start(script, { method = "PUT", upload = true }), ("x"):rep(3000000))
        assert.same({ 404, "no" }, { answer.status, answer.body })
      end
    end)

    it("an upload that waits for input until it is refused", function()
      local t = start(server.answer("no", "409 Conflict"), { method = "PUT", upload = true })
      t:give "a little"
      local answer = server.run(t)
      assert.equal(409, answer.status)
      assert.equal("no", answer.body)
    end)

    it("until the answer is complete, whatever it says", function()
      local t = start(server.answer("enough"), { method = "PUT", upload = true })
      t:give "a little"
      assert.equal("enough", server.run(t).body)
    end)
  end)

  describe("fails", function()
    local function fail(request)
      local answer = server.run(assert(core.transfer(loop, request)))
      assert.is_nil(answer.ended)
      return answer.failure
    end

    it("when the socket is missing", function()
      local failure = fail { method = "GET", url = "http://d/", unix = server.unix .. ".none" }
      assert.same({ 7, 2, "connect" }, { failure.code, failure.errno, failure.phase })
      assert.equal("No such file or directory", failure.message)
    end)

    it("when the socket is no socket", function()
      local failure = fail { method = "GET", url = "http://d/", unix = "/dev/null" }
      assert.same({ 7, "connect" }, { failure.code, failure.phase })
      assert.is_true(failure.errno > 0)
    end)

    it("when nobody listens", function()
      local failure = fail { method = "GET", url = "http://127.0.0.1:1/" }
      assert.same({ 7, 111, "connect" }, { failure.code, failure.errno, failure.phase })
    end)

    it("when the name is unknown", function()
      local failure = fail { method = "GET", url = "http://name.invalid/" }
      assert.same({ 6, "connect" }, { failure.code, failure.phase })
    end)

    it("when the body is cut", function()
      local failure = server.get "send HTTP/1.1 200 OK\\r\\nContent-Length: 10\\r\\n\\r\\nabc;close"
      assert.equal("abc", failure.body)
      failure = failure.failure
      assert.same({ 18, "body", 3 }, { failure.code, failure.phase, failure.received })
    end)

    it("when the chunks are cut", function()
      local cut = server.get("send HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n3\\r\\nabc\\r\\n;close")
      local failure = cut.failure
      assert.same({ 18, "body" }, { failure.code, failure.phase })
    end)

    it("when the connection is reset", function()
      local failure = server.get("send HTTP/1.1 200 OK\\r\\n\\r\\nabc;sleep 20;reset",
        { unix = "", url = server.tcp }).failure
      assert.same({ 56, "body", 104 }, { failure.code, failure.phase, failure.errno })
    end)

    it("when there is no answer", function()
      local failure = server.get("close", { fresh = true }).failure
      assert.same({ 52, "answer", false }, { failure.code, failure.phase, failure.reused })
    end)

    it("when the server dies during an upload that waits", function()
      local t = start("sleep 20;close", { method = "PUT", upload = true })
      t:give "a little"
      assert.equal("send", server.run(t).failure.phase)
    end)

    it("when the answer is no HTTP", function()
      local failure = server.get("send garbage\\r\\n\\r\\n;close").failure
      assert.equal("answer", failure.phase)
    end)

    it("when the head has no end", function()
      local failure = server.get("send HTTP/1.1 200 OK\\r\\n;repeat 100000 X-A: abcdefghij\\r\\n").failure
      assert.same({ 0, "answer" }, { failure.code, failure.phase })
      assert.matches("too large", failure.message)
    end)

    it("when nothing is connected in time", function()
      local t = core.transfer(loop, server.request("hang", {
        unix = "", url = server.tcp:gsub("^http", "https"), connect_timeout = 0.05,
      }))
      local failure = server.run(t).failure
      assert.same({ 28, "connect" }, { failure.code, failure.phase })
    end)

    it("at once when the path of the socket is too long", function()
      local t, message = core.transfer(loop, { method = "GET", url = "http://d/", unix = "/" .. ("x"):rep(107) })
      assert.is_nil(t)
      assert.matches("107 bytes", message)
    end)
  end)

  describe("raises", function()
    local cases = {
      ["without a method"] = { url = "http://d/" },
      ["without a url"] = { method = "GET" },
      ["on a line break in the method"] = { method = "GET / HTTP/1.1\r\nX: y", url = "http://d/" },
      ["on a line break in the url"] = { method = "GET", url = "http://d/\r\n" },
      ["on a blank in the url"] = { method = "GET", url = "http://d/a b" },
      ["on a zero byte in the url"] = { method = "GET", url = "http://d/a\0b" },
      ["on a line break in a header"] = { method = "GET", url = "http://d/", headers = { "A: b\r\nC: d" } },
      ["on a zero byte in a header"] = { method = "GET", url = "http://d/", headers = { "A: b\0" } },
      ["on a header without a name"] = { method = "GET", url = "http://d/", headers = { "nothing" } },
      ["on headers that are no strings"] = { method = "GET", url = "http://d/", headers = { {} } },
      ["on a body that is no string"] = { method = "GET", url = "http://d/", body = {} },
      ["on a wrong timeout"] = { method = "GET", url = "http://d/", connect_timeout = "x" },
    }
    for name, request in pairs(cases) do
      it(name, function()
        assert.has_error(function() core.transfer(loop, request) end)
        assert.equal(0, loop:active())
      end)
    end

    it("on give without an upload", function()
      local t = start "hang"
      assert.has_error(function() t:give "x" end)
      t:close()
    end)
  end)

  describe("keeps the connection", function()
    it("for the next request", function()
      local first = tonumber(server.get("connections").body)
      for _ = 1, 20 do assert.equal(first, tonumber(server.get("connections").body)) end
    end)

    it("and not when it shall be fresh", function()
      local first = tonumber(server.get("connections").body)
      assert.equal(first + 1, tonumber(server.get("connections", { fresh = true }).body))
    end)

    it("and not after an upload that was stopped", function()
      local t = start(server.answer("no", "404 Not Found") .. ";hang", { method = "PUT", upload = true })
      server.run(t)
      assert.equal("ok", server.get(server.answer "ok").body)
    end)
  end)

  describe("can be closed", function()
    local scripts = {
      ["before the answer"] = "hang",
      ["in the head"] = "send HTTP/1.1 200 OK\\r\\n;hang",
      ["in the body"] = "send HTTP/1.1 200 OK\\r\\nContent-Length: 10\\r\\n\\r\\nabc;hang",
      ["while it is paused"] = "send HTTP/1.1 200 OK\\r\\n\\r\\n;fill 10000000;hang",
    }
    for name, script in pairs(scripts) do
      it(name, function()
        local before = server.descriptors()
        local t = start(script)
        server.settle()
        t:close()
        t:close()
        assert.is_nil((t:ended()))
        assert.is_nil(t:take())
        assert.equal(0, loop:active())
        assert.is_true(before >= server.descriptors())
      end)
    end

    it("before anything happened", function()
      start("hang"):close()
      assert.equal(0, loop:active())
    end)

    it("by the collector", function()
      local before = server.descriptors()
      for i = 1, 50 do
        start(i % 2 == 0 and "hang" or "send HTTP/1.1 200 OK\\r\\n\\r\\n;fill 1000000;hang")
        loop:step(2)
      end
      collectgarbage()
      collectgarbage()
      assert.equal(0, loop:active())
      assert.is_true(server.descriptors() <= before)
      assert.equal("ok", server.get(server.answer "ok").body)
    end)
  end)

  -- At the end: the thread that resolves goes on for a while, with descriptors of its own.
  it("does not wait for the resolver when it is closed", function()
    local before = os.time()
    core.transfer(loop, { method = "GET", url = "http://name.invalid/" }):close()
    assert.equal(0, loop:active())
    assert.is_true(os.time() - before <= 1)
  end)

  it("reports how it ended when nothing is left", function()
    local t = start(server.answer "x")
    server.wait(function() return t:ended() end)
    assert.equal("x", t:take())
    assert.is_true(t:ended())
    t:close()
    assert.is_true(t:ended())
  end)
end)

describe("an upload from a file", function()
  setup(server.start)
  teardown(server.stop)

  local path
  before_each(function() path = os.tmpname() end)
  after_each(function() os.remove(path) end)

  local function write(bytes)
    local file = assert(io.open(path, "wb"))
    assert(file:write(bytes))
    file:close()
    return assert(io.open(path, "rb"))
  end

  for _, size in ipairs { 0, 5, 1000003 } do
    it("is read as it is sent, chunked and sized: " .. size, function()
      for _, sized in ipairs { false, true } do
        local file = write(("x"):rep(size))
        local t = start("body;report", { method = "PUT", upload = true, size = sized and size or nil })
        local going = true
        server.wait(function()
          while going do
            local n = t:fill(file)
            if n == 0 then break end
            if n == false then t:finish() end
            going = n and n > 0
          end
          return t:ended() ~= false
        end)
        assert.is_true(t:ended())
        assert.matches("PUT " .. size .. " ", t:take())
        file:close()
        t:close()
      end
    end)
  end

  it("says why the file cannot be read", function()
    local folder = io.open("/tmp", "rb")
    if not folder then return end
    local t = start("body;report", { method = "PUT", upload = true })
    local n, message = t:fill(folder)
    assert.is_nil(n)
    assert.matches("directory", message)
    folder:close()
    assert.has_error(function() t:fill(folder) end)
    t:close()
  end)
end)
