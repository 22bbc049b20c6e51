-- What was likely meant by an option that is not there: a word of another SDK or of Compose, or a
-- slip of the fingers. It is read only when there is one.

local core = require "moondock.core"

-- The words of docker-py, dockerode, Compose and Ansible for what the CLI calls otherwise.
local ELSEWHERE = {
  args = "build_arg", auto_remove = "remove", base_url = "host", ca_cert = "ca",
  client_cert = "cert", client_key = "key", cmd = "command",
  constraints = { "constraint", "constraint_add" }, cpuset = "cpuset_cpus", cwd = "workdir",
  device_requests = "gpus", dns_opt = "dns_option", driver_opts = { "driver_opt", "opt" },
  enable_ipv6 = "ipv6", environment = { "env", "env_add" }, exposed_ports = "expose",
  extra_hosts = { "add_host", "host" }, grant_all_permissions = "grant_all",
  healthcheck = "health_cmd", ipam = "subnet", ipc_mode = "ipc", ipv4_address = "ip",
  ipv6_address = "ip6", log_config = "log_driver", log_options = "log_opt",
  logging = "log_driver", maxreplicas = "replicas_max_per_node",
  mem_limit = { "memory", "limit_memory" },
  mem_reservation = { "memory_reservation", "reserve_memory" },
  mem_swappiness = "memory_swappiness", memswap_limit = "memory_swap",
  nano_cpus = { "cpus", "limit_cpu" }, network_mode = "network", open_stdin = "interactive",
  pid_mode = "pid", port_bindings = "publish", ports = { "publish", "publish_add" },
  published_ports = "publish", restart_policy = { "restart", "restart_condition" }, rm = "remove",
  socketpath = "host", stdin_open = "interactive", stop_timeout = "stop_grace_period",
  tags = "tag", userns_mode = "userns", uts_mode = "uts", version = "api_version",
  working_dir = "workdir",
}

-- The short flags of `docker run`, `build` and `service create`.
local SHORT = {
  a = "attach", c = "cpu_shares", d = "detach", e = "env", f = "file", h = "hostname",
  i = "interactive", l = "label", m = "memory", p = "publish", P = "publish_all", q = "quiet",
  t = { "tty", "tag" }, u = "user", v = "volume", w = "workdir", it = "interactive",
}

-- The option that was likely meant, of `names`, which are in order.
local function likely(key, names)
  local known = {}
  for _, name in ipairs(names) do known[name] = true end
  local words = SHORT[key] or ELSEWHERE[key:lower()]
  for _, word in ipairs(type(words) == "table" and words or { words }) do
    if known[word] then return word end
  end
  return core.nearest((key:gsub("-", "_")), names)
end

-- The names of some sets, sorted, each once.
local function names_of(...)
  local names, seen = {}, {}
  for _, set in ipairs { ... } do
    for name in pairs(set) do
      if not seen[name] then names[#names + 1] = name end
      seen[name] = true
    end
  end
  table.sort(names)
  return names
end

local advice = {}

---"; did you mean 'publish'? It takes: ..." for an unknown option.
---@param key string
---@param ... table<string, any>  sets of those that there are
---@return string
function advice.of(key, ...)
  local names = names_of(...)
  local meant, list = likely(key, names), table.concat(names, ", ")
  if not meant then return "; it takes: " .. list end
  return ("; did you mean '%s'? It takes: %s"):format(meant, list)
end

return advice
