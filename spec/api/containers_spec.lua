local core = require "moondock.core"
local recorder = require "spec.api.recorder"

describe("containers", function()
  teardown(recorder.restore)

  local function line(client) return client.requests[#client.requests].method .. " "
    .. client.requests[#client.requests].target end

  local function mistake(fn) return recorder.mistake("spec/api/containers_spec.lua", fn) end

  describe("are created of handles", function()
    local function create(...)
      local client = recorder.client { { status = 201, body = { Id = "made" } } }
      assert(client.containers:create(...))
      return client.requests[1].body
    end

    local client = recorder.client()
    local image = client.images:get "sha256:abc"
    local network = client.networks:get "net"

    it("of an image", function()
      assert.same({ Image = "sha256:abc" }, create(image))
      assert.same({ Image = "sha256:abc", Cmd = { "ls" } }, create(image, { "ls" }))
      assert.same({ Image = "sha256:abc", Cmd = { "ls" } }, create { image = image, command = "ls" })
      local run = recorder.client { { status = 201, body = { Id = "made" } }, { status = 204 } }
      assert.equal("made", assert(run:run(image, nil, { detach = true })).id)
      assert.equal("sha256:abc", run.requests[1].body.Image)
    end)

    it("of networks, containers and volumes", function()
      assert.equal("net", create("img", nil, { network = network }).HostConfig.NetworkMode)
      local body = create("img", nil, { network = { network, { name = client.networks:get "two", alias = "a" } },
        volumes_from = client.containers:get "other",
        mount = { type = "volume", source = client.volumes:get "data", target = "/data" } })
      assert.same({ net = {}, two = { Aliases = { "a" } } }, body.NetworkingConfig.EndpointsConfig)
      assert.same({ "other" }, body.HostConfig.VolumesFrom)
      assert.equal("data", body.HostConfig.Mounts[1].Source)
    end)
  end)

  it("are run, and the image of a mount that lacks is not pulled in the place of their own", function()
    local client = recorder.client { { status = 404, body = { message = "No such image: data:latest" } } }
    local result, message, err = client:run("web", { "ls" }, { mount = "type=image,source=data,target=/m" })
    assert.is_nil(result)
    assert.equal("not_found", err.kind)
    assert.matches("data:latest", message)
    assert.equal(1, #client.requests)
    client = recorder.client { { status = 404, body = { message = "No such image: web:latest" } },
      { body = '{"status":"done"}' }, { status = 500, body = { message = "broken" } } }
    client:run("web", { "ls" }, { mount = "type=image,source=data,target=/m" })
    assert.equal("/v1.51/images/create", client.requests[2].path)
  end)

  it("are pruned by filters in JSON only where they say something", function()
    local client = recorder.client()
    local SENT = { ["{}"] = "{}", [' {"label":["a"],"x":{"b":true}} '] = '{"label":["a"],"x":["b"]}' }
    for given, expected in pairs(SENT) do
      assert(client.containers:prune { filters = given })
      assert.same(select(2, core.decode(expected)),
        select(2, core.decode(client.requests[#client.requests].query.filters)))
    end
    for _, text in ipairs { "", "label=a", "[]", '{"label": [', "null", '{"label":[]}', '{"label":null}',
      '{"label":{}}', '{"label":{"a":false}}' } do
      assert.matches("filter", mistake(function() client.containers:prune { filters = text } end))
    end
  end)

  it("are pruned, and what was not there is an empty list", function()
    for _, answer in ipairs { '{"ContainersDeleted":null,"SpaceReclaimed":0}', "{}" } do
      local client = recorder.client { { body = answer } }
      local report = assert(client.containers:prune())
      assert.is_true(core.is_array(report.ContainersDeleted))
      assert.equal(0, #report.ContainersDeleted)
    end
  end)

  describe("are removed", function()
    local ENDING = { status = 500, body = { message = "container state improper: stopped" } }
    local GONE = { status = 404, body = { message = "No such container: web" } }

    local function remove(answers, opts)
      local client = recorder.client(answers)
      local ok, _, err = client.containers:get "web":remove(opts)
      assert.equal("DELETE /v1.51/containers/web" .. (opts and opts.force and "?force=1" or ""), line(client))
      return ok, err, #client.requests
    end

    it("by force though they are just ending", function()
      assert.same({ true, nil, 3 }, { remove({ ENDING, ENDING, { status = 204 } }, { force = true }) })
      assert.same({ true, nil, 2 }, { remove({ { status = 409, body = { message = "already in progress" } }, GONE },
        { force = true }) })
    end)

    it("not for ever", function()
      local answers = {}
      for i = 1, 10 do answers[i] = ENDING end
      local ok, err, count = remove(answers, { force = true })
      assert.is_nil(ok)
      assert.equal("conflict", err.kind)
      assert.equal(6, count)
    end)

    it("once where a no is a no", function()
      local forced = { force = true }
      for _, case in ipairs { { ENDING }, { GONE, forced }, { { status = 500, body = "no" }, forced } } do
        local ok, err, count = remove({ case[1] }, case[2])
        assert.is_nil(ok)
        assert.is_truthy(err.kind)
        assert.equal(1, count)
      end
    end)
  end)

  describe("say what is at a path", function()
    local function stat(header)
      local client = recorder.client { { body = "", headers = { ["x-docker-container-path-stat"] = header } } }
      local facts, message, err = client.containers:get "web":stat_archive "/a b"
      assert.equal("HEAD /v1.51/containers/web/archive?path=%2Fa%20b", line(client))
      return facts, message, err
    end

    it("as the header has it", function()
      local facts = { name = "a b", size = 3, mode = 420, linkTarget = "" }
      assert.same(facts, stat(core.base64(core.encode(facts), "standard")))
    end)

    it("unless there is none", function()
      for _, header in ipairs { "", "!!", core.base64("no json", "standard") } do
        local facts, _, err = stat(header)
        assert.is_nil(facts)
        assert.equal("protocol", err.kind)
      end
      local client = recorder.client { { status = 404, body = "" } }
      local _, message, err = client.containers:get "web":stat_archive "/nothing"
      assert.equal("not_found", err.kind)
      assert.matches("no such container, or nothing at '/nothing'", message)
      assert.equal(message, err.message)
      assert.matches("path must be a string", mistake(function() client.containers:get "web":stat_archive() end))
      for _, method in ipairs { "stat_archive", "get_archive", "put_archive" } do
        assert.matches("path must not be empty", mistake(function()
          local web = client.containers:get "web"
          web[method](web, "")
        end))
      end
    end)
  end)

  it("are refused a field of another type, whatever the flags", function()
    local client = recorder.client()
    for _, wrong in ipairs { 5, "x", true } do
      for _, flag in ipairs { "init", "network" } do
        assert.matches("HostConfig", mistake(function()
          client.containers:create("img", nil, { HostConfig = wrong, [flag] = flag == "init" or "n" })
        end))
      end
      assert.matches("HostConfig", mistake(function() client.containers:create("img", nil, { HostConfig = wrong }) end))
    end
    client.containers:create("img", nil, { HostConfig = core.null })
    assert.equal(core.null, client.requests[1].body.HostConfig)
    client.containers:get "web":exec("ls", { Cmd = core.null })
    assert.equal(core.null, client.requests[2].body.Cmd)
    assert.matches("option label%.a must be a string, not null", mistake(function()
      client.containers:create("img", nil, { label = { a = core.null } })
    end))
  end)

  it("have no limits but those of time", function()
    local web, plugin = recorder.client().containers:get "web", recorder.client().plugins:get "p"
    for _, call in ipairs { function(opts) return web:attach(opts) end, function(opts) return web:inspect(opts) end,
      function(opts) return plugin:enable(opts) end, function(opts) return plugin:set({}, opts) end } do
      for _, limits in ipairs { 5, {} } do
        assert.matches("unknown option 'limits'", mistake(function() call { limits = limits } end))
      end
    end
  end)

  it("are committed under a name with one tag", function()
    local client = recorder.client()
    local web = client.containers:get "web"
    for _, opts in ipairs { { repo = "h:1/a", tag = "b" }, { repo = "h:1/a:b" }, { repo = "h:1/a:b", tag = "b" } } do
      web:commit(opts)
      assert.same({ container = "web", repo = "h:1/a", tag = "b" }, table.remove(client.requests).query)
    end
    assert.matches("option tag needs the option repo", mistake(function() web:commit { tag = "b" } end))
    assert.matches("option repo names a tag, 'a:1', and option tag another",
      mistake(function() web:commit { repo = "a:1", tag = "b" } end))
    assert.matches("option 'tag' of ImageCommit", mistake(function() web:commit { repo = "a", tag = {} } end))
  end)

  describe("are attached over a WebSocket", function()
    local KEY = ("k"):rep(16)
    local ACCEPT = core.base64(core.sha1(core.base64(KEY, "standard") .. "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"),
      "standard")
    local real_random = core.random

    setup(function() core.random = function() return KEY end end)
    teardown(function() core.random = real_random end)

    local function attach(frames, opts, connect, reply)
      reply = reply or { status = 101, body = frames, headers = { ["sec-websocket-accept"] = ACCEPT } }
      local client = recorder.client({ reply }, connect)
      local connection, message, err = client.containers:get "web":attach_websocket(opts)
      return connection, client.requests[1], message, err
    end

    it("with what they write up to the close", function()
      local connection, request = attach("\130\3one\130\3two\136\2\3\232", { stdin = true })
      assert.equal("GET /v1.51/containers/web/attach/ws?stderr=1&stdin=1&stdout=1&stream=1",
        request.method .. " " .. request.target)
      assert.equal("websocket", request.headers.upgrade)
      assert.equal("13", request.headers["sec-websocket-version"])
      assert.equal(core.base64(KEY, "standard"), request.headers["sec-websocket-key"])
      assert(connection:write "in")
      assert.equal(2 + 4 + 2, #request.written)
      assert.equal("onetwo", connection:text())
      assert.equal("complete", connection.outcome)
      assert.is_true(request.closed)
    end)

    it("with the outputs that are named, where engines heed them", function()
      local _, request = attach("", { stderr = true, logs = true })
      assert.equal("/v1.51/containers/web/attach/ws?logs=1&stderr=1&stream=1", request.target)
      _, request = attach("", { stdin = true }, { api_version = "1.41" })
      assert.equal("/v1.41/containers/web/attach/ws?stream=1", request.target)
      for _, opts in ipairs { { stdout = false, stderr = true }, { stderr = true }, { stdout = true } } do
        local none, _, _, err = attach("", opts, { api_version = "1.41" })
        assert.is_nil(none)
        assert.equal("version", err.kind)
      end
    end)

    it("and answer pings, and a close once", function()
      local connection, request = attach "\137\2hi\130\1x\136\0"
      assert.equal("x", connection:read())
      assert.equal(138, request.written:byte(1))
      connection:close_write()
      assert.is_nil((connection:read()))
      local closes = select(2, request.written:gsub("\136\130", ""))
      assert.equal(1, closes)
      assert.matches("was ended by close_write", mistake(function() connection:write "x" end))
    end)

    it("unless it breaks", function()
      for frames, kind in pairs { ["\130\3on"] = "lost", ["\130\3one"] = "lost", ["HTTP/1.1"] = "protocol" } do
        local connection = attach(frames)
        local text, _, err = connection:text()
        assert.is_nil(text)
        assert.equal(kind, err.kind)
        assert.equal("ContainerAttachWebsocket", err.operation)
      end
    end)

    it("unless the engine does not speak it", function()
      for _, reply in ipairs { { status = 200, body = "" }, { status = 101, body = "" },
        { status = 101, body = "", headers = { ["sec-websocket-accept"] = "else" } } } do
        local connection, request, _, err = attach(nil, nil, nil, reply)
        assert.is_nil(connection)
        assert.equal("protocol", err.kind)
        assert.is_true(request.closed)
      end
    end)
  end)

  describe("have checkpoints", function()
    it("which end them, unless told otherwise", function()
      local client = recorder.client { { status = 201, body = "" }, { status = 201, body = "" } }
      local container = client.containers:get "web"
      assert.is_true(container:checkpoint_create "one")
      assert.equal("POST /v1.51/containers/web/checkpoints", line(client))
      assert.same({ CheckpointID = "one", Exit = true }, client.requests[1].body)
      assert(container:checkpoint_create("two", { Exit = false, CheckpointDir = "/x" }))
      assert.same({ CheckpointID = "two", Exit = false, CheckpointDir = "/x" }, client.requests[2].body)
      assert.matches("name must be", mistake(function() container:checkpoint_create() end))
    end)

    it("which are listed and removed", function()
      local client = recorder.client { { body = '[{"Name":"one"}]' }, { body = "null" }, { status = 204, body = "" },
        { status = 500, body = { message = "checkpoint two does not exist for container web" } } }
      local container = client.containers:get "web"
      assert.equal("one", container:checkpoint_list { dir = "/x" }[1].Name)
      assert.equal("GET /v1.51/containers/web/checkpoints?dir=%2Fx", line(client))
      assert.same({}, container:checkpoint_list())
      assert.is_true(container:checkpoint_delete "one")
      assert.equal("DELETE /v1.51/containers/web/checkpoints/one", line(client))
      local _, _, err = container:checkpoint_delete "two"
      assert.equal("not_found", err.kind)
      assert.matches("checkpoint", mistake(function() container:checkpoint_delete "../x" end))
    end)
  end)
end)
