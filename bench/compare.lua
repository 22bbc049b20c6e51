-- Runs every contestant's jobs in turns, each in a process of its own, and prints one table.
--
--   lua5.4 bench/compare.lua IMAGE FOLDER BUILD TIMES MEGABYTES [JOB...]
--
-- `bench/run` calls it, with DOCKER_HOST set to a private engine.

local workload = require "bench.workload"

local image, folder, build = arg[1], arg[2], arg[3]
local times, megabytes = tonumber(arg[4]), math.tointeger(tonumber(arg[5]))

local function output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  return pipe:close() and text or nil
end

-- Who takes part: the command, a command that succeeds where it is installed, and the jobs that it
-- does not do.
local CONTESTANTS = {
  { name = "plain libcurl", command = build .. "/plain" },
  { name = "moondock", command = "lua5.4 bench/moondock.lua" },
  { name = "docker CLI", command = "bench/peers/docker", test = "docker --version" },
  { name = "docker-py", command = "%s bench/peers/docker_py.py", without = { cat = true },
    test = "python3 -c 'import docker, sys; print(sys.executable)'" },
  { name = "dockerode", command = "node bench/peers/dockerode.js", without = { cat = true },
    test = "cd bench && node -e 'require(\"dockerode\")'" },
}

-- A wrapper that looks for the interpreter is not measured: a test may print which one it is.
local function installed(contestant)
  if not contestant.test then return true end
  local answer = output_of(contestant.test .. " 2>/dev/null")
  contestant.command = answer and contestant.command:format(answer:match "^[^\n]*")
  return answer ~= nil
end

-- The jobs: arguments, what must be printed at least, how often.
local function jobs_for(made)
  local idle = made.containers
  local function job(name, text, expected, ...)
    return { name = name, text = text, expected = expected,
      arguments = table.concat({ name, ... }, " "), times = times }
  end
  local logs = job("logs", megabytes .. " MB of logs", made.bytes, made.logs)
  logs.times = math.ceil(times / 3)
  return {
    job("list", "start-up and list", 1),
    job("inspect", "inspect, 1000 times", 1000, made.one, 1000),
    job("list_all", ("list of %d, 50 times"):format(idle), 50, 50),
    job("run", "run to completion, 5 times", 5, image, 5),
    job("save", megabytes .. " MB image save", made.bytes, made.image),
    job("get", megabytes .. " MB archive get", made.bytes, made.data, "/data"),
    job("put", megabytes .. " MB archive put", made.bytes, made.data, made.archive),
    job("cat", megabytes .. " MB through exec cat", made.bytes, made.silent, made.bytes),
    logs,
  }
end

local function measure(contestant, job)
  local text = output_of(("EXPECTED=%d %s/measure %s %s"):format(job.expected, build,
    contestant.command, job.arguments)) or ""
  local done, wall, cpu, rss, status = text:match(
    '^(%d+)%s*{"wall":([%d.]+),"cpu":([%d.]+),"maxrss":(%d+),"status":(%d+)}%s*$')
  if status ~= "0" or tonumber(done) < job.expected then
    error(("%s: %s failed: %s"):format(contestant.name, job.arguments, text))
  end
  return { wall = tonumber(wall), cpu = tonumber(cpu), rss = tonumber(rss) / 1024 }
end

local function sorted(samples, key)
  local list = {}
  for i, sample in ipairs(samples) do list[i] = sample[key] end
  table.sort(list)
  return list
end

local function median(samples, key)
  local list = sorted(samples, key)
  local middle = (#list + 1) / 2
  return (list[math.floor(middle)] + list[math.ceil(middle)]) / 2
end

local function peak(samples)
  local list = sorted(samples, "rss")
  return list[#list]
end

-- Seconds with three digits that mean something.
local function seconds(value)
  return value < 10 and ("%.1f ms"):format(value * 1000) or ("%.2f s"):format(value)
end

local function print_job(job, contestants, samples)
  local base = samples[1]
  for i, contestant in ipairs(contestants) do
    local mine = samples[i]
    local wall, cpu, memory = median(mine, "wall"), median(mine, "cpu"), peak(mine)
    print(("| %s | %s | %s | %s | %.1f | %.2f | %.2f | %+.1f |"):format(
      i == 1 and job.text or "", contestant.name, seconds(wall), seconds(cpu), memory,
      wall / median(base, "wall"), cpu / median(base, "cpu"), memory - peak(base)))
  end
end

-- One warm-up, then rounds in which every contestant has its turn.
local function run_job(job, contestants)
  local samples = {}
  for round = 0, job.times do
    for i, contestant in ipairs(contestants) do
      samples[i] = samples[i] or {}
      if round > 0 or job.times > 3 then
        local sample = measure(contestant, job)
        if round > 0 then table.insert(samples[i], sample) end
      end
    end
  end
  print_job(job, contestants, samples)
  io.stdout:flush()
end

local function able(list, job)
  local those = {}
  for _, contestant in ipairs(list) do
    if not (contestant.without and contestant.without[job.name]) then
      table.insert(those, contestant)
    end
  end
  return those
end

local contestants = {}
for _, contestant in ipairs(CONTESTANTS) do
  if installed(contestant) then table.insert(contestants, contestant) end
end

local wanted = {}
for i = 6, #arg do wanted[arg[i]] = true end

local made = workload.prepare(image, folder, megabytes)
print "| job | contestant | wall | CPU | peak MB | wall ratio | CPU ratio | memory over plain |"
print "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
for _, job in ipairs(jobs_for(made)) do
  if not next(wanted) or wanted[job.name] then run_job(job, able(contestants, job)) end
end
