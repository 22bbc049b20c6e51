-- Commands in running containers: the collection and its handles. They are made by
-- `container:exec_create`.

local call = require "moondock.call"
local capture = require "moondock.capture"
local duplex = require "moondock.duplex"
local errors = require "moondock.errors"
local object = require "moondock.object"
local told = require "moondock.told"

---A command that is to run, runs or has run in a container. Making one sends nothing.
---@class moondock.Exec: moondock.Object
---@field id string
local Exec = object.handle("Exec")

-- What is known of those that were made here and not yet started: { tty, input }, by handle.
local fresh = setmetatable({}, { __mode = "k" })

-- Whether it runs or has run. Podman tells by CanRemove, Docker by a Pid that stays.
local function was_started(details)
  return details.Running == true or details.CanRemove == true
    or (told.integer(details.Pid) or 0) ~= 0 or (told.integer(details.ExitCode) or 0) ~= 0
end

-- Whether the engine leaves open if it was started: then its exit code is believed.
local function tells_nothing(details)
  return details.Pid == nil and details.CanRemove == nil
end

-- An exit code that is none is nil.
local function honest(details, message, err)
  if not details then return nil, message, err end
  local has_ended = details.Running ~= true and (was_started(details) or tells_nothing(details))
  details.ExitCode = has_ended and told.integer(details.ExitCode) or nil
  return details
end

---What the engine knows about the command. `ExitCode` is nil until it has ended.
---GET /exec/{id}/json
---@param opts? moondock.CallOptions
---@return docker.ExecInspectAnswer? details, string? message, moondock.Error? err  Running, ExitCode, Pid, ProcessConfig
function Exec:inspect(opts)
  return honest(self:call("ExecInspect", opts))
end

local function inspect(self, limits)
  return honest(self:call("ExecInspect", {}, { limits = limits }))
end

-- The exit code, nil alone while there is none.
local function exit_code(self, limits)
  local details, message, err = inspect(self, limits)
  if not details then return nil, message, err end
  if details.Running == false and details.ExitCode == nil and was_started(details) then
    return errors.fail { kind = "protocol", operation = "ExecInspect", detail = details,
      message = "the engine did not tell the exit code of a command that has ended" }
  end
  return details.ExitCode
end

-- Whether it has a terminal and takes input. The engine would answer the start of a command that
-- has run with a line of text in place of its output, so it is asked before.
local function facts_of(self, limits)
  local facts = fresh[self]
  fresh[self] = nil
  if facts then return facts end
  if self.client.dry_run == "one" then return {} end -- the start is to be seen, not the question
  local details, message, err = inspect(self, limits)
  if not details then return nil, message, err end
  if was_started(details) then
    return errors.fail { kind = "conflict", operation = "ExecStart",
      message = ("exec %s has been started before; make a new one"):format(self.id) }
  end
  local config = told.object(details.ProcessConfig)
  return { tty = config.tty == true, input = details.OpenStdin ~= false }
end

-- Not upgraded: the engine answers when the command has started.
local function start_detached(self, wire, limits)
  wire.Detach = true
  return call.run(self.client, "ExecStart", { self.id }, wire, { limits = limits, reply = "none" })
end

local function start_attached(self, wire, limits, facts, stdin)
  local _, source = duplex.input(stdin)
  local answer, message, err = call.open(self.client, "ExecStart", { self.id }, wire,
    { limits = limits })
  if not answer then return nil, message, err end
  return duplex.new(answer, { tty = facts.tty, input = facts.input, source = source,
    ask = function(more) return exit_code(self, more) end,
    resize = function(size) return self:resize(size) end })
end

-- Start it within `limits`; `own` has detach and stdin.
local function start(self, wire, limits, own)
  local facts, message, err = facts_of(self, limits)
  if not facts then return nil, message, err end
  if wire.Tty ~= nil and wire.Tty ~= facts.tty then
    errors.blame("option Tty must be what the exec was made with")
  end
  wire.Tty = facts.tty
  if own.detach or wire.Detach then return start_detached(self, wire, limits) end
  return start_attached(self, wire, limits, facts, own.stdin)
end

---Start the command, once. Its output comes from the stream that is returned, and its input goes
---there; with `detach = true` neither, and true is returned as soon as it runs. A time limit ends
---the stream, not the command: the engine has no way to end one.  POST /exec/{id}/start
---@param opts? { detach?: boolean, stdin?: moondock.Source, ConsoleSize?: integer[], timeout?: number, idle_timeout?: number, dry_run?: boolean }
---stdin: where its input comes from while the stream is read, in place of `write`; ConsoleSize: rows and columns of
---its terminal
---@return moondock.Duplex|true|nil session, string? message, moondock.Error? err
function Exec:start(opts)
  local own, wire = object.split(opts, { detach = true, stdin = true, timeout = true,
    idle_timeout = true })
  if own.detach ~= nil then errors.check("option detach", own.detach, "boolean") end
  if own.detach then capture.check_detached(own) end
  return start(self, wire, call.limits(self.client, "ExecStart", own), own)
end

---Set the size of the command's terminal, in characters; it must be running.
---POST /exec/{id}/resize
---@param opts { h: integer, w: integer, timeout?: number, dry_run?: boolean }
---@return true? ok, string? message, moondock.Error? err
function Exec:resize(opts)
  errors.check("resize options", opts, "table")
  errors.check("option h of resize", opts.h, "number")
  errors.check("option w of resize", opts.w, "number")
  return self:call("ExecResize", opts)
end

---The commands of an engine. They are made by `container:exec_create`.
---@class moondock.Execs
---@field client moondock.Client
local Execs = object.collection "Execs"

---A handle by id; nothing is sent.
---@param id string
---@return moondock.Exec
function Execs:get(id)
  return object.get(Exec, self.client, id)
end

-- The handle of an exec that was made just now.
local function bind(client, record, body)
  local self = object.bind(Exec, client, record)
  fresh[self] = { tty = body.Tty == true, input = body.AttachStdin == true }
  return self
end

return { Exec = Exec, Execs = Execs, bind = bind, start = start }
