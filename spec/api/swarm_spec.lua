local recorder = require "spec.api.recorder"

local SPEC = '{"Version":{"Index":7},"Spec":{"Name":"default","Labels":{},"Raft":{"SnapshotInterval":10000}},'
  .. '"JoinTokens":{"Worker":"w","Manager":"m"}}'

describe("the swarm", function()
  teardown(recorder.restore)

  local function line(client, at)
    local request = client.requests[at or #client.requests]
    return request.method .. " " .. request.target
  end

  local function mistake(fn) return recorder.mistake("spec/api/swarm_spec.lua", fn) end

  it("begins with the flags of the command line", function()
    local client = recorder.client { { body = '"node1"' } }
    assert.equal("node1", client.swarm:init { advertise_addr = "10.0.0.1", listen_addr = "10.0.0.1:2377",
      data_path_addr = "eth1", data_path_port = 7777, default_addr_pool = { "10.1.0.0/16" },
      default_addr_pool_mask_length = 26, force_new_cluster = true, autolock = true, availability = "drain",
      cert_expiry = "720h", dispatcher_heartbeat = 7, max_snapshots = 2, snapshot_interval = 500,
      task_history_limit = 3, external_ca = "protocol=cfssl,url=https://ca.example,a=b",
      Spec = { Labels = { x = "y" } } })
    assert.equal("POST /v1.51/swarm/init", line(client))
    assert.same({ AdvertiseAddr = "10.0.0.1", ListenAddr = "10.0.0.1:2377", DataPathAddr = "eth1",
      DataPathPort = 7777, DefaultAddrPool = { "10.1.0.0/16" }, SubnetSize = 26, ForceNewCluster = true,
      AutoLockManagers = true, Availability = "drain", Spec = { Labels = { x = "y" },
        CAConfig = { NodeCertExpiry = 2592000000000000,
          ExternalCAs = { { Protocol = "cfssl", URL = "https://ca.example", Options = { a = "b" } } } },
        Dispatcher = { HeartbeatPeriod = 7000000000 }, Raft = { KeepOldSnapshots = 2, SnapshotInterval = 500 },
        Orchestration = { TaskHistoryRetentionLimit = 3 }, EncryptionConfig = { AutoLockManagers = true } } },
      client.requests[1].body)
  end)

  it("reads the certificate of an authority", function()
    local path = os.tmpname()
    finally(function() os.remove(path) end)
    local file = assert(io.open(path, "wb"))
    file:write "-----BEGIN CERTIFICATE-----\nabc\n"
    file:close()
    local client = recorder.client { { body = '"node1"' }, { body = '"node1"' } }
    local ca = { protocol = "cfssl", url = "https://ca.example", cacert = path }
    assert(client.swarm:init { external_ca = ca })
    local sent = client.requests[1].body.Spec.CAConfig.ExternalCAs[1]
    assert.same({ Protocol = "cfssl", URL = "https://ca.example", CACert = "-----BEGIN CERTIFICATE-----\nabc\n" }, sent)
    ca.cacert = sent.CACert
    assert(client.swarm:init { external_ca = ca })
    assert.same(sent, client.requests[2].body.Spec.CAConfig.ExternalCAs[1])
    ca.cacert = path .. ".absent"
    assert.matches("PEM file", mistake(function() client.swarm:init { external_ca = ca } end))
  end)

  it("begins without any", function()
    local client = recorder.client { { body = '"node1"' } }
    assert.equal("node1", client.swarm:init())
    assert.same({ ListenAddr = "0.0.0.0:2377", Spec = {} }, client.requests[1].body)
  end)

  it("begins with networks of a size, where pools are given: engines break without one", function()
    local client = recorder.client { { body = '"node1"' }, { body = '"node1"' } }
    assert(client.swarm:init { default_addr_pool = "22.0.0.0/16" })
    assert.equal(24, client.requests[1].body.SubnetSize)
    assert(client.swarm:init { DefaultAddrPool = { "22.0.0.0/16" }, SubnetSize = 20 })
    assert.equal(20, client.requests[2].body.SubnetSize)
  end)

  it("is joined with a token", function()
    local client = recorder.client { { body = "" } }
    assert.is_true(client.swarm:join("10.0.0.1:2377", { token = "SWMTKN", advertise_addr = "eth0",
      availability = "active", DataPathAddr = "eth1" }))
    assert.equal("POST /v1.51/swarm/join", line(client))
    assert.same({ RemoteAddrs = { "10.0.0.1:2377" }, JoinToken = "SWMTKN", ListenAddr = "0.0.0.0:2377",
      AdvertiseAddr = "eth0", Availability = "active", DataPathAddr = "eth1" }, client.requests[1].body)
  end)

  it("is left", function()
    local client = recorder.client { { body = "" } }
    assert.is_true(client.swarm:leave { force = true })
    assert.equal("POST /v1.51/swarm/leave?force=1", line(client))
  end)

  it("is changed from what it is", function()
    local client = recorder.client { { body = SPEC }, { body = "" } }
    assert.is_true(client.swarm:update { autolock = true, task_history_limit = 1, Labels = { a = "b" } })
    assert.equal("GET /v1.51/swarm", line(client, 1))
    assert.equal("POST /v1.51/swarm/update?version=7", line(client))
    assert.same({ Name = "default", Labels = { a = "b" }, Raft = { SnapshotInterval = 10000 },
      EncryptionConfig = { AutoLockManagers = true }, Orchestration = { TaskHistoryRetentionLimit = 1 } },
      client.requests[2].body)
  end)

  it("is changed by a function", function()
    local client = recorder.client { { body = SPEC }, { body = "" } }
    assert.is_true(client.swarm:update(function(spec) spec.Labels.b = "c" end, { rotateManagerToken = true }))
    assert.equal("c", client.requests[2].body.Labels.b)
    assert.equal("1", client.requests[2].query.rotateManagerToken)
  end)

  it("tells its tokens, and makes new ones", function()
    local client = recorder.client { { body = SPEC } }
    assert.same({ Worker = "w", Manager = "m" }, client.swarm:tokens())
    client = recorder.client { { body = SPEC }, { body = "" }, { body = SPEC } }
    assert.equal("w", client.swarm:tokens { rotate = "worker" }.Worker)
    assert.equal("1", client.requests[2].query.rotateWorkerToken)
  end)

  it("tells its key, makes a new one, and is unlocked with it", function()
    local client = recorder.client { { body = '{"UnlockKey":"k"}' } }
    assert.equal("k", client.swarm:unlock_key())
    client = recorder.client { { body = SPEC }, { body = "" }, { body = '{"UnlockKey":"k"}' } }
    assert.equal("k", client.swarm:unlock_key { rotate = true })
    assert.equal("1", client.requests[2].query.rotateManagerUnlockKey)
    assert.equal("GET /v1.51/swarm/unlockkey", line(client))
    client = recorder.client { { body = "" } }
    assert.is_true(client.swarm:unlock "SWMKEY")
    assert.same({ UnlockKey = "SWMKEY" }, client.requests[1].body)
    assert.equal("POST /v1.51/swarm/unlock", line(client))
  end)

  it("that is not there is unavailable", function()
    local client = recorder.client { { status = 503, body = { message = "This node is not a swarm manager." } } }
    local details, message, err = client.swarm:inspect()
    assert.is_nil(details)
    assert.equal("unavailable", err.kind)
    assert.matches("not a swarm manager", message)
  end)

  it("refuses mistakes before anything is sent", function()
    local client = recorder.client {}
    assert.matches("needs default_addr_pool", mistake(function()
      client.swarm:init { default_addr_pool_mask_length = 26 }
    end))
    assert.matches("unknown option 'adress'.*advertise_addr", mistake(function() client.swarm:init { adress = 1 } end))
    assert.matches("task_history_limit must be", mistake(function()
      client.swarm:update { task_history_limit = -1 }
    end))
    assert.matches("unknown option 'x'; it takes: autolock", mistake(function() client.swarm:update { x = 1 } end))
    assert.matches("remote must be", mistake(function() client.swarm:join({}, { token = "t" }) end))
    assert.matches("option rotate", mistake(function() client.swarm:tokens { rotate = "all" } end))
    assert.matches("key must be", mistake(function() client.swarm:unlock() end))
    assert.equal(0, #client.requests)
  end)
end)
