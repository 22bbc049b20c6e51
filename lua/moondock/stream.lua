-- Long answers: streams of bytes, of JSON values and of log output, which say how they ended.

local core = require "moondock.core"
local errors = require "moondock.errors"

local LINE_MAX = 1024 * 1024

---What all streams share. Usable directly in a `for` loop, which raises the error of a stream that
---fails; `read` returns the failure triple instead.
---@class moondock.Stream
---@field outcome? string  nil while open; then complete, cancelled, timeout, lost, refused or truncated
local Stream = { __name = "moondock.Stream" }

local OUTCOMES = { cancelled = "cancelled", timeout = "timeout", lost = "lost",
  truncated = "truncated" }

local function finish(self, outcome, err)
  self.outcome = self.outcome or outcome
  self.exchange:close(self.outcome, err)
end

-- What reading a stream gives that has ended: its end, or again its failure.
local function after_end(self)
  if self.outcome == "complete" then return nil end
  self.err = self.err or errors.new { kind = "cancelled", message = "the stream was closed" }
  return nil, self.err.message, self.err
end

-- Close, remember and return a failure, unless the stream was ended meanwhile.
local function fail(self, message, err)
  if self.outcome then return after_end(self) end
  finish(self, OUTCOMES[err.kind] or "refused", err)
  self.err = err
  return nil, message, err
end

local function refuse(self, kind, message)
  return fail(self, select(2, errors.refuse(self.exchange.request, { kind = kind,
    message = message })))
end

---End the stream at once; reading it afterwards gives a `cancelled` error. Safe to call twice.
function Stream:close()
  if not self.outcome then finish(self, "cancelled") end
end

---An iterator for `for` that closes the stream on `break` (on Lua 5.4; elsewhere the collector does).
---@return fun(): any
function Stream:iter()
  return function() return self() end, nil, nil, self
end

local function step(self)
  local first, second, err = self:read()
  if first == nil and err then error(err, 0) end
  return first, second
end

-- An index, and `ipairs` from Lua 5.3 on, would find nothing, without a word.
local NO_LIST = { __index = function(_, key)
  if type(key) == "number" then
    errors.blame "a stream is no list: read it with its methods, or with `for item in stream do`"
  end
end }

-- A class of streams: a metatable that is its own index, with the methods of `parent`.
local function class(name, parent)
  local Class = { __name = name, __call = step, __gc = Stream.close, __close = Stream.close }
  for key, method in pairs(parent or Stream) do Class[key] = Class[key] or method end
  Class.__index = Class
  return setmetatable(Class, NO_LIST)
end

---A stream of bytes: an archive, an export.
---@class moondock.ByteStream: moondock.Stream
---@overload fun(): string?
local ByteStream = class "moondock.ByteStream"

---The next bytes; nil at the end.
---@param max? integer  at most so many bytes
---@return string? bytes, string? message, moondock.Error? err
function ByteStream:read(max)
  if self.outcome then return after_end(self) end
  local bytes, message, err = self.exchange:read(max)
  if bytes then return bytes end
  if message then return fail(self, message, err) end
  finish(self, "complete")
  return nil
end

---Everything that is left, as one string.
---@return string? bytes, string? message, moondock.Error? err
function ByteStream:text()
  local parts = {}
  while true do
    local bytes, message, err = self:read()
    if not bytes then
      if message then return nil, message, err end
      return table.concat(parts)
    end
    parts[#parts + 1] = bytes
  end
end

-- Whether there is a file, or something else such as a device, at `path`.
local function exists(path)
  local file = io.open(path, "r+b")
  if file then file:close() end
  return file ~= nil
end

-- Write everything that is left to `file`: its size, or the failure triple.
local function write_all(self, file)
  local size = 0
  while true do
    local bytes, message, err = self:read()
    if not bytes then
      if message then return nil, message, err end
      return size
    end
    local written, why = file:write(bytes)
    if not written then
      self:close()
      return errors.fail { kind = "config", message = why }
    end
    size = size + #bytes
  end
end

---Write everything that is left to the file at `path`. Where it cannot be completed, a file that
---was made for it is removed again.
---@param path string
---@return integer? bytes, string? message, moondock.Error? err
function ByteStream:to_file(path)
  errors.check("path", path, "string")
  local existed = exists(path)
  local file, reason = io.open(path, "wb")
  if not file then
    self:close()
    return errors.fail { kind = "config", message = reason }
  end
  local size, message, err = write_all(self, file)
  local closed, why = file:close()
  if size and not closed then
    size, message, err = errors.fail { kind = "config", message = why }
  end
  if size then return size end
  if not existed then os.remove(path) end
  return nil, message, err
end

---A stream of JSON values: events, statistics, progress.
---@class moondock.ValueStream: moondock.Stream
---@overload fun(): any
local ValueStream = class "moondock.ValueStream"

-- The end of the bytes: a value that was cut is a lost connection, never an end. A number may be
-- complete only now, so the decoder is asked once more.
local function end_of_values(self)
  if self.ending then
    finish(self, "complete")
    return nil
  end
  self.ending = true
  local whole, why = self.decoder:finish()
  if not whole then return refuse(self, "lost", why) end
end

-- What stands for lost events. It looks like one, so that code that expects events can read it.
local function overflow_of(self, dropped)
  self.overflow = self.overflow + dropped
  self.decoder = core.json_reader() -- without the part of an event whose end was dropped
  return { Type = "overflow", Action = "overflow", Actor = { ID = "", Attributes = {} },
    overflow = dropped }
end

---The next value; nil at the end.
---@return table? value, string? message, moondock.Error? err
function ValueStream:read()
  while true do
    if self.outcome then return after_end(self) end
    local found, value = self.decoder:next()
    if found then return value end
    if found == nil then return refuse(self, "protocol", value) end
    local bytes, message, err, dropped = self.exchange:read()
    if message then return fail(self, message, err) end
    if dropped then return overflow_of(self, dropped) end
    if bytes then self.decoder:feed(bytes) else end_of_values(self) end
  end
end

---A stream of events. An engine drops events silently when they are not received in time, so these
---are received whenever the program waits for anything. When more than 4 MiB are unread, the oldest
---are dropped: in their place comes `{ Type = "overflow", Action = "overflow", overflow = n, ... }`.
---@class moondock.EventStream: moondock.ValueStream
---@overload fun(): moondock.Event?
---@field overflow integer  how many events were dropped so far
---@field read fun(self: moondock.EventStream): moondock.Event?, string?, moondock.Error?
local EventStream = class("moondock.EventStream", ValueStream)

---A stream of what a container wrote. Order is kept within stdout and within stderr, not between
---them: the engine itself has two pipes.
---@class moondock.LogStream: moondock.Stream
---@overload fun(): string?, string?
local LogStream = class "moondock.LogStream"

local function end_of_frames(self)
  local whole, why = true, nil
  if self.decoder then whole, why = self.decoder:finish() end
  if not whole then return refuse(self, "lost", why) end
  finish(self, "complete")
  return nil
end

-- The next frame, without those of an output that was not asked for: some engines send both.
local function next_frame(self)
  local source, bytes
  repeat
    source, bytes = self.decoder:next()
  until not source or source == "system" or source == (self.only or source)
  return source, bytes
end

---The next output: where it was written ("stdout", "stderr" or, of a terminal, "tty"), and the
---bytes.
---@return string? source, string? bytes_or_message, moondock.Error? err
function LogStream:read()
  while true do
    if self.outcome then return after_end(self) end
    if self.decoder then
      local source, bytes = next_frame(self)
      if source == "system" then return refuse(self, "server", bytes) end
      if source then return source, bytes end
      if bytes then return refuse(self, "protocol", bytes) end
    end
    local bytes, message, err = self.exchange:read()
    if message then return fail(self, message, err) end
    if not bytes then return end_of_frames(self) end
    if not self.decoder then return "tty", bytes end
    self.decoder:feed(bytes)
  end
end

---Everything that is left: all of it in the order it came, then stdout and stderr apart.
---@return string? text, string? message_or_stdout, any err_or_stderr
function LogStream:text()
  local all, parts = {}, { stdout = {}, stderr = {}, tty = {} }
  while true do
    local source, bytes, err = self:read()
    if not source then
      if bytes then return nil, bytes, err end
      return table.concat(all), table.concat(parts.stdout), table.concat(parts.stderr)
    end
    all[#all + 1] = bytes
    parts[source][#parts[source] + 1] = bytes
  end
end

-- The next line of what one source has pending (`text` from `position` on). A line longer than
-- LINE_MAX comes in marked parts.
local function cut_line(pending)
  local text, position = pending.text, pending.position
  local at = text:find("\n", position, true)
  if at then
    pending.position = at + 1
    local last = text:byte(at - 1) == 13 and at - 2 or at - 1
    return text:sub(position, math.max(last, position - 1))
  elseif #text - position >= LINE_MAX then
    pending.position = position + LINE_MAX
    return text:sub(position, position + LINE_MAX - 1), true
  end
end

local function add_bytes(pending, bytes)
  pending.text = pending.text:sub(pending.position) .. bytes
  pending.position = 1
end

-- A log often ends without a newline: hand out what each source has left.
local function last_line(sources)
  for _, source in ipairs { "stdout", "stderr", "tty" } do
    local pending = sources[source]
    local text = pending.text:sub(pending.position)
    pending.text, pending.position = "", 1
    if text ~= "" then return text, source end
  end
end

---An iterator over whole lines, each with its source and, of a very long line, `true` for a part
---that the next one continues. Raises the error of a stream that fails.
---@return fun(): string?, string?, boolean?
function LogStream:lines()
  local sources = {}
  for _, source in ipairs { "stdout", "stderr", "tty" } do sources[source] = {
    text = "", position = 1 } end
  local current
  local function next_line()
    while true do
      if current then
        local line, partial = cut_line(sources[current])
        if line then return line, current, partial end
      end
      local source, bytes, err = self:read()
      if not source then
        if err then error(err, 0) end
        return last_line(sources)
      end
      add_bytes(sources[source], bytes)
      current = source
    end
  end
  return next_line, nil, nil, self
end

local stream = { ByteStream = ByteStream, ValueStream = ValueStream, LogStream = LogStream,
  EventStream = EventStream, class = class, fail = fail, after_end = after_end }

---@return moondock.ByteStream
function stream.bytes(exchange)
  return setmetatable({ exchange = exchange }, ByteStream)
end

---@return moondock.ValueStream
function stream.values(exchange)
  return setmetatable({ exchange = exchange, decoder = core.json_reader() }, ValueStream)
end

---Of an exchange that drains.
---@return moondock.EventStream
function stream.events(exchange)
  return setmetatable({ exchange = exchange, decoder = core.json_reader(), overflow = 0 },
    EventStream)
end

---@param tty boolean  a terminal's output is not framed
---@return moondock.LogStream
function stream.logs(exchange, tty)
  return setmetatable({ exchange = exchange, decoder = not tty and core.frames() or nil },
    LogStream)
end

return stream
