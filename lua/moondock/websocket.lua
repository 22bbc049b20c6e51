-- A WebSocket on top of an upgraded exchange: to whoever reads and writes it looks like the exchange
-- itself.

local core = require "moondock.core"
local errors = require "moondock.errors"
local task = require "moondock.task"

local websocket = {}

local SECRET = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" -- of RFC 6455, the same for all
local NORMAL = "\3\232" -- 1000, the status of a close without a reason

local Socket = {}
Socket.__index = Socket

---The headers that ask for a WebSocket, and what the server has to answer.
---@return string[] headers, string accept
function websocket.headers()
  local key = core.base64(core.random(16), "standard")
  return { "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " .. key },
    core.base64(core.sha1(key .. SECRET), "standard")
end

---Make an accepted answer a WebSocket.
---@return moondock.Exchange? socket, string? message, moondock.Error? err
function websocket.of(answer, accept)
  if answer.status == 101 and answer.headers["sec-websocket-accept"] == accept then
    return setmetatable({ exchange = answer, request = answer.request, status = answer.status,
      headers = answer.headers, decoder = core.websocket(), queued = "" }, Socket)
  end
  answer:close()
  return errors.refuse(answer.request, { kind = "protocol", status = answer.status,
    message = ("the engine answered %d, and not as a WebSocket does"):format(answer.status) })
end

local function refuse(self, kind, message)
  return errors.refuse(self.request, { kind = kind, message = message, phase = "body" })
end

-- The connection has ended without a close before it.
local function at_end(self)
  local _, why = self.decoder:finish()
  return refuse(self, "lost", why or "the WebSocket ended without being closed")
end

-- Write until nothing is left. What another task wants to send meanwhile waits for the end of the
-- frame.
local function drain(self, bytes)
  repeat
    local ok, message, err = self.exchange:write(bytes)
    if not ok then return ok, message, err end
    bytes, self.queued = self.queued, ""
  until bytes == ""
  return true
end

-- Send a frame, whole: a part of one would spoil all that follows.
local function send(self, frame)
  if self.sending then
    self.queued = self.queued .. frame
    return true
  end
  self.sending = true
  local fine, ok, message, err = task.pcall(drain, self, frame)
  self.sending = false
  if fine then return ok, message, err end
  self.exchange:close()
  error(ok, 0)
end

-- Answer what the server wants answered. True when the socket has ended.
local function heed(self, kind, bytes)
  if kind == "ping" then send(self, core.websocket_frame("pong", bytes)) end
  if kind ~= "close" then return false end
  self:finish()
  return true
end

---The next bytes; nil at the end, or the failure triple.
function Socket:read()
  while not self.over do
    local kind, bytes = self.decoder:next()
    if kind == "data" then return bytes end
    if kind then
      self.over = heed(self, kind, bytes)
    elseif bytes then
      return refuse(self, "protocol", bytes)
    else
      local chunk, message, err = self.exchange:read()
      if message then return nil, message, err end
      if not chunk then return at_end(self) end
      self.decoder:feed(chunk)
    end
  end
end

---Send bytes; waits until all of them were accepted.
function Socket:write(bytes)
  if self.finished then return false end
  return send(self, core.websocket_frame("binary", bytes))
end

---Say that nothing more will be written. There is no half of a WebSocket to close, but engines go on
---sending.
function Socket:finish()
  if self.finished then return end
  self.finished = true
  send(self, core.websocket_frame("close", NORMAL))
end

function Socket:close()
  self.exchange:close()
end

return websocket
