-- A connection that carries bytes both ways, as the two ends please: no frames, no process.

local errors = require "moondock.errors"
local stream = require "moondock.stream"

---Bytes in both directions: one task may read while another writes.
---@class moondock.Raw: moondock.ByteStream
local Raw = stream.class("moondock.Raw", stream.ByteStream)

---Send bytes; waits until all of them were accepted. When the other end takes no more that is an
---error of kind `lost`, and what it sent can still be read.
---@param bytes string
---@return true? ok, string? message, moondock.Error? err
function Raw:write(bytes)
  errors.check("what is written", bytes, "string")
  if self.input_ended then errors.blame("the input of this stream was ended by close_write") end
  if self.outcome and self.outcome ~= "complete" then return stream.after_end(self) end
  local ok, message, err = self.exchange:write(bytes)
  if ok then return true end
  if message then return stream.fail(self, message, err) end
  return errors.refuse(self.exchange.request, { kind = "lost", phase = "send",
    message = "the other end takes no more input" })
end

---Say that nothing more will be written, and go on reading. Safe to call twice.
---@return true
function Raw:close_write()
  self.input_ended = true
  if not self.outcome then self.exchange:finish() end
  return true
end

local raw = { Raw = Raw }

---Make an accepted answer of an upgrade a raw stream; a failure is passed on.
---@return moondock.Raw? connection, string? message, moondock.Error? err
function raw.of(answer, message, err)
  if not answer then return nil, message, err end
  return setmetatable({ exchange = answer }, Raw)
end

return raw
