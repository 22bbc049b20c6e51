-- What an engine told, changed in one field and sent back: all else must arrive as it was told, to the byte.

local core = require "moondock.core"
local engine = require "spec.live.engine"
local round_trip = require "spec.live.round_trip"

local same = round_trip.same

describe("what an engine told and is sent back", function()
  local client = engine.connect()

  after_each(function()
    engine.clean(client)
    assert(client.networks:prune { filters = { label = "moondock.spec" } })
  end)

  local function path_of(container)
    return "/containers/" .. container.id .. "/json"
  end

  local function create(opts)
    return assert(client.containers:create(engine.image, { "sleep", "600" }, engine.labelled(opts)))
  end

  -- Of a record, what the body of an operation has as well.
  local function fields_for(operation, record)
    local body = {}
    for _, field in ipairs(core.operation(operation).fields) do body[field] = record[field] end
    return body
  end

  for whose, decode in pairs(round_trip.CODECS) do
    describe("as tables of " .. whose, function()
      local function told(path)
        local text = round_trip.said(client, path)
        return text, decode(text)
      end

      it("makes the same container but for its host name", function()
        local first, details = told(path_of(create { env = { "A=1" }, memory = "64m", cap_add = "NET_ADMIN",
          publish = "127.0.0.1::80", expose = "81", volume = "/anonymous", tmpfs = "/scratch",
          ulimit = "nofile=100:200", device = "/dev/null", log_opt = { ["max-size"] = "1m" }, health_cmd = "true",
          health_interval = "7200s", Healthcheck = { Timeout = round_trip.LONG[whose] }, entrypoint = "",
          sysctl = { ["net.ipv4.tcp_rmem"] = "4096 87380 6291456" } }))
        local body = details.Config
        if not engine.podman then assert.matches('"Timeout":' .. round_trip.LONG[whose], first, 1, true) end
        body.HostConfig, body.Hostname = details.HostConfig, "other"
        body.NetworkingConfig = { EndpointsConfig = details.NetworkSettings.Networks }
        local copy, message, err
        local sent = round_trip.sent(function()
          copy, message, err = client.containers:create(body.Image, nil, body)
        end)
        same(first, "|Config", sent[1], "", { "Hostname", "HostConfig", "NetworkingConfig" })
        same(first, "|HostConfig", sent[1], "|HostConfig")
        same(first, "|NetworkSettings|Networks", sent[1], "|NetworkingConfig|EndpointsConfig")
        if engine.lacks("podman", "Ulimits as inspect tells them, sent back", err) then return end
        local second = told(path_of(assert(copy, message)))
        same(first, "|Config", second, "|Config", { "Hostname" })
        same(first, "|HostConfig", second, "|HostConfig")
      end)

      it("changes one limit of a container and keeps the others", function()
        local container = create { memory = "64m", memory_reservation = "32m", memory_swap = "128m", cpu_shares = 512,
          cpuset_cpus = "0", device = "/dev/null", ulimit = "nofile=100:200", restart = "on-failure:3" }
        local first, details = told(path_of(container))
        local body = fields_for("ContainerUpdate", details.HostConfig)
        body.CpuShares = 256
        local ok, message, err
        local sent = round_trip.sent(function() ok, message, err = container:update(body) end)
        if engine.lacks("podman", "update of a container", err) then return end
        assert(ok, message)
        body.CpuShares = nil
        for field in pairs(body) do same(first, "|HostConfig|" .. field, sent[1], "|" .. field) end
        same(first, "|HostConfig", told(path_of(container)), "|HostConfig", { "CpuShares" })
        assert.equal(256, assert(container:inspect()).HostConfig.CpuShares)
      end)

      it("makes an image with the configuration of a container", function()
        local container = create { env = { "A=1" }, expose = "81", volume = "/anonymous", label = { a = "1" } }
        local first, details = told(path_of(container))
        details.Config.Env = { "A=2" }
        local image
        local sent = round_trip.sent(function()
          image = assert(container:commit { repo = engine.unique "trip", body = details.Config, changes = "USER 7" })
        end)
        finally(function() image:remove() end)
        same(first, "|Config", sent[1], "", { "Env" })
        local config = assert(image:inspect()).Config
        assert.equal("7", config.User)
        local env = table.concat(config.Env, " ")
        if engine.lacks("podman", "configuration in commit", env, "A=1") then return end
        assert.equal("A=2", env)
        assert.same({ ["/anonymous"] = {} }, config.Volumes)
      end)

      it("runs what another command was", function()
        local container = engine.sleeper(client)
        local before = assert(container:exec_create({ "sh" }, { env = { "A=1" }, user = "7", privileged = true }))
        local first, details = told("/exec/" .. before.id .. "/json")
        local process = details.ProcessConfig
        if engine.lacks("podman", "ProcessConfig of exec:inspect", process.arguments, core.null) then return end
        local command = { process.entrypoint }
        for i, argument in ipairs(process.arguments) do command[i + 1] = argument end
        local sent = round_trip.sent(function()
          assert(container:exec_create(command, { Tty = process.tty, Privileged = process.privileged,
            User = process.user, AttachStdin = true, AttachStdout = details.OpenStdout,
            AttachStderr = details.OpenStderr, Env = core.array(process.arguments) }))
        end)
        same(first, "|ProcessConfig|arguments", sent[1], "|Env")
        same(first, "|ProcessConfig|privileged", sent[1], "|Privileged")
        same(first, "|ProcessConfig|entrypoint", sent[1], "|Cmd|1")
        same(first, "|ProcessConfig|user", sent[1], "|User")
      end)

      it("makes the same network but for its name", function()
        local network = assert(client.networks:create(engine.unique "net", engine.labelled { internal = true,
          subnet = "10.96.0.0/16", ip_range = "10.96.128.0/17", gateway = "10.96.0.9",
          opt = { ["com.docker.network.driver.mtu"] = "1400" } }))
        local first, details = told("/networks/" .. network.id)
        assert(network:remove())
        local body = fields_for("NetworkCreate", details)
        body.Name = engine.unique "net"
        local copy
        local sent = round_trip.sent(function() copy = assert(client.networks:create(body.Name, body)) end)
        for field in pairs(body) do
          if field ~= "Name" then same(first, "|" .. field, sent[1], "|" .. field) end
        end
        same(first, "", told("/networks/" .. copy.id), "", { "Name", "Id", "Created" })
      end)

      it("makes the same volume but for its name", function()
        local volume = assert(client.volumes:create(engine.unique "trip", { label = { a = "1" } }))
        finally(function() volume:remove() end)
        local first, details = told("/volumes/" .. volume.id)
        local copy
        local sent = round_trip.sent(function()
          copy = assert(client.volumes:create(engine.unique "trip", { Labels = details.Labels,
            Driver = details.Driver, DriverOpts = details.Options }))
        end)
        local second = told("/volumes/" .. copy.id)
        copy:remove()
        same(first, "|Labels", sent[1], "|Labels")
        same(first, "|Driver", sent[1], "|Driver")
        same(first, "|Options", sent[1], "|DriverOpts")
        same(first, "", second, "", { "Name", "Mountpoint", "CreatedAt" })
      end)
    end)
  end

  it("is what lua-cjson makes of it, as far as that goes, handles included", function()
    local container = create { memory = "64m", health_cmd = "true", health_interval = "7200s" }
    local volume = assert(client.volumes:create(engine.unique "trip", { label = { a = "1" } }))
    finally(function() volume:remove() end)
    local answers = { [path_of(container)] = container:inspect(), ["/images/json"] = client.images:list(),
      ["/networks"] = client.networks:list(), ["/volumes/" .. volume.id] = volume:inspect(),
      ["/version"] = client:version() }
    for path, ours in pairs(answers) do
      round_trip.same_in_cjson(round_trip.said(client, path), ours)
    end
  end)

  for _, name in ipairs { "create", "run" } do
    it("has the hardware address that " .. name .. " was given", function()
      local address = "02:42:ac:11:00:77"
      local container
      if name == "create" then
        container = engine.sleeper(client, { mac_address = address })
      else
        container = assert(client:run(engine.image, { "sleep", "600" },
          engine.labelled { detach = true, mac_address = address }))
      end
      assert.equal(address, assert(container:addresses())[1].MacAddress)
    end)
  end
end)
