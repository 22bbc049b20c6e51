-- A time limit for each spec: one that hangs fails, and the others go on. What waits in the library
-- waits in `task.wait`, so it is interrupted there.

local busted = require "busted"

local SECONDS = tonumber(os.getenv "MOONDOCK_SPEC_LIMIT" or 300)
local CLEANING = 30 -- seconds more, for what the failed spec leaves to be cleaned up

local limit = { at = math.huge }

busted.subscribe({ "test", "start" }, function()
  limit.at = limit.now and limit.now() + SECONDS or math.huge
  return nil, true
end)

---Let the waits of `task` fail when the spec that runs has used up its time.
function limit.guard(task)
  local wait = task.wait
  limit.now = task.now
  function task.wait(source, deadline)
    if task.now() >= limit.at then
      limit.at = task.now() + CLEANING
      error(("this spec hangs: it waited for %d seconds"):format(SECONDS), 0)
    end
    return wait(source, math.min(deadline or limit.at, limit.at))
  end
end

return limit
