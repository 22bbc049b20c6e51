-- Connections that are kept: what happens when they die, and what a forked process does with them.

local docker = require "moondock"
local forker = require "forker"
local server = require "spec.core.server"

-- A client, and what to set for the server to do with its next requests.
local function connect()
  local client = assert(docker.connect { host = "unix://" .. server.unix, headers = { Script = "report" },
    api_version = "1.45" })
  local function play(script) client.headers = { "Script: " .. script } end
  return client, play
end

-- Ask for a number: "connections" or "requests".
local function ask(client, play, what)
  play(what)
  return assert(client:request { path = "/number" })
end

describe("a kept connection", function()
  setup(server.start)
  teardown(server.stop)

  it("serves again", function()
    local client, play = connect()
    local first = ask(client, play, "connections")
    assert.equal(first, ask(client, play, "connections"))
  end)

  it("that was ended meanwhile is replaced for a read, and for a create", function()
    local client, play = connect()
    for _, script in ipairs { "close", "reset" } do
      play(server.answer "1" .. ";" .. script)
      assert.equal(1, (assert(client:request { path = "/number" })))
      play(server.answer "2")
      assert.equal(2, (assert(client:request { path = "/number" })))
      play(server.answer "1" .. ";" .. script)
      assert.equal(1, (assert(client:request { path = "/number" })))
      play("body;" .. server.answer('{"Id":"abc"}', "201 Created"))
      assert.equal("abc", assert(client.containers:create("image")).id)
    end
  end)

  it("that dies under a read makes it go again, once", function()
    local client, play = connect()
    local before = ask(client, play, "requests")
    play "close"
    local value, _, err = client:info()
    assert.is_nil(value)
    assert.equal("lost", err.kind)
    assert.equal(before + 3, ask(client, play, "requests")) -- two tries and this
  end)

  it("that dies under a create never makes it go again", function()
    for _, script in ipairs { "close", "reset", "body;close", "body;reset", "body;send HTTP;close" } do
      local client, play = connect()
      local before = ask(client, play, "requests")
      play(script)
      local value, _, err = client.containers:create("image")
      assert.is_nil(value)
      assert.equal("lost", err.kind)
      assert.equal(before + 2, ask(client, play, "requests"), script)
    end
  end)

  describe("in a forked process", function()
    -- Run `fn` in a child: its exit code, 9 when it failed.
    local function in_child(fn)
      local child = forker.fork()
      if child == 0 then
        local ok, code = pcall(fn)
        if not ok then io.stderr:write(tostring(code), "\n") end
        forker.exit(ok and code or 9)
      end
      local _, status = forker.wait(child)
      return status / 256
    end

    it("is the parent's alone: the child opens one of its own", function()
      local client, play = connect()
      local before = ask(client, play, "connections")
      assert.equal(1, in_child(function() return ask(client, play, "connections") - before end))
      assert.equal(before + 1, ask(client, play, "connections")) -- none was opened since
    end)

    it("leaves a parent's stream alone", function()
      local client, play = connect()
      play("send HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n;"
        .. "send 8\\r\\n{\"n\":1}\\n\\r\\n;sleep 300;send 8\\r\\n{\"n\":2}\\n\\r\\n0\\r\\n\\r\\n")
      local events = assert(client:events())
      assert.equal(1, events:read().n)
      assert.equal(5, in_child(function()
        local value, _, err = events:read()
        if value or err.kind ~= "lost" then return 1 end
        return ask(client, play, "connections") > 0 and 5 or 2
      end))
      assert.equal(2, events:read().n)
      assert.is_nil((events:read()))
      assert.equal("complete", events.outcome)
    end)
  end)
end)
