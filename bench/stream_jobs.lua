-- What many streams in one process cost, by moondock's public API.
--
--   lua5.4 bench/stream_jobs.lua JOB ARGUMENTS...    DOCKER_HOST is the engine
--
-- Prints one line of fields, `name=number`.

local docker = require "moondock"

-- A connect limit of 10 s leaves libcurl a timer for each stream, which fires once.
local SETTLE_SECONDS = 11

local client = assert(docker.connect())

-- A number of this process, as the kernel shows it.
local function status(field)
  local file = assert(io.open "/proc/self/status")
  local value = file:read("a"):match("\n" .. field .. ":%s*(%d+)")
  file:close()
  return tonumber(value)
end

-- Start tasks that each read the log of `id` for ever; return when all have their stream.
local function follow(id, streams)
  local container, opened = client.containers:get(id), 0
  local tasks = {}
  for i = 1, streams do
    tasks[i] = docker.spawn(function()
      local log = assert(container:logs { follow = true, tail = 0 })
      opened = opened + 1
      for _ in log do end -- luacheck: ignore 542
    end)
  end
  while opened < streams do
    for _, each in ipairs(tasks) do
      if each.status ~= "running" then error(each:await()) end
    end
    docker.sleep(0.01)
  end
  return tasks
end

local function check_running(tasks)
  for _, each in ipairs(tasks) do assert(each.status == "running", "a stream has ended") end
end

local function time_ping()
  local start = docker.now()
  assert(client:ping())
  return docker.now() - start
end

local function median(list)
  table.sort(list)
  local middle = (#list + 1) / 2
  return (list[math.floor(middle)] + list[math.ceil(middle)]) / 2
end

local jobs = {}

---Memory and CPU of streams that say nothing.
function jobs.idle(id, streams, seconds)
  assert(client:ping())
  local memory, start, cpu = status "VmRSS", docker.now(), os.clock()
  local tasks = follow(id, streams)
  local opened, opening = docker.now() - start, os.clock() - cpu
  docker.sleep(SETTLE_SECONDS)
  cpu = os.clock()
  docker.sleep(seconds)
  cpu = os.clock() - cpu
  check_running(tasks)
  return { opened = opened, opening = opening, cpu = cpu / seconds, memory = status "VmRSS",
    added = status "VmRSS" - memory, threads = status "Threads" }
end

---Answer every line of the standard input with the time of one ping.
function jobs.answer()
  for _ in io.lines() do
    print(time_ping())
    io.stdout:flush()
  end
  return {}
end

---The median of pings beside streams, and of another process that has none, in turns.
function jobs.ping(id, streams, times, fifo)
  local idle = assert(io.popen("lua5.4 bench/stream_jobs.lua answer >" .. fifo, "w"))
  local answers = assert(io.open(fifo))
  local tasks = follow(id, streams)
  local mine, other = {}, {}
  for i = -9, times do
    docker.sleep(0.005) -- whatever is due is done
    local loaded = time_ping()
    idle:write "ping\n"
    idle:flush()
    local alone = assert(answers:read "n")
    if i > 0 then mine[i], other[i] = loaded, alone end
  end
  check_running(tasks)
  idle:close()
  return { loaded = median(mine), idle = median(other) }
end

local fields = {}
for name, value in pairs(jobs[arg[1]](arg[2], tonumber(arg[3]), tonumber(arg[4]), arg[5])) do
  table.insert(fields, name .. "=" .. value)
end
print(table.concat(fields, " "))
os.exit(true) -- without a thousand goodbyes
