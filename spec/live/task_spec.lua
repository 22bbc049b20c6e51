local core = require "moondock.core"
local docker = require "moondock"
local engine = require "spec.live.engine"
local memory = require "spec.memory"

describe("tasks on a real engine", function()
  local client = engine.connect()

  after_each(function() engine.clean(client) end)

  it("run many containers at once and lose nothing", function()
    local before = engine.count(client)
    local list = {}
    for i = 1, tonumber(os.getenv "MOONDOCK_TEST_RUNS" or 100) / 2 do list[i] = i end
    local results, failures = docker.map(list, function(i)
      return client:run(engine.image, { "sh", "-c", "echo o" .. i .. "; echo e" .. i .. " >&2; exit 3" },
        { network = "none" })
    end, { limit = 10 })
    assert.is_nil(next(failures))
    for i, result in ipairs(results) do
      assert.equal(("o%d\n|e%d\n|3"):format(i, i), result.stdout .. "|" .. result.stderr .. "|" .. result.exit_code)
    end
    assert.equal(#list, #results)
    assert.equal(before, engine.count(client))
  end)

  it("hold many follows, and a ping beside them is quick", function()
    local container = engine.sleeper(client)
    local follows = {}
    for i = 1, 200 do follows[i] = assert(container:logs { follow = true }) end
    local reader = docker.spawn(function() return follows[1]:read() end)
    local began = docker.now()
    assert(client:ping())
    assert.is_true(docker.now() - began < engine.PROMPT)
    for i = 1, 200 do follows[i]:close() end
    local source, _, err = reader:await()
    assert.is_nil(source)
    assert.equal("cancelled", err.kind)
  end)

  it("close a stream that another task reads", function()
    local container = engine.sleeper(client)
    local logs = assert(container:logs { follow = true })
    local reader = docker.spawn(function() return logs:read() end)
    docker.sleep(0.05)
    local before, active = engine.descriptors(), core.loop():active()
    local began = docker.now()
    logs:close()
    local source, _, err = reader:await()
    assert.is_true(docker.now() - began < engine.PROMPT)
    assert.is_nil(source)
    assert.equal("cancelled", err.kind)
    assert.equal("cancelled", logs.outcome)
    assert.equal(active - 1, core.loop():active())
    assert.is_true(engine.descriptors() <= before)
  end)

  it("close what they hold when they are cancelled", function()
    local container = engine.sleeper(client)
    local follows, limit = {}, docker.now() + 200
    local reader = docker.spawn(function()
      for i = 1, 5 do follows[i] = assert(container:logs { follow = true }) end
      return follows[1]:read()
    end)
    while #follows < 5 and docker.now() < limit do docker.sleep(0.02) end
    local before = engine.descriptors()
    reader:cancel()
    assert.equal("cancelled", reader.status)
    assert.is_true(engine.descriptors() <= before - 5)
  end)

  it("leave no container behind when a run is cancelled", function()
    local before = engine.count(client)
    local started
    local runner = docker.spawn(function()
      return client:run(engine.image, { "sh", "-c", "echo up; sleep 600" },
        { on_output = function() started = true end })
    end)
    while not started and runner.status == "running" do docker.sleep(0.02) end
    runner:cancel()
    local result, _, err = runner:await()
    assert.is_nil(result)
    assert.equal("cancelled", err.kind)
    assert.equal(before, engine.count(client))
  end)

  it("leave no container behind when all is out of time", function()
    local before = engine.count(client)
    local results, failures = docker.map({ 1, 2, 3 }, function()
      return client:run(engine.image, { "sleep", "600" })
    end, { timeout = 2 })
    assert.is_nil(next(results))
    for i = 1, 3 do assert.equal("timeout", failures[i].kind) end
    assert.equal(before, engine.count(client))
  end)

  it("see events while they act", function()
    local events = assert(client:events { filters = { type = "container" } })
    local seen, last = {}, engine.podman and "remove" or "destroy"
    local watcher = docker.spawn(function()
      for event in events do
        seen[event.Action] = true
        if event.Action == last then events:close() end
        if seen[last] then return end
      end
    end)
    assert(client:run(engine.image, "true"))
    watcher:await(200)
    assert.is_true(seen.create and seen.start and seen.die and seen[last])
  end)

  it("stop the socket, not the memory, when a reader sleeps", function()
    local container = assert(client.containers:create(engine.image,
      { "sh", "-c", "yes 0123456789012345678901234567890123456789 | head -c 100000000; sleep 600" },
      engine.labelled()))
    assert(container:start())
    local logs = assert(container:logs { follow = true })
    assert(logs:read())
    assert.is_true(memory.grown(function() docker.sleep(2) end) < 4096)
    logs:close()
  end)

  it("are interrupted by a signal at once", function()
    local script = ([[
      local docker = require "moondock"
      local client = assert(docker.connect { host = "%s" })
      local container = client.containers:create("%s", { "sleep", "600" }, { label = "moondock.spec" })
      assert(container:start())
      docker.spawn(function() container:wait() end)
      io.stderr:write "ready\n"
      local ok, message = pcall(container.wait, container)
      io.stderr:write(tostring(message), "\n")
      container:remove { force = true }
    ]]):format(engine.host, engine.image)
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write(script)
    file:close()
    local lua = os.getenv "LUA" or "lua5.4"
    -- the signal comes when the script says that it waits
    local pipe = assert(io.popen(([[
      %s %s 2>%s.out & pid=$!
      for i in $(seq 600); do grep -q ready %s.out && break; sleep 0.1; done
      sleep 0.5; kill -INT $pid; wait $pid; cat %s.out; rm %s %s.out
    ]]):format(lua, path, path, path, path, path, path)))
    local text = pipe:read "*a"
    pipe:close()
    assert.matches("ready", text)
    assert.matches("interrupted!", text)
  end)
end)
