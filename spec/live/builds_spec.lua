local docker = require "moondock"
local engine = require "spec.live.engine"
local tar = require "spec.tar"

describe("builds on a real engine", function()
  local client = engine.connect()
  local made = {}

  after_each(function()
    engine.clean(client)
    for _, tag in ipairs(made) do client.images:get(tag):remove { force = true } end
    made = {}
  end)

  local function new_tag()
    made[#made + 1] = engine.unique "build" .. ":v1"
    return made[#made]
  end

  local function context(dockerfile, more)
    local files = { Dockerfile = dockerfile }
    for name, bytes in pairs(more or {}) do files[name] = bytes end
    return tar(files)
  end

  for _, version in ipairs { "1", "2" } do
    describe("with builder " .. version, function()
      local function build(bytes, opts)
        opts = opts or {}
        opts.version, opts.tag = version, opts.tag or new_tag()
        opts.timeout = 200
        return client.images:build(bytes, opts)
      end

      it("make an image of nothing but files", function()
        local tag = new_tag()
        local steps = 0
        local image = assert(build(context("FROM scratch\nCOPY hello /hello\nCMD [\"/x\"]\n", { hello = "hi" }),
          { tag = tag, label = { ["moondock.build"] = "yes" }, on_progress = function() steps = steps + 1 end }))
        assert.matches("^sha256:%x+$", image.id)
        assert.is_true(steps > 1)
        local details = assert(client.images:get(tag):inspect())
        assert.equal(image.id, details.Id)
        assert.equal("yes", details.Config.Labels["moondock.build"])
        local container = assert(client.containers:create(tag, nil, engine.labelled()))
        assert.truthy(assert(assert(container:get_archive "/hello"):text()):find("hi", 1, true))
      end)

      it("run commands, with arguments, targets and several tags", function()
        local first, second = new_tag(), new_tag()
        local dockerfile = ("FROM %s AS base\nARG WHO\nRUN echo hello $WHO >/greeting\nFROM base AS other\n"
          .. "RUN exit 9\n"):format(engine.image)
        assert(build(context("FROM scratch", { ["sub/Own"] = dockerfile }), { tag = { first, second },
          file = "sub/Own", build_arg = { WHO = "moon" }, target = "base", no_cache = true }))
        for _, tag in ipairs { first, second } do
          assert.equal("hello moon\n", assert(client:run(tag, { "cat", "/greeting" })).stdout)
        end
      end)

      it("take their context from a function, and much of it", function()
        local bytes = context("FROM scratch\nCOPY big /big\n", { big = ("0123456789abcdef"):rep(128 * 1024) })
        local at = 1
        local image = assert(build(function()
          local chunk = bytes:sub(at, at + 65535)
          at = at + 65536
          return chunk ~= "" and chunk or nil
        end))
        assert.is_true(assert(image:inspect()).Size >= 2 * 1024 * 1024)
      end)

      it("fail with the exit code of a command", function()
        local dockerfile = ("FROM %s\nRUN echo before; exit 3\n"):format(engine.image)
        local image, message, err = build(context(dockerfile))
        assert.is_nil(image)
        assert.equal("exit", err.kind)
        assert.matches(engine.podman and "exit status 3" or "code: 3", message)
        assert.is_true(#err.partial > 0)
      end)

      it("fail with what is wrong with the Dockerfile, or the context", function()
        local image, message, err = build(context "FRM scratch")
        assert.is_nil(image)
        if not engine.lacks("podman", "a Dockerfile that does not begin with FROM", err) then
          assert.equal("invalid", err.kind)
          assert.matches("FRM", message)
        end
        image, message, err = build(context "FROM scratch\nFRM x")
        assert.is_nil(image)
        assert.equal("invalid", err.kind)
        assert.matches("FRM", message)
        image, message, err = build(context "FROM scratch\nCOPY nothing /\n")
        assert.is_nil(image)
        assert.equal("not_found", err.kind)
        assert.matches("nothing", message)
        image, message = build(("this is no archive"):rep(1000))
        assert.is_nil(image)
        assert.is_true(#message > 5)
      end)
    end)
  end

  it("pull private base images with the credentials of the call", function()
    local name = ("%s/%s:v1"):format(engine.private, engine.unique "base")
    local base = client.images:get(name)
    local auth = { username = engine.username, password = engine.password }
    assert(client.images:get(engine.image):tag(name))
    assert(base:push { auth = auth })
    assert(base:remove())
    local bytes = context(("FROM %s\nRUN true\n"):format(name))
    local image, message, err = client.images:build(bytes, { tag = new_tag() })
    assert.is_nil(image)
    assert.equal("unauthorized", err.kind)
    if not engine.lacks("podman", "a private registry without credentials", err) then
      assert.matches("no basic auth credentials", message)
    end
    assert(client.images:build(bytes, { tag = new_tag(), auths = { [engine.private] = auth } }))
    base:remove { force = true }
  end)

  it("by BuildKit tell their steps and what these print", function()
    local steps, output, failed = {}, {}, nil
    local dockerfile = ("FROM %s\nRUN echo to stdout; echo to stderr >&2\nRUN exit 5\n"):format(engine.image)
    local image, _, err = client.images:build(context(dockerfile), { version = "2", no_cache = true, timeout = 200,
      on_progress = function(value)
        for _, vertex in ipairs(value.trace and value.trace.vertexes or {}) do
          steps[vertex.digest] = vertex
          if vertex.error then failed = vertex end
        end
        for _, log in ipairs(value.trace and value.trace.logs or {}) do
          assert.matches("RUN echo to stdout", steps[log.vertex].name)
          output[log.stream] = (output[log.stream] or "") .. log.msg
        end
      end })
    assert.is_nil(image)
    assert.equal("exit", err.kind)
    if engine.lacks("podman", "a build with version = \"2\"", failed, nil) then return end
    assert.same({ "to stdout\n", "to stderr\n" }, output)
    assert.matches("RUN exit 5", failed.name)
    assert.matches("exit code: 5", failed.error)
    assert.is_true(failed.completed >= failed.started)
    assert.is_true(math.abs(failed.started - os.time()) < 1000)
    assert.truthy(err.partial[#err.partial].trace)
  end)

  it("by BuildKit are cancelled by their id", function()
    local id = engine.unique "cancel"
    if engine.podman then
      return assert(engine.lacks("podman", "build_cancel", select(3, client.images:build_cancel(id))))
    end
    local dockerfile = ("FROM %s\nRUN sleep 600\n"):format(engine.image)
    local task = docker.spawn(function()
      return client.images:build(context(dockerfile), { version = "2", build_id = id, no_cache = true, timeout = 200 })
    end)
    local deadline = docker.now() + 200
    repeat
      docker.sleep(0.2)
      assert(client.images:build_cancel(id))
    until task.status ~= "running" or docker.now() > deadline
    local image, message, err = task:await()
    assert.is_nil(image)
    assert.is_true(err.kind ~= "timeout", message)
    assert.matches("cancel", message)
  end)

  it("say the id alone when they are quiet", function()
    local image = assert(client.images:build(context(("FROM %s\nCMD quiet\n"):format(engine.image)),
      { quiet = true, tag = new_tag() }))
    assert.equal(image.id, assert(image:inspect()).Id)
  end)

  it("see other hosts and limits", function()
    local dockerfile = ("FROM %s\nRUN grep db.test /etc/hosts && ulimit -n\n"):format(engine.image)
    local image, _, err = client.images:build(context(dockerfile), { tag = new_tag(), no_cache = true,
      add_host = { ["db.test"] = "10.0.0.2" }, ulimit = "nofile=1000:1000" })
    if engine.lacks("podman", "add_host, ulimit and security_opt of a build", err) then
      image = assert(client.images:build(context(dockerfile), { tag = new_tag(), no_cache = true,
        extrahosts = '["db.test:10.0.0.2"]', ulimits = '["nofile=1000:1000"]' }))
    end
    assert(image:inspect())
  end)

  it("leave a cache, which is pruned", function()
    local report, message, err = client.images:build_prune { filters = { id = "nothing-has-this-id" } }
    if engine.lacks("podman", "build_prune", err) then return end
    assert(report, message)
    assert.equal(0, report.SpaceReclaimed)
  end)

  it("save several images in one archive", function()
    local first, second = new_tag(), new_tag()
    assert(client.images:get(engine.image):tag(first))
    assert(client.images:get(engine.image):tag(second))
    local archive = assert(assert(client.images:save { first, second }):text())
    for _, tag in ipairs { first, second } do assert.truthy(archive:find(tag, 1, true)) end
    assert.is_nil((client.images:save { "no-such-image:1" }))
  end)
end)
