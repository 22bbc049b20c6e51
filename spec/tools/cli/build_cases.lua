-- Command lines of `docker build` with the classic builder. What is fetched from afar the CLI fetches
-- itself, and we leave to the engine: `remote` is not compared.

local cases = require "spec.tools.cli.cases"
local core = require "moondock.core"

local JSON = { buildargs = true, labels = true, ulimits = true, cachefrom = true }

-- The query, with the JSON in it read. What the CLI says in any case is left out where it says
-- what the engine does unless told otherwise.
local function parameters(record)
  local query = {}
  for key, value in pairs(record.query) do
    if JSON[key] and value ~= "" and value ~= "null" then
      value = select(2, assert(core.decode(value)))
      for name, item in pairs(value) do if item == core.null then value[name] = "(null)" end end
    end
    if value == "true" then value = "1" elseif value == "false" or value == "null" then value = "0" end
    query[key] = value
  end
  return query
end

local DEFAULTS = { dockerfile = "Dockerfile", rm = "1", cpuperiod = "0", cpuquota = "0", cpushares = "0",
  memory = "0", memswap = "0", shmsize = "0", networkmode = "default", version = "1", buildargs = {}, labels = {},
  ulimits = "0", cachefrom = {}, q = "0", nocache = "0", forcerm = "0", pull = "0", squash = "0",
  isolation = "default" }

local folder = cases.folder { Dockerfile = "FROM scratch\n", other = "FROM scratch\n" }
local environment = "DOCKER_BUILDKIT=0"

local group = cases.group { verb = "build", path = "^/build$", tail = folder, environment = environment,
  of = parameters, defaults = DEFAULTS, call = function(client, case)
    return client.images:build("tar", case.opts)
  end }

group:add("", {})
group:each("--tag %s", "tag", { "web", "web:1", "host:5000/team/web:1" })
group:add("-t web:1 -t web:latest", { tag = { "web:1", "web:latest" } })
group:add("-f " .. folder .. "/other", { file = "other" })
group:each("--build-arg %s", "build_arg", { "A=1", "A=", "A=b=c", "SPEC_HERE", "SPEC_NOT_HERE", { "A=1", { A = 1 } } })
group:add("--build-arg SPEC_NOT_HERE", { build_arg = { SPEC_NOT_HERE = true } })
group:add("--build-arg SPEC_HERE", { build_arg = { SPEC_HERE = true } })
group:add("--build-arg A=1 --build-arg B=2", { build_arg = { "A=1", "B=2" } })
group:each("--label %s", "label", { "a=1", "a", "a=b=c", { "a=1", { a = 1 } } })
group:each("--target %s", "target", { "final" })
group:each("--platform %s", "platform", { "linux/arm64", "linux/arm/v7" })
for _, pair in ipairs { { "pull", "pull" }, { "no-cache", "no_cache" }, { "quiet", "quiet" },
  { "force-rm", "force_rm" } } do
  group:add("--" .. pair[1], { [pair[2]] = true })
end
group:add("--rm=false", { rm = false })
group:each("--network %s", "network", { "host", "none", "my-net" })
group:each("--add-host %s", "add_host", { "db:10.0.0.2", "db=10.0.0.2", "db:host-gateway", "db:2001:db8::1",
  { "db:10.0.0.2", { db = "10.0.0.2" } } })
group:add("--add-host a:10.0.0.1 --add-host b:10.0.0.2", { add_host = { "a:10.0.0.1", "b:10.0.0.2" } })
group:each("--cache-from %s", "cache_from", { "web:1", { "web:1,web:2", { "web:1", "web:2" } } })
group:each("--security-opt %s", "security_opt", { "seccomp=unconfined" })
group:add("--security-opt a=1 --security-opt b=2", { security_opt = { "a=1", "b=2" } })
group:each("--shm-size %s", "shm_size", { "64m", "1048576" })
group:each("--memory %s", "memory", { "256m", "1g" })
group:each("--memory-swap %s", "memory_swap", { "512m", { "-1", -1 } })
group:each("--cpu-shares %s", "cpu_shares", { { "100", 100 } })
group:each("--cpu-period %s", "cpu_period", { { "50000", 50000 } })
group:each("--cpu-quota %s", "cpu_quota", { { "25000", 25000 } })
group:each("--cpuset-cpus %s", "cpuset_cpus", { "0-1" })
group:each("--cpuset-mems %s", "cpuset_mems", { "0" })
group:each("--cgroup-parent %s", "cgroup_parent", { "/a" })
group:each("--isolation %s", "isolation", { "default" })
group:each("--ulimit %s", "ulimit", { "nofile=1024", "nofile=1024:2048", "core=-1", { "nproc=5", { nproc = 5 } } })
group:add("--ulimit nofile=1:2 --ulimit core=0", { ulimit = { "nofile=1:2", "core=0" } })

group:refuse("--memory x", { memory = "x" })
group:refuse("--shm-size x", { shm_size = "x" })
group:refuse("--ulimit nofile", { ulimit = "nofile" })
group:refuse("--ulimit colours=5", { ulimit = "colours=5" })
group:refuse("--ulimit nofile=5:2", { ulimit = "nofile=5:2" })
group:refuse("--tag UPPER", { tag = "UPPER" })
group:refuse("--tag web:", { tag = "web:" })
group:refuse("--add-host db", { add_host = "db" })
group:refuse("--label =x", { label = "=x" })
group:refuse("--build-arg =x", { build_arg = "=x" })
group:refuse("--cpu-shares many", { cpu_shares = "many" })
group:refuse("--colour red", { colour = "red" })

return { group }
