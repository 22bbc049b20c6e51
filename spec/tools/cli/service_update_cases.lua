-- Command lines of `docker service update`, over the services of services.json: "web" has something of
-- everything, "bare" nothing, "plain" what forbids, "mixed" and "shuffled" nothing in order.

local cases = require "spec.tools.cli.cases"
local core = require "moondock.core"
local create = require("spec.tools.cli.service_create_cases")[1]

-- The CLI makes these of maps, in any order. All else has the order that it is sent in.
local UNORDERED = { Env = true, Secrets = true, Configs = true, GenericResources = true }

local groups = {}

local function group(service, facts)
  local all = { verb = "service update --detach --no-resolve-image", tail = service, of = create.of,
    path = "^/services/" .. service .. "/update$", unordered = UNORDERED,
    call = function(client, case) return client.services:get(service):update(case.opts) end }
  for key, value in pairs(facts or {}) do all[key] = value end
  groups[#groups + 1] = cases.group(all)
  return groups[#groups]
end

local web, bare, plain, mixed = group "web", group "bare", group "plain", group "mixed"
local shuffled, stale, everywhere, job = group "shuffled", group "stale", group "everywhere", group "job"

local function each(...)
  web:each(...)
  bare:each(...)
end

local function both(...)
  web:add(...)
  bare:add(...)
end

local function refuse(...)
  web:refuse(...)
  bare:refuse(...)
end

-- One value takes the place of another.
each("--image %s", "image", { "nginx:1.28", "nginx", "example.org:5000/a/b", "busybox:1",
  "nginx@sha256:" .. ("0"):rep(64) })
each("--args %s", "args", { "true", { "'sh -c true'", { "sh", "-c", "true" } },
  { [["sh -c 'echo a  b'"]], { "sh", "-c", "echo a  b" } }, { "''", "" }, { "''", {} } })
each("--entrypoint %s", "entrypoint", { "/bin/sh", { "'env A=1'", { "env", "A=1" } }, { "''", "" } })
each("--hostname %s", "hostname", { "db", { "''", "" }, { "'{{.Node.Hostname}}'", "{{.Node.Hostname}}" } })
each("--user %s", "user", { "root", "1000:1000", { "5", 5 }, { "''", "" } })
each("--workdir %s", "workdir", { "/", "/src/a", { "''", "" } })
each("--isolation %s", "isolation", { "process", "default", "hyperv" })
each("--stop-signal %s", "stop_signal", { "SIGTERM", "9", { "''", "" } })
each("--stop-grace-period %s", "stop_grace_period", { "10s", "0s", { "90s", 90 }, { "500ms", 0.5 } })
for _, flag in ipairs { "tty", "read-only", "init" } do
  each("--" .. flag .. "=%s", flag:gsub("-", "_"), { { "true", true }, { "false", false } })
end
each("--oom-score-adj %s", "oom_score_adj", { { "500", 500 }, { "-1000", -1000 }, { "0", 0 } })
each("--limit-cpu %s", "limit_cpu", { "1.5", { "2", 2 }, { "0", 0 } })
each("--limit-memory %s", "limit_memory", { "64m", "1.5g", { "4194304", 4194304 }, { "0", 0 } })
each("--limit-pids %s", "limit_pids", { { "100", 100 }, { "0", 0 } })
each("--reserve-cpu %s", "reserve_cpu", { "0.25", { "0", 0 } })
each("--reserve-memory %s", "reserve_memory", { "32m", { "0", 0 } })
each("--restart-condition %s", "restart_condition", { "none", "any", "on-failure" })
each("--restart-delay %s", "restart_delay", { "2s", "0s", { "5s", 5 } })
each("--restart-max-attempts %s", "restart_max_attempts", { { "3", 3 }, { "0", 0 } })
each("--restart-window %s", "restart_window", { "1m", { "30s", 30 } })
each("--endpoint-mode %s", "endpoint_mode", { "dnsrr", "vip" })
each("--replicas %s", "replicas", { { "5", 5 }, { "0", 0 } })
plain:each("--replicas-max-per-node %s", "replicas_max_per_node", { { "1", 1 } })
web:each("--replicas-max-per-node %s", "replicas_max_per_node", { { "1", 1 }, { "0", 0 } })
bare:differ("--replicas-max-per-node 2", { replicas_max_per_node = 2 }, "the CLI crashes where nothing was placed yet",
  "TaskTemplate.Placement", { MaxReplicas = 2 })
for _, what in ipairs { "update", "rollback" } do
  local function one(flag, list) each(("--%s-%s %%s"):format(what, flag), what .. "_" .. flag:gsub("-", "_"), list) end
  one("parallelism", { { "0", 0 }, { "4", 4 } })
  one("delay", { "10s", { "5s", 5 }, "0s" })
  one("monitor", { "20s", { "2s", 2 } })
  one("failure-action", { "pause", "continue" })
  one("max-failure-ratio", { { "0.125", 0.125 }, { "0", 0 } })
  one("order", { "start-first", "stop-first" })
  refuse("--" .. what .. "-parallelism -1", { [what .. "_parallelism"] = -1 })
  refuse("--" .. what .. "-delay soon", { [what .. "_delay"] = "soon" })
  refuse("--" .. what .. "-max-failure-ratio high", { [what .. "_max_failure_ratio"] = "high" })
end
both("--update-parallelism 3 --update-order stop-first --rollback-monitor 9s --restart-delay 1s --restart-window 2s",
  { update_parallelism = 3, update_order = "stop-first", rollback_monitor = 9, restart_delay = 1, restart_window = 2 })
both("--limit-cpu 1 --limit-memory 8m --reserve-cpu 0.5 --reserve-memory 4m",
  { limit_cpu = 1, limit_memory = "8m", reserve_cpu = 0.5, reserve_memory = "4m" })
both("--force", { force = true })
both("--force=false --replicas 3", { force = false, replicas = 3 })
both("--force --image nginx:1 --replicas 3", { force = true, image = "nginx:1", replicas = 3 })

-- The health check. One that is forbidden is so no longer when another is described.
for _, service in ipairs { web, bare, plain } do
  service:each("--health-cmd %s", "health_cmd", { "false", { "'a || b'", "a || b" }, { "''", "" } })
  service:each("--health-interval %s", "health_interval", { "5s", { "2s", 2 }, "0s" })
  service:each("--health-timeout %s", "health_timeout", { "5s", { "2s", 2 } })
  service:each("--health-retries %s", "health_retries", { { "3", 3 }, { "0", 0 } })
  service:each("--health-start-period %s", "health_start_period", { "1m", { "2s", 2 } })
  service:add("--no-healthcheck", { no_healthcheck = true })
  service:add("--no-healthcheck=false", { no_healthcheck = false })
  service:add("--no-healthcheck=false --health-cmd a", { no_healthcheck = false, health_cmd = "a" })
  service:add("--health-cmd a --health-interval 1s --health-timeout 2s --health-retries 4 --health-start-period 3s",
    { health_cmd = "a", health_interval = 1, health_timeout = 2, health_retries = 4, health_start_period = 3 })
  service:refuse("--no-healthcheck --health-cmd a", { no_healthcheck = true, health_cmd = "a" })
  service:refuse("--no-healthcheck --health-retries 2", { no_healthcheck = true, health_retries = 2 })
  service:differ("--health-start-interval 7s", { health_start_interval = 7 }, "the CLI forgets it",
    "TaskTemplate.ContainerSpec.HealthCheck.StartInterval", 7000000000)
end

-- The options of a driver go with it.
each("--log-driver %s", "log_driver", { "journald", "json-file" })
both("--log-driver json-file --log-opt max-file=3 --log-opt tag=x",
  { log_driver = "json-file", log_opt = { ["max-file"] = 3, tag = "x" } })
both("--log-driver syslog --log-opt a", { log_driver = "syslog", log_opt = "a" })
both("--log-driver ''", { log_driver = "" })

-- Maps: what is removed and added is there.
for _, flag in ipairs { "label", "container-label", "sysctl" } do
  local name = flag:gsub("-", "_")
  each("--" .. flag .. "-add %s", name .. "_add", { "a=1", "a", "a=", "old=9", "c=9", "net.ipv4.ip_forward=0", "a=b=c",
    { "a=1", { a = 1 } } })
  each("--" .. flag .. "-rm %s", name .. "_rm", { "old", "c", "net.ipv4.ip_forward", "absent", "old=1",
    "net.ipv4.ip_forward=1" })
  both(("--%s-add a=1 --%s-add b=2"):format(flag, flag), { [name .. "_add"] = { "a=1", "b=2" } })
  for _, list in ipairs { { "old", "kept" }, { "c", "d" }, { "net.ipv4.ip_forward", "net.core.somaxconn" } } do
    both(("--%s-rm %s --%s-rm %s"):format(flag, list[1], flag, list[2]), { [name .. "_rm"] = list })
  end
  both(("--%s-rm old --%s-rm c --%s-add old=5 --%s-add c=6"):format(flag, flag, flag, flag),
    { [name .. "_rm"] = { "old", "c" }, [name .. "_add"] = { old = 5, c = 6 } })
end
plain:add("--label-rm old", { label_rm = "old" })
refuse("--label-add =x", { label_add = "=x" })
refuse("--container-label-add =x", { container_label_add = "=x" })

-- Variables: the last of one name holds.
each("--env-add %s", "env_add", { "D=4", "A=9", "A=", "C=3", "A=b=c", "SPEC_HERE", "SPEC_NOT_HERE",
  { "D=4", { D = 4 } } })
each("--env-rm %s", "env_rm", { "A", "C", "absent", "A=1" })
both("--env-add A=5 --env-add D=1 --env-add A=6", { env_add = { "A=5", "D=1", "A=6" } })
both("--env-rm A --env-rm B --env-rm C", { env_rm = { "A", "B", "C" } })
both("--env-rm A --env-add A=7 --env-rm B", { env_rm = { "A", "B" }, env_add = "A=7" })
refuse("--env-add =x", { env_add = "=x" })

-- Lists that are sorted: what is removed and added is gone.
local function lists(flag, add, rm)
  local name = flag:gsub("-", "_")
  each("--" .. flag .. "-add %s", name .. "_add", add)
  each("--" .. flag .. "-rm %s", name .. "_rm", rm)
  both(("--%s-add %s --%s-add %s"):format(flag, add[1], flag, add[2]), { [name .. "_add"] = { add[1], add[2] } })
  both(("--%s-rm %s --%s-rm %s"):format(flag, rm[1], flag, rm[2]), { [name .. "_rm"] = { rm[1], rm[2] } })
  both(("--%s-add %s --%s-rm %s --%s-rm %s"):format(flag, add[1], flag, add[1], flag, rm[1]),
    { [name .. "_add"] = add[1], [name .. "_rm"] = { add[1], rm[1] } })
end
lists("constraint", { "node.id==x", "a.label!=b" }, { "node.role==manager", "node.labels.a==b", "absent" })
lists("group", { "wheel", "0" }, { "7", "staff", "absent" })
lists("dns", { "8.8.8.8", "0.0.0.1", "9.9.9.9", "2001:4860:4860::8888" }, { "1.1.1.1", "9.9.9.9", "8.8.4.4" })
lists("dns-search", { "z.org", "b.org", "example.org" }, { "example.org", "a.example.org", "absent" })
lists("dns-option", { "timeout:3", "a", "debug" }, { "ndots:2", "debug", "absent" })
for _, flag in ipairs { "constraint", "group" } do
  mixed:add("--" .. flag .. "-add a==b", { [flag .. "_add"] = "a==b" })
  mixed:add("--" .. flag .. "-rm absent", { [flag .. "_rm"] = "absent" })
end
mixed:differ("--dns-add 8.8.8.8", { dns_add = "8.8.8.8" }, "the CLI sorts what else is said of DNS, where order counts",
  "TaskTemplate.ContainerSpec.DNSConfig", { Nameservers = { "1.1.1.1", "8.8.8.8", "9.9.9.9" },
    Search = { "z.org", "a.org" }, Options = { "rotate", "debug" } })
both("--dns-add 8.8.8.8 --dns-search-rm example.org --dns-option-add a",
  { dns_add = "8.8.8.8", dns_search_rm = "example.org", dns_option_add = "a" })
refuse("--dns-add nowhere", { dns_add = "nowhere" })
web:differ("--constraint-add node.role==manager", { constraint_add = "node.role==manager" },
  "the CLI adds again what is there, and the tasks begin anew", "TaskTemplate.Placement.Constraints",
  { "node.labels.a==b", "node.role==manager" })
web:differ("--group-add staff", { group_add = "staff" }, "the CLI adds again what is there",
  "TaskTemplate.ContainerSpec.Groups", { "7", "staff" })

-- Preferences have an order, and one may stand twice.
each("--placement-pref-add %s", "placement_pref_add", { "spread=node.labels.dc", "spread=node.labels.zone" })
each("--placement-pref-rm %s", "placement_pref_rm", { "spread=node.labels.zone", "spread=absent" })
both("--placement-pref-rm spread=node.labels.zone --placement-pref-add spread=node.labels.zone"
  .. " --placement-pref-add spread=b", { placement_pref_rm = "spread=node.labels.zone",
    placement_pref_add = { "spread=node.labels.zone", "spread=b" } })
refuse("--placement-pref-add zone", { placement_pref_add = "zone" })
refuse("--placement-pref-rm zone", { placement_pref_rm = "zone" })
refuse("--placement-pref-rm pack=zone", { placement_pref_rm = "pack=zone" })

-- Mounts are known by their targets, and sorted by their sources.
each("--mount-add %s", "mount_add", { "type=bind,source=/x,target=/y", "type=bind,source=/z,target=/b",
  "type=volume,source=a,target=/a", "type=tmpfs,target=/t,tmpfs-size=1m", "target=/anonymous",
  { "type=volume,source=w,target=/v,volume-nocopy", { type = "volume", source = "w", target = "/v",
    volume_nocopy = true } } })
each("--mount-rm %s", "mount_rm", { "/b", "/v", "/absent", "v" })
both("--mount-add source=z,target=/z --mount-add source=a,target=/a --mount-rm /b --mount-rm /v",
  { mount_add = { "source=z,target=/z", "source=a,target=/a" }, mount_rm = { "/b", "/v" } })
both("--mount-add type=volume,source=n,target=/v --mount-rm /v",
  { mount_add = "type=volume,source=n,target=/v", mount_rm = "/v" })
shuffled:add("--mount-add type=volume,source=m,target=/m --ulimit-rm absent",
  { mount_add = "type=volume,source=m,target=/m", ulimit_rm = "absent" })
refuse("--mount-add type=bind,source=/x", { mount_add = "type=bind,source=/x" })
refuse("--mount-add source=a,target=/a --mount-add source=b,target=/a",
  { mount_add = { "source=a,target=/a", "source=b,target=/a" } })
shuffled:differ("--replicas 2", { replicas = 2 },
  "the CLI sorts mounts and limits though nobody named them, and the tasks begin anew",
  "TaskTemplate.ContainerSpec.Mounts", { { Type = "volume", Source = "v", Target = "/v" },
    { Type = "volume", Source = "a", Target = "/a" } })

-- Limits are known by their names.
each("--ulimit-add %s", "ulimit_add", { "nofile=1024:2048", "core=-1", "nproc=5", { "cpu=5:6", { cpu = "5:6" } } })
each("--ulimit-rm %s", "ulimit_rm", { "nofile", "absent", "nofile=1" })
both("--ulimit-add stack=1 --ulimit-add core=2 --ulimit-add core=3", { ulimit_add = { "stack=1", "core=2", "core=3" } })
both("--ulimit-rm nofile --ulimit-rm nproc", { ulimit_rm = { "nofile", "nproc" } })
both("--ulimit-rm nofile --ulimit-add nofile=7", { ulimit_rm = "nofile", ulimit_add = { nofile = 7 } })
refuse("--ulimit-add nofile", { ulimit_add = "nofile" })
refuse("--ulimit-add nofile=5:2", { ulimit_add = "nofile=5:2" })

-- Hosts keep their order. A name goes from one address or from all, and the last takes the line along.
each("--host-add %s", "host_add", { "e:10.0.0.5", "a:10.0.0.1", "a:10.0.0.9", "e:2001:db8::1", "e=10.0.0.5",
  { "e:10.0.0.5", { e = "10.0.0.5" } }, "'e:[::1]'" })
for _, service in ipairs { web, bare } do service.list[#service.list].opts.host_add = "e:[::1]" end
each("--host-rm %s", "host_rm", { "a", "c", "a:10.0.0.3", "a:10.0.0.9", "absent", { "b:10.0.0.2", { b = "10.0.0.2" } },
  "10.0.0.1" })
both("--host-rm a --host-rm b --host-rm c --host-rm d", { host_rm = { "a", "b", "c", "d" } })
both("--host-rm a:10.0.0.1 --host-add a:10.0.0.1 --host-add a:10.0.0.1",
  { host_rm = "a:10.0.0.1", host_add = { "a:10.0.0.1", "a:10.0.0.1" } })
mixed:add("--host-add b:10.0.0.1", { host_add = "b:10.0.0.1" })
refuse("--host-add db", { host_add = "db" })
web:differ("--host-rm a=10.0.0.1", { host_rm = "a=10.0.0.1" }, "the CLI adds with = but removes with : alone",
  "TaskTemplate.ContainerSpec.Hosts", { "10.0.0.2 b", "10.0.0.3 a c", "10.0.0.4 d" })

-- Capabilities: what was dropped and is added is neither.
for _, service in ipairs { web, bare, plain } do
  service:each("--cap-add %s", "cap_add", { "net_admin", "CAP_CHOWN", "kill", "all", "RESET" })
  service:each("--cap-drop %s", "cap_drop", { "net_admin", "chown", "CAP_KILL", "ALL", "reset" })
  service:add("--cap-add sys_time --cap-drop sys_time --cap-drop chown",
    { cap_add = "sys_time", cap_drop = { "sys_time", "chown" } })
  service:add("--cap-add reset --cap-add net_admin --cap-drop reset",
    { cap_add = { "reset", "net_admin" }, cap_drop = "reset" })
  service:add("--cap-add all --cap-add kill --cap-drop all", { cap_add = { "all", "kill" }, cap_drop = "all" })
end

-- Generic resources are known by their kinds. Only what is there can be removed.
each("--generic-resource-add %s", "generic_resource_add", { "gpu=4", "ssd=1", { "ssd=2", { ssd = 2 } } })
both("--generic-resource-add ssd=1 --generic-resource-add gpu=9", { generic_resource_add = { "ssd=1", "gpu=9" } })
both("--generic-resource-add gpu=1 --generic-resource-rm gpu",
  { generic_resource_add = "gpu=1", generic_resource_rm = "gpu" })
web:add("--generic-resource-rm gpu", { generic_resource_rm = "gpu" })
refuse("--generic-resource-rm absent", { generic_resource_rm = "absent" })
refuse("--generic-resource-add gpu", { generic_resource_add = "gpu" })
refuse("--generic-resource-add gpu=UUID1", { generic_resource_add = "gpu=UUID1" })

-- Ports go by target, protocol and mode.
each("--publish-add %s", "publish_add", { { "90", 90 }, "9090:90", "5353:53/udp", "8080:80", "9000-9002:90-92",
  "9000-9001:90",  "target=80,published=8081,mode=host", "target=53,published=53,protocol=udp", "9090:80",
  { "target=90,published=9090,mode=host", { target = 90, published = 9090, mode = "host" } } })
each("--publish-rm %s", "publish_rm", { { "80", 80 }, "80/tcp", "53", "53/udp", "1234:80", "target=80,mode=host",
  { "target=53,protocol=udp", { target = 53, protocol = "udp" } }, "99", "80-81" })
both("--publish-rm 80 --publish-rm 53/udp --publish-rm target=80,mode=host",
  { publish_rm = { 80, "53/udp", "target=80,mode=host" } })
both("--publish-rm 80 --publish-add 9090:80 --publish-add 1:1", { publish_rm = 80, publish_add = { "9090:80", "1:1" } })
mixed:add("--publish-add 85:85", { publish_add = "85:85" })
refuse("--publish-add x", { publish_add = "x" })
refuse("--publish-add 127.0.0.1:80:80", { publish_add = "127.0.0.1:80:80" })
refuse("--publish-add published=80", { publish_add = "published=80" })
refuse("--publish-rm x", { publish_rm = "x" })
web:differ("--publish-rm 80 --publish-add 8080:80", { publish_rm = 80, publish_add = "8080:80" },
  "the CLI does not add again what it has just removed", "EndpointSpec.Ports",
  { { Protocol = "udp", TargetPort = 53, PublishedPort = 53, PublishMode = "ingress" },
    { Protocol = "tcp", TargetPort = 80, PublishedPort = 8080, PublishMode = "ingress" },
    { Protocol = "tcp", TargetPort = 80, PublishedPort = 8081, PublishMode = "host" } })

-- Networks are known by the ids of what was named.
for _, service in ipairs { web, bare, plain, mixed } do
  service:each("--network-add %s", "network_add", { "net0", "called-net5",
    { "name=net5,alias=x,alias=y,driver-opt=a=b", { name = "net5", alias = { "x", "y" }, driver_opt = "a=b" } } })
  service:each("--network-rm %s", "network_rm", { "net1", "called-net1", "net8" })
  service:add("--network-rm net1 --network-add name=net1,alias=new",
    { network_rm = "net1", network_add = "name=net1,alias=new" })
  service:add("--network-rm net1 --network-rm net2 --network-rm net3", { network_rm = { "net1", "net2", "net3" } })
  service:add("--network-add net7 --network-add net0", { network_add = { "net7", "net0" } })
  service:refuse("--network-add net0 --network-add called-net0", { network_add = { "net0", "called-net0" } })
  service:refuse("--network-add absent", { network_add = "absent" })
  service:refuse("--network-rm absent", { network_rm = "absent" })
  service:refuse("--network-add name=a,colour=red", { network_add = "name=a,colour=red" })
end
for _, service in ipairs { web, plain, mixed } do
  service:refuse("--network-add called-net1", { network_add = "called-net1" })
end

-- Secrets and configs are known by their names. An engine refuses two that are put into one file.
each("--secret-add %s", "secret_add", { "new", "source=new,target=/n,uid=1,gid=2,mode=0400", "src=key,target=other",
  { "source=new,target=n", { source = "new", target = "n" } } })
each("--secret-rm %s", "secret_rm", { "key", "cert", "absent", "/etc/cert" })
both("--secret-add a --secret-add b", { secret_add = { "a", "b" } })
both("--secret-rm key --secret-rm cert", { secret_rm = { "key", "cert" } })
both("--secret-rm key --secret-add source=new,target=key", { secret_rm = "key", secret_add = "source=new,target=key" })
refuse("--secret-add absent", { secret_add = "absent" })
refuse("--secret-add a --secret-add source=b,target=a", { secret_add = { "a", "source=b,target=a" } })
refuse("--secret-add target=k", { secret_add = "target=k" })
each("--config-add %s", "config_add", { "new", "source=new,target=/n,mode=0400", "src=conf,target=/other" })
each("--config-rm %s", "config_rm", { "conf", "absent", "cred" })
both("--config-rm conf --config-add source=new,target=/conf",
  { config_rm = "conf", config_add = "source=new,target=/conf" })
both("--config-add a --config-add b", { config_add = { "a", "b" } })
refuse("--config-add absent", { config_add = "absent" })
refuse("--config-add a --config-add source=b,target=a", { config_add = { "a", "source=b,target=a" } })
each("--credential-spec %s", "credential_spec", { "file://a.json", "registry://a", "config://new", { "''", "" } })
both("--credential-spec config://new --config-add more --config-rm conf",
  { credential_spec = "config://new", config_add = "more", config_rm = "conf" })
plain:add("--credential-spec config://new", { credential_spec = "config://new" })
refuse("--credential-spec nowhere", { credential_spec = "nowhere" })
refuse("--credential-spec config://absent", { credential_spec = "config://absent" })
web:differ("--credential-spec config://cred", { credential_spec = "config://cred" },
  "the CLI refers twice to the config that it already had", "TaskTemplate.ContainerSpec.Configs",
  { { ConfigID = "id-conf", ConfigName = "conf", File = { Name = "/conf", UID = "0", GID = "0", Mode = 292 } },
    { ConfigID = "id-cred", ConfigName = "cred" } })
stale:add("--credential-spec ''", { credential_spec = "" })
stale:differ("--replicas 2", { replicas = 2 }, "the CLI removes a config that nobody named, and the tasks begin anew",
  "TaskTemplate.ContainerSpec.Configs", { { ConfigID = "id-cred", ConfigName = "cred" } })

-- Services of other modes.
everywhere:add("--image nginx:1 --env-add A=1", { image = "nginx:1", env_add = { A = 1 } })
everywhere:refuse("--replicas 2", { replicas = 2 })
job:add("--image nginx:1", { image = "nginx:1" })
job:differ("--replicas 6", { replicas = 6 }, "`docker service scale` does it", "Mode.ReplicatedJob",
  { MaxConcurrent = 2, TotalCompletions = 6 })
job:differ("--max-concurrent 3", { max_concurrent = 3 }, "the CLI forgets it", "Mode.ReplicatedJob",
  { MaxConcurrent = 3, TotalCompletions = 4 })
refuse("--replicas -1", { replicas = -1 })
refuse("--replicas many", { replicas = "many" })

-- What is wrong for all of them.
refuse("--limit-cpu many", { limit_cpu = "many" })
refuse("--limit-memory 64x", { limit_memory = "64x" })
refuse("--limit-pids x", { limit_pids = "x" })
refuse("--health-interval soon", { health_interval = "soon" })
refuse("--health-retries many", { health_retries = "many" })
refuse("--restart-max-attempts -1", { restart_max_attempts = -1 })
refuse("--stop-grace-period x", { stop_grace_period = "x" })
refuse("--oom-score-adj x", { oom_score_adj = "x" })
refuse("--env A=1", { env = "A=1" })
refuse("--mode global", { mode = "global" })

-- Beside the body: what is asked of the engine, and with whose credentials.
local function beside(record)
  local ok, auth = core.decode(type(record.auth) == "string" and core.unbase64(record.auth) or "")
  return { query = record.query, auth = ok and auth or nil, image = record.body.TaskTemplate.ContainerSpec.Image }
end

local AUTH = { username = "moon", password = "planted-secret-update", serveraddress = "https://index.docker.io/v1/" }
local config = cases.folder { ["config.json"] = ('{"auths":{"%s":{"auth":"%s"}}}'):format(AUTH.serveraddress,
  core.base64(AUTH.username .. ":" .. AUTH.password, "standard")) }

-- To take the credentials of the old spec is what an engine does unless told otherwise.
local asked = group("web", { verb = "service update --detach", of = beside, defaults = { registryAuthFrom = "spec" },
  environment = "DOCKER_CONFIG=" .. config })
asked:add("--force", { force = true })
asked:add("--rollback", { rollback = true })
asked:add("--image nginx:2 --with-registry-auth --no-resolve-image",
  { image = "nginx:2", with_registry_auth = true, auth = AUTH })
asked:add("--with-registry-auth", { with_registry_auth = true, auth = AUTH })
asked:add("--image nginx:2 --no-resolve-image", { image = "nginx:2", no_resolve_image = true })
asked:refuse("--rollback --image nginx", { rollback = true, image = "nginx" })
asked:refuse("--rollback --force", { rollback = true, force = true })

-- Engines that do not know a field yet.
local old = group("bare", { environment = "DOCKER_API_VERSION=1.43", api_version = "1.43" })
old:add("--image nginx:1 --init --health-interval 1s", { image = "nginx:1", init = true, health_interval = 1 })
old:refuse("--oom-score-adj 5", { oom_score_adj = 5 })
old:refuse("--health-start-interval 5s", { health_start_interval = 5 })

return groups
