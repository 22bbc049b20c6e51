-- The vocabulary of `docker build`, turned into the parameters of ImageBuild.

local core = require "moondock.core"
local errors = require "moondock.errors"
local lists = require "moondock.flag_lists"
local reference = require "moondock.reference"
local values = require "moondock.flag_values"

-- A name alone has the value that it has here. Without one it is declared and left unset: null on
-- the wire.
local function build_arg(name, value)
  local arguments = core.object()
  for _, item in ipairs(values.environment(name, value)) do
    local key, rest = item:match("^([^=]+)=(.*)$")
    arguments[key or item] = rest or core.null
  end
  return arguments
end

local function tags(name, value)
  local list = values.list(name, value)
  for _, item in ipairs(list) do
    local repository = reference.parse(values.text(name, item)).repository
    if (repository:match("/(.*)$") or repository):find("%u") then
      values.bad(name, "a name in lower case, perhaps with :tag", item)
    end
  end
  return list
end

local function json_list(name, value)
  return core.array(values.list(name, value))
end

-- Flags with other names than the parameters: what they are called there, and how they are read.
local RENAMED = {
  tag = { "t", tags },
  file = { "dockerfile", values.text },
  label = { "labels", values.map },
  no_cache = { "nocache", values.boolean },
  quiet = { "q", values.boolean },
  force_rm = { "forcerm", values.boolean },
  network = { "networkmode", values.text },
  add_host = { "extrahosts", lists.hosts },
  build_arg = { "buildargs", build_arg },
  ulimit = { "ulimits", lists.ulimits },
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

local build_flags = { RENAMED = RENAMED }

local READ = {}

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

-- All options but the caller's own: flags, and the parameters of the operation by their names.
local function known()
  local names = { raw = true, timeout = true, idle_timeout = true }
  for name in pairs(READ) do names[name] = true end
  for _, parameter in ipairs(core.operation("ImageBuild").parameters) do
    names[parameter.name] = true
  end
  return names
end

---Turn flags into parameters. Every other key is a parameter of the operation by its own name.
---@param opts table
---@param own table<string, true>  other options, for the error that lists them
---@return table wire
function build_flags.parameters(opts, own)
  if not opts.raw then errors.check_options("build", opts, known(), own) end
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
