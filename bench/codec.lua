-- Our JSON codec and lua-cjson's on the same documents, in turns within one process.
--
--   lua5.4 bench/codec.lua FILE...    prints a table of megabytes per second

local cjson = require "cjson"
local core = require "moondock.core"

local ROUNDS = 31
local ROUND_SECONDS = 0.02

local function median(list)
  table.sort(list)
  return list[(#list + 1) // 2]
end

local function seconds_of(work, value, times)
  collectgarbage()
  local start = os.clock()
  for _ = 1, times do work(value) end
  return (os.clock() - start) / times
end

-- The median of the seconds that each worker takes, in turns and each on its own value.
local function compare(workers)
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
  for i in ipairs(workers) do taken[i] = median(taken[i]) end
  return table.unpack(taken)
end

local function ours(text)
  local ok, value = core.decode(text)
  assert(ok, value)
  return value
end

local function encode(value)
  return assert(core.encode(value))
end

local function report(what, size, mine, theirs)
  print(("| %s | %.0f | %.0f | %.2f |"):format(what, size / mine / 1e6, size / theirs / 1e6,
    theirs / mine))
end

print "| document | moondock MB/s | lua-cjson MB/s | times as fast |"
print "| --- | ---: | ---: | ---: |"
for _, path in ipairs(arg) do
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  local name = ("%s, %.1f KB"):format(path:match "([^/.]+)[^/]*$", #text / 1000)
  report("decode " .. name, #text, compare {
    { work = ours, value = text }, { work = cjson.decode, value = text },
  })
  report("encode " .. name, #text, compare {
    { work = encode, value = ours(text) }, { work = cjson.encode, value = cjson.decode(text) },
  })
end
