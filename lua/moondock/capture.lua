-- The output of a command, collected while it comes: what `run` and `exec` share.

local errors = require "moondock.errors"
local mask = require "moondock.mask"
local new_output = require "moondock.output"

local OUTPUT_LIMIT = 64 * 1024 * 1024

local Capture = {}
Capture.__index = Capture

local QUOTED, SEARCHED = 512, 64 * 1024 -- bytes of the last words

local capture = {}

-- The options that say how output is collected and judged.
capture.OPTIONS = { on_output = true, output_limit = true, check = true }

---Raise unless these options are what they must be.
function capture.check(own)
  if own.on_output ~= nil then errors.check("option on_output", own.on_output, "function") end
  if own.check ~= nil then errors.check("option check", own.check, "boolean") end
  local limit = own.output_limit
  if limit ~= nil and (type(limit) ~= "number" or limit < 0) then
    errors.blame("option output_limit must be a number of bytes")
  end
end

---Raise for what a command that is left running cannot have.
function capture.check_detached(own)
  for _, name in ipairs { "check", "on_output", "output_limit", "stdin" } do
    if own[name] then
      errors.blame(("option %s conflicts with detach: nobody stays with the command"):format(name))
    end
  end
end

---@param own { on_output?: function, output_limit?: number }
function capture.new(own)
  local limit = own.output_limit or OUTPUT_LIMIT
  local stdout = new_output(limit)
  return setmetatable({ stdout = stdout, stderr = new_output(limit), tty = stdout,
    on_output = own.on_output }, Capture)
end

function Capture:add(source, bytes)
  self[source]:add(bytes)
  if self.on_output then self.on_output(source, bytes) end
end

---Take the output of `logs` to its end.
---@param logs moondock.LogStream
---@return true? ok, string? message, moondock.Error? err
function Capture:drain(logs)
  while true do
    local source, bytes, err = logs:read()
    if not source then
      if err then return nil, bytes, err end
      return true
    end
    self:add(source, bytes)
  end
end

---Put what was collected into `result`.
---@return table result
function Capture:into(result)
  local cut_stdout, cut_stderr
  result.stdout, cut_stdout = self.stdout:text()
  result.stderr, cut_stderr = self.stderr:text()
  result.truncated = cut_stdout or cut_stderr
  return result
end

-- The last words of the command, without the secrets that it was given: masked before they are cut.
local function exit_failure(command, result)
  local words = mask.text(result.stderr:sub(-SEARCHED), mask.secrets(command.request or {}))
  words = words:sub(-QUOTED):gsub("%s+$", "")
  return errors.fail { kind = "exit", result = result, operation = command.operation,
    message = ("'%s' exited with code %d%s"):format(command.name, result.exit_code,
      words ~= "" and ": " .. words or "") }
end

---What running a command returns: the result; the failure, with the result so far in `err.partial`; or
---the failure of a command that was to be checked.
---@param command { operation: string, name: string, check?: boolean, request?: table }
---request: operation and body of what made the command
---@param result moondock.Result
---@return moondock.Result? result, string? message, moondock.Error? err
function capture.judge(command, result, ok, message, err)
  if not ok then
    err.partial = result
    return nil, message, err
  end
  if command.check and result.exit_code ~= 0 then return exit_failure(command, result) end
  return result
end

return capture
