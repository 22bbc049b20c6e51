local core = require "moondock.core"
local pty = require "spec.core.pty"

-- Prints what it reads, until "q".
local READ = [[
  local core = require "moondock.core"
  local function read_until_q()
    local reader = assert(core.reader(core.loop(), 0))
    repeat
      core.loop():step(1000)
      local bytes = reader:take()
      if bytes then io.write("<", bytes, ">") io.flush() end
    until bytes and bytes:find "q" or reader:ended() ~= false
    io.write(tostring(reader:ended()), "\r\n")
    reader:close()
  end
]]

local RAW = READ .. [[
  local terminal = assert(core.terminal(0))
  assert(terminal:raw())
  io.write "ready\r\n"
  io.flush()
  read_until_q()
]]

describe("a terminal", function()
  it("is nothing else than that", function()
    assert.matches("^nil\t.+\n$", pty.shell(pty.chunk 'print(require "moondock.core".terminal(0))' .. " </dev/null"))
    local terminal, message = core.terminal(99)
    assert.is_nil(terminal)
    assert.equal("string", type(message))
  end)

  it("has a size, which changes", function()
    local output = pty.play("expect 24\t80;size 50 132;send go\\n;expect 50\t132;end", pty.chunk [[
      local terminal = assert(require "moondock.core".terminal(0))
      print(terminal:size())
      io.read()
      print(terminal:size())]])
    assert.matches("132", output)
  end)

  it("gives each key at once while it is raw, Ctrl-C too", function()
    local output, status = pty.play("raw;expect ready;send a;expect <a>;send \\x03;expect <\\x03>;send q;end;cooked",
      pty.chunk(RAW))
    assert.equal("0", status, output)
  end)

  it("is as before when told so, and may be raw again", function()
    local output, status = pty.play("raw;expect ready;send q;cooked;send x\\n;raw;send y;cooked;send z\\n;end",
      pty.chunk(RAW .. [[
        assert(terminal:restore())
        assert(terminal:restore())
        io.read()
        assert(terminal:raw())
        assert(terminal:raw())
        io.read(1)
        terminal:close()
        terminal:close()
        assert(not terminal:size())
        io.read()]]))
    assert.equal("0", status, output)
  end)

  local ends = {
    ["the end of the program"] = { "", "^0$" },
    ["an error"] = { "error 'mine'", "^1$" },
    ["os.exit"] = { "os.exit(3)", "^3$" },
  }
  for name, case in pairs(ends) do
    it("is as before after " .. name, function()
      local output, status = pty.play("raw;expect ready;send q;end;cooked", pty.chunk(RAW .. case[1]))
      assert.matches(case[2], status, 1, false)
      assert.falsy(output:find "failed:")
    end)
  end

  for _, signal in ipairs { 1, 2, 9, 15 } do
    it("is as before when the program is ended by signal " .. signal, function()
      local output = pty.play("raw;expect ready;kill " .. signal .. ";end;cooked", pty.chunk(RAW))
      assert.falsy(output:find "failed:")
    end)
  end

  it("is left alone by a program that was forked, and keeps no process", function()
    local output, status = pty.play("raw;expect ready;send q;expect <q>;cooked;end", pty.chunk(RAW .. [[
      terminal:close()
      os.execute "sleep 0.2"
      local pipe = io.popen "pgrep -P $PPID | wc -l"
      print("children", pipe:read "*n")
      pipe:close()]]))
    assert.equal("0", status, output)
    assert.matches("children\t1\r\n", output) -- the shell that counts
  end)
end)

describe("a reader", function()
  it("reads a pipe to its end", function()
    local output = pty.shell("(printf ab; sleep 0.1; printf cd) | " .. pty.chunk(READ .. "read_until_q()"))
    assert.equal("<ab><cd>true\r\n", output)
  end)

  it("reads what no poller takes: a file, and nothing at all", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write(("x"):rep(1000000))
    file:close()
    finally(function() os.remove(path) end)
    local count = [[
      local core = require "moondock.core"
      local reader, size = assert(core.reader(core.loop(), 0)), 0
      while true do
        local bytes = reader:take()
        if bytes then size = size + #bytes
        elseif reader:ended() then break
        else core.loop():step(1000) end
      end
      print(size, core.loop():active())]]
    assert.equal("1000000\t0\n", pty.shell(pty.chunk(count) .. " <" .. path))
    assert.equal("0\t0\n", pty.shell(pty.chunk(count) .. " </dev/null"))
  end)

  it("stops at a full buffer", function()
    local output = pty.shell("yes | " .. pty.chunk [[
      local core = require "moondock.core"
      local reader = assert(core.reader(core.loop(), 0))
      local clock = os.clock()
      for _ = 1, 20 do core.loop():step(5) end
      local bytes = reader:take()
      print(#bytes < 400000, os.clock() - clock < 0.2)
      while not reader:take() do core.loop():step(1000) end
      print "more"
      reader:close()
      reader:close()]])
    assert.matches("^true\ttrue\nmore\n", output)
  end)

  it("leaves its descriptor as it was", function()
    local output = pty.shell("(printf a; sleep 0.2) | " .. pty.chunk [[
      local core = require "moondock.core"
      local reader = assert(core.reader(core.loop(), 0))
      for line in io.lines "/proc/self/fdinfo/0" do
        if line:match "^flags" then print(line:match "%d+$") end
      end
      reader:close()
      print(io.read(1))]])
    assert.equal("00\na\n", (output:gsub("^0%d*(%d%d)\n", "%1\n")))
  end)

  it("is not made of what is not open", function()
    local reader, message = core.reader(core.loop(), 99)
    assert.is_nil(reader)
    assert.matches("descriptor", message)
    assert.equal(0, core.loop():active())
  end)
end)
