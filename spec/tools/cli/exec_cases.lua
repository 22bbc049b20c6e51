-- Command lines of `docker exec`.

local cases = require "spec.tools.cli.cases"

local function exec(client, case)
  return client.containers:get("web"):exec(case.command or { "true" }, case.opts)
end

local group = cases.group { verb = "exec", path = "^/containers/web/exec$", tail = "web", call = exec,
  defaults = { ConsoleSize = { 0, 0 } } }

local function add(line, opts, command_line, command)
  group:add(line, opts, command_line or "true", command)
end

add("", {})
add("", {}, "sh -c 'exit 3'", { "sh", "-c", "exit 3" })
add("", {}, "echo -n a", { "echo", "-n", "a" })
add("-i", { interactive = true })
add("-i", { stdin = "hello" })
add("-t", { tty = true })
add("--tty --interactive=false", { tty = true })
add("--privileged", { privileged = true })
add("--user root", { user = "root" })
add("--user 1000:1000", { user = "1000:1000" })
add("--user 5", { user = 5 })
add("--workdir /src", { workdir = "/src" })
add("-e A=1", { env = "A=1" })
add("-e A=1 -e B=", { env = { "A=1", "B=" } })
add("-e A=1 -e B=x=y", { env = { A = 1, B = "x=y" } })
add("-e SPEC_HERE -e SPEC_NOT_HERE", { env = { "SPEC_HERE", "SPEC_NOT_HERE" } })
local env_file = cases.file "# comment\nA=1\n  B= x\nSPEC_HERE\nSPEC_NOT_HERE\n"
add("--env-file " .. env_file, { env_file = env_file })
add("--env-file " .. env_file .. " -e A=9", { env_file = env_file, env = { "A=9" } })
add("--detach-keys ctrl-x,a", { detach_keys = "ctrl-x,a" })
add("-d", { detach = true })
add("-d -e A=1 -w /", { detach = true, env = "A=1", workdir = "/" })
add("-d --detach-keys ctrl-x", { detach = true, detach_keys = "ctrl-x" })
add("-d -i", { detach = true, interactive = true })
add("-d -t", { detach = true, tty = true })
group:refuse("--env-file /does/not/exist", { env_file = "/does/not/exist" }, "true")
group:refuse("", {}, "", {})
group:refuse("--workdir", { workdir = true })

local start = cases.group { verb = "exec", path = "^/exec/made/start$", tail = "web true", call = exec,
  defaults = { ConsoleSize = { 0, 0 } } }

start:add("-t", { tty = true })
start:add("-d", { detach = true })
start:add("-d -t", { detach = true, tty = true })

return { group, start }
