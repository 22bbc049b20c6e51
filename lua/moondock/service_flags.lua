-- The vocabulary of `docker service create`, turned into the Engine's ServiceSpec.

local core = require "moondock.core"
local errors = require "moondock.errors"
local flags = require "moondock.flags"
local reference = require "moondock.reference"
local references = require "moondock.service_references"
local values = require "moondock.service_values"

local given = flags.values

local CONTAINER = "TaskTemplate.ContainerSpec."
local TASK = "TaskTemplate."

-- Flags that fill one field: its path, and what makes the field's value of the flag's.
local FIELDS = {
  name = { "Name", values.text },
  label = { "Labels", values.map },
  container_label = { CONTAINER .. "Labels", values.map },
  entrypoint = { CONTAINER .. "Command", values.words },
  hostname = { CONTAINER .. "Hostname", values.text },
  user = { CONTAINER .. "User", values.text },
  group = { CONTAINER .. "Groups", values.texts },
  workdir = { CONTAINER .. "Dir", values.text },
  tty = { CONTAINER .. "TTY", values.boolean },
  read_only = { CONTAINER .. "ReadOnly", values.boolean },
  init = { CONTAINER .. "Init", values.boolean },
  isolation = { CONTAINER .. "Isolation", values.text },
  stop_signal = { CONTAINER .. "StopSignal", values.text },
  stop_grace_period = { CONTAINER .. "StopGracePeriod", values.nanoseconds },
  mount = { CONTAINER .. "Mounts", values.mounts },
  host = { CONTAINER .. "Hosts", values.hosts },
  dns = { CONTAINER .. "DNSConfig.Nameservers", values.texts },
  dns_search = { CONTAINER .. "DNSConfig.Search", values.texts },
  dns_option = { CONTAINER .. "DNSConfig.Options", values.texts },
  sysctl = { CONTAINER .. "Sysctls", values.map },
  ulimit = { CONTAINER .. "Ulimits", values.ulimits },
  oom_score_adj = { CONTAINER .. "OomScoreAdj", values.integer },
  health_cmd = { CONTAINER .. "HealthCheck.Test", values.health_command },
  health_interval = { CONTAINER .. "HealthCheck.Interval", values.nanoseconds },
  health_timeout = { CONTAINER .. "HealthCheck.Timeout", values.nanoseconds },
  health_retries = { CONTAINER .. "HealthCheck.Retries", values.integer },
  health_start_period = { CONTAINER .. "HealthCheck.StartPeriod", values.nanoseconds },
  health_start_interval = { CONTAINER .. "HealthCheck.StartInterval", values.nanoseconds },
  limit_cpu = { TASK .. "Resources.Limits.NanoCPUs", values.nanocpus },
  limit_memory = { TASK .. "Resources.Limits.MemoryBytes", values.bytes },
  limit_pids = { TASK .. "Resources.Limits.Pids", values.integer },
  reserve_cpu = { TASK .. "Resources.Reservations.NanoCPUs", values.nanocpus },
  reserve_memory = { TASK .. "Resources.Reservations.MemoryBytes", values.bytes },
  generic_resource = { TASK .. "Resources.Reservations.GenericResources", values.resources },
  memory_swap = { TASK .. "Resources.SwapBytes", values.swap },
  memory_swappiness = { TASK .. "Resources.MemorySwappiness", values.integer },
  constraint = { TASK .. "Placement.Constraints", values.texts },
  placement_pref = { TASK .. "Placement.Preferences", values.preferences },
  replicas_max_per_node = { TASK .. "Placement.MaxReplicas", values.integer },
  restart_condition = { TASK .. "RestartPolicy.Condition", values.text },
  restart_delay = { TASK .. "RestartPolicy.Delay", values.nanoseconds },
  restart_max_attempts = { TASK .. "RestartPolicy.MaxAttempts", values.integer },
  restart_window = { TASK .. "RestartPolicy.Window", values.nanoseconds },
  log_driver = { TASK .. "LogDriver.Name", values.text },
  log_opt = { TASK .. "LogDriver.Options", values.map },
  network = { TASK .. "Networks", values.networks },
  endpoint_mode = { "EndpointSpec.Mode", values.lower },
  publish = { "EndpointSpec.Ports", values.publish },
  update_parallelism = { "UpdateConfig.Parallelism", values.integer },
  update_delay = { "UpdateConfig.Delay", values.nanoseconds },
  update_monitor = { "UpdateConfig.Monitor", values.nanoseconds },
  update_failure_action = { "UpdateConfig.FailureAction", values.text },
  update_max_failure_ratio = { "UpdateConfig.MaxFailureRatio", values.number },
  update_order = { "UpdateConfig.Order", values.text },
  rollback_parallelism = { "RollbackConfig.Parallelism", values.integer },
  rollback_delay = { "RollbackConfig.Delay", values.nanoseconds },
  rollback_monitor = { "RollbackConfig.Monitor", values.nanoseconds },
  rollback_failure_action = { "RollbackConfig.FailureAction", values.text },
  rollback_max_failure_ratio = { "RollbackConfig.MaxFailureRatio", values.number },
  rollback_order = { "RollbackConfig.Order", values.text },
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
  for _, item in ipairs(values.texts(name, value)) do
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
    values.bad("mode", "replicated, global, replicated-job or global-job", mode)
  elseif opts.max_concurrent ~= nil and mode ~= "replicated-job" then
    errors.blame "option max_concurrent is for mode replicated-job"
  elseif mode:find("^global") and (opts.replicas or opts.replicas_max_per_node) then
    errors.blame(("options replicas and replicas_max_per_node are not for mode %s"):format(mode))
  end
end

local function put_mode(spec, opts)
  if opts.mode == nil and opts.replicas == nil and opts.max_concurrent == nil then return end
  local mode = opts.mode or "replicated"
  check_mode(mode, opts)
  spec.Mode = MODES[mode] {
    replicas = opts.replicas ~= nil and values.integer("replicas", opts.replicas) or nil,
    max_concurrent = opts.max_concurrent and values.integer("max_concurrent", opts.max_concurrent),
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
  local list = {}
  for _, path in ipairs(values.texts("env_file", opts.env_file or {})) do
    local ok, message, err = require "moondock.env_file"(path, list)
    if not ok then return nil, message, err end
  end
  for _, item in ipairs(given.pairs_list("env", opts.env or {})) do
    list[#list + 1] = values.text("env", item)
  end
  if #list > 0 then put(spec, CONTAINER .. "Env", last_of_each(list)) end
  return true
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

-- An image without a tag would be pulled with all of its tags.
local function tagged(image)
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
    if type(key) == "string" and key:find("^%u") then
      engine[key] = value
    elseif FIELDS[key] then
      put(spec, FIELDS[key][1], FIELDS[key][2](key, value))
    elseif not NAMES[key] and not own[key] then
      given.unknown(tostring(key), NAMES, sorted(own))
    end
  end
  return engine
end

local service_flags = {}

---Turn the arguments of `services:create` into a ServiceSpec, and what it names but has no id of
---yet.
---@param image string|table
---@param command? string[]|string
---@param opts? table
---@param own table<string, true>  options that are none of the spec's
---@return table? spec, table|string references_or_message, table|moondock.Error options_or_err
function service_flags.create(image, command, opts, own)
  image, command, opts = given.named(image, command, opts)
  local spec = { TaskTemplate = { ContainerSpec = { Image = tagged(image) } } }
  if command ~= nil then
    put(spec, CONTAINER .. "Args", given.command_list("command", command))
  end
  local engine = put_fields(spec, opts, own)
  local ok, message, err = put_env(spec, opts)
  if not ok then return nil, message, err end
  put_capabilities(spec, opts)
  put_mode(spec, opts)
  put_no_healthcheck(spec, opts)
  complete(spec.UpdateConfig, UPDATE_DEFAULTS)
  complete(spec.RollbackConfig, UPDATE_DEFAULTS)
  complete(spec.TaskTemplate.RestartPolicy, RESTART_DEFAULTS)
  if opts.log_opt and not opts.log_driver then errors.blame "option log_opt needs log_driver" end
  local needed = references.of(spec, opts)
  given.merge(spec, engine)
  return spec, needed, opts
end

return service_flags
