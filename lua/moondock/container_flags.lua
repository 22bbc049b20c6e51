-- What each long flag of `docker run` makes of the body of a create.

local core = require "moondock.core"
local devices = require "moondock.devices"
local errors = require "moondock.errors"
local mounts = require "moondock.mounts"
local name_servers = require "moondock.name_servers"
local networks = require "moondock.container_networks"
local publish = require "moondock.publish"
local shared = require "moondock.flag_lists"
local values = require "moondock.flag_values"
local vocabulary = require "moondock.vocabulary"

-- Flags that are one field each, of the configuration or of the host's part of it.
local CONFIG = {
  domainname = { "Domainname", values.text },
  entrypoint = { "Entrypoint", values.command },
  hostname = { "Hostname", values.text },
  stop_signal = { "StopSignal", values.text },
  stop_timeout = { "StopTimeout", values.integer },
  tty = { "Tty", values.boolean },
  user = { "User", values.text },
  workdir = { "WorkingDir", values.text },
}

local HOST = {
  annotation = { "Annotations", values.map },
  blkio_weight = { "BlkioWeight", values.count },
  cap_add = { "CapAdd", shared.capabilities },
  cap_drop = { "CapDrop", shared.capabilities },
  cgroup_parent = { "CgroupParent", values.text },
  cgroupns = { "CgroupnsMode",
    values.choice({ host = true, private = true, [""] = true }, "host or private") },
  cpu_count = { "CpuCount", values.integer },
  cpu_percent = { "CpuPercent", values.integer },
  cpu_period = { "CpuPeriod", values.integer },
  cpu_quota = { "CpuQuota", values.integer },
  cpu_rt_period = { "CpuRealtimePeriod", values.integer },
  cpu_rt_runtime = { "CpuRealtimeRuntime", values.integer },
  cpu_shares = { "CpuShares", values.integer },
  cpus = { "NanoCpus", values.nano_cpus },
  cpuset_cpus = { "CpusetCpus", values.text },
  cpuset_mems = { "CpusetMems", values.text },
  device_cgroup_rule = { "DeviceCgroupRules", devices.rules },
  dns = { "Dns", name_servers.addresses },
  dns_option = { "DnsOptions", values.texts },
  dns_search = { "DnsSearch", name_servers.domains },
  group_add = { "GroupAdd", values.texts },
  add_host = { "ExtraHosts", shared.hosts },
  init = { "Init", values.boolean },
  io_maxbandwidth = { "IOMaximumBandwidth", values.bytes },
  io_maxiops = { "IOMaximumIOps", values.integer },
  ipc = { "IpcMode", values.text },
  isolation = { "Isolation", values.text },
  memory = { "Memory", values.bytes },
  memory_reservation = { "MemoryReservation", values.bytes },
  memory_swap = { "MemorySwap", values.bytes_or_unlimited },
  memory_swappiness = { "MemorySwappiness", values.integer },
  mount = { "Mounts", function(_, value) return mounts.of(value) end },
  oom_kill_disable = { "OomKillDisable", values.boolean },
  oom_score_adj = { "OomScoreAdj", values.integer },
  pid = { "PidMode", values.text },
  pids_limit = { "PidsLimit", values.integer },
  privileged = { "Privileged", values.boolean },
  publish_all = { "PublishAllPorts", values.boolean },
  read_only = { "ReadonlyRootfs", values.boolean },
  runtime = { "Runtime", values.text },
  shm_size = { "ShmSize", values.bytes },
  storage_opt = { "StorageOpt", values.pairs },
  sysctl = { "Sysctls", values.map },
  ulimit = { "Ulimits", shared.ulimits },
  userns = { "UsernsMode", values.text },
  uts = { "UTSMode", values.text },
  volume_driver = { "VolumeDriver", values.text },
  volumes_from = { "VolumesFrom", values.texts },
}

local function tmpfs(_, value)
  local map = core.object()
  for _, item in ipairs(values.joined("tmpfs", value, ":")) do
    local path, options = item:match("^([^:]+):(.*)$")
    map[path or item] = options or ""
  end
  return map
end

HOST.tmpfs = { "Tmpfs", tmpfs }

local POLICIES = { no = true, always = true, ["unless-stopped"] = true, ["on-failure"] = true }

local function restart(_, value)
  local name, count = values.text("restart", value):match("^([%a-]+):?(%d*)$")
  if not POLICIES[name] then
    values.bad("restart", "no, always, unless-stopped or on-failure[:count]", value)
  end
  return { Name = name, MaximumRetryCount = tonumber(count) }
end

HOST.restart = { "RestartPolicy", restart }

local MORE = {}

MORE.publish = publish.into
MORE.expose = publish.expose
for name, apply in pairs(devices.LIMITS) do MORE[name] = apply end

local function check_volume(spec)
  if spec:find("^%.") then
    errors.blame("the source of a volume must be a name or an absolute path: " .. spec)
  elseif (":" .. spec .. ":"):find("::", 1, true) then
    values.bad("volume", "[source:]target[:options], none of them empty", spec)
  end
end

-- What is said twice is one.
local function add_bind(host, spec)
  local binds = host.Binds or core.array()
  for _, bind in ipairs(binds) do
    if bind == spec then return end
  end
  host.Binds, binds[#binds + 1] = binds, spec
end

-- "source:target[:options]" is a bind; a target alone is an anonymous volume.
function MORE.volume(body, value)
  for _, spec in ipairs(values.texts("volume", value)) do
    check_volume(spec)
    if spec:find(":", 1, true) then
      add_bind(body.HostConfig, spec)
    else
      body.Volumes = body.Volumes or core.object()
      body.Volumes[spec] = core.object()
    end
  end
end

local STREAMS = { stdin = "AttachStdin", stdout = "AttachStdout", stderr = "AttachStderr" }

function MORE.attach(body, value)
  for _, name in ipairs(values.texts("attach", value)) do
    local field = STREAMS[name:lower()]
    if not field then values.bad("attach", "stdin, stdout or stderr", name) end
    body[field] = true
  end
end

-- JSON without the white space between its tokens.
local function compact(json)
  local parts, at = {}, 1
  while true do
    local quote = json:find('"', at, true)
    parts[#parts + 1] = json:sub(at, (quote or 0) - 1):gsub("%s+", "")
    if not quote then return table.concat(parts) end
    local stop = quote
    repeat
      stop = json:find('["\\]', stop + 1)
      local escape = json:sub(stop, stop) == "\\"
      if escape then stop = stop + 1 end
    until not escape
    parts[#parts + 1] = json:sub(quote, stop)
    at = stop + 1
  end
end

local function check_security(item)
  local name = item:match("^([^=]*)=.") or item:match("^([^:]*):.")
  if not name and not item:find "^no%-new%-privileges" then
    values.bad("security_opt", "name=value, or no-new-privileges", item)
  end
end

-- A profile is a file here; the engine wants its contents.
local function seccomp(item)
  local path = item:match("^seccomp[=:](.+)$")
  if not path or path == "unconfined" or path == "builtin" then return item end
  local file, why = io.open(path, "rb")
  local profile = file and file:read "*a"
  if file then file:close() end
  local ok, reason = core.decode(profile or "")
  if not ok then
    values.bad("security_opt", "a seccomp profile in a JSON file (" .. (why or reason) .. ")", path)
  end
  return "seccomp=" .. compact(profile)
end

function MORE.security_opt(body, value)
  local list = core.array()
  for _, item in ipairs(values.texts("security_opt", value)) do
    check_security(item)
    if item == "systempaths=unconfined" then
      body.HostConfig.MaskedPaths, body.HostConfig.ReadonlyPaths = core.array(), core.array()
    else
      list[#list + 1] = seccomp(item)
    end
  end
  if #list > 0 then body.HostConfig.SecurityOpt = list end
end

-- Flags that belong together: the whole of the options is looked at once.

local function environment(body, opts)
  if opts.env == nil and opts.env_file == nil then return end
  body.Env = shared.environment(opts, shared.last_of_each)
end

local function labels(body, opts)
  if opts.label == nil and opts.label_file == nil then return end
  local map = core.object()
  if opts.label_file ~= nil then
    local lines = values.file_lines("label_file", opts.label_file, function() end)
    for key, value in pairs(values.map("label_file", lines)) do map[key] = value end
  end
  if opts.label ~= nil then
    for key, value in pairs(values.labels("label", opts.label)) do map[key] = value end
  end
  body.Labels = map
end

local HEALTH = {
  health_interval = { "Interval", values.nanoseconds },
  health_retries = { "Retries", values.count },
  health_start_interval = { "StartInterval", values.nanoseconds },
  health_start_period = { "StartPeriod", values.nanoseconds },
  health_timeout = { "Timeout", values.nanoseconds },
}

-- A list is run as it is, a text by the shell of the container.
local function health_test(command)
  if type(command) == "string" then return core.array { "CMD-SHELL", command } end
  local test = core.array { "CMD" }
  for _, word in ipairs(values.command("health_cmd", command)) do test[#test + 1] = word end
  return test
end

-- What is empty or 0 says nothing.
local function health(body, opts)
  local check = {}
  for name, field in pairs(HEALTH) do
    local value = opts[name] ~= nil and field[2](name, opts[name])
    if value and value ~= 0 then check[field[1]] = value end
  end
  if opts.health_cmd ~= nil and opts.health_cmd ~= "" then
    check.Test = health_test(opts.health_cmd)
  end
  if opts.no_healthcheck ~= nil and values.boolean("no_healthcheck", opts.no_healthcheck) then
    if next(check) then errors.blame "no_healthcheck excludes the other health_... options" end
    check.Test = core.array { "NONE" }
  end
  if next(check) then body.Healthcheck = check end
end

local function log(body, opts)
  if opts.log_driver == nil and opts.log_opt == nil then return end
  if opts.log_driver == "none" and opts.log_opt ~= nil then
    errors.blame "option log_opt is not for log_driver none"
  end
  body.HostConfig.LogConfig = {
    Type = opts.log_driver ~= nil and values.text("log_driver", opts.log_driver) or nil,
    Config = opts.log_opt ~= nil and values.map("log_opt", opts.log_opt) or nil,
  }
end

-- The end of the input must reach the process, and without StdinOnce would close the output instead.
local function input(body, opts)
  if opts.interactive == nil or not values.boolean("interactive", opts.interactive) then return end
  body.OpenStdin, body.AttachStdin, body.StdinOnce = true, true, true
end

local GROUPS = { environment, labels, health, log, input, devices.into, networks.into }

local GROUPED = { env = true, env_file = true, label = true, label_file = true, health_cmd = true,
  no_healthcheck = true, log_driver = true, log_opt = true, interactive = true, device = true,
  gpus = true }
for name in pairs(HEALTH) do GROUPED[name] = true end
for name in pairs(networks.FLAGS) do GROUPED[name] = true end

local container_flags = {}

---The names of all flags.
---@type table<string, true>
container_flags.NAMES = {}
for _, set in ipairs { CONFIG, HOST, MORE, GROUPED } do
  for name in pairs(set) do container_flags.NAMES[name] = true end
end

---Put what the flags among `opts` say into the body of a create.
function container_flags.into(body, opts)
  for name, value in pairs(opts) do
    local config, host = CONFIG[name], HOST[name]
    if config then body[config[1]] = config[2](name, value) end
    if host then body.HostConfig[host[1]] = host[2](name, value) end
    if MORE[name] then MORE[name](body, value) end
  end
  for _, group in ipairs(GROUPS) do group(body, opts) end
end

local UPDATE = { blkio_weight = true, cpu_period = true, cpu_quota = true, cpu_rt_period = true,
  cpu_rt_runtime = true, cpu_shares = true, cpus = true, cpuset_cpus = true, cpuset_mems = true,
  memory = true, memory_reservation = true, memory_swap = true, pids_limit = true,
  restart = true }

---The flags that `docker update` has, too.
container_flags.UPDATE = UPDATE

-- What else an update takes.
local UPDATE_OTHERS = { body = true, raw = true, timeout = true }

local function is_update_option(name, raw)
  return raw or UPDATE_OTHERS[name] or vocabulary.is_field(name)
end

---The options of ContainerUpdate, which lie flat in its body: flags of `docker update` are turned into
---its fields, and all else is left.
function container_flags.update(opts)
  local wire = {}
  for name, value in pairs(opts) do
    if not UPDATE[name] then
      if not is_update_option(name, opts.raw) then
        vocabulary.unknown(name, UPDATE, UPDATE_OTHERS)
      end
      wire[name] = value
    end
  end
  for name in pairs(UPDATE) do
    local field = HOST[name]
    if opts[name] ~= nil and wire[field[1]] == nil then
      wire[field[1]] = field[2](name, opts[name])
    end
  end
  return wire
end

return container_flags
