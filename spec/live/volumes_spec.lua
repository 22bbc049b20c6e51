local engine = require "spec.live.engine"

describe("volumes on a real engine", function()
  local client = engine.connect()

  after_each(function()
    engine.clean(client)
    for _, volume in ipairs(assert(client.volumes:list { filters = { label = "moondock.spec" } })) do
      assert(volume:remove())
    end
  end)

  local function create(opts)
    return assert(client.volumes:create(engine.unique "volume", engine.labelled(opts)))
  end

  local function exists(volume)
    local details, _, err = volume:inspect()
    assert.is_true(details ~= nil or err.kind == "not_found")
    return details ~= nil
  end

  it("keep what containers write", function()
    local volume = create()
    local binding = { volume = volume.id .. ":/data" }
    assert.equal(0, assert(client:run(engine.image, { "sh", "-c", "echo kept >/data/file" }, binding)).exit_code)
    assert.equal("kept\n", assert(client:run(engine.image, { "cat", "/data/file" }, binding)).stdout)
  end)

  it("are created once, listed, inspected and removed", function()
    local volume = create { driver = "local" }
    assert.equal("local", volume.Driver)
    assert.equal(volume, assert(client.volumes:create(volume.id, { driver = "local" })))
    local found = assert(client.volumes:list { filters = { name = volume.id } })
    assert.equal(1, #found)
    assert.equal(volume, found[1])
    assert.equal("1", assert(volume:inspect()).Labels["moondock.spec"])
    assert.is_true(volume:remove())
    assert.is_false(exists(volume))
    local ok, _, err = volume:remove()
    assert.is_nil(ok)
    assert.equal("not_found", err.kind)
    assert.is_true(volume:remove { force = true })
  end)

  it("take options of their driver, and refuse wrong ones", function()
    local volume = create { opt = { type = "tmpfs", device = "tmpfs", o = "nosuid" } }
    assert.equal("tmpfs", assert(volume:inspect()).Options.type)
    local result = assert(client:run(engine.image, { "grep", " /data ", "/proc/mounts" },
      { volume = volume.id .. ":/data" }))
    assert.matches("tmpfs.*nosuid", result.stdout)
    local none, message, err = client.volumes:create(engine.unique "volume",
      engine.labelled { opt = { tipe = "tmpfs" } })
    assert.is_nil(none)
    assert.equal("invalid", err.kind)
    assert.matches("tipe", message)
  end)

  it("take a size, where their file system can limit it", function()
    local name = engine.unique "volume"
    local volume, message, err = client.volumes:create(name,
      engine.labelled { opt = { type = "tmpfs", device = "tmpfs", o = "size=1m" } })
    if engine.lacks("podman", "a volume with the option o = \"size=...\"", err) then return end
    assert(volume, message)
    assert.matches(" 1024 ", assert(client:run(engine.image, { "df", "-k", "/data" },
      { volume = name .. ":/data" })).stdout)
  end)

  it("get a name from the engine when they are given none", function()
    local volume = assert(client.volumes:create(nil, engine.labelled()))
    assert.matches("^%x+$", volume.id)
    assert.equal(64, #volume.id)
  end)

  it("are not removed while they are used", function()
    local volume = create()
    engine.sleeper(client, { volume = volume.id .. ":/data" })
    local ok, _, err = volume:remove()
    assert.is_nil(ok)
    assert.equal("conflict", err.kind)
  end)

  it("are pruned without those that have names, on every engine", function()
    local named = create()
    local unnamed = assert(client.volumes:create(nil, engine.labelled()))
    local used = assert(client.volumes:create(nil, engine.labelled()))
    engine.sleeper(client, { volume = used.id .. ":/data" })
    local kept = assert(client.volumes:create { label = { ["moondock.spec"] = "1", keep = "yes" } })
    local report = assert(client.volumes:prune { filters = { label = "moondock.spec", ["label!"] = "keep=yes" } })
    assert.same({ unnamed.id }, report.VolumesDeleted)
    assert.is_true(exists(named) and exists(used) and exists(kept))
    report = assert(client.volumes:prune { all = true,
      filters = { label = "moondock.spec", ["label!"] = { keep = "yes" } } })
    assert.same({ named.id }, report.VolumesDeleted)
    assert.is_true(exists(used) and exists(kept))
  end)

  it("that are no cluster volumes cannot be updated", function()
    local ok, message, err = create():update { availability = "drain" }
    assert.is_nil(ok)
    assert.matches("no cluster volume", message)
    assert.equal("invalid", err.kind)
  end)
end)
