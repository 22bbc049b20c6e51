-- Writes what the codecs are compared on: answers of a real engine to files of a folder, and the
-- bodies of requests.
--
--   lua5.4 bench/bodies.lua IMAGE FOLDER    DOCKER_HOST is the engine, which it fills; prints the files

local core = require "moondock.core"
local docker = require "moondock"
local requests = require "bench.requests"
local version = require "moondock.version"
local workload = require "bench.workload"

local image, folder = arg[1], arg[2]
local CONTAINERS, IMAGES = 200, 30

local client = assert(docker.connect())

-- Fill the engine as a shop would have it. Returns the ids of a container and of a service.
local function fill()
  local containers = assert(client.containers:list { all = true, filters = { name = "shop-web-" } })
  for i = #containers + 1, CONTAINERS do workload.create_idle(client, image, i) end
  local one = client.containers:get "shop-web-1"
  for i = 1, IMAGES do assert(one:commit { repo = "shop/web", tag = "1.0." .. i }) end
  assert(client.swarm:init { advertise_addr = "127.0.0.1", listen_addr = "127.0.0.1" })
  return one.id, assert(client.services:create(image, requests.COMMAND, requests.SERVICE)).id
end

local function fetch(target)
  local pipe = assert(io.popen(("curl -sf --unix-socket %s 'http://localhost/v%s/%s'"):format(
    os.getenv("DOCKER_HOST"):gsub("^unix://", ""), client.api_version, target)))
  local text = pipe:read "a"
  assert(pipe:close() and text ~= "", target)
  return text
end

local function write(name, text)
  local path = folder .. "/" .. name
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  file:close()
  print(path)
end

local function write_requests()
  for _, each in ipairs(requests.built()) do
    local request = assert(core.request(each.operation, version.NEWEST, {}, each.options))
    write("create-" .. each.name .. ".json", request.body)
  end
end

local container, service = fill()
write("list.json", fetch "containers/json?all=1")
write("inspect.json", fetch("containers/" .. container .. "/json"))
write("images.json", fetch "images/json")
write("info.json", fetch "info")
write("service.json", fetch("services/" .. service))
write("events.stream", fetch(("events?since=0&until=%d"):format(os.time())))
write_requests()
