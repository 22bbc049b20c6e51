local call = require "moondock.call"
local docker = require "moondock"
local stream = require "moondock.stream"
local cjson = require "cjson"
local engine = require "spec.live.engine"
local memory = require "spec.memory"

describe("a client of a real engine", function()
  local client = engine.connect()

  after_each(function() engine.clean(client) end)

  it("negotiates the version once", function()
    local own = engine.connect()
    assert.is_nil(own.api_version)
    local facts = assert(own:ping())
    assert.equal("linux", facts.OSType)
    assert.equal(facts.APIVersion, own.api_version)
  end)

  it("speaks a pinned version", function()
    local own = engine.connect { api_version = "v1.41" }
    assert.equal("1.41", own.api_version)
    assert(own:info())
    local none, _, err = docker.connect { host = engine.host, api_version = "2.0" }
    assert.is_nil(none)
    assert.equal("config", err.kind)
  end)

  it("tells its identity", function()
    local id = assert(client:info()).ID
    local again = assert(client:info()).ID
    if not engine.lacks("podman", "ID of info", id == again, false) then assert.equal(id, again) end
  end)

  it("tells versions, facts and disk usage", function()
    assert.truthy(assert(client:version()).ApiVersion)
    assert.equal("linux", assert(client:info()).OSType)
    assert.truthy(assert(client:df()))
  end)

  it("sees events between two times", function()
    local since = ("%.9f"):format(os.time() - 1)
    local container = engine.sleeper(client)
    container:remove { force = true }
    local seen = {}
    engine.with_time(function(seconds) -- Podman tells none when the time is over before it looks
      local events = assert(client:events { since = since, ["until"] = os.time() + 2 * seconds,
        filters = { container = container.id } })
      for event in events do seen[event.Action] = true end
      assert.equal("complete", events.outcome)
      return seen.create and seen.start
    end)
    local gone = engine.lacks("podman", "the Action of the event when a container is removed", seen.remove, true)
    if not gone then assert.is_true(seen.destroy) end
    local count = 0
    for _ in assert(client:events { since = since, ["until"] = os.time() }) do count = count + 1 end
    if not engine.lacks("podman", "events{ [\"until\"] = t } of a time that is over", count, 0) then
      assert.is_true(count > 0)
    end
  end)

  it("sees what died alone", function()
    local container = assert(client.containers:create(engine.image, "true", engine.labelled()))
    local events = assert(client:events { ["until"] = os.time() + (engine.podman and 4 or 200),
      filters = { container = container.id, event = "die" } })
    assert(container:start())
    local event = events:read()
    events:close()
    if engine.lacks("podman", "the filter event of events with die", event, nil) then return end
    assert.equal("die", event.Action)
  end)

  it("sees events as they come, and stops when closed", function()
    local events = assert(client:events { filters = { type = "container" } })
    local container = engine.sleeper(client)
    local event = assert(events:read())
    assert.equal("container", event.Type)
    events:close()
    assert.equal("cancelled", events.outcome)
    container:remove { force = true }
  end)

  -- Make `n` events of one container, in order: its new names.
  local function rename(container, n)
    local name = engine.unique "name"
    for i = 1, n do assert(container:rename(name .. "-" .. i)) end
    return name
  end

  -- The numbers of the names in order, and how many events were lost.
  local function renames(events, name, n)
    local seen, lost = {}, 0
    for event in events do
      lost = lost + (event.overflow or 0)
      local number = (event.Actor.Attributes.name or ""):match("^" .. name:gsub("%-", "%%-") .. "%-(%d+)$")
      if event.Action == "rename" then seen[#seen + 1] = tonumber(number) end
      if seen[#seen] == n then events:close() break end
    end
    return seen, lost
  end

  it("loses no event of a reader that sleeps through more than its engine keeps", function()
    local n = 2000
    local container = assert(client.containers:create(engine.image, "true", engine.labelled()))
    local events = assert(client:events { filters = { container = container.id } })
    local name = rename(container, n)
    local seen, lost = renames(events, name, n)
    assert.equal(0, lost)
    assert.equal(0, events.overflow)
    assert.equal(n, #seen)
    for i = 1, n do if seen[i] ~= i then assert.equal(i, seen[i]) end end
  end)

  it("tells of the events that a sleeping reader lost", function()
    local n = 500
    local container = assert(client.containers:create(engine.image, "true", engine.labelled()))
    local answer = assert(call.open(client, "SystemEvents", {},
      { filters = { container = container.id } }, { drain = 16384 }))
    local events = stream.events(answer)
    local name = rename(container, n)
    docker.sleep(0.2)
    local seen, lost = renames(events, name, n)
    assert.is_true(lost > 0 and #seen > 5)
    assert.equal(lost, events.overflow)
    assert.equal(n, lost + #seen)
    for i, number in ipairs(seen) do assert.equal(lost + i, number) end
  end)

  it("gives statistics, one or many", function()
    local container = engine.sleeper(client)
    local sample = assert(container:stats { stream = false })
    assert.truthy(sample.memory_stats)
    local before = sample.precpu_stats.cpu_usage.total_usage
    if not engine.lacks("podman", "precpu_stats of stats{ stream = false }", before, 0) then
      assert.is_true(before > 0)
    end
    local samples = assert(container:stats())
    assert.truthy(assert(samples:read()).read)
    samples:close()
  end)

  it("reads exact integers and empty arrays, which go back as they came", function()
    local container = assert(client.containers:create(engine.image, "true", engine.labelled {
      HostConfig = { MemorySwap = -1, CpuShares = 512, Binds = {} },
    }))
    local details = assert(container:inspect())
    assert.equal(512, details.HostConfig.CpuShares)
    local again = assert(client.containers:create(engine.image, "true", engine.labelled {
      HostConfig = details.HostConfig,
    }))
    local other = assert(again:inspect()).HostConfig
    assert.same(details.HostConfig, other)
  end)

  it("returns what lua-cjson can encode, handles included", function()
    engine.sleeper(client)
    local list = assert(client.containers:list())
    local back = cjson.decode(cjson.encode(list))
    assert.equal(list[1].Id, back[1].Id)
    local details = assert(list[1]:inspect())
    assert.equal(details.Id, cjson.decode(cjson.encode(details)).Id)
  end)

  it("drives the same engine over TCP", function()
    local remote = engine.connect { host = engine.tcp }
    local result = assert(remote:run(engine.image, { "wc", "-c" }, { stdin = "hello" }))
    assert.equal("5\n", result.stdout)
    local container = engine.sleeper(remote)
    assert.equal(container.id, assert(client.containers:get(container.id):inspect()).Id)
    local _, _, err = remote:login { username = "u", password = "p", registry = engine.private }
    assert.equal("config", err.kind)
    assert.matches("insecure_credentials", err.message)
    local ok, message
    ok, message, err = remote:login { username = engine.username, password = engine.password,
      registry = engine.private, insecure_credentials = true }
    if engine.lacks("podman", "login at a registry without TLS", err) then return end
    assert(ok, message)
  end)

  it("holds two engines in one program", function()
    local a, b = engine.connect(), engine.connect { host = engine.tcp }
    local one = assert(a:events { filters = { type = "container" } })
    local two = assert(b:events { filters = { type = "container" } })
    local container = engine.sleeper(a)
    assert.equal(assert(one:read()).Actor.ID, assert(two:read()).Actor.ID)
    one:close()
    two:close()
    container:remove { force = true }
  end)

  it("keeps descriptors and memory over many calls, errors and dropped streams", function()
    local container = engine.sleeper(client)
    local function mixed(n)
      for i = 1, n do
        if i % 5 == 0 then
          client.containers:get("missing"):inspect()
        elseif i % 5 == 1 then
          container:logs { follow = true } -- dropped
        elseif i % 5 == 2 then
          pcall(container.remove, container, { nonsense = true })
        elseif i % 5 == 3 then
          container:wait { timeout = 0.001 }
        else
          assert(client.containers:list())
        end
      end
      collectgarbage()
      collectgarbage()
      client:ping()
    end
    local calls = tonumber(os.getenv "MOONDOCK_TEST_CALLS" or 5000)
    mixed(math.floor(calls / 5))
    local descriptors = engine.descriptors()
    local grown = memory.grown(function() mixed(calls) end, 4096)
    assert.is_true(engine.descriptors() <= descriptors + 20) -- some more are kept where the machine is busy
    assert.is_true(grown < 4096)
  end)
end)
