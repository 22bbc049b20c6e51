-- Prints a table: what it costs to list the containers of many hosts in one thread, each of which
-- answers after 100 ms. The hosts are threads of the specs' server, a process of its own.
--
--   eval "$(make -s env)"; make -s specs; lua5.4 bench/fleet.lua
--
-- Every list has 10 containers; connections are new in the first round and kept in the second.

local docker = require "moondock"
local server = require "spec.core.server"

local DELAY = 100 -- milliseconds
local CONTAINERS = 10

local RECORD = '{"Id":"%064d","Names":["/name-%d"],"Image":"busybox:latest","State":"running",'
  .. '"Status":"Up-2-hours","Labels":{"a":"b"},"Ports":[],"Created":1700000000}'

local function script()
  local records = {}
  for i = 1, CONTAINERS do records[i] = RECORD:format(i, i) end
  return ("sleep %d;%s"):format(DELAY, server.answer("[" .. table.concat(records, ",") .. "]"))
end

local function hosts(count)
  local list = {}
  for i = 1, count do
    list[i] = { name = "host" .. i, host = (server.tcp:gsub("^http", "tcp")), api_version = "1.45",
      headers = { Script = script() } }
  end
  return list
end

local function round(fleet, count)
  local wall, cpu = docker.now(), os.clock()
  local containers, failed = fleet:containers()
  wall, cpu = docker.now() - wall, os.clock() - cpu
  assert(#failed == 0 and #containers == count * CONTAINERS)
  return wall, cpu
end

server.start()
print "| hosts | sum of delays | first | CPU | again | CPU | each | memory MB |"
print "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
for _, count in ipairs { 1, 10, 50, 200 } do
  local fleet = docker.fleet(hosts(count))
  local first, first_cpu = round(fleet, count)
  local again, again_cpu = round(fleet, count)
  print(("| %d | %.1f s | %.0f ms | %.1f ms | %.0f ms | %.1f ms | %.0f us | %.1f |"):format(count,
    count * DELAY / 1000, first * 1e3, first_cpu * 1e3, again * 1e3, again_cpu * 1e3,
    again_cpu / count * 1e6, server.memory() / 1024))
  fleet:close()
end
server.stop()
