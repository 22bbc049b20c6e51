-- Functions that take turns within one process, so that what else the machine does hits all alike.

local ROUNDS = 31
local ROUND_SECONDS = 0.02

local turns = {}

function turns.median(list)
  table.sort(list)
  return list[(#list + 1) // 2]
end

local function seconds_of(work, value, times)
  collectgarbage()
  local start = os.clock()
  for _ = 1, times do work(value) end
  return (os.clock() - start) / times
end

---The median of the seconds of CPU that each worker takes, each on its own value.
---@param workers { work: function, value: any }[]
---@return number ...
function turns.compare(workers)
  local times, taken = {}, {}
  for i, worker in ipairs(workers) do
    times[i] = math.max(1, ROUND_SECONDS // seconds_of(worker.work, worker.value, 20))
    taken[i] = {}
  end
  for round = 1, ROUNDS do
    for i, worker in ipairs(workers) do
      taken[i][round] = seconds_of(worker.work, worker.value, times[i])
    end
  end
  for i in ipairs(workers) do taken[i] = turns.median(taken[i]) end
  return table.unpack(taken)
end

return turns
