local docker = require "moondock"
local proxy = require "moondock.proxy"

describe("NO_PROXY", function()
  local cases = {
    -- list, host, port, exempt
    { "", "engine.example", "2375", false },
    { "", "localhost", "2375", true }, { "", "LOCALHOST", "2375", true },
    { "", "127.0.0.1", "2375", true }, { "", "127.9.9.9", "2375", true }, { "", "::1", "2375", true },
    { "", "foo.localhost", "2375", false }, { "", "localhost.example", "2375", false },
    { "*", "engine.example", "2375", true }, { "x,*", "10.0.0.1", "2375", true },
    { "*.x", "engine.example", "2375", false },
    { "engine.example", "engine.example", "2375", true },
    { "engine.example", "a.engine.example", "2375", true },
    { "engine.example", "myengine.example", "2375", false },
    { "ENGINE.Example", "Engine.EXAMPLE", "2375", true },
    { ".engine.example", "engine.example", "2375", false },
    { ".engine.example", "a.engine.example", "2375", true },
    { "*.engine.example", "engine.example", "2375", false },
    { "*.engine.example", "a.b.engine.example", "2375", true },
    { " a.example , engine.example ", "engine.example", "2375", true },
    { "a.example,,", "engine.example", "2375", false },
    { "a.example engine.example", "engine.example", "2375", false }, -- commas alone separate
    { "engine.example:2375", "engine.example", "2375", true },
    { "engine.example:2376", "engine.example", "2375", false },
    { "engine.example:2375", "a.engine.example", "2375", true },
    { ":2375", "engine.example", "2375", false },
    { "10.0.0.1", "10.0.0.1", "2375", true }, { "10.0.0.1", "10.0.0.10", "2375", false },
    { "0.0.1", "10.0.0.1", "2375", true }, -- a suffix like any other, in Go as well
    { "10.0.0.1:2375", "10.0.0.1", "2375", true }, { "10.0.0.1:1", "10.0.0.1", "2375", false },
    { "10.0.0.0/8", "10.7.7.7", "1", true }, { "10.0.0.0/8", "11.7.7.7", "1", false },
    { "10.0.0.0/8", "ten.example", "1", false }, { "10.0.0.0/8", "::ffff:10.0.0.1", "1", true },
    { "fe80::/10", "fe80::1", "1", true }, { "fe80::1", "fe80:0::1", "1", true },
    { "[fe80::1]:2375", "fe80::1", "2375", true }, { "[fe80::1]:2375", "fe80::1", "2376", false },
    { "[fe80::1]", "fe80::1", "1", true },
  }
  for _, case in ipairs(cases) do
    it(("'%s' %s %s:%s"):format(case[1], case[4] and "exempts" or "does not exempt", case[2], case[3]), function()
      assert.equal(case[4], proxy.exempts(case[1], case[2], case[3]))
    end)
  end
end)

-- The module looks at the environment through os.getenv.
local function with(variables, fn)
  local real = os.getenv
  os.getenv = function(name) return variables[name] end -- luacheck: ignore 122
  local results = { pcall(fn) }
  os.getenv = real -- luacheck: ignore 122
  assert(results[1], results[2])
  return results[2], results[3], results[4]
end

local function endpoint(base)
  return { name = (base:gsub("^%a+", "tcp")), source = "option host", base = base,
    encrypted = base:find "^https" ~= nil, is_private = true }
end

local function chosen(base, variables, option)
  local where = endpoint(base)
  with(variables, function() assert(proxy.choose(where, option)) end)
  return where.proxy, where.proxy_name, where
end

describe("the proxy of an engine", function()
  it("is by its variable, in capitals first, for plain HTTP and for TLS", function()
    local all = { HTTP_PROXY = "http://a:1", http_proxy = "http://b:2", HTTPS_PROXY = "http://c:3",
      https_proxy = "http://d:4", ALL_PROXY = "http://e:5", all_proxy = "http://f:6" }
    assert.equal("http://a:1", (chosen("http://10.0.0.1:2375", all)))
    assert.equal("http://c:3", (chosen("https://10.0.0.1:2376", all)))
    all.HTTP_PROXY, all.HTTPS_PROXY = "", nil
    assert.equal("http://b:2", (chosen("http://10.0.0.1:2375", all)))
    assert.equal("http://d:4", (chosen("https://10.0.0.1:2376", all)))
  end)

  it("is none by ALL_PROXY, and none by that of the other kind", function()
    assert.is_nil(chosen("http://10.0.0.1:2375", { ALL_PROXY = "http://a:1", HTTPS_PROXY = "http://a:1" }))
    assert.is_nil(chosen("https://10.0.0.1:2376", { all_proxy = "http://a:1", HTTP_PROXY = "http://a:1" }))
  end)

  it("is none where NO_PROXY exempts it, by its port as well", function()
    local variables = { HTTP_PROXY = "http://a:1", NO_PROXY = "10.0.0.0/8:1,engine.example:2375", no_proxy = "*" }
    assert.is_nil(chosen("http://engine.example:2375/base", variables))
    assert.equal("http://a:1", (chosen("http://engine.example:2376", variables)))
    assert.is_nil(chosen("http://127.0.0.1:2375", variables))
    assert.is_nil(chosen("http://[::1]:2375", variables))
    variables.NO_PROXY = ""
    assert.is_nil(chosen("http://10.0.0.1:2376", variables))
  end)

  it("is never one for sockets and ssh", function()
    for _, kind in ipairs { "unix", "ssh" } do
      local where = endpoint "http://localhost"
      where[kind] = kind == "unix" and "/run/x.sock" or {}
      with({ HTTP_PROXY = "http://a:1" }, function() assert(proxy.choose(where)) end)
      assert.is_nil(where.proxy)
      local ok, message, err = proxy.choose(where, "http://a:1")
      assert.is_nil(ok)
      assert.equal("config", err.kind)
      assert.matches("only tcp://", message)
      assert(proxy.choose(where, false))
    end
  end)

  it("by the option comes before the environment, NO_PROXY included, or is none", function()
    local variables = { HTTP_PROXY = "http://a:1", NO_PROXY = "*", REQUEST_METHOD = "GET" }
    assert.equal("http://b:2", (chosen("http://10.0.0.1:2375", variables, "b:2")))
    variables.NO_PROXY = nil
    assert.is_nil(chosen("http://10.0.0.1:2375", variables, false))
  end)

  it("is named to people without user name and password", function()
    local url, name = chosen("http://10.0.0.1:2375", { HTTP_PROXY = "user:se@cret@proxy.example:3128/" })
    assert.equal("http://user:se%40cret@proxy.example:3128", url)
    assert.equal("http://proxy.example:3128 (from HTTP_PROXY)", name)
  end)

  it("has the port that is usual where none is given", function()
    assert.equal("http://a:80", (chosen("http://10.0.0.1:2375", {}, "a")))
    assert.equal("http://u:p@[::1]:80", (chosen("http://10.0.0.1:2375", {}, "http://u:p@[::1]")))
    assert.equal("socks5h://a:1080", (chosen("http://10.0.0.1:2375", {}, "socks5h://a")))
  end)

  it("may be SOCKS, and then resolves names as in Go", function()
    local url, name = chosen("http://engine.example:2375", {}, "SOCKS5://[fe80::1]:1080")
    assert.equal("socks5h://[fe80::1]:1080", url)
    assert.equal("socks5://[fe80::1]:1080 (from option proxy)", name)
  end)

  it("reads plain HTTP to the engine, so that nothing is private any more", function()
    local _, _, where = chosen("http://127.0.0.1:2375", {}, "http://b:2")
    assert.is_false(where.is_private)
    _, _, where = chosen("https://127.0.0.1:2375", {}, "http://b:2")
    assert.is_true(where.is_private)
  end)

  it("is refused when it makes no sense, without its password", function()
    for _, text in ipairs { "ftp://u:secret@proxy:1", "http://u:secret@", "http://u:secret@a b:1",
      "http://u:secret@proxy:x", "http://u:secret@pro\nxy:1", "http://", "https://u:secret@proxy:1",
      "http://u:secret@pro'xy:1", "http://u:secret@[x]:y" } do
      local ok, message, err = with({ HTTP_PROXY = text }, function()
        return proxy.choose(endpoint "http://10.0.0.1:2375")
      end)
      assert.is_nil(ok, text)
      assert.equal("config", err.kind)
      assert.matches("HTTP_PROXY", message)
      assert.not_matches("secret", message)
    end
  end)

  it("by HTTP_PROXY is refused in a CGI program, where a request sets it", function()
    local variables = { HTTP_PROXY = "http://a:1", HTTPS_PROXY = "http://b:2", REQUEST_METHOD = "GET" }
    local ok, message, err = with(variables, function()
      return proxy.choose(endpoint "http://10.0.0.1:2375")
    end)
    assert.is_nil(ok)
    assert.equal("config", err.kind)
    assert.matches("CGI", message)
    assert.equal("http://b:2", (chosen("https://10.0.0.1:2376", variables)))
    assert.is_nil(chosen("http://127.0.0.1:2375", variables))
  end)

  it("is an option of connect", function()
    local client = assert(docker.connect { host = "tcp://10.0.0.1:2375", proxy = "http://u:secret@a:1" })
    assert.equal("http://a:1 (from option proxy)", client.endpoint.proxy_name)
    local none, message = docker.connect { host = "unix:///x.sock", proxy = "http://a:1" }
    assert.is_nil(none)
    assert.matches("unix:///x.sock", message)
    assert.error_matches(function() docker.connect { proxy = 5 } end, "option proxy must be a string")
    assert.error_matches(function() docker.connect { proxy = true } end, "option proxy must be a string")
  end)
end)
