-- What moondock does, in one go: runs, lists, logs, stops and commits containers on the engine that
-- DOCKER_HOST names, or the one of this machine, and removes whatever it made. It pulls nothing and
-- touches nothing else.
--
--   lua examples/demo.lua
--
-- It uses the image MOONDOCK_DEMO_IMAGE, alpine or busybox, whichever the engine has. With none of
-- them it imports one from the tar archive at MOONDOCK_ROOTFS for the time of the demo.

local docker = require "moondock"

-- Everything that the demo makes carries this label, which no other run of it has.
local UNIQUE = ("%x%s"):format(os.time(), tostring({}):match("(%x+)$"):sub(-6))
local LABEL, REPO = "moondock.demo=" .. UNIQUE, "moondock-demo"

local TICKER = [[
trap 'echo stopping; exit 0' TERM
i=0; while true; do i=$((i + 1)); echo tick $i; echo warning $i >&2; sleep 1; done]]

local images = {} -- made by us, in order

local function title(text)
  print(("\n== %s"):format(text))
end

local function short(id)
  return id:gsub("^sha256:", ""):sub(1, 12)
end

local function import(client, path)
  local archive = assert(io.open(path, "rb"))
  local image = assert(client.images:import(archive,
    { repo = REPO, tag = UNIQUE .. "-base", changes = "LABEL " .. LABEL }))
  archive:close()
  images[#images + 1] = image
  print(("imported %s from %s"):format(short(image.id), path))
  return image.id
end

local function find_image(client)
  for _, name in ipairs { os.getenv "MOONDOCK_DEMO_IMAGE" or "alpine", "alpine", "busybox" } do
    local image, message, err = client.images:get(name):inspect()
    if image then
      print(("using %s, %s, %.1f MB"):format(name, short(image.Id), image.Size / 1e6))
      return name
    end
    assert(err.kind == "not_found", message)
  end
  local path = assert(os.getenv "MOONDOCK_ROOTFS",
    "the engine has neither alpine nor busybox: pull one, or set MOONDOCK_ROOTFS to a tar archive")
  return import(client, path)
end

local function run(client, image)
  title "Run a command, and have its output and exit code"
  local result = assert(client:run(image, { "echo", "hello world" }, { label = LABEL }))
  io.write(result.stdout)
  print(("exit code %d after %.2f s, container removed: %s"):format(result.exit_code,
    result.duration, tostring(result.removed)))
  result = assert(client:run(image, { "sh", "-c", "wc -c; echo oops >&2; exit 3" },
    { label = LABEL, stdin = "some input" }))
  print(("stdout '%s', stderr '%s', exit code %d"):format((result.stdout:gsub("%s+$", "")),
    (result.stderr:gsub("%s+$", "")), result.exit_code))
end

local function run_in_background(client, image)
  title "Run one in the background, and list what runs"
  local container = assert(client:run {
    image = image, command = { "sh", "-c", TICKER }, label = LABEL,
    name = "moondock-demo-" .. UNIQUE, memory = "64m", detach = true,
  })
  for _, running in ipairs(assert(client.containers:list { filters = { label = LABEL } })) do
    print(short(running.Id), running.Names[1]:sub(2), running.Status)
  end
  return container
end

local function logs(container)
  title "Follow its logs, line by line"
  local stream = assert(container:logs { follow = true, timeout = 30 })
  for line, source in stream:lines() do
    print(source, line)
    if line == "tick 2" then break end
  end
  stream:close()
  print("the stream is " .. stream.outcome)
end

local function commit(client, container)
  title "Stop it, make an image of it, and run that"
  local began = docker.now()
  assert(container:stop { t = 10 })
  print(("stopped in %.2f s"):format(docker.now() - began))
  local image = assert(container:commit { repo = REPO, tag = UNIQUE,
    changes = { 'CMD ["echo", "hello from the committed image"]' } })
  images[#images + 1] = image
  io.write(assert(client:run(image.id, nil, { pull = "never" })).stdout)
  for _, made in ipairs(assert(client.images:list { filters = { label = LABEL } })) do
    print(short(made.Id), made.RepoTags[1], ("%.1f MB"):format(made.Size / 1e6))
  end
end

local function failures(client, image)
  title "Failures are values: a kind to decide by, a message to read"
  local _, message, err = client.containers:get("moondock-demo-none"):inspect()
  print(err.kind, message)
  _, message, err = client:run(image, { "sh", "-c", "exit 3" }, { label = LABEL, check = true })
  print(err.kind, message)
  _, message, err = client:run(image, { "sleep", "60" }, { label = LABEL, timeout = 1 })
  print(err.kind, message)
end

local function clean_up(client)
  title "Clean up"
  local mine = { all = true, filters = { label = LABEL } }
  for _, container in ipairs(assert(client.containers:list(mine))) do
    assert(container:remove { force = true, v = true })
    print("removed container " .. short(container.Id))
  end
  for i = #images, 1, -1 do
    assert(images[i]:remove { force = true })
    print("removed image " .. short(images[i].id))
  end
end

local function demo(client)
  title "Connect"
  local version = assert(client:version())
  print(("%s, engine %s, API %s"):format(tostring(client), version.Version, client.api_version))
  local image = find_image(client)
  run(client, image)
  local container = run_in_background(client, image)
  logs(container)
  commit(client, container)
  failures(client, image)
end

local client = assert(docker.connect())
local ok, problem = pcall(demo, client)
local clean, trouble = true, nil
if client.api_version then clean, trouble = pcall(clean_up, client) end -- else nothing was reached
for _, text in ipairs { not ok and problem or false, not clean and trouble or false } do
  if text then io.stderr:write("demo: ", tostring(text), "\n") end
end
os.exit(ok and clean and 0 or 1)
