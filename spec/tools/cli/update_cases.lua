-- Command lines of `docker update`.

local cases = require "spec.tools.cli.cases"

local group = cases.group { verb = "update", path = "^/containers/web/update$", tail = "web",
  call = function(client, case) return client.containers:get("web"):update(case.opts) end }

group:each("--memory %s", "memory", { "64m", "1.5g", { "8388608", 8388608 } })
group:each("--memory-reservation %s", "memory_reservation", { "32m" })
group:each("--memory-swap %s", "memory_swap", { "128m", { "-1", -1 } })
group:each("--cpus %s", "cpus", { { "1.5", 1.5 }, "0.25" })
for flag, name in pairs { ["cpu-shares"] = "cpu_shares", ["cpu-period"] = "cpu_period", ["cpu-quota"] = "cpu_quota",
  ["cpu-rt-period"] = "cpu_rt_period", ["cpu-rt-runtime"] = "cpu_rt_runtime", ["pids-limit"] = "pids_limit",
  ["blkio-weight"] = "blkio_weight" } do
  group:each("--" .. flag .. " %s", name, { { "100", 100 }, "250" })
end
group:each("--pids-limit %s", "pids_limit", { { "-1", -1 } })
group:each("--cpuset-cpus %s", "cpuset_cpus", { "0-3", "0,1" })
group:each("--cpuset-mems %s", "cpuset_mems", { "0" })
group:each("--restart %s", "restart", { "no", "always", "unless-stopped", "on-failure:5" })
group:add("--memory 64m --cpus 2 --restart always", { memory = "64m", cpus = 2, restart = "always" })
group:add("--memory 64m", { Memory = 67108864 })
group:refuse("--memory x", { memory = "x" })
group:refuse("--cpus many", { cpus = "many" })
group:refuse("--hostname x", { hostname = "x" })

return { group }
