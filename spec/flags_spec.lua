local core = require "moondock.core"
local flags = require "moondock.flags"

local function body_of(opts)
  return flags.create("img", nil, opts).body
end

local function host_of(opts)
  return body_of(opts).HostConfig
end

describe("flags.create", function()
  it("makes a body of nothing but the image", function()
    assert.are.same({ body = { Image = "img" } }, flags.create "img")
  end)

  it("takes image, command and options by position", function()
    local wire = flags.create("img", { "echo", "a b" }, { name = "web" })
    assert.are.equal("img", wire.body.Image)
    assert.are.same({ "echo", "a b" }, { (table.unpack or unpack)(wire.body.Cmd) })
    assert.are.equal("web", wire.name)
  end)

  it("takes the same by name in one table", function()
    local wire = flags.create { image = "img", command = { "true" }, name = "web", user = "1" }
    assert.are.equal("img", wire.body.Image)
    assert.are.equal("true", wire.body.Cmd[1])
    assert.are.equal("web", wire.name)
    assert.are.equal("1", wire.body.User)
    assert.is_nil(wire.body.image)
  end)

  it("puts name, platform and timeout beside the body", function()
    local wire = flags.create("img", nil, { name = "web", platform = "linux/arm64", timeout = 3 })
    assert.are.same({ name = "web", platform = "linux/arm64", timeout = 3,
      body = { Image = "img" } }, wire)
  end)

  it("marks an empty command as an array", function()
    assert.is_true(core.is_array(flags.create("img", {}).body.Cmd))
  end)

  it("does not change the tables of the caller", function()
    local opts = { env = { A = "1" }, HostConfig = { Memory = 5 }, memory = 7, label = { "a=b" } }
    flags.create("img", nil, opts)
    assert.are.same({ env = { A = "1" }, HostConfig = { Memory = 5 }, memory = 7,
      label = { "a=b" } }, opts)
  end)

  -- What a flag makes of the body, or of its HostConfig.
  local body_cases = {
    { "env as a list", { env = { "A=1", "B" } }, "Env", { "A=1", "B" } },
    { "env as one string", { env = "A=1" }, "Env", { "A=1" } },
    { "env as a table, sorted", { env = { B = 2, A = "x y", C = true } }, "Env",
      { "A=x y", "B=2", "C" } },
    { "label as a table", { label = { a = "1", b = "" } }, "Labels", { a = "1", b = "" } },
    { "label as a list", { label = { "a=1=2", "b" } }, "Labels", { a = "1=2", b = "" } },
    { "label as one string", { label = "a=1" }, "Labels", { a = "1" } },
    { "user as a string", { user = "1000:1000" }, "User", "1000:1000" },
    { "user as a number", { user = 1000 }, "User", "1000" },
    { "workdir", { workdir = "/src" }, "WorkingDir", "/src" },
    { "hostname", { hostname = "web" }, "Hostname", "web" },
    { "entrypoint as one word", { entrypoint = "/bin/sh" }, "Entrypoint", { "/bin/sh" } },
    { "entrypoint as words", { entrypoint = { "sh", "-c" } }, "Entrypoint", { "sh", "-c" } },
    { "tty", { tty = true }, "Tty", true },
    { "interactive", { interactive = true }, "OpenStdin", true },
    { "an anonymous volume", { volume = "/data" }, "Volumes", { ["/data"] = {} } },
  }
  for _, case in ipairs(body_cases) do
    it("translates " .. case[1], function()
      assert.are.same(case[4], body_of(case[2])[case[3]])
    end)
  end

  local host_cases = {
    { "memory in bytes", { memory = 4096 }, "Memory", 4096 },
    { "memory with a unit", { memory = "64m" }, "Memory", 64 * 1024 * 1024 },
    { "memory with a long unit", { memory = "1.5 GiB" }, "Memory", 1610612736 },
    { "memory as bare digits", { memory = "512" }, "Memory", 512 },
    { "cpus", { cpus = 1.5 }, "NanoCpus", 1500000000 },
    { "cpus as text", { cpus = "0.1" }, "NanoCpus", 100000000 },
    { "privileged", { privileged = true }, "Privileged", true },
    { "read_only", { read_only = true }, "ReadonlyRootfs", true },
    { "init", { init = true }, "Init", true },
    { "cap_add", { cap_add = { "NET_ADMIN", "SYS_TIME" } }, "CapAdd",
      { "CAP_NET_ADMIN", "CAP_SYS_TIME" } },
    { "cap_drop as one string", { cap_drop = "ALL" }, "CapDrop", { "ALL" } },
    { "a bind", { volume = "/a:/b:ro" }, "Binds", { "/a:/b:ro" } },
    { "a named volume", { volume = { "data:/data" } }, "Binds", { "data:/data" } },
    { "restart", { restart = "always" }, "RestartPolicy", { Name = "always" } },
    { "restart with a count", { restart = "on-failure:3" }, "RestartPolicy",
      { Name = "on-failure", MaximumRetryCount = 3 } },
    { "network", { network = "host" }, "NetworkMode", "host" },
    { "cpu_count", { cpu_count = 2 }, "CpuCount", 2 },
    { "cpu_percent", { cpu_percent = "50" }, "CpuPercent", 50 },
    { "io_maxiops", { io_maxiops = 100 }, "IOMaximumIOps", 100 },
    { "io_maxbandwidth", { io_maxbandwidth = "10m" }, "IOMaximumBandwidth", 10485760 },
    { "memory_swap without limit", { memory_swap = -1 }, "MemorySwap", -1 },
    { "ulimit as a table", { ulimit = { nofile = "1:2", core = -1 } }, "Ulimits",
      { { Name = "core", Soft = -1, Hard = -1 }, { Name = "nofile", Soft = 1, Hard = 2 } } },
    { "ulimit without limit", { ulimit = "core=unlimited" }, "Ulimits",
      { { Name = "core", Soft = -1, Hard = -1 } } },
    { "tmpfs as a table", { tmpfs = { ["/a"] = "size=1m" } }, "Tmpfs", { ["/a"] = "size=1m" } },
    { "a mount with the Engine's fields", { mount = { Type = "npipe", Target = "/p", Source = "x" } }, "Mounts",
      { { Type = "npipe", Target = "/p", Source = "x" } } },
    { "a mode in octal, also as a number", { mount = { type = "tmpfs", target = "/t", tmpfs_mode = 1770 } },
      "Mounts", { { Type = "tmpfs", Target = "/t", TmpfsOptions = { Mode = 1016 } } } },
    { "a profile in place", { security_opt = 'seccomp=unconfined' }, "SecurityOpt", { "seccomp=unconfined" } },
  }
  for _, case in ipairs(host_cases) do
    it("translates " .. case[1], function()
      assert.are.same(case[4], host_of(case[2])[case[3]])
    end)
  end

  it("makes whole numbers of sizes and processors, which the wire needs", function()
    if not math.type then return end
    assert.are.equal("integer", math.type(host_of({ memory = "1.5g" }).Memory))
    assert.are.equal("integer", math.type(host_of({ cpus = 0.3 }).NanoCpus))
  end)

  it("joins several networks", function()
    local body = body_of { network = { "a", "b" } }
    assert.are.equal("a", body.HostConfig.NetworkMode)
    assert.are.same({ a = {}, b = {} }, body.NetworkingConfig.EndpointsConfig)
    assert.is_nil(body_of({ network = { "a" } }).NetworkingConfig)
  end)
end)

describe("publish", function()
  local function bindings(value)
    return host_of({ publish = value }).PortBindings
  end
  local cases = {
    { "80", { ["80/tcp"] = { { HostIp = "", HostPort = "" } } } },
    { 80, { ["80/tcp"] = { { HostIp = "", HostPort = "" } } } },
    { "8080:80", { ["80/tcp"] = { { HostIp = "", HostPort = "8080" } } } },
    { "53:53/UDP", { ["53/udp"] = { { HostIp = "", HostPort = "53" } } } },
    { "127.0.0.1:8080:80", { ["80/tcp"] = { { HostIp = "127.0.0.1", HostPort = "8080" } } } },
    { "127.0.0.1::80", { ["80/tcp"] = { { HostIp = "127.0.0.1", HostPort = "" } } } },
    { "[::1]:8080:80", { ["80/tcp"] = { { HostIp = "::1", HostPort = "8080" } } } },
    { "[::1]::80", { ["80/tcp"] = { { HostIp = "::1", HostPort = "" } } } },
    { "8000-8001:80-81", { ["80/tcp"] = { { HostIp = "", HostPort = "8000" } },
      ["81/tcp"] = { { HostIp = "", HostPort = "8001" } } } },
    { "8000-8010:80", { ["80/tcp"] = { { HostIp = "", HostPort = "8000-8010" } } } },
    { { "1:80", "2:80" }, { ["80/tcp"] = { { HostIp = "", HostPort = "1" },
      { HostIp = "", HostPort = "2" } } } },
  }
  for _, case in ipairs(cases) do
    local shown = type(case[1]) == "table" and table.concat(case[1], " ") or tostring(case[1])
    it("reads " .. shown, function()
      assert.are.same(case[2], bindings(case[1]))
    end)
  end

  it("exposes what it publishes", function()
    assert.are.same({ ["80/tcp"] = {}, ["81/tcp"] = {} },
      body_of({ publish = "80-81" }).ExposedPorts)
  end)

  for _, spec in ipairs { "", "x", "80:", "a:b:c", "1.2.3.4:80", "70000", "81-80", "1-3:80-81",
    "::1:8080:80", "80/tcp/udp", "8080-:80", "-80" } do
    it(("refuses %q"):format(spec), function()
      assert.error_matches(function() bindings(spec) end, "option publish must be ")
    end)
  end
end)

describe("Engine fields", function()
  it("are merged over what the flags made", function()
    local body = body_of { memory = "1m", user = "1", User = "2",
      HostConfig = { ShmSize = 5, Memory = 6 } }
    assert.are.equal("2", body.User)
    assert.are.same({ ShmSize = 5, Memory = 6 }, body.HostConfig)
  end)

  it("replace a list as a whole", function()
    local body = body_of { cap_add = { "A", "B" }, HostConfig = { CapAdd = { "C" } } }
    assert.are.same({ "C" }, body.HostConfig.CapAdd)
  end)

  it("may name the image", function()
    assert.are.equal("other", flags.create({ Image = "other" }).body.Image)
  end)
end)

describe("mistakes", function()
  local cases = {
    { "no image", {}, "image must be a non%-empty string" },
    { "an empty image", { "" }, "image must be a non%-empty string" },
    { "an unknown flag", { "img", nil, { detatch = true } },
      "unknown option 'detatch'; did you mean 'attach'%? It takes: .*cap_add.*workdir" },
    { "an option that is like none", { "img", nil, { xyzzyxyzzy = true } }, "unknown option 'xyzzyxyzzy'; it takes: " },
    { "a dash for an underscore", { "img", nil, { ["cap-add"] = "ALL" } }, "did you mean 'cap_add'%?" },
    { "a word of docker%-py", { "img", nil, { ports = { ["80/tcp"] = 80 } } }, "did you mean 'publish'%?" },
    { "a word of Compose", { "img", nil, { environment = {} } }, "did you mean 'env'%?" },
    { "words in the options", { "img", nil, { "echo" } }, "a command is a list of its own" },
    { "a command line in one string", { "img", "echo hello" },
      "command 'echo hello' is one word with blanks in it" },
    { "a command of a wrong type", { "img", 5 },
      "command must be a string or table, not number" },
    { "a command with a hole", { "img", { "echo", nil, "x" } }, "command has a hole at position 2" },
    { "a command with a name", { "img", { "echo", detach = true } },
      "command must be a list, without names such as 'detach'" },
    { "options in the place of a command", { "img", { detach = true } },
      "command must be a list of words, not options such as 'detach', which come after it" },
    { "a list with a hole", { "img", nil, { publish = { "80", nil, "81" } } },
      "option publish has a hole at position 2" },
    { "variables in a list and by name", { "img", nil, { env = { "A=1", B = "2" } } },
      "option env must be a list, without names such as 'B'" },
    { "names that are numbers", { "img", nil, { label = { [7] = "x" } } },
      "a name in option label must be a string, not number" },
    { "options of a wrong type", { "img", nil, "x" }, "options must be a table, not string" },
    { "a wrong truth", { "img", nil, { tty = 1 } }, "option tty must be true or false, not '1'" },
    { "a wrong size", { "img", nil, { memory = "64x" } }, "option memory must be bytes" },
    { "a negative size", { "img", nil, { memory = -1 } }, "option memory must be bytes" },
    { "a size with two points", { "img", nil, { memory = "1.2.3m" } },
      "option memory must be bytes" },
    { "a wrong policy", { "img", nil, { restart = "sometimes" } },
      "option restart must be no, always" },
    { "a policy that is no word", { "img", nil, { restart = "always:x" } },
      "option restart must be no, always" },
    { "wrong processors", { "img", nil, { cpus = "many" } }, "option cpus must be a number" },
    { "an environment of a wrong type", { "img", nil, { env = 5 } },
      "option env must be a string or a list" },
    { "a value of the environment that is false", { "img", nil, { env = { A = false } } },
      "option env.A must be a string, not the boolean false" },
    { "labels of a wrong type", { "img", nil, { label = 5 } },
      "option label must be a string or a list" },
    { "a label that is no text", { "img", nil, { label = { {} } } },
      "option label must be a string, not a table" },
    { "a label that is no word", { "img", nil, { label = { a = true } } },
      "option label.a must be a string, not the boolean true" },
    { "a volume of a wrong type", { "img", nil, { volume = { {} } } },
      "option volume must be a string" },
    { "a duration without unit", { "img", nil, { health_interval = "10" } },
      "option health_interval must be seconds, or a duration" },
    { "a negative duration", { "img", nil, { health_timeout = -1 } }, "option health_timeout must be seconds" },
    { "an unknown field of a mount", { "img", nil, { mount = { target = "/t", colour = 1 } } },
      "unknown field 'colour' of a mount; it takes: bind%-" },
    { "a field of a mount with a slip", { "img", nil, { mount = { targte = "/t" } } }, "did you mean 'target'%?" },
    { "a mount without target", { "img", nil, { mount = "type=tmpfs" } }, "a mount needs a target: type=tmpfs" },
    { "options of another type of mount", { "img", nil, { mount = "dst=/b,tmpfs-size=1m" } },
      "tmpfs%-... of a mount does not go with type 'volume'" },
    { "a relative bind mount", { "img", nil, { mount = "type=bind,src=a,dst=/b" } }, "must be an absolute path" },
    { "a relative volume", { "img", nil, { volume = "./a:/b" } }, "a name or an absolute path: %./a:/b" },
    { "an unknown field of a network", { "img", nil, { network = { name = "a", colour = "red" } } },
      "unknown field 'colour' of a network" },
    { "a network twice", { "img", nil, { network = { "a", "a" } } }, "names 'a' twice" },
    { "an alias on the bridge", { "img", nil, { network_alias = "web" } },
      "needs a network of your own, not 'default'" },
    { "an environment file that is not there", { "img", nil, { env_file = "/no/file" } },
      "option env_file must be a file that can be read .*/no/file" },
    { "a variable without name", { "img", nil, { env = { "=x" } } }, "option env must be NAME=value" },
    { "quotes that are not closed", { "img", nil, { gpus = '"device=1' } }, "closed quotes" },
    { "whole numbers that are not", { "img", nil, { pids_limit = 1.5 } }, "option pids_limit must be a whole number" },
    { "a device with a wrong mode", { "img", nil, { device = "/dev/a:/dev/b:rx" } }, "option device must be host" },
    { "a network that is no name", { "img", nil, { network = {} } },
      "option network must be " },
  }
  for _, case in ipairs(cases) do
    it("are told: " .. case[1], function()
      assert.error_matches(function() flags.create(case[2][1], case[2][2], case[2][3]) end, case[3])
    end)
  end

  it("are told at the caller's line", function()
    local _, message = pcall(function()
      flags.create("img", nil, { publish = "x" })
    end)
    assert.matches("^[^:]*flags_spec%.lua:%d+: option publish", message)
  end)
end)
