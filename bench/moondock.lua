-- The jobs of the benchmark by moondock's public API: decoded, demultiplexed, checked.
--
--   lua5.4 bench/moondock.lua JOB ARGUMENTS...    DOCKER_HOST is the engine
--
-- Prints one number: how much was done, in bytes or in times.

local docker = require "moondock"

local client = assert(docker.connect())

local function size_of(stream)
  local size = 0
  for bytes in assert(stream) do size = size + #bytes end
  return size
end

local jobs = {}

function jobs.list()
  assert(client.containers:list())
  return 1
end

function jobs.list_all(times)
  for _ = 1, times do assert(client.containers:list { all = true }) end
  return times
end

function jobs.inspect(id, times)
  local container = client.containers:get(id)
  for _ = 1, times do assert(container:inspect()) end
  return times
end

function jobs.logs(id)
  local size = 0
  for _, bytes in assert(client.containers:get(id):logs()) do size = size + #bytes end
  return size
end

function jobs.save(image)
  return size_of(client.images:get(image):save())
end

function jobs.get(id, path)
  return size_of(client.containers:get(id):get_archive(path))
end

function jobs.put(id, path)
  local file = assert(io.open(path, "rb"))
  assert(client.containers:get(id):put_archive("/tmp", file))
  return file:seek "end"
end

function jobs.run(image, times)
  for _ = 1, times do
    local result = assert(client:run(image, { "echo", "hello" }, { network = "none" }))
    assert(result.exit_code == 0 and result.stdout == "hello\n")
  end
  return times
end

-- One task writes, another reads.
function jobs.cat(id, size)
  local exec = assert(client.containers:get(id):exec_create({ "cat" }, { interactive = true }))
  local duplex = assert(exec:start())
  local writer = docker.spawn(function()
    local chunk = ("x"):rep(64 * 1024)
    for _ = 1, size // #chunk do assert(duplex:write(chunk)) end
    assert(duplex:write(chunk:sub(1, size % #chunk)))
    duplex:close_write()
  end)
  local received = 0
  for _, bytes in duplex do received = received + #bytes end
  writer:await()
  assert(received == math.tointeger(size), received)
  return received
end

local done = jobs[arg[1]](arg[2], arg[3])
print(math.tointeger(tonumber(done)))
