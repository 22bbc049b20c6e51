local docker = require "moondock"
local environment = require "spec.environment"
local failures = require "moondock.failures"

describe("connect", function()
  before_each(environment.begin)
  after_each(environment.finish)

  it("takes host, context and tls", function()
    environment.context("far", { Host = "tcp://far:1" })
    local client = assert(docker.connect { context = "far" })
    assert.equal("tcp://far:1", client.endpoint.name)
    assert.equal(10, client.endpoint.connect_timeout)
    assert.is_true(assert(docker.connect { host = "tcp://far:1", tls = true }).endpoint.encrypted)
  end)

  it("blames wrong ones on the caller's line", function()
    for pattern, opts in pairs {
      ["option context must be a string"] = { context = 5 },
      ["exclude each other"] = { host = "tcp://a:1", context = "far" },
      ["unknown option 'verfy' of tls"] = { tls = { verfy = true } },
      ["unknown option 'tsl' of connect"] = { tsl = true },
    } do
      local ok, message = pcall(docker.connect, opts)
      assert.is_false(ok)
      assert.matches("^spec/connect_spec%.lua:%d+: .*" .. pattern, message)
    end
  end)

  it("keeps the trouble of config.json for those that need it", function()
    local path = environment.write("config.json", "{")
    local client = assert(docker.connect { host = "tcp://far:1" })
    for _ = 1, 2 do
      local contents, message, err = client:configuration()
      assert.is_nil(contents)
      assert.equal("config", err.kind)
      assert.matches(path, message, 1, true)
    end
    local none, _, err = docker.connect()
    assert.is_nil(none)
    assert.equal("config", err.kind)
  end)

  it("reads config.json once", function()
    environment.write("config.json", '{"auths":{"a":{}},"HttpHeaders":{"X-A":"1"}}')
    local client = assert(docker.connect { host = "tcp://far:1" })
    environment.write("config.json", "{")
    assert.same({ a = {} }, assert(client:configuration()).auths)
  end)

  it("fails with headers that cannot be sent", function()
    environment.variables.DOCKER_CUSTOM_HEADERS = "nonsense"
    local none, message, err = docker.connect { host = "tcp://far:1" }
    assert.is_nil(none)
    assert.equal("config", err.kind)
    assert.matches("DOCKER_CUSTOM_HEADERS", message)
  end)
end)


describe("the error of connecting", function()
  before_each(environment.begin)
  after_each(environment.finish)

  local function error_of(opts, failure)
    local where = assert(docker.connect(opts)).endpoint
    local _, _, err = failures.of_connect(failure or { code = 7, errno = 2 }, where, {})
    return err
  end

  it("says where and who chose it", function()
    local err = error_of { host = "unix:///gone.sock" }
    assert.equal("cannot connect to the engine at unix:///gone.sock (from option host): "
      .. "no such socket; is the engine running?", err.message)
    assert.equal("unix:///gone.sock", err.endpoint)
    assert.equal("option host", err.source)
  end)

  it("lists what was looked for when nothing was said and nothing is there", function()
    environment.variables.XDG_RUNTIME_DIR = "/run/user/1"
    local err = error_of()
    assert.equal("cannot connect to the engine at unix:///var/run/docker.sock (from the default socket): "
      .. "no such socket; is the engine running? (no host or context was given; looked for "
      .. "/var/run/docker.sock, /run/user/1/docker.sock, /run/user/1/podman/podman.sock, "
      .. "/run/podman/podman.sock)", err.message)
  end)

  it("names the other sockets that are there when this one is denied", function()
    local denied = { code = 7, errno = 13 }
    environment.present["/var/run/docker.sock"] = environment.A_SOCKET
    assert.matches("permission denied; may this user use the socket %(group docker%)%?$",
      error_of(nil, denied).message)
    environment.present["/run/podman/podman.sock"] = environment.A_SOCKET
    assert.matches("%(no host or context was given; there is also /run/podman/podman.sock%)$",
      error_of(nil, denied).message)
  end)

  it("says so when there is no answer to connecting", function()
    local where = assert(docker.connect { host = "tcp://far:1" }).endpoint
    local _, message, err = failures.of_failure({ code = 28, phase = "connect" }, where, { operation = "SystemInfo" })
    assert.equal("timeout", err.kind)
    assert.equal("SystemInfo: timeout in phase 'connect' after 10 seconds, engine tcp://far:1 "
      .. "(from option host)", message)
  end)

  it("names the context", function()
    environment.context("far", { Host = "tcp://far:1" })
    environment.variables.DOCKER_CONTEXT = "far"
    assert.matches("at tcp://far:1 %(from context 'far', DOCKER_CONTEXT%): connection refused",
      error_of(nil, { code = 7, errno = 111 }).message)
  end)
end)
