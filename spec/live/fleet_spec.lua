-- Fleets of real machines: hosts with addresses of their own, one of which is cut off while it works.

local cjson = require "cjson"
local core = require "moondock.core"
local docker = require "moondock"
local engine = require "spec.live.engine"
local server = require "spec.core.server"
local sh = require "spec.shell"

local unpack = table.unpack or unpack -- luacheck: ignore 143

-- Start a host: `{ name, tcp, client }`, of which the client uses its socket and never the network.
local function start_host(kind)
  local name = ("fleet-%d-%s"):format(engine.pid(), kind)
  local output, status = sh(("tools/engine start %s %s --tcp --owner %d"):format(name, kind, engine.pid()))
  if status == 3 and kind == "newest" then return nil end
  assert(status == 0, output)
  engine.tool("image " .. name)
  return { name = name, tcp = engine.tool("tcp " .. name), client = engine.connect { host = output:match "unix:%S+" } }
end

local function create(client, name)
  return assert(client.containers:create(engine.image, { "sleep", "600" },
    engine.labelled { name = name, network = "none" }))
end

describe("a fleet of real hosts", function()
  local hosts, doomed, others, list = {}, nil, {}, {}

  setup(function()
    hosts = { start_host "oldest", start_host "newest" }
    doomed = hosts[1]
    others = { unpack(hosts, 2) }
    for i, host in ipairs(hosts) do list[i] = { name = host.name, host = host.tcp } end
    list[#list + 1] = { name = "tested", host = engine.tcp }
    others[#others + 1] = { name = "tested", client = engine.connect { host = engine.tcp } }
    server.start()
  end)

  teardown(function()
    server.stop()
    for _, host in ipairs(hosts) do engine.tool("stop " .. host.name) end
  end)

  after_each(function()
    engine.tool("mend " .. doomed.name)
    engine.clean(doomed.client)
    for _, host in ipairs(others) do engine.clean(host.client) end
  end)

  it("lists what they have, and says where", function()
    local name = engine.unique "where"
    create(doomed.client, name)
    create(others[1].client, name)
    local fleet = docker.fleet(list)
    local containers, failed = fleet:containers { all = true, filters = { name = name } }
    assert.same({}, failed)
    assert.same({ doomed.name, others[1].name }, { containers[1].host, containers[2].host })
    for _, container in ipairs(containers) do
      assert.equal("/" .. name, assert(container:inspect()).Name)
      assert.is_nil(cjson.decode(cjson.encode(container)).host)
    end
    local images = fleet:images()
    local tagged = 0
    for _, image in ipairs(images) do
      for _, tag in ipairs(type(image.RepoTags) == "table" and image.RepoTags or {}) do
        if tag:gsub("^docker%.io/", "") == "moondock/busybox:latest" then tagged = tagged + 1 end
      end
    end
    assert.equal(#list, tagged)
    fleet:close()
  end)

  it("costs one that is cut off its own time limit, and nobody else anything", function()
    local LIMIT = 15
    local fleet = docker.fleet(list)
    local calls, active = {}, core.loop():active()
    local mapping = docker.spawn(function()
      return fleet:map(function(client, host)
        local ended = docker.now() + 1.5
        calls[host] = 0
        while docker.now() < ended do
          assert(client:info())
          calls[host] = calls[host] + 1
          docker.sleep(0.02)
        end
        return calls[host]
      end, { timeout = LIMIT })
    end)
    engine.poll("a call", function() return (calls[doomed.name] or 0) > 0 end)
    engine.tool("cut " .. doomed.name)
    local before = calls[doomed.name]
    local cut, good = nil, {}
    for _, result in ipairs(mapping:await()) do
      if result.host == doomed.name then cut = result else good[#good + 1] = result end
    end
    assert.is_false(cut.ok)
    assert.equal("timeout", cut.err.kind)
    assert.is_true(cut.duration >= LIMIT)
    assert.is_true(calls[doomed.name] <= before + 1)
    assert.equal(#list - 1, #good)
    for _, result in ipairs(good) do
      assert.is_true(result.ok, tostring(result.err))
      assert.is_true(result.duration < LIMIT)
    end
    assert.equal(active, core.loop():active())
    engine.tool("mend " .. doomed.name)
    for _, result in ipairs(fleet:map(function(client) return client:ping() end, { timeout = 200 })) do
      assert.is_true(result.ok, tostring(result.err))
    end
    fleet:close()
  end)

  it("tells a host that cannot be connected to by its own limit", function()
    engine.tool("cut " .. doomed.name)
    local fleet = docker.fleet(list, { connect_timeout = 10, api_version = "1.41" })
    -- What is no read is sent on a connection of its own, never on one that was kept.
    local results = fleet:map(function(client)
      return client.containers:get("nobody"):start()
    end)
    assert.same({ "timeout", "connect" }, { results[1].err.kind, results[1].err.phase })
    for i = 2, #results do
      assert.equal("not_found", results[i].err.kind)
      assert.is_true(results[i].duration < results[1].duration)
    end
    fleet:close()
  end)

  it("restarts on one after the other", function()
    local name, spans = engine.unique "rolling", {}
    for _, host in ipairs { doomed, unpack(others) } do assert(create(host.client, name):start()) end
    local results = docker.fleet(list):map(function(client, host)
      local span = { docker.now() }
      assert(client.containers:get(name):restart { t = 0 })
      span[2] = docker.now()
      spans[#spans + 1] = span
      return host
    end, { limit = 1, timeout = 200, keep_going = false })
    for i, result in ipairs(results) do assert.equal(list[i].name, result.value) end
    for i = 2, #spans do assert.is_true(spans[i][1] >= spans[i - 1][2]) end
  end)

  it("merges their events, each with its host", function()
    local fleet = docker.fleet(list)
    local name = engine.unique "seen"
    local events = fleet:events { filters = { event = { "create" } }, timeout = 200 }
    create(doomed.client, name)
    create(others[1].client, name)
    create(others[#others].client, name .. "-tested")
    local seen, expected = {}, { [doomed.name] = name, [others[1].name] = name }
    expected.tested = name .. "-tested"
    if others[1].name == "tested" then expected.tested = name end
    for _ in pairs(expected) do
      local event, host = assert(events:read())
      while not (event.Actor.Attributes.name or ""):find(name, 1, true) do
        event, host = assert(events:read())
      end
      seen[host] = event.Actor.Attributes.name
    end
    assert.same(expected, seen)
    events:close()
    fleet:close()
  end)

  -- Names of the containers whose creation was seen on the doomed host, up to `last`.
  local function created_until(events, last, lost)
    local names = {}
    repeat
      local event, host, err = events:read()
      assert(event, tostring(err or host))
      local name = event.Actor.Attributes.name
      if event.Type == "fleet" and host == doomed.name then
        lost[#lost + 1] = event.Action
      elseif event.Action == "create" and host == doomed.name then
        names[#names + 1] = name
      end
    until name == last
    return names
  end

  it("loses and doubles no event of a host that is cut off and comes back", function()
    local fleet = docker.fleet(list, { connect_timeout = 1 })
    local name, expected, lost = engine.unique "gap", {}, {}
    local events = fleet:events { filters = { event = { "create" } }, reconnect = true,
      idle_timeout = 2, timeout = 200 }
    local function make(count)
      for _ = 1, count do
        expected[#expected + 1] = ("%s-%d"):format(name, #expected + 1)
        create(doomed.client, expected[#expected])
      end
    end
    make(3)
    local first = created_until(events, expected[3], lost)
    assert.same(expected, first)
    engine.tool("cut " .. doomed.name)
    make(4) -- these are sent into the void
    local before = #lost
    repeat
      local event, host = assert(events:read())
      if event.Type == "fleet" and host == doomed.name then lost[#lost + 1] = event.Action end
    until #lost > before and lost[#lost] == "lost"
    make(4) -- nobody is connected now
    engine.tool("mend " .. doomed.name)
    make(2)
    local rest = created_until(events, expected[#expected], lost)
    for _, each in ipairs(rest) do first[#first + 1] = each end
    assert.same(expected, first)
    assert.equal("resumed", lost[#lost])
    events:close()
    fleet:close()
  end)

  it("of fifty, some of them fakes that misbehave, takes as long as its slowest", function()
    engine.tool("cut " .. doomed.name)
    local LIMIT = 10
    local all, scripts = { unpack(list) }, {
      hangs = "hang", resets = "reset", garbage = "send hello\\r\\n",
      dies = "send HTTP/1.1 200 OK\\r\\nContent-Length: 100\\r\\n\\r\\n[{;close",
    }
    local good = "sleep 300;send HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n"
      .. "Content-Length: 2\\r\\n\\r\\n[]"
    local function fake(name, script)
      all[#all + 1] = { name = name, host = (server.tcp:gsub("^http", "tcp")), api_version = "1.41",
        headers = { Script = script } }
    end
    for name, script in pairs(scripts) do fake(name, script) end
    while #all < 50 do fake("good" .. #all, good) end
    local descriptors
    for round = 1, 2 do
      local fleet = docker.fleet(all)
      local began = docker.now()
      local containers, failed = fleet:containers { all = true, timeout = LIMIT }
      assert.is_true(docker.now() - began < 2 * LIMIT)
      assert.equal("table", type(containers))
      local kinds = {}
      for _, result in ipairs(failed) do kinds[result.host] = result.err.kind end
      assert.same({ [doomed.name] = "timeout", hangs = "timeout", resets = "lost", dies = "lost",
        garbage = "protocol" }, kinds)
      fleet:close()
      collectgarbage()
      collectgarbage()
      descriptors = descriptors or engine.descriptors()
      if round == 2 then assert.is_true(engine.descriptors() <= descriptors) end
    end
  end)
end)
