-- The vocabulary of `docker build`, turned into the parameters of ImageBuild.

local core = require "moondock.core"
local errors = require "moondock.errors"
local values = require "moondock.flag_values"

-- A name without a value is declared and left unset: null on the wire.
local function build_arg(wire, value)
  wire.buildargs = core.object()
  local named = type(value) == "table" and #value == 0
  for key, item in pairs(named and value or values.list("build_arg", value)) do
    if named then
      wire.buildargs[key] = item == true and core.null or values.text("build_arg." .. key, item)
    else
      local name, rest = values.text("build_arg", item):match("^([^=]+)=(.*)$")
      wire.buildargs[name or item] = rest or core.null
    end
  end
end

-- "nofile=1024:2048", or "nofile=1024" for both limits.
local function ulimit(wire, value)
  wire.ulimits = core.array()
  for _, text in ipairs(values.list("ulimit", value)) do
    local name, soft, hard = tostring(text):match("^(%l+)=(%-?%d+):?(%-?%d*)$")
    if not name then values.bad("ulimit", "name=soft[:hard]", text) end
    table.insert(wire.ulimits, { Name = name, Soft = tonumber(soft),
      Hard = tonumber(hard) or tonumber(soft) })
  end
end

local function json_list(name, value)
  return core.array(values.list(name, value))
end

-- Flags with other names than the parameters: what they are called there, and how they are read.
local RENAMED = {
  tag = { "t", values.list },
  file = { "dockerfile", values.text },
  label = { "labels", values.map },
  no_cache = { "nocache", values.boolean },
  quiet = { "q", values.boolean },
  force_rm = { "forcerm", values.boolean },
  network = { "networkmode", values.text },
  add_host = { "extrahosts", values.list },
  cache_from = { "cachefrom", json_list },
  build_id = { "buildid", values.text },
  security_opt = { "securityopt", values.list },
  shm_size = { "shmsize", values.bytes },
  memory = { "memory", values.bytes },
  memory_swap = { "memswap", values.bytes_or_unlimited },
  cpu_shares = { "cpushares", values.integer },
  cpu_period = { "cpuperiod", values.integer },
  cpu_quota = { "cpuquota", values.integer },
  cpuset_cpus = { "cpusetcpus", values.text },
  cpuset_mems = { "cpusetmems", values.text },
  cgroup_parent = { "cgroupparent", values.text },
}

local READ = { build_arg = build_arg, ulimit = ulimit }

for name, rule in pairs(RENAMED) do
  READ[name] = function(wire, value) wire[rule[1]] = rule[2](name, value) end
end

-- What BuildKit would ignore in silence.
local CLASSIC_ONLY = { "memory", "memory_swap", "cpu_shares", "cpu_period", "cpu_quota",
  "cpuset_cpus", "cpuset_mems", "cgroup_parent", "security_opt", "isolation", "squash" }

local function check_builder(opts)
  if opts.version == nil or opts.version == "1" then return end
  if opts.version ~= "2" then values.bad("version", '"1" or "2", the builder', opts.version) end
  for _, name in ipairs(CLASSIC_ONLY) do
    if opts[name] ~= nil then
      errors.blame(("option %s: BuildKit ignores it; build with version = \"1\""):format(name))
    end
  end
end

---Turn flags into parameters. Every other key is a parameter of the operation by its own name.
---@param opts table
---@return table wire
local function build_flags(opts)
  check_builder(opts)
  local wire = {}
  for key, value in pairs(opts) do
    if not READ[key] then wire[key] = value end
  end
  for key, value in pairs(opts) do
    if READ[key] then READ[key](wire, value) end
  end
  return wire
end

return build_flags
