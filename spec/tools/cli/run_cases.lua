-- Command lines of `docker run`: what it makes of its own flags. Those of the container are
-- compared with `docker create`.
--
-- Two differences are meant. `--rm` of an attached run asks the engine to remove the container; we
-- remove it ourselves, after a last look at it, so that AutoRemove is for `detach` alone. And an
-- attached run always collects both outputs, so that `--attach` does not choose among them.

local cases = require "spec.tools.cli.cases"

local DEFAULTS = { MemorySwappiness = -1, NetworkMode = "default", ConsoleSize = { 0, 0 },
  RestartPolicy = { Name = "no" }, EndpointsConfig = { default = {} } }

local ATTACHED = {}
for key, value in pairs(DEFAULTS) do ATTACHED[key] = value end
ATTACHED.AutoRemove = true

local function run(client, case)
  local result, message = client:run("image", case.command, case.opts)
  return result, message
end

local attached = cases.group { verb = "run", path = "^/containers/create$", tail = "image", call = run,
  defaults = ATTACHED }

attached:add("", { remove = false })
attached:add("--rm", {})
attached:add("--rm", { remove = true })
attached:add("--rm", {}, "echo 'a b'", { "echo", "a b" })
attached:add("--rm -i", { interactive = true })
attached:add("--rm -i", { stdin = "hello" })
attached:add("--rm -i", { stdin = "hello", interactive = true })
attached:add("--rm -t", { tty = true })
attached:add("--rm -e A=1 --memory 64m --user 5", { env = { A = 1 }, memory = "64m", user = 5 }, "env", { "env" })
attached:add("--rm --pull always --quiet", { pull = "always" })
attached:add("--rm --pull never", { pull = "never" })
attached:add("--rm --detach-keys ctrl-x", {})
attached:add("--rm --sig-proxy=false --network a --ip 10.0.0.9", { network = "a", ip = "10.0.0.9" })
attached:add("--rm --restart no", { restart = "no" })
attached:refuse("--pull sometimes", { pull = "sometimes" })
attached:refuse("--memory lots", { memory = "lots" })

local detached = cases.group { verb = "run --detach", path = "^/containers/create$", tail = "image", call = run,
  defaults = DEFAULTS }

detached:add("", { detach = true })
detached:add("", { detach = true }, "sleep 9", { "sleep", "9" })
detached:add("--rm", { detach = true, remove = true })
detached:add("-i", { detach = true, interactive = true })
detached:add("-t", { detach = true, tty = true })
detached:add("-it", { detach = true, interactive = true, tty = true })
detached:add("--rm -it", { detach = true, remove = true, interactive = true, tty = true })
detached:add("--restart always -p 80:80", { detach = true, restart = "always", publish = "80:80" })
detached:add("--restart on-failure:2", { detach = true, restart = "on-failure:2" })
detached:add("--stop-timeout 3 --init", { detach = true, stop_timeout = 3, init = true })
detached:refuse("--attach stdout", { detach = true, attach = "stdout" })
detached:refuse("--rm --restart always", { detach = true, remove = true, restart = "always" })

local query = cases.group { verb = "run --detach", path = "^/containers/create$", tail = "image", call = run,
  of = function(record) return record.query end }

query:add("--name web", { detach = true, name = "web" })
query:add("--name '' --platform ''", { detach = true, name = "", platform = "" })
query:add("--name web --platform linux/arm64", { detach = true, name = "web", platform = "linux/arm64" })
query:add("--name web --platform linux/arm/v7", { detach = true, name = "web", platform = "linux/arm/v7" })

return { attached, detached, query }
