local core = require "moondock.core"
local lfs = require "lfs"
local server = require "spec.core.server"

local loop = core.loop()

local function start(script, more)
  return assert(core.transfer(loop, server.request(script, more)))
end

describe("the loop", function()
  setup(server.start)
  teardown(server.stop)

  it("is one for each Lua state", function()
    assert.equal(loop, core.loop())
  end)

  it("waits at most the time it is given", function()
    local before = core.now and core.now() or os.time()
    loop:step(30)
    local passed = (core.now and core.now() or os.time()) - before
    assert.is_true(passed < 1)
  end)

  it("has a descriptor below those of its connections", function()
    assert.is_true(loop:fd() > 2 and loop:fd() < 64)
  end)

  it("counts what is open", function()
    local a, b = start "hang", start(server.answer "x")
    assert.equal(2, loop:active())
    server.wait(function() return b:ended() end)
    assert.equal(1, loop:active())
    a:close()
    assert.equal(0, loop:active())
    b:close()
  end)

  -- The descriptor of an open file of this process.
  local function descriptor_of(path)
    for fd = 3, 255 do
      if lfs.symlinkattributes("/proc/self/fd/" .. fd, "target") == path then return fd end
    end
  end

  it("forgets what no poller takes before its descriptor is another's", function()
    local file = assert(io.open "/dev/null")
    local fd = assert(descriptor_of "/dev/null")
    for _ = 1, 20 do -- each copy takes a number that the next connection gets
      local reader = assert(core.reader(loop, fd))
      reader:close()
      reader = nil -- luacheck: ignore 311
      collectgarbage()
      collectgarbage()
      local transfer = start(server.answer "whole", { fresh = true })
      server.wait(function() return transfer:ended() ~= false end, 60)
      assert.equal("whole", transfer:take())
      transfer:close()
    end
    file:close()
  end)

  it("reports each transfer with news once", function()
    local t = start(server.answer "x")
    while t:ended() == false do loop:step(100) end
    assert.equal(t:id(), loop:ready())
    assert.is_nil(loop:ready())
    t:close()
  end)

  it("forgets the news of what is closed", function()
    local t = start(server.answer "x")
    while t:ended() == false do loop:step(100) end
    t:close()
    assert.is_nil(loop:ready())
  end)

  it("does not wait while there is news", function()
    local t = start(server.answer "x")
    while t:ended() == false do loop:step(100) end
    loop:step(-1)
    assert.equal(t:id(), loop:ready())
    t:close()
  end)

  it("gives every transfer another id", function()
    local a, b = start "hang", start "hang"
    assert.not_equal(a:id(), b:id())
    a:close()
    b:close()
  end)

  it("runs 2,000 transfers at once", function()
    local all, done = {}, 0
    local pause = os.getenv "MOONDOCK_UNDER" and 30000 or 4000 -- longer than starting them all takes
    for i = 1, 2000 do
      all[i] = start("sleep " .. pause .. ";" .. server.answer("number " .. i))
      if i % 100 == 0 then loop:step(0) end
    end
    assert.equal(2000, loop:active())
    server.wait(function()
      while loop:ready() do end
      return loop:active() == 0
    end, 60)
    for i, t in ipairs(all) do
      if t:ended() and t:take() == "number " .. i then done = done + 1 end
      t:close()
    end
    assert.equal(2000, done)
  end)

  it("keeps few idle connections", function()
    assert.is_true(server.descriptors() < 60)
  end)

  it("keeps the number of descriptors over 5,000 mixed calls", function()
    local scripts = {
      server.answer "x", "close", "send HTTP/1.1 200 OK\\r\\n\\r\\nx;close", "hang",
      "send HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nx;close", server.answer("no", "404 Not Found"),
    }
    local function call(i)
      local script = scripts[i % #scripts + 1]
      local t = start(script, i % 7 == 0 and { method = "POST", upload = true } or nil)
      if i % 7 == 0 then t:finish() end
      if script == "hang" then
        loop:step(0)
        if i % 2 == 0 then t:close() end
      else
        server.wait(function() return t:ended() ~= false end)
        if i % 3 ~= 0 then t:close() end
      end
    end
    for i = 1, 100 do call(i) end
    collectgarbage()
    collectgarbage()
    local before = server.descriptors()
    for i = 1, 5000 do call(i) end
    collectgarbage()
    collectgarbage()
    assert.is_true(server.descriptors() <= before + 1)
    assert.equal(0, loop:active())
  end)

  it("can be lost before its transfers", function()
    local program = ([[
      local core = require "moondock.core"
      kept = core.transfer(core.loop(), { method = "GET", url = "http://d/", unix = %q, headers = { "Script: hang" } })
      other = core.upgrade(core.loop(), { method = "GET", url = "http://d/", unix = %q, headers = { "Script: hang" } })
      for i = 1, 5 do core.loop():step(5) end
    ]]):format(server.unix, server.unix)
    local interpreter = arg[-1]
    for i = -1, -20, -1 do interpreter = arg[i] or interpreter end
    local file = os.tmpname()
    local out = assert(io.open(file, "w"))
    out:write(program)
    out:close()
    local ok = os.execute(("LUA_CPATH='%s' %s %s"):format(package.cpath, interpreter, file))
    os.remove(file)
    assert.is_true(ok == true or ok == 0)
  end)

  local has_ffi, ffi = pcall(require, "ffi")
  if has_ffi then
    it("begins anew in a forked child and leaves the parent alone", function()
      ffi.cdef "int fork(void); void _exit(int); int waitpid(int, int *, int);"
      local t = start("sleep 100;" .. server.answer "for the parent")
      loop:step(5)
      local child = ffi.C.fork()
      if child == 0 then
        loop:step(0)
        local ended, failure = t:ended()
        local good = ended == nil and failure.message:find "another process" ~= nil
        t:close()
        local answer = server.get(server.answer "for the child")
        ffi.C._exit(good and answer.body == "for the child" and loop == core.loop() and 7 or 1)
      end
      local status = ffi.new "int[1]"
      ffi.C.waitpid(child, status, 0)
      assert.equal(7, status[0] / 256)
      assert.equal("for the parent", server.run(t).body)
    end)
  end
end)
