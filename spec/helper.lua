-- What every spec relies on beyond the paths that .busted and tools/test set.

-- What a checker prints when it ends the process must not lose what busted printed.
io.stdout:setvbuf "line"

-- Loaded here, so that there is one for all files.
require "spec.limit"

-- MOONDOCK_GC_STRESS=1 sets the collector to its hardest: no pause between cycles,
-- and everything dropped in a test is finalized before the next one starts.
if os.getenv "MOONDOCK_GC_STRESS" then
  collectgarbage("setpause", 0)
  collectgarbage("setstepmul", 1000)
  require("busted").subscribe({ "test", "end" }, function()
    collectgarbage()
    collectgarbage()
    return nil, true
  end)
end
