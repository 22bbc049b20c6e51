-- What is said of options that are not there, and of methods that are called with a dot.

local core = require "moondock.core"
local docker = require "moondock"
local recorder = require "spec.api.recorder"

local function mistake(fn)
  return recorder.mistake("spec/advice_spec.lua", fn)
end

describe("advice", function()
  local client

  setup(function() client = assert(docker.connect { host = "unix:///nowhere", api_version = "1.51" }) end)

  it("names the option that was likely meant, also of methods with options of their own", function()
    for wrong, right in pairs { detatch = "detach", stdn = "stdin", mem_limit = "memory", auto_remove = "remove",
      working_dir = "workdir", volumes = "volume" } do
      assert.matches(("unknown option '%s'; did you mean '%s'%%? It takes: add_host,"):format(wrong, right),
        mistake(function() client:run("busybox", "true", { [wrong] = true }) end))
    end
    assert.matches("did you mean 'limit_memory'%?", mistake(function()
      client.services:create("busybox", nil, { mem_limit = 1 })
    end))
    assert.matches("unknown option 'tiemout' of connect; did you mean 'timeout'%? It takes: ", mistake(function()
      docker.connect { tiemout = 1 }
    end))
  end)

  it("knows the words of others where a method has but a few options of its own", function()
    for wrong, right in pairs { rm = "remove", d = "detach", p = "publish", it = "interactive", v = "volume",
      t = "tty" } do
      assert.matches(("did you mean '%s'%%?"):format(right), mistake(function()
        client:run("busybox", "true", { [wrong] = true })
      end))
    end
    for wrong, right in pairs { tags = "tag", args = "build_arg" } do
      assert.matches(("of build; did you mean '%s'%%? It takes: .*add_host,"):format(right), mistake(function()
        client.images:build("FROM x", { [wrong] = 1 })
      end))
    end
    assert.matches("'mem_limit'; did you mean 'memory'%? It takes: blkio_weight,", mistake(function()
      client.containers:get("web"):update { mem_limit = "64m" }
    end))
    assert.matches("'grant_all_permissions' of install; did you mean 'grant_all'%? It takes: alias,",
      mistake(function() client.plugins:install("x", { grant_all_permissions = true }) end))
    for wrong, right in pairs { base_url = "host", socketPath = "host", version = "api_version" } do
      assert.matches(("did you mean '%s'%%?"):format(right), mistake(function() docker.connect { [wrong] = "x" } end))
    end
    assert.matches("did you mean 'ca'%?", mistake(function()
      docker.connect { host = "tcp://x:1", tls = { ca_cert = "x" } }
    end))
    assert.matches("did you mean 'subnet'%?", mistake(function() client.networks:create("x", { ipam = {} }) end))
    assert.matches("did you mean 'ip'%?", mistake(function()
      client.networks:get("x"):connect("y", { ipv4_address = "10.0.0.1" })
    end))
    assert.matches("did you mean 'opt'%?", mistake(function() client.volumes:create("x", { driver_opts = {} }) end))
  end)

  it("names none where nothing is like it", function()
    assert.matches("unknown option 'xyzzyxyzzy'; it takes: ", mistake(function()
      client:run("busybox", "true", { xyzzyxyzzy = true })
    end))
    assert.is_nil(core.nearest("xyzzyxyzzy", { "timeout", "host" }))
    assert.is_nil(core.nearest("x", {}))
    assert.is_nil(core.nearest(("x"):rep(1000), { "timeout" }))
  end)

  it("takes the first of those that are equally near", function()
    assert.equal("ab", core.nearest("aa", { "ab", "ac" }))
    assert.equal("timeout", core.nearest("TIMEOUT", { "time", "timeout" }))
    assert.has_error(function() core.nearest() end)
    assert.has_error(function() core.nearest("a", "b") end)
  end)

  it("says which options have no effect on a command that is left running", function()
    local opts = { check = true, on_output = print, output_limit = 5, stdin = "x" }
    local container = client.containers:get "web"
    for name, value in pairs(opts) do
      local call = { detach = true, [name] = value }
      for _, run in ipairs { function() client:run("busybox", "true", call) end,
        function() container:exec("true", call) end } do
        assert.matches("option " .. name .. " conflicts with detach", mistake(run))
      end
    end
    assert.matches("option stdin conflicts with detach", mistake(function()
      client.exec:get("e"):start { detach = true, stdin = "x" }
    end))
  end)

  it("tells a dot from a colon", function()
    for _, call in ipairs { function() client.ping() end, function() client.containers.list() end,
      function() client.containers.list { all = true } end, function() client.containers.get "web" end,
      function() client.containers:get("web").stop() end, function() client.containers:get("web").stop(5) end } do
      assert.matches("methods are called with a colon", mistake(call))
    end
    assert.matches("connect is called with a dot", mistake(function() docker:connect() end))
    assert.matches("docker.connect { host", mistake(function() docker.connect "unix:///x" end), 1, true)
  end)
end)
