local core = require "moondock.core"
local forker = require "forker"
local lfs = require "lfs"
local pty = require "spec.core.pty"

local PATIENCE = 100

local loop = core.loop()

local function start(argv, more)
  local options = { argv = argv }
  for key, value in pairs(more or {}) do options[key] = value end
  return assert(core.process(loop, options))
end

local function sh(script, more)
  return start({ "sh", "-c", script }, more)
end

-- Step until `condition` is true.
local function await(condition)
  local deadline = core.now() + PATIENCE
  while true do
    local value = condition()
    if value then return value end
    assert(core.now() < deadline, "it does not come")
    loop:step(20)
  end
end

local function ended(process)
  return process:ended() ~= false
end

-- All of the output, after the process has ended.
local function drain(process)
  local parts = {}
  await(function()
    local bytes = process:take()
    while bytes do
      parts[#parts + 1] = bytes
      bytes = process:take()
    end
    return ended(process)
  end)
  parts[#parts + 1] = process:take()
  return table.concat(parts)
end

local function alive(pid)
  local file = io.open("/proc/" .. pid .. "/stat")
  if not file then return false end
  local state = (file:read "*a" or ""):match "%) (%a)" -- it may go while it is read
  file:close()
  return state ~= nil and state ~= "Z"
end

-- How many children this process has, zombies too.
local function children()
  local count = 0
  for name in lfs.dir "/proc" do
    local file = name:find "^%d+$" and io.open("/proc/" .. name .. "/stat")
    local parent = file and (file:read "*a" or ""):match "%) %a (%d+)"
    if file then file:close() end
    if tonumber(parent) == forker.pid() then count = count + 1 end
  end
  return count
end

-- A process that has told its pid.
local function told(script)
  local process = sh("echo $$; " .. script)
  local text = ""
  await(function()
    text = text .. (process:take() or "")
    return text:find "\n"
  end)
  return process, assert(tonumber(text:match "%d+"))
end

describe("a process", function()
  it("takes its arguments as they are, without a shell", function()
    local process = start { "printf", "%s|", "a b", "$HOME", "'\"*;", "" }
    assert.equal("a b|$HOME|'\"*;||", drain(process))
    assert.equal(0, (process:status()))
  end)

  it("gives what it read, more than any buffer", function()
    local process = start { "cat" }
    local sent, received, piece = 0, 0, ("0123456789abcdef"):rep(4096)
    await(function()
      while sent < 8 * #piece * 16 do
        local from = sent % #piece
        local n = process:give(piece, from + 1)
        sent = sent + n
        if n == 0 then break end
      end
      if sent == 8 * #piece * 16 then process:finish() end
      local bytes = process:take()
      while bytes do
        local from = received % 16
        assert.equal(piece:sub(from + 1, from + #bytes), bytes:sub(1, #piece - from))
        received = received + #bytes
        bytes = process:take(16384)
      end
      return ended(process)
    end)
    assert.is_true((process:ended()))
    assert.equal(sent, received)
  end)

  it("is stopped by a reader that stops", function()
    local process = start { "yes" }
    for _ = 1, 50 do loop:step(5) end
    local size = 0
    for _ = 1, 3 do size = size + #(process:take() or "") end
    assert.is_true(size <= 3 * (128 + 64) * 1024)
    process:close()
  end)

  it("tells its exit code, or the signal that ended it", function()
    local process = sh "exit 7"
    await(function() return ended(process) end)
    assert.same({ 7 }, { process:status() })
    process = sh "kill -TERM $$"
    await(function() return ended(process) end)
    assert.same({ nil, 15 }, { process:status() })
    assert.is_true((process:ended()))
  end)

  it("keeps the end of what it wrote as errors", function()
    local process = sh "i=0; while [ $i -lt 3000 ]; do echo line $i >&2; i=$((i+1)); done; echo the last >&2"
    await(function() return ended(process) end)
    assert.matches("line 2999\nthe last\n$", process:words())
    assert.equal(16 * 1024, #process:words())
    process:close()
    assert.matches("the last\n$", process:words())
  end)

  it("that cannot be started says why", function()
    local process, message, errno = core.process(loop, { argv = { "no-such-program" } })
    assert.is_nil(process)
    assert.matches("No such file", message)
    assert.equal(2, errno)
    assert.equal(13, (select(3, core.process(loop, { argv = { "/etc/passwd" } }))))
    assert.equal(13, (select(3, core.process(loop, { argv = { "/etc" } }))))
  end)

  it("whose interpreter is missing says so in the end", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write "#!/no/such/interpreter\n"
    file:close()
    assert(os.execute("chmod 700 " .. path))
    local process = start { path }
    await(function() return ended(process) end)
    os.remove(path)
    if os.getenv "MOONDOCK_UNDER" == "valgrind" then return end -- there an exec does not fail so
    local ok, failure = process:ended()
    assert.is_nil(ok)
    assert.equal("start", failure.phase)
    assert.equal(2, failure.errno)
    assert.is_nil((process:status()))
  end)

  it("is not looked for in the working directory", function()
    local process, _, errno = core.process(loop, { argv = { "ls" }, env = { PATH = ":.:bin" } })
    assert.is_nil(process)
    assert.equal(2, errno)
  end)

  it("has our environment and what was added", function()
    local process = start({ "env" }, { env = { MOONDOCK_ONE = "a=b c", HOME = "/nowhere" } })
    local output = "\n" .. drain(process)
    assert.matches("\nMOONDOCK_ONE=a=b c\n", output)
    assert.matches("\nHOME=/nowhere\n", output)
    assert.is_nil(output:find("\nHOME=" .. (os.getenv "HOME" or "/"), 1, true))
    assert.matches("\nPATH=", output)
  end)

  it("has no descriptor but its own, and no signal blocked or ignored", function()
    local file = assert(io.open "/etc/passwd")
    local process = start { "sh", "-c", "ls /proc/$$/fd; exec grep -E 'Sig(Blk|Ign)' /proc/self/status" }
    local output = drain(process)
    assert.matches("^0\n1\n2\nSig", output)
    assert.matches("SigBlk:%s0000000000000000", output)
    -- 32 and 33 are the C library's own, which nobody can set: whoever started us may ignore them.
    assert.matches("SigIgn:%s0000000[01][08]0000000", output)
    file:close()
  end)

  it("is in a session of its own", function()
    local process = start { "sh", "-c", "cut -d' ' -f6,7 /proc/$$/stat" }
    local session, terminal = drain(process):match "(%d+) (%d+)"
    local file = assert(io.open "/proc/self/stat")
    local ours = file:read("*a"):match "%) %a %d+ %d+ (%d+)"
    file:close()
    assert.not_equal(ours, session)
    assert.equal("0", terminal)
  end)

  it("leaves no zombie", function()
    local before = children()
    local processes = {}
    for i = 1, 20 do processes[i] = start { "true" } end
    await(function()
      for _, process in ipairs(processes) do
        if not ended(process) then return false end
      end
      return true
    end)
    await(function() return children() == before end)
  end)

  it("is not waited for when a descendant keeps its output", function()
    local process = sh "sleep 30 & echo $!"
    local pid = drain(process)
    assert.equal(0, (process:status()))
    assert.is_true(forker.kill(tonumber(pid), 9))
  end)

  it("ends with all that it started when it is closed", function()
    local before = children()
    local process, pid = told "sleep 60 & sleep 60 & wait"
    assert.is_true(alive(pid))
    local begun = core.now()
    process:close()
    assert.is_true(core.now() - begun < 30)
    process:close()
    await(function() return not alive(pid) and children() == before end)
  end)

  it("that ignores SIGTERM is killed", function()
    local process, pid = told "trap '' TERM; while :; do sleep 1; done"
    process:close()
    await(function() return not alive(pid) end)
  end)

  it("ends when it is collected", function()
    local process, pid = told "sleep 60"
    assert.is_false((process:ended()))
    process = nil -- luacheck: ignore 311
    collectgarbage()
    collectgarbage()
    await(function() return not alive(pid) end)
  end)

  it("leaves no descriptor behind", function()
    local function descriptors()
      local n = 0
      for _ in lfs.dir "/proc/self/fd" do n = n + 1 end
      return n
    end
    local before = descriptors()
    for _ = 1, 10 do
      local process = start { "cat" }
      process:close()
      core.process(loop, { argv = { "no-such-program" } })
      process = start { "true" }
      await(function() return ended(process) end)
      process:close()
    end
    assert.equal(before, descriptors())
  end)

  it("is told by its supervisor alone: SIGCHLD may be ignored", function()
    forker.ignore_children(true)
    local process = sh "exit 5"
    await(function() return ended(process) end)
    forker.ignore_children(false)
    assert.equal(5, (process:status()))
  end)

  it("is none of the children that the program waits for", function()
    local process = sh "sleep 0.1; exit 6"
    local deadline = core.now() + 1
    while core.now() < deadline do
      assert.equal(-1, (forker.wait(-1, 1)))
      loop:step(10)
    end
    assert.equal(6, (process:status()))
  end)

  it("is neither ended nor taken by a forked process", function()
    local process, pid = told "sleep 60"
    local child = forker.fork()
    if child == 0 then
      local ok = pcall(function()
        assert(process:ended() == false)
        core.loop():step(0)
        local over, failure = process:ended()
        assert(over == nil and failure.message:find "another process")
        process:close()
        collectgarbage()
        local own = start { "true" }
        await(function() return ended(own) end)
        assert(own:status() == 0)
      end)
      forker.kill(forker.pid(), ok and 9 or 15) -- an exit would be a checker's to judge
    end
    local _, status = forker.wait(child)
    assert.equal(9, status)
    assert.is_true(alive(pid))
    assert.is_false((process:ended()))
    process:close()
    await(function() return not alive(pid) end)
  end)

  it("ends although a forked process has copies of everything", function()
    local process, pid = told "cat >/dev/null; echo over; sleep 60"
    local child = forker.fork()
    if child == 0 then
      forker.wait(-1)
      while true do os.execute "sleep 60" end
    end
    process:finish()
    local text = ""
    await(function()
      text = text .. (process:take() or "")
      return text:find "over"
    end)
    process:close()
    await(function() return not alive(pid) end)
    forker.kill(child, 9)
    forker.wait(child)
  end)

  it("ends with the program, by whatever way", function()
    local endings = {
      "io.read()", "os.exit(0)", "os.exit(0, true)", "error 'oops'",
      "require 'forker'.kill(require 'forker'.pid(), 9)",
      "require 'forker'.exit(0)",
      -- a forked process that lives on has copies of all descriptors
      "if require 'forker'.fork() == 0 then require 'forker'.wait(-1) os.execute 'sleep 2' os.exit(0) end"
        .. " require 'forker'.kill(require 'forker'.pid(), 9)",
    }
    for _, ending in ipairs(endings) do
      local output = pty.shell(pty.chunk([[
        local core = require "moondock.core"
        local process = assert(core.process(core.loop(), { argv = { "sh", "-c", "echo $$; exec sleep 60" } }))
        local text = ""
        repeat core.loop():step(100) text = text .. (process:take() or "") until text:find "\n"
        io.write("pid ", text)
        io.flush() ]] .. ending) .. " </dev/null")
      local pid = assert(output:match "pid (%d+)", output)
      await(function() return not alive(pid) end)
    end
  end)

  it("wants proper arguments", function()
    assert.has_error(function() core.process(loop, {}) end)
    assert.has_error(function() core.process(loop, { argv = {} }) end)
    assert.has_error(function() core.process(loop, { argv = { "a\0b" } }) end)
    assert.has_error(function() core.process(loop, { argv = { 1 } }) end)
    assert.has_error(function() core.process(loop, { argv = { "true" }, env = { ["A=B"] = "c" } }) end)
    assert.has_error(function() core.process(loop, { argv = { "true" }, env = { A = 1 } }) end)
    assert.has_error(function() core.process(loop, { argv = { "true" }, serve = true }) end)
  end)
end)

describe("a folder", function()
  it("is new and private, and goes with its process", function()
    local folder = assert(core.folder "/tmp")
    assert.equal("rwx------", lfs.attributes(folder, "permissions"))
    local process = start({ "sleep", "60" }, { folder = folder })
    local file = assert(io.open(folder .. "/docker.sock", "w"))
    file:close()
    process:close()
    assert.is_nil(lfs.attributes(folder))
  end)

  it("cannot be where there is nothing", function()
    local folder, message, errno = core.folder "/no/such/folder"
    assert.is_nil(folder)
    assert.equal("string", type(message))
    assert.equal(2, errno)
  end)

  it("is served: one process for each connection", function()
    local folder = assert(core.folder "/tmp")
    local process = start({ "cat" }, { folder = folder, serve = true })
    local transfers = {}
    for i = 1, 5 do
      transfers[i] = assert(core.upgrade(loop, { method = "POST", url = "http://d/x" .. i,
        unix = folder .. "/docker.sock" }))
    end
    -- What comes back is what we sent: no HTTP.
    for i = 1, 5 do
      await(function() return ended(transfers[i]) end)
      local _, failure = transfers[i]:ended()
      assert.matches("no HTTP", failure.message)
    end
    process:close()
    assert.is_nil(lfs.attributes(folder))
  end)
end)
