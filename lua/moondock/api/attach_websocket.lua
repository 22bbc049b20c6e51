-- Attaching to a container over a WebSocket, for what lets nothing else through.

local call = require "moondock.call"
---@class moondock.Container
local Container = require "moondock.api.containers".Container
local errors = require "moondock.errors"
local object = require "moondock.object"
local raw = require "moondock.raw"
local version = require "moondock.version"
local websocket = require "moondock.websocket"

local CHOOSES_STREAMS = 42 -- the first minor version that heeds stdin, stdout and stderr

-- All outputs unless one is named. Engines before 1.42 attach everything, whatever is said.
local function complete(wire, minor)
  object.choose_outputs(wire)
  if wire.stream == nil then wire.stream = true end
  if minor >= CHOOSES_STREAMS then return true end
  if not (wire.stdout and wire.stderr) then
    return errors.fail { kind = "version", operation = "ContainerAttachWebsocket",
      message = "one of stdout and stderr alone needs API 1.42; this engine sends both" }
  end
  wire.stdin, wire.stdout, wire.stderr = nil, nil, nil
  return true
end

---Attach to the container's own process over a WebSocket, which some proxies let through where they do
---not let `attach`. The bytes come as the process writes them, stdout and stderr in one.
---GET /containers/{id}/attach/ws
---`close_write` ends the input of a process whose container was made with StdinOnce.
---@param opts? { stdin?: boolean, stdout?: boolean, stderr?: boolean, logs?: boolean, stream?: boolean, detachKeys?: string, timeout?: number, idle_timeout?: number, dry_run?: boolean }
---stdin: true for `write`; stdout, stderr: both unless one is named; logs: first what it wrote before
---@return moondock.Raw? connection, string? message, moondock.Error? err
function Container:attach_websocket(opts)
  local wire = object.with(opts, {})
  local limits = call.limits(self.client, "ContainerAttachWebsocket", wire)
  limits.answer = nil
  local minor, message, err = version.of(self.client, limits)
  if not minor then return nil, message, err end
  local answer
  answer, message, err = complete(wire, minor)
  if not answer then return nil, message, err end
  local headers, accept = websocket.headers()
  answer, message, err = call.open(self.client, "ContainerAttachWebsocket", { self.id }, wire,
    { limits = limits, headers = headers })
  if not answer then return nil, message, err end
  return raw.of(websocket.of(answer, accept))
end

return Container
