-- What users write to create containers and a service, small and with many flags.

local requests = {}

requests.COMMAND = { "sleep", "1000" }

requests.SMALL = { network = "none" }

requests.CONTAINER = {
  network = "none", hostname = "web", user = "1000:1000", workdir = "/srv", read_only = true,
  init = true, stop_timeout = 30,
  env = { PORT = 8080, DATABASE_URL = "postgres://db:5432/shop", LOG_LEVEL = "info", TZ = "UTC" },
  label = { ["com.example.project"] = "shop", ["com.example.service"] = "web",
    ["com.example.version"] = "1.0.17" },
  publish = { "8080:80", "127.0.0.1:8443:443" }, expose = "9090",
  mount = { { type = "volume", source = "data", target = "/data" },
    { type = "tmpfs", target = "/tmp", tmpfs_size = "64m" } },
  memory = "256m", cpus = 1.5, pids_limit = 200, ulimit = "nofile=1024:2048",
  cap_drop = "ALL", cap_add = "NET_BIND_SERVICE", security_opt = "no-new-privileges",
  restart = "on-failure:3", log_driver = "json-file", log_opt = { ["max-size"] = "10m" },
  health_cmd = "wget -q -O - http://localhost:8080/health", health_interval = "30s",
  health_retries = 3, sysctl = { ["net.ipv4.tcp_syncookies"] = "1" },
}

requests.SERVICE = {
  replicas = 0, hostname = "web", user = "1000:1000", workdir = "/srv", read_only = true,
  env = requests.CONTAINER.env, label = requests.CONTAINER.label,
  container_label = requests.CONTAINER.label, constraint = { "node.role==worker",
    "node.labels.zone==eu-1" }, placement_pref = "spread=node.labels.zone",
  publish = { { target = 80, published = 8080 },
    { target = 443, published = 8443, mode = "host" } },
  mount = { { type = "volume", source = "data", target = "/data" },
    { type = "bind", source = "/etc/ssl", target = "/etc/ssl", readonly = true } },
  limit_memory = "512m", limit_cpu = 2, limit_pids = 200, reserve_memory = "256m",
  reserve_cpu = 0.5, cap_drop = "ALL", cap_add = "NET_BIND_SERVICE", ulimit = "nofile=1024:2048",
  restart_condition = "on-failure", restart_delay = "5s", restart_max_attempts = 3,
  update_parallelism = 1, update_delay = "10s", update_order = "start-first",
  update_failure_action = "rollback", update_monitor = "30s", update_max_failure_ratio = 0.25,
  rollback_parallelism = 2, rollback_order = "stop-first",
  health_cmd = "wget -q -O - http://localhost:8080/health", health_interval = "30s",
  health_retries = 3, host = { db = "10.0.0.2" }, dns = { "10.0.0.53", "10.0.1.53" },
  log_driver = "json-file", log_opt = { ["max-size"] = "10m", ["max-file"] = "3" },
  stop_grace_period = "30s", stop_signal = "SIGTERM", sysctl = { ["net.core.somaxconn"] = "1024" },
}

local function container(name, opts)
  return { name = name, operation = "ContainerCreate",
    options = require("moondock.flags").create("shop/web:1.0", requests.COMMAND, opts) }
end

local function service()
  return { name = "service-flags", operation = "ServiceCreate",
    options = (require("moondock.service_flags").create("shop/web:1.0", requests.COMMAND,
      requests.SERVICE, {})) }
end

---The same as core.request takes it.
---@return { name: string, operation: string, options: table }[]
function requests.built()
  return { container("container", requests.SMALL),
    container("container-flags", requests.CONTAINER), service() }
end

return requests
