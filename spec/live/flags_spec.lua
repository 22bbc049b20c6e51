-- The flags of `docker run` do in a container what they say.

local docker = require "moondock"
local engine = require "spec.live.engine"

describe("flags", function()
  local client

  setup(function() client = engine.connect() end)
  teardown(function() engine.clean(client) end)

  local function output(script, opts)
    local result = assert(client:run(engine.image, { "sh", "-c", script }, engine.labelled(opts)))
    assert.equal("", result.stderr)
    assert.equal(0, result.exit_code)
    return result.stdout
  end

  it("limit and mount", function()
    local seen = output("ulimit -Hn; df -k /scratch | tail -1 | awk '{print $2}'; df -k /dev/shm "
      .. "| tail -1 | awk '{print $2}'; stat -c %a /scratch; touch /scratch/a && echo written", {
      -- Podman raises nproc beyond its own unless told
      ulimit = { nofile = "100:200", nproc = 4096 }, shm_size = "8m", read_only = true,
      mount = { type = "tmpfs", target = "/scratch", tmpfs_size = "4m", tmpfs_mode = "1770" },
    })
    assert.equal("200\n4096\n8192\n1770\nwritten\n", seen)
  end)

  it("name", function()
    local seen = output("hostname; grep -c '10.9.8.7.*db' /etc/hosts; grep -c 'nameserver 10.9.8.6' /etc/resolv.conf; "
      .. "grep -c 'ndots:7' /etc/resolv.conf; id -u; id -G; pwd; echo $A $B", {
      hostname = "moon", add_host = { db = "10.9.8.7" }, dns = "10.9.8.6", dns_option = "ndots:7", user = "7:8",
      group_add = { 9 }, workdir = "/tmp", env = { A = "x y", B = 2 },
    })
    assert.equal("moon\n1\n1\n1\n7\n8 9\n/tmp\nx y 2\n", seen)
  end)

  it("set kernel parameters and capabilities", function()
    local seen = output("cat /proc/sys/net/core/somaxconn; grep CapEff /proc/self/status | awk '{print $2}'; "
      .. "grep NoNewPrivs /proc/self/status | awk '{print $2}'", {
      sysctl = { ["net.core.somaxconn"] = 77 }, cap_drop = "all", cap_add = { "chown", "CAP_KILL" },
      security_opt = "no-new-privileges",
    })
    assert.equal("77\n0000000000000021\n1\n", seen)
  end)

  it("say what an address is", function()
    local container = engine.sleeper(client)
    local list = assert(container:addresses())
    if not engine.lacks("podman", "the first network of a container", list[1].Network, "^podman$") then
      assert.equal("bridge", list[1].Network)
    end
    assert.matches("^%d+%.%d+%.%d+%.%d+$", list[1].IPAddress)
    assert.equal("none", assert(container:health()))
    assert(container:remove { force = true })
  end)

  it("share volumes", function()
    local name = engine.unique "volumes"
    assert(client:run(engine.image, { "sh", "-c", "echo kept > /data/file" }, engine.labelled { name = name,
      volume = "/data", remove = false }))
    assert.equal("kept\n", output("cat /data/file", { volumes_from = name .. ":ro" }))
    assert(client.containers:get(name):remove { v = true })
  end)

  it("say that there is no health without a check", function()
    local container = engine.sleeper(client)
    assert.equal("none", container:health())
    local health = assert(container:inspect()).State.Health
    local status = health and health.Status
    if not engine.lacks("podman", "State.Health of a container without a check", status, "^$") then
      assert.is_nil(health)
    end
  end)

  it("watch the health", function()
    local container = assert(client:run(engine.image, { "sleep", "600" }, engine.labelled { detach = true,
      health_cmd = "test -e /", health_interval = "1s", health_timeout = 5, health_retries = 2 }))
    local status
    local deadline = docker.now() + (engine.podman and 3 or 200)
    repeat
      docker.sleep(0.2)
      status = assert(container:health())
    until status ~= "starting" or docker.now() > deadline
    -- Podman leaves the timing of checks to systemd
    if not engine.lacks("podman", "health checks", status, "^starting$") then assert.equal("healthy", status) end
    assert.equal(1000000000, assert(container:inspect()).Config.Healthcheck.Interval)
    assert(container:remove { force = true })
  end)

  it("keep the input of an interactive container open until it ends", function()
    local container = assert(client.containers:create(engine.image, { "wc", "-c" },
      engine.labelled { interactive = true }))
    local stream = assert(container:attach { stdin = true })
    assert(container:start())
    assert(stream:write "12345")
    stream:close_write()
    local text = assert(stream:text())
    assert.equal("5\n", text)
  end)
end)
