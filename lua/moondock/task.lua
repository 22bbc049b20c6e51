-- Waiting: the one place where the library gives the loop its time.

local core = require "moondock.core"

local task = {}

-- A step is sliced, so that a wait without a deadline is still looked at now and then.
local LONGEST_STEP = 60

---Seconds of a clock that only goes forward; its zero means nothing.
---@return number
task.now = core.now

---Let everything advance, until `source` may have news or `deadline` (of `task.now`) has passed.
---Waking early is normal: the caller looks at its own condition and waits again.
function task.wait(_, deadline)
  local loop = core.loop()
  while loop:ready() do end -- luacheck: ignore 542
  local seconds = deadline and deadline - task.now() or LONGEST_STEP
  loop:step(math.max(0, math.ceil(math.min(seconds, LONGEST_STEP) * 1000)))
end

---Pause for `seconds`, while everything else goes on.
function task.sleep(seconds)
  local deadline = task.now() + seconds
  repeat task.wait(nil, deadline) until task.now() >= deadline
end

return task
