local endpoint = require "moondock.endpoint"
local environment = require "spec.environment"
local errors = require "moondock.errors"

local PEM, KEY = environment.PEM, (environment.PEM:gsub("CERTIFICATE", "PRIVATE KEY"))
local FILES = { ["ca.pem"] = PEM, ["cert.pem"] = PEM, ["key.pem"] = KEY }

local function choose_fails(opts, pattern)
  local found, message, err = endpoint.choose(opts)
  assert.is_nil(found)
  assert.matches(pattern, message)
  assert.are.equal("config", err.kind)
  assert.are.equal(message, err.message)
  return message
end

local function plain(text)
  return (text:gsub("%p", "%%%0"))
end

describe("a host", function()
  before_each(environment.begin)
  after_each(environment.finish)

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
    { " tcp://blanks:80\n", "http://blanks:80", nil, false, "tcp://blanks:80" },
    { "localhost:2375", "http://localhost:2375", nil, true, "tcp://localhost:2375" },
    { "[::1]:2375", "http://[::1]:2375", nil, true, "tcp://[::1]:2375" },
  }
  for _, case in ipairs(good) do
    it(("may be %q"):format(case[1]), function()
      local found = assert(endpoint.choose { host = case[1] })
      assert.are.equal(case[2], found.base)
      assert.are.equal(case[3], found.unix)
      assert.are.equal(case[4], found.is_private)
      assert.are.equal(case[5] or case[1], found.name)
      assert.are.equal("option host", found.source)
      assert.is_false(found.encrypted)
    end)
  end

  local bad = {
    { "", "expected unix:///path/of/socket, tcp://host:port or ssh://user@host" },
    { "/var/run/docker.sock", "expected unix:///path" },
    { "unix:/var/run/docker.sock", "expected unix:///path" },
    { "localhost", "expected unix:///path" },
    { "localhost:2375/path", "expected unix:///path" },
    { "::1:2375", "expected unix:///path" },
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
    { "https://host", "say the port: https://name:2376" },
    { "https://me@host:2376", "a user name means nothing" },
    { "http://host:2375", "write tcp://host:port" },
    { "npipe:////./pipe/docker_engine", "named pipes are not supported" },
    { "fd://", "not to connect to" },
    { "gopher://host", "unknown scheme" },
  }
  for _, case in ipairs(bad) do
    it(("must not be %q"):format(case[1]), function()
      choose_fails({ host = case[1] }, case[2])
    end)
  end

  it("that is bad is repeated without its user name and password", function()
    local _, message = endpoint.choose { host = "tcp://me:secret@host:1" }
    assert.matches("^bad host 'tcp://%.%.%.@host:1'", message)
    _, message = endpoint.choose { host = "https://me:p@ss@host:1" }
    assert.matches("^bad host 'https://%.%.%.@host:1'", message)
  end)

  it("that is bad is repeated with who gave it, without control characters", function()
    local _, message = endpoint.choose { host = "tcp://a\27b" }
    assert.are.equal("bad host 'tcp://a?b' (from option host): "
      .. "it contains blanks or control characters", message)
  end)
end)


describe("the choice of an engine", function()
  local variables, present

  before_each(function()
    environment.begin()
    variables, present = environment.variables, environment.present
  end)

  after_each(environment.finish)

  -- Who chooses, from the strongest on: how to say it, and what comes of it.
  local far = "tcp://far:2"
  local order = {
    { "option host", function() return { host = far } end, far, "option host" },
    { "DOCKER_HOST", function() variables.DOCKER_HOST = far end, far, "DOCKER_HOST" },
    { "DOCKER_CONTEXT", function()
      environment.context("one", { Host = far })
      variables.DOCKER_CONTEXT = "one"
    end, far, "context 'one', DOCKER_CONTEXT" },
    { "the current context", function()
      environment.context("two", { Host = far })
      environment.write("config.json", '{"currentContext":"two"}')
    end, far, "context 'two', currentContext of " },
    { "the default socket", function() present["/var/run/docker.sock"] = environment.A_SOCKET end,
      "unix:///var/run/docker.sock", "the default socket" },
    { "the rootless Docker socket", function()
      variables.XDG_RUNTIME_DIR = "/run/user/1"
      present["/run/user/1/docker.sock"] = environment.A_SOCKET
    end, "unix:///run/user/1/docker.sock", "the rootless Docker socket" },
    { "the socket of the home folder", function()
      variables.HOME = "/home/me"
      present["/home/me/.docker/run/docker.sock"] = environment.A_SOCKET
    end, "unix:///home/me/.docker/run/docker.sock", "the Docker socket of the home folder" },
    { "the rootless Podman socket", function()
      variables.XDG_RUNTIME_DIR = "/run/user/1"
      present["/run/user/1/podman/podman.sock"] = environment.A_SOCKET
    end, "unix:///run/user/1/podman/podman.sock", "the rootless Podman socket" },
    { "the Podman socket", function()
      present["/run/podman/podman.sock"] = environment.A_SOCKET
    end, "unix:///run/podman/podman.sock", "the Podman socket" },
  }
  for first, case in ipairs(order) do
    it("is that of " .. case[1] .. " before all that is weaker", function()
      -- The weaker ones say something else, where they can.
      local opts
      for i = #order, first, -1 do
        far = i == first and case[3]:match "^tcp.*" or "tcp://other:" .. i
        opts = order[i][2]()
      end
      local found = assert(endpoint.choose(opts or {}))
      assert.are.equal(case[3], found.name)
      assert.are.equal(case[4], found.source:sub(1, #case[4]))
    end)
  end

  it("is that of option context before everything in the environment", function()
    variables.DOCKER_HOST, variables.DOCKER_CONTEXT = "tcp://other:1", "missing"
    environment.context("mine", { Host = "tcp://mine:2" })
    environment.write("config.json", "broken")
    local found = assert(endpoint.choose { context = "mine" })
    assert.are.equal("tcp://mine:2", found.name)
    assert.are.equal("context 'mine', option context", found.source)
    assert.are.equal("mine", found.context)
  end)

  it("refuses option host with option context, at the caller's line", function()
    local ok, message = pcall(endpoint.choose, { host = "tcp://a:1", context = "b" })
    assert.is_false(ok)
    assert.matches("option host and option context exclude each other", message)
    ok, message = pcall(endpoint.choose, { context = "" })
    assert.is_false(ok)
    assert.matches("must not be empty", message)
  end)

  describe("by the context 'default'", function()
    it("means DOCKER_HOST, by option", function()
      variables.DOCKER_HOST = "tcp://other:1"
      local found = assert(endpoint.choose { context = "default" })
      assert.are.equal("tcp://other:1", found.name)
      assert.are.equal("DOCKER_HOST", found.source)
      assert.is_nil(found.context)
    end)

    it("means no current context, by DOCKER_CONTEXT", function()
      environment.context("two", { Host = "tcp://two:1" })
      environment.write("config.json", '{"currentContext":"two"}')
      variables.DOCKER_CONTEXT = "default"
      assert.are.equal("unix:///var/run/docker.sock", endpoint.choose({}).name)
    end)

    it("means the usual sockets, by currentContext", function()
      environment.write("config.json", '{"currentContext":"default"}')
      assert.are.equal("the default socket", endpoint.choose({}).source)
    end)
  end)

  it("takes empty variables for absent ones", function()
    variables.DOCKER_HOST, variables.DOCKER_CONTEXT, variables.HOME = "", "", ""
    variables.DOCKER_TLS_VERIFY, variables.DOCKER_TLS = "", ""
    local found = endpoint.choose {}
    assert.are.equal("unix:///var/run/docker.sock", found.name)
    assert.are.equal("the default socket", found.source)
  end)

  it("finds a socket that this user may not look at", function()
    variables.HOME = "/home/me"
    present["/home/me/.docker/run/docker.sock"] = environment.DENIED
    assert.are.equal("unix:///home/me/.docker/run/docker.sock", endpoint.choose({}).name)
  end)

  it("names the default socket where there is none at all", function()
    assert.are.equal("unix:///var/run/docker.sock", endpoint.choose({}).name)
  end)

  it("blames DOCKER_HOST for a bad host in it", function()
    variables.DOCKER_HOST = "tcp://host:x"
    choose_fails({}, "%(from DOCKER_HOST%)")
  end)

  describe("with a context that cannot be used", function()
    it("names it, who asked for it, and those that there are", function()
      environment.context("work", { Host = "tcp://w:1" })
      environment.context("home", { Host = "tcp://h:1" })
      variables.DOCKER_CONTEXT = "missing"
      choose_fails({}, "^there is no context 'missing' %(from DOCKER_CONTEXT%); "
        .. "there are: default, home, work$")
      choose_fails({ context = "gone" }, "'gone' %(from option context%)")
      variables.DOCKER_CONTEXT = nil
      environment.write("config.json", '{"currentContext":"away"}')
      choose_fails({}, "'away' %(from currentContext of " .. plain(environment.folder)
        .. "/config%.json%)")
    end)

    it("says so where nothing is stored at all", function()
      choose_fails({ context = "gone" }, "there are: default$")
      variables.DOCKER_CONFIG = nil
      choose_fails({ context = "gone" }, "there are: default$")
    end)

    for _, name in ipairs { "../x", "a", "-a", "a b", "a/b", "a\0b", "\27[1m", ".hidden" } do
      it(("refuses the name %q before it is a path"):format(name), function()
        local message = choose_fails({ context = name }, "^bad context name '.*' %(from option context%)")
        assert.is_nil(message:find "%c")
      end)
    end

    for what, meta in pairs {
      ["is no JSON"] = "{", ["is no object"] = "[1]", ["is empty"] = "",
      ["has no endpoints"] = '{"Name":"bad"}', ["has no Docker endpoint"] = '{"Endpoints":{"kubernetes":{}}}',
      ["has a list of endpoints"] = '{"Endpoints":["docker"]}',
      ["has a number for a host"] = '{"Endpoints":{"docker":{"Host":5}}}',
    } do
      it("names the file that " .. what, function()
        local id = environment.context("bad", {})
        local path = environment.write("contexts/meta/" .. id .. "/meta.json", meta)
        choose_fails({ context = "bad" }, plain(path))
        assert(endpoint.choose { host = "tcp://a:1" }) -- only who needs it
      end)
    end

    it("names it for a bad host in it", function()
      environment.context("bad", { Host = "tcp://x:y" })
      choose_fails({ context = "bad" }, "^bad host 'tcp://x:y' %(from context 'bad', option context%)")
    end)
  end)

  it("takes a context without a host for the default socket, as the CLI does", function()
    environment.context("empty", {})
    assert.are.equal("unix:///var/run/docker.sock", endpoint.choose({ context = "empty" }).name)
  end)

  describe("with a broken config.json", function()
    before_each(function() environment.write("config.json", '{"currentContext":') end)

    it("fails when the current context is needed, with the path", function()
      choose_fails({}, plain(environment.folder) .. "/config%.json is no JSON")
    end)

    it("works when option, DOCKER_HOST or DOCKER_CONTEXT say where", function()
      environment.context("one", { Host = "tcp://one:1" })
      assert(endpoint.choose { host = "tcp://a:1" })
      assert(endpoint.choose { context = "one" })
      variables.DOCKER_CONTEXT = "one"
      assert(endpoint.choose {})
      variables.DOCKER_CONTEXT, variables.DOCKER_HOST = nil, "tcp://a:1"
      assert(endpoint.choose {})
    end)
  end)
end)


describe("encryption", function()
  local variables, folder

  before_each(function()
    environment.begin()
    variables, folder = environment.variables, environment.folder
  end)

  after_each(environment.finish)

  local function store(where, files)
    for name, bytes in pairs(files) do environment.write(where .. name, bytes) end
  end

  local function paths(where)
    return { ca = where .. "/ca.pem", cert = where .. "/cert.pem", key = where .. "/key.pem",
      verify = true }
  end

  for _, value in ipairs { "1", "0", "false", " " } do
    it(("is asked for, and verified, by DOCKER_TLS_VERIFY=%q"):format(value), function()
      variables.DOCKER_HOST, variables.DOCKER_TLS_VERIFY = "tcp://far", value
      store("", FILES)
      local found = assert(endpoint.choose {})
      assert.are.equal("https://far:2376", found.base)
      assert.is_true(found.encrypted)
      assert.are.same(paths(folder), found.tls)
      assert.are.equal("https://far:99", assert(endpoint.choose { host = "tcp://far:99" }).base)
    end)
  end

  it("is asked for by DOCKER_TLS, and verified nevertheless", function()
    variables.DOCKER_HOST, variables.DOCKER_TLS = "tcp://far:1", "1"
    assert.are.same({ verify = true }, assert(endpoint.choose {}).tls)
  end)

  it("without a host means this machine's port 2376", function()
    variables.DOCKER_TLS_VERIFY = "1"
    environment.present["/var/run/docker.sock"] = environment.A_SOCKET
    local found = assert(endpoint.choose {})
    assert.are.equal("https://localhost:2376", found.base)
    assert.are.equal("DOCKER_TLS_VERIFY", found.source)
    variables.DOCKER_TLS_VERIFY = nil
    found = assert(endpoint.choose { tls = true })
    assert.are.equal("https://localhost:2376", found.base)
    assert.are.equal("option tls", found.source)
  end)

  it("is nothing for a socket when the environment asks for it", function()
    variables.DOCKER_HOST, variables.DOCKER_TLS_VERIFY = "unix:///a.sock", "1"
    variables.DOCKER_CERT_PATH = "/missing"
    local found = assert(endpoint.choose {})
    assert.is_nil(found.tls)
    assert.is_false(found.encrypted)
  end)

  it("by option is a mistake for a socket of the option, an error for another's", function()
    local ok, message = pcall(endpoint.choose, { host = "unix:///a.sock", tls = true })
    assert.is_false(ok)
    assert.matches("option tls is for tcp://", message)
    variables.DOCKER_HOST = "unix:///a.sock"
    choose_fails({ tls = true }, "bad host 'unix:///a.sock' %(from DOCKER_HOST%): option tls is for tcp")
    environment.context("here", { Host = "unix:///a.sock" })
    choose_fails({ context = "here", tls = {} }, "option tls is for tcp")
  end)

  it("is what https:// says", function()
    local found = assert(endpoint.choose { host = "https://far:2376/a" })
    assert.are.equal("https://far:2376/a", found.base)
    assert.are.same({ verify = true }, found.tls)
    store("", FILES)
    assert.are.same(paths(folder), assert(endpoint.choose { host = "https://far:2376" }).tls)
    environment.context("web", { Host = "https://web:443" })
    assert.are.same({ verify = true }, assert(endpoint.choose { context = "web" }).tls)
    choose_fails({ host = "https://far:2376", tls = false }, "exclude each other")
  end)

  it("is not used where nobody asks for it, whatever files there are", function()
    store("", FILES)
    variables.DOCKER_CERT_PATH = folder
    assert.is_false(assert(endpoint.choose { host = "tcp://far:1" }).encrypted)
  end)

  it("can be switched off by option, for a plain port", function()
    variables.DOCKER_TLS_VERIFY = "1"
    assert.are.equal("http://far:2375", assert(endpoint.choose { host = "tcp://far", tls = false }).base)
  end)

  describe("by option", function()
    it("uses the environment's files when it is true", function()
      store("certs/", FILES)
      variables.DOCKER_CERT_PATH = folder .. "/certs"
      assert.are.same(paths(folder .. "/certs"), assert(endpoint.choose { host = "tcp://a", tls = true }).tls)
    end)

    it("uses nothing else when it is a table", function()
      store("", FILES)
      variables.DOCKER_TLS_VERIFY, variables.DOCKER_CERT_PATH = "1", "/missing"
      local found = assert(endpoint.choose { host = "tcp://a", tls = { ca = folder .. "/ca.pem" } })
      assert.are.same({ ca = folder .. "/ca.pem", verify = true }, found.tls)
      found = assert(endpoint.choose { host = "tcp://a", tls = { verify = false, server_name = "b" } })
      assert.are.same({ verify = false, server_name = "b" }, found.tls)
      found = assert(endpoint.choose { host = "tcp://a", tls = { cert = folder .. "/cert.pem",
        key = folder .. "/key.pem", verify = true } })
      assert.are.same({ cert = folder .. "/cert.pem", key = folder .. "/key.pem", verify = true }, found.tls)
    end)

    local mistakes = {
      { { nonsense = 1 }, "unknown option 'nonsense' of tls; it takes: ca, cert, key, server_name, verify" },
      { { ca = 5 }, "option tls.ca must be a string, not number" },
      { { verify = "no" }, "option tls.verify must be a boolean" },
      { { ca = "" }, "option tls.ca must not be empty" },
      { { cert = "/c" }, "option tls needs cert and key together" },
      { { key = "/c" }, "option tls needs cert and key together" },
      { "yes", "option tls must be a table or boolean or nil, not string" },
    }
    for _, case in ipairs(mistakes) do
      it("is a mistake: " .. case[2], function()
        local ok, message = pcall(endpoint.choose, { host = "tcp://a:1", tls = case[1] })
        assert.is_false(ok)
        assert.matches(case[2], message, 1, true)
        assert.is_false(errors.is(message))
      end)
    end

    it("names a file that is not there", function()
      choose_fails({ host = "tcp://a:1", tls = { ca = folder .. "/gone.pem" } },
        "^cannot use the TLS file " .. plain(folder) .. "/gone%.pem %(from option tls%): no such file$")
    end)
  end)

  describe("with DOCKER_CERT_PATH", function()
    before_each(function()
      variables.DOCKER_HOST, variables.DOCKER_TLS_VERIFY = "tcp://far:1", "1"
      variables.DOCKER_CERT_PATH = folder .. "/certs"
    end)

    for missing in pairs(FILES) do
      it("needs " .. missing, function()
        store("certs/", FILES)
        assert(os.remove(folder .. "/certs/" .. missing))
        choose_fails({}, plain("/certs/" .. missing) .. " %(from DOCKER_CERT_PATH%): no such file")
      end)
    end

    it("needs the folder", function()
      choose_fails({}, "/certs/ca%.pem %(from DOCKER_CERT_PATH%)")
    end)
  end)

  describe("with the CLI's folder", function()
    before_each(function()
      variables.DOCKER_HOST, variables.DOCKER_TLS_VERIFY = "tcp://far:1", "1"
    end)

    it("uses what is there, and verifies by the system's authorities where there is nothing", function()
      assert.are.same({ verify = true }, assert(endpoint.choose {}).tls)
      store("", { ["ca.pem"] = PEM })
      assert.are.same({ ca = folder .. "/ca.pem", verify = true }, assert(endpoint.choose {}).tls)
    end)

    it("lies in the home folder unless DOCKER_CONFIG is set", function()
      store("home/.docker/", FILES)
      variables.DOCKER_CONFIG, variables.HOME = nil, folder .. "/home"
      assert.are.same(paths(folder .. "/home/.docker"), assert(endpoint.choose {}).tls)
      variables.HOME = nil
      assert.are.same({ verify = true }, assert(endpoint.choose {}).tls)
    end)

    it("refuses a certificate without its key, and the reverse", function()
      store("", { ["cert.pem"] = PEM })
      choose_fails({}, "/key%.pem %(from the CLI's folder%): no such file, but its counterpart is there")
      store("", { ["key.pem"] = KEY })
      assert(os.remove(folder .. "/cert.pem"))
      choose_fails({}, "/cert%.pem %(from the CLI's folder%): no such file, but its counterpart is there")
    end)

    it("refuses what cannot be read", function()
      assert(os.execute("mkdir " .. folder .. "/ca.pem"))
      choose_fails({}, "/ca%.pem %(from the CLI's folder%): .*directory")
    end)

    it("refuses what is no PEM", function()
      store("", { ["ca.pem"] = "DER" })
      choose_fails({}, "/ca%.pem %(from the CLI's folder%): it has no PEM data")
    end)

    for what, key in pairs {
      ["PKCS #8"] = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n",
      ["the old form"] = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0\n\nAA==\n",
    } do
      it("refuses an encrypted key of " .. what, function()
        store("", { ["cert.pem"] = PEM, ["key.pem"] = key })
        local message = choose_fails({}, "/key%.pem .*: the private key is encrypted.*openssl pkey")
        assert.is_nil(message:find "AA==")
      end)
    end
  end)

  describe("of a context", function()
    local function choose(name, more)
      local opts = { context = name }
      for key, value in pairs(more or {}) do opts[key] = value end
      return endpoint.choose(opts)
    end

    it("uses its own files, and nothing of the environment", function()
      variables.DOCKER_TLS_VERIFY, variables.DOCKER_CERT_PATH = "1", "/missing"
      local id = environment.context("far", { Host = "tcp://far:7" }, FILES)
      local found = assert(choose "far")
      assert.are.equal("https://far:7", found.base)
      assert.are.same(paths(folder .. "/contexts/tls/" .. id .. "/docker"), found.tls)
      environment.context("bare", { Host = "tcp://far:7" })
      assert.is_nil(assert(choose "bare").tls)
    end)

    it("uses TLS when its folder is there, empty or not", function()
      local id = environment.context("far", { Host = "tcp://far" }, { ["ca.pem"] = PEM })
      assert(os.remove(folder .. "/contexts/tls/" .. id .. "/docker/ca.pem"))
      local found = assert(choose "far")
      assert.are.equal("https://far:2376", found.base)
      assert.are.same({ verify = true }, found.tls)
    end)

    it("does not verify with SkipTLSVerify, with and without files", function()
      local id = environment.context("far", { Host = "tcp://far:7", SkipTLSVerify = true }, { ["ca.pem"] = PEM })
      assert.are.same({ ca = folder .. "/contexts/tls/" .. id .. "/docker/ca.pem", verify = false },
        assert(choose "far").tls)
      environment.context("bare", { Host = "tcp://far:7", SkipTLSVerify = true })
      assert.are.same({ verify = false }, assert(choose "bare").tls)
      environment.context("odd", { Host = "tcp://far:7", SkipTLSVerify = "true" })
      assert.is_nil(assert(choose "odd").tls)
    end)

    it("is nothing for a socket", function()
      environment.context("here", { Host = "unix:///a.sock", SkipTLSVerify = true }, FILES)
      assert.is_nil(assert(choose "here").tls)
    end)

    it("gives way to option tls", function()
      environment.context("far", { Host = "tcp://far:7", SkipTLSVerify = true }, FILES)
      assert.are.same({ verify = true }, assert(choose("far", { tls = {} })).tls)
      assert.is_false(assert(choose("far", { tls = true })).tls.verify)
      assert.is_nil(assert(choose("far", { tls = false })).tls)
      environment.context("bare", { Host = "tcp://far:7" })
      assert.are.same({ verify = true }, assert(choose("bare", { tls = true })).tls)
    end)

    it("names the file that is wrong", function()
      environment.context("far", { Host = "tcp://far:7" }, { ["cert.pem"] = PEM })
      choose_fails({ context = "far" }, "/docker/key%.pem %(from context 'far'%): no such file, but")
    end)
  end)
end)


describe("the list of contexts", function()
  before_each(environment.begin)
  after_each(environment.finish)

  local function named(list, name)
    for _, entry in ipairs(list) do if entry.name == name then return entry end end
  end

  it("has the default one alone where nothing is stored", function()
    assert.are.same({ { name = "default", host = "unix:///var/run/docker.sock", source = "the default socket",
      description = "DOCKER_HOST, or the engine of this machine", current = true, tls = false,
      skip_tls_verify = false } }, endpoint.contexts())
  end)

  it("has the default one first, then all by name", function()
    environment.context("zoo", { Host = "tcp://zoo:1", SkipTLSVerify = true })
    environment.context("default", { Host = "tcp://never:1" })
    environment.context("arm", { Host = "unix:///arm.sock" })
    environment.context("far", { Host = "tcp://far:1" }, FILES)
    local list, names = assert(endpoint.contexts()), {}
    for i, entry in ipairs(list) do names[i] = entry.name end
    assert.are.same({ "default", "arm", "far", "zoo" }, names)
    assert.are.same({ name = "zoo", host = "tcp://zoo:1", description = "about zoo", current = false, tls = true,
      skip_tls_verify = true }, list[4])
    assert.is_false(list[2].tls)
    assert.is_true(list[3].tls)
  end)

  it("marks the one that connect would follow", function()
    environment.context("one", { Host = "tcp://one:1" })
    environment.context("two", { Host = "tcp://two:1" })
    environment.write("config.json", '{"currentContext":"two"}')
    local function current()
      local names = {}
      for _, entry in ipairs(assert(endpoint.contexts())) do
        if entry.current then names[#names + 1] = entry.name end
      end
      assert.are.equal(1, #names)
      return names[1]
    end
    assert.are.equal("two", current())
    environment.variables.DOCKER_CONTEXT = "one"
    assert.are.equal("one", current())
    environment.variables.DOCKER_HOST = "tcp://three:1"
    assert.are.equal("default", current())
    assert.are.equal("tcp://three:1", endpoint.contexts()[1].host)
  end)

  it("has an entry for a current one that does not exist", function()
    environment.variables.DOCKER_CONTEXT = "gone"
    local entry = named(assert(endpoint.contexts()), "gone")
    assert.is_true(entry.current)
    assert.matches("there is no context 'gone' %(from DOCKER_CONTEXT%)", entry.error)
  end)

  it("tells what is wrong with one, and lists the others", function()
    environment.context("good", { Host = "tcp://good:1" })
    environment.context("half", { Host = "tcp://half:1" }, { ["key.pem"] = KEY })
    local id = environment.context("bad", {})
    environment.write("contexts/meta/" .. id .. "/meta.json", "{")
    environment.write("contexts/meta/stray", "no folder")
    environment.variables.DOCKER_HOST = "nonsense"
    local list = assert(endpoint.contexts())
    assert.are.equal(4, #list)
    assert.matches("bad host 'nonsense'", list[1].error)
    assert.is_nil(named(list, "good").error)
    assert.matches("cert%.pem %(from context 'half'%)", named(list, "half").error)
    assert.matches("meta%.json is no JSON", named(list, id).error)
  end)

  it("fails where config.json is broken and has the say", function()
    environment.write("config.json", "{")
    local list, message, err = endpoint.contexts()
    assert.is_nil(list)
    assert.are.equal("config", err.kind)
    assert.matches("config%.json is no JSON", message)
    environment.variables.DOCKER_CONTEXT = "default"
    assert(endpoint.contexts())
  end)
end)
