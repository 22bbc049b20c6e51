-- The readers of containers, over what real engines answered.

local core = require "moondock.core"
local recorder = require "spec.api.recorder"

local unpack = table.unpack or unpack -- luacheck: ignore 143

local function fixture(name)
  local file = assert(io.open("spec/fixtures/" .. name .. ".json", "rb"))
  local ok, value = core.decode(file:read "*a")
  file:close()
  assert(ok, value)
  return value
end

local function pick(record, fields)
  local part = {}
  for _, field in ipairs(fields) do part[field] = record[field] end
  return part
end

-- What 1.51 answered, in the shape that the specifications from 1.52 on give: NetworkSettings without what it
-- repeated of the default bridge, and summaries with the state of the check.
local function as_of_52(answers)
  for name, details in pairs(answers.inspected) do
    details.NetworkSettings = pick(details.NetworkSettings, { "SandboxID", "SandboxKey", "Ports", "Networks" })
    local health = details.State.Health
    answers.listed[name].Health = health and pick(health, { "Status", "FailingStreak" })
      or { Status = "none", FailingStreak = 0 }
  end
  return answers
end

local BOTH = { "0.0.0.0", "::" }

-- What each engine does in its own way: the addresses of a port that is open on all, the name of the default
-- network, how its addresses begin, and what it says of the ports of a container that has ended.
local ENGINES = {
  { name = "Docker 1.41", answers = fixture "docker-1.41", any = BOTH, network = "bridge", prefix = "172.17.0." },
  { name = "Docker 1.44", answers = fixture "docker-1.44", any = BOTH, network = "bridge", prefix = "172.17.0." },
  { name = "Docker 1.51", answers = fixture "docker-1.51", any = BOTH, network = "bridge", prefix = "172.17.0." },
  { name = "Docker 1.52", answers = as_of_52(fixture "docker-1.51"), any = BOTH, network = "bridge",
    prefix = "172.17.0." },
  { name = "Podman 4.3", answers = fixture "podman-4.3", any = { "0.0.0.0" }, network = "podman", prefix = "10.88.0.",
    ended = { "0.0.0.0:18085->80/tcp" } },
}

local HEALTH = { healthy = "healthy", unhealthy = "unhealthy", starting = "starting", unchecked = "none",
  published = "none", connected = "none", ended = "none", unconnected = "none" }

local function described(port)
  local inside = ("%d/%s"):format(port.PrivatePort, port.Type)
  return port.PublicPort and ("%s:%d->%s"):format(port.IP or "0.0.0.0", port.PublicPort, inside) or inside
end

local function all_described(ports)
  local list = {}
  for i, port in ipairs(ports) do list[i] = described(port) end
  return list
end

-- Every binding: those of IPv4 first, each by the container's port.
local function expected_ports(any)
  local list = { "127.0.0.1:18080->80/tcp" }
  for _, address in ipairs(any) do
    for _, port in ipairs { "18081->80/tcp", "18082->82/udp", "18083->83/tcp", "18084->84/tcp" } do
      list[#list + 1] = address .. ":" .. port
    end
    if address == "0.0.0.0" then
      list[#list + 1] = "90/tcp"
      list[#list + 1] = "91/udp"
    end
  end
  return list
end

for _, engine in ipairs(ENGINES) do
  describe("what " .. engine.name .. " tells of a container", function()
    teardown(recorder.restore)

    local function ask(question, name)
      local client = recorder.client { { body = engine.answers.inspected[name] } }
      local container = client.containers:get(name)
      local answer = assert(container[question](container))
      assert.equal(1, #client.requests)
      return answer
    end

    it("is known of all of them", function()
      for name in pairs(HEALTH) do
        assert.is_table(engine.answers.inspected[name])
        assert.is_table(engine.answers.listed[name])
      end
    end)

    for name, expected in pairs(HEALTH) do
      it("is that a " .. name .. " one has the health " .. expected, function()
        assert.equal(expected, ask("health", name))
      end)
    end

    it("is every binding of its ports, those of IPv4 first", function()
      local ports = ask("ports", "published")
      assert.same(expected_ports(engine.any), all_described(ports))
      for _, port in ipairs(ports) do
        for _, field in ipairs { "PrivatePort", "PublicPort" } do
          assert.equal(math.floor(port[field] or 0), port[field] or 0)
        end
      end
    end)

    it("is no port where there is none", function()
      for name in pairs(HEALTH) do
        if name ~= "published" then
          local ports = ask("ports", name)
          assert.same(name == "ended" and engine.ended or {}, all_described(ports))
          assert.is_true(core.is_array(ports))
        end
      end
    end)

    it("is no more in its summary than is read of the container itself", function()
      local read = {}
      for _, port in ipairs(ask("ports", "published")) do read[described(port)] = true end
      local summary = engine.answers.listed.published.Ports
      assert.is_true(#summary >= 4)
      for _, port in ipairs(summary) do assert.is_true(read[described(port)], described(port)) end
    end)

    it("is its address in the default network, once", function()
      for _, name in ipairs { "published", "healthy", "unchecked" } do
        local addresses = ask("addresses", name)
        assert.equal(1, #addresses)
        assert.equal(engine.network, addresses[1].Network)
        assert.equal(engine.prefix, addresses[1].IPAddress:match "^.*%.")
        assert.equal(engine.prefix .. "1", addresses[1].Gateway)
        assert.equal(17, #addresses[1].MacAddress)
        assert.is_nil(addresses[1].GlobalIPv6Address)
        assert.is_nil(addresses[1].IPv6Gateway)
      end
    end)

    it("is its addresses in networks of its own, of both families", function()
      local addresses = ask("addresses", "connected")
      assert.equal(2, #addresses)
      local back, front = unpack(addresses)
      assert.same({ "fixture-back", "10.94.0.1" }, { back.Network, back.Gateway })
      assert.matches("^10%.94%.0%.%d+$", back.IPAddress)
      assert.is_nil(back.GlobalIPv6Address)
      assert.same({ "fixture-front", "10.95.0.1", "fd95::1" }, { front.Network, front.Gateway, front.IPv6Gateway })
      assert.matches("^10%.95%.0%.%d+$", front.IPAddress)
      assert.matches("^fd95::%x+$", front.GlobalIPv6Address)
    end)

    it("is no address of one that has ended or is connected to nothing", function()
      for _, name in ipairs { "ended", "unconnected" } do
        local addresses = ask("addresses", name)
        assert.equal(0, #addresses)
        assert.is_true(core.is_array(addresses))
      end
    end)

    it("is listed as it is", function()
      local records = core.array()
      for _, record in pairs(engine.answers.listed) do records[#records + 1] = record end
      local client = recorder.client { { body = records } }
      local list = assert(client.containers:list())
      assert.equal(8, #list)
      for i, container in ipairs(list) do
        assert.equal(records[i].Id, container.id)
        assert.same(pick(records[i], { "Names", "Ports", "State", "Health" }),
          pick(container, { "Names", "Ports", "State", "Health" }))
      end
    end)
  end)
end
