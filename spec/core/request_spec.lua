local cjson = require "cjson"
local core = require "moondock.core"

local null = cjson.null

local function request(...)
  return assert(core.request(...))
end

local function path_values(operation)
  local values = {}
  for _ in operation.path:gmatch "{" do values[#values + 1] = "x" end
  return values
end

local function body(name, version, options, raw)
  local path = path_values(core.operation(name))
  return cjson.decode(request(name, version, path, options, raw).body)
end

local function refused(...)
  local result, message = core.request(...)
  assert.is_nil(result)
  return message
end

local function create(options, version, raw)
  return request("ContainerCreate", version or 41, nil, options, raw).body
end

local function create_refused(options, version)
  return refused("ContainerCreate", version or 41, nil, options)
end

-- What each required parameter is given.
local SAMPLES = { integer = 1, string = "x", boolean = true }

local function minimal(operation)
  local options = {}
  for _, parameter in ipairs(operation.parameters) do
    if parameter.required then options[parameter.name] = assert(SAMPLES[parameter.type]) end
  end
  return options
end

describe("every operation", function()
  for _, name in ipairs(core.operations()) do
    local operation = core.operation(name)

    it(name .. " builds with the least at every version that has it", function()
      for version = operation.since or 41, 56 do
        local built = request(name, version, path_values(operation), minimal(operation))
        assert.equal(operation.method, built.method)
        assert.equal(operation.reply, built.reply)
        assert.equal(operation.answer, built.answer)
        local prefix = operation.path == "/_ping" and "" or "/v1." .. version
        local path = prefix .. operation.path:gsub("{%w+}", "x")
        assert.equal(path, (built.target:gsub("%?.*", "")))
        assert.equal(operation.method == "GET" or operation.method == "HEAD", built.safe)
      end
    end)

    it(name .. " refuses an option that it does not know", function()
      local options = minimal(operation)
      options.xyzzyxyzzy = true
      local message = refused(name, 56, path_values(operation), options)
      assert.matches("^unknown option 'xyzzyxyzzy' of " .. name, message)
    end)

    it(name .. " takes all that it lists, typed by the table", function()
      for _, parameter in ipairs(operation.parameters) do
        local options = minimal(operation)
        options[parameter.name] = null
        local built, message = core.request(name, 56, path_values(operation), options)
        if parameter.required then
          assert.equal(name .. " needs the option '" .. parameter.name .. "'", message)
        else
          assert.is_table(built)
        end
      end
    end)
  end

  it("that came later is refused by older engines", function()
    assert.equal("ImageAttestations needs API 1.55; this engine speaks 1.41",
      refused("ImageAttestations", 41, { "alpine" }))
  end)

  it("needs a version, ping and version apart", function()
    assert.equal("SystemInfo needs an API version", refused "SystemInfo")
    assert.equal("/_ping", request("SystemPing").target)
    assert.equal("/_ping", request("SystemPingHead", 47).target)
    assert.equal("/version", request("SystemVersion").target)
    assert.equal("/v1.47/version", request("SystemVersion", 47).target)
  end)

  it("must exist", function()
    assert.equal("unknown operation 'ContainerKil'; did you mean 'ContainerKill'?",
      refused("ContainerKil", 41))
  end)
end)

describe("path values", function()
  local GOOD = {
    { "ContainerInspect", "web", "/containers/web/json" },
    { "ContainerInspect", "/web", "/containers/web/json" },
    { "ContainerInspect", "a b?c#d%2e", "/containers/a%20b%3Fc%23d%252e/json" },
    { "ContainerInspect", "...", "/containers/.../json" },
    { "ImageInspect", "library/alpine", "/images/library/alpine/json" },
    { "ImageHistory", "a/b/c", "/images/a/b/c/history" },
    { "PluginEnable", "vieux/sshfs", "/plugins/vieux/sshfs/enable" },
    { "DistributionInspect", "a/b", "/distribution/a/b/json" },
  }

  for _, case in ipairs(GOOD) do
    it("accept " .. case[2] .. " for " .. case[1], function()
      assert.equal("/v1.41" .. case[3], request(case[1], 41, { case[2] }).target)
    end)
  end

  local DOTS = "must not have '.' or '..' for a part"
  local EDGES = "must not begin or end with a slash or double it"
  local BAD = {
    { "ContainerInspect", "", "the id must not be empty" },
    { "ContainerInspect", "/", "the id must not hold a slash" },
    { "ContainerInspect", ".", "the id " .. DOTS },
    { "ContainerInspect", "..", "the id " .. DOTS },
    { "ContainerInspect", "../info", "the id must not hold a slash" },
    { "ContainerInspect", "a/b", "the id must not hold a slash" },
    { "ContainerInspect", "a\r\nb", "the id must not hold a line break or NUL" },
    { "ContainerInspect", "a\0b", "the id must not hold a line break or NUL" },
    { "ContainerInspect", 12, "the id must be a string" },
    { "ContainerInspect", nil, "the id is missing" },
    { "VolumeInspect", "a/b", "the name must not hold a slash" },
    { "ImageInspect", "a/../b", "the name " .. DOTS },
    { "ImageInspect", "../b", "the name " .. DOTS },
    { "ImageInspect", "a/.", "the name " .. DOTS },
    { "ImageInspect", "/a", "the name " .. EDGES },
    { "ImageInspect", "a/", "the name " .. EDGES },
    { "ImageInspect", "a//b", "the name " .. EDGES },
  }

  for _, case in ipairs(BAD) do
    it("refuse " .. ("%q"):format(tostring(case[2])) .. " for " .. case[1], function()
      assert.equal(case[1] .. ": " .. case[3], refused(case[1], 41, { case[2] }))
    end)
  end

  it("say when there is none", function()
    for _, path in ipairs { {}, { 12 }, { false } } do
      assert.equal("id", select(3, core.request("ContainerInspect", 41, path)))
    end
    assert.is_nil(select(3, core.request("ContainerInspect", 41, { "" })))
    assert.is_nil(select(3, core.request("ContainerInspect", 41, { "a" }, { sice = true })))
  end)

  it("name a link below a container only when a link is meant", function()
    local built = request("ContainerDelete", 41, { "/web/db" }, { link = true })
    assert.equal("/v1.41/containers/web/db?link=1", built.target)
    assert.equal("ContainerDelete: the id must not hold a slash",
      refused("ContainerDelete", 41, { "web/db" }, { link = false }))
    assert.matches("for a part", refused("ContainerDelete", 41, { "web/.." }, { link = true }))
  end)

  it("must not be too many", function()
    assert.equal("SystemInfo takes 0 path values, got 1", refused("SystemInfo", 41, { "x" }))
  end)
end)

local function decode(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- The query of a call, decoded; repeated keys stay repeated.
local function query(name, options, version, raw)
  local built = request(name, version or 56, path_values(core.operation(name)), options, raw)
  return decode(built.target:match "%?(.*)" or "")
end

describe("query values", function()
  local GOOD = {
    { "ContainerList", { all = true, size = false, limit = 5 }, "all=1&limit=5&size=0" },
    { "ContainerList", { limit = "12" }, "limit=12" },
    { "ContainerList", { limit = 3.0 }, "limit=3" },
    { "ContainerList", { all = null }, "" },
    { "ContainerStop", { t = -1 }, "t=-1" },
    { "ContainerKill", { signal = 9 }, "signal=9" },
    { "ContainerKill", { signal = "SIGHUP" }, "signal=SIGHUP" },
    { "ContainerLogs", { tail = 10, stdout = true }, "stdout=1&tail=10" },
    { "ContainerLogs", { tail = "all" }, "tail=all" },
    { "ContainerLogs", { since = 1.5 }, "since=1.500000000" },
    { "ContainerWait", { condition = "next-exit" }, "condition=next-exit" },
    { "ContainerTop", { ps_args = "-e f&x=1" }, "ps_args=-e f&x=1" },
    { "ImageGetAll", { names = { "a:1", "b/c" } }, "names=a:1&names=b/c" },
    { "ImageGetAll", { names = "a:1" }, "names=a:1" },
    { "ImageGetAll", { names = {} }, "" },
    { "SystemDataUsage", { type = { "image", "volume" } }, "type=image&type=volume" },
    { "ImageBuild", { t = { "a", "b" }, extrahosts = "h:1.2.3.4" },
      "extrahosts=h:1.2.3.4&t=a&t=b" },
    { "ImageCommit", { changes = { "ENV A=1", "CMD x" } }, "changes=ENV A=1&changes=CMD x" },
    { "ImageBuild", { labels = {}, cachefrom = {}, buildargs = { A = null } },
      'buildargs={"A":null}&cachefrom=[]&labels={}' },
    { "ImageBuild", { buildargs = '{"A":"1"}' }, 'buildargs={"A":"1"}' },
    { "ImageBuild", { outputs = { { Type = "tar" } } }, 'outputs=[{"Type":"tar"}]' },
    { "ImageBuild", { ulimits = { { Hard = 2.0 } } }, 'ulimits=[{"Hard":2}]' },
    { "ImageBuild", { pull = true }, "pull=1" },
    { "ImageBuild", { pull = "true" }, "pull=true" },
    { "ImageBuild", { platform = "linux/arm64/v8" }, "platform=linux/arm64/v8" },
    { "ContainerCreate", { platform = { os = "linux", architecture = "amd64" } },
      "platform=linux/amd64" },
    { "ImageInspect", { platform = { os = "linux" } }, 'platform={"os":"linux"}' },
    { "ImageInspect", { platform = '{"os":"linux"}' }, 'platform={"os":"linux"}' },
    { "ImageGet", { platform = { { os = "a" }, { os = "b" } } },
      'platform={"os":"a"}&platform={"os":"b"}' },
    { "ImageDelete", { platforms = { os = "linux" } }, 'platforms={"os":"linux"}' },
    { "ContainerList", { filters = {} }, "filters={}" },
    { "ContainerList", { filters = { status = "exited" } }, 'filters={"status":["exited"]}' },
    { "ContainerList", { filters = { status = { "a", "b" } } }, 'filters={"status":["a","b"]}' },
    { "ContainerList", { filters = { label = { a = "b" } } }, 'filters={"label":["a=b"]}' },
    { "ContainerList", { filters = { label = { a = true } } }, 'filters={"label":["a"]}' },
    { "ContainerList", { filters = { exited = 137 } }, 'filters={"exited":["137"]}' },
    { "ImagePrune", { filters = { dangling = false } }, 'filters={"dangling":["false"]}' },
    { "ImagePrune", { filters = { ["label!"] = { "keep" } } }, 'filters={"label!":["keep"]}' },
    { "PutContainerArchive", { path = "/a b", noOverwriteDirNonDir = true },
      "noOverwriteDirNonDir=1&path=/a b" },
  }

  for _, case in ipairs(GOOD) do
    it("of " .. case[1] .. " become " .. case[3], function()
      assert.equal(case[3], query(case[1], case[2]))
    end)
  end

  it("are sent as text whatever the platform's order of fields", function()
    local text = query("ImagePush", { platform = "linux/arm64/v8" }):match "=(.*)"
    assert.same({ os = "linux", architecture = "arm64", variant = "v8" }, cjson.decode(text))
  end)

  local BAD = {
    { "ContainerDelete", { forse = true }, "unknown option 'forse' of ContainerDelete; "
      .. "did you mean 'force'? (it takes: force, link, v)" },
    { "ContainerDelete", { Force = true }, "unknown option 'Force' of ContainerDelete; "
      .. "did you mean 'force'? (it takes: force, link, v)" },
    { "ContainerPause", { zzz = true },
      "unknown option 'zzz' of ContainerPause (it takes none)" },
    { "ContainerDelete", { "force" }, "the options of ContainerDelete have names, not positions" },
    { "ContainerDelete", { body = "x" },
      "unknown option 'body' of ContainerDelete (it takes: force, link, v)" },
    { "ImageCommit", { message = "x" }, "unknown option 'message' of ImageCommit (it takes: author, changes, "
      .. "comment, container, pause, repo, tag, and fields of its body)" },
    { "ContainerDelete", { force = "yes" },
      "option 'force' of ContainerDelete: expected a boolean, got a string" },
    { "ContainerKill", { signal = true },
      "option 'signal' of ContainerKill: expected a string, got a boolean" },
    { "ContainerStop", { t = 1.5 }, "option 't' of ContainerStop: expected an integer" },
    { "ContainerStop", { t = "soon" }, "option 't' of ContainerStop: expected an integer" },
    { "ContainerLogs", { tail = "abc" },
      "option 'tail' of ContainerLogs: expected a number of lines or 'all'" },
    { "ContainerWait", { condition = "gone" }, "option 'condition' of ContainerWait: "
      .. "'gone' is none of: not-running, next-exit, removed" },
    { "ContainerRename", {}, "ContainerRename needs the option 'name'" },
    { "ContainerResize", { h = 1 }, "ContainerResize needs the option 'w'" },
    { "ContainerRename", { name = "a\nb" },
      "option 'name' of ContainerRename: must not hold a line break or NUL" },
    { "ContainerList", { filters = { x = print } }, "option 'filters' of ContainerList: "
      .. "filter 'x' takes a string, a list, a boolean or a table of labels, and not an empty one" },
    { "ContainerList", { filters = { "x" } },
      "option 'filters' of ContainerList: filters have names as keys, as in { label = \"a=b\" }" },
    { "ContainerPrune", { filters = { label = null } }, "option 'filters' of ContainerPrune: "
      .. "filter 'label' takes a string, a list, a boolean or a table of labels, and not an empty one" },
    { "ContainerPrune", { filters = { label = {} } }, "option 'filters' of ContainerPrune: "
      .. "filter 'label' takes a string, a list, a boolean or a table of labels, and not an empty one" },
    { "ContainerList", { filters = true },
      "option 'filters' of ContainerList: expected a table of filters, got a boolean" },
    { "ImageGetAll", { names = { "a", nil, "c" } },
      "option 'names' of ImageGetAll: expected a list without holes" },
    { "ImagePush", { platform = "arm64" },
      "option 'platform' of ImagePush: expected 'os/arch', got 'arm64'" },
    { "ImagePush", { ["X-Registry-Auth"] = "e30=\r\nX: y" },
      "option 'X-Registry-Auth' of ImagePush: must not hold a line break or NUL" },
  }

  for _, case in ipairs(BAD) do
    it("of " .. case[1] .. " are refused: " .. case[3], function()
      assert.equal(case[3], refused(case[1], 56, path_values(core.operation(case[1])), case[2]))
    end)
  end

  it("that an engine would ignore are refused", function()
    assert.equal("option 'signal' of ContainerStop needs API 1.42; this engine speaks 1.41",
      refused("ContainerStop", 41, { "x" }, { signal = "INT" }))
    assert.equal("/v1.41/containers/x/stop?signal=INT",
      request("ContainerStop", 41, { "x" }, { signal = "INT" }, true).target)
  end)

  it("that an engine need not know say nothing", function()
    assert.equal("manifests=0", query("ImageList", { manifests = false }, 41))
  end)

  it("go through raw, known or not", function()
    assert.equal("format=json", query("ContainerLogs", { format = "json" }, 56, true))
  end)
end)

describe("headers", function()
  it("carry the registry's credentials", function()
    local built = request("ImagePush", 41, { "a" }, { ["X-Registry-Auth"] = "e30=" })
    assert.same({ "X-Registry-Auth: e30=" }, built.headers)
  end)

  it("say JSON only with a body", function()
    assert.same({ "Content-Type: application/json" }, request("VolumeCreate", 41).headers)
    assert.same({}, request("ContainerStart", 41, { "x" }).headers)
  end)
end)

describe("bodies of bytes", function()
  it("follow the request", function()
    local built = request("ImageBuild", 41, nil, { t = "a" })
    assert.is_true(built.upload)
    assert.is_nil(built.body)
    assert.same({ "Content-Type: application/x-tar" }, built.headers)
  end)

  it("may be given", function()
    local built = request("ImageLoad", 41, nil, { body = "\0tar" })
    assert.equal("\0tar", built.body)
    assert.is_nil(built.upload)
  end)

  it("are none when the engine fetches them", function()
    local pull = request("ImageCreate", 41, nil, { fromImage = "alpine" })
    assert.is_nil(pull.upload)
    assert.same({}, pull.headers)
    assert.is_true(request("ImageCreate", 41, nil, { fromSrc = "-" }).upload)
    assert.is_nil(request("ImageBuild", 41, nil, { remote = "http://x" }).upload)
    assert.is_true(request("ImageBuild", 41, nil, { remote = "" }).upload)
  end)
end)

describe("bodies", function()
  local GOOD = {
    { "empty lists and tables as the schema has them",
      { Cmd = {}, Env = {}, Labels = {} }, { Cmd = "[]", Env = "[]", Labels = "{}" } },
    { "sets of names", { ExposedPorts = { ["80/tcp"] = {} } },
      { ExposedPorts = '{"80/tcp":{}}' } },
    { "integral floats", { StopTimeout = 10.0 }, { StopTimeout = "10" } },
    { "decimal strings for integers", { StopTimeout = "10" }, { StopTimeout = "10" } },
    { "numbers that are strings on the wire", { User = 1000, StopSignal = 9 },
      { User = '"1000"', StopSignal = '"9"' } },
    { "null for every field", { Cmd = null, Labels = null, Tty = null, Healthcheck = null },
      { Cmd = "null", Labels = "null", Tty = "null", Healthcheck = "null" } },
    { "words as one string", { Cmd = "true", Entrypoint = "" },
      { Cmd = '"true"', Entrypoint = '""' } },
    { "other letter case, in the wire's spelling", { image = "a", TTY = true },
      { Image = '"a"', Tty = "true" } },
    { "values of enumerations unchecked", { StopSignal = "whatever" },
      { StopSignal = '"whatever"' } },
  }

  for _, case in ipairs(GOOD) do
    it("write " .. case[1], function()
      for name, value in pairs(case[2]) do
        local text = create { [name] = value }
        local key, written = text:match '^{"(%w+)":(.*)}$'
        assert.equal(case[3][key], written)
      end
    end)
  end

  it("are the options that are no parameters", function()
    local built = request("ContainerCreate", 41, nil, { name = "web", Image = "alpine" })
    assert.equal("/v1.41/containers/create?name=web", built.target)
    assert.equal('{"Image":"alpine"}', built.body)
  end)

  it("may be given whole", function()
    assert.equal('{"Image":"a"}', create { body = { Image = "a" }, name = "x" })
    assert.equal('{"Image":"a"}', create { body = '{"Image":"a"}' })
    assert.equal('["A=1"]', request("PluginSet", 41, { "p" }, { body = { "A=1" } }).body)
    assert.equal("[]", request("PluginPull", 41, nil, { remote = "p" }).body)
    assert.equal("ContainerCreate: give the whole 'body' or its field 'Image', not both",
      create_refused { body = {}, Image = "x" })
  end)

  it("are {} when nothing was given", function()
    for _, name in ipairs { "ExecStart", "ImageCommit", "VolumeCreate", "SystemAuth" } do
      local operation = core.operation(name)
      assert.equal("{}", request(name, 41, path_values(operation)).body)
    end
  end)

  local BAD = {
    { { Imagee = "a" }, "unknown option 'Imagee' of ContainerCreate; did you mean 'Image'?" },
    { { Name = "a" }, "unknown option 'Name' of ContainerCreate; did you mean 'name'?" },
    { { Memory = 1 }, "Memory belongs under HostConfig" },
    { { Runtime = "runc" }, "Runtime belongs under HostConfig" },
    { { HostConfig = { Memroy = 1 } },
      "unknown field 'Memroy' of HostConfig; did you mean 'Memory'?" },
    { { HostConfig = { Hostname = "a" } },
      "unknown field 'Hostname' of HostConfig: Hostname belongs at the top level" },
    { { HostConfig = { Annotations = { a = "b" } } },
      "HostConfig.Annotations needs API 1.43; this engine speaks 1.41" },
    { { HostConfig = { Binds = "a:b" } },
      "HostConfig.Binds: expected an array of strings, got a string" },
    { { HostConfig = { Binds = { a = "b" } } },
      "HostConfig.Binds: expected an array of strings, got a table with names as keys" },
    { { HostConfig = { Binds = { "a", nil, "c" } } },
      "HostConfig.Binds: hole in the array at position 2" },
    { { HostConfig = { Memory = "1g" } },
      "HostConfig.Memory: expected an integer, got other text" },
    { { HostConfig = { Memory = "007" } },
      "HostConfig.Memory: expected an integer, got other text" },
    { { HostConfig = { Memory = true } },
      "HostConfig.Memory: expected an integer, got a boolean" },
    { { Env = { "A", 2 } }, "Env[2]: expected a string, got a number" },
    { { Tty = 1 }, "Tty: expected a boolean, got a number" },
    { { Labels = { a = 1 } }, "Labels.a: expected a string, got a number" },
    { { Labels = { ["a.b"] = true } }, 'Labels["a.b"]: expected a string, got a boolean' },
    { { ExposedPorts = { "80/tcp" } }, "ExposedPorts: expected a table with names as keys, "
      .. 'such as {["80/tcp"] = {}}, got an array' },
    { { ExposedPorts = { ["80/tcp"] = true } }, 'ExposedPorts["80/tcp"]: expected a table '
      .. 'with names as keys, such as {["80/tcp"] = {}}, got a boolean' },
    { { HostConfig = { Mounts = { { ImageOptions = { Subpath = "x" } } } } },
      "HostConfig.Mounts[1].ImageOptions needs API 1.48; this engine speaks 1.41" },
    { { Image = "a", image = "b" }, "Image: given twice, as 'Image' and as 'image'" },
    { { Image = "a\255" }, "Image: not valid UTF-8 at byte 2" },
    { { Image = print }, "Image: cannot be sent: a function" },
    { { HostConfig = { PortBindings = { ["80/tcp"] = { HostPort = "80" } } } },
      'HostConfig.PortBindings["80/tcp"]: expected an array, got a table with names as keys' },
  }

  for _, case in ipairs(BAD) do
    it("refuse: " .. case[2], function()
      assert.equal(case[2], create_refused(case[1]))
    end)
  end

  it("refuse what was removed, unless it says nothing", function()
    assert.equal("HostConfig.KernelMemory was removed after API 1.41; this engine speaks 1.44",
      create_refused({ HostConfig = { KernelMemory = 1 } }, 44))
    assert.is_string(create({ HostConfig = { KernelMemory = 0 } }, 44))
    assert.is_string(create({ HostConfig = { KernelMemory = 1 } }, 41))
  end)

  it("send everything when raw, still with the right brackets", function()
    local raw = cjson.decode(create({ Runtime = "x", Tty = 1, Cmd = {}, Foo = {} }, 41, true))
    assert.same({ Runtime = "x", Tty = 1, Cmd = {}, Foo = {} }, raw)
    assert.equal('{"Cmd":[]}', create({ Cmd = {} }, 41, true))
    assert.equal('{"HostConfig":{"Annotations":{}}}',
      create({ HostConfig = { Annotations = {} } }, 41, true))
  end)
end)

describe("what real clients send", function()
  it("has null for what was not given, at any depth", function()
    local spec = {
      TaskTemplate = { ContainerSpec = { Args = null, Mounts = { { Source = null } },
        Healthcheck = { Test = null, Interval = null } } },
    }
    local sent = body("ServiceCreate", 41, spec).TaskTemplate.ContainerSpec
    assert.equal(null, sent.Args)
    assert.same({ Test = null, Interval = null }, sent.HealthCheck)
    assert.same({ Config = { { Gateway = null } } },
      body("NetworkCreate", 41, { IPAM = { Config = { { Gateway = null } } } }).IPAM)
    assert.equal('{"NetworkingConfig":{"net":null}}', create { NetworkingConfig = { net = null } })
  end)

  it("has names in other letter case", function()
    assert.equal('{"HostConfig":{"CpuRealtimePeriod":1}}',
      create { HostConfig = { CPURealtimePeriod = 1 } })
    assert.same({ DetachKeys = "ctrl-a" }, body("ContainerExec", 41, { detachKeys = "ctrl-a" }))
    assert.same({ Mode = { Replicated = { Replicas = 1 } } },
      body("ServiceCreate", 41, { Mode = { replicated = { Replicas = 1 } } }))
  end)

  it("has names that no engine reads, which we refuse", function()
    assert.matches("^unknown option 'Container' of ContainerExec",
      refused("ContainerExec", 41, { "x" }, { Container = "x", Cmd = { "a" } }))
    assert.equal("x", body("ContainerExec", 41, { Container = "x" }, true).Container)
  end)

  it("has empty values with a meaning", function()
    assert.equal("{}", request("SwarmUpdate", 41, nil, { version = 1 }).body)
    assert.equal('{"Mode":{"GlobalJob":{}}}',
      request("ServiceCreate", 41, nil, { Mode = { GlobalJob = {} } }).body)
    assert.same({ Type = "", Config = {} },
      cjson.decode(create { HostConfig = { LogConfig = { Type = "", Config = {} } } })
        .HostConfig.LogConfig)
    assert.equal('{"Entrypoint":[]}', create { Entrypoint = {} })
    assert.equal('{"User":""}', create { User = "" })
  end)

  it("has arrays for bodies", function()
    local privileges = { { Name = "network", Description = "", Value = { "host" } } }
    local options = { remote = "p", body = privileges }
    assert.same(privileges, body("PluginUpgrade", 41, options))
  end)

  it("has large and negative numbers", function()
    assert.equal('{"Healthcheck":{"Interval":3600000000000}}',
      create { Healthcheck = { Interval = 3600 * 1e9 } })
    assert.equal('{"HostConfig":{"MemorySwap":-1}}', create { HostConfig = { MemorySwap = -1 } })
    for _, ratio in ipairs { 0, 0.0, 0.25 } do
      assert.same({ UpdateConfig = { MaxFailureRatio = ratio } },
        body("ServiceUpdate", 41, { version = 1, UpdateConfig = { MaxFailureRatio = ratio } }))
    end
    assert.equal('{"ForceUpdate":18446744073709551615}',
      request("ServiceCreate", 41, nil,
        { TaskTemplate = { ForceUpdate = "18446744073709551615" } }).body:match ":({.*})}")
  end)

  -- What an old engine's inspect holds: nulls, zeros and fields that are gone today.
  local HOST_CONFIG = [[{"Binds":null,"ContainerIDFile":"","LogConfig":{"Type":"json-file",
    "Config":{}},"NetworkMode":"default","PortBindings":{"80/tcp":[{"HostIp":"","HostPort":"80"}]},
    "RestartPolicy":{"Name":"no","MaximumRetryCount":0},"AutoRemove":false,"VolumeDriver":"",
    "VolumesFrom":null,"CapAdd":null,"CapDrop":null,"CgroupnsMode":"host","Dns":[],"DnsOptions":[],
    "DnsSearch":[],"ExtraHosts":null,"GroupAdd":null,"IpcMode":"private","Cgroup":"","Links":null,
    "OomScoreAdj":0,"PidMode":"","Privileged":false,"PublishAllPorts":false,"ReadonlyRootfs":false,
    "SecurityOpt":null,"UTSMode":"","UsernsMode":"","ShmSize":67108864,"Runtime":"runc",
    "ConsoleSize":[0,0],"Isolation":"","CpuShares":0,"Memory":0,"NanoCpus":0,"CgroupParent":"",
    "BlkioWeight":0,"BlkioWeightDevice":[],"BlkioDeviceReadBps":null,"BlkioDeviceWriteBps":null,
    "BlkioDeviceReadIOps":null,"BlkioDeviceWriteIOps":null,"CpuPeriod":0,"CpuQuota":0,
    "CpuRealtimePeriod":0,"CpuRealtimeRuntime":0,"CpusetCpus":"","CpusetMems":"","Devices":[],
    "DeviceCgroupRules":null,"DeviceRequests":null,"KernelMemory":0,"KernelMemoryTCP":0,
    "MemoryReservation":0,"MemorySwap":0,"MemorySwappiness":null,"OomKillDisable":false,
    "PidsLimit":null,"Ulimits":null,"CpuCount":0,"CpuPercent":0,"IOMaximumIOps":0,
    "IOMaximumBandwidth":0,"MaskedPaths":["/proc/acpi"],"ReadonlyPaths":["/proc/bus"]}]]

  it("has what inspect returned, for the same engine and for a newer one", function()
    local config = cjson.decode(HOST_CONFIG)
    assert.same(config, cjson.decode(create({ HostConfig = config }, 41)).HostConfig)
    assert.matches('"Dns":%[%]', create({ HostConfig = config }, 56))
  end)

  it("has the spec of a service as it was inspected", function()
    local spec = cjson.decode [[{"Name":"web","Labels":{},"TaskTemplate":{"ContainerSpec":{
      "Image":"a","Init":false,"StopGracePeriod":10000000000,"DNSConfig":{},"Isolation":"default"},
      "Resources":{"Limits":{},"Reservations":{}},"RestartPolicy":{"Condition":"any","Delay":5,
      "MaxAttempts":0},"Placement":{"Platforms":[{"Architecture":"amd64","OS":"linux"}]},
      "ForceUpdate":0,"Runtime":"container"},"Mode":{"Replicated":{"Replicas":1}},"UpdateConfig":{
      "Parallelism":1,"FailureAction":"pause","Monitor":5000000000,"MaxFailureRatio":0,
      "Order":"stop-first"},"EndpointSpec":{"Mode":"vip"}}]]
    assert.same(spec, body("ServiceUpdate", 41, { version = 3, body = spec }))
  end)

  it("has the cluster volume's fields where engines read them", function()
    local spec = { Availability = "active", CapacityRange = { RequiredBytes = 1 },
      AccessMode = { Scope = "single", MountVolume = {} } }
    assert.same({ Spec = spec }, body("VolumeUpdate", 42, { version = 1, Spec = spec }))
  end)
end)
