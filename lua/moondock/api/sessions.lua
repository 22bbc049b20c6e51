-- What talks with processes in a container: `exec`, `exec_create` and `attach` of its handles.

local call = require "moondock.call"
local capture = require "moondock.capture"
---@class moondock.Container
local Container = require "moondock.api.containers".Container
local duplex = require "moondock.duplex"
local errors = require "moondock.errors"
local exec = require "moondock.api.exec"
local flags = require "moondock.flags"
local object = require "moondock.object"
local task = require "moondock.task"
local told = require "moondock.told"

local OWN = { stdin = true, detach = true, timeout = true, on_output = true, output_limit = true,
  check = true }

-- ContainerExec for a handle: the Exec, not started.
local function create(container, wire, limits)
  local client = container.client
  local reply, message, err = call.run(client, "ContainerExec", { container.id }, wire,
    { limits = limits })
  if reply then reply, message, err = call.with_id("ContainerExec", reply, "Id") end
  if not reply then return nil, message, err end
  return exec.bind(client, reply, wire.body)
end

---Prepare a command in the running container; `exec:start` starts it. Options are those of `docker
---exec`, and a key with a capital letter is a field of the Engine's body.
---POST /containers/{id}/exec
---@param command string[]|string
---@param opts? moondock.ExecCreateOptions
---@return moondock.Exec? exec, string? message, moondock.Error? err
function Container:exec_create(command, opts)
  local wire = flags.exec(command, errors.check("options", opts or {}, "table"), { timeout = true })
  local limits = call.limits(self.client, "ContainerExec", wire)
  return create(self, wire, limits)
end

-- The command has been started as `session`: take its output to the end, and its exit code.
local function finish(self, session)
  local ok, message, err = self.output:drain(session)
  if not ok then return nil, message, err end
  self.exit_code, message, err = duplex.await_exit(session, nil, self.limits)
  if not self.exit_code then return nil, message, err end
  self.duration = task.now() - self.started
  return true
end

local function result_of(self)
  return self.output:into { exit_code = self.exit_code, duration = self.duration,
    id = self.handle.id }
end

local function judge(self, ok, message, err)
  local command = { operation = "exec", name = self.name, check = self.own.check,
    request = { operation = "ContainerExec", body = self.body } }
  return capture.judge(command, result_of(self), ok, message, err)
end

local function run_attached(self)
  self.started = task.now()
  local session, message, err = exec.start(self.handle, {}, self.limits, self.own)
  if not session then return judge(self, nil, message, err) end
  local fine, ok
  fine, ok, message, err = task.pcall(finish, self, session)
  session:close()
  if not fine then error(ok, 0) end
  return judge(self, ok, message, err)
end

local function check_own(own)
  capture.check(own)
  if own.detach ~= nil then errors.check("option detach", own.detach, "boolean") end
  if own.detach then capture.check_detached(own) end
  duplex.input(own.stdin)
end

-- The command's name; what is no list, the request refuses.
local function name_of(body)
  return type(body.Cmd) == "table" and body.Cmd[1] or "?"
end

---Run a command in the running container and wait for it. Like `docker exec`. A command that is not
---there ends with code 126 or 127. The time limit bounds everything, but the engine has no way to
---end a command: when it passes, the command goes on by itself, and what it wrote so far is in
---`err.partial`.  POST /containers/{id}/exec and POST /exec/{id}/start
---@param command string[]|string
---@param opts? moondock.ExecOptions
---detach: return the Exec once the command runs, and leave it; check: an exit code other than 0 is an
---error of kind `exit`
---@return moondock.Result|moondock.Exec|nil result, string? message, moondock.Error? err
function Container:exec(command, opts)
  local own, theirs = object.split(opts, OWN)
  check_own(own)
  local wire = flags.exec(command, theirs, OWN, own.detach)
  wire.body.AttachStdin = wire.body.AttachStdin or (own.stdin ~= nil)
  local limits = call.limits(self.client, "ExecStart", { timeout = own.timeout })
  local handle, message, err = create(self, wire, limits)
  if not handle then return nil, message, err end
  local state = { own = own, limits = limits, handle = handle, output = capture.new(own),
    name = name_of(wire.body), body = wire.body }
  if not own.detach then return run_attached(state) end
  local ok
  ok, message, err = exec.start(handle, {}, limits, own)
  if not ok then return nil, message, err end
  return handle
end

-- The exit code of a container, nil alone while it has none.
local function exit_code(self, limits)
  local details, message, err = self:call("ContainerInspect", {}, { limits = limits })
  if not details then return nil, message, err end
  local state = told.object(details.State)
  if state.Running ~= false or state.Status == "created" then return nil end
  return told.integer(state.ExitCode)
end

local function has_ended(details)
  local state = told.object(details.State)
  return state.Running == false and state.Status ~= "created" and state.Status ~= "configured"
    and state.Status ~= "initialized"
end

local function open(self, wire, limits)
  return call.open(self.client, "ContainerAttach", { self.id }, wire, { limits = limits })
end

-- A container that has ended has nothing to say but its log, and the engine would keep a stream of
-- it open for ever.
local function open_log(self, wire, limits)
  if wire.logs then
    return call.open(self.client, "ContainerLogs", { self.id },
      { stdout = wire.stdout, stderr = wire.stderr }, { limits = limits })
  end
  return errors.fail { kind = "conflict", operation = "ContainerAttach",
    message = ("container %s is not running: start it, or attach with logs = true for what it "
      .. "wrote"):format(self.id) }
end

local function inspected(self, limits)
  return self:call("ContainerInspect", {}, { limits = limits })
end

-- The log alone, and the container's details: to attach would make Podman start an ended container.
local function log_alone(self, wire, limits)
  local answer, message, err = open_log(self, wire, limits)
  if not answer then return nil, nil, message, err end
  local details
  details, message, err = inspected(self, limits)
  if details then return answer, details end
  answer:close()
  return nil, nil, message, err
end

-- What is attached, and the container's details. The state is asked for before, since Podman makes
-- an ended container new when it is attached to, and after, since it may have ended in between.
-- `chosen`: the caller said whether it streams.
local function attached(self, wire, limits, chosen)
  if wire.logs and not wire.stream then return log_alone(self, wire, limits) end
  local look = not chosen and self.client.dry_run ~= "one" -- the attach is to be seen first
  local details = look and inspected(self, limits)
  local answer, message, err
  if not (details and has_ended(details)) then
    answer, message, err = open(self, wire, limits)
    if not answer then return nil, nil, message, err end
    details, message, err = inspected(self, limits)
    if details and (chosen or not has_ended(details)) then return answer, details end
    answer:close()
    if not details then return nil, nil, message, err end
  end
  answer, message, err = open_log(self, wire, limits)
  return answer, details, message, err
end

-- Which output may be read, where it is not both.
local function only_of(wire)
  if wire.stdout and wire.stderr then return nil end
  return wire.stdout and "stdout" or wire.stderr and "stderr" or "none"
end

---Attach to the container's own process: its output from now on, and its input. Like `docker attach`.
---The output is what it writes to both stdout and stderr, unless one is named; with `stdin` both may be
---false. Attach before `start` to miss nothing. Of a container that has ended there is only its log,
---with `logs = true`; `stream = true` waits for its next start, `stream = false` gives the log alone,
---whatever the state. The end of the input reaches a process whose container was made with StdinOnce,
---as `interactive` does; without it, `close_write` ends the output as well.
---GET /containers/{id}/json and POST /containers/{id}/attach, of one that has ended, and without a
---stream, GET /containers/{id}/logs
---@param opts? { logs?: boolean, stream?: boolean, stdin?: boolean|moondock.Source, stdout?: boolean, stderr?: boolean, detachKeys?: string, timeout?: number, idle_timeout?: number, dry_run?: boolean }
---logs: first what it wrote before; stdin: true for `write`, or where the input comes from while the
---stream is read
---@return moondock.Duplex? session, string? message, moondock.Error? err
function Container:attach(opts)
  local wire = object.with(opts, {})
  local input, source = duplex.input(wire.stdin)
  wire.stdin = input or nil
  object.choose_outputs(wire, input)
  local chosen = wire.stream ~= nil
  if not chosen then wire.stream = true end
  local limits = call.limits(self.client, "ContainerAttach", wire)
  local answer, details, message, err = attached(self, wire, limits, chosen)
  if not answer then return nil, message, err end
  if answer.request.operation == "ContainerLogs" then source = nil end
  return duplex.new(answer, { tty = told.object(details.Config).Tty == true, input = input,
    source = source,
    only = only_of(wire),
    ask = function(more) return exit_code(self, more) end,
    resize = function(size) return self:resize(size) end })
end

return Container
