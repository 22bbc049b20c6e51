-- How long the module takes to load, in processes of its own, over a Lua that loads nothing.
--
--   lua5.4 bench/load.lua MEASURE    the program that bench/run builds

local turns = require "bench.turns"

local measure = arg[1]
local ROUNDS = 151

local function modules()
  local list = {}
  local pipe = assert(io.popen "cd lua && find moondock -name '*.lua'")
  for path in pipe:lines() do
    list[#list + 1] = ("require'%s'"):format(path:gsub("%.lua$", ""):gsub("/init$", "")
      :gsub("/", "."))
  end
  pipe:close()
  return table.concat(list, " ")
end

local CONTESTANTS = {
  { name = "an empty Lua", program = "" },
  { name = "require of the core", program = "require'moondock.core'" },
  { name = "require of moondock", program = "require'moondock'" },
  { name = "require of every file", program = modules() },
}

local function once(program)
  local pipe = assert(io.popen(("%s lua5.4 -e \"%s\""):format(measure, program)))
  local text = pipe:read "a"
  pipe:close()
  local wall, cpu, rss = text:match '"wall":([%d.]+),"cpu":([%d.]+),"maxrss":(%d+),"status":0}'
  assert(wall, text)
  return tonumber(wall) * 1e3, tonumber(cpu) * 1e3, tonumber(rss) / 1024
end

local taken = {}
for i in ipairs(CONTESTANTS) do taken[i] = { wall = {}, cpu = {}, rss = {} } end
for round = 1, ROUNDS do
  for i, contestant in ipairs(CONTESTANTS) do
    local mine = taken[i]
    mine.wall[round], mine.cpu[round], mine.rss[round] = once(contestant.program)
  end
end

print "| program | wall | CPU | peak MB | wall over empty | least wall over | CPU over |"
print "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
local wall, cpu, least
for i, contestant in ipairs(CONTESTANTS) do
  local mine = taken[i]
  local my_wall, my_cpu = turns.median(mine.wall), turns.median(mine.cpu)
  local rss = turns.median(mine.rss)
  wall, cpu, least = wall or my_wall, cpu or my_cpu, least or mine.wall[1]
  print(("| %s | %.2f ms | %.2f ms | %.1f | %+.2f ms | %+.2f ms | %+.2f ms |"):format(
    contestant.name, my_wall, my_cpu, rss, my_wall - wall, mine.wall[1] - least, my_cpu - cpu))
end
