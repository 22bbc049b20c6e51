local recorder = require "spec.api.recorder"

describe("networks", function()
  teardown(recorder.restore)

  local function sent(client, at) return client.requests[at or #client.requests] end

  local function create(name, opts)
    local client = recorder.client { { status = 201, body = { Id = "abc", Warning = "" } } }
    local network = assert(client.networks:create(name, opts))
    assert.equal("abc", network.id)
    assert.equal("POST", sent(client).method)
    assert.equal("/v1.51/networks/create", sent(client).path)
    return sent(client).body
  end

  local function mistake(fn) return recorder.mistake("spec/api/networks_spec.lua", fn) end

  describe("are created", function()
    it("with a name alone, which must be free", function()
      assert.same({ Name = "web", CheckDuplicate = true }, create "web")
      assert.same({ Name = "web", CheckDuplicate = true }, create { name = "web" })
      assert.same({ Name = "web", CheckDuplicate = false }, create("web", { CheckDuplicate = false }))
    end)

    it("with the flags of the command line", function()
      assert.same({ Name = "web", CheckDuplicate = true, Driver = "overlay", Scope = "swarm",
        Internal = true, Attachable = true, Ingress = false, EnableIPv4 = false, EnableIPv6 = true,
        ConfigOnly = false, ConfigFrom = { Network = "base" }, Options = { ["a.b"] = "1", c = "d" },
        Labels = { x = "y" }, IPAM = { Driver = "own", Options = { o = "p" } } },
        create("web", { driver = "overlay", scope = "swarm", internal = true, attachable = true,
          ingress = false, ipv4 = false, ipv6 = true, config_only = false, config_from = "base",
          opt = { ["a.b"] = 1, c = "d" }, label = "x=y", ipam_driver = "own", ipam_opt = { "o=p" } }))
    end)

    it("with each address in the subnet that it lies in", function()
      local body = create("web", { subnet = { "10.1.0.0/16", "fd00:1::/64", "10.2.64.0/18" },
        gateway = { "fd00:1::1", "10.2.65.254" }, ip_range = "10.1.128.0/17",
        aux_address = { printer = "10.1.0.9", scanner = "fd00:1::9" } })
      assert.same({
        { Subnet = "10.1.0.0/16", IPRange = "10.1.128.0/17", AuxiliaryAddresses = { printer = "10.1.0.9" } },
        { Subnet = "fd00:1::/64", Gateway = "fd00:1::1", AuxiliaryAddresses = { scanner = "fd00:1::9" } },
        { Subnet = "10.2.64.0/18", Gateway = "10.2.65.254" },
      }, body.IPAM.Config)
    end)

    it("with the engine's own fields over the flags", function()
      local body = create("web", { subnet = "10.1.0.0/16", label = { a = "1", b = "2" },
        Labels = { b = "3" }, IPAM = { Driver = "null" } })
      assert.same({ a = "1", b = "3" }, body.Labels)
      assert.same({ Driver = "null", Config = { { Subnet = "10.1.0.0/16" } } }, body.IPAM)
    end)
  end)

  it("are not created by mistake", function()
    local networks = recorder.client().networks
    local cases = {
      { "name must be a non%-empty string", nil },
      { "name must be a non%-empty string", "" },
      { "unknown option 'nmae'", "web", { nmae = "x" } },
      { "unknown option 'name'", "web", { name = "x" } },
      { "option internal must be true or false", "web", { internal = "yes" } },
      { "option subnet must be a subnet such as", "web", { subnet = "10.1.0.0" } },
      { "option subnet must be a subnet such as", "web", { subnet = "10.1.0.0/33" } },
      { "option subnet must be a subnet such as", "web", { subnet = "10.1.0.256/8" } },
      { "option subnet must be a subnet such as", "web", { subnet = "fd00:::/64" } },
      { "option gateway must be an address", "web", { subnet = "10.1.0.0/16", gateway = "ten" } },
      { "10%.2%.0%.1 lies in no subnet", "web", { subnet = "10.1.0.0/16", gateway = "10.2.0.1" } },
      { "fd00::1 lies in no subnet", "web", { subnet = "10.1.0.0/16", gateway = "fd00::1" } },
      { "lies in no subnet", "web", { gateway = "10.2.0.1" } },
      { "two for subnet", "web", { subnet = "10.1.0.0/16", gateway = { "10.1.0.1", "10.1.0.2" } } },
      { "Driverr", "web", { Driverr = "x" } },
    }
    for _, case in ipairs(cases) do
      assert.matches(case[1], mistake(function() networks:create(case[2], case[3]) end))
    end
    assert.equal(0, #networks.client.requests)
  end)

  it("are listed as handles, and none is an empty list", function()
    local client = recorder.client { { body = '[{"Id":"abc","Name":"web"}]' }, { body = "null" } }
    local list = assert(client.networks:list { filters = { driver = "bridge" } })
    assert.equal("/v1.51/networks", sent(client).path)
    assert.equal('{"driver":["bridge"]}', sent(client).query.filters)
    assert.equal("abc", list[1].id)
    assert.equal("web", list[1].Name)
    assert.same({}, assert(client.networks:list()))
  end)

  it("are named by the engine's field as well", function()
    local client = recorder.client { { status = 201, body = { Id = "n" } }, { status = 201, body = { ID = "s" } } }
    assert(client.networks:create { Name = "net", Driver = "bridge" })
    assert.equal("net", client.requests[1].body.Name)
    assert(client.secrets:create { Name = "key", Data = "aGk=" })
    assert.equal("key", client.requests[2].body.Name)
  end)

  it("are inspected, removed and pruned", function()
    local client = recorder.client { { body = { Id = "abc" } }, { status = 204, body = "" }, {} }
    local network = client.networks:get "web"
    assert.same({ Id = "abc" }, network:inspect { verbose = true, scope = "swarm" })
    assert.equal("/v1.51/networks/web?scope=swarm&verbose=1", sent(client).target)
    assert.is_true(network:remove())
    assert.equal("DELETE /v1.51/networks/web", sent(client).method .. " " .. sent(client).target)
    assert(client.networks:prune { filters = { label = { a = "b" } } })
    assert.equal("POST /v1.51/networks/prune", sent(client).method .. " " .. sent(client).path)
    assert.equal('{"label":["a=b"]}', sent(client).query.filters)
  end)

  it("connect containers, by handle or name, with addresses and names of their own", function()
    local client = recorder.client()
    local network = client.networks:get "web"
    assert.is_true(network:connect "db")
    assert.equal("POST /v1.51/networks/web/connect", sent(client).method .. " " .. sent(client).target)
    assert.same({ Container = "db" }, sent(client).body)
    assert(network:connect(client.containers:get "db2", { ip = "10.1.0.7", ip6 = "fd00::7",
      link_local_ip = "169.254.1.1", alias = { "sql", "store" }, link = "other:o",
      driver_opt = { a = "b" }, gw_priority = 7, MacAddress = "02:42:0a:01:00:07" }))
    assert.same({ Container = "db2", EndpointConfig = { IPAMConfig = { IPv4Address = "10.1.0.7",
      IPv6Address = "fd00::7", LinkLocalIPs = { "169.254.1.1" } }, Aliases = { "sql", "store" },
      Links = { "other:o" }, DriverOpts = { a = "b" }, GwPriority = 7,
      MacAddress = "02:42:0a:01:00:07" } }, sent(client).body)
  end)

  it("refuse what they cannot connect", function()
    local network = recorder.client().networks:get "web"
    assert.matches("container must be", mistake(function() network:connect() end))
    assert.matches("container must be", mistake(function() network:disconnect "" end))
    assert.matches("unknown option 'aliases'", mistake(function()
      network:connect("db", { aliases = "x" })
    end))
    assert.matches("the fields of EndpointConfig are options", mistake(function()
      network:connect("db", { EndpointConfig = { Aliases = { "x" } } })
    end))
    assert.matches("gw_priority", mistake(function() network:connect("db", { gw_priority = "high" }) end))
    assert.matches("force", mistake(function() network:disconnect("db", { force = 1 }) end))
    local old = recorder.client(nil, { api_version = "1.41" }).networks:get "web"
    local _, _, err = old:connect("db", { gw_priority = 1 })
    assert.equal("version", err.kind)
  end)

  it("disconnect containers", function()
    local client = recorder.client { { body = "" }, { status = 404, body = { message = "no such container" } } }
    local network = client.networks:get "web"
    assert.is_true(network:disconnect("db", { force = true }))
    assert.equal("/v1.51/networks/web/disconnect", sent(client).target)
    assert.same({ Container = "db", Force = true }, sent(client).body)
    local ok, message, err = network:disconnect "gone"
    assert.is_nil(ok)
    assert.matches("^no such container", message)
    assert.equal("not_found", err.kind)
  end)
end)
