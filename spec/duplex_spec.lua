-- exec and attach against a scripted server: every request carries the script of its answer.

local docker = require "moondock"
local server = require "spec.core.server"

local SWITCH = "send HTTP/1.1 101 UPGRADED\\r\\nContent-Type: application/vnd.docker.raw-stream\\r\\n"
  .. "Connection: Upgrade\\r\\nUpgrade: tcp\\r\\n\\r\\n"

local function escaped(bytes)
  return (bytes:gsub("[^%w]", function(c) return ("\\x%02X"):format(c:byte()) end))
end

local function json(body, status)
  return ("send HTTP/1.1 %s\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n%s"):format(
    status or "200 OK", #body, escaped(body))
end

local function frame(kind, bytes)
  local n = #bytes
  return string.char(kind, 0, 0, 0, 0, math.floor(n / 65536), math.floor(n / 256) % 256, n % 256) .. bytes
end

-- A client whose requests carry the script that `play` was last given.
local function client(script)
  local own = assert(docker.connect { host = "unix://" .. server.unix, api_version = "1.45" })
  function own.play(another) own.headers = { "Script: " .. another } end
  own.play(script)
  return own
end

-- An exec that takes input, and its client, which then plays `script`.
local function exec(script, opts)
  local own = client(json '{"Id":"e1"}')
  local handle = assert(own.containers:get "c1":exec_create("cat", opts or { interactive = true }))
  own.play(script)
  return handle, own
end

local function start(script, opts, start_opts)
  return assert(exec(script, opts):start(start_opts))
end

local TTY = { interactive = true, tty = true }

describe("a duplex stream", function()
  setup(server.start)
  teardown(server.stop)

  it("begins with what came together with the head", function()
    local session = start(SWITCH .. escaped(frame(1, "glued")) .. ";close")
    assert.same({ "stdout", "glued" }, { session:read() })
    assert.is_nil(session:read())
    assert.equal("complete", session.outcome)
  end)

  it("may follow a 200 as well as a 101", function()
    local session = start("send HTTP/1.1 200 OK\\r\\n\\r\\n;body;echo", TTY)
    assert(session:write "both")
    assert.same({ "tty", "both" }, { session:read() })
    session:close_write()
    assert.is_nil(session:read())
  end)

  it("may split frames everywhere", function()
    local bytes = frame(1, "out") .. frame(2, "") .. frame(2, "err\n") .. frame(1, "!")
    local session = start("drip" .. SWITCH:sub(5) .. escaped(bytes) .. ";close")
    local all, stdout, stderr = session:text()
    assert.equal("outerr\n!", all)
    assert.equal("out!", stdout)
    assert.equal("err\n", stderr)
  end)

  it("gives lines", function()
    local session = start(SWITCH .. escaped(frame(1, "a\nb") .. frame(2, "e\n") .. frame(1, "c")) .. ";close")
    local seen = {}
    for line, source in session:lines() do seen[#seen + 1] = source .. ":" .. line end
    assert.same({ "stdout:a", "stderr:e", "stdout:bc" }, seen)
  end)

  it("that is cut in a frame is lost", function()
    for _, bytes in ipairs { frame(1, "abc"):sub(1, 9), frame(1, "abc") .. "\1\0" } do
      local session = start(SWITCH .. escaped(bytes) .. ";close")
      local _, _, err = session:text()
      assert.equal("lost", err.kind)
      assert.equal("lost", session.outcome)
    end
  end)

  it("of plain text where frames are due is refused with the text", function()
    local words = "exec e1 has already run"
    local session = start("send HTTP/1.1 200 OK\\r\\n\\r\\n" .. escaped(words) .. ";close")
    local _, message, err = session:read()
    assert.equal("protocol", err.kind)
    assert.matches(words, message, 1, true)
    assert.equal("refused", session.outcome)
    assert.equal(message, (select(2, session:read())))
  end)

  it("of a terminal is never taken apart", function()
    local session = start(SWITCH .. escaped(frame(1, "abc")) .. ";close", TTY)
    assert.equal(frame(1, "abc"), (session:text()))
  end)

  it("is not there when the engine refuses", function()
    local session, message, err = exec(json('{"message":"No such exec instance: e1"}', "404 Not Found")):start()
    assert.is_nil(session)
    assert.equal("not_found", err.kind)
    assert.equal("ExecStart", err.operation)
    assert.matches("^No such exec instance", message)
  end)

  it("ends its input by half, and reads on", function()
    local session = start("body;" .. SWITCH .. ";tally", TTY)
    assert(session:write(("x"):rep(100000)))
    assert(session:write "")
    assert.is_true(session:close_write())
    assert.is_true(session:close_write())
    assert.equal(#'{"Tty":true}' + 100000, tonumber((session:text())))
    assert.has_error(function() session:write "more" end)
  end)

  it("carries more than all buffers hold, both ways at once, with two tasks", function()
    local size = 20 * 1024 * 1024
    local session = start("body;" .. SWITCH .. ";echo", TTY)
    local block = ("0123456789abcde\n"):rep(16384)
    local writer = docker.spawn(function()
      for _ = 1, size / #block do assert(session:write(block)) end
      session:close_write()
    end)
    local received, same = 0, true
    for _, bytes in session do
      same = same and bytes:byte() == block:byte(received % 16 + 1)
      received = received + #bytes
    end
    writer:await()
    assert.equal(size, received)
    assert.is_true(same)
  end)

  it("carries as much from a source while it is read", function()
    local block, given = frame(1, ("y"):rep(65536)), 0
    local session = start("body;" .. SWITCH .. ";echo", nil, { stdin = function()
      given = given + 1
      return given <= 160 and block or nil
    end })
    assert.equal(160 * 65536, #session:text())
    assert.has_error(function() session:write "x" end)
  end)

  it("types the end of a source into a terminal", function()
    for text, size in pairs { ["abc"] = 5, ["abc\n"] = 5, [""] = 1 } do
      local session = start("body;" .. SWITCH .. ";expect " .. size .. ";send got;close", TTY, { stdin = text })
      assert.equal("got", (session:text()))
    end
  end)

  it("says so when no more input is taken, and can still be read", function()
    local session = start(SWITCH .. escaped(frame(1, "last words")) .. ";sleep 50;close")
    local ok, message, err
    repeat ok, message, err = session:write(("z"):rep(100000)) until not ok
    assert.equal("lost", err.kind)
    assert.equal("send", err.phase)
    assert.matches("no more input", message)
    assert.same({ "stdout", "last words" }, { session:read() })
  end)

  it("refuses to write after its end, its close or its failure", function()
    local session = start(SWITCH .. ";close")
    session:read()
    assert.equal("lost", select(3, session:write "x").kind)
    session = start(SWITCH .. ";hang")
    session:close()
    session:close()
    assert.equal("cancelled", select(3, session:write "x").kind)
    assert.equal("cancelled", select(3, session:read()).kind)
    assert.equal("cancelled", session.outcome)
  end)

  it("meets its limits in both directions", function()
    local session = start(SWITCH .. ";hang", nil, { idle_timeout = 0.1 })
    local _, _, err = session:read()
    assert.equal("timeout", err.kind)
    assert.equal("idle", err.phase)
    assert.equal("timeout", session.outcome)
    session = start(SWITCH .. ";sleep 3000", nil, { timeout = 0.2 })
    local ok
    repeat ok, _, err = session:write(("z"):rep(1000000)) until not ok
    assert.equal("total", err.phase)
    assert.equal("timeout", session.outcome)
    assert.equal("timeout", select(3, session:read()).kind)
  end)

  it("closed by one task ends the waits of the others", function()
    local session = start(SWITCH .. ";sleep 3000")
    local reader = docker.spawn(function() return select(3, session:read()) end)
    local writer = docker.spawn(function()
      local ok, err, _
      repeat ok, _, err = session:write(("z"):rep(100000)) until not ok
      return err
    end)
    docker.sleep(0.05)
    session:close()
    assert.equal("cancelled", reader:await(5).kind)
    assert.equal("cancelled", writer:await(5).kind)
  end)

  it("is not written to without input", function()
    local session = start(SWITCH .. ";close", {})
    assert.error_matches(function() session:write "x" end, "interactive")
    assert.error_matches(function() session:close_write() end, "interactive")
  end)

  it("never shares its connection with what follows", function()
    local handle, own = exec "connections"
    local before = assert(own:request { path = "/number" })
    own.play(SWITCH .. escaped(frame(1, "x")) .. ";hang")
    local session = assert(handle:start())
    session:close_write()
    assert.equal("x", (session:text()))
    own.play "connections"
    assert.equal(before + 1, own:request { path = "/number" }) -- the one that was kept before
  end)

  it("leaves no descriptor behind", function()
    local function round()
      start(SWITCH .. ";hang") -- dropped
      start(SWITCH .. ";hang"):close()
      start(SWITCH .. escaped(frame(1, "x")) .. ";close"):text()
      exec(json('{"message":"no"}', "404 Not Found")):start()
      collectgarbage()
      collectgarbage()
    end
    for _ = 1, 5 do round() end
    local before = server.descriptors()
    for _ = 1, 20 do round() end
    assert.is_true(server.descriptors() <= before + 1)
  end)
end)
