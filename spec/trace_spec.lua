-- One line for each request and each answer, without what is secret.

local docker = require "moondock"
local server = require "spec.core.server"

local function script_of(status, body)
  return ("send HTTP/1.1 %s\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n%s"):format(
    status, #body, (body:gsub("\\", "\\\\"):gsub(" ", "\\s"):gsub("\n", "\\n")))
end

local function client(script, trace, opts)
  opts = opts or {}
  opts.host, opts.api_version, opts.trace = opts.host or "unix://" .. server.unix, "1.45", trace
  opts.headers = opts.headers or {}
  opts.headers.Script = script
  return assert(docker.connect(opts))
end

-- The lines of the trace of what `use` does, without the header that has the server's part in it.
local function traced(script, use, opts)
  local lines = {}
  use(client(script, function(line)
    local first, last = line:find(" Script: " .. script, 1, true)
    lines[#lines + 1] = first and line:sub(1, first - 1) .. line:sub(last + 1) or line
  end, opts))
  return lines
end

describe("the trace", function()
  setup(server.start)
  teardown(server.stop)

  it("has one line for a request and one for its answer", function()
    local lines = traced(script_of("201 Created", '{"Id":"abc","Config":{"Env":["A=hunter2"]}}'), function(c)
      assert(c.containers:create { image = "busybox", env = { TOKEN = "hunter2" }, name = "web" })
    end)
    assert.equal(3, #lines)
    assert.matches("^# moondock on .*, %d+%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$", lines[1])
    assert.matches("^%+%d+%.%d%d%d #%d+ > POST /v1%.45/containers/create%?name=web ContainerCreate at unix://",
      lines[2])
    assert.truthy(lines[2]:find('"TOKEN=***"', 1, true))
    assert.matches("^%+%d+%.%d%d%d #%d+ < 201 complete, %d+ bytes received, 0 sent, %d+%.%d ms ", lines[3])
    assert.truthy(lines[3]:find('"Id":"abc"', 1, true))
    assert.equal(lines[2]:match "#%d+", lines[3]:match "#%d+")
    assert.is_nil(table.concat(lines):find "hunter2")
  end)

  it("shows no header that may be secret", function()
    local lines = traced(script_of("200 OK", "{}"), function(c) assert(c:info()) end,
      { headers = { Authorization = "Bearer hunter2", ["X-Team"] = "moon" } })
    assert.truthy(lines[2]:find("Authorization: ***", 1, true))
    assert.truthy(lines[2]:find("X-Team: moon", 1, true))
  end)

  it("tells how streams ended, and never their bytes", function()
    local lines = traced(script_of("200 OK", '{"read":"hunter2"}'), function(c)
      assert(c.containers:get("a"):stats()):close()
      local samples = assert(c.containers:get("a"):stats())
      while samples:read() do end
    end)
    local text = table.concat(lines, "\n")
    assert.is_nil(text:find "hunter2")
    assert.truthy(text:find " < 200 after %d+%.%d ms, a stream of application/json")
    assert.truthy(text:find " = cancelled, 0 bytes received")
    assert.truthy(text:find " = complete, 18 bytes received")
  end)

  it("tells of failures", function()
    local text = table.concat(traced("", function(c) assert.is_nil(c:info()) end,
      { host = "unix:///nowhere/docker.sock" }), "\n")
    assert.truthy(text:find("! connect in phase connect: cannot connect to the engine at unix:///nowhere", 1, true))
    text = table.concat(traced("send HTTP/1.1 200 OK\\r\\nContent-Length: 90\\r\\n\\r\\nabc;close", function(c)
      assert.is_nil(c:info())
    end), "\n")
    assert.truthy(text:find("< 200 lost in phase body: ", 1, true), text)
  end)

  it("includes the questions for the version", function()
    local lines = {}
    local c = assert(docker.connect { host = "unix://" .. server.unix,
      trace = function(line) lines[#lines + 1] = line end,
      headers = { Script = "send HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n" } })
    c:info()
    local text = table.concat(lines, "\n")
    assert.truthy(text:find("HEAD /_ping SystemPingHead", 1, true), text)
    assert.truthy(text:find("GET /version SystemVersion", 1, true), text)
  end)

  it("has no control characters, and cuts what is long", function()
    local lines = traced(script_of("200 OK", '{"a":"\\\\u001b[31m' .. ("x"):rep(5000) .. '"}'), function(c)
      assert(c.containers:get("a"):start { detachKeys = "a\27b" })
    end)
    for _, line in ipairs(lines) do
      assert.is_nil(line:find "%c")
      assert.is_true(#line < 4000)
    end
  end)

  it("does not break the call when its function raises: it ends and says why", function()
    local c = client(script_of("200 OK", "{}"), function() error "full" end)
    assert(c:info())
    assert.matches("full", c.trace.failure)
  end)

  it("leaves out what its function asks engines itself", function()
    local c
    local lines = {}
    c = client(script_of("200 OK", "{}"), function(line)
      lines[#lines + 1] = line
      if line:find " < " then c:version() end
    end)
    assert(c:info())
    assert.equal(3, #lines)
  end)

  it("goes to an open file", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    assert(client(script_of("200 OK", "{}"), file):info())
    local text = assert(io.open(path)):read "*a"
    file:close()
    os.remove(path)
    assert.truthy(text:find("GET /v1.45/info SystemInfo", 1, true))
  end)

  it("refuses what it cannot write to", function()
    for _, bad in ipairs { "stderr", 5, {} } do
      assert.has_error(function() docker.connect { trace = bad } end)
    end
  end)
end)

describe("errors", function()
  setup(server.start)
  teardown(server.stop)

  -- The error of a login whose engine answers `status` and `body`.
  local function refusal(status, body)
    local _, message, err = client(script_of(status, body), false):login { username = "moon",
      password = "hunter2 hunter2" }
    assert.equal(message, tostring(err))
    return err
  end

  it("carry no secret that the engine echoes: message and detail", function()
    local err = refusal("500 Oops", '{"message":"login moon hunter2 hunter2 failed: unauthorized",'
      .. '"errorDetail":{"why":["hunter2 hunter2"]}}')
    assert.equal("login moon *** failed: unauthorized (SystemAuth answered 500)", err.message)
    assert.equal("unauthorized", err.kind)
    assert.same({ "***" }, err.detail.errorDetail.why)
  end)

  it("carry none in a plain text, also where it would be cut", function()
    local err = refusal("500 Oops", ("x"):rep(505) .. " hunter2\nhunter2")
    assert.is_nil(err.message:find "hunt")
  end)

  it("carry none of what is no JSON at all", function()
    local err = refusal("200 OK", '{"a' .. ("y"):rep(70) .. "hunter2 hunter2")
    assert.equal("protocol", err.kind)
    assert.is_nil(err.message:find "hunt")
  end)

  it("carry none of what a progress stream tells", function()
    local c = client(script_of("200 OK", '{"status":"using hunter2 hunter2"}{"error":"denied: hunter2 hunter2"}'),
      false)
    local _, message, err = c.images:pull("busybox", { auth = { username = "moon", password = "hunter2 hunter2" } })
    assert.equal("forbidden", err.kind)
    assert.is_nil(message:find "hunt")
    assert.equal("using ***", err.partial[1].status)
  end)

  it("have the same kind whatever is masked", function()
    local c = client(script_of("404 Not Found", '{"message":"No such image: busybox"}'), false)
    local _, message, err = c.containers:create { image = "busybox", env = { KIND = "image" } }
    assert.equal("No such ***: busybox (ContainerCreate answered 404)", message)
    assert.same({ "not_found", "image" }, { err.kind, err.reason })
  end)

  it("of wrong arguments quote no values", function()
    local c = client("", false)
    for _, wrong in ipairs { { env = { A = { "hunter2" } } }, { Env = { "A=hunter2\255" } },
      { Env = { { "A=hunter2" } } } } do
      wrong.image = "busybox"
      local ok, message = pcall(c.containers.create, c.containers, wrong)
      assert.is_false(ok)
      assert.is_nil(message:find "hunter2")
    end
    local _, message = pcall(docker.connect, { headers = { ["X-Token"] = "hunter2\n" } })
    assert.is_nil(message:find "hunter2")
  end)
end)
