-- One HTTP exchange with an engine, waited for: its head, its body, its time limits, its failures
-- as errors.

local core = require "moondock.core"
local errors = require "moondock.errors"
local failures = require "moondock.failures"
local task = require "moondock.task"

-- An error text or a JSON answer longer than this is not an engine's.
local BODY_MAX = 64 * 1024 * 1024
local RETRY_PAUSE = 0.01
local COULD_NOT_CONNECT = 7 -- libcurl's number
local QUEUE_FULL = { [0] = true, [11] = true, [35] = true } -- EAGAIN, where libcurl tells it

---Where and how long: what an exchange needs to know beside its request.
---@class moondock.Limits
---@field deadline? number  of `task.now`: the whole call
---@field total? number  seconds, for the message of the deadline
---@field answer? number  seconds until the head must be there
---@field idle? number  seconds of silence in the body

---@class moondock.Exchange
---@field status integer
---@field headers table<string, string>
---@field request table
---@field endpoint moondock.Endpoint
---@field judge? fun(self): moondock.Exchange?, string?, moondock.Error?  of a head that is still to come
local Exchange = { __name = "moondock.Exchange" }
Exchange.__index = Exchange

local exchange = {}

local function failed(self, _, message, err)
  self:close(err and err.kind, err)
  return nil, message, err
end

local function closed()
  return errors.fail { kind = "cancelled", message = "the stream is closed" }
end

local function failure_of(self, failure)
  if self.tunnel then self.tunnel:claim() end
  local words = self.tunnel and self.tunnel:words() or ""
  if words ~= "" then failure.message = ("%s (%s)"):format(failure.message, words) end
  return failed(self, failures.of_failure(failure, self.endpoint, self.request))
end

local function timeout_of(self, phase, seconds)
  return failed(self, failures.of_timeout(phase, seconds or 0, self.endpoint, self.request))
end

local function earlier(a, b)
  if a and b then return math.min(a, b) end
  return a or b
end

-- Wait once; false, and the triple of the timeout, when a limit passed.
local function wait(self, phase, phase_deadline, seconds)
  local limits = self.limits
  local now = task.now()
  if limits.deadline and now >= limits.deadline then
    return false, timeout_of(self, "total", limits.total)
  elseif phase_deadline and now >= phase_deadline then
    return false, timeout_of(self, phase, seconds)
  end
  task.wait(self.transfer, earlier(limits.deadline, phase_deadline))
  return true
end

local NO_TLS = {}

-- Send the request. An engine behind ssh may have to be reached first.
local function start(self)
  local request, endpoint = self.request, self.endpoint
  local tls = endpoint.tls or NO_TLS
  local starter = request.reply == "upgrade" and core.upgrade or core.transfer
  if endpoint.ssh then
    local message, err
    self.tunnel, message, err = require("moondock.tunnel").enter(endpoint, request, self.limits)
    if not self.tunnel then return nil, message, err end
  end
  self.stepped = false
  self.transfer = assert(starter(assert(core.loop()), {
    method = request.method,
    url = endpoint.base .. request.target,
    unix = self.tunnel and self.tunnel.path or endpoint.unix,
    headers = request.headers,
    body = request.body,
    upload = request.upload and true or nil,
    size = request.size,
    ca = tls.ca,
    cert = tls.cert,
    key = tls.key,
    verify = tls.verify,
    server_name = tls.server_name,
    proxy = endpoint.proxy,
    connect_timeout = endpoint.connect_timeout,
    fresh = request.fresh or not request.safe or self.again,
    drain = request.drain,
    bulk = request.reply == "tar",
  }))
  return self
end

-- A listen queue that is full refuses without an errno, and a kept connection may have died:
-- neither has reached the engine, so trying again is not doing it twice.
local function may_retry(self, failure)
  local request = self.request
  if self.chunk then return false end
  local queued = failure.code == COULD_NOT_CONNECT and QUEUE_FULL[failure.errno]
  local dying = failure.code == COULD_NOT_CONNECT and self.tunnel -- it was not noticed yet
  if (queued and self.endpoint.unix) or dying then
    task.sleep(RETRY_PAUSE)
    return self.connect_deadline > task.now()
  end
  local first = not self.again
  self.again = true
  local unanswered = failure.phase == "answer" or failure.phase == "send" and not request.upload
  return first and request.safe and failure.reused and unanswered
end

---Start an exchange; nothing is waited for but the way to the engine, where that is ssh.
---@return moondock.Exchange? started, string? message, moondock.Error? err
function exchange.start(endpoint, request, limits)
  local self = setmetatable({ endpoint = endpoint, request = request, limits = limits or {} },
    Exchange)
  self.connect_deadline = task.now() + (endpoint.connect_timeout or 10)
  local started, message, err = start(self)
  if not started then
    if request.trace then request.trace:unreached(self, err) end
    return nil, message, err
  end
  self.connect_deadline = task.now() + (endpoint.connect_timeout or 10)
  task.hold(self)
  if request.trace then request.trace:sent(self) end
  return self
end

-- Fetch the next piece of the upload; at its end the engine is told.
local function fetch(self)
  local chunk, message, err = self.request.upload()
  self.chunk, self.position = chunk, 1
  if chunk then return true end
  if message then return failed(self, nil, message, err) end
  if not self.request.keep_open then self.transfer:finish() end
  self.sent = true
  return true
end

-- Read on in the file of the upload.
local function fill(self)
  local read, why = self.transfer:fill(self.request.file)
  if read == 0 then return false end
  if why then
    return failed(self, errors.refuse(self.request, { kind = "config", message = why }))
  end
  if read == false then self.transfer:finish() end
  self.sent, self.given = not read, (self.given or 0) + (read or 0)
  return true
end

-- Send what there is room for. True when something was done that may have let the loop go on, such
-- as calling the source; false when there is nothing to do but wait.
local function send(self)
  if not self.stepped then
    -- Nothing is taken from the source before it is known that there is a connection.
    self.stepped = true
    task.wait(self.transfer, task.now())
    return true
  end
  if self.request.file then return fill(self) end
  if self.chunk == nil or self.position > #self.chunk then return fetch(self) end
  local accepted = self.transfer:give(self.chunk, self.position)
  if accepted == 0 then return false end
  self.sent = accepted == nil
  self.position, self.given = self.position + (accepted or 0), (self.given or 0) + (accepted or 0)
  return true
end

-- Send, or wait once: the engine may answer while we still send. Waiting is right only straight
-- after the caller looked at its condition, so nothing is waited for when something was sent.
local function advance(self, phase, deadline, seconds)
  if self.request.upload and not self.sent then
    local done, message, err = send(self)
    if done == nil then return nil, message, err end
    if done then return true end
  end
  local waited, _, message, err = wait(self, phase, deadline, seconds)
  if not waited then return nil, message, err end
  return true
end

-- The limit of the answer begins when the request has left.
local function answer_limit(self, deadline)
  local seconds = self.limits.answer
  if deadline or not seconds or (self.request.upload and not self.sent) then return deadline end
  return task.now() + seconds
end


---Wait until the head of the answer is there, the exchange has failed, or `deadline` has passed.
---@return boolean heard  false: only `deadline` has passed
function Exchange:heard(deadline)
  local transfer = self.transfer
  while transfer and not transfer:head() and transfer:ended() == false do
    if task.now() >= deadline then return false end
    task.wait(transfer, earlier(self.limits.deadline, deadline))
    if self.limits.deadline and task.now() >= self.limits.deadline then return true end
  end
  return true
end

---Wait for the head of the answer, sending the upload meanwhile.
---@return integer? status, string? message, moondock.Error? err
function Exchange:head()
  local deadline
  while true do
    if not self.transfer then return closed() end
    local status, headers = self.transfer:head()
    if status then
      self.status, self.headers = status, headers
      if not failures.is_of_proxy(self.endpoint, self.request, status, headers) then
        return status
      end
      self:close()
      return failures.of_proxy(self.endpoint, self.request, status)
    end
    local ended, failure = self.transfer:ended()
    if ended == nil then
      if not may_retry(self, failure) then return failure_of(self, failure) end
      self.repeated = (self.repeated or 0) + 1
      self.transfer:close()
      local started, message, err = start(self)
      if not started then return nil, message, err end
    else
      deadline = answer_limit(self, deadline)
      local ok, message, err = advance(self, "answer", deadline, self.limits.answer)
      if ok == nil then return nil, message, err end
    end
  end
end

-- The end of a connection is that of the stream only when it was not the end of ssh. Bodies that
-- have a length or chunks tell that themselves.
local function believe_end(self)
  if not self.tunnel or self.request.reply ~= "upgrade" or self.believed then return nil end
  self.believed = self.tunnel:confirm()
  if self.believed then return nil end
  return failure_of(self, { code = 0, errno = 0, phase = "body",
    message = "the ssh connection ended" })
end

---The next bytes of the body; nil at its end, or the failure triple. Of an exchange that drains, no
---bytes and the number of values that were lost here: what was read of one before is void.
---@return string? bytes, string? message, moondock.Error? err, integer? dropped
function Exchange:read(max)
  local idle = self.limits.idle
  local judge = self.judge
  if judge then
    if idle and not self:heard(task.now() + idle) then return timeout_of(self, "idle", idle) end
    self.judge = nil
    local accepted, message, err = judge(self)
    if not accepted then return nil, message, err end
  end
  local deadline = idle and task.now() + idle
  while true do
    local transfer = self.transfer
    if not transfer then return closed() end
    local dropped = self.request.drain and transfer:dropped() or 0
    if dropped > 0 then return "", nil, nil, dropped end
    local bytes = transfer:take(max)
    if bytes then
      self.received = (self.received or 0) + #bytes
      return bytes
    end
    local ended, failure = transfer:ended()
    if ended then return believe_end(self) end
    if ended == nil then return failure_of(self, failure) end
    local ok, message, err = advance(self, "idle", deadline, idle)
    if ok == nil then return nil, message, err end
  end
end

---Send bytes on an upgraded connection; waits until all of them were accepted.
---@return boolean? ok, string? message, moondock.Error? err  false: the peer takes no more
function Exchange:write(bytes)
  local idle = self.limits.idle
  local position = 1
  local deadline = idle and task.now() + idle
  while position <= #bytes do
    local transfer = self.transfer
    if not transfer then return closed() end
    local accepted = transfer:give(bytes, position)
    if accepted == nil then return false end
    position, self.given = position + accepted, (self.given or 0) + accepted
    if accepted > 0 then
      deadline = idle and task.now() + idle
    else
      local waited, _, message, err = wait(self, "idle", deadline, idle)
      if not waited then return nil, message, err end
    end
  end
  return true
end

---Say that nothing more will be written.
function Exchange:finish()
  if self.transfer then self.transfer:finish() end
end

---The whole body.
---@return string? bytes, string? message, moondock.Error? err
function Exchange:body()
  local parts, size = {}, 0
  while true do
    local bytes, message, err = self:read()
    if not bytes then
      if message then return nil, message, err end
      local body = table.concat(parts)
      if self.request.trace then self.text = body end
      return body
    end
    parts[#parts + 1], size = bytes, size + #bytes
    if size > BODY_MAX then
      self:close "too long"
      return errors.fail { kind = "protocol",
        message = ("%s %s: the answer is longer than %d bytes"):format(
        self.request.method, self.request.path or "", BODY_MAX) }
    end
  end
end

---Wait until the answer is there as a whole, or one of its time limits or `deadline` has passed.
---@return boolean settled  false: only `deadline` has passed
function Exchange:settle(deadline)
  local limit = self.limits.deadline
  while self.transfer and self.transfer:ended() == false do
    local now = task.now()
    if limit and now >= limit then return true end
    if now >= deadline then return false end
    task.wait(self.transfer, earlier(limit, deadline))
  end
  return true
end

---Release the connection at once. Safe to call twice.
---@param outcome? string  how it ended, for the trace, where the exchange itself does not know
---@param err? moondock.Error
function Exchange:close(outcome, err)
  local transfer = self.transfer
  if transfer then
    local trace = self.request.trace
    local complete = trace and transfer:ended()
    self.transfer = nil
    transfer:close()
    task.wake(transfer)
    if trace then trace:ended(self, outcome or (complete and "complete" or "closed"), err) end
  end
end

return exchange
