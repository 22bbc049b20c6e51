-- What the benchmark works on: containers, a long log, an image and an archive of random data.

local docker = require "moondock"

local LINE = ("x"):rep(99)
local MEGABYTE = 1000 * 1000

local workload = {}

---A container as a small web shop would have it: lists and inspections have their usual size.
function workload.create_idle(client, image, number)
  return assert(client.containers:create(image, { "sleep", "1000" }, {
    name = "shop-web-" .. number, network = "none", hostname = "web-" .. number,
    env = { "PORT=8080", "DATABASE_URL=postgres://db:5432/shop", "LOG_LEVEL=info", "TZ=UTC" },
    label = { ["com.example.project"] = "shop", ["com.example.service"] = "web",
      ["com.example.number"] = tostring(number), ["com.example.version"] = "1.0.17" },
    memory = "256m", restart = "on-failure:3",
  }))
end

---A container that runs `command` for as long as the benchmark lasts.
---@return string name
function workload.running(client, image, name, command)
  local container = assert(client.containers:create(image, command,
    { name = name, network = "none", HostConfig = { LogConfig = { Type = "json-file" } } }))
  assert(container:start())
  return name
end

-- The same, run to its end.
local function ran(client, image, name, command)
  workload.running(client, image, name, command)
  assert(assert(client.containers:get(name):wait()).StatusCode == 0, name)
  return name
end

---Fill the engine that DOCKER_HOST names.
---@param image string
---@param folder string  where the archive is put
---@param megabytes integer  of logs and of random data
---@return table made  the names of all that, and their numbers
function workload.prepare(image, folder, megabytes)
  local client = assert(docker.connect())
  local made = { containers = 200, bytes = megabytes * MEGABYTE, image = "moondock/data:latest",
    archive = folder .. "/archive.tar" }
  for i = 1, made.containers do made.one = workload.create_idle(client, image, i).id end
  made.logs = ran(client, image, "logs", { "sh", "-c",
    ("yes %s | head -n %d"):format(LINE, made.bytes // 100) })
  made.data = ran(client, image, "data", { "dd", "if=/dev/urandom", "of=/data", "bs=1000000",
    "count=" .. megabytes })
  made.silent = workload.running(client, image, "silent", { "sleep", "100000" })
  local data = client.containers:get(made.data)
  assert(data:commit { repo = "moondock/data", tag = "latest" })
  assert(assert(data:get_archive "/data"):to_file(made.archive))
  return made
end

return workload
