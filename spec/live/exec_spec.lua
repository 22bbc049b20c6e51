local docker = require "moondock"
local engine = require "spec.live.engine"

-- Random bytes, the same again for everybody who reads them from the start.
local random = assert(io.open("/dev/urandom", "rb"))
local BLOCK = random:read(1024 * 1024)
random:close()

local function source(blocks)
  local i = 0
  return function()
    i = i + 1
    return i <= blocks and BLOCK or nil
  end
end

-- A judge of output that should be BLOCK again and again.
local function comparer()
  local self = { size = 0, same = true }
  function self.add(_, bytes)
    local position = 1
    while position <= #bytes do
      local offset = self.size % #BLOCK
      local n = math.min(#bytes - position + 1, #BLOCK - offset)
      self.same = self.same
        and bytes:sub(position, position + n - 1) == BLOCK:sub(offset + 1, offset + n)
      position, self.size = position + n, self.size + n
    end
  end
  return self
end

local MEGABYTES = tonumber(os.getenv "MOONDOCK_TEST_MEGABYTES" or 50)

describe("exec on a real engine", function()
  local client = engine.connect()
  local container

  setup(function() container = engine.sleeper(client, { init = true }) end)
  teardown(function() engine.clean(client) end)

  it("returns output and exit code", function()
    local result = assert(container:exec { "sh", "-c", "echo o; echo e >&2; exit 3" })
    assert.equal("o\n|e\n|3", result.stdout .. "|" .. result.stderr .. "|" .. result.exit_code)
    assert.is_true(result.duration > 0)
    assert.is_false(result.truncated)
    assert.equal(3, assert(client.exec:get(result.id):inspect()).ExitCode)
  end)

  it("tells an exit code each time, however short the command", function()
    for i = 1, 30 do
      assert.equal(i, assert(container:exec { "sh", "-c", "exit " .. i }).exit_code)
    end
  end)

  it("ends when its input does", function()
    local result = assert(container:exec({ "wc", "-c" }, { stdin = "12345", timeout = 200 }))
    assert.equal("5\n", result.stdout)
    assert.equal("0\n", assert(container:exec({ "wc", "-c" }, { stdin = "", timeout = 200 })).stdout)
  end)

  it("takes environment, user, folder and privileges", function()
    local result = assert(container:exec({ "sh", "-c", "echo $A $B; id -u; pwd" },
      { env = { A = "1", B = "two words" }, user = "7", workdir = "/tmp" }))
    assert.equal("1 two words\n7\n/tmp\n", result.stdout)
    local count = "grep CapEff /proc/self/status"
    local plain = assert(container:exec { "sh", "-c", count }).stdout
    assert.not_equal(plain, assert(container:exec({ "sh", "-c", count }, { privileged = true })).stdout)
    assert.equal("x\n", assert(container:exec({ "sh", "-c", "echo $A" }, { Env = { "A=x" } })).stdout)
  end)

  it("has a terminal when asked for", function()
    local result = assert(container:exec({ "sh", "-c", "tty; echo e >&2" }, { tty = true }))
    assert.matches("^/dev/pts/%d+\r\ne\r\n$", result.stdout)
    assert.equal("", result.stderr)
    assert.matches("not a tty", assert(container:exec { "tty" }).stdout)
  end)

  it("types its input into a terminal, and its end", function()
    for _, text in ipairs { "hello", "hello\n" } do
      local result = assert(container:exec({ "sh", "-c", "sleep 0.2; cat; sleep 0.2; echo done" },
        { tty = true, stdin = text, timeout = 200 }))
      assert.matches("hello.*done\r\n$", result.stdout)
    end
  end)

  it("says by its code that there is no such command", function()
    local result = assert(container:exec "no-such-command")
    assert.is_true(result.exit_code == 126 or result.exit_code == 127)
    assert.matches("no%-such%-command", result.stdout .. result.stderr)
  end)

  it("makes a non-zero exit an error when asked to check", function()
    local result, message, err = container:exec({ "sh", "-c", "echo why >&2; exit 4" }, { check = true })
    assert.is_nil(result)
    assert.equal("exit", err.kind)
    assert.equal(4, err.result.exit_code)
    assert.matches("code 4: why$", message)
    assert(container:exec("true", { check = true }))
  end)

  it("stops waiting when time is over, and keeps what there was", function()
    local err = engine.with_time(function(seconds)
      local result, _, why = container:exec({ "sh", "-c", "echo early; sleep 600" }, { timeout = seconds })
      assert.is_nil(result)
      assert.equal("timeout", why.kind)
      return why.partial and why.partial.stdout ~= "" and why
    end)
    assert.equal("early\n", err.partial.stdout)
    assert.is_nil(err.partial.exit_code)
  end)

  it("waits for a command that closes its output before it ends", function()
    local result = assert(container:exec { "sh", "-c", "exec >/dev/null 2>&1; sleep 0.5; exit 6" })
    assert.equal(6, result.exit_code)
  end)

  it("shows output as it comes, and is limited in what it keeps", function()
    local seen = 0
    local result = assert(container:exec({ "seq", "1", "100000" }, { output_limit = 1000,
      on_output = function(kind, bytes) seen = seen + (kind == "stdout" and #bytes or 0) end }))
    assert.equal(588895, seen)
    assert.equal(1000, #result.stdout)
    assert.is_true(result.truncated)
  end)

  it("closes its stream when the caller's function raises", function()
    local before = engine.descriptors()
    assert.has_error(function()
      container:exec("yes", { on_output = function() error("mine", 0) end })
    end, "mine")
    assert.is_true(engine.descriptors() <= before + 1)
  end)

  it("leaves a command running when detached", function()
    local exec = assert(container:exec({ "sh", "-c", "sleep 1; exit 9" }, { detach = true }))
    local details = assert(exec:inspect())
    assert.is_true(details.Running)
    assert.is_nil(details.ExitCode)
    local deadline = docker.now() + (engine.podman and 3 or 200)
    repeat
      docker.sleep(0.1)
      details = assert(exec:inspect())
    until not details.Running or docker.now() > deadline
    if engine.lacks("podman", "a detached exec that has ended", details.Running, true) then return end
    assert.equal(9, details.ExitCode)
  end)

  it("refuses a second start", function()
    local exec = assert(container:exec_create("true"))
    assert.is_nil(assert(exec:inspect()).ExitCode)
    assert(exec:start()):text()
    for _, again in ipairs { exec, client.exec:get(exec.id) } do
      local session, message, err = again:start()
      assert.is_nil(session)
      assert.equal("conflict", err.kind)
      assert.matches("started before", message)
    end
    assert.equal("not_found", select(3, client.exec:get "no-such":start()).kind)
  end)

  it("is refused where nothing runs, and with wrong options", function()
    local created = assert(client.containers:create(engine.image, "true", engine.labelled()))
    assert.equal("conflict", select(3, created:exec "true").kind)
    assert.error_matches(function() container:exec("true", { volume = "/x" }) end, "volume")
    assert.error_matches(function() container:exec("echo hello") end, "words")
    assert.error_matches(function() container:exec {} end, "command")
    assert.error_matches(function() container:exec("true", { stdin = 5 }) end, "stdin")
  end)

  it("runs beside others, and is cancelled with its task", function()
    local codes = {}
    for i = 1, 30 do codes[i] = i end
    local results, failures = docker.map(codes, function(i)
      return container:exec { "sh", "-c", ("echo %d; exit %d"):format(i, i) }
    end, { limit = 10 })
    assert.is_nil(next(failures))
    for i, result in ipairs(results) do
      assert.equal(i .. "\n" .. i, result.stdout .. result.exit_code)
    end
    local before = engine.descriptors()
    local task = docker.spawn(function() return container:exec { "sleep", "2" } end)
    docker.sleep(0.2)
    task:cancel()
    assert.equal("cancelled", select(3, task:await()).kind)
    assert.is_true(engine.descriptors() <= before)
  end)

  it("ends when its container does", function()
    local other = engine.sleeper(client)
    local heard
    local task = docker.spawn(function()
      return other:exec({ "sh", "-c", "echo hi; sleep 60" }, { on_output = function() heard = true end })
    end)
    while not heard do docker.sleep(0.05) end
    assert(other:kill())
    local result = assert(task:await(200))
    assert.equal("hi\n", result.stdout)
    assert.equal(137, result.exit_code)
  end)

  it("is a conversation", function()
    local exec = assert(container:exec_create({ "sh", "-c", "while read l; do echo got $l; done; exit 2" },
      { interactive = true }))
    local session = assert(exec:start { timeout = 200 })
    for _, word in ipairs { "one", "two" } do
      assert(session:write(word .. "\n"))
      assert.same({ "stdout", "got " .. word .. "\n" }, { session:read() })
    end
    assert.is_nil(session:exit_code())
    session:close_write()
    assert.is_nil(session:read())
    assert.equal("complete", session.outcome)
    assert.equal(2, session:exit_code())
  end)

  it("knows that nobody reads what is written", function()
    local exec = assert(container:exec_create("true", { interactive = true }))
    local session = assert(exec:start { timeout = 200 })
    local ok, _, err
    repeat ok, _, err = session:write(("x"):rep(65536)) until not ok
    assert.equal("lost", err.kind)
    session:text()
    assert.equal(0, session:exit_code())
  end)

  it("changes the size of its terminal", function()
    local exec = assert(container:exec_create({ "sh", "-c", "while read x; do stty size; done" },
      { interactive = true, tty = true }))
    local session = assert(exec:start { timeout = 200 })
    -- A terminal that does not run yet has no size, and Podman loses one that it is given too early.
    local resizer = docker.spawn(function()
      while session:write "\n" do
        exec:resize { h = 33, w = 111 }
        docker.sleep(0.05)
      end
    end)
    local seen = ""
    while not seen:find "33 111" do
      local _, bytes = assert(session:read())
      seen = seen .. bytes
    end
    resizer:cancel()
    session:close()
  end)

  it("answers through a handle that knows nothing yet", function()
    local exec = assert(container:exec_create({ "sh", "-c", "tty; cat" }, { interactive = true, tty = true }))
    local session = assert(client.exec:get(exec.id):start { timeout = 200 })
    assert.is_true(session.tty)
    assert(session:write "\4")
    assert.matches("^/dev/pts", (session:text()))
  end)

  local ways = { unix = engine.host, TCP = engine.tcp }
  for name, host in pairs(ways) do
    it("gives back what it is given, both ways at once, over " .. name, function()
      local far = engine.connect { host = host }.containers:get(container.id)
      local judge = comparer()
      local result = assert(far:exec("cat", { stdin = source(MEGABYTES), on_output = judge.add,
        output_limit = 0, timeout = 300 }))
      assert.equal(0, result.exit_code)
      assert.equal(MEGABYTES * #BLOCK, judge.size)
      assert.is_true(judge.same)
    end)

    it("gives it back to two tasks over " .. name, function()
      local far = engine.connect { host = host }.containers:get(container.id)
      local session = assert(assert(far:exec_create("cat", { interactive = true })):start { timeout = 300 })
      local judge = comparer()
      local writer = docker.spawn(function()
        for _ = 1, MEGABYTES do assert(session:write(BLOCK)) end
        session:close_write()
      end)
      for _, bytes in session do judge:add(bytes) end
      writer:await()
      assert.equal(MEGABYTES * #BLOCK, judge.size)
      assert.is_true(judge.same)
      assert.equal(0, session:exit_code())
    end)

    it("gives it back through attach over " .. name, function()
      local own = engine.connect { host = host }
      local cat = assert(own.containers:create(engine.image, "cat", engine.labelled {
        interactive = true, StdinOnce = true, HostConfig = { LogConfig = { Type = "none" } } }))
      local session = assert(cat:attach { stdin = source(MEGABYTES), timeout = 300 })
      assert(cat:start())
      local judge = comparer()
      for _, bytes in session do judge:add(bytes) end
      assert.equal(MEGABYTES * #BLOCK, judge.size)
      assert.is_true(judge.same)
      assert.equal(0, session:exit_code())
    end)
  end
end)

describe("one of two outputs", function()
  local client = engine.connect()

  after_each(function() engine.clean(client) end)

  it("is left where the other is not wanted", function()
    local container = assert(client.containers:create(engine.image, { "sh", "-c", "echo o; echo e >&2" },
      engine.labelled { log_driver = "json-file" }))
    local session = assert(container:attach { stdout = false, timeout = 200 })
    assert(container:start())
    assert.equal("e\n", (assert(session:text())))
    assert.equal("o\n", (assert(assert(container:logs { stderr = false }):text())))
    assert.equal("e\n", (assert(assert(container:logs { stdout = false }):text())))
  end)
end)

describe("attach on a real engine", function()
  local client = engine.connect()

  after_each(function() engine.clean(client) end)

  local function create(command, opts)
    return assert(client.containers:create(engine.image, command, engine.labelled(opts)))
  end

  it("before the start misses nothing", function()
    local container = create { "sh", "-c", "echo o; echo e >&2; exit 5" }
    local session = assert(container:attach { timeout = 200 })
    assert.is_nil(session:exit_code())
    assert(container:start())
    local _, stdout, stderr = session:text()
    assert.equal("o\n", stdout)
    assert.equal("e\n", stderr)
    assert.equal(5, session:exit_code())
  end)

  it("takes one of the two outputs", function()
    local container = create { "sh", "-c", "echo o; echo e >&2" }
    local session = assert(container:attach { stderr = true, timeout = 200 })
    assert(container:start())
    assert.equal("e\n", (session:text()))
  end)

  it("talks with a running process, and leaves it running", function()
    local container = create("cat", { OpenStdin = true }) -- not once: it survives who is attached
    assert(container:start())
    local session = assert(container:attach { stdin = true, timeout = 200 })
    assert(session:write "hello\n")
    assert.same({ "stdout", "hello\n" }, { session:read() })
    session:close()
    local ended = engine.podman and container:wait { timeout = 10 }
    if engine.lacks("podman", "the end of an attach with input", ended and ended.StatusCode, 0) then return end
    assert.is_true(assert(container:inspect()).State.Running)
    assert.is_nil(session:exit_code())
  end)

  it("talks with a terminal, and goes away by its keys", function()
    local container = create({ "sh" }, { interactive = true, tty = true })
    assert(container:start())
    local session = assert(container:attach { stdin = true, detachKeys = "ctrl-x,x", timeout = 200 })
    assert(session:write "echo $((6*7))\n")
    local seen = ""
    for kind, bytes in session do
      assert.equal("tty", kind)
      seen = seen .. bytes
      if seen:find "\n42\r\n" then break end
    end
    assert(session:write "\24")
    docker.sleep(0.3) -- Podman knows keys only when they come one by one
    assert(session:write "x")
    session:text()
    assert.is_true(assert(container:inspect()).State.Running)
  end)

  it("goes away by its keys in one piece", function()
    local container = create("cat", { interactive = true, tty = true })
    assert(container:start())
    local session = assert(container:attach { stdin = true, detachKeys = "ctrl-x,x",
      timeout = engine.podman and 10 or 200 })
    assert(session:write "\24x")
    local text, _, err = session:text()
    if not engine.lacks("podman", "detachKeys", err and err.kind, "^timeout$") then assert.is_string(text) end
    assert.is_true(assert(container:inspect()).State.Running)
  end)

  it("replays the log of a running container", function()
    local container = create { "sh", "-c", "echo early; sleep 600" }
    assert(container:start())
    local logs = assert(container:logs { follow = true, timeout = 200 })
    assert.equal("stdout", (logs:read()))
    logs:close()
    local session = assert(container:attach { logs = true, timeout = 200 })
    local kind, bytes = session:read()
    assert.equal("stdout", kind)
    if not engine.lacks("podman", "attach{ logs = true } of a running container", bytes, "^early$") then
      assert.equal("early\n", bytes)
    else -- the end of the line is outside any frame
      engine.lacks("podman", "attach{ logs = true } of a running container", (select(3, session:read())))
    end
    session:close()
  end)

  it("ends when the container has ended", function()
    local container = create { "sh", "-c", "echo all; exit 8" }
    assert(container:start())
    assert(container:wait())
    local session = assert(container:attach { logs = true, timeout = 200 })
    assert.equal("all\n", (session:text()))
    assert.equal("complete", session.outcome)
    assert.equal(8, session:exit_code())
    local none, message, err = container:attach()
    assert.is_nil(none)
    assert.equal("conflict", err.kind)
    assert.matches("not running", message)
    assert.equal("not_found", select(3, client.containers:get "no-such":attach()).kind)
  end)

  it("gives the log alone of a container in any state, and leaves it as it is", function()
    local container = create { "sh", "-c", "echo all; echo more >&2; exit 8" }
    assert(container:start())
    assert(container:wait())
    local session = assert(container:attach { logs = true, stream = false, timeout = 200 })
    assert.same({ "all\n", "more\n" }, { select(2, session:text()) })
    assert.equal("exited", container:inspect().State.Status)
    container = create { "sh", "-c", "echo early; sleep 600" }
    local output = assert(container:attach { timeout = 200 })
    assert(container:start())
    assert.equal("stdout", (output:read()))
    output:close()
    assert.equal("early\n", (assert(container:attach { logs = true, stream = false, timeout = 200 }):text()))
  end)

  it("takes input alone, so that a process that writes much needs no reader", function()
    local container = create({ "sh", "-c", "read line; seq 100000; echo $line; exit 6" }, { interactive = true })
    local session = assert(container:attach { stdin = true, stdout = false, stderr = false, timeout = 200 })
    assert(container:start())
    assert(session:write "end\n")
    session:close_write()
    assert.equal("", (assert(session:text())))
    assert.equal(6, session:exit_code { timeout = 100 })
    assert.equal("100000\nend\n", (assert(container:logs { tail = 2 }):text()))
    assert.has_error(function() container:attach { stdout = false, stderr = false } end)
  end)

  it("waits for the next start when told so", function()
    local container = create { "echo", "again" }
    assert(container:start())
    assert(container:wait())
    local session = assert(container:attach { stream = true, timeout = 200 })
    assert(container:start())
    assert.equal("again\n", (session:text()))
  end)
end)
