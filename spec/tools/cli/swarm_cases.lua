-- Command lines of `docker swarm init`, `join`, `update` and `docker node update`.

local cases = require "spec.tools.cli.cases"

local init = cases.group { verb = "swarm init", path = "^/swarm/init$",
  call = function(client, case) return client.swarm:init(case.opts) end,
  -- The defaults of its flags, which are the engine's.
  defaults = { ListenAddr = "0.0.0.0:2377", NodeCertExpiry = 7776000000000000, HeartbeatPeriod = 5000000000,
    TaskHistoryRetentionLimit = 5, SnapshotInterval = 10000, SubnetSize = 24, Availability = "active",
    AutoLockManagers = false } }

local update = cases.group { verb = "swarm update", path = "^/swarm/update$",
  call = function(client, case) return client.swarm:update(case.opts) end }

local function both(line, opts)
  init:add(line, opts)
  update:add(line, opts)
end

init:add("", {})
init:each("--advertise-addr %s", "advertise_addr", { "10.0.0.1", "10.0.0.1:2377", "eth0", "eth0:2377", "'[::1]:2377'" })
init.list[#init.list].opts.advertise_addr = "[::1]:2377"
init:each("--listen-addr %s", "listen_addr", { "10.0.0.1:2377", "10.0.0.1", "eth0" })
init:each("--data-path-addr %s", "data_path_addr", { "10.0.0.1", "eth0" })
init:each("--data-path-port %s", "data_path_port", { { "7777", 7777 } })
init:each("--default-addr-pool %s", "default_addr_pool", { "10.20.0.0/16",
  { "10.20.0.0/16,10.30.0.0/16", { "10.20.0.0/16", "10.30.0.0/16" } } })
init:add("--default-addr-pool 10.20.0.0/16 --default-addr-pool-mask-length 26",
  { default_addr_pool = "10.20.0.0/16", default_addr_pool_mask_length = 26 })
init:add("--force-new-cluster", { force_new_cluster = true })
init:each("--availability %s", "availability", { "active", "pause", "drain" })
both("--autolock", { autolock = true })
both("--autolock=false", { autolock = false })
both("--cert-expiry 48h", { cert_expiry = "48h" })
both("--cert-expiry 90m", { cert_expiry = 5400 })
both("--dispatcher-heartbeat 10s", { dispatcher_heartbeat = "10s" })
both("--dispatcher-heartbeat 1.5s", { dispatcher_heartbeat = 1.5 })
both("--task-history-limit 10", { task_history_limit = 10 })
both("--task-history-limit 0", { task_history_limit = 0 })
both("--max-snapshots 3", { max_snapshots = 3 })
both("--snapshot-interval 5000", { snapshot_interval = 5000 })
both("--external-ca protocol=cfssl,url=https://ca.example.org",
  { external_ca = "protocol=cfssl,url=https://ca.example.org" })
both("--external-ca protocol=cfssl,url=https://ca.example.org,a=b",
  { external_ca = { protocol = "cfssl", url = "https://ca.example.org", a = "b" } })
both("--autolock --cert-expiry 1h --max-snapshots 2", { autolock = true, cert_expiry = "1h", max_snapshots = 2 })

for _, group in ipairs { init, update } do
  group:refuse("--cert-expiry soon", { cert_expiry = "soon" })
  group:refuse("--external-ca url=https://x", { external_ca = "url=https://x" })
  group:refuse("--external-ca protocol=cfssl", { external_ca = "protocol=cfssl" })
  group:refuse("--external-ca protocol=other,url=https://x", { external_ca = "protocol=other,url=https://x" })
  group:refuse("--max-snapshots -1", { max_snapshots = -1 })
end
init:refuse("--availability away", { availability = "away" })
init:refuse("--default-addr-pool x", { default_addr_pool = "x" })
init:refuse("--data-path-port 80000000000", { data_path_port = 80000000000 })

local join = cases.group { verb = "swarm join", path = "^/swarm/join$", tail = "10.0.0.1:2377",
  call = function(client, case) return client.swarm:join("10.0.0.1:2377", case.opts) end,
  defaults = { ListenAddr = "0.0.0.0:2377", Availability = "active" } }

join:add("--token t", { token = "t" })
join:add("--token t --advertise-addr 10.0.0.2", { token = "t", advertise_addr = "10.0.0.2" })
join:add("--token t --listen-addr 10.0.0.2:2378", { token = "t", listen_addr = "10.0.0.2:2378" })
join:add("--token t --data-path-addr eth1", { token = "t", data_path_addr = "eth1" })
join:add("--token t --availability drain", { token = "t", availability = "drain" })
join:refuse("--token t --availability away", { token = "t", availability = "away" })

local node = cases.group { verb = "node update", path = "^/nodes/other/update$", tail = "other",
  call = function(client, case) return client.nodes:get("other"):update(case.opts) end }

node:each("--availability %s", "availability", { "active", "pause", "drain" })
node:each("--role %s", "role", { "worker", "manager" })
node:each("--label-add %s", "label_add", { "a=1", "a", "old=9", "a=b=c", { "a=1", { a = 1 } } })
node:add("--label-add a=1 --label-add b=2", { label_add = { "a=1", "b=2" } })
node:each("--label-rm %s", "label_rm", { "old" })
node:add("--label-rm old --label-rm kept", { label_rm = { "old", "kept" } })
node:add("--label-rm old --label-add a=1 --role manager --availability drain",
  { label_rm = "old", label_add = { a = 1 }, role = "manager", availability = "drain" })

return { init, update, join, node }
