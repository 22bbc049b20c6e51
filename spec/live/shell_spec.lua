-- examples/shell.lua in front of a real pseudo-terminal.

local engine = require "spec.live.engine"
local pty = require "spec.core.pty"

describe("examples/shell.lua", function()
  local client = engine.connect()
  local container

  setup(function() container = engine.sleeper(client, { init = true }) end)
  teardown(function() engine.clean(client) end)

  local function shell(more)
    return ("env DOCKER_HOST=%s TERM=dumb %s examples/shell.lua %s %s"):format(engine.host, pty.lua,
      container.id, more or "")
  end

  local function play(script, more)
    local output, status = pty.play(script, shell(more))
    assert.falsy(output:find "failed:", output)
    return output, status
  end

  it("is a shell that ends with its exit code", function()
    local output, status = play "raw;expect #;send echo $((6*7))\\r;expect \\n42;send exit 5\\r;end;cooked"
    assert.equal("5", status)
    assert.matches("exit 5\r\n$", output)
  end)

  it("follows the size of the window", function()
    local watch = "while sleep 0.1\\; do stty size\\; done\\r"
    play("raw;expect #;send " .. watch .. ";expect 24 80;size 50 132;expect 50 132;send \\x03;sleep 500;send \\x03;"
      .. "expect #;send exit\\r;end")
  end)

  it("passes Ctrl-C on", function()
    play "raw;expect #;send sleep 600\\r;sleep 300;send \\x03;expect #;send exit 3\\r;expect exit 3\\r\\n;end;cooked"
  end)

  it("is left by its keys, and goes on", function()
    local output, status = play "raw;expect #;send \\x10\\x11;end;cooked"
    assert.equal("0", status)
    assert.matches("left running\r\n$", output)
  end)

  it("gives the terminal back when it is killed, by any signal", function()
    for _, signal in ipairs { 1, 9, 15 } do
      local _, status = play("raw;expect #;kill " .. signal .. ";end;cooked")
      assert.equal("s" .. signal, status)
    end
    play "raw;expect #;kill 2;end;cooked"
  end)

  it("gives the terminal back when the container goes away", function()
    local other = engine.sleeper(client)
    local command = shell():gsub(container.id, other.id)
    local url = "http://d/v1.41/containers/" .. other.id .. "?force=1"
    local remove = ("(sleep 1; curl -s -XDELETE --unix-socket %s '%s')"):format(engine.host:sub(8), url)
    local output, status = pty.play("raw;expect #;end;cooked",
      "sh -c " .. pty.quote(remove .. " & exec " .. command))
    assert.falsy(output:find "failed:", output)
    assert.equal("string", type(status))
  end)

  it("passes its input on when there is no terminal", function()
    local output = pty.shell("echo 'echo $((6*7)); exit 4' | " .. shell())
    assert.matches("42\r\nexit 4\n$", output)
  end)

  it("says what is wrong in words", function()
    assert.matches("usage: ", pty.shell(pty.lua .. " examples/shell.lua"))
    assert.matches("[Nn]o such container", pty.shell((shell():gsub(container.id, "nobody"))))
  end)
end)
