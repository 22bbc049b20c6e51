-- Where the flags of services lie in the Engine's ServiceSpec, and what makes the Engine's value of a
-- flag's.

local errors = require "moondock.errors"
local given = require "moondock.flag_values"
local lists = require "moondock.flag_lists"
local name_servers = require "moondock.name_servers"
local told = require "moondock.told"
local values = require "moondock.service_values"

local CONTAINER = "TaskTemplate.ContainerSpec."
local TASK = "TaskTemplate."

local fields = {}

---Flags that fill one field, of a new service or of one that is there.
fields.VALUES = {
  entrypoint = { CONTAINER .. "Command", values.words },
  hostname = { CONTAINER .. "Hostname", given.text },
  user = { CONTAINER .. "User", given.text },
  workdir = { CONTAINER .. "Dir", given.text },
  tty = { CONTAINER .. "TTY", given.boolean },
  read_only = { CONTAINER .. "ReadOnly", given.boolean },
  init = { CONTAINER .. "Init", given.boolean },
  isolation = { CONTAINER .. "Isolation", given.text },
  stop_signal = { CONTAINER .. "StopSignal", given.text },
  stop_grace_period = { CONTAINER .. "StopGracePeriod", given.nanoseconds },
  oom_score_adj = { CONTAINER .. "OomScoreAdj", given.integer },
  health_cmd = { CONTAINER .. "HealthCheck.Test", values.health_command },
  health_interval = { CONTAINER .. "HealthCheck.Interval", given.nanoseconds },
  health_timeout = { CONTAINER .. "HealthCheck.Timeout", given.nanoseconds },
  health_retries = { CONTAINER .. "HealthCheck.Retries", given.integer },
  health_start_period = { CONTAINER .. "HealthCheck.StartPeriod", given.nanoseconds },
  health_start_interval = { CONTAINER .. "HealthCheck.StartInterval", given.nanoseconds },
  limit_cpu = { TASK .. "Resources.Limits.NanoCPUs", given.nano_cpus },
  limit_memory = { TASK .. "Resources.Limits.MemoryBytes", given.bytes },
  limit_pids = { TASK .. "Resources.Limits.Pids", given.integer },
  reserve_cpu = { TASK .. "Resources.Reservations.NanoCPUs", given.nano_cpus },
  reserve_memory = { TASK .. "Resources.Reservations.MemoryBytes", given.bytes },
  memory_swap = { TASK .. "Resources.SwapBytes", given.bytes_or_unlimited },
  memory_swappiness = { TASK .. "Resources.MemorySwappiness", given.integer },
  replicas_max_per_node = { TASK .. "Placement.MaxReplicas", given.count },
  restart_condition = { TASK .. "RestartPolicy.Condition", given.text },
  restart_delay = { TASK .. "RestartPolicy.Delay", given.nanoseconds },
  restart_max_attempts = { TASK .. "RestartPolicy.MaxAttempts", given.count },
  restart_window = { TASK .. "RestartPolicy.Window", given.nanoseconds },
  endpoint_mode = { "EndpointSpec.Mode", values.lower },
  update_parallelism = { "UpdateConfig.Parallelism", given.count },
  update_delay = { "UpdateConfig.Delay", given.nanoseconds },
  update_monitor = { "UpdateConfig.Monitor", given.nanoseconds },
  update_failure_action = { "UpdateConfig.FailureAction", given.text },
  update_max_failure_ratio = { "UpdateConfig.MaxFailureRatio", values.number },
  update_order = { "UpdateConfig.Order", given.text },
  rollback_parallelism = { "RollbackConfig.Parallelism", given.count },
  rollback_delay = { "RollbackConfig.Delay", given.nanoseconds },
  rollback_monitor = { "RollbackConfig.Monitor", given.nanoseconds },
  rollback_failure_action = { "RollbackConfig.FailureAction", given.text },
  rollback_max_failure_ratio = { "RollbackConfig.MaxFailureRatio", values.number },
  rollback_order = { "RollbackConfig.Order", given.text },
}

---Flags that fill one list or one object of a new service; an update has `..._add` and `..._rm`.
fields.LISTS = {
  label = { "Labels", given.labels },
  container_label = { CONTAINER .. "Labels", given.labels },
  sysctl = { CONTAINER .. "Sysctls", given.map },
  group = { CONTAINER .. "Groups", given.texts },
  mount = { CONTAINER .. "Mounts", values.mounts },
  host = { CONTAINER .. "Hosts", values.hosts },
  dns = { CONTAINER .. "DNSConfig.Nameservers", name_servers.addresses },
  dns_search = { CONTAINER .. "DNSConfig.Search", name_servers.domains },
  dns_option = { CONTAINER .. "DNSConfig.Options", given.texts },
  ulimit = { CONTAINER .. "Ulimits", lists.ulimits },
  constraint = { TASK .. "Placement.Constraints", given.texts },
  placement_pref = { TASK .. "Placement.Preferences", values.preferences },
  generic_resource = { TASK .. "Resources.Reservations.GenericResources", values.resources },
  network = { TASK .. "Networks", values.networks },
  publish = { "EndpointSpec.Ports", values.publish },
}

-- What a record says that nothing was said of. An engine takes the absent parallelism of an update
-- for 0, which is all at once.
local UPDATE = { Parallelism = 1, Delay = 0, Monitor = 5000000000, FailureAction = "pause",
  MaxFailureRatio = 0, Order = "stop-first" }
local DEFAULTS = { UpdateConfig = UPDATE, RollbackConfig = UPDATE,
  RestartPolicy = { Condition = "any", Delay = 5000000000, MaxAttempts = 0 } }

local function new(step)
  local record = {}
  for key, value in pairs(DEFAULTS[step] or {}) do record[key] = value end
  return record
end

local function is_empty(value)
  return type(value) ~= "table" or next(value) == nil
end

---What a spec has at a path such as "EndpointSpec.Ports"; nil where a record on the way is missing.
function fields.at(spec, path)
  for step in path:gmatch "[^.]+" do
    if type(spec) ~= "table" then return nil end
    spec = spec[step]
  end
  return spec
end

---The record at a path. Those on the way that are not there are made.
function fields.record(spec, path)
  for step in path:gmatch "[^.]+" do
    if told.object(spec[step]) ~= spec[step] then spec[step] = new(step) end
    spec = spec[step]
  end
  return spec
end

---Put a value at a path, on which missing records are made.
function fields.put(spec, path, value)
  local parent, last = path:match "^(.-)%.?([^.]+)$"
  fields.record(spec, parent)[last] = value
end

---The same, where nothing stays away unless it takes the place of something.
function fields.put_list(spec, path, value)
  if is_empty(value) and is_empty(fields.at(spec, path)) then return end
  fields.put(spec, path, value)
end

---What the options `log_driver` and `log_opt` say: the options go with their driver.
function fields.log_driver(opts)
  local name = opts.log_driver ~= nil and given.text("log_driver", opts.log_driver) or ""
  if name == "" then
    if opts.log_opt ~= nil then errors.blame "option log_opt needs log_driver" end
    return nil
  end
  return { Name = name,
    Options = opts.log_opt ~= nil and given.map("log_opt", opts.log_opt) or nil }
end

---An option of the health check, if one is there.
---@return string? name
function fields.health_option(opts)
  for name in pairs(opts) do
    if tostring(name):find "^health_" then return name end
  end
end

---Whether the options forbid the health check of the image; then none of them can change it.
function fields.no_healthcheck(opts)
  if opts.no_healthcheck == nil or not given.boolean("no_healthcheck", opts.no_healthcheck) then
    return false
  end
  local other = fields.health_option(opts)
  if other then errors.blame("option no_healthcheck conflicts with " .. other) end
  return true
end

return fields
