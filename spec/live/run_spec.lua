local docker = require "moondock"
local engine = require "spec.live.engine"

describe("run on a real engine", function()
  local client = engine.connect()

  after_each(function() engine.clean(client) end)

  local SCRIPT = { "sh", "-c", "echo o; echo e >&2; exit 3" }

  it("returns output, exit code and what became of the container", function()
    local before = engine.count(client)
    local result = assert(client:run(engine.image, SCRIPT))
    assert.equal("o\n", result.stdout)
    assert.equal("e\n", result.stderr)
    assert.equal(3, result.exit_code)
    assert.is_true(result.removed)
    assert.is_false(result.oom_killed)
    assert.is_false(result.truncated)
    assert.is_true(result.duration > 0)
    assert.equal(before, engine.count(client))
  end)

  it("loses nothing in many quick runs, and leaves nothing", function()
    local before, runs, enough = engine.count(client), 0, docker.now() + 45 -- where the machine is busy
    repeat
      local result = assert(client:run(engine.image, SCRIPT, { network = "none" }))
      assert.equal("o\n|e\n|3", result.stdout .. "|" .. result.stderr .. "|" .. result.exit_code)
      runs = runs + 1
    until runs == tonumber(os.getenv "MOONDOCK_TEST_RUNS" or 200) or docker.now() > enough
    assert.equal(before, engine.count(client))
  end)

  it("makes a non-zero exit an error when asked to check", function()
    local result, message, err = client:run(engine.image, SCRIPT, { check = true })
    assert.is_nil(result)
    assert.equal("exit", err.kind)
    assert.equal(3, err.result.exit_code)
    assert.matches("code 3", message)
    assert.matches("e$", message)
  end)

  it("feeds its input and sees its end", function()
    assert.equal("5\n", assert(client:run(engine.image, { "wc", "-c" }, { stdin = "hello" })).stdout)
    local parts = { "one ", "two ", "three" }
    local i = 0
    local result = assert(client:run(engine.image, "cat", { stdin = function()
      i = i + 1
      return parts[i]
    end }))
    assert.equal("one two three", result.stdout)
  end)

  it("passes megabytes through, both ways at once", function()
    local block = ("0123456789abcdef"):rep(4096)
    local i = 0
    local result = assert(client:run(engine.image, "cat", { stdin = function()
      i = i + 1
      return i <= 128 and block or nil
    end }))
    assert.equal(128 * #block, #result.stdout)
    assert.equal(block, result.stdout:sub(-#block))
  end)

  it("shows output as it comes", function()
    local seen = {}
    assert(client:run(engine.image, SCRIPT, { on_output = function(source, bytes)
      seen[source] = (seen[source] or "") .. bytes
    end }))
    assert.same({ stdout = "o\n", stderr = "e\n" }, seen)
  end)

  it("cleans up when the caller's function raises", function()
    local before = engine.count(client)
    local ok, message = pcall(client.run, client, engine.image, SCRIPT, { on_output = function()
      error("mine", 0)
    end })
    assert.is_false(ok)
    assert.equal("mine", message)
    assert.equal(before, engine.count(client))
  end)

  -- Podman calls it a conflict to kill what is just ending.
  it("cleans up when many end by themselves just then", function()
    local before = engine.count(client)
    local items = {}
    for i = 1, 24 do items[i] = i end
    local results, failures = docker.map(items, function()
      return client:run(engine.image, SCRIPT, { network = "none", on_output = function() error("mine", 0) end })
    end, { limit = 6, keep_going = true })
    assert.is_nil(next(results))
    for i = 1, 24 do assert.matches("mine", tostring(failures[i])) end
    assert.equal(before, engine.count(client))
  end)

  it("cleans up when time is over, and keeps what there was", function()
    local before = engine.count(client)
    local err = engine.with_time(function(seconds)
      local result, _, why = client:run(engine.image, { "sh", "-c", "echo early; sleep 600" }, { timeout = seconds })
      assert.is_nil(result)
      assert.equal("timeout", why.kind)
      assert.equal(before, engine.count(client))
      return why.partial and why.partial.stdout ~= "" and why
    end)
    assert.equal("early\n", err.partial.stdout)
    assert.is_true(err.partial.removed)
    assert.equal(before, engine.count(client))
  end)

  it("leaves nothing when the start fails", function()
    local before = engine.count(client)
    local result, message, err = client:run(engine.image, { "/no/such/program" }, { remove = false })
    assert.is_nil(result)
    assert.truthy(err.kind)
    assert.matches("no such file", message)
    assert.equal(before, engine.count(client))
  end)

  it("keeps the container when asked to", function()
    local result = assert(client:run(engine.image, SCRIPT, engine.labelled { remove = false }))
    assert.is_false(result.removed)
    local container = client.containers:get(result.id)
    assert.equal(3, assert(container:inspect()).State.ExitCode)
    assert.equal("o\n", select(2, assert(container:logs()):text()))
  end)

  it("returns a running container when detached", function()
    local container = assert(client:run(engine.image, { "sleep", "600" },
      engine.labelled { detach = true, name = engine.unique "detached" }))
    assert.is_true(assert(container:inspect()).State.Running)
    assert(container:remove { force = true })
  end)

  it("takes everything in one table", function()
    local result = assert(client:run { image = engine.image, command = { "echo", "hello world" } })
    assert.equal("hello world\n", result.stdout)
  end)

  it("gives a terminal on demand", function()
    local result = assert(client:run(engine.image, { "tty" }, { tty = true }))
    assert.matches("^/dev/", result.stdout)
    assert.equal(0, result.exit_code)
  end)

  it("types its input at a terminal, and hears the answer", function()
    local result = assert(client:run(engine.image, { "sh", "-c", "wc -c; echo done" }, { tty = true, stdin = "abc\n",
      timeout = 200 }))
    assert.matches("4\r\ndone\r\n$", result.stdout)
  end)

  it("needs no log of the engine", function()
    local result = assert(client:run(engine.image, { "echo", "unlogged" },
      { HostConfig = { LogConfig = { Type = "none" } } }))
    assert.equal("unlogged\n", result.stdout)
  end)

  it("keeps the beginning and the end of too much output", function()
    local result = assert(client:run(engine.image, { "sh", "-c", "echo first; seq 1 200000; echo last" },
      { output_limit = 4096 }))
    assert.is_true(result.truncated)
    assert.equal(4096, #result.stdout)
    assert.matches("^first\n1\n", result.stdout)
    assert.matches("\nlast\n$", result.stdout)
  end)

  it("never pulls when told so", function()
    local result, _, err = client:run("no/such-image:here", "true", { pull = "never" })
    assert.is_nil(result)
    assert.equal("not_found", err.kind)
  end)

  it("refuses unknown options, pulls and commands", function()
    assert.error_matches(function() client:run(engine.image, "true", { volumes = "/x" }) end, "volumes")
    assert.error_matches(function() client:run(engine.image, "true", { pull = "maybe" }) end, "always")
    assert.error_matches(function() client:run(engine.image, "echo hello") end, "words")
    assert.error_matches(function() client:run("", "true") end, "image")
  end)
end)

describe("a run whose attached connection was cut early", function()
  local capture = require "moondock.capture"
  local recover = require "moondock.recover"
  local client = engine.connect()

  after_each(function() engine.clean(client) end)

  -- What a run is after its end, with only the first bytes of its output heard.
  local function run_that_heard(stdout, stderr, opts)
    opts = engine.labelled(opts)
    opts.remove = false
    local result = assert(client:run(engine.image, { "sh", "-c", "echo o; echo e >&2; echo last" }, opts))
    local output = capture.new {}
    if stdout ~= "" then output:add("stdout", stdout) end
    if stderr ~= "" then output:add("stderr", stderr) end
    local self = { client = client, id = result.id, tty = false, output = output, limits = {} }
    recover(self, assert(client.containers:get(result.id):inspect()))
    return output:into {}
  end

  it("has what is missing from the log", function()
    for _, heard in ipairs { { "", "" }, { "o\n", "" }, { "o\nla", "e\n" }, { "o\nlast\n", "e\n" } } do
      local result = run_that_heard(heard[1], heard[2])
      assert.equal("o\nlast\n", result.stdout)
      -- a last line of stdout says nothing of stderr: what is missing there is found with what is there
      assert.is_true(result.stderr == "e\n" or heard[1] == "o\nlast\n")
    end
  end)

  it("leaves alone what the log has otherwise, or not at all", function()
    assert.equal("O\n", run_that_heard("O\n", "").stdout)
    assert.equal("", run_that_heard("", "", { HostConfig = { LogConfig = { Type = "none" } } }).stdout)
  end)
end)

describe("a run that is cancelled early", function()
  local client = engine.connect()

  it("leaves nothing, wherever it was", function()
    assert(client:ping())
    local before = engine.count(client)
    for i = 0, 20 do
      local runner = docker.spawn(function()
        return client:run(engine.image, { "sleep", "600" }, { network = "none" })
      end)
      docker.sleep(i * 0.01)
      runner:cancel()
      runner:await()
    end
    assert.equal(before, engine.count(client))
  end)
end)
