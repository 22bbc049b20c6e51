local endpoint = require "moondock.endpoint"

local function choose_fails(host, pattern)
  local found, message, err = endpoint.choose(host)
  assert.is_nil(found)
  assert.matches(pattern, message)
  assert.are.equal("config", err.kind)
  assert.are.equal(message, err.message)
end

describe("a host", function()
  local good = {
    -- host, URL base, socket, private
    { "unix:///var/run/docker.sock", "http://localhost", "/var/run/docker.sock", true },
    { "unix:///tmp/a-b_c.sock", "http://localhost", "/tmp/a-b_c.sock", true },
    { "tcp://10.0.0.1:2375", "http://10.0.0.1:2375", nil, false },
    { "tcp://engine.example", "http://engine.example:2375", nil, false },
    { "tcp://Engine-1.Example:80", "http://engine-1.example:80", nil, false },
    { "tcp://127.0.0.1:2375", "http://127.0.0.1:2375", nil, true },
    { "tcp://127.8.8.8:1", "http://127.8.8.8:1", nil, true },
    { "tcp://localhost:65535", "http://localhost:65535", nil, true },
    { "tcp://[::1]:2375", "http://[::1]:2375", nil, true },
    { "tcp://[fe80::1]", "http://[fe80::1]:2375", nil, false },
    { "tcp://127.evil.example:1", "http://127.evil.example:1", nil, false },
    { "tcp://proxy:80/engines/a", "http://proxy:80/engines/a", nil, false },
    { "tcp://proxy:80/engines/a/", "http://proxy:80/engines/a", nil, false },
    { "tcp://proxy:80/", "http://proxy:80", nil, false },
  }
  for _, case in ipairs(good) do
    it("may be " .. case[1], function()
      local found = assert(endpoint.choose(case[1]))
      assert.are.equal(case[2], found.base)
      assert.are.equal(case[3], found.unix)
      assert.are.equal(case[4], found.is_private)
      assert.are.equal(case[1], found.name)
      assert.are.equal("option host", found.source)
      assert.is_false(found.encrypted)
    end)
  end

  local bad = {
    { "", "expected unix:///path/of/socket or tcp://host:port" },
    { "/var/run/docker.sock", "expected unix:///path" },
    { "unix:/var/run/docker.sock", "expected unix:///path" },
    { "localhost:2375", "expected unix:///path" },
    { "unix://docker.sock", "absolute path" },
    { "unix://", "absolute path" },
    { "unix:///" .. ("x"):rep(107), "longer than 107 bytes" },
    { "tcp://", "expected tcp://name:port" },
    { "tcp://:2375", "expected tcp://name:port" },
    { "tcp://host:", "the port is missing" },
    { "tcp://host:0", "the port must be 1 to 65535" },
    { "tcp://host:65536", "the port must be 1 to 65535" },
    { "tcp://host:x", "expected tcp://name:port" },
    { "tcp://::1:2375", "expected tcp://name:port or tcp://%[ipv6%]" },
    { "tcp://user@host:1", "a user name means nothing" },
    { "tcp://host:1/?x=1", "no query, fragment or blank" },
    { "tcp://host:1/#x", "no query, fragment or blank" },
    { "tcp://host:1/a/../b", "must not have empty, '%.' or '%.%.' segments" },
    { "tcp://host:1/a//b", "must not have empty" },
    { "tcp://host:1/.", "must not have empty" },
    { "tcp://ho st:1", "blanks or control characters" },
    { "tcp://host:1\r\nX: y", "blanks or control characters" },
    { "https://host:2376", "TLS is not supported yet" },
    { "http://host:2375", "write tcp://host:port" },
    { "npipe:////./pipe/docker_engine", "named pipes are not supported" },
    { "fd://", "not to connect to" },
    { "gopher://host", "unknown scheme" },
  }
  for _, case in ipairs(bad) do
    it(("must not be %q"):format(case[1]), function()
      choose_fails(case[1], case[2])
    end)
  end

  it("that is bad is repeated without its user name and password", function()
    local _, message = endpoint.choose "tcp://me:secret@host:1"
    assert.matches("^bad host 'tcp://%.%.%.@host:1'", message)
    _, message = endpoint.choose "https://me:p@ss@host:1"
    assert.matches("^bad host 'https://%.%.%.@host:1'", message)
  end)

  it("that is bad is repeated with who gave it, without control characters", function()
    local _, message = endpoint.choose "tcp://a\27b"
    assert.are.equal("bad host 'tcp://a?b' (from option host): "
      .. "it contains blanks or control characters", message)
  end)
end)

-- What opening a path as a file says.
local NO_ENTRY, A_SOCKET, DENIED = 2, 6, 13

describe("the choice of an engine", function()
  local real_getenv, real_open = os.getenv, io.open
  local variables, present

  before_each(function()
    variables, present = {}, {}
    os.getenv = function(name) return variables[name] end -- luacheck: ignore 122
    io.open = function(path, mode) -- luacheck: ignore 122
      if not path:find("%.sock$") then return real_open(path, mode) end
      return nil, path, present[path] or NO_ENTRY
    end
  end)

  after_each(function()
    os.getenv, io.open = real_getenv, real_open -- luacheck: ignore 122
  end)

  it("believes the option before DOCKER_HOST", function()
    variables.DOCKER_HOST = "tcp://other:1"
    assert.are.equal("tcp://mine:2", endpoint.choose("tcp://mine:2").name)
  end)

  it("believes DOCKER_HOST before any socket, and says so", function()
    variables.DOCKER_HOST = "tcp://other:1"
    present["/var/run/docker.sock"] = A_SOCKET
    local found = endpoint.choose()
    assert.are.equal("tcp://other:1", found.name)
    assert.are.equal("DOCKER_HOST", found.source)
  end)

  it("believes DOCKER_HOST before DOCKER_CONTEXT", function()
    variables.DOCKER_HOST, variables.DOCKER_CONTEXT = "tcp://other:1", "work"
    assert.are.equal("tcp://other:1", endpoint.choose().name)
  end)

  it("takes empty variables for absent ones", function()
    variables.DOCKER_HOST, variables.DOCKER_CONTEXT, variables.HOME = "", "", ""
    local found = endpoint.choose()
    assert.are.equal("unix:///var/run/docker.sock", found.name)
    assert.are.equal("the default socket", found.source)
  end)

  -- All that exist, from the first of the order on; each row loses its first.
  local order = {
    { "/var/run/docker.sock", "the default socket" },
    { "/run/user/1/docker.sock", "the rootless Docker socket" },
    { "/home/me/.docker/run/docker.sock", "the Docker socket of the home folder" },
    { "/run/user/1/podman/podman.sock", "the rootless Podman socket" },
    { "/run/podman/podman.sock", "the Podman socket" },
  }
  for first, socket in ipairs(order) do
    it("finds " .. socket[2] .. " where nothing before it exists", function()
      variables.XDG_RUNTIME_DIR, variables.HOME = "/run/user/1", "/home/me"
      for i = first, #order do present[order[i][1]] = A_SOCKET end
      local found = endpoint.choose()
      assert.are.equal("unix://" .. socket[1], found.name)
      assert.are.equal(socket[2], found.source)
    end)
  end

  it("finds a socket that this user may not look at", function()
    variables.HOME = "/home/me"
    present["/home/me/.docker/run/docker.sock"] = DENIED
    assert.are.equal("unix:///home/me/.docker/run/docker.sock", endpoint.choose().name)
  end)

  it("names the default socket where there is none at all", function()
    assert.are.equal("unix:///var/run/docker.sock", endpoint.choose().name)
  end)

  it("refuses a context that it cannot follow rather than use another engine", function()
    variables.DOCKER_CONTEXT = "work"
    present["/var/run/docker.sock"] = A_SOCKET
    choose_fails(nil, "the context 'work', which is not supported yet")
    variables.DOCKER_CONTEXT = "default"
    assert.is_truthy(endpoint.choose())
  end)

  it("refuses to do without the TLS that DOCKER_TLS_VERIFY asks for", function()
    variables.DOCKER_HOST, variables.DOCKER_TLS_VERIFY = "tcp://other:2376", "1"
    choose_fails(nil, "DOCKER_TLS_VERIFY asks for TLS")
    variables.DOCKER_HOST = "unix:///var/run/docker.sock"
    assert.is_truthy(endpoint.choose())
  end)

  it("blames DOCKER_HOST for a bad host in it", function()
    variables.DOCKER_HOST = "tcp://host:x"
    choose_fails(nil, "%(from DOCKER_HOST%)")
  end)
end)
