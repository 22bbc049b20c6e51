-- How much more memory this process has after something.

local memory = {}

-- AddressSanitizer keeps what was freed for a while; see tools/asan-lua for how much.
local KEPT = os.getenv "MOONDOCK_ASAN_LUA" and 16 * 1024 or 0

local function resident()
  local file = assert(io.open "/proc/self/status") -- closed here: LuaJIT may never collect it
  local kilobytes = file:read("*a"):match "\nVmRSS:%s*(%d+)"
  file:close()
  return tonumber(kilobytes)
end

---By how many kilobytes the resident memory grows while `run` runs.
---@param run function
---@param enough? integer  it runs again, up to three times, while it grew by so many: what an
---allocator keeps varies, and a leak is one each time
---@return integer kilobytes
function memory.grown(run, enough)
  local grown
  for _ = 1, enough and 3 or 1 do
    collectgarbage()
    collectgarbage()
    local before = resident()
    run()
    grown = math.max(0, resident() - before - KEPT)
    if enough and grown < enough then break end
  end
  return grown
end

return memory
