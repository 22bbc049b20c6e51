-- Command lines of `docker create`.

local cases = require "spec.tools.cli.cases"

local file = cases.file

local group = cases.group {
  verb = "create", path = "^/containers/create$", tail = "image",
  call = function(client, case) return client.containers:create("image", case.command, case.opts) end,
  -- The defaults of its flags.
  defaults = { MemorySwappiness = -1, NetworkMode = "default", AttachStdout = true, AttachStderr = true,
    ConsoleSize = { 0, 0 }, RestartPolicy = { Name = "no" }, EndpointsConfig = { default = {} } },
}

local function add(...) return group:add(...) end
local function each(...) return group:each(...) end
local function refuse(...) return group:refuse(...) end
local function refuse_each(...) return group:refuse_each(...) end

-- Commands, entry points, identity.
add("", {})
add("", {}, "echo 'a b' c", { "echo", "a b", "c" })
add("", {}, "sh -c 'exit 3'", { "sh", "-c", "exit 3" })
add("--entrypoint /bin/sh", { entrypoint = "/bin/sh" }, "-c true", { "-c", "true" })
add("--entrypoint ''", { entrypoint = "" })
add("--hostname web --domainname example.org", { hostname = "web", domainname = "example.org" })
each("--user %s", "user", { "root", "1000", { "1000:1000", "1000:1000" }, { "1001", 1001 } })
each("--workdir %s", "workdir", { "/", "/src/a" })
each("--stop-signal %s", "stop_signal", { "SIGINT", "9" })
each("--stop-timeout %s", "stop_timeout", { { "0", 0 }, { "30", 30 }, { "-1", -1 } })
add("--tty", { tty = true })
add("--interactive", { interactive = true })
add("-it", { interactive = true, tty = true })
add("--init", { init = true })
add("--init=false", { init = false })
add("--read-only", { read_only = true })
add("--privileged", { privileged = true })
add("--attach stdout", { attach = "stdout" })
add("-a stdin -a stdout -a stderr -i", { attach = { "stdin", "stdout", "stderr" }, interactive = true })
add("-a stdout -i", { attach = { "stdout" }, interactive = true })

-- Environment and labels.
each("--env %s", "env", { "A=1", "A=", "A=b=c", "SPEC_HERE", "SPEC_NOT_HERE" })
add("-e A=1 -e B=2", { env = { "A=1", "B=2" } })
add("-e A=1 -e B=2 -e C=3", { env = { A = 1, B = "2", C = "3" } })
add("-e 'A=x y' -e 'B=\"q\"'", { env = { A = "x y", B = '"q"' } })
add("-e A=1 -e B=2 -e A=3", { env = { "A=1", "B=2", "A=3" } })
add("-e A=1 -e SPEC_NOT_HERE=1 -e SPEC_NOT_HERE", { env = { "A=1", "SPEC_NOT_HERE=1", "SPEC_NOT_HERE" } })
add("-e SPEC_HERE", { env = { SPEC_HERE = true } })
local env_more = file "\239\187\191MORE=1\nFILE_A=2\n"
local marks = file "A=1\n\239\187\191B=2\nC\vD=3\n"
add("--env-file " .. marks, { env_file = marks })
local env_file = file "# comment\nFILE_A=1\n\n  FILE_B= x y \nSPEC_HERE\nSPEC_NOT_HERE\nFILE_C=\n"
add("--env-file " .. env_file, { env_file = env_file })
add("--env-file " .. env_file .. " --env-file " .. env_more, { env_file = { env_file, env_more } })
add("--env-file " .. env_file .. " -e FILE_A=8 -e FILE_A=9", { env_file = env_file, env = { "FILE_A=8", "FILE_A=9" } })
add("--env-file " .. env_file .. " -e FILE_A=9", { env_file = env_file, env = { "FILE_A=9" } })
each("--label %s", "label", { "a=1", "a", "a=", "a.b/c=d=e", { "a=1", { a = "1" } }, { "a=1", { a = 1 } } })
add("-l a=1 -l b=2 -l a=3", { label = { "a=1", "b=2", "a=3" } })
local label_file = file "# labels\nl1=one\nl2\n\nl3=a=b\n"
add("--label-file " .. label_file, { label_file = label_file })
add("--label-file " .. label_file .. " --label l1=two", { label_file = label_file, label = { l1 = "two" } })
each("--annotation %s", "annotation", { "a=1", "org.example/x=y=z", { "a=1", { a = "1" } } })

-- Ports.
each("--publish %s", "publish", {
  "80", "8080:80", "127.0.0.1:8080:80", "127.0.0.1::80", "53:53/udp", "8080:80/tcp", "9000:9000/sctp",
  "8000-8003:80-83", "80-83", "8000-8010:80", "'[::1]:8080:80'", "'[::1]::80'", "'[2001:db8::1]:8000-8001:80-81/udp'",
  "0.0.0.0:80:80", "10.0.0.1:8000-8002:80-82/tcp", { "80", 80 }, "0:80", "::80", ":8080:80", "80/UDP", "8080:80/",
  "target=80", "target=80,published=8080", "published=8080,target=80,protocol=udp,mode=host", "target=80-82",
  "target=80-82,published=8080-8082",
})
for _, case in ipairs(group.list) do -- quoted for the shell alone
  if type(case.opts.publish) == "string" then case.opts.publish = case.opts.publish:gsub("'", "") end
end
add("-p 80:80 -p 443:443 -p 53:53/udp", { publish = { "80:80", "443:443", "53:53/udp" } })
add("-p 8080:80 -p 8081:80", { publish = { "8080:80", "8081:80" } })
add("--publish-all", { publish_all = true })
each("--expose %s", "expose", { "80", "80/udp", "8000-8003", "8000-8003/udp", "80/", "80/TCP", { "80", 80 } })
add("--expose 80 --expose 81/udp -p 90:90", { expose = { "80", "81/udp" }, publish = "90:90" })

-- Volumes and mounts.
each("--volume %s", "volume", { "/data", "data:/data", "/a:/b", "/a:/b:ro", "data:/data:ro,z", "/a:/b:rshared",
  "data:/d:nocopy" })
add("-v /x -v /y -v data:/z", { volume = { "/x", "/y", "data:/z" } })
add("-v /a:/b -v data:/d -v /a:/b", { volume = { "/a:/b", "data:/d", "/a:/b" } })
add("--volume-driver local", { volume_driver = "local" })
each("--volumes-from %s", "volumes_from", { "web", "web:ro" })
add("--volumes-from a --volumes-from b", { volumes_from = { "a", "b" } })
each("--mount %s", "mount", {
  "type=bind,source=/a,target=/b", "type=bind,src=/a,dst=/b,readonly", "type=bind,src=/a,destination=/b,ro=true",
  "type=bind,src=/a,dst=/b,readonly=false", "type=bind,src=/a,dst=/b,bind-propagation=rshared",
  "type=bind,src=/a,dst=/b,bind-recursive=disabled",
  "type=bind,src=/a,dst=/b,ro,bind-recursive=writable", "type=bind,src=/a,dst=/b,bind-recursive=enabled",
  "type=bind,src=/a,dst=/b,ro,bind-propagation=rprivate,bind-recursive=readonly",
  "type=volume,source=data,target=/b", "source=data,target=/b", "target=/b", "type=volume,target=/b,volume-nocopy",
  "type=volume,src=d,dst=/b,volume-subpath=a/b", "type=volume,src=d,dst=/b,volume-label=x=1,volume-label=y=2",
  "type=volume,src=d,dst=/b,volume-driver=local,volume-opt=type=nfs,volume-opt=device=:/x",
  "type=tmpfs,target=/t", "type=tmpfs,target=/t,tmpfs-size=64m,tmpfs-mode=1770", "type=tmpfs,dst=/t,tmpfs-size=1048576",
  "type=image,source=busybox,target=/i", "type=image,source=busybox,target=/i,image-subpath=bin",
  "type=bind,src=/a,dst=/b,consistency=delegated", "type=bind,src=/a,dst=/b,ro=T", "type=bind,src=/a,dst=/b,ro=FALSE",
  "type=volume,src=d,dst=/b,bind-recursive=enabled", "type=tmpfs,dst=/t,tmpfs-mode=0",
})
add("--mount type=bind,src=/a,dst=/b,readonly",
  { mount = { type = "bind", source = "/a", target = "/b", readonly = true } })
add("--mount type=tmpfs,dst=/t,tmpfs-size=1m", { mount = { { type = "tmpfs", target = "/t", tmpfs_size = "1m" } } })
add("--mount type=volume,src=d,dst=/b,volume-label=x=1",
  { mount = { type = "volume", src = "d", dst = "/b", volume_label = { x = "1" } } })
add("--mount type=bind,src=/a,dst=/b --mount type=tmpfs,dst=/t",
  { mount = { "type=bind,src=/a,dst=/b", "type=tmpfs,dst=/t" } })
add([[--mount 'type=volume,src=d,dst=/b,"volume-opt=o=addr=1.2.3.4,rw",volume-opt=type=nfs']],
  { mount = 'type=volume,src=d,dst=/b,"volume-opt=o=addr=1.2.3.4,rw",volume-opt=type=nfs' })
each("--tmpfs %s", "tmpfs", { "/run", "/run:rw,size=64m", { "/run:rw", { ["/run"] = "rw" } } })
add("--tmpfs /run --tmpfs /tmp:size=1m", { tmpfs = { "/run", "/tmp:size=1m" } })

-- Resources.
local SIZES = { "0", ".5k", "+5m", "1e3", "1.1k", "2kib", { "'1 m'", "1 m" },
  "512", "1k", "64m", "64M", "64mb", "1g", "1.5g", "1GiB", { "4194304", 4194304 } }
each("--memory %s", "memory", { "64m", "1g", "6291456", "64MiB", "1.5g", { "8388608", 8388608 } })
each("--memory-reservation %s", "memory_reservation", SIZES)
each("--memory-swap %s", "memory_swap", { "128m", "-1", { "-1", -1 }, { "134217728", 134217728 } })
each("--memory-swappiness %s", "memory_swappiness", { { "0", 0 }, { "60", 60 }, { "100", 100 } })
each("--shm-size %s", "shm_size", SIZES)
each("--cpus %s", "cpus", { { "1", 1 }, { "1.5", 1.5 }, { "0.01", 0.01 }, "2.25", { "0.000000001", "0.000000001" } })
for flag, name in pairs { ["cpu-shares"] = "cpu_shares", ["cpu-period"] = "cpu_period", ["cpu-quota"] = "cpu_quota",
  ["cpu-rt-period"] = "cpu_rt_period", ["cpu-rt-runtime"] = "cpu_rt_runtime", ["pids-limit"] = "pids_limit",
  ["oom-score-adj"] = "oom_score_adj" } do
  each("--" .. flag .. " %s", name, { { "100", 100 }, { "1000", 1000 }, "250" })
end
each("--pids-limit %s", "pids_limit", { { "-1", -1 }, "010", "0x1F", "0b11", "0o17", "+5" })
each("--device-read-iops %s", "device_read_iops", { "/dev/sda:010" })
each("--ulimit %s", "ulimit", { "nofile=010" })
each("--oom-score-adj %s", "oom_score_adj", { { "-500", -500 } })
each("--cpuset-cpus %s", "cpuset_cpus", { "0", "0-3", "0,1" })
each("--cpuset-mems %s", "cpuset_mems", { "0", "0-1" })
add("--oom-kill-disable", { oom_kill_disable = true })
each("--blkio-weight %s", "blkio_weight", { { "10", 10 }, { "1000", 1000 } })
each("--blkio-weight-device %s", "blkio_weight_device", { "/dev/sda:100", { "/dev/sda:100", { ["/dev/sda"] = 100 } } })
each("--device-read-bps %s", "device_read_bps", { "/dev/sda:1mb", "/dev/sda:1024" })
each("--device-write-bps %s", "device_write_bps", { "/dev/sda:10m" })
each("--device-read-iops %s", "device_read_iops", { "/dev/sda:1000" })
each("--device-write-iops %s", "device_write_iops", { "/dev/sda:1000" })
add("--device-write-iops /dev/sda:1 --device-write-iops /dev/sdb:2",
  { device_write_iops = { "/dev/sda:1", "/dev/sdb:2" } })
each("--ulimit %s", "ulimit", { "nofile=1024", "nofile=1024:2048", "core=-1", "memlock=-1:-1", "nproc=0",
  { "nofile=1024:2048", { nofile = "1024:2048" } }, { "nofile=512", { nofile = 512 } } })
add("--ulimit core=0 --ulimit nofile=1024:2048", { ulimit = { "core=0", "nofile=1024:2048" } })
add("--ulimit nofile=1 --ulimit core=0 --ulimit nofile=5:6", { ulimit = { "nofile=1", "core=0", "nofile=5:6" } })
each("--sysctl %s", "sysctl", { "net.ipv4.ip_forward=1",
  { "net.core.somaxconn=1024", { ["net.core.somaxconn"] = 1024 } } })
each("--storage-opt %s", "storage_opt", { "size=120G" })

-- Devices.
each("--device %s", "device", { "/dev/fuse", "/dev/a:/dev/b", "/dev/a:/dev/b:r", "/dev/a:rw", "/dev/a:/dev/b:rwm",
  "vendor.com/gpu=0", "nvidia.com/gpu=all", "vendor.com/class.x=0", "vendor_x.com/a-b=c.d:e" })
add("--device vendor.com/gpu=0 --gpus 1", { device = "vendor.com/gpu=0", gpus = 1 })
add("--device /dev/fuse --device /dev/kvm:rw", { device = { "/dev/fuse", "/dev/kvm:rw" } })
add("--device vendor.com/gpu=1 --device vendor.com/gpu=2", { device = { "vendor.com/gpu=1", "vendor.com/gpu=2" } })
each("--device-cgroup-rule %s", "device_cgroup_rule", { "'c 13:* rwm'" })
group.list[#group.list].opts.device_cgroup_rule = "c 13:* rwm"
each("--gpus %s", "gpus", { "all", "2", "device=0", "count=3", "driver=nvidia,count=all", { "1", 1 } })
add([[--gpus '"device=0,2"']], { gpus = '"device=0,2"' })
add("--gpus capabilities=", { gpus = "capabilities=" })
add([[--gpus '"options=""a=1,2"",b=3"']], { gpus = [["options=""a=1,2"",b=3"]] })
add([[--gpus '"capabilities=compute,utility"']], { gpus = '"capabilities=compute,utility"' })
add([[--gpus 'all,"capabilities=utility"']], { gpus = 'all,"capabilities=utility"' })

-- Health.
add("--health-cmd 'curl -f localhost'", { health_cmd = "curl -f localhost" })
add("--health-cmd true --health-interval 30s --health-timeout 5s --health-retries 3 --health-start-period 1m30s",
  { health_cmd = "true", health_interval = "30s", health_timeout = 5, health_retries = 3,
    health_start_period = "1m30s" })
each("--health-interval %s", "health_interval", { "1μs", "+1s", "1s", "500ms", "1h", "1m0.5s", "1.5s",
  { "10s", 10 }, { "250ms", 0.25 } })
add("--health-cmd ''", { health_cmd = "" })
add("--health-cmd '' --health-retries 2", { health_cmd = "", health_retries = 2 })
add("--no-healthcheck --health-retries 0 --health-timeout 0s",
  { no_healthcheck = true, health_retries = 0, health_timeout = 0 })
each("--health-start-interval %s", "health_start_interval", { "5s" })
each("--health-start-period %s", "health_start_period", { "2m" })
each("--health-retries %s", "health_retries", { { "5", 5 } })
add("--no-healthcheck", { no_healthcheck = true })

-- Logs.
each("--log-driver %s", "log_driver", { "none", "json-file", "journald" })
add("--log-driver json-file --log-opt max-size=10m --log-opt max-file=3",
  { log_driver = "json-file", log_opt = { ["max-size"] = "10m", ["max-file"] = 3 } })
add("--log-opt max-size=1m", { log_opt = "max-size=1m" })
add("--log-driver syslog --log-opt tag='{{.Name}} x'", { log_driver = "syslog", log_opt = { "tag={{.Name}} x" } })

-- Names and networks.
each("--dns %s", "dns", { "1.1.1.1", "2001:4860:4860::8888", "2001:0DB8:0:0:1:0:0:1", "::ffff:10.0.0.1",
  "1:2:3:4:5:6:7::", "::" })
add("--dns 1.1.1.1 --dns 8.8.8.8", { dns = { "1.1.1.1", "8.8.8.8" } })
each("--dns-option %s", "dns_option", { "ndots:2", "rotate" })
each("--dns-search %s", "dns_search", { "example.org", ".", "example.org.", "A-1.b" })
each("--add-host %s", "add_host", { "db:10.0.0.2", "db=10.0.0.2", "db:host-gateway", "db=host-gateway",
  "db:2001:db8::1", "db=2001:db8::1", "'db=[2001:db8::1]'", { "db:10.0.0.2", { db = "10.0.0.2" } } })
for _, case in ipairs(group.list) do
  if type(case.opts.add_host) == "string" then case.opts.add_host = case.opts.add_host:gsub("'", "") end
end
add("--add-host a:10.0.0.1 --add-host b:10.0.0.2", { add_host = { "a:10.0.0.1", "b:10.0.0.2" } })
each("--network %s", "network", { "bridge", "host", "none", "my-net", "container:web", "name=my-net",
  "name=my-net,alias=web,alias=www", "name=my-net,ip=10.0.0.5,ip6=2001:db8::5",
  "name=my-net,mac-address=02:42:ac:11:00:02", "name=my-net,driver-opt=a=1,driver-opt=b=2",
  "name=my-net,link-local-ip=169.254.1.1", "name=my-net,gw-priority=10",
  "name=MyNet,ALIAS=Web,driver-opt=A=B,ip6=FD20::5", "name=a,gw-priority=0", "name=a,ip=",
  { "'name=a, alias=b'", "name=a, alias=b" } })
add("--network a --network b", { network = { "a", "b" } })
add("--network name=a,alias=x --network name=b,ip=10.0.0.9", { network = { "name=a,alias=x", "name=b,ip=10.0.0.9" } })
add("--network name=a,alias=x,alias=y --network b",
  { network = { { name = "a", alias = { "x", "y" } }, "b" } })
add("--network a --network-alias web --network-alias www", { network = "a", network_alias = { "web", "www" } })
add("--network a --network-alias Web", { network = "a", network_alias = "Web" })
add("--network a --ip '' --mac-address ''", { network = "a", ip = "", mac_address = "" })
add("--network a --ip 10.0.0.5", { network = "a", ip = "10.0.0.5" })
add("--network a --ip6 2001:db8::5", { network = "a", ip6 = "2001:db8::5" })
add("--network a --ip 10.0.0.5 --network b", { network = { "a", "b" }, ip = "10.0.0.5" })
add("--network a --link-local-ip 169.254.1.1 --link-local-ip 169.254.1.2",
  { network = "a", link_local_ip = { "169.254.1.1", "169.254.1.2" } })
add("--mac-address 02:42:ac:11:00:02", { mac_address = "02:42:ac:11:00:02" })
add("--network a --mac-address 02:42:ac:11:00:02", { network = "a", mac_address = "02:42:ac:11:00:02" })
add("--link db:database", { link = "db:database" })
add("--network a --link db:database --link cache", { network = "a", link = { "db:database", "cache" } })
add("--network bridge --link db", { network = "bridge", link = "db" })

-- Rights and namespaces.
each("--cap-add %s", "cap_add", { "NET_ADMIN", "CAP_SYS_PTRACE", "ALL" })
add("--cap-add net_raw --cap-add CAP_CHOWN --cap-drop ALL", { cap_add = { "net_raw", "CAP_CHOWN" }, cap_drop = "ALL" })
add("--cap-add chown --cap-add CAP_CHOWN --cap-add cap_chown", { cap_add = { "chown", "CAP_CHOWN", "cap_chown" } })
add("--cap-add chown --cap-drop chown --cap-drop KILL", { cap_add = "chown", cap_drop = { "chown", "KILL" } })
add("--cap-add all --cap-add chown --cap-drop kill", { cap_add = { "all", "chown" }, cap_drop = "kill" })
add("--cap-add chown --cap-drop all --cap-drop kill", { cap_add = "chown", cap_drop = { "all", "kill" } })
each("--cap-drop %s", "cap_drop", { "MKNOD" })
each("--security-opt %s", "security_opt", { "no-new-privileges", "no-new-privileges=true", "seccomp=unconfined",
  "apparmor=unconfined", "label=disable", "systempaths=unconfined", "seccomp=builtin" })
add("--security-opt label=user:USER --security-opt label=role:ROLE",
  { security_opt = { "label=user:USER", "label=role:ROLE" } })
local profile = file '{ "defaultAction": "SCMP_ACT_ERRNO",\n "syscalls": [] }\n'
add("--security-opt seccomp=" .. profile, { security_opt = "seccomp=" .. profile })
each("--group-add %s", "group_add", { "audio", { "1000", 1000 } })
add("--group-add audio --group-add video", { group_add = { "audio", "video" } })
each("--ipc %s", "ipc", { "host", "private", "shareable", "none", "container:web" })
each("--pid %s", "pid", { "host", "container:web" })
each("--uts %s", "uts", { "host" })
each("--userns %s", "userns", { "host" })
each("--cgroupns %s", "cgroupns", { "host", "private" })
each("--cgroup-parent %s", "cgroup_parent", { "/a/b", "my.slice" })
each("--runtime %s", "runtime", { "runc", "io.containerd.kata.v2" })
each("--isolation %s", "isolation", { "default", "process" })
each("--restart %s", "restart", { "no", "always", "unless-stopped", "on-failure", "on-failure:5" })

-- Several at once, as people write them.
add("--restart unless-stopped -p 8080:80 -v /srv/www:/usr/share/nginx/html:ro -e NGINX_HOST=example.org --memory 256m",
  { restart = "unless-stopped", publish = "8080:80", volume = "/srv/www:/usr/share/nginx/html:ro",
    env = { NGINX_HOST = "example.org" }, memory = "256m" })
add("-e POSTGRES_PASSWORD=secret -v pg:/var/lib/postgresql/data --shm-size 256m --health-cmd 'pg_isready -U postgres' "
  .. "--health-interval 10s --network back --network-alias db",
  { env = { "POSTGRES_PASSWORD=secret" }, volume = "pg:/var/lib/postgresql/data", shm_size = "256m",
    health_cmd = "pg_isready -U postgres", health_interval = "10s", network = "back", network_alias = "db" })
add("--read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges --user 65534:65534 --pids-limit 100",
  { read_only = true, tmpfs = "/tmp", cap_drop = "ALL", security_opt = "no-new-privileges", user = "65534:65534",
    pids_limit = 100 })
add("-it --network host --pid host --ipc host --uts host --privileged -v /:/host",
  { interactive = true, tty = true, network = "host", pid = "host", ipc = "host", uts = "host", privileged = true,
    volume = "/:/host" }, "chroot /host sh", { "chroot", "/host", "sh" })

-- What neither takes.
refuse("--publish 80:", { publish = "80:" })
refuse("--publish x", { publish = "x" })
refuse("--publish 1-3:80-81", { publish = "1-3:80-81" })
refuse("--publish 70000", { publish = "70000" })
refuse_each("--publish %s", "publish", { "80/icmp", "80:80:80", "1.2.3:80:80", "256.0.0.1:80:80", "published=80",
  "target=80,", "target=80,published", "target=80-82,published=80" })
refuse_each("--label %s", "label", { { "''", "" }, { "'a b=1'", "a b=1" }, { "'a = 1'", "a = 1" } })
refuse("--label 'a b=1'", { label = { ["a b"] = "1" } })
refuse("--storage-opt size", { storage_opt = "size" })
refuse("--log-driver none --log-opt a=1", { log_driver = "none", log_opt = { a = 1 } })
refuse_each("--security-opt %s", "security_opt", { "label", "seccomp=", "apparmor:", "x" })
refuse_each("--link %s", "link", { "a:b:c", { "''", "" } })
refuse_each("--device-cgroup-rule '%s'", "device_cgroup_rule", { "a", "c 1 r", "c 1:2 x", "c 1:2 rwmr", "C 1:2 r" })
refuse("--blkio-weight -1", { blkio_weight = -1 })
refuse("--blkio-weight-device /dev/sda:9", { blkio_weight_device = "/dev/sda:9" })
refuse("--blkio-weight-device /sda:100", { blkio_weight_device = "/sda:100" })
refuse("--device-read-iops /dev/sda:-1", { device_read_iops = "/dev/sda:-1" })
refuse("--expose x", { expose = "x" })
refuse_each("--volume %s", "volume", { { "''", "" }, ":/b", "/a:", "/a:/b:", "/a::ro" })
refuse_each("--memory %s", "memory", { "1ki", "1mm", "1e", "0x10" })
refuse_each("--pids-limit %s", "pids_limit", { "1e3", "1.0", "08", "9223372036854775808" })
refuse("--ulimit nofile=0x10", { ulimit = "nofile=0x10" })
refuse("--gpus 0x2", { gpus = "0x2" })
refuse("--cpus 1.1234567891", { cpus = "1.1234567891" })
refuse("--cpus ' 1'", { cpus = " 1" })
refuse("--memory 64x", { memory = "64x" })
refuse("--cpus many", { cpus = "many" })
refuse("--ulimit nofile=5:", { ulimit = "nofile=5:" })
refuse("--ulimit nofile", { ulimit = "nofile" })
refuse_each("--device %s", "device", { "vendor.com/gpu=", "dev/a", "/dev/a:b", "/dev/a:", "/dev/a::r" })
refuse("--gpus count=1,count=2", { gpus = "count=1,count=2" })
refuse("--device /dev/a:/dev/b:x", { device = "/dev/a:/dev/b:x" })
refuse_each("--dns %s", "dns", { "nowhere", "10.0.0", "010.0.0.1", "fe80::1%eth0" })
refuse_each("--dns-search %s", "dns_search", { { "''", "" }, "1.2.3.4", "a_b.c", "a..b", ".a", "a-.b",
  { "'a b'", "a b" } })
refuse_each("--add-host %s", "add_host", { "db:1.2.3", "db:256.0.0.1", "db:01.2.3.4", "a:b=10.0.0.1",
  "a=b:10.0.0.1" })
refuse("--health-retries -1", { health_retries = -1 })
refuse("--add-host db", { add_host = "db" })
refuse("--add-host db:nowhere", { add_host = "db:nowhere" })
refuse_each("--mount %s", "mount", { "type=,dst=/b", "type=volume,dst=", "dst", "type=bind,src=/a,dst=/b,readonly=",
  "type=bind,src=/a,dst=/b,bind-recursive=writable", "type=bind,src=/a,dst=/b,ro,bind-recursive=readonly",
  "type=tmpfs,dst=/t,tmpfs-mode=-7", "type=tmpfs,dst=/t,tmpfs-mode=77777777777777" })
refuse("--mount type=bind,src=/a", { mount = "type=bind,src=/a" })
refuse("--mount type=bind,src=/a,dst=/b,color=red", { mount = "type=bind,src=/a,dst=/b,color=red" })
refuse("--mount type=volume,src=d,dst=/b,tmpfs-size=1", { mount = "type=volume,src=d,dst=/b,tmpfs-size=1" })
refuse("--mount type=bind,src=/a,dst=/b,readonly=maybe", { mount = "type=bind,src=/a,dst=/b,readonly=maybe" })
refuse("--network name=a,driver-opt=b", { network = "name=a,driver-opt=b" })
refuse("--mac-address 02:42:ac:11:00", { mac_address = "02:42:ac:11:00" })
refuse("--network name=a,mac-address=x", { network = "name=a,mac-address=x" })
refuse("--network a --network a", { network = { "a", "a" } })
refuse("--network a --network bridge", { network = { "a", "bridge" } })
refuse("--network bridge --network-alias x", { network = "bridge", network_alias = "x" })
refuse("--no-healthcheck --health-cmd true", { no_healthcheck = true, health_cmd = "true" })
refuse("--health-interval soon", { health_interval = "soon" })
refuse("--gpus colour=1", { gpus = "colour=1" })
refuse("--env-file /does/not/exist", { env_file = "/does/not/exist" })
local blank = file "A B=1\n"
refuse("--env-file " .. blank, { env_file = blank })
refuse("--cgroupns other", { cgroupns = "other" })
refuse("--blkio-weight-device /dev/sda", { blkio_weight_device = "/dev/sda" })
refuse("--attach nothing", { attach = "nothing" })
refuse("--security-opt seccomp=/does/not/exist", { security_opt = "seccomp=/does/not/exist" })

return { group }
