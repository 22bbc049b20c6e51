-- Command lines of `docker service create`.

local cases = require "spec.tools.cli.cases"

-- The specification spells one field of the wire in another way; engines take both.
local function body_of(record)
  local container = record.body.TaskTemplate.ContainerSpec
  if container then
    container.HealthCheck = container.HealthCheck or container.Healthcheck
    container.Healthcheck = nil
  end
  return record.body
end

local group = cases.group {
  verb = "service create --detach --no-resolve-image", path = "^/services/create$", tail = "busybox",
  of = body_of,
  call = function(client, case) return client.services:create("busybox", case.command, case.opts) end,
  defaults = { EndpointSpec = { Mode = "vip", Init = false }, Replicated = {}, Mode = "vip", Init = false },
}

local function add(...) return group:add(...) end
local function each(...) return group:each(...) end
local function refuse(...) return group:refuse(...) end

local env_file = cases.file "# comment\n\n  B=2\nA=x y \nSPEC_NOT_HERE\nA=z\n"

-- Several flags at once.
add("", {})
add("", {}, "sleep 60", { "sleep", "60" })
add("--name web", { name = "web" })
add("--label a=1 --label b --container-label c=2=3", { label = { "a=1", "b" }, container_label = { c = "2=3" } })
add("--entrypoint sh --hostname h --user 1000:5 --group staff --group 7 --workdir /src",
  { entrypoint = "sh", hostname = "h", user = "1000:5", group = { "staff", "7" }, workdir = "/src" }, "-c true",
    { "-c", "true" })
add("--tty --read-only --init --isolation default",
  { tty = true, read_only = true, init = true, isolation = "default" })
add("--env A=1 --env B=2 --env A=3", { env = { "A=1", "B=2", "A=3" } })
add("--env-file " .. env_file .. " --env B=9", { env_file = env_file, env = { B = 9 } })
add("--stop-signal SIGINT --stop-grace-period 1m30s", { stop_signal = "SIGINT", stop_grace_period = "1m30s" })
add("--stop-grace-period 500ms", { stop_grace_period = 0.5 })
add("--replicas 3", { replicas = 3 })
add("--replicas 0", { replicas = 0 })
add("--mode global", { mode = "global" })
add("--mode replicated-job --replicas 5 --max-concurrent 2",
  { mode = "replicated-job", replicas = 5, max_concurrent = 2 })
add("--mode replicated-job --replicas 4", { mode = "replicated-job", replicas = 4 })
add("--mode replicated-job", { mode = "replicated-job" })
add("--mode global-job", { mode = "global-job" })
add("--publish 80", { publish = 80 })
add("--publish 8080:80 --publish 53:53/udp", { publish = { "8080:80", "53:53/udp" } })
add("--publish 8000-8002:80-82", { publish = "8000-8002:80-82" })
add("--publish 8000-8001:80", { publish = "8000-8001:80" })
add("--publish target=80,published=8080,mode=host,protocol=udp",
  { publish = "target=80,published=8080,mode=host,protocol=udp" })
add("--publish target=80,published=8080,mode=host", { publish = { target = 80, published = 8080, mode = "host" } })
add("--endpoint-mode dnsrr", { endpoint_mode = "dnsrr" })
add("--mount type=bind,source=/a,target=/b,readonly --mount type=volume,src=v,dst=/c,volume-nocopy=true",
  { mount = { "type=bind,source=/a,target=/b,readonly", { type = "volume", src = "v", dst = "/c",
    volume_nocopy = true } } })
add("--mount target=/anonymous", { mount = "target=/anonymous" })
add("--mount type=volume,target=/v,volume-driver=local,volume-opt=type=tmpfs,volume-opt=o=size=1m"
  .. ",volume-label=a=b,volume-label=c",
  { mount = { type = "volume", target = "/v", volume_driver = "local", volume_opt = { type = "tmpfs",
    o = "size=1m" }, volume_label = { a = "b", c = "" } } })
add("--mount type=tmpfs,target=/t,tmpfs-size=64m,tmpfs-mode=1777",
  { mount = { type = "tmpfs", target = "/t", tmpfs_size = "64m", tmpfs_mode = "1777" } })
add("--mount type=bind,src=/a,dst=/b,bind-propagation=rshared,bind-recursive=disabled",
  { mount = "type=bind,src=/a,dst=/b,bind-propagation=rshared,bind-recursive=disabled" })
add("--mount type=image,src=busybox,dst=/i,image-subpath=bin",
  { mount = { type = "image", src = "busybox", dst = "/i", image_subpath = "bin" } })
add([[--mount 'type=volume,src=v,dst=/c,"volume-opt=o=a,b"']],
  { mount = 'type=volume,src=v,dst=/c,"volume-opt=o=a,b"' })
add("--dns 1.1.1.1 --dns-search example.com --dns-option ndots:2",
  { dns = "1.1.1.1", dns_search = { "example.com" }, dns_option = "ndots:2" })
add("--host a:10.0.0.1 --host b=::1 --host c:[::2]", { host = { "a:10.0.0.1", "b=::1", "c:[::2]" } })
add("--sysctl net.core.somaxconn=10 --ulimit nofile=1024:2048 --ulimit core=-1 --ulimit nproc=5",
  { sysctl = { ["net.core.somaxconn"] = 10 }, ulimit = { "nofile=1024:2048", "core=-1", "nproc=5" } })
add("--cap-add net_admin --cap-add CAP_SYS_TIME --cap-drop mknod --cap-drop sys_time",
  { cap_add = { "net_admin", "CAP_SYS_TIME" }, cap_drop = { "mknod", "sys_time" } })
add("--cap-add ALL --cap-add net_admin --cap-drop all", { cap_add = { "ALL", "net_admin" }, cap_drop = "all" })
add("--oom-score-adj -500", { oom_score_adj = -500 })
add("--limit-cpu 1.5 --limit-memory 64m --limit-pids 20 --reserve-cpu .25 --reserve-memory 1.5g",
  { limit_cpu = 1.5, limit_memory = "64m", limit_pids = 20, reserve_cpu = 0.25, reserve_memory = "1.5g" })
add("--generic-resource gpu=2 --generic-resource ssd=1", { generic_resource = { "gpu=2", "ssd=1" } })
add("--constraint node.role==manager --constraint node.labels.a!=b --placement-pref spread=node.labels.zone"
  .. " --replicas-max-per-node 2",
  { constraint = { "node.role==manager", "node.labels.a!=b" }, placement_pref = "spread=node.labels.zone",
    replicas_max_per_node = 2 })
add("--restart-condition none", { restart_condition = "none" })
add("--restart-condition on-failure --restart-delay 2s --restart-max-attempts 3 --restart-window 1m",
  { restart_condition = "on-failure", restart_delay = 2, restart_max_attempts = 3, restart_window = "1m" })
add("--update-parallelism 2", { update_parallelism = 2 })
add("--update-parallelism 0 --update-delay 10s --update-monitor 20s --update-failure-action rollback"
  .. " --update-max-failure-ratio 0.25 --update-order start-first",
  { update_parallelism = 0, update_delay = "10s", update_monitor = 20, update_failure_action = "rollback",
    update_max_failure_ratio = 0.25, update_order = "start-first" })
add("--rollback-parallelism 3 --rollback-delay 1s --rollback-monitor 2s --rollback-failure-action continue"
  .. " --rollback-max-failure-ratio .5 --rollback-order start-first",
  { rollback_parallelism = 3, rollback_delay = 1, rollback_monitor = 2, rollback_failure_action = "continue",
    rollback_max_failure_ratio = 0.5, rollback_order = "start-first" })
add("--health-cmd 'true || false' --health-interval 5s --health-timeout 1s --health-retries 3"
  .. " --health-start-period 2s --health-start-interval 1s",
  { health_cmd = "true || false", health_interval = 5, health_timeout = "1s", health_retries = 3,
    health_start_period = 2, health_start_interval = 1 })
add("--no-healthcheck", { no_healthcheck = true })
add("--log-driver json-file --log-opt max-size=1m --log-opt tag=x",
  { log_driver = "json-file", log_opt = { ["max-size"] = "1m", tag = "x" } })
add("--network net1 --network name=net2,alias=a,alias=b,driver-opt=x=y",
  { network = { "net1", { name = "net2", alias = { "a", "b" }, driver_opt = "x=y" } } })
add("--secret key --secret source=cert,target=/etc/cert,uid=5,gid=6,mode=0400",
  { secret = { "key", "source=cert,target=/etc/cert,uid=5,gid=6,mode=0400" } })
add("--config conf --config source=other,target=/etc/other",
  { config = { "conf", { source = "other", target = "/etc/other" } } })
add("--credential-spec file://a.json", { credential_spec = "file://a.json" })
add("--credential-spec config://conf", { credential_spec = "config://conf" })

-- One flag each.
add("--no-resolve-image", { no_resolve_image = true })
each("--hostname %s", "hostname", { "web", "'{{.Node.Hostname}}-{{.Task.Slot}}'" })
group.list[#group.list].opts.hostname = "{{.Node.Hostname}}-{{.Task.Slot}}"
each("--user %s", "user", { "root", "1000:1000", { "5", 5 } })
each("--workdir %s", "workdir", { "/", "/src/a" })
each("--group %s", "group", { "staff", { "7", 7 } })
each("--entrypoint %s", "entrypoint", { "/bin/sh", { "'sh -c'", { "sh", "-c" } }, { "''", "" } })
each("--env %s", "env", { "A=1", "A=", "A=b=c", "SPEC_HERE", "SPEC_NOT_HERE", { "A=1", { A = 1 } } })
each("--label %s", "label", { "a=1", "a", "a=", "a=b=c", { "a=1", { a = 1 } } })
each("--container-label %s", "container_label", { "a=1", "a", { "a=1", { a = 1 } } })
each("--stop-grace-period %s", "stop_grace_period", { "10s", "0s", { "90s", 90 } })
each("--isolation %s", "isolation", { "default", "process", "hyperv" })
add("--init=false", { init = false })
add("--tty=false --read-only=false", { tty = false, read_only = false })
each("--limit-cpu %s", "limit_cpu", { "0.5", { "2", 2 } })
each("--limit-memory %s", "limit_memory", { "64m", "1.5g", { "4194304", 4194304 } })
each("--limit-pids %s", "limit_pids", { { "100", 100 }, { "0", 0 } })
each("--reserve-cpu %s", "reserve_cpu", { "0.5", { "1", 1 } })
each("--reserve-memory %s", "reserve_memory", { "64m", "512k" })
each("--generic-resource %s", "generic_resource", { "gpu=2", { "gpu=2", { gpu = 2 } } })
refuse("--generic-resource 'gpu=2,ssd=1'", { generic_resource = "gpu=2,ssd=1" })
refuse("--generic-resource NVIDIA-GPU=UUID1", { generic_resource = "NVIDIA-GPU=UUID1" })
each("--oom-score-adj %s", "oom_score_adj", { { "500", 500 }, { "-1000", -1000 } })
each("--constraint %s", "constraint", { "node.role==worker", "'node.hostname != a'" })
group.list[#group.list].opts.constraint = "node.hostname != a"
each("--placement-pref %s", "placement_pref", { "spread=node.labels.rack" })
add("--placement-pref spread=node.labels.zone --placement-pref spread=node.labels.rack",
  { placement_pref = { "spread=node.labels.zone", "spread=node.labels.rack" } })
each("--replicas-max-per-node %s", "replicas_max_per_node", { { "1", 1 } })
each("--mode %s", "mode", { "replicated" })
add("--mode replicated-job --max-concurrent 3", { mode = "replicated-job", max_concurrent = 3 })
each("--endpoint-mode %s", "endpoint_mode", { "vip", "dnsrr" })
each("--restart-condition %s", "restart_condition", { "any", "on-failure" })
each("--restart-delay %s", "restart_delay", { "1s", "0s", { "2s", 2 } })
each("--restart-max-attempts %s", "restart_max_attempts", { { "0", 0 }, { "5", 5 } })
each("--restart-window %s", "restart_window", { "1m", { "30s", 30 } })
for _, what in ipairs { "update", "rollback" } do
  each("--" .. what .. "-parallelism %s", what .. "_parallelism", { { "0", 0 }, { "4", 4 } })
  each("--" .. what .. "-delay %s", what .. "_delay", { "10s", { "5s", 5 } })
  each("--" .. what .. "-monitor %s", what .. "_monitor", { "20s" })
  each("--" .. what .. "-failure-action %s", what .. "_failure_action", { "pause", "continue" })
  each("--" .. what .. "-max-failure-ratio %s", what .. "_max_failure_ratio", { { "0.1", 0.1 }, { "1", 1 } })
  each("--" .. what .. "-order %s", what .. "_order", { "start-first", "stop-first" })
  refuse("--" .. what .. "-parallelism -1", { [what .. "_parallelism"] = -1 })
  refuse("--" .. what .. "-delay soon", { [what .. "_delay"] = "soon" })
  refuse("--" .. what .. "-max-failure-ratio high", { [what .. "_max_failure_ratio"] = "high" })
end
each("--log-driver %s", "log_driver", { "none", "journald", { "''", "" } })
add("--no-healthcheck=false --health-cmd a", { no_healthcheck = false, health_cmd = "a" })
each("--sysctl %s", "sysctl", { "net.ipv4.ip_forward=1", "a=" })
each("--ulimit %s", "ulimit", { "nofile=1024", { "nofile=5:6", { nofile = "5:6" } }, "core=-1" })
each("--host %s", "host", { "a:10.0.0.1", "a:2001:db8::1", { "a:10.0.0.1", { a = "10.0.0.1" } } })
each("--dns-search %s", "dns_search", { "example.org." })
each("--dns %s", "dns", { "1.1.1.1", "2001:DB8::1", "2001:4860:4860::8888" })
each("--health-cmd %s", "health_cmd", { "true" })
add("--health-cmd '' --health-interval 1s", { health_cmd = "", health_interval = 1 })
each("--health-interval %s", "health_interval", { "500ms" })
each("--cap-add %s", "cap_add", { "all", "net_raw", "CAP_CHOWN", "RESET" })
add("--cap-add all --cap-add kill --cap-drop kill", { cap_add = { "all", "kill" }, cap_drop = "kill" })
each("--cap-drop %s", "cap_drop", { "all", "kill", { "' net_raw '", " net_raw " } })
each("--network %s", "network", { "net1", "name=Net1,ALIAS=A,driver-opt=B=C",
  "name=net1", "name=net1,alias=a", "name=net1,driver-opt=a=b" })
add("--network net1 --network net2", { network = { "net1", "net2" } })
each("--publish %s", "publish", { "80/udp", "8080:80/sctp", "8000-8002:80", "target=80", "published=80,target=80",
  "target=80,published=8080,protocol=tcp,mode=ingress", "8080-8081:80-81/udp" })
each("--secret %s", "secret", { "source=key,target=", "source=key,mode=0", { "'source= key'", "source= key" },
  "key", "source=key", "src=key,target=k", "source=key,mode=0440",
  "source=key,uid=1000,gid=1000", { "source=key,target=/k", { source = "key", target = "/k" } } })
add("--secret a --secret b", { secret = { "a", "b" } })
each("--config %s", "config", { "conf", "source=conf,target=/c", "src=conf,mode=0400" })
each("--credential-spec %s", "credential_spec", { "registry://a", "file://b.json", "config://conf" })
each("--mount %s", "mount", {
  "type=bind,source=/a,target=/b", "type=bind,src=/a,dst=/b,bind-recursive=enabled", "source=data,target=/b",
  "type=volume,target=/b,volume-nocopy", "type=volume,src=d,dst=/b,volume-subpath=a/b", "type=tmpfs,target=/t",
  "type=tmpfs,target=/t,tmpfs-mode=1770", "type=npipe,src=/a,dst=/b",
  "type=cluster,source=group:g,target=/c",
})
add("", {}, "sh -c 'echo a b'", { "sh", "-c", "echo a b" })

-- What neither takes.
refuse("--mode sometimes", { mode = "sometimes" })
refuse("--mode global --replicas 3", { mode = "global", replicas = 3 })
refuse("--mode global --replicas-max-per-node 1", { mode = "global", replicas_max_per_node = 1 })
refuse("--mode global-job --replicas 2", { mode = "global-job", replicas = 2 })
refuse("--max-concurrent 2", { max_concurrent = 2 })
refuse("--mode global --max-concurrent 2", { mode = "global", max_concurrent = 2 })
refuse("--mode replicated-job --update-parallelism 2", { mode = "replicated-job", update_parallelism = 2 })
refuse("--replicas -1", { replicas = -1 })
refuse("--replicas many", { replicas = "many" })
refuse("--publish x", { publish = "x" })
refuse("--publish 127.0.0.1:80:80", { publish = "127.0.0.1:80:80" })
refuse("--publish target=0", { publish = { target = 0 } })
refuse("--publish published=80", { publish = "published=80" })
refuse("--publish target=80,mode=sometimes", { publish = "target=80,mode=sometimes" })
refuse("--publish target=80,protocol=icmp", { publish = "target=80,protocol=icmp" })
refuse("--publish target=80,colour=red", { publish = "target=80,colour=red" })
refuse("--publish 1-3:80-81", { publish = "1-3:80-81" })
refuse("--secret source=key,mode=rw", { secret = "source=key,mode=rw" })
group:refuse_each("--secret %s", "secret", { "source=", "key=", "key,", "=x" })
refuse("--secret target=k", { secret = "target=k" })
refuse("--secret a --secret source=b,target=a", { secret = { "a", "source=b,target=a" } })
refuse("--config source=a,colour=red", { config = "source=a,colour=red" })
refuse("--credential-spec nowhere", { credential_spec = "nowhere" })
refuse("--network name=a,colour=red", { network = "name=a,colour=red" })
refuse("--network name=,alias=a", { network = { name = "", alias = "a" } })
refuse("--network alias=a", { network = "alias=a" })
refuse("--placement-pref zone", { placement_pref = "zone" })
refuse("--placement-pref pack=zone", { placement_pref = "pack=zone" })
refuse("--generic-resource gpu", { generic_resource = "gpu" })
refuse("--generic-resource gpu=-2", { generic_resource = "gpu=-2" })
refuse("--no-healthcheck --health-cmd true", { no_healthcheck = true, health_cmd = "true" })
refuse("--health-retries many", { health_retries = "many" })
refuse("--health-interval soon", { health_interval = "soon" })
refuse("--limit-cpu many", { limit_cpu = "many" })
refuse("--limit-memory 64x", { limit_memory = "64x" })
refuse("--limit-pids x", { limit_pids = "x" })
refuse("--ulimit nofile", { ulimit = "nofile" })
refuse("--ulimit nofile=5:2", { ulimit = "nofile=5:2" })
refuse("--host db", { host = "db" })
refuse("--host db:nowhere", { host = "db:nowhere" })
refuse("--dns-search a_b", { dns_search = "a_b" })
refuse("--dns nowhere", { dns = "nowhere" })
refuse("--restart-delay x", { restart_delay = "x" })
refuse("--restart-max-attempts -1", { restart_max_attempts = -1 })
refuse("--mount type=bind,src=/a", { mount = "type=bind,src=/a" })
refuse("--label 'a b=x'", { label = "a b=x" })
refuse("--label =x", { label = "=x" })
refuse("--env-file /does/not/exist", { env_file = "/does/not/exist" })
refuse("--oom-score-adj x", { oom_score_adj = "x" })
refuse("--stop-grace-period x", { stop_grace_period = "x" })

return { group }
