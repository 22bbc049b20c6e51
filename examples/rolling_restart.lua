-- Restarts a container of the same name on several engines, one after the other, so that all but one
-- of them serve at any time. It goes on to the next when the container runs again and, if it has a
-- health check, is healthy; the first one that does not come up ends it, with the rest left alone.
--
--   lua examples/rolling_restart.lua web tcp://10.0.0.5:2375 tcp://10.0.0.6:2375

local docker = require "moondock"

local name = table.remove(arg, 1)
if not name or #arg == 0 then
  io.stderr:write "usage: rolling_restart.lua CONTAINER HOST...\n"
  os.exit(2)
end

local function is_up(state)
  local health = state.Health and state.Health.Status or ""
  return state.Running and (health == "healthy" or health == "" or health == "none")
end

local results = docker.fleet(arg):map(function(client, host)
  local container = client.containers:get(name)
  assert(container:restart())
  while true do
    local state = assert(container:inspect()).State
    if is_up(state) then break end
    assert(state.Running, "it ended again")
    docker.sleep(0.5)
  end
  print(host .. ": restarted")
  return true
end, { limit = 1, timeout = 120, keep_going = false })

local status = 0
for _, result in ipairs(results) do
  if not result.ok then
    print(result.host .. ": " .. tostring(result.err))
    status = 1
  end
end
os.exit(status)
