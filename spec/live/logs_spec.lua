local call = require "moondock.call"
local docker = require "moondock"
local engine = require "spec.live.engine"

describe("logs on a real engine", function()
  local client = engine.connect()

  after_each(function() engine.clean(client) end)

  local function finished(script, opts)
    local container = assert(client.containers:create(engine.image, { "sh", "-c", script },
      engine.labelled(opts)))
    assert(container:start())
    assert(container:wait())
    return container
  end

  it("come apart by source", function()
    local logs = assert(finished("echo out; echo err >&2"):logs())
    local _, stdout, stderr = logs:text()
    assert.equal("out\n", stdout)
    assert.equal("err\n", stderr)
    assert.equal("complete", logs.outcome)
  end)

  it("come as whole lines", function()
    local lines = {}
    for line, source in assert(finished("echo a; echo b; printf c"):logs()):lines() do
      lines[#lines + 1] = source .. ":" .. line
    end
    assert.same({ "stdout:a", "stdout:b", "stdout:c" }, lines)
  end)

  it("of a terminal are raw, with zero bytes and all", function()
    local container = finished([[printf '\001\000\000\000\000\000\000\003abc']], { tty = true })
    local logs = assert(container:logs())
    local source, bytes = logs:read()
    assert.equal("tty", source)
    assert.equal("\1\0\0\0\0\0\0\3abc", bytes)
  end)

  it("can be one source only, the last lines, with times", function()
    local container = finished("for i in 1 2 3; do echo $i; echo e$i >&2; done")
    assert.equal("e1\ne2\ne3\n", (assert(container:logs { stderr = true }):text()))
    assert.equal("2\n3\n", (assert(finished("seq 3"):logs { tail = 2 }):text()))
    local text = assert(container:logs { stdout = true, timestamps = true }):text()
    assert.matches("^%d%d%d%d%-%d%d%-%d%dT", text)
  end)

  it("can be cut by time", function()
    local container = finished("echo old; sleep 1; echo new")
    local marked = assert(container:logs { timestamps = true }):text()
    local old, new = marked:match("^(%S+) old\n(%S+) new\n$")
    local whole = old:match "T[%d:]+(.*)Z$"
    if not engine.lacks("podman", "timestamps of log lines", whole, "^$") then assert.matches("^%.%d+$", whole) end
    local function cut(opts) return (assert(container:logs(opts)):text()) end
    assert.equal("old\nnew\n", cut { since = old })
    assert.equal("new\n", cut { since = new })
    if not engine.lacks("podman", "logs{ [\"until\"] = t }", cut { ["until"] = old }, "^$") then
      assert.equal("old\n", cut { ["until"] = old })
    end
    assert.equal("", cut { since = os.time() + 3600 })
    assert.equal("old\nnew\n", cut { since = "1h" })
    assert.equal("", cut { ["until"] = "1h" })
  end)

  it("are followed until the end", function()
    local container = assert(client.containers:create(engine.image,
      { "sh", "-c", "for i in 1 2 3; do echo $i; sleep 0.2; done" }, engine.labelled()))
    assert(container:start())
    local lines = {}
    local logs = assert(container:logs { follow = true })
    for line in logs:lines() do lines[#lines + 1] = line end
    assert.same({ "1", "2", "3" }, lines)
    assert.equal("complete", logs.outcome)
  end)

  it("that stay silent are answered", function()
    local container = engine.sleeper(client)
    local answer, message, err = call.open(client, "ContainerLogs", { container.id },
      { stdout = true, follow = true, timeout = engine.podman and 1 or 200 })
    local phase = err and err.phase
    if engine.lacks("podman", "logs{ follow = true } of a silent container", phase, "^total$") then return end
    assert(answer, message):close()
  end)

  it("that stay silent time out with idle_timeout, and close at once", function()
    local container = engine.sleeper(client)
    local logs = assert(container:logs { follow = true, idle_timeout = 2 })
    local source, _, err = logs:read()
    assert.is_nil(source)
    assert.equal("timeout", err.kind)
    assert.equal("idle", err.phase)
    assert.equal("timeout", logs.outcome)
    logs = assert(container:logs { follow = true })
    local before = engine.descriptors()
    local began = docker.now()
    logs:close()
    assert.is_true(docker.now() - began < engine.PROMPT)
    assert.is_true(engine.descriptors() < before)
    assert.equal("cancelled", logs.outcome)
    assert.equal("cancelled", (select(3, logs:read())).kind)
  end)

  it("refuse a tail that is none", function()
    local container = client.containers:get "web"
    assert.has_error(function() container:logs { tail = "abc" } end)
    assert.has_error(function() container:logs { tail = 1.5 } end)
  end)

  it("of several megabytes arrive whole", function()
    local container = finished("yes 0123456789012345678901234567890123456789 | head -c 8000000")
    local size = 0
    for source, bytes in assert(container:logs()) do
      assert(source == "stdout")
      size = size + #bytes
    end
    assert.equal(8000000, size)
  end)
end)
