-- Swarms. The engine is a manager of one (`--! swarm`), or is in none yet and another one is near
-- (`--! engines`); `address` is its own, reboot() stops it and starts it again.

--# Swarm:init
--# Swarm:inspect
--# Swarm:tokens
--# Swarm:join
--# Swarm:leave
--# Node:promote
--# Node:demote
--# Node:remove
--! engines
local id = assert(client.swarm:init { advertise_addr = address, task_history_limit = 3 })
print(id, assert(client.swarm:inspect()).CreatedAt)

local tokens = assert(client.swarm:tokens())
assert(other.swarm:join(address .. ":2377", { token = tokens.Worker, insecure_credentials = true }))
local worker = client.nodes:get(assert(other:info()).Swarm.NodeID)
assert(worker:promote())
repeat docker.sleep(0.2) until (assert(worker:inspect()).ManagerStatus or {}).Reachability == "reachable"
assert(worker:demote())

assert(client.swarm:tokens { rotate = "worker" }) -- the old one is worth nothing now
assert(other.swarm:leave { force = true })
assert(worker:remove { force = true })
assert(client.swarm:leave { force = true })

--# Swarm:unlock_key
--# Swarm:unlock
--! engines
assert(client.swarm:init { advertise_addr = address, autolock = true })
local key = assert(client.swarm:unlock_key())
reboot()
while assert(client:info()).Swarm.LocalNodeState ~= "locked" do docker.sleep(0.2) end
assert(client.swarm:unlock(key))
while not client.swarm:inspect() do docker.sleep(0.2) end
assert(client.swarm:leave { force = true })

--# Swarm:update
--! swarm
assert(client.swarm:update { task_history_limit = 4, cert_expiry = "2160h" })
assert(client.swarm:update(function(spec) spec.Orchestration.TaskHistoryRetentionLimit = 5 end))

--# Nodes:list
--# Nodes:get
--# Nodes:self
--# Node:inspect
--# Node:tasks
--! swarm
for _, node in ipairs(assert(client.nodes:list { filters = { role = "manager" } })) do
  print(node.Description.Hostname, node.Status.State, node.ManagerStatus.Leader)
end
local here = assert(client.nodes:self())
assert(here.id == assert(client.nodes:get(here.id):inspect()).ID)
for _, task in ipairs(assert(here:tasks { filters = { ["desired-state"] = "running" } })) do print(task.id) end

--# Node:update
--# Node:pause
--# Node:drain
--# Node:activate
--! swarm
local here = assert(client.nodes:self())
assert(here:update { label_add = { disk = "ssd" } })
assert(here:pause())
assert(here:drain())
assert(here:activate())
assert(here:update(function(spec) spec.Labels.disk = nil end))

--# Services:create
--# Service:wait
--# Service:scale
--# Service:update
--# Service:rollback
--# Service:remove
--! swarm
local web = assert(client.services:create(image, { "sleep", "600" }, {
  name = unique "web", replicas = 1, env = { MODE = "blue" }, limit_memory = "64m",
  stop_grace_period = "1s", update_parallelism = 0, update_monitor = "1s", update_failure_action = "rollback",
}))
assert(web:wait { timeout = 120, monitor = 1 })
assert(web:scale(2))
assert(web:update(function(spec) spec.Labels.owner = "shop" end))
assert(web:update { env_add = { MODE = "green" }, mount_add = { type = "tmpfs", target = "/t" }, limit_memory = "96m",
  label_add = { stage = "test" }, host_add = "db:10.0.0.9" })
assert(web:wait { timeout = 120 })
assert(web:rollback())
assert(web:wait { timeout = 120, rollback = true })
assert(web:remove())

--# Services:list
--# Services:get
--! swarm
for _, service in ipairs(assert(client.services:list { filters = { label = "project=shop" } })) do
  print(service.id, service.Spec.Name)
end
local web = client.services:get "web" -- nothing is sent

--# Service:inspect
--# Service:logs
--# Service:tasks
--# Tasks:list
--# Tasks:get
--# ServiceTask:inspect
--# ServiceTask:logs
--! swarm
local service = assert(client.services:create(image, { "sh", "-c", "echo hello; exec sleep 600" },
  { name = unique "logged", stop_grace_period = "1s" }))
local running = assert(service:wait { timeout = 120, monitor = 1 })
print(assert(service:inspect()).Spec.Name, #assert(service:tasks()))
print((assert(service:logs { tail = 10 }):text()))
local task = client.tasks:get(assert(client.tasks:list { filters = { service = service.id } })[1].id)
print(assert(task:inspect()).Status.State, task.id == running[1].id)
for line, source in assert(task:logs()):lines() do print(source, line) end
assert(service:remove())

--# Secrets:create
--# Secret:inspect
--# Secret:update
--# Secret:remove
--! swarm
local secret = assert(client.secrets:create(unique "key", "any bytes\0", { label = { stage = "test" } }))
assert(secret:update { label_add = { owner = "shop" }, label_rm = "stage" })
local details = assert(secret:inspect())
assert(details.Spec.Labels.owner == "shop" and not details.Spec.Data)
assert(secret:remove())

--# Secrets:list
--# Secrets:get
--! swarm
for _, each in ipairs(assert(client.secrets:list { filters = { label = "owner=shop" } })) do
  print(each.id, each.Spec.Name)
end
local key = client.secrets:get "key" -- nothing is sent

--# Configs:create
--# Config:inspect
--# Config:data
--# Config:update
--# Config:remove
--! swarm
local config = assert(client.configs:create(unique "conf", "listen 80\n", { label = { stage = "test" } }))
assert(config:data() == "listen 80\n")
assert(config:update { label = { stage = "live" } })
print(assert(config:inspect()).Spec.Labels.stage)
assert(config:remove())

--# Configs:list
--# Configs:get
--! swarm
for _, each in ipairs(assert(client.configs:list { filters = { label = "stage=live" } })) do
  print(each.id, each.Spec.Name)
end
local conf = client.configs:get "conf" -- nothing is sent
