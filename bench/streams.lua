-- Prints two tables: what idle streams cost, and what a ping costs beside streams.
--
--   lua5.4 bench/streams.lua IMAGE FOLDER JOB...
--
-- `bench/run` calls it, with DOCKER_HOST set to a private engine. Jobs: idle ping.

local docker = require "moondock"
local workload = require "bench.workload"

local image, folder = arg[1], arg[2]
local IDLE_SECONDS = 20
local PINGS = 200

-- Run a job in a process of its own: the fields that it prints.
local function run(...)
  local pipe = assert(io.popen("lua5.4 bench/stream_jobs.lua " .. table.concat({ ... }, " ")))
  local text, fields = pipe:read "a", {}
  if not pipe:close() then error(table.concat({ ... }, " ") .. " failed") end
  for name, value in text:gmatch "(%w+)=(%S+)" do fields[name] = tonumber(value) end
  return fields
end

local jobs = {}

function jobs.idle(made)
  print "| idle streams | open in | CPU to open, each | memory MB | each, KB | threads | idle CPU |"
  print "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
  for _, streams in ipairs { 10, 200, 2000 } do
    local it = run("idle", made.silent, streams, IDLE_SECONDS)
    print(("| %d | %.2f s | %.0f us | %.1f | %.1f | %d | %.4f %% |"):format(streams, it.opened,
      it.opening / streams * 1e6, it.memory / 1024, it.added / streams, it.threads,
      it.cpu * 100))
    io.stdout:flush()
  end
  print ""
end

function jobs.ping(made)
  local fifo = folder .. "/answers"
  assert(os.execute("mkfifo " .. fifo))
  print "| beside the ping | ping | ping of an idle client | ratio |"
  print "| --- | ---: | ---: | ---: |"
  for _, row in ipairs {
    { "nothing", made.silent, 0 },
    { "200 streams that are silent", made.silent, 200 },
    { "200 streams of 10 lines a second", made.talking, 200 },
  } do
    local it = run("ping", row[2], row[3], PINGS, fifo)
    print(("| %s | %.0f us | %.0f us | %.2f |"):format(row[1], it.loaded * 1e6, it.idle * 1e6,
      it.loaded / it.idle))
    io.stdout:flush()
  end
  print ""
end

local client = assert(docker.connect())
local made = {
  silent = workload.running(client, image, "quiet", { "sleep", "100000" }),
  talking = workload.running(client, image, "talking",
    { "sh", "-c", "while :; do echo line; usleep 100000; done" }),
}
for i = 3, #arg do jobs[arg[i]](made) end
