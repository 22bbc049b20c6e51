-- Opening what containers, services and tasks wrote, and telling whether it is framed.

local call = require "moondock.call"
local object = require "moondock.object"
local stream = require "moondock.stream"
local task = require "moondock.task"

local FRAMED = { ["application/vnd.docker.multiplexed-stream"] = true }
local RAW = { ["application/vnd.docker.raw-stream"] = true }
local TELLS_FRAMES = 42 -- the first minor version whose content type is right

-- Whether the output is a terminal's, unframed. The writer's own setting decides; from 1.42 the
-- content type says the same without another request. Bytes are never looked at.
local function is_terminal(handle, answer, has_terminal)
  local kind = ((answer.headers or {})["content-type"] or ""):match("^[^;%s]*")
  if handle.client.minor_version >= TELLS_FRAMES and (FRAMED[kind] or RAW[kind]) then
    return RAW[kind] or false
  end
  return has_terminal(handle)
end

local HEAD_PATIENCE = 0.5 -- seconds

-- Send the request. Some engines send the head of a log that is followed with its first output alone,
-- and some containers are silent for ever: then the head is judged when the stream is read. An engine
-- that was seen to do so is not waited for again.
local function request_log(handle, operation, opts)
  local client = handle.client
  local started, message, err = call.start(client, operation, { handle.id }, opts)
  if not started then return nil, message, err end
  local patience = client.heads_are_late and 0 or HEAD_PATIENCE
  if opts.follow and not started:heard(task.now() + patience) then
    client.heads_are_late = true
    started.judge = call.accepted
    return started
  end
  return call.accepted(started)
end

local logs = {}

---Open the log of `handle`. Both outputs are on unless one is named.
---@param operation string
---@param has_terminal fun(handle: moondock.Object): boolean?, string?, moondock.Error?  asks the engine
---@return moondock.LogStream? logs, string? message, moondock.Error? err
function logs.open(handle, operation, opts, has_terminal)
  opts = object.with(opts, {})
  object.choose_outputs(opts)
  local answer, message, err = request_log(handle, operation, opts)
  if not answer then return nil, message, err end
  local tty
  tty, message, err = is_terminal(handle, answer, has_terminal)
  if tty == nil then
    answer:close()
    return nil, message, err
  end
  return stream.logs(answer, tty)
end

return logs
