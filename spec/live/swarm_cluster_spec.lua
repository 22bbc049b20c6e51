-- Three engines, each with an address of its own, as one swarm.

local engine = require "spec.live.engine"
local own = require "spec.live.swarm_engine"

describe("a swarm of three engines", function()
  local machines, manager
  local first, second, third

  setup(function()
    machines = own.start(3)
    first, second, third = machines[1], machines[2], machines[3]
    manager = first.client
    -- Nodes that are gone are missed after three heartbeats.
    assert(manager.swarm:init { advertise_addr = first.address, listen_addr = first.address,
      dispatcher_heartbeat = 1 })
    local token = assert(manager.swarm:tokens()).Worker
    for _, each in ipairs { second, third } do
      assert(each.client.swarm:join(first.address .. ":2377", { token = token, advertise_addr = each.address,
        listen_addr = each.address, timeout = 200 }))
      each.node = manager.nodes:get(assert(each.client:info()).Swarm.NodeID)
    end
    first.node = assert(manager.nodes:self())
  end)

  teardown(function() own.stop() end)

  -- How many tasks of the service run on each node.
  local function spread(service)
    local counts = {}
    for _, task in ipairs(assert(service:tasks { filters = { ["desired-state"] = "running" } })) do
      if task.Status.State == "running" then counts[task.NodeID] = (counts[task.NodeID] or 0) + 1 end
    end
    return counts
  end

  local function reachable(each)
    local status = assert(each.node:inspect()).ManagerStatus
    return type(status) == "table" and status.Reachability == "reachable"
  end

  it("has three nodes, of which one manages", function()
    engine.poll("three ready nodes", function()
      local ready = 0
      for _, node in ipairs(assert(manager.nodes:list())) do
        if node.Status.State == "ready" then ready = ready + 1 end
      end
      return ready == 3
    end)
    assert.equal(1, #assert(manager.nodes:list { filters = { role = "manager" } }))
    local nodes, _, err = second.client.nodes:list()
    assert.is_nil(nodes)
    assert.equal("unavailable", err.kind)
    local ok
    ok, _, err = second.client.swarm:join(first.address .. ":2377", { token = "SWMTKN-1-x" })
    assert.is_nil(ok)
    assert.equal("conflict", err.kind)
  end)

  it("spreads tasks, and moves them off a node that is drained", function()
    local service = assert(manager.services:create(own.image, { "sleep", "600" },
      { name = "web", replicas = 6, stop_grace_period = 0 }))
    assert(service:wait { timeout = 200, monitor = 0 })
    local counts = spread(service)
    for _, each in ipairs(machines) do assert.equal(2, counts[each.node.id]) end
    assert(third.node:drain())
    engine.poll("no task on the drained node", function()
      local now = spread(service)
      return not now[third.node.id] and now[first.node.id] == 3 and now[second.node.id] == 3
    end)
    assert.equal(6, #assert(service:wait { timeout = 200, monitor = 0 }))
    assert.equal(2, #assert(third.node:tasks { filters = { ["desired-state"] = "shutdown" } }))
    assert(third.node:activate())
    assert(service:remove())
  end)

  it("runs what is global on all nodes", function()
    local service = assert(manager.services:create(own.image, { "sh", "-c", "echo $NODE; exec sleep 600" },
      { mode = "global", stop_grace_period = 0, env = { NODE = "{{.Node.ID}}" } }))
    engine.poll("a task on each node", function()
      return #assert(service:wait { timeout = 200, monitor = 0 }) == 3
    end)
    local nodes = {}
    engine.poll("the logs of three nodes", function()
      nodes = {}
      for line in assert(service:logs()):lines() do nodes[#nodes + 1] = line end
      return #nodes == 3
    end)
    local expected = { first.node.id, second.node.id, third.node.id }
    table.sort(expected)
    table.sort(nodes)
    assert.same(expected, nodes)
    assert(service:remove())
  end)

  it("makes managers of workers, and back", function()
    assert(second.node:promote())
    assert(third.node:promote())
    engine.poll("two more managers", function() return reachable(second) and reachable(third) end)
    -- A new manager is unavailable a little longer.
    local managers = engine.poll("the list of another manager", function()
      return second.client.nodes:list { filters = { role = "manager" } }
    end)
    assert.equal(3, #managers)
    -- What one manager changed, another one sees.
    assert(second.client.nodes:get(third.node.id):update { label_add = { seen = "1" } })
    engine.poll("the label", function() return assert(third.node:inspect()).Spec.Labels.seen end)
    assert(third.node:demote())
    engine.poll("the end of its managing", function()
      local nodes, _, err = third.client.nodes:list()
      return not nodes and err.kind == "unavailable"
    end)
  end)

  it("loses nodes that leave", function()
    local ok, message, err = third.node:remove()
    assert.is_nil(ok)
    assert.equal("conflict", err.kind)
    assert.is_truthy(message:find "not down" or message:find "manager", message)
    engine.poll("the worker's leave", function() return own.has_left(third.client.swarm:leave()) end)
    engine.poll("a node that is down", function() return assert(third.node:inspect()).Status.State == "down" end)
    -- The engine refuses until it has forgotten that it was a manager.
    engine.poll("its removal", function() return (third.node:remove()) end)
    assert.equal(2, #assert(manager.nodes:list()))
  end)

  it("begins anew from what one of its managers has", function()
    assert(manager.configs:create("kept", "x"))
    own.stop(second)
    assert(manager.swarm:init { advertise_addr = first.address, listen_addr = first.address,
      force_new_cluster = true })
    engine.poll("the new swarm", function() return manager.nodes:list() end)
    assert.equal("kept", assert(manager.configs:list())[1].Spec.Name)
    -- The lost manager, which can no longer be asked, is a worker like others.
    engine.poll("its removal", function() return (second.node:remove { force = true }) end)
    assert.equal(1, #assert(manager.nodes:list()))
    assert.is_true(own.has_left(manager.swarm:leave { force = true }))
  end)
end)
