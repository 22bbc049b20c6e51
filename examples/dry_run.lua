-- Shows what a script would do to an engine, and does nothing: what only reads is sent, everything
-- else is written down.
--
--   lua examples/dry_run.lua [image]

local docker = require "moondock"

local image = arg[1] or "busybox"
local client = assert(docker.connect { dry_run = true })

-- A script like any other.
for _, container in ipairs(assert(client.containers:list { all = true })) do
  if container.State == "exited" then assert(container:remove()) end
end
local web = assert(client.containers:create(image, { "sleep", "60" },
  { name = "web", env = { PASSWORD = "not shown" }, memory = "64m" }))
assert(web:start())

print(("it would send %d requests:"):format(#client:planned()))
for _, plan in ipairs(client:planned()) do print("  " .. tostring(plan)) end

-- The same for one call of any client.
local plan = assert(client.containers:get("web"):stop { t = 3, dry_run = true })
print("and a stop would be " .. tostring(plan))
