-- Other programs, run to their end: started from an argument vector, without a shell.

local core = require "moondock.core"
local errors = require "moondock.errors"
local task = require "moondock.task"

local LIMIT = 1024 * 1024

-- Why a program cannot be started, by errno.
local REASONS = { [1] = "permission", [2] = "missing", [13] = "permission", [20] = "missing" }

local process = {}

---The failure of a program that could not be started.
function process.not_started(program, errno, why)
  return errors.fail { kind = "config", reason = REASONS[errno],
    message = ("cannot start the program '%s': %s"):format(program, why) }
end

---Start a program; it ends with the returned exchange of the core, and with this program.
---@param options { argv: string[], env?: table<string, string>, folder?: string, serve?: boolean }
---see `core.process` in docs/design.md
---@return userdata? running, string? message, moondock.Error? err
function process.start(options)
  local running, why, errno = core.process(assert(core.loop()), options)
  if running then return running end
  return process.not_started(options.argv[1], errno, why)
end

-- Give what is left of the input that there is room for; returns the new position.
local function feed(running, input, position)
  if position > #input then
    running:finish()
    return position
  end
  local accepted = running:give(input, position)
  position = accepted and position + accepted or #input + 1
  if position > #input then running:finish() end
  return position
end

local function result(running, parts)
  local code, signal = running:status()
  return { code = code, signal = signal, stdout = table.concat(parts), stderr = running:words() }
end

local function failed(argv, running, failure)
  if failure.phase == "start" then
    return process.not_started(argv[1], failure.errno, failure.message)
  end
  return errors.fail { kind = "lost", message = ("lost the program '%s': %s"):format(argv[1],
    failure.message), detail = running:words() }
end

local function too_late(argv, seconds)
  return errors.fail { kind = "timeout", phase = "total",
    message = ("the program '%s' did not end within %g seconds"):format(argv[1], seconds) }
end

local function too_much(argv, limit)
  return errors.fail { kind = "protocol",
    message = ("the program '%s' wrote more than %d bytes"):format(argv[1], limit) }
end

local function drive(running, argv, opts)
  local input, position = opts.stdin or "", 1
  local limit, parts, size = opts.limit or LIMIT, {}, 0
  local deadline = opts.timeout and task.now() + opts.timeout
  while true do
    position = feed(running, input, position)
    local bytes = running:take()
    while bytes do
      parts[#parts + 1], size = bytes, size + #bytes
      if size > limit then return too_much(argv, limit) end
      bytes = running:take()
    end
    local ended, failure = running:ended()
    if ended then return result(running, parts) end
    if failure then return failed(argv, running, failure) end
    if deadline and task.now() >= deadline then return too_late(argv, opts.timeout) end
    task.wait(running, deadline)
  end
end

-- The process has ended, or ends now.
local function close(running, ok, ...)
  running:close()
  if not ok then error((...), 0) end
  return ...
end

---Run a program and wait for its end, whatever its exit code. `argv[1]` is looked for in PATH, and no
---shell is involved. A task that is cancelled ends it.
---@param argv string[]  the program and its arguments
---@param opts? { stdin?: string, timeout?: number, limit?: integer, env?: table<string, string> }
---stdin: its whole input; timeout: seconds; limit: bytes of output (1 MiB); env: added to ours
---@return { code?: integer, signal?: integer, stdout: string, stderr: string }? result, string? message, moondock.Error? err
---stderr: its last 16 KiB. Errors: `config` (reason `missing` or `permission`) when it cannot be
---started, `timeout`, `protocol` when it writes more than `limit`
function process.run(argv, opts)
  opts = opts or {}
  local running, message, err = process.start { argv = argv, env = opts.env }
  if not running then return nil, message, err end
  return close(running, task.pcall(drive, running, argv, opts))
end

return process
