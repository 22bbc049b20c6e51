-- Fleets of fakes: each host is a thread of the scripted server, which is a process of its own.


local cjson = require "cjson"
local core = require "moondock.core"
local docker = require "moondock"
local errors = require "moondock.errors"
local memory = require "spec.memory"
local server = require "spec.core.server"

local unpack = table.unpack or unpack -- luacheck: ignore 143
local NOBODY = "tcp://127.0.0.1:1"

-- A host that does to every request what `script` says.
local function fake(name, script, more)
  local options = { name = name, host = (server.tcp:gsub("^http", "tcp")), api_version = "1.45",
    headers = { Script = script } }
  for key, value in pairs(more or {}) do options[key] = value end
  return options
end

local function escape(bytes)
  return (bytes:gsub("[^%w{}:,\"%[%]]", function(c) return ("\\x%02X"):format(c:byte()) end))
end

local function answer(body)
  return ("send HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n%s")
    :format(#body, escape(body))
end

local function lists(ids)
  local records = {}
  for i, id in ipairs(ids) do records[i] = { Id = id, Names = { "/" .. id } } end
  return answer(cjson.encode(records))
end

local STREAM = "send HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\n"
  .. "Transfer-Encoding: chunked\\r\\n\\r\\n;"

local function event(id, nanoseconds)
  local json = ('{"Type":"container","Action":"start","Actor":{"ID":"%s"},"timeNano":%s}\n'):format(id,
    nanoseconds or "1700000000000000001")
  return ("send %x\\r\\n%s\\r\\n"):format(#json, escape(json))
end

local LAST = "send 0\\r\\n\\r\\n"

local function ids_of(list)
  local ids = {}
  for i, item in ipairs(list) do ids[i] = item.id end
  return ids
end

local function info(client)
  return client:info()
end

local function elapsed(fn)
  local began = docker.now()
  fn()
  return docker.now() - began
end

-- What a mistake raises, with its line: luassert takes the line away.
local function mistake(fn, ...)
  local ok, message = pcall(fn, ...)
  assert.is_false(ok)
  return message
end

-- Let the loop go on until `done()`.
local function eventually(done)
  local limit = docker.now() + 100
  while not done() do
    assert(docker.now() < limit, "it does not happen")
    docker.sleep(0.01)
  end
end

describe("a fleet", function()
  setup(server.start)
  teardown(server.stop)

  describe("is made of", function()
    it("hosts, options and clients, each under a name", function()
      local client = assert(docker.connect { host = "tcp://10.0.0.3" })
      local fleet = docker.fleet({ "tcp://10.0.0.1:2375", { host = "unix:///x", name = "mine" }, client,
        { host = "tcp://10.0.0.2" } }, { timeout = 7 })
      assert.same({ "tcp://10.0.0.1:2375", "mine", "tcp://10.0.0.3", "tcp://10.0.0.2" }, fleet.hosts)
      local found = {}
      for host, one, err in fleet:clients() do
        assert.is_nil(err)
        found[host] = one
      end
      assert.equal(7, found["mine"].timeout)
      assert.equal("unix:///x", found["mine"].endpoint.name)
      assert.equal(client, found["tcp://10.0.0.3"])
      assert.equal("moondock.Fleet of 4", tostring(fleet))
    end)

    it("options that override those of the fleet", function()
      local fleet = docker.fleet({ { host = "tcp://a", timeout = 3 }, "tcp://b" }, { timeout = 5 })
      local timeouts = {}
      for host, client in fleet:clients() do timeouts[host] = client.timeout end
      assert.same({ ["tcp://a"] = 3, ["tcp://b"] = 5 }, timeouts)
    end)

    it("a host that cannot be resolved, which is a failed result each time", function()
      local fleet = docker.fleet { "ftp://a:secret@b", fake("good", answer "{}") }
      for _ = 1, 2 do
        local bad, good = unpack(fleet:map(info))
        assert.is_false(bad.ok)
        assert.equal("config", bad.err.kind)
        assert.equal("ftp://...@b", bad.host)
        assert.is_nil(bad.client)
        assert.is_true(good.ok)
      end
      local _, failed = fleet:containers()
      assert.equal("config", failed[1].err.kind)
    end)

    local mistakes = {
      { "nothing", {}, nil, "a fleet needs at least one host" },
      { "a number", { "tcp://a", 5 }, nil, "item 2 of a fleet must be a host.* not a number" },
      { "the same host twice", { "tcp://a", "tcp://b", "tcp://a" }, nil, "'tcp://a' twice" },
      { "hosts and one more in the options", { "tcp://a" }, { host = "tcp://b" },
        "host belongs to an item" },
      { "options that connect does not have", { { host = "tcp://a", tiemout = 1 } }, nil,
        "unknown option 'tiemout' of connect" },
      { "a name that is none", { { host = "tcp://a", name = 5 } }, nil, "name of a host must be" },
      { "a hole", { "tcp://a", nil, "tcp://b" }, nil, "the list of a fleet has a hole at position 2" },
      { "no list", "tcp://a", nil, "list of a fleet must be a table" },
    }
    for _, case in ipairs(mistakes) do
      it("not " .. case[1], function()
        local ok, message = pcall(docker.fleet, case[2], case[3])
        assert.is_false(ok)
        assert.matches(case[4], message)
        assert.matches("fleet_spec.lua:%d+: ", message)
      end)
    end

    if docker.contexts then
      it("names of contexts, and their list, as the docker CLI stored them", function()
        local folder = os.tmpname()
        os.remove(folder)
        local meta = ("%s/contexts/meta/%s"):format(folder, core.sha256 "prod")
        assert(os.execute("mkdir -p " .. meta))
        local file = assert(io.open(meta .. "/meta.json", "w"))
        file:write [[{"Name":"prod","Metadata":{},
          "Endpoints":{"docker":{"Host":"tcp://10.0.0.1:2375","SkipTLSVerify":false}}}]]
        file:close()
        local real = os.getenv
        os.getenv = function(name) -- luacheck: ignore 122
          return ({ DOCKER_CONFIG = folder, DOCKER_HOST = "tcp://10.0.0.2:2375" })[name]
        end
        finally(function()
          os.getenv = real -- luacheck: ignore 122
          os.execute("rm -r " .. folder)
        end)
        local where = {}
        for _, list in ipairs { { "prod", "not-there", { context = "default" } },
          assert(docker.contexts()) } do
          for host, client, err in docker.fleet(list, { tls = { verify = false } }):clients() do
            where[host] = client and client.endpoint.base or err.kind
          end
        end
        assert.same({ prod = "http://10.0.0.1:2375", ["not-there"] = "config",
          default = "http://10.0.0.2:2375" }, where)
      end)
    end
  end)

  describe("maps", function()
    it("to results in the order of its hosts", function()
      local fleet = docker.fleet { fake("slow", "sleep 200;" .. answer '{"Name":"s"}'),
        fake("quick", answer '{"Name":"q"}') }
      local results = fleet:map(function(client, host)
        return host .. " is " .. assert(client:info()).Name
      end)
      assert.equal("slow is s", results[1].value)
      assert.equal("quick is q", results[2].value)
      assert.same({ "slow", "quick" }, { results[1].host, results[2].host })
      assert.is_true(results[1].ok and results[2].ok)
      assert.is_true(results[1].duration >= 0.2)
      assert.is_true(results[1].duration > results[2].duration)
      assert.equal("slow", results[1].client:host_name())
    end)

    it("failures of every form to the host's own result", function()
      local made = errors.new { kind = "conflict", message = "made" }
      local cases = {
        { function() return nil, "said", made end, made },
        { function() return nil, "said alone" end, "said alone" },
        { function() error(made, 0) end, made },
        { function() error("a string", 0) end, "a string" },
        { function() error { code = 5 } end, { code = 5 } },
        { function() error() end, nil },
      }
      local list = {}
      for i in ipairs(cases) do list[i] = fake("host" .. i, answer "{}") end
      local results = docker.fleet(list):map(function(client, host)
        assert(client:info())
        return cases[tonumber(host:match "%d+")][1]()
      end)
      for i, case in ipairs(cases) do
        assert.is_false(results[i].ok)
        assert.is_nil(results[i].value)
        assert.same(case[2], results[i].err)
      end
    end)

    it("false and nothing to values", function()
      local fleet = docker.fleet { NOBODY }
      assert.same({ true, false }, { fleet:map(function() return false end)[1].ok,
        fleet:map(function() return false end)[1].value })
      assert.is_true(fleet:map(function() end)[1].ok)
    end)

    it("with a time limit for each host, of all that is done there", function()
      local active = core.loop():active()
      local fleet = docker.fleet { fake("dead", "hang"), fake("quick", answer "{}") }
      local seconds = elapsed(function()
        local dead, quick = unpack(fleet:map(function(client)
          client:info { timeout = 1 } -- the first of two calls passes its own
          return client:info()
        end, { timeout = 3 }))
        assert.is_false(dead.ok)
        assert.equal("timeout", dead.err.kind)
        assert.is_true(dead.duration >= 3)
        assert.is_true(quick.ok)
        assert.is_true(quick.duration < dead.duration)
      end)
      assert.is_true(seconds < 60)
      assert.equal(active, core.loop():active())
    end)

    it("some at a time", function()
      local list, running, most = {}, 0, 0
      for i = 1, 12 do list[i] = fake("host" .. i, "sleep 20;" .. answer "{}") end
      local results = docker.fleet(list):map(function(client)
        running = running + 1
        most = math.max(most, running)
        assert(client:info())
        running = running - 1
        return true
      end, { limit = 3 })
      assert.equal(3, most)
      for _, result in ipairs(results) do assert.is_true(result.ok) end
    end)

    it("counts a host's time from its own turn", function()
      local list = {}
      for i = 1, 4 do list[i] = fake("host" .. i, "sleep 300;" .. answer "{}") end
      for _, result in ipairs(docker.fleet(list):map(info, { limit = 1, timeout = 1 })) do
        assert.is_true(result.ok)
      end
    end)

    it("until the first failure when told so", function()
      local fleet = docker.fleet { fake("one", answer "{}"), NOBODY, fake("three", answer "{}") }
      local one, two, three = unpack(fleet:map(info, { limit = 1, keep_going = false }))
      assert.is_true(one.ok)
      assert.equal("connect", two.err.kind)
      assert.is_false(three.ok)
      assert.equal("cancelled", three.err.kind)
      assert.equal(0, three.duration)
    end)

    it("in a task, and its cancel ends all", function()
      local active = core.loop():active()
      local fleet = docker.fleet { fake("a", "hang"), fake("b", "hang") }
      local mapping = docker.spawn(function() return fleet:map(info) end)
      eventually(function() return core.loop():active() == active + 2 end)
      mapping:cancel()
      local results, _, err = mapping:await()
      assert.is_nil(results)
      assert.equal("cancelled", err.kind)
      assert.equal(active, core.loop():active())
      local again = docker.spawn(function()
        return docker.fleet { fake("c", answer '{"Name":"c"}') }:map(info)
      end)
      assert.equal("c", again:await()[1].value.Name)
    end)

    it("refuses options that it does not have", function()
      local fleet = docker.fleet { NOBODY }
      assert.matches("fleet_spec.lua:%d+: unknown option 'parallel' of fleet:map",
        mistake(function() fleet:map(info, { parallel = 3 }) end))
      assert.matches("option timeout", mistake(function() fleet:map(info, { timeout = -1 }) end))
      assert.matches("function of fleet:map", mistake(function() fleet:map("info") end))
    end)
  end)

  describe("lists", function()
    it("objects that tell where they are and stay the engine's records", function()
      local fleet = docker.fleet { fake("one", lists { "a", "b" }), fake("two", lists { "c" }), NOBODY }
      local containers, failed = fleet:containers { all = true }
      assert.same({ "a", "b", "c" }, ids_of(containers))
      assert.same({ "one", "one", "two" },
        { containers[1].host, containers[2].host, containers[3].host })
      assert.equal(containers[3].client:host_name(), "two")
      assert.same({ Id = "c", Names = { "/c" } }, cjson.decode(cjson.encode(containers[3])))
      assert.equal(1, #failed)
      assert.same({ NOBODY, "connect" }, { failed[1].host, failed[1].err.kind })
      assert.same({ "a", "b", "c" }, ids_of(fleet:list("containers")))
      assert.same({ "a", "b", "c" }, ids_of(fleet:images()))
    end)

    it("with the time limit of each host", function()
      local fleet = docker.fleet { fake("dead", "hang"), fake("good", lists { "a" }) }
      local containers, failed = fleet:containers { timeout = 0.5 }
      assert.same({ "a" }, ids_of(containers))
      assert.same({ "dead", "timeout" }, { failed[1].host, failed[1].err.kind })
    end)

    it("nothing that is no collection, and blames the caller for mistakes", function()
      local fleet = docker.fleet { fake("one", lists {}), NOBODY }
      assert.matches("fleet_spec.lua:%d+: fleet:list takes the name of a collection",
        mistake(function() fleet:list("boats") end))
      assert.matches("fleet_spec.lua:%d+: unknown option 'al'", mistake(function() fleet:containers { al = true } end))
    end)
  end)

  describe("merges events", function()
    -- Everything up to the end, as "host id" or "host Action".
    local function read_all(events)
      local seen = {}
      while true do
        local item, host, err = events:read()
        if item == nil then return seen, err end
        local id = item.Type == "fleet" and item.Action or item.Actor.ID
        seen[#seen + 1] = host .. " " .. id
      end
    end

    local function sorted(list)
      table.sort(list)
      return list
    end

    it("and names the host of each", function()
      local fleet = docker.fleet { fake("one", STREAM .. event "a" .. ";" .. event "b" .. ";" .. LAST),
        fake("two", STREAM .. "sleep 100;" .. event "c" .. ";" .. LAST) }
      local events = fleet:events()
      local seen, err = read_all(events)
      assert.is_nil(err)
      assert.same({ "one a", "one b", "two c" }, seen)
      assert.equal("complete", events.outcome)
      assert.is_nil(events:read())
    end)

    it("in a for loop", function()
      local fleet = docker.fleet { fake("one", STREAM .. event "a" .. ";" .. LAST) }
      local seen = {}
      for item, host in fleet:events() do seen[#seen + 1] = host .. item.Action end
      assert.same({ "onestart" }, seen)
    end)

    it("and says which hosts it lost, and how, while the others go on", function()
      local fleet = docker.fleet {
        fake("cut", STREAM .. event "a" .. ";close"),
        fake("reset", STREAM .. event "b" .. ";reset"),
        fake("garbage", STREAM .. "send 3\\r\\n}{]\\r\\n"),
        fake("refused", "send HTTP/1.1 403 No\\r\\nContent-Length: 0\\r\\n\\r\\n"),
        NOBODY, "tcp://:x",
        fake("good", STREAM .. "sleep 300;" .. event "c" .. ";" .. LAST),
      }
      local kinds = {}
      local events = fleet:events()
      while true do
        local item, host = events:read()
        if item == nil then break end
        if item.Type == "fleet" then kinds[host] = item.Action .. " " .. item.err.kind end
        if host == "good" then kinds.good = item.Actor.ID end
        assert.equal("string", type(item.Actor.ID))
      end
      assert.same({ cut = "lost lost", reset = "lost lost", garbage = "lost protocol",
        refused = "lost forbidden", [NOBODY] = "lost connect", ["tcp://:x"] = "lost config",
        good = "c" }, kinds)
      assert.equal("complete", events.outcome)
    end)

    it("and fails when every host has failed", function()
      local events = docker.fleet({ NOBODY, "tcp://:x" }):events()
      local seen, err = read_all(events)
      assert.same({ NOBODY .. " lost", "tcp://:x lost" }, sorted(seen))
      assert.is_true(errors.is(err))
      assert.equal("refused", events.outcome)
    end)

    it("until its time is over", function()
      local events = docker.fleet({ fake("one", STREAM .. event "a" .. ";hang") }):events {
        timeout = 0.5, reconnect = true }
      local seen, err = read_all(events)
      assert.same({ "one a", "one lost" }, seen)
      assert.equal("timeout", err.kind)
      assert.equal("timeout", events.outcome)
    end)

    it("until its time is over while a host is away", function()
      local seen, err = read_all(docker.fleet({ NOBODY }):events { timeout = 0.7, reconnect = true })
      assert.same({ NOBODY .. " lost" }, seen)
      assert.same({ "timeout", "total" }, { err.kind, err.phase })
      assert.matches("0.7 seconds", err.message)
    end)

    it("without waiting long for a host that does not answer", function()
      local seconds = elapsed(function()
        local events = docker.fleet({ fake("dead", "hang"), fake("good", STREAM .. event "a" .. ";hang") })
          :events { start_timeout = 0.2 }
        local _, host = events:read()
        assert.equal("good", host)
        events:close()
      end)
      assert.is_true(seconds < 60)
    end)

    it("and is closed from anywhere, at once", function()
      local active = core.loop():active()
      local events = docker.fleet({ fake("a", STREAM .. "hang"), fake("b", STREAM .. "hang") }):events()
      local reader = docker.spawn(function() return events:read() end)
      docker.sleep(0.05)
      events:close()
      local item, _, err = reader:await()
      assert.is_nil(item)
      assert.equal("cancelled", err.kind)
      assert.equal("cancelled", events.outcome)
      assert.equal(active, core.loop():active())
      events:close()
    end)

    it("and ends when its task or its fleet does", function()
      local active = core.loop():active()
      local fleet = docker.fleet { fake("a", STREAM .. "hang") }
      local reader = docker.spawn(function() return fleet:events():read() end)
      eventually(function() return core.loop():active() == active + 1 end)
      reader:cancel()
      assert.equal(active, core.loop():active())
      local events = fleet:events()
      fleet:close()
      assert.equal("cancelled", events.outcome)
      assert.equal(active, core.loop():active())
    end)

    it("and ends when nobody has it any more", function()
      local active = core.loop():active()
      local fleet = docker.fleet { fake("a", STREAM .. "hang"), fake("b", "hang") }
      local events = fleet:events { start_timeout = 0.1 }
      assert.equal(active + 2, core.loop():active())
      assert.is_nil(events.outcome)
      events = nil -- luacheck: ignore 311
      eventually(function()
        collectgarbage()
        return core.loop():active() == active
      end)
    end)

    it("without decoding far ahead of a slow reader", function()
      local one = '{"Type":"x","Action":"#","Actor":{"ID":""}}\n'
      local many = STREAM:gsub("Transfer%-Encoding: chunked", "X: y")
        .. "number 2000 " .. one:gsub("\n", "\\n") .. ";close"
      local fleet = docker.fleet { fake("one", many), fake("two", many) }
      local events = fleet:events()
      docker.sleep(0.3)
      assert.is_true(events.exchange.last - events.exchange.first < 200)
      local counts, last = { one = 0, two = 0 }, { one = 0, two = 0 }
      while true do
        local item, host = events:read()
        if item == nil then break end
        counts[host] = counts[host] + 1
        assert.equal(last[host] + 1, tonumber(item.Action))
        last[host] = last[host] + 1
      end
      assert.same({ one = 2000, two = 2000 }, counts)
    end)

    it("from where they broke off, when a host is back", function()
      -- Each connection sends the two again, and one more that says when it was made.
      local fleet = docker.fleet { fake("one", STREAM .. event("a", "1700000000000000001") .. ";"
        .. event("b", "1700000000000000002") .. ";" .. event("c", "1700000000000000002") .. ";close") }
      local events = fleet:events { reconnect = true }
      local seen = {}
      for i = 1, 8 do
        local item, host = events:read()
        seen[i] = item.Type == "fleet" and item.Action or item.Actor.ID
        assert.equal("one", host)
      end
      events:close()
      assert.same({ "a", "b", "c", "lost", "resumed", "lost", "resumed", "lost" }, seen)
    end)

    it("on connections of their own, since a kept one may be dead", function()
      local client = assert(docker.connect { host = (server.tcp:gsub("^http", "tcp")),
        api_version = "1.45", headers = { Script = "connections" } })
      local before = assert(client:request { path = "/number" })
      assert.equal(before, assert(client:request { path = "/number" }))
      local events = docker.fleet({ client }):events()
      assert.equal(before + 1, events:read())
      events:close()
    end)

    it("and keeps trying a host that was not there", function()
      local fleet = docker.fleet { NOBODY }
      local events = fleet:events { reconnect = true }
      local item = events:read()
      assert.same({ "lost", "connect" }, { item.Action, item.err.kind })
      local reader = docker.spawn(function() return events:read() end)
      docker.sleep(0.7)
      assert.equal("running", reader.status)
      events:close()
      reader:await()
    end)

    it("and blames the caller for mistakes", function()
      local fleet = docker.fleet { fake("one", STREAM .. LAST), "tcp://:x" }
      assert.matches("fleet_spec.lua:%d+: unknown option 'al'", mistake(function() fleet:events { al = true } end))
      assert.matches("option reconnect must be", mistake(function() fleet:events { reconnect = 1 } end))
      assert.matches("start_timeout must be", mistake(function() fleet:events { start_timeout = "x" } end))
    end)
  end)

  it("is closed with the clients that it made, not with those that it was given", function()
    local given = assert(docker.connect { host = NOBODY })
    local fleet = docker.fleet { given, "tcp://127.0.0.1:2" }
    local made
    for host, client in fleet:clients() do made = host:find ":2$" and client or made end
    fleet:close()
    fleet:close()
    assert.is_true(made.closed)
    assert.is_nil(given.closed)
    assert.matches("fleet_spec.lua:%d+: this fleet is closed", mistake(function() fleet:map(info) end))
    assert.matches("this fleet is closed", mistake(function() fleet:containers() end))
    assert.matches("this fleet is closed", mistake(function() fleet:events() end))
  end)

  it("of fifty takes as long as its slowest, whatever some of them do", function()
    -- Nothing is kept open, so that what is left open can be counted.
    local function once(script)
      return (script:gsub("Content%-Type", "Connection: close\\r\\nContent-Type"))
    end
    local list = {
      fake("sleeps", once("sleep 1000;" .. lists { "late" })), fake("hangs", "hang"), NOBODY,
      fake("resets", "reset"), fake("garbage", "send hello\\r\\n"),
      fake("dies", "send HTTP/1.1 200 OK\\r\\nContent-Length: 100\\r\\n\\r\\n[{\"Id\";close"),
      fake("drips", "drip HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: 2\\r\\n\\r\\n;sleep 300;send []"),
      fake("broken", once(answer "{\"Id\":")),
    }
    local expected = { hangs = "timeout", [NOBODY] = "connect", resets = "lost", garbage = "protocol",
      dies = "lost", broken = "protocol" }
    for i = #list + 1, 50 do list[i] = fake("good" .. i, once("sleep 500;" .. lists { "id" .. i })) end
    local function list_all()
      local fleet = docker.fleet(list)
      local containers, failed
      local seconds = elapsed(function() containers, failed = fleet:containers { timeout = 3 } end)
      local sum = 42 * 0.5 + 1 + 3 + 0.3
      assert.is_true(seconds < sum / 2, seconds .. " seconds")
      local kinds = {}
      for i, result in ipairs(failed) do
        kinds[result.host] = result.err.kind
        assert.is_true(result.host == "hangs" or result.duration < 3, result.host .. i)
      end
      assert.same(expected, kinds)
      assert.equal(43, #containers)
      assert.equal("late", containers[1].id)
      fleet:close()
      collectgarbage()
      collectgarbage()
    end
    list_all()
    local descriptors = server.descriptors()
    assert.is_true(memory.grown(list_all, 4000) < 4000)
    assert.is_true(server.descriptors() <= descriptors)
  end)
end)
