local process = require "moondock.process"
local task = require "moondock.task"

describe("process.run", function()
  it("gives output, errors and exit code", function()
    local result = assert(process.run({ "sh", "-c", "cat; echo why >&2; exit 3" }, { stdin = "in" }))
    assert.same({ code = 3, stdout = "in", stderr = "why\n" }, result)
  end)

  it("tells the signal that ended the program", function()
    local result = assert(process.run { "sh", "-c", "kill -KILL $$" })
    assert.is_nil(result.code)
    assert.equal(9, result.signal)
  end)

  it("gives a program that reads nothing its end of input at once", function()
    assert.equal("", assert(process.run { "cat" }).stdout)
    assert.equal(0, assert(process.run({ "true" }, { stdin = ("x"):rep(1e6) })).code)
  end)

  it("carries a large input", function()
    local input = ("0123456789"):rep(1e5)
    assert.equal(input, assert(process.run({ "cat" }, { stdin = input })).stdout)
  end)

  it("says why a program cannot be started", function()
    local result, message, err = process.run { "no-such-program" }
    assert.is_nil(result)
    assert.equal("cannot start the program 'no-such-program': No such file or directory", message)
    assert.equal("config", err.kind)
    assert.equal("missing", err.reason)
    assert.equal("permission", select(3, process.run { "/etc/passwd" }).reason)
  end)

  it("has a time limit", function()
    local result, message, err = process.run({ "sleep", "60" }, { timeout = 0.2 })
    assert.is_nil(result)
    assert.equal("timeout", err.kind)
    assert.matches("'sleep' did not end within 0.2 seconds", message)
  end)

  it("has a limit of output", function()
    local result, message, err = process.run({ "yes" }, { limit = 1000 })
    assert.is_nil(result)
    assert.equal("protocol", err.kind)
    assert.matches("more than 1000 bytes", message)
    assert.equal("protocol", select(3, process.run { "yes" }).kind)
  end)

  it("adds to the environment", function()
    local result = assert(process.run({ "sh", "-c", "echo $MOONDOCK_SPEC" }, { env = { MOONDOCK_SPEC = "x y" } }))
    assert.equal("x y\n", result.stdout)
  end)

  it("lets tasks go on", function()
    local order = {}
    local slow = task.spawn(function()
      assert(process.run { "sleep", "1" })
      order[#order + 1] = "slow"
    end)
    local fast = task.spawn(function()
      assert(process.run { "true" })
      order[#order + 1] = "fast"
    end)
    slow:await()
    fast:await()
    assert.same({ "fast", "slow" }, order)
  end)

  it("ends the program when its task is cancelled", function()
    local path = os.tmpname()
    local run = task.spawn(function()
      process.run { "sh", "-c", "echo $$ >" .. path .. "; exec sleep 60" }
    end)
    local pid
    local function read()
      local file = assert(io.open(path))
      pid = file:read "*n"
      file:close()
      return pid
    end
    while not read() do task.sleep(0.01) end
    run:cancel()
    assert.equal("cancelled", run.status)
    local deadline = task.now() + 100
    local function alive()
      local file = io.open(("/proc/%d/cmdline"):format(pid))
      local line = file and file:read "*a"
      if file then file:close() end
      return line and line:find "sleep"
    end
    while alive() do
      assert.is_true(task.now() < deadline)
      task.sleep(0.01)
    end
    os.remove(path)
  end)
end)
