-- The same mistake has the same kind on every engine, whatever status and words it chose.

local engine = require "spec.live.engine"

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
