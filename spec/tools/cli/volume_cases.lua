-- Command lines of `docker volume create`.

local cases = require "spec.tools.cli.cases"

local group = cases.group { verb = "volume create", path = "^/volumes/create$", tail = "data",
  call = function(client, case) return client.volumes:create("data", case.opts) end,
  defaults = { Driver = "local" } }

group:add("", {})
group:each("--driver %s", "driver", { "local", "vendor/plugin:1" })
group:each("--opt %s", "opt", { "type=tmpfs", "a", "a=", "o=size=1m,uid=5", { "type=nfs", { type = "nfs" } } })
group:add("-o type=nfs -o o=addr=10.0.0.1,rw -o device=:/x",
  { opt = { type = "nfs", o = "addr=10.0.0.1,rw", device = ":/x" } })
group:each("--label %s", "label", { "a=1", "a", { "a=1", { a = 1 } } })
group:add("--label a=1 --label b=2 --driver x", { label = { "a=1", "b=2" }, driver = "x" })

-- Cluster volumes. The CLI forgets about `--secret` and `--topology-...` unless another flag of theirs is
-- there; we do not.
local function cluster(line, opts)
  opts.driver = "csi"
  group:add("--driver csi " .. line, opts)
end

cluster("--group g", { group = "g" })
cluster("--type mount", { type = "mount" })
cluster("--type block", { type = "block" })
for _, scope in ipairs { "single", "multi" } do
  cluster("--type mount --scope " .. scope, { type = "mount", scope = scope })
end
for _, sharing in ipairs { "none", "readonly", "onewriter", "all" } do
  cluster("--type mount --sharing " .. sharing, { type = "mount", sharing = sharing })
end
for _, availability in ipairs { "active", "pause", "drain" } do
  cluster("--group g --availability " .. availability, { group = "g", availability = availability })
end
cluster("--required-bytes 1g", { required_bytes = "1g" })
cluster("--limit-bytes 2048", { limit_bytes = 2048 })
cluster("--required-bytes 1m --limit-bytes 1.5g", { required_bytes = "1m", limit_bytes = "1.5g" })
cluster("--type mount --secret key=name", { type = "mount", secret = "key=name" })
cluster("--type mount --secret b=two --secret a=one", { type = "mount", secret = { a = "one", b = "two" } })
cluster("--type mount --topology-required region=east", { type = "mount", topology_required = "region=east" })
cluster("--type mount --topology-required region=east,rack=1",
  { type = "mount", topology_required = "region=east,rack=1" })
cluster("--type mount --topology-required region=east --topology-required region=west",
  { type = "mount", topology_required = { "region=east", "region=west" } })
cluster("--type mount --topology-preferred region=east,rack=1",
  { type = "mount", topology_preferred = { "region=east,rack=1" } })
cluster("--type mount --topology-required a=1 --topology-preferred a=1,b=2 --scope multi --sharing all",
  { type = "mount", topology_required = "a=1", topology_preferred = "a=1,b=2", scope = "multi", sharing = "all" })
cluster("--group g --label a=1 --opt b=2", { group = "g", label = { a = 1 }, opt = { b = 2 } })

group:refuse("--driver csi --limit-bytes many", { driver = "csi", limit_bytes = "many" })
group:refuse("--driver csi --required-bytes x", { driver = "csi", required_bytes = "x" })
group:refuse("--label 'a b=x'", { label = "a b=x" })
group:refuse("--label =x", { label = "=x" })

local nameless = cases.group { verb = "volume create", path = "^/volumes/create$",
  call = function(client, case) return client.volumes:create(case.opts) end, defaults = { Driver = "local" } }

nameless:add("", {})
nameless:add("--label a=1", { label = { a = "1" } })

return { group, nameless }
