local core = require "moondock.core"
local docker = require "moondock"
local recorder = require "spec.api.recorder"

describe("builds", function()
  teardown(recorder.restore)

  local function sent(client, at) return client.requests[at or #client.requests] end

  local function mistake(fn) return recorder.mistake("spec/api/builds_spec.lua", fn) end

  local DONE = '{"stream":"Step 1"}\r\n{"aux":{"ID":"sha256:abc"}}\r\n{"stream":"Successfully built abc\\n"}\r\n'

  local function build(context, opts)
    local client = recorder.client { { body = DONE } }
    local image = assert(client.images:build(context, opts))
    assert.equal("sha256:abc", image.id)
    assert.equal("POST /v1.51/build", sent(client).method .. " " .. sent(client).path)
    return sent(client)
  end

  it("send a context, wherever its bytes come from", function()
    local request = build "a tar"
    assert.equal("a tar", request.bytes)
    assert.equal(5, request.size)
    assert.equal("application/x-tar", request.headers["content-type"])
    local chunks = { "a ", "tar" }
    assert.equal("a tar", build(function() return table.remove(chunks, 1) end).bytes)
    local file = assert(io.tmpfile())
    file:write "a tar"
    file:seek "set"
    assert.equal("a tar", build(file).bytes)
    assert.is_nil(build(nil, { remote = "https://example.com/x.git" }).bytes)
  end)

  it("take the flags of the command line", function()
    local query = build("", { tag = { "a:1", "b" }, file = "sub/Dockerfile", build_arg = { A = 1, B = true },
      label = { x = "y" }, target = "final", platform = "linux/arm64", pull = true, no_cache = true,
      network = "none", quiet = false, add_host = "db:10.0.0.1", cache_from = "old", shm_size = "64m",
      ulimit = { "nofile=10:20", "core=-1" }, memory = "1g", memory_swap = -1, cpu_shares = 3, cpuset_cpus = "0-1",
      force_rm = true, security_opt = "a", version = "1", build_id = "b1" }).query
    assert.same({ "a:1", "b" }, query.t)
    assert.same({ A = "1", B = docker.null }, select(2, core.decode(query.buildargs)))
    assert.same({ { Name = "core", Soft = -1, Hard = -1 }, { Name = "nofile", Soft = 10, Hard = 20 } },
      select(2, core.decode(query.ulimits)))
    query.t, query.buildargs, query.ulimits = nil, nil, nil
    assert.same({ dockerfile = "sub/Dockerfile", labels = '{"x":"y"}', target = "final", platform = "linux/arm64",
      pull = "1", nocache = "1", networkmode = "none", q = "0", extrahosts = "db:10.0.0.1",
      cachefrom = '["old"]', shmsize = "67108864", memory = "1073741824", memswap = "-1", cpushares = "3",
      cpusetcpus = "0-1", forcerm = "1", securityopt = "a", version = "1", buildid = "b1" }, query)
    assert.same({ A = docker.null, B = "2=3" },
      select(2, core.decode(build("", { build_arg = { "A", "B=2=3" } }).query.buildargs)))
  end)

  it("take the operation's own parameters", function()
    assert.same({ t = "a", nocache = "1", rm = "0" }, build("", { t = "a", nocache = true, rm = false }).query)
  end)

  it("carry credentials by registry", function()
    local header = build("", { auths = { ["reg.example:5000"] = { username = "u", password = "p?>~" },
      ["docker.io"] = { identitytoken = "t" } }, auth = { username = "me", password = "q",
      serveraddress = "https://other.example/v2/" } }).headers["x-registry-config"]
    assert.is_nil(header:find "[+/]")
    local _, auths = core.decode(core.unbase64(header))
    assert.same({ username = "u", password = "p?>~" }, auths["reg.example:5000"])
    assert.same({ identitytoken = "t" }, auths["https://index.docker.io/v1/"])
    assert.equal("me", auths["other.example"].username)
    assert.is_nil(build("").headers["x-registry-config"])
  end)

  it("do not send credentials in the clear", function()
    local client = recorder.client(nil, { host = "tcp://10.1.2.3:2375" })
    local image, message, err = client.images:build("", { auth = { username = "u", password = "secret" } })
    assert.is_nil(image)
    assert.equal("config", err.kind)
    assert.falsy(message:find("secret", 1, true))
    assert.equal(0, #client.requests)
    client = recorder.client({ { body = DONE } }, { host = "tcp://10.1.2.3:2375" })
    assert(client.images:build("", { auth = { username = "u", password = "secret" }, insecure_credentials = true }))
  end)

  it("are not started by mistake", function()
    local images = recorder.client().images
    local cases = {
      { "context must be a string", nil },
      { "context must be a string", 7 },
      { "context must be the bytes of a tar archive, or an open file, and not the path '%.'", "." },
      { "not the path '%.%./web'", "../web" },
      { "not the path 'web%.tar%.gz'", "web.tar.gz" },
      { "a context or a remote", "", { remote = "https://x" } },
      { "unknown option", "", { taag = "x" } },
      { "option no_cache must be true or false", "", { no_cache = "yes" } },
      { "option ulimit must be", "", { ulimit = "nofile" } },
      { "option version must be", "", { version = 2 } },
      { "option memory: BuildKit ignores it", "", { version = "2", memory = "1g" } },
      { "option auth: BuildKit ignores", "", { version = "2", auth = { username = "u", password = "p" } } },
      { "a registry of auths must be a string", "", { auths = { { username = "u", password = "p" } } } },
      { "on_progress must be a function", "", { on_progress = true } },
    }
    for _, case in ipairs(cases) do
      assert.matches(case[1], mistake(function() images:build(case[2], case[3]) end))
    end
    assert.equal(0, #images.client.requests)
  end)

  it("know their image in every form", function()
    for _, body in ipairs { '{"id":"moby.buildkit.trace","aux":"abc"}{"id":"moby.image.id","aux":{"ID":"sha256:ab"}}',
      '{"stream":"sha256:ab\\n"}' } do
      assert.equal("sha256:ab", assert(recorder.client { { body = body } }.images:build "").id)
    end
    local image, _, err = recorder.client { { body = '{"stream":"x"}' } }.images:build ""
    assert.is_nil(image)
    assert.equal("protocol", err.kind)
    assert.equal("x", err.partial[1].stream)
  end)

  it("fail with the words of the builder", function()
    for words, kind in pairs {
      ["The command '/bin/sh -c false' returned a non-zero code: 1"] = "exit",
      ['process "/bin/sh -c false" did not complete successfully: exit code: 1'] = "exit",
      ["executor failed running [/bin/sh -c false]: exit code: 1"] = "exit",
      ["dockerfile parse error on line 1: unknown instruction: FRM"] = "invalid",
      ["no active sessions"] = "not_implemented",
    } do
      local body = '{"stream":"Step"}' .. core.encode { errorDetail = { message = words }, error = words }
      local seen = 0
      local image, message, err = recorder.client { { body = body } }.images:build("",
        { on_progress = function() seen = seen + 1 end })
      assert.is_nil(image)
      assert.equal(1, message:find(words, 1, true))
      assert.equal(kind, err.kind)
      assert.equal("Step", err.partial[1].stream)
      assert.equal(1, seen)
    end
  end)

  it("are cancelled by their id", function()
    local client = recorder.client()
    assert.is_true(client.images:build_cancel "b1")
    assert.equal("POST /v1.51/build/cancel?id=b1", sent(client).method .. " " .. sent(client).target)
    assert.matches("id must be a string", mistake(function() client.images:build_cancel() end))
  end)

  it("leave a cache that can be pruned", function()
    local client = recorder.client { { body = { CachesDeleted = { "a" }, SpaceReclaimed = 7 } } }
    assert.equal(7, client.images:build_prune { all = true, filters = { ["until"] = "24h" } }.SpaceReclaimed)
    assert.equal("/v1.51/build/prune", sent(client).path)
    assert.equal("1", sent(client).query.all)
    assert.equal('{"until":["24h"]}', sent(client).query.filters)
    local old = recorder.client(nil, { api_version = "1.41" })
    local _, _, err = old.images:build_prune { ["reserved-space"] = 1 }
    assert.equal("version", err.kind)
    assert(old.images:build_prune { ["keep-storage"] = 1 })
  end)

  it("and images have attestations, where engines know them", function()
    local client = recorder.client({ { body = "null" } }, { api_version = "1.55" })
    assert.same({}, assert(client.images:get "web":attestations { statement = true }))
    assert.equal("/v1.55/images/web/attestations?statement=1", sent(client).target)
    local _, _, err = recorder.client().images:get "web":attestations()
    assert.equal("version", err.kind)
  end)

  it("name their image when they are quiet, with Podman too", function()
    local id = ("0a"):rep(32)
    for _, text in ipairs { "sha256:" .. id .. "\n", id .. "\n" } do
      local client = recorder.client { { body = core.encode { stream = text } } }
      assert.equal("sha256:" .. id, assert(client.images:build(("\0"):rep(1024), { quiet = true })).id)
    end
    local none, _, err = recorder.client { { body = '{"stream":"done\\n"}' } }.images:build(("\0"):rep(1024))
    assert.is_nil(none)
    assert.equal("protocol", err.kind)
  end)

  it("are made of an archive, not of a Dockerfile", function()
    for _, text in ipairs { "FROM a\nCMD b", "# syntax=x\nARG A\nfrom a" } do
      assert.matches("context must be the bytes of a tar archive", mistake(function()
        recorder.client().images:build(text)
      end))
    end
  end)

  it("and several images are saved at once", function()
    local client = recorder.client { { body = ("\0"):rep(1024) } }
    assert(assert(client.images:save { "a:1", "b" }):text())
    assert.same({ "a:1", "b" }, sent(client).query.names)
    assert.equal("/v1.51/images/get", sent(client).path)
    assert.matches("names must name", mistake(function() client.images:save {} end))
    assert.matches("option names must be a string", mistake(function() client.images:save { {} } end))
    assert(recorder.client().images:save "a")
  end)
end)
