-- What a client may do is decided before anything is sent: a server that counts sees nothing.

local core = require "moondock.core"
local docker = require "moondock"
local rights = require "moondock.rights"
local server = require "spec.core.server"

local function answer(body)
  return ("send HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n%s"):format(
    #body, body)
end

local OK = ("for s/json;%s;for /create;%s;for /;%s"):format(answer "[]", answer '{"Id":"c1"}', answer "{}")

local function client(opts)
  opts.host, opts.headers = opts.host or "unix://" .. server.unix, { Script = OK }
  opts.api_version = opts.api_version or "1.45"
  return assert(docker.connect(opts))
end

local function is_forbidden(c, option, value, message, err)
  assert.is_nil(value)
  assert.equal("forbidden", err.kind)
  assert.is_nil(err.status)
  assert.equal(message, tostring(err))
  assert.truthy(message:find(option, 1, true), message)
  assert.truthy(message:find(err.operation, 1, true), message)
  assert.same({}, c:operations_used())
end

describe("allow", function()
  setup(server.start)
  teardown(server.stop)

  it("lets through what is named, and nothing else", function()
    local c = client { allow = { "ContainerStart" } }
    is_forbidden(c, "allow = { ContainerStart }", c.containers:get("a"):stop())
    is_forbidden(c, "allow = { ContainerStart }", c:info())
    assert(c.containers:get("a"):start())
  end)

  it("takes patterns, and 'read'", function()
    local c = client { allow = { "Container*" } }
    is_forbidden(c, "allow", c.images:list())
    assert(c.containers:get("a"):kill())
    c = client { allow = { "read" } }
    is_forbidden(c, "allow", c.containers:get("a"):kill())
    assert(c.images:list())
  end)

  it("forbids everything when it is empty", function()
    local c = client { allow = {} }
    is_forbidden(c, "allow = {  }", c:info())
  end)

  it("sends nothing, not even to find out the version", function()
    local c = assert(docker.connect { host = "unix:///nowhere/docker.sock", allow = { "SystemInfo" } })
    is_forbidden(c, "allow", c.containers:get("a"):stop())
    local _, _, err = c:info()
    assert.equal("connect", err.kind)
  end)

  it("always lets the version be found out", function()
    local c = client { allow = { "SystemInfo" }, read_only = true }
    assert(c:ping())
    c = assert(docker.connect { host = "unix://" .. server.unix, allow = { "SystemInfo" },
      headers = { Script = "send HTTP/1.1 200 OK\\r\\nApi-Version: 1.45\\r\\nContent-Length: 0\\r\\n\\r\\n" } })
    assert(c:ping())
    assert.equal("1.45", c.api_version)
  end)

  it("holds for helpers of several requests", function()
    local c = client { allow = { "ContainerCreate" } }
    local _, _, err = c:run("busybox", { "true" })
    assert.equal("forbidden", err.kind)
    assert.equal("ContainerAttach", err.operation)
  end)

  it("raises for a name that is none, with the nearest one", function()
    for entry, nearest in pairs { ContainerStat = "ContainerStart", ["Contaner*"] = "Container" } do
      local ok, message = pcall(docker.connect, { allow = { entry } })
      assert.is_false(ok)
      assert.matches("rights_spec.lua", message)
      assert.truthy(message:find(entry, 1, true))
      assert.truthy(message:find(nearest, 1, true), message)
    end
    for _, bad in ipairs { "read", { 5 }, { read = true } } do
      assert.has_error(function() docker.connect { allow = bad } end)
    end
  end)
end)

describe("read_only", function()
  setup(server.start)
  teardown(server.stop)

  it("lets through what only asks", function()
    local c = client { read_only = true }
    assert(c:info())
    assert(c.containers:list())
    is_forbidden(client { read_only = true }, "read_only = true",
      client({ read_only = true }).containers:get("a"):start())
  end)

  it("is exactly GET and HEAD, but for the attach by websocket, and the wait for an exit", function()
    for _, name in ipairs(core.operations()) do
      local method = core.operation(name).method
      local expected = method == "GET" or method == "HEAD"
      if name == "ContainerAttachWebsocket" then expected = false end
      if name == "ContainerWait" then expected = true end
      assert.equal(expected, rights.is_read(name), name)
    end
  end)

  it("and allow together let through what both do", function()
    local c = client { read_only = true, allow = { "Container*" } }
    assert(c.containers:list())
    local _, _, err = c:info()
    assert.equal("forbidden", err.kind)
    _, _, err = c.containers:get("a"):start()
    assert.equal("forbidden", err.kind)
  end)
end)

describe("operations_used", function()
  setup(server.start)
  teardown(server.stop)

  it("lists what was sent, sorted, with its count and rules", function()
    local c = client {}
    for _ = 1, 2 do assert(c.containers:get("a"):inspect()) end
    assert(c:info())
    assert(c.images:get("host/team/web:1"):tag "b")
    assert.same({
      { operation = "ContainerInspect", method = "GET", path = "/containers/{id}/json", count = 2,
        rule = "GET ^(/v[0-9.]+)?/containers/[^/]+/json$", section = "CONTAINERS" },
      { operation = "ImageTag", method = "POST", path = "/images/{name}/tag", count = 1,
        rule = "POST ^(/v[0-9.]+)?/images/.+/tag$", section = "IMAGES" },
      { operation = "SystemInfo", method = "GET", path = "/info", count = 1,
        rule = "GET ^(/v[0-9.]+)?/info$", section = "INFO" },
    }, c:operations_used())
  end)

  it("includes the questions for the version", function()
    local c = assert(docker.connect { host = "unix://" .. server.unix, headers = { Script = OK } })
    c:info()
    local names = {}
    for _, item in ipairs(c:operations_used()) do names[#names + 1] = item.operation .. " " .. item.section end
    assert.same({ "SystemPing PING", "SystemPingHead PING", "SystemInfo INFO", "SystemVersion VERSION" }, names)
  end)

  it("is empty before anything was sent", function()
    assert.same({}, client({}):operations_used())
  end)

  -- What `grep -E`, which knows real regular expressions, finds amiss with lines of rule, target and
  -- whether they fit.
  local function misfits(lines)
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write(table.concat(lines, "\n"), "\n")
    file:close()
    local pipe = assert(io.popen("while read -r rule target fits; do "
      .. 'if echo "$target" | grep -qE "$rule"; then found=yes; else found=no; fi; '
      .. '[ $found = $fits ] || echo "$rule $target $found"; done <' .. path))
    local found = pipe:read "*a"
    pipe:close()
    os.remove(path)
    return found
  end

  it("has rules that fit the paths of their operation, with and without version, and no others", function()
    local lines = {}
    for _, name in ipairs(core.operations()) do
      local known = core.operation(name)
      local path, options = {}, { body = known.body == "tar" and "x" or known.body and "{}" or nil }
      for _ in known.path:gmatch "{%w+}" do path[#path + 1] = known.slashes and "a/b:c" or "abc" end
      local target = core.request(name, 56, path, options, true).target:match "^[^?]*"
      local plain = target:gsub("^/v[0-9.]+", "")
      local rule = rights.used({ used = { [name] = 1 } })[1].rule:match " (.*)$"
      lines[#lines + 1] = rule .. " " .. target .. " yes"
      lines[#lines + 1] = rule .. " " .. plain .. " yes"
      lines[#lines + 1] = rule .. " /x" .. plain .. " no"
      if not known.slashes then lines[#lines + 1] = rule .. " " .. target .. "/x no" end
    end
    assert.equal("", misfits(lines))
  end)
end)
