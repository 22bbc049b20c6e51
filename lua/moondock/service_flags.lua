-- The vocabulary of `docker service create`, turned into the Engine's ServiceSpec.

local core = require "moondock.core"
local errors = require "moondock.errors"
local given = require "moondock.flag_values"
local lists = require "moondock.flag_lists"
local reference = require "moondock.reference"
local references = require "moondock.service_references"
local values = require "moondock.service_values"
local vocabulary = require "moondock.vocabulary"

local CONTAINER = "TaskTemplate.ContainerSpec."
local TASK = "TaskTemplate."

-- Flags that fill one field: its path, and what makes the field's value of the flag's.
local FIELDS = {
  name = { "Name", given.text },
  label = { "Labels", given.map },
  container_label = { CONTAINER .. "Labels", given.map },
  entrypoint = { CONTAINER .. "Command", given.command },
  hostname = { CONTAINER .. "Hostname", given.text },
  user = { CONTAINER .. "User", given.text },
  group = { CONTAINER .. "Groups", given.texts },
  workdir = { CONTAINER .. "Dir", given.text },
  tty = { CONTAINER .. "TTY", given.boolean },
  read_only = { CONTAINER .. "ReadOnly", given.boolean },
  init = { CONTAINER .. "Init", given.boolean },
  isolation = { CONTAINER .. "Isolation", given.text },
  stop_signal = { CONTAINER .. "StopSignal", given.text },
  stop_grace_period = { CONTAINER .. "StopGracePeriod", given.nanoseconds },
  mount = { CONTAINER .. "Mounts", values.mounts },
  host = { CONTAINER .. "Hosts", values.hosts },
  dns = { CONTAINER .. "DNSConfig.Nameservers", values.addresses },
  dns_search = { CONTAINER .. "DNSConfig.Search", given.texts },
  dns_option = { CONTAINER .. "DNSConfig.Options", given.texts },
  sysctl = { CONTAINER .. "Sysctls", given.map },
  ulimit = { CONTAINER .. "Ulimits", lists.ulimits },
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
  generic_resource = { TASK .. "Resources.Reservations.GenericResources", values.resources },
  memory_swap = { TASK .. "Resources.SwapBytes", given.bytes_or_unlimited },
  memory_swappiness = { TASK .. "Resources.MemorySwappiness", given.integer },
  constraint = { TASK .. "Placement.Constraints", given.texts },
  placement_pref = { TASK .. "Placement.Preferences", values.preferences },
  replicas_max_per_node = { TASK .. "Placement.MaxReplicas", values.count },
  restart_condition = { TASK .. "RestartPolicy.Condition", given.text },
  restart_delay = { TASK .. "RestartPolicy.Delay", given.nanoseconds },
  restart_max_attempts = { TASK .. "RestartPolicy.MaxAttempts", values.count },
  restart_window = { TASK .. "RestartPolicy.Window", given.nanoseconds },
  log_driver = { TASK .. "LogDriver.Name", given.text },
  log_opt = { TASK .. "LogDriver.Options", given.map },
  network = { TASK .. "Networks", values.networks },
  endpoint_mode = { "EndpointSpec.Mode", values.lower },
  publish = { "EndpointSpec.Ports", values.publish },
  update_parallelism = { "UpdateConfig.Parallelism", values.count },
  update_delay = { "UpdateConfig.Delay", given.nanoseconds },
  update_monitor = { "UpdateConfig.Monitor", given.nanoseconds },
  update_failure_action = { "UpdateConfig.FailureAction", given.text },
  update_max_failure_ratio = { "UpdateConfig.MaxFailureRatio", values.number },
  update_order = { "UpdateConfig.Order", given.text },
  rollback_parallelism = { "RollbackConfig.Parallelism", values.count },
  rollback_delay = { "RollbackConfig.Delay", given.nanoseconds },
  rollback_monitor = { "RollbackConfig.Monitor", given.nanoseconds },
  rollback_failure_action = { "RollbackConfig.FailureAction", given.text },
  rollback_max_failure_ratio = { "RollbackConfig.MaxFailureRatio", values.number },
  rollback_order = { "RollbackConfig.Order", given.text },
}

local function put(spec, path, value)
  local parent = spec
  for step in path:gmatch("([^.]+)%.") do
    parent[step] = parent[step] or {}
    parent = parent[step]
  end
  parent[path:match("[^.]+$")] = value
end

-- CAP_NET_ADMIN, however it was written; ALL makes any other needless.
local function capabilities(name, value)
  local set = {}
  for _, item in ipairs(given.texts(name, value)) do
    item = item:upper()
    set[(item == "ALL" or item:find("^CAP_")) and item or "CAP_" .. item] = true
  end
  return set.ALL and { ALL = true } or set
end

local function sorted(set)
  local list = core.array()
  for key in pairs(set) do list[#list + 1] = key end
  table.sort(list)
  return list
end

-- What is added is not dropped.
local function put_capabilities(spec, opts)
  local add = capabilities("cap_add", opts.cap_add or {})
  local drop = capabilities("cap_drop", opts.cap_drop or {})
  for key in pairs(add) do drop[key] = nil end
  if next(add) then put(spec, CONTAINER .. "CapabilityAdd", sorted(add)) end
  if next(drop) then put(spec, CONTAINER .. "CapabilityDrop", sorted(drop)) end
end

local MODES = {
  replicated = function(opts)
    return { Replicated = core.object { Replicas = opts.replicas } }
  end,
  global = function() return { Global = core.object() } end,
  ["replicated-job"] = function(opts)
    return { ReplicatedJob = core.object { TotalCompletions = opts.replicas,
      MaxConcurrent = opts.max_concurrent or opts.replicas } }
  end,
  ["global-job"] = function() return { GlobalJob = core.object() } end,
}

local function check_mode(mode, opts)
  if not MODES[mode] then
    given.bad("mode", "replicated, global, replicated-job or global-job", mode)
  elseif opts.max_concurrent ~= nil and mode ~= "replicated-job" then
    errors.blame "option max_concurrent is for mode replicated-job"
  elseif mode:find("^global") and (opts.replicas or opts.replicas_max_per_node) then
    errors.blame(("options replicas and replicas_max_per_node are not for mode %s"):format(mode))
  end
end

local function check_updates(spec)
  local mode = spec.Mode or {}
  if (mode.ReplicatedJob or mode.GlobalJob) and (spec.UpdateConfig or spec.RollbackConfig) then
    errors.blame "options update_... and rollback_... are not for jobs"
  end
end

local function put_mode(spec, opts)
  if opts.mode == nil and opts.replicas == nil and opts.max_concurrent == nil then return end
  local mode = opts.mode or "replicated"
  check_mode(mode, opts)
  spec.Mode = MODES[mode] {
    replicas = opts.replicas ~= nil and values.count("replicas", opts.replicas) or nil,
    max_concurrent = opts.max_concurrent and values.count("max_concurrent", opts.max_concurrent),
  }
end

-- Of several settings of one variable the last one holds, at its own place.
local function last_of_each(list)
  local last, result = {}, core.array()
  for i, item in ipairs(list) do last[item:match("^[^=]*")] = i end
  for i, item in ipairs(list) do
    if last[item:match("^[^=]*")] == i then result[#result + 1] = item end
  end
  return result
end

local function put_env(spec, opts)
  local list = lists.environment(opts)
  if #list > 0 then put(spec, CONTAINER .. "Env", last_of_each(list)) end
end

local function put_no_healthcheck(spec, opts)
  if not opts.no_healthcheck then return end
  if spec.TaskTemplate.ContainerSpec.HealthCheck then
    errors.blame "option no_healthcheck conflicts with the health_* options"
  end
  put(spec, CONTAINER .. "HealthCheck", { Test = { "NONE" } })
end

-- What is not said of an update when something is. An engine takes the absent parallelism of a
-- record for 0, which is all at once.
local UPDATE_DEFAULTS = { Parallelism = 1, Delay = 0, Monitor = 5000000000,
  FailureAction = "pause", MaxFailureRatio = 0, Order = "stop-first" }
local RESTART_DEFAULTS = { Condition = "any", Delay = 5000000000, MaxAttempts = 0 }

local function complete(record, defaults)
  for key, value in pairs(record and defaults or {}) do
    if record[key] == nil then record[key] = value end
  end
end

local service_flags = {}

---The name of an image with its tag: without one, all of its tags would be pulled.
function service_flags.tagged(image)
  if image:find("^sha256:") or image:find("^%x+$") and #image == 64 then return image end
  local parts = reference.parse(image)
  return (parts.tag or parts.digest) and image or image .. ":latest"
end

-- Flags that need more than their own value.
local OTHERS = { cap_add = true, cap_drop = true, mode = true, replicas = true,
  max_concurrent = true, env = true, env_file = true, no_healthcheck = true, secret = true,
  config = true, credential_spec = true, image = true, command = true }

local NAMES = {}
for name in pairs(FIELDS) do NAMES[name] = true end
for name in pairs(OTHERS) do NAMES[name] = true end

-- Put what each option says into the spec; the Engine's own fields are returned.
local function put_fields(spec, opts, own)
  local engine = {}
  for key, value in pairs(opts) do
    if vocabulary.is_field(key) then
      engine[key] = value
    elseif FIELDS[key] then
      put(spec, FIELDS[key][1], FIELDS[key][2](key, value))
    elseif not NAMES[key] and not own[key] then
      vocabulary.unknown(key, NAMES, own)
    end
  end
  return engine
end

-- A whole template of the Engine's says what to run.
local function has_template(opts)
  return type(opts.TaskTemplate) == "table"
end

---Turn the arguments of `services:create` into a ServiceSpec, and what it names but has no id of
---yet.
---@param image string|table
---@param command? string[]|string
---@param opts? table
---@param own table<string, true>  options that are none of the spec's
---@return table spec, table needed, table opts
function service_flags.create(image, command, opts, own)
  image, command, opts = vocabulary.named(image, command, opts, has_template)
  local container = { Image = image and service_flags.tagged(image) }
  local spec = { TaskTemplate = { ContainerSpec = container } }
  if command ~= nil then
    put(spec, CONTAINER .. "Args", given.command("command", command))
  end
  local engine = put_fields(spec, opts, own)
  put_env(spec, opts)
  put_capabilities(spec, opts)
  put_mode(spec, opts)
  put_no_healthcheck(spec, opts)
  check_updates(spec)
  complete(spec.UpdateConfig, UPDATE_DEFAULTS)
  complete(spec.RollbackConfig, UPDATE_DEFAULTS)
  complete(spec.TaskTemplate.RestartPolicy, RESTART_DEFAULTS)
  if opts.log_opt and not opts.log_driver then errors.blame "option log_opt needs log_driver" end
  local needed = references.of(spec, opts)
  if next(spec.TaskTemplate.ContainerSpec) == nil then spec.TaskTemplate.ContainerSpec = nil end
  vocabulary.merge(spec, engine)
  return spec, needed, opts
end

return service_flags
