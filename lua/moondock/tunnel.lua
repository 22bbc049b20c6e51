-- The way to an engine behind ssh: one process of ssh for each client, which forwards a private
-- unix socket. Where the server forwards none, each connection to the socket has an ssh of its own.
--
-- A tunnel is opened by the first call. Whoever waits for it brings it on: it looks at ssh and at a
-- question to the engine, and nobody depends on another's turn.

local core = require "moondock.core"
local errors = require "moondock.errors"
local failures = require "moondock.failures"
local process = require "moondock.process"
local ssh = require "moondock.ssh"
local task = require "moondock.task"

local PAUSE = 0.02 -- between tries to connect, until ssh listens
local WORDS_PAUSE = 0.5 -- for what ssh says about a connection that failed
local SOCKET_PATH_MAX = 107

---@class moondock.Tunnel
---@field path string  of the private socket
---@field state string  "starting", "ready" or "failed"
---@field served boolean  each connection has an ssh of its own
local Tunnel = { __name = "moondock.Tunnel" }
Tunnel.__index = Tunnel

local tunnel = {}

-- A new folder that nobody else can enter, whose path leaves room for the socket's name.
local function private_folder()
  local why = "no place for a private socket"
  for _, parent in ipairs { os.getenv "XDG_RUNTIME_DIR" or "", os.getenv "TMPDIR" or "", "/tmp" } do
    if parent:find("^/") and not parent:find("${", 1, true) then
      local folder, message = core.folder(parent:gsub("(.)/+$", "%1"))
      if folder and #folder + #"/docker.sock" <= SOCKET_PATH_MAX then return folder end
      if folder then os.remove(folder) end
      why = message or why
    end
  end
  return errors.fail { kind = "config", message = "cannot make a folder for the socket: " .. why }
end

-- Start ssh, in one of its two forms.
local function start(self, served)
  local folder, message, err = private_folder()
  if not folder then return nil, message, err end
  local seconds = math.max(1, self.deadline - task.now())
  local path = folder .. "/docker.sock"
  local running
  running, message, err = process.start { folder = folder, serve = served,
    argv = served and ssh.dial(self.where, seconds) or ssh.forward(self.where, path, seconds) }
  if not running then
    os.remove(folder)
    return nil, message, err
  end
  self.process, self.path, self.served = running, path, served
  return true
end

local function drop_question(self)
  if self.question then self.question:close() end
  self.question = nil
end

local function close(self)
  drop_question(self)
  if not self.process then return end
  self.process:close()
  task.wake(self.process)
end

local function fail(self, err)
  self.state, self.err = "failed", err
  close(self)
end

local function words(self)
  return ssh.words(self.process:words())
end

local function cannot_connect(self, said)
  local endpoint = self.endpoint
  if self.refusal then said = ("%s; and without forwarding: %s"):format(self.refusal, said) end
  fail(self, errors.new { kind = "connect", phase = "connect", reason = ssh.reason(said),
    endpoint = endpoint.name, source = endpoint.source,
    message = ("cannot connect to the engine at %s (from %s): %s"):format(endpoint.name,
      endpoint.source, said ~= "" and said or "ssh ended without a word") })
end

-- ssh itself has ended, or could not be executed.
local function on_end(self, failure)
  if failure and failure.phase == "start" then
    local _, _, err = process.not_started(self.where.program or "ssh", failure.errno,
      failure.message)
    fail(self, err)
  else
    cannot_connect(self, words(self))
  end
end

-- ssh listens, but what is behind it ends the connection.
local function on_refusal(self)
  local said = words(self)
  self.words_deadline = self.words_deadline or task.now() + WORDS_PAUSE
  local told = said:find(self.served and "." or "open failed")
  if not told and task.now() < self.words_deadline then return end
  if self.served then return cannot_connect(self, said) end
  close(self)
  self.refusal, self.words_deadline, self.refused = said, nil, nil
  local ok, _, err = start(self, true)
  if not ok then fail(self, err) end
end

local COULD_NOT_CONNECT = 7

-- A question that any answer will do for.
local function ask(self)
  return assert(core.transfer(assert(core.loop()), { method = "HEAD",
    url = "http://localhost/_ping", unix = self.path, connect_timeout = 10 }))
end

local function look_at_question(self)
  if self.question:head() then
    if self.question:ended() == false then return end
    drop_question(self)
    self.state = "ready"
    return
  end
  local ended, failure = self.question:ended()
  if ended ~= nil then return end
  drop_question(self)
  self.next_try = task.now() + PAUSE
  self.refused = failure.code ~= COULD_NOT_CONNECT
end

-- Go on with what is there. What ends a start is looked at first.
local function look(self)
  local ended, failure = self.process:ended()
  if ended ~= false then return on_end(self, failure) end
  if self.question then look_at_question(self) end
  if self.state ~= "starting" or self.question then return end
  if self.refused then return on_refusal(self) end
  if task.now() >= (self.next_try or 0) then self.question = ask(self) end
end

-- The time is over: what ssh has said so far may tell why.
local function on_deadline(self)
  local said = words(self)
  local _, _, err = failures.of_timeout("connect", self.seconds, self.endpoint, {
    operation = "ssh" })
  if said ~= "" then err.message = err.message .. ": " .. said end
  fail(self, err)
end

local function open(endpoint)
  local seconds = endpoint.connect_timeout or 10
  local self = setmetatable({ endpoint = endpoint, where = endpoint.ssh, state = "starting",
    seconds = seconds, deadline = task.now() + seconds }, Tunnel)
  local ok, message, err = start(self, false)
  if not ok then return nil, message, err end
  return self
end

local function lives(self)
  assert(core.loop()) -- after a fork, the parent's tunnel is none of ours
  return self.state ~= "failed" and self.process:ended() == false
end

-- Each call has an error of its own, as it names the call.
local function failure_for(self, request)
  local fields = {}
  for key, value in pairs(self.err) do fields[key] = value end
  return errors.refuse(request, fields)
end

local function wait_until_ready(self, request, limits)
  while true do
    if self.state == "starting" then look(self) end
    if self.state == "ready" then return self end
    if self.state == "failed" then return failure_for(self, request) end
    local now = task.now()
    if limits.deadline and now >= limits.deadline then
      return failures.of_timeout("total", limits.total or 0, self.endpoint, request)
    elseif now >= self.deadline then
      on_deadline(self)
    else
      task.wait(self.question or self.process,
        math.min(now + PAUSE, limits.deadline or self.deadline, self.deadline))
    end
  end
end

-- Whoever began to open it has given up, and the time is over.
local function is_forgotten(self)
  return self.state == "starting" and task.now() >= self.deadline
end

---The open tunnel of an endpoint; it is opened if need be, within the connect limit.
---@param endpoint moondock.Endpoint
---@param request table  for the errors
---@param limits moondock.Limits
---@return moondock.Tunnel? open, string? message, moondock.Error? err
function tunnel.enter(endpoint, request, limits)
  local self = endpoint.tunnel
  if self and (not lives(self) or is_forgotten(self)) then
    close(self)
    self = nil
  end
  if not self then
    local message, err
    self, message, err = open(endpoint)
    if not self then return nil, message, err end
    endpoint.tunnel = self
  end
  return wait_until_ready(self, request, limits)
end

local CLAIM_SECONDS = 1

---Whether an ssh of one connection has just ended badly, which nobody has claimed yet. It is told
---before the end of the connection is seen, so whoever sees one asks here.
function Tunnel:claim()
  if not self.served then return false end
  local now, fresh = task.now(), self.process:broken()
  if now - (self.broken_at or now) > CLAIM_SECONDS then self.broken = 0 end
  if fresh > 0 then self.broken, self.broken_at = (self.broken or 0) + fresh, now end
  if (self.broken or 0) == 0 then return false end
  self.broken = self.broken - 1
  return true
end

local CONFIRM_SECONDS = 10

---Whether the tunnel lives: the end of a stream is believed only then. The answer of the engine is
---the proof, since the end of ssh is noticed a little later than that of what went through it.
function Tunnel:confirm()
  if self.served then return lives(self) and not self:claim() end
  local deadline = task.now() + CONFIRM_SECONDS
  local question = ask(self)
  task.hold(question)
  local answered = false
  while not answered and lives(self) and task.now() < deadline do
    answered = question:head() ~= nil
    if question:ended() == nil then break end
    if not answered then task.wait(question, deadline) end
  end
  question:close()
  return answered
end

---What ssh said lately.
function Tunnel:words()
  return words(self)
end

---End the tunnel of an endpoint, if there is one. Streams through it end as well.
function tunnel.close(endpoint)
  local self = endpoint.tunnel
  endpoint.tunnel = nil
  if not self then return end
  fail(self, errors.new { kind = "cancelled", message = "the client was closed" })
end

return tunnel
