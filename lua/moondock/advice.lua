-- What was likely meant by an option that is not there: a word of another SDK or of Compose, or a
-- slip of the fingers. It is read only when there is one.

local core = require "moondock.core"

-- The words of docker-py, dockerode, Compose and Ansible for what the CLI calls otherwise.
local ELSEWHERE = {
  auto_remove = "remove", cmd = "command", cpuset = "cpuset_cpus",
  constraints = { "constraint", "constraint_add" },
  device_requests = "gpus", dns_opt = "dns_option", environment = { "env", "env_add" },
  exposed_ports = "expose", extra_hosts = { "add_host", "host" }, healthcheck = "health_cmd",
  ipc_mode = "ipc", log_config = "log_driver", logging = "log_driver", log_options = "log_opt",
  maxreplicas = "replicas_max_per_node", mem_limit = { "memory", "limit_memory" },
  mem_reservation = { "memory_reservation", "reserve_memory" },
  mem_swappiness = "memory_swappiness", memswap_limit = "memory_swap",
  nano_cpus = { "cpus", "limit_cpu" }, network_mode = "network", open_stdin = "interactive",
  pid_mode = "pid", port_bindings = "publish", ports = { "publish", "publish_add" },
  published_ports = "publish",
  restart_policy = { "restart", "restart_condition" }, stdin_open = "interactive",
  stop_timeout = "stop_grace_period", userns_mode = "userns", uts_mode = "uts",
  working_dir = "workdir",
}

-- The option that was likely meant, of `names`, which are in order.
local function likely(key, names)
  local known = {}
  for _, name in ipairs(names) do known[name] = true end
  local words = ELSEWHERE[key:lower()]
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
