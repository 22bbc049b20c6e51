-- Engines of a spec's own: a swarm changes the state of its engine, which the other specs share.

local docker = require "moondock"
local engine = require "spec.live.engine"
local sh = require "spec.shell"

local own = { image = "moondock/busybox:latest" }

-- What a program prints, without the newline; it must succeed.
local function run(command)
  local output, status = sh(command)
  assert(status == 0, command .. ": " .. output)
  return (output:gsub("%s+$", ""))
end

-- Those that are started and not yet stopped.
local started = {}

---Start `count` engines of the kind under test, side by side, each a machine of its own with an
---address, and with the image.
---@return { name: string, client: moondock.Client, address: string }[]
function own.start(count)
  local commands, engines = {}, {}
  for i = 1, count do
    local name = ("swarm-%d-%s"):format(engine.pid(), engine.unique "own":match("%d+%-%d+$"))
    engines[i], started[#started + 1] = { name = name }, name
    commands[i] = ("{ tools/engine start %s %s --owner %d && tools/engine image %s; } >/dev/null & p%d=$!"):format(
      name, engine.name, engine.pid(), name, i)
  end
  for i = 1, count do commands[#commands + 1] = ("wait $p%d || exit 1"):format(i) end
  run(table.concat(commands, "\n"))
  for _, each in ipairs(engines) do
    each.client = assert(docker.connect { host = run("tools/engine host " .. each.name):match "unix:%S+" })
    each.address = run("tools/engine address " .. each.name)
  end
  return engines
end

---Stop and start its daemon, as a reboot does.
function own.restart(each)
  run("tools/engine restart " .. each.name)
end

---Stop one engine, or all that were started.
function own.stop(each)
  if each then
    run("tools/engine stop " .. each.name)
  elseif #started > 0 then
    run("tools/engine stop " .. table.concat(started, " "))
    started = {}
  end
end

---Whether an engine has left its swarm, by what it answered. Docker has, too, when it fails to remove
---a folder into which it is still writing a key.
function own.has_left(ok, message)
  return ok or message:find "certificates: directory not empty" ~= nil
end

return own
