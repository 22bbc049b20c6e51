local engine = require "spec.live.engine"

describe("networks on a real engine", function()
  local client = engine.connect()

  local function remove_all()
    engine.clean(client)
    assert(client.networks:prune { filters = { label = "moondock.spec" } })
    assert(client.volumes:prune { all = true, filters = { label = "moondock.spec" } })
  end

  after_each(remove_all)

  local function create(opts)
    return assert(client.networks:create(engine.unique "net", engine.labelled(opts)))
  end

  local function endpoint(container, network)
    local details = assert(container:inspect())
    return details.NetworkSettings.Networks[assert(network:inspect()).Name]
  end

  local function listed(network)
    for _, other in ipairs(assert(client.networks:list { filters = { label = "moondock.spec" } })) do
      if other == network then return other end
    end
  end

  it("are created, listed, inspected and removed", function()
    local network = create { driver = "bridge", opt = { ["com.docker.network.bridge.name"] = "mdspec0" },
      internal = true }
    local details = assert(network:inspect())
    assert.equal("bridge", details.Driver)
    assert.is_true(details.Internal)
    local bridge = details.Options["com.docker.network.bridge.name"]
    if not engine.lacks("podman", "Options of a network", bridge, nil) then assert.equal("mdspec0", bridge) end
    assert.equal(details.Name, listed(network).Name)
    assert.is_true(client.networks:get(details.Name):remove())
    assert.is_nil(listed(network))
    local none, _, err = network:inspect()
    assert.is_nil(none)
    assert.equal("not_found", err.kind)
  end)

  it("are joined by their handles, as images and volumes are used", function()
    local network, volume = create(), assert(client.volumes:create(engine.labelled()))
    local image
    for _, each in ipairs(assert(client.images:list { filters = { reference = engine.image } })) do image = each end
    local result = assert(client:run(image, { "sh", "-c", "ls -d /data && ip address show eth0" }, { network = network,
      mount = { type = "volume", source = volume, target = "/data" } }))
    assert.equal(0, result.exit_code, result.stderr)
    assert.matches("^/data\n.*eth0", result.stdout)
    local container = assert(client.containers:create(image, { "true" }, engine.labelled { network = { network } }))
    assert.is_truthy(assert(container:inspect()).Image:find(image.id:gsub("^sha256:", ""), 1, true))
  end)

  it("are joined at once, from API 1.44 on", function()
    local first, second = create(), create()
    local container, _, err = client.containers:create(engine.image, { "true" },
      engine.labelled { network = { first, second } })
    if engine.name == "oldest" then
      assert.is_nil(container)
      assert.equal("version", err.kind)
      return
    end
    local count = 0
    for _ in pairs(assert(container:inspect()).NetworkSettings.Networks) do count = count + 1 end
    assert.equal(2, count)
  end)

  it("have one name each", function()
    local name = assert(create():inspect()).Name
    local second, _, err = client.networks:create(name)
    assert.is_nil(second)
    assert.equal("conflict", err.kind)
  end)

  it("have addresses that nobody else has", function()
    create { subnet = "10.96.0.0/24" }
    local second, _, err = client.networks:create(engine.unique "net", engine.labelled { subnet = "10.96.0.0/24" })
    assert.is_nil(second)
    assert.equal("conflict", err.kind)
  end)

  it("take the addresses that they are given, of both families", function()
    local network = create { ipv6 = true, subnet = { "10.97.0.0/16", "fd97::/64" },
      ip_range = "10.97.128.0/17", gateway = { "fd97::9", "10.97.0.9" }, aux_address = { other = "10.97.128.0" } }
    local configs = assert(network:inspect()).IPAM.Config
    local by_subnet = {}
    for _, config in ipairs(configs) do by_subnet[config.Subnet] = config end
    assert.equal("10.97.0.9", by_subnet["10.97.0.0/16"].Gateway)
    local range = by_subnet["10.97.0.0/16"].IPRange
    if not engine.lacks("podman", "IPRange of a network", range, nil) then assert.equal("10.97.128.0/17", range) end
    assert.equal("fd97::9", by_subnet["fd97::/64"].Gateway)
    local container = engine.sleeper(client)
    assert(network:connect(container, { ip6 = "fd97::77" }))
    local settings = endpoint(container, network)
    assert.equal("fd97::77", settings.GlobalIPv6Address)
    assert.matches("^10%.97%.1[2-9]%d%.", settings.IPAddress)
    local seen = assert(container:exec { "ip", "-6", "addr" }).stdout
    assert.truthy(seen:find("fd97::77/64", 1, true), seen)
  end)

  it("connect containers, which find each other by their aliases", function()
    local network = create { subnet = "10.98.0.0/16" }
    local name = assert(network:inspect()).Name
    local server = engine.sleeper(client)
    assert.is_true(network:connect(server, { alias = { "store", "sql" }, ip = "10.98.0.77" }))
    assert.equal("10.98.0.77", endpoint(server, network).IPAddress)
    local again, _, err = network:connect(server)
    assert.is_nil(again)
    assert.equal("conflict", err.kind)
    local result = assert(client:run(engine.image, { "nslookup", "sql" }, { network = name }))
    assert.truthy(result.stdout:find("10.98.0.77", 1, true), result.stdout .. result.stderr)
    assert.equal(0, assert(client:run(engine.image, { "ping", "-c", "1", "-W", "10", "store" },
      { network = name })).exit_code)
    assert.is_true(network:disconnect(server.id))
    assert.is_nil(endpoint(server, network))
    assert.equal("conflict", select(3, network:disconnect(server)).kind)
    _, _, err = network:disconnect("no-such-container", { force = false })
    assert.equal("not_found", err.kind)
  end)

  it("are not removed under a container, and pruned when unused", function()
    local used, unused = create(), create()
    assert(used:connect(engine.sleeper(client)))
    local name = assert(unused:inspect()).Name
    local report = assert(client.networks:prune { filters = { label = "moondock.spec" } })
    assert.same({ name }, report.NetworksDeleted)
    assert(used:inspect())
    local ok, _, err = used:remove()
    if engine.lacks("podman", "remove of a network that a container uses", ok, true) then return end
    assert.is_nil(ok)
    assert.equal("conflict", err.kind)
  end)
end)
