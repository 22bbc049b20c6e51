local core = require "moondock.core"
local recorder = require "spec.api.recorder"

local function service(spec, version)
  return { body = { ID = "s1", Version = { Index = version or 7 }, Spec = spec } }
end

local function web(image, version)
  return service({ Name = "web", TaskTemplate = { ContainerSpec = { Image = image or "a:1" }, ForceUpdate = 2 },
    Mode = { Replicated = { Replicas = 1 } } }, version)
end

local SLOW = { status = 500, body = { message = "rpc error: code = Unknown desc = update out of sequence" } }
local DONE = { body = '{"Warnings":null}' }

describe("services", function()
  teardown(recorder.restore)

  local function line(client, at)
    local request = client.requests[at or #client.requests]
    return request.method .. " " .. request.target
  end

  local function mistake(fn) return recorder.mistake("spec/api/services_spec.lua", fn) end

  it("are listed", function()
    local client = recorder.client { { body = '[{"ID":"s1","Spec":{"Name":"web"}}]' }, { body = "null" } }
    local list = assert(client.services:list { status = true, filters = { label = { "a" } } })
    assert.equal("s1", list[1].id)
    assert.equal("web", list[1].Spec.Name)
    assert.equal('{"label":["a"]}', client.requests[1].query.filters)
    assert.equal("1", client.requests[1].query.status)
    assert.same({}, client.services:list())
  end)

  it("are created", function()
    local client = recorder.client { { status = 201, body = '{"ID":"s1","Warnings":["w"]}' } }
    local created = assert(client.services:create("busybox", { "sleep", "9" }, { name = "web", replicas = 2 }))
    assert.equal("s1", created.id)
    assert.same({ "w" }, created.Warnings)
    assert.equal("POST /v1.51/services/create", line(client))
    assert.same({ Name = "web", Mode = { Replicated = { Replicas = 2 } },
      TaskTemplate = { ContainerSpec = { Image = "busybox:latest", Args = { "sleep", "9" } } } },
      client.requests[1].body)
    assert.is_nil(client.requests[1].headers["x-registry-auth"])
  end)

  it("are created from one table, with the engine's fields over the flags", function()
    local client = recorder.client { { status = 201, body = '{"ID":"s1"}' } }
    assert(client.services:create { image = "img:1", limit_memory = "1m", label = { a = "b" },
      Labels = { c = "d" }, TaskTemplate = { Resources = { Limits = { MemoryBytes = 5 } }, ForceUpdate = 1 } })
    assert.same({ Labels = { a = "b", c = "d" }, TaskTemplate = { ForceUpdate = 1,
      ContainerSpec = { Image = "img:1" }, Resources = { Limits = { MemoryBytes = 5 } } } },
      client.requests[1].body)
  end)

  it("are created from the engine's fields alone", function()
    local client = recorder.client { { status = 201, body = '{"ID":"s1"}' }, { status = 201, body = '{"ID":"s2"}' } }
    local body = { Name = "p", TaskTemplate = { Runtime = "plugin", PluginSpec = { Remote = "a/b:1" } } }
    assert(client.services:create(body))
    assert.same(body, client.requests[1].body)
    assert(client.services:create { replicas = 2, TaskTemplate = { ContainerSpec = { Image = "a" } } })
    assert.same({ TaskTemplate = { ContainerSpec = { Image = "a" } }, Mode = { Replicated = { Replicas = 2 } } },
      client.requests[2].body)
  end)

  it("name the digest of their image where that is asked for", function()
    local known = { body = { Descriptor = { digest = "sha256:abc" }, Platforms = {
      { architecture = "amd64", os = "linux" }, { architecture = "arm", os = "linux", variant = "v7" },
      { architecture = "unknown", os = "unknown" } } } }
    local client = recorder.client { known, { status = 201, body = '{"ID":"s1"}' }, web(), known, DONE }
    assert(client.services:create("reg.example/a:1", nil, { resolve_image = true }))
    assert.equal("GET /v1.51/distribution/reg.example/a%3A1/json", line(client, 1))
    local template = client.requests[2].body.TaskTemplate
    assert.equal("reg.example/a:1@sha256:abc", template.ContainerSpec.Image)
    assert.same({ { Architecture = "amd64", OS = "linux" }, { Architecture = "", OS = "linux" } },
      template.Placement.Platforms)
    assert(client.services:get "web":update { image = "b:2", resolve_image = true })
    assert.equal("b:2@sha256:abc", client.requests[5].body.TaskTemplate.ContainerSpec.Image)
  end)

  it("keep what their engine tells and the specifications do not know", function()
    local spec = '{"Name":"web","Later":{"List":[],"Big":9007199254740993},"Labels":{},"TaskTemplate":{"Later":[]}}'
    local client = recorder.client { { body = '{"ID":"s1","Version":{"Index":7},"Spec":' .. spec .. "}" },
      { body = {} } }
    assert(client.services:get "web":update { Labels = { a = "1" } })
    assert.same({}, client.requests[2].body.Later.List)
    assert.is_true(core.is_array(client.requests[2].body.Later.List))
    assert.equal("9007199254740993", tostring(client.requests[2].body.Later.Big))
    assert.is_true(core.is_array(client.requests[2].body.TaskTemplate.Later))
    assert.same({ a = "1" }, client.requests[2].body.Labels)
  end)

  it("take a mistake of the caller's for one, though", function()
    local client = recorder.client { { body = '{"ID":"s1","Version":{"Index":7},"Spec":{"Name":"web"}}' } }
    assert.matches("Later", recorder.mistake("spec/api/services_spec.lua", function()
      client.services:get "web":update { Later = {} }
    end))
    assert.equal(1, #client.requests)
  end)

  it("are not created where the digest is not to be had", function()
    local client = recorder.client { { status = 401, body = { message = "unauthorized" } }, { body = {} },
      { status = 201, body = '{"ID":"s1"}' } }
    for _, kind in ipairs { "unauthorized", "protocol" } do
      local created, _, err = client.services:create("a:1", nil, { resolve_image = true })
      assert.is_nil(created)
      assert.equal(kind, err.kind)
    end
    assert(client.services:create("a@sha256:abc", nil, { resolve_image = true, name = "n" }))
    assert.equal(3, #client.requests)
    for _, template in ipairs { core.null, 5 } do
      assert.matches("option resolve_image needs an image", recorder.mistake("spec/api/services_spec.lua",
        function() client.services:create("a", nil, { resolve_image = true, TaskTemplate = template }) end))
    end
  end)

  it("have their secrets and configs looked up by name", function()
    local found = '[{"ID":"x1","Spec":{"Name":"key2"}},{"ID":"k1","Spec":{"Name":"key"}}]'
    local client = recorder.client { { body = found },
      { body = '[{"ID":"c1","Spec":{"Name":"conf"}}]' }, { status = 201, body = '{"ID":"s1"}' } }
    assert(client.services:create("a", nil, { secret = "key", config = { source = "conf", target = "/etc/c",
      mode = "0440" } }))
    assert.equal('{"name":["key"]}', client.requests[1].query.filters)
    assert.equal("GET /v1.51/configs", client.requests[2].method .. " " .. client.requests[2].path)
    local container = client.requests[3].body.TaskTemplate.ContainerSpec
    assert.same({ { SecretID = "k1", SecretName = "key", File = { Name = "key", UID = "0", GID = "0", Mode = 292 } } },
      container.Secrets)
    assert.same({ { ConfigID = "c1", ConfigName = "conf",
      File = { Name = "/etc/c", UID = "0", GID = "0", Mode = 288 } } }, container.Configs)
  end)

  it("have their secrets and configs looked up by id, or by handle", function()
    local id = ("k"):rep(25)
    local client = recorder.client { { body = "[]" }, { body = ('[{"ID":"%s","Spec":{"Name":"key"}}]'):format(id) },
      { body = "[]" }, { body = '[{"ID":"' .. id .. '","Spec":{"Name":"conf"}}]' },
      { status = 201, body = '{"ID":"s1"}' } }
    assert(client.services:create("a", nil, { secret = client.secrets:get(id),
      config = { source = id, target = "/c" } }))
    assert.equal('{"id":["' .. id .. '"]}', client.requests[2].query.filters)
    local container = client.requests[5].body.TaskTemplate.ContainerSpec
    assert.same({ id, "key", "key" }, { container.Secrets[1].SecretID, container.Secrets[1].SecretName,
      container.Secrets[1].File.Name })
    assert.same({ id, "conf", "/c" }, { container.Configs[1].ConfigID, container.Configs[1].ConfigName,
      container.Configs[1].File.Name })
  end)

  it("are not created when a secret is missing", function()
    local client = recorder.client { { body = '[{"ID":"x1","Spec":{"Name":"key2"}}]' } }
    local created, message, err = client.services:create("a", nil, { secret = "key" })
    assert.is_nil(created)
    assert.equal("secret not found: key", message)
    assert.equal("not_found", err.kind)
    assert.equal(1, #client.requests)
  end)

  it("carry credentials only where asked for", function()
    local auth = { username = "u", password = "p", serveraddress = "reg.example" }
    local function header(opts)
      local client = recorder.client({ { status = 201, body = '{"ID":"s1"}' } }, { auth = auth })
      assert(client.services:create("reg.example/web:1", nil, opts))
      local text = client.requests[1].headers["x-registry-auth"]
      return text and select(2, core.decode(core.unbase64(text)))
    end
    assert.is_nil(header())
    assert.same(auth, header { with_registry_auth = true })
    assert.equal("other", header { auth = { username = "other", password = "x" } }.username)
  end)

  it("are changed from what they are", function()
    local client = recorder.client { web(), DONE }
    assert(client.services:get "web":update { image = "b:2", replicas = 3, force = true,
      UpdateConfig = { Parallelism = 2 }, registryAuthFrom = "previous-spec" })
    assert.equal("GET /v1.51/services/web", line(client, 1))
    assert.equal("POST", client.requests[2].method)
    assert.same({ version = "7", registryAuthFrom = "previous-spec" }, client.requests[2].query)
    assert.same({ Name = "web", TaskTemplate = { ContainerSpec = { Image = "b:2" }, ForceUpdate = 3 },
      Mode = { Replicated = { Replicas = 3 } }, UpdateConfig = { Parallelism = 2 } }, client.requests[2].body)
  end)

  it("are changed by a function, anew when another was faster", function()
    local client = recorder.client { web("a:1", 7), SLOW, web("c:3", 9), DONE }
    local seen = {}
    assert(client.services:get "web":update(function(spec, details)
      seen[#seen + 1] = details.Version.Index
      spec.Labels = { was = spec.TaskTemplate.ContainerSpec.Image }
    end))
    assert.same({ 7, 9 }, seen)
    assert.equal("9", client.requests[4].query.version)
    assert.same({ was = "c:3" }, client.requests[4].body.Labels)
  end)

  it("are tried a bounded number of times", function()
    local replies = {}
    for i = 1, 100 do replies[i] = i % 2 == 1 and web() or SLOW end
    local client = recorder.client(replies)
    local _, message, err = client.services:get "web":update { force = true }
    assert.equal("conflict", err.kind)
    assert.matches("update out of sequence", message)
    assert.equal(20, #client.requests)
  end)

  it("are not tried again for other refusals", function()
    local client = recorder.client { web(), { status = 409, body = { message = "name conflicts" } } }
    local _, _, err = client.services:get "web":update { Name = "taken" }
    assert.equal("conflict", err.kind)
    assert.equal(2, #client.requests)
  end)

  it("carry the credentials of the image that they change to", function()
    local auth = { username = "u", password = "p", serveraddress = "reg.example" }
    local client = recorder.client({ web(), DONE }, { auth = auth })
    assert(client.services:get "web":update({ image = "reg.example/web:2" }, { with_registry_auth = true }))
    assert.is_string(client.requests[2].headers["x-registry-auth"])
    assert.is_nil(client.requests[1].headers["x-registry-auth"])
  end)

  it("are scaled, and rolled back", function()
    local client = recorder.client { web(), DONE, web(), DONE, web(), DONE }
    assert(client.services:get "web":scale(5))
    assert.equal(5, client.requests[2].body.Mode.Replicated.Replicas)
    assert(client.services:get "web":rollback())
    assert.equal("previous", client.requests[4].query.rollback)
    assert(client.services:get "web":update { image = "b" })
    assert.equal("b:latest", client.requests[6].body.TaskTemplate.ContainerSpec.Image)
  end)

  it("of another mode cannot be scaled", function()
    local client = recorder.client { service { Name = "all", Mode = { Global = {} }, TaskTemplate = {} } }
    local ok, message, err = client.services:get "all":scale(2)
    assert.is_nil(ok)
    assert.equal("invalid", err.kind)
    assert.matches("replicated", message)
    assert.equal(1, #client.requests)
  end)

  it("of jobs are scaled by their completions", function()
    local client = recorder.client { service { Mode = { ReplicatedJob = { MaxConcurrent = 1 } }, TaskTemplate = {} },
      DONE }
    assert(client.services:get "job":scale(4))
    assert.same({ MaxConcurrent = 1, TotalCompletions = 4 }, client.requests[2].body.Mode.ReplicatedJob)
  end)

  it("are inspected and removed, and list their tasks", function()
    local client = recorder.client { web(), { body = "" }, { body = '[{"ID":"t1"}]' } }
    assert.equal(7, client.services:get "web":inspect { insertDefaults = true }.Version.Index)
    assert.equal("GET /v1.51/services/web?insertDefaults=1", line(client))
    assert.is_true(client.services:get "web":remove())
    assert.equal("DELETE /v1.51/services/web", line(client))
    local tasks = assert(client.services:get "web":tasks { filters = { ["desired-state"] = "running" } })
    assert.equal("t1", tasks[1].id)
    assert.same({ ["desired-state"] = { "running" }, service = { "web" } },
      select(2, core.decode(client.requests[3].query.filters)))
  end)

  it("have logs, framed or not as the content type says", function()
    local client = recorder.client { { body = "\1\0\0\0\0\0\0\3abc",
      headers = { ["content-type"] = "application/vnd.docker.multiplexed-stream" } } }
    local source, bytes = assert(client.services:get "web":logs { tail = 5, details = true }):read()
    assert.equal("stdout abc", source .. " " .. bytes)
    assert.same({ stdout = "1", stderr = "1", tail = "5", details = "1" }, client.requests[1].query)
    client = recorder.client { { body = "raw",
      headers = { ["content-type"] = "application/vnd.docker.raw-stream" } } }
    assert.equal("tty", (assert(client.services:get "web":logs()):read()))
  end)

  it("have logs, framed or not as their spec says to older engines", function()
    local headers = { ["content-type"] = "application/vnd.docker.raw-stream" }
    local function source(tty)
      local client = recorder.client({ { body = "\1\0\0\0\0\0\0\3abc", headers = headers },
        service { TaskTemplate = { ContainerSpec = { TTY = tty } } } }, { api_version = "1.41" })
      return (assert(client.services:get "web":logs()):read())
    end
    assert.equal("tty", source(true))
    assert.equal("stdout", source(nil))
  end)

  it("refuse mistakes before anything is sent", function()
    local client = recorder.client {}
    local web_handle = client.services:get "web"
    assert.matches("unknown option 'replica'", mistake(function()
      client.services:create("a", nil, { replica = 1 })
    end))
    assert.matches("image must be", mistake(function() client.services:create() end))
    assert.matches("mode", mistake(function() client.services:create("a", nil, { mode = "all" }) end))
    assert.matches("replicas", mistake(function()
      client.services:create("a", nil, { mode = "global", replicas = 2 })
    end))
    assert.matches("max_concurrent", mistake(function() client.services:create("a", nil, { max_concurrent = 2 }) end))
    assert.matches("octal", mistake(function()
      client.services:create("a", nil, { secret = { source = "s", mode = 444 } })
    end))
    assert.matches("two into the file", mistake(function()
      client.services:create("a", nil, { secret = { "s", "s" } })
    end))
    assert.matches("no_healthcheck", mistake(function()
      client.services:create("a", nil, { no_healthcheck = true, health_retries = 2 })
    end))
    assert.matches("log_opt needs", mistake(function() client.services:create("a", nil, { log_opt = "a=b" }) end))
    assert.matches("publish", mistake(function() client.services:create("a", nil, { publish = "1.2.3.4:1:2" }) end))
    assert.matches("same length", mistake(function() client.services:create("a", nil, { publish = "1-3:5-6" }) end))
    assert.matches("1m30s", mistake(function() client.services:create("a", nil, { restart_delay = "5" }) end))
    assert.matches("unknown option 'name'", mistake(function() web_handle:update { name = "x" } end))
    assert.matches("the change must be", mistake(function() web_handle:update() end))
    assert.matches("replicas must be", mistake(function() web_handle:scale "3" end))
    assert.matches("unknown option 'time' of wait", mistake(function() web_handle:wait { time = 1 } end))
    assert.equal(0, #client.requests)
  end)
end)
