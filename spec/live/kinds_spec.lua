-- The same mistake has the same kind on every engine, whatever status and words it chose.

local engine = require "spec.live.engine"
local tar = require "spec.tar"

describe("the kind of", function()
  local client = engine.connect()
  local container

  setup(function() container = engine.sleeper(client) end)
  teardown(function() engine.clean(client) end)

  local function create(opts)
    return function() return client.containers:create(engine.image, { "true" }, engine.labelled(opts)) end
  end

  local function run(opts, command)
    return function() return client:run(engine.image, command or { "true" }, opts) end
  end

  local NO_TAR = ("x"):rep(1024)
  local CUT = tar { x = ("x"):rep(4000) }:sub(1, 2000)

  local FROM = ("FROM %s\n"):format(engine.image)

  local function build(dockerfile)
    return function() return client.images:build(tar { Dockerfile = dockerfile }) end
  end

  local MISTAKES = {
    { "a signal that there is not", "invalid", function() return container:kill { signal = "FOO" } end },
    { "a stop signal that there is not", "invalid", create { stop_signal = "FOO" } },
    { "a volume driver that is missing", "not_found",
      function() return client.volumes:create(engine.unique "volume", { driver = "nosuch" }) end },
    { "a network driver that is missing", "not_found",
      function() return client.networks:create(engine.unique "network", { driver = "nosuch" }) end },
    { "a log driver that there is not", "invalid", create { log_driver = "nosuch" } },
    { "a capability that there is not", "invalid", create { cap_add = "NOSUCH" } },
    { "a security option that there is not", "invalid", run { security_opt = "nosuch=1" } },
    { "a parameter of the kernel that is not a container's", "invalid",
      run { sysctl = { ["kernel.nosuch"] = "1" } } },
    { "a user that there is not", "invalid", run { user = "nosuch" } },
    { "a program that there is not", "invalid", run({}, { "nosuch" }) },
    { "a working directory that is relative", "invalid", run { workdir = "relative" } },
    { "a network that there is not", "not_found", run { network = "nosuch" } },
    { "a device that there is not", "not_found", run { device = "/dev/nosuch" } },
    { "a repository in capitals", "invalid", function() return client.images:get(engine.image):tag "UPPER" end },
    { "an archive for a container that is none", "invalid",
      function() return container:put_archive("/tmp", NO_TAR) end },
    { "an archive for an image that is none", "invalid", function() return client.images:import(NO_TAR) end },
    { "an archive of images that is none", "invalid", function() return client.images:load(NO_TAR) end },
    { "a name that is none of a container", "invalid", create { name = "bad name!" } },
    { "a name that is none of a volume", "invalid", function() return client.volumes:create "bad name!" end },
    { "a repository of too long a name", "invalid",
      function() return client.images:get(engine.image):tag(("a"):rep(260)) end },
    { "a path in a container that is relative", "invalid", create { volume = "/a:b" } },
    { "the volumes of a container that there is not", "not_found", create { volumes_from = "nosuch" } },
    { "the changes of a container that there is not", "not_found",
      function() return client.containers:get "nosuch":changes() end },
    { "a filter of containers that there is not", "invalid",
      function() return client.containers:list { filters = { nosuch = "x" } } end },
    { "a filter of images that there is not", "invalid",
      function() return client.images:list { filters = { nosuch = "x" } } end },
    { "a filter of networks that there is not", "invalid",
      function() return client.networks:list { filters = { nosuch = "x" } } end },
    { "a state of containers that there is not", "invalid",
      function() return client.containers:list { filters = { status = "nosuch" } } end },
    { "a number that is none", "invalid",
      function() return client.containers:list { filters = { exited = "nosuch" } } end },
    { "an instruction that there is not", "invalid",
      function() return container:commit { repo = engine.unique "image", changes = "NOSUCH x" } end },
    { "a subnet that is none", "invalid", function()
      return client.networks:create(engine.unique "network", { IPAM = { Config = { { Subnet = "nosuch" } } } })
    end },
    { "a gateway of another subnet", "invalid", function()
      return client.networks:create(engine.unique "network",
        { IPAM = { Config = { { Subnet = "10.77.0.0/24", Gateway = "10.78.0.1" } } } })
    end },
    { "an archive for a file", "invalid",
      function() return container:put_archive("/bin/busybox", ("\0"):rep(1024)) end },
    { "an archive of no images", "invalid", function() return client.images:load(("\0"):rep(1024)) end },
    { "a soft limit above the hard one", "invalid",
      run { HostConfig = { Ulimits = { { Name = "nofile", Soft = 20, Hard = 10 } } } } },
    { "a host name that is too long", "invalid", run { hostname = ("a"):rep(65) } },
    { "the log of a container that keeps none", "not_implemented", function()
      return assert(create { log_driver = "none" } ()):logs()
    end },
    { "keys that are none", "invalid", function() return container:attach { detachKeys = "ctrl-A,a" } end },
    { "an archive for a container that is cut", "invalid", function() return container:put_archive("/tmp", CUT) end },
    { "an archive for an image that is cut", "invalid", function() return client.images:import(CUT) end },
    { "an archive of images that is cut", "invalid", function()
      return client.images:load(assert(client.images:get(engine.image):save()):text():sub(1, -3000))
    end },
    { "a file in the place of a folder", "invalid",
      function() return container:put_archive("/", tar { etc = "x" }) end },
    { "a folder in the place of a file", "invalid",
      function() return container:put_archive("/", tar { ["bin/busybox/x"] = "x" }) end },
    { "the terminal of a command that was not started", "conflict",
      function() return assert(container:exec_create "true"):resize { h = 1, w = 1 } end },
    { "the terminal of a command that has ended", "conflict", function()
      local exec = assert(container:exec_create "true")
      assert(exec:start()):text()
      return exec:resize { h = 1, w = 1 }
    end },
    { "a Dockerfile without the image of FROM", "invalid", build "FROM\n" },
    { "a Dockerfile with a check of no kind", "invalid", build(FROM .. "HEALTHCHECK NOSUCH\n") },
    { "a Dockerfile with a user that there is not", "invalid", build(FROM .. "USER nosuch\nRUN true\n") },
    { "the changes of an import that are none", "invalid",
      function() return client.images:import(tar { x = "x" }, { changes = "NOSUCH" }) end },
    { "a network by the name of host", "forbidden", function() return client.networks:create "host" end },
    { "a container that is paused twice", "conflict", function()
      local other = engine.sleeper(client)
      assert(other:pause())
      return other:pause()
    end },
  }

  for _, mistake in ipairs(MISTAKES) do
    it(mistake[1], function()
      local value, message, err = mistake[3]()
      assert.is_nil(value)
      assert.equal(mistake[2], err.kind, message)
    end)
  end
end)
