-- The proxies of config.json in the bodies of containers.

local cli = require "spec.cli_config"
local docker = require "moondock"
local flags = require "moondock.flags"
local proxies = require "moondock.config_proxies"

local HOST = "tcp://engine.example:2375"
local PROXY = "http://me:planted@proxy:3128"

describe("proxies of config.json", function()
  before_each(cli.setup)
  after_each(cli.teardown)

  local function env_of(opts, connect)
    connect = connect or {}
    connect.host = connect.host or HOST
    local wire = flags.create("image", nil, opts)
    assert(proxies.complete(assert(docker.connect(connect)), wire))
    assert.is_nil(wire.use_config_proxy)
    return wire.body.Env
  end

  local function write(settings)
    cli.write { proxies = { default = settings } }
  end

  it("stay out unless they are asked for", function()
    write { httpProxy = PROXY }
    assert.is_nil(env_of {})
    assert.is_nil(env_of { use_config_proxy = false })
    assert.is_nil(env_of({ use_config_proxy = false }, { use_config_proxy = true }))
    assert.same({ "A=1" }, env_of { env = { A = "1" } })
  end)

  it("go in in both cases, all five of them", function()
    write { httpProxy = "1", httpsProxy = "2", noProxy = "3", ftpProxy = "4", allProxy = "5",
      other = "6" }
    local expected = { "ALL_PROXY=5", "FTP_PROXY=4", "HTTPS_PROXY=2", "HTTP_PROXY=1", "NO_PROXY=3",
      "all_proxy=5", "ftp_proxy=4", "http_proxy=1", "https_proxy=2", "no_proxy=3" }
    assert.same(expected, env_of { use_config_proxy = true })
    assert.same(expected, env_of({}, { use_config_proxy = true }))
  end)

  it("are arguments of a build, but those that it has", function()
    write { httpProxy = "1", noProxy = "3" }
    local function arguments_of(given, wanted, connect)
      local wire = { buildargs = given }
      connect = connect or {}
      connect.host = HOST
      assert(proxies.complete_build(assert(docker.connect(connect)), wanted, wire))
      return wire.buildargs
    end
    assert.is_nil(arguments_of(nil))
    assert.is_nil(arguments_of(nil, false, { use_config_proxy = true }))
    local all = { HTTP_PROXY = "1", http_proxy = "1", NO_PROXY = "3", no_proxy = "3" }
    assert.same(all, arguments_of(nil, true))
    assert.same(all, arguments_of(nil, nil, { use_config_proxy = true }))
    assert.same({ A = "1", Http_Proxy = "", NO_PROXY = "3", no_proxy = "3" },
      arguments_of({ A = "1", Http_Proxy = "" }, true))
    assert.equal('{"A":"1"}', arguments_of('{"A":"1"}', true))
  end)

  it("are those of the engine's own address before the default ones", function()
    cli.write { proxies = { default = { httpProxy = "1" }, [HOST] = { ftpProxy = "2" } } }
    assert.same({ "FTP_PROXY=2", "ftp_proxy=2" }, env_of { use_config_proxy = true })
    assert.same({ "HTTP_PROXY=1", "http_proxy=1" },
      env_of({ use_config_proxy = true }, { host = "tcp://other:1" }))
  end)

  it("do not contradict what the user sets, in either case", function()
    write { httpProxy = PROXY, noProxy = "x" }
    assert.same({ "NO_PROXY=x", "no_proxy=x", "A=1", "http_proxy=" },
      env_of { use_config_proxy = true, env = { "A=1", "http_proxy=" } })
    assert.same({ "HTTP_PROXY=" .. PROXY, "http_proxy=" .. PROXY, "NO_PROXY" },
      env_of { use_config_proxy = true, Env = { "NO_PROXY" } })
  end)

  it("are none where the file, the section or the value is not there", function()
    assert.is_nil(env_of { use_config_proxy = true })
    cli.write '{"proxies":null}'
    assert.is_nil(env_of { use_config_proxy = true })
    cli.write '{"proxies":{"default":{"httpProxy":"","noProxy":null}}}'
    assert.is_nil(env_of { use_config_proxy = true })
  end)

  it("are refused without their values where they are broken", function()
    local own = assert(docker.connect { host = HOST })
    for _, text in ipairs { '{"proxies":["planted"]}', '{"proxies":{"default":"planted"}}',
      '{"proxies":{"default":{"httpProxy":["planted"]}}}', '{"proxies":"planted' } do
      cli.write(text)
      local environment, message, err = proxies.environment(own)
      assert.is_nil(environment)
      assert.equal("config", err.kind)
      assert.truthy(message:find(cli.file, 1, true))
      assert.falsy(message:find("planted", 1, true))
      local made, _, why = own.containers:create("image", nil, { use_config_proxy = true })
      assert.is_nil(made)
      assert.equal("config", why.kind)
      made, _, why = own:run("image", nil, { use_config_proxy = true })
      assert.is_nil(made)
      assert.equal("config", why.kind)
    end
  end)

  it("are asked for by a boolean", function()
    assert.has_error(function() env_of { use_config_proxy = "yes" } end)
    assert.has_error(function() env_of({}, { use_config_proxy = 1 }) end)
  end)
end)
