-- Command lines of `docker service update`, over the service that the recording engine has.

local cases = require "spec.tools.cli.cases"

local group = cases.group {
  verb = "service update --detach --no-resolve-image", path = "^/services/web/update$", tail = "web",
  call = function(client, case) return client.services:get("web"):update(case.opts) end,
  of = require("spec.tools.cli.service_create_cases")[1].of,
}

group:add("--image nginx:1.28", { image = "nginx:1.28" })
group:add("--image nginx", { image = "nginx" })
group:add("--replicas 5", { replicas = 5 })
group:add("--replicas 0", { replicas = 0 })
group:add("--force", { force = true })
group:add("--force --image nginx:1 --replicas 3", { force = true, image = "nginx:1", replicas = 3 })
group:refuse("--replicas -1", { replicas = -1 })
group:refuse("--replicas many", { replicas = "many" })

return { group }
