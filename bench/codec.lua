-- Our JSON codec and lua-cjson's on the same documents.
--
--   lua5.4 bench/codec.lua FILE...                             a table of megabytes per second
--   lua5.4 bench/codec.lua CODEC decode|encode FILE TIMES      does that, for bench/instructions

local codecs = require "bench.codecs"
local turns = require "bench.turns"

local function compare(direction, path)
  local ours, theirs = codecs.job("moondock", direction, path), codecs.job("cjson", direction, path)
  local mine, its = turns.compare { ours, theirs }
  print(("| %s %s, %.1f KB | %.0f | %.0f | %.2f |"):format(direction, path:match "([^/.]+)[^/]*$",
    ours.size / 1000, ours.size / mine / 1e6, ours.size / its / 1e6, its / mine))
end

local function compare_all(paths)
  print "| document | moondock MB/s | lua-cjson MB/s | times as fast |"
  print "| --- | ---: | ---: | ---: |"
  for _, path in ipairs(paths) do
    compare("decode", path)
    if not path:find "%.stream$" then compare("encode", path) end
  end
end

if codecs[arg[1]] then
  local job = codecs.job(arg[1], arg[2], arg[3])
  for _ = 1, tonumber(arg[4]) do job.work(job.value) end
else
  compare_all(arg)
end
