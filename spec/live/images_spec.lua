local engine = require "spec.live.engine"

describe("images on a real engine", function()
  local client = engine.connect()
  local auth = { username = engine.username, password = engine.password, serveraddress = engine.private }

  after_each(function() engine.clean(client) end)

  local function tagged(registry)
    local name = ("%s/%s"):format(registry, engine.unique "image")
    assert(client.images:get(engine.image):tag(name .. ":v1"))
    return name
  end

  it("are listed, inspected and have a history", function()
    local found
    for _, image in ipairs(assert(client.images:list())) do
      for _, tag in ipairs(type(image.RepoTags) == "table" and image.RepoTags or {}) do
        if tag == engine.listed(engine.image) then found = image end
      end
    end
    assert.truthy(found)
    local details = assert(found:inspect())
    assert.equal("linux", details.Os)
    assert.is_true(#assert(found:history()) > 0)
  end)

  it("have digests in a list, asked for or not", function()
    local function digests_of(list)
      local of = {}
      for _, image in ipairs(assert(list)) do of[image.id] = image.RepoDigests end
      return of
    end
    local list, _, err = client.images:list { digests = true }
    if engine.lacks("podman", "digests of images:list", err) then
      for _, digests in pairs(digests_of(client.images:list())) do assert.equal("table", type(digests)) end
    else
      assert.same(digests_of(client.images:list()), digests_of(list))
    end
  end)

  it("go to a registry and come back, with progress", function()
    local name = tagged(engine.registry)
    local steps = 0
    local pushed = assert(client.images:get(name .. ":v1"):push { on_progress = function(value)
      assert(type(value) == "table")
      steps = steps + 1
    end })
    assert.matches("^sha256:", pushed.Digest)
    assert.is_true(steps > 1)
    assert(client.images:get(name .. ":v1"):remove())
    local image = assert(client.images:pull(name .. ":v1"))
    assert.equal(name .. ":v1", image.id)
    if not engine.lacks("podman", "Digest of a pulled image", image.Digest, nil) then
      assert.equal(pushed.Digest, image.Digest)
    end
    assert.equal("linux", assert(image:inspect()).Os)
    assert(image:remove())
    image = assert(client.images:pull(name .. "@" .. pushed.Digest))
    assert(image:inspect())
    assert(image:remove())
  end)

  it("pull the tag latest unless told otherwise, and all tags on request", function()
    local name = tagged(engine.registry)
    local base = client.images:get(name .. ":v1")
    assert(base:tag(name .. ":latest"))
    assert(client.images:get(name):push { all_tags = true })
    assert(client.images:get(name .. ":latest"):remove())
    assert(base:remove())
    assert(client.images:pull(name))
    local _, _, err = base:inspect()
    assert.equal("not_found", err.kind)
    local pulled = assert(client.images:pull(name, { all_tags = true }))
    for _, image in ipairs(pulled) do assert(image:inspect()) end
    if not engine.lacks("podman", "push and pull with all_tags", #pulled, 1) then assert.equal(2, #pulled) end
    _, _, err = base:inspect()
    if not engine.lacks("podman", "push and pull with all_tags", err and err.kind, "^not_found$") then
      assert(base:inspect())
      assert(base:remove())
    end
    assert(client.images:get(name .. ":latest"):remove())
  end)

  it("need credentials at a private registry", function()
    local name = tagged(engine.private)
    local image = client.images:get(name .. ":v1")
    local _, message, err = image:push()
    assert.equal("unauthorized", err.kind)
    if not engine.lacks("podman", "a private registry without credentials", err) then
      assert.matches("no basic auth credentials", message)
    end
    assert(image:push { auth = auth })
    assert(image:remove())
    _, _, err = client.images:pull(name .. ":v1")
    assert.truthy(err)
    local wrong = { username = engine.username, password = "wrong?>~", serveraddress = engine.private }
    _, message, err = client.images:pull(name .. ":v1", { auth = wrong })
    assert.truthy(err)
    assert.falsy(message:find("wrong?>~", 1, true))
    assert(client.images:pull(name .. ":v1", { auth = auth }))
    assert(image:remove())
  end)

  it("use the credentials of a login, for that registry alone", function()
    local name = tagged(engine.private)
    local image = client.images:get(name .. ":v1")
    assert(image:push { auth = auth })
    assert(image:remove())
    local own = engine.connect()
    local _, _, err = own:login { username = engine.username, password = "no", registry = engine.private }
    if engine.lacks("podman", "login at a registry without TLS", err) then return end
    assert.equal("unauthorized", err.kind)
    assert(own:login { username = engine.username, password = engine.password,
      registry = "http://" .. engine.private .. "/v2/" })
    assert(own.images:pull(name .. ":v1"))
    assert(image:remove())
    local other = engine.connect { auth = auth }
    assert(other.images:pull(name .. ":v1"))
    assert(image:remove())
  end)

  it("fail with the engine's words when a pull fails", function()
    local image, message, err = client.images:pull(engine.registry .. "/no/such:image")
    assert.is_nil(image)
    assert.equal("not_found", err.kind)
    assert.is_true(#message > 10)
    local none, _, unreachable = client.images:pull "127.0.0.1:1/unreachable"
    assert.is_nil(none)
    assert.truthy(unreachable.kind)
  end)

  it("are pulled by a run that misses them", function()
    local name = tagged(engine.registry)
    assert(client.images:get(name .. ":v1"):push())
    assert(client.images:get(name .. ":v1"):remove())
    assert.equal("hi\n", assert(client:run(name .. ":v1", { "echo", "hi" })).stdout)
    assert.equal("hi\n", assert(client:run(name .. ":v1", { "echo", "hi" }, { pull = "always" })).stdout)
    assert(client.images:get(name .. ":v1"):remove())
  end)

  it("are tagged by table or reference, and removed by either", function()
    local image = client.images:get(engine.image)
    local repo = engine.unique "tag"
    assert(image:tag { repo = repo, tag = "a" })
    assert(image:tag(repo))
    local removed = assert(client.images:get(repo .. ":a"):remove())
    assert.truthy(removed[1].Untagged)
    assert(client.images:get(repo):remove())
    assert.has_error(function() image:tag(repo .. "@sha256:abc") end)
  end)

  it("are imported, saved and loaded as archives", function()
    local repo = engine.unique "import"
    local file = assert(io.open(engine.rootfs, "rb"))
    local image = assert(client.images:import(file, { repo = repo, tag = "v1",
      changes = { "CMD [\"echo\", \"imported\"]" } }))
    file:close()
    assert.matches("^sha256:", image.id)
    assert.equal("imported\n", assert(client:run(repo .. ":v1")).stdout)
    local path = os.tmpname()
    local size = assert(assert(client.images:get(repo .. ":v1"):save()):to_file(path))
    assert.is_true(size > 500000)
    assert(client.images:get(repo .. ":v1"):remove { force = true })
    file = assert(io.open(path, "rb"))
    local loaded = assert(client.images:load(file))
    file:close()
    os.remove(path)
    assert.equal(engine.listed(repo .. ":v1", "library/"), loaded[1].id)
    assert(loaded[1]:remove { force = true })
  end)

  it("tell what is wrong with an archive", function()
    local loaded, message, err = client.images:load(("garbage"):rep(1000))
    assert.is_nil(loaded)
    assert.truthy(err.kind)
    assert.is_true(#message > 5)
  end)

  it("are pruned", function()
    local report = assert(client.images:prune { filters = { label = "moondock.nothing.has.this" } })
    assert.equal(0, report.SpaceReclaimed)
    local filters = { dangling = false, label = "moondock.nothing.has.this" }
    local all, _, err = client.images:prune { filters = filters }
    if not engine.lacks("podman", "images:prune{ filters = { dangling = false } }", err) then
      assert.same({}, all.ImagesDeleted)
    end
  end)

  it("are loaded under all their names", function()
    local image = client.images:get(engine.image)
    local first, second = engine.unique "load" .. ":a", engine.unique "load" .. ":b"
    assert(image:tag(first))
    assert(image:tag(second))
    local loaded = assert(client.images:load(assert(client.images:save { first, client.images:get(second) }):text()))
    assert.equal(2, #loaded)
    for _, each in ipairs(loaded) do assert(each:remove()) end
    local committed = assert(client.containers:create(image, { "true" }, engine.labelled()))
    assert.equal(1, #assert(assert(committed:commit { repo = "localhost:5000/" .. first }):inspect()).RepoTags)
    assert(client.images:get("localhost:5000/" .. first):remove())
  end)

  it("move through containers as archives", function()
    local container = assert(client.containers:create(engine.image, "true", engine.labelled()))
    local archive = assert(container:get_archive "/bin/busybox"):text()
    assert.is_true(#archive > 500000)
    assert(container:put_archive("/tmp", archive))
    assert.equal(#archive, #assert(assert(container:get_archive "/tmp/busybox"):text()))
    local ok, message, err = container:put_archive("/no/such/folder", ("x"):rep(20 * 1024 * 1024))
    assert.is_nil(ok)
    if not engine.lacks("podman", "put_archive into a folder that does not exist", err) then
      assert.equal("not_found", err.kind)
      assert.matches("/no/such/folder", message)
    end
    assert.is_true(#assert(container:export()):text() > 500000)
  end)
end)
