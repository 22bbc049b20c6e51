local recorder = require "spec.api.recorder"

describe("volumes", function()
  teardown(recorder.restore)

  local function sent(client, at) return client.requests[at or #client.requests] end

  local function line(client, at) return sent(client, at).method .. " " .. sent(client, at).target end

  local function mistake(fn) return recorder.mistake("spec/api/volumes_spec.lua", fn) end

  local function create(...)
    local client = recorder.client { { status = 201, body = { Name = "data", Driver = "local" } } }
    local volume = assert(client.volumes:create(...))
    assert.equal("data", volume.id)
    assert.equal("POST /v1.51/volumes/create", line(client))
    return sent(client).body
  end

  it("are created with or without a name", function()
    assert.same({}, create())
    assert.same({ Name = "data" }, create "data")
    assert.same({ Name = "data", Driver = "nfs" }, create { name = "data", driver = "nfs" })
    assert.same({ Driver = "nfs" }, create(nil, { driver = "nfs" }))
  end)

  it("are created with flags, and the engine's own fields over them", function()
    assert.same({ Name = "data", Driver = "local", DriverOpts = { type = "tmpfs", device = "tmpfs" },
      Labels = { a = "1", b = "" } }, create("data", { driver = "local",
        opt = { type = "tmpfs", device = "none" }, label = { "a=1", "b" }, DriverOpts = { device = "tmpfs" } }))
  end)

  it("are created for a swarm, as complete as the command line makes them", function()
    assert.same({ Name = "data", Driver = "csi", ClusterVolumeSpec = { Group = "fast",
      Availability = "active", AccessMode = { Scope = "single", Sharing = "none", BlockVolume = {} } } },
      create("data", { driver = "csi", group = "fast" }))
    assert.same({ Name = "data", ClusterVolumeSpec = { Availability = "drain",
      AccessMode = { Scope = "multi", Sharing = "all", MountVolume = {} },
      CapacityRange = { LimitBytes = 2 ^ 30, RequiredBytes = 1000 },
      Secrets = { { Key = "a", Secret = "s1" }, { Key = "b", Secret = "s2" } },
      AccessibilityRequirements = { Requisite = { { Segments = { region = "east", rack = "1" } } },
        Preferred = { { Segments = { region = "west" } }, { Segments = { region = "north" } } } } } },
      create("data", { availability = "drain", scope = "multi", sharing = "all", type = "mount",
        limit_bytes = "1g", required_bytes = 1000, secret = { b = "s2", a = "s1" },
        topology_required = "region=east,rack=1", topology_preferred = { "region=west", "region=north" } }))
  end)

  it("are not created by mistake", function()
    local volumes = recorder.client().volumes
    assert.matches("name must be a string", mistake(function() volumes:create(7) end))
    assert.matches("unknown option 'size'", mistake(function() volumes:create("data", { size = 1 }) end))
    assert.matches("type must be mount or block", mistake(function()
      volumes:create("data", { type = "file" })
    end))
    assert.matches("expected a string", mistake(function() volumes:create("data", { Driver = 7 }) end))
    assert.matches("non%-empty", mistake(function() volumes:get "" end))
  end)

  it("are listed as handles, with the warnings of drivers", function()
    local client = recorder.client { { body = '{"Volumes":[{"Name":"data"}],"Warnings":["slow"]}' },
      { body = '{"Volumes":null,"Warnings":null}' }, { body = "{}" } }
    local list, warnings = client.volumes:list { filters = { dangling = true } }
    assert.equal("data", list[1].id)
    assert.same({ "slow" }, warnings)
    assert.equal('{"dangling":["true"]}', sent(client).query.filters)
    for _ = 1, 2 do
      list, warnings = client.volumes:list()
      assert.same({}, list)
      assert.is_nil(warnings)
    end
  end)

  it("are inspected and removed", function()
    local client = recorder.client { { body = { Name = "data" } }, { status = 204, body = "" },
      { status = 409, body = { message = "volume is in use" } } }
    local volume = client.volumes:get "data"
    assert.equal("data", volume:inspect().Name)
    assert.equal("GET /v1.51/volumes/data", line(client))
    assert.is_true(volume:remove { force = true })
    assert.equal("DELETE /v1.51/volumes/data?force=1", line(client))
    local ok, _, err = volume:remove()
    assert.is_nil(ok)
    assert.equal("conflict", err.kind)
  end)

  it("are updated from what they are", function()
    local now = { Name = "data", ClusterVolume = { Version = { Index = 7 },
      Spec = { Group = "fast", Availability = "active" } } }
    local client = recorder.client { { body = now }, { body = "" } }
    assert.is_true(client.volumes:get "data":update { availability = "drain" })
    assert.equal("PUT /v1.51/volumes/data?version=7", line(client))
    assert.same({ Spec = { Group = "fast", Availability = "drain" } }, sent(client).body)
    client = recorder.client { { body = "" } }
    assert(client.volumes:get "data":update { version = 8, Spec = { Availability = "pause" } })
    assert.equal("PUT /v1.51/volumes/data?version=8", line(client, 1))
    client = recorder.client { { body = { Name = "data" } } }
    local ok, _, err = client.volumes:get "data":update { availability = "drain" }
    assert.is_nil(ok)
    assert.equal("invalid", err.kind)
  end)

  describe("are pruned", function()
    local function prune(opts)
      local client = recorder.client { { body = { VolumesDeleted = { "x" }, SpaceReclaimed = 1 } } }
      assert.same({ "x" }, client.volumes:prune(opts).VolumesDeleted)
      assert.equal("POST /v1.51/volumes/prune", sent(client).method .. " " .. sent(client).path)
      return sent(client).query.filters
    end

    it("without names, and with them on request", function()
      assert.equal("{}", prune())
      assert.equal('{"label":["a=b"]}', prune { filters = { label = { a = "b" } } })
      assert.equal('{"all":["true"]}', prune { all = true })
      assert.equal('{"all":["true"]}', prune { filters = { all = true } })
      assert.equal('{"all":["true"]}', prune { filters = { all = { "1" } } })
      assert.equal("{}", prune { filters = { all = "false" } })
    end)

    local ANONYMOUS = ("a1"):rep(32)

    it("on old engines one by one, never those with names", function()
      local other, kept = ("b2"):rep(32), ("c3"):rep(32)
      local client = recorder.client({ { body = { Volumes = { { Name = "named" }, { Name = ANONYMOUS },
        { Name = kept, Labels = { keep = "yes" } }, { Name = other, Labels = { keep = "no" } } } } },
        { status = 204, body = "" }, { status = 409, body = { message = "in use" } } }, { api_version = "1.41" })
      local report = assert(client.volumes:prune { filters = { label = "mine", ["label!"] = "keep=yes" } })
      assert.same({ ANONYMOUS }, report.VolumesDeleted)
      assert.is_nil(report.SpaceReclaimed)
      local filters = sent(client, 1).query.filters
      assert.truthy(filters:find('"dangling":["true"]', 1, true) and filters:find('"label":["mine"]', 1, true))
      assert.equal("DELETE /v1.41/volumes/" .. ANONYMOUS, line(client, 2))
      assert.equal("DELETE /v1.41/volumes/" .. other, line(client, 3))
      assert.equal(3, #client.requests)
    end)

    it("on old engines one by one as well when all with some label are kept", function()
      local client = recorder.client({ { body = { Volumes = { { Name = "named" }, { Name = ANONYMOUS },
        { Name = "kept", Labels = { keep = "yes" } } } } }, { status = 204, body = "" }, { status = 204, body = "" } },
        { api_version = "1.41" })
      local report = assert(client.volumes:prune { all = true, filters = { ["label!"] = "keep=yes" } })
      assert.same({ "named", ANONYMOUS }, report.VolumesDeleted)
      assert.equal('{"dangling":["true"]}', sent(client, 1).query.filters)
    end)

    it("on old engines with what was done when one fails", function()
      local client = recorder.client({ { body = { Volumes = { { Name = ANONYMOUS }, { Name = ("d4"):rep(32) } } } },
        { status = 204, body = "" }, { status = 500, body = { message = "disk broke" } } }, { api_version = "1.41" })
      local report, message, err = client.volumes:prune()
      assert.is_nil(report)
      assert.matches("disk broke", message)
      assert.same({ ANONYMOUS }, err.partial.VolumesDeleted)
    end)

    it("on old engines by the engine where all may go", function()
      local client = recorder.client({ {} }, { api_version = "1.41" })
      assert(client.volumes:prune { all = true, filters = { label = "mine" } })
      assert.equal('{"label":["mine"]}', sent(client).query.filters)
      assert.equal("/v1.41/volumes/prune", sent(client).path)
    end)

    it("with no other options", function()
      local volumes = recorder.client().volumes
      assert.matches("unknown option 'force'", mistake(function() volumes:prune { force = true } end))
      assert.matches("option all", mistake(function() volumes:prune { all = "yes" } end))
      assert.matches("one too many", mistake(function() volumes:prune { all = true, filters = { all = true } } end))
      assert.matches("filter 'all' must be", mistake(function() volumes:prune { filters = { all = "maybe" } } end))
      assert.matches("option filters must be a table or nil, not string", mistake(function()
        volumes:prune { filters = '{"label":["mine"]}' }
      end))
    end)
  end)
end)
