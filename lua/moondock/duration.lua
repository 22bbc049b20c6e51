-- Lengths of time as people and command lines write them, in the nanoseconds of the wire.

local errors = require "moondock.errors"

local NANOSECONDS = { ns = 1, us = 1e3, ["µs"] = 1e3, ms = 1e6, s = 1e9, m = 60e9, h = 3600e9 }

local function bad(name, value)
  errors.blame(("option %s must be seconds, or a duration such as '1m30s', not '%s'"):format(name,
    tostring(value)))
end

-- "1h30m" is a sum of numbers, each with its unit.
local function of_text(name, text)
  if text == "0" then return 0 end
  local sum, position = 0, 1
  while position <= #text do
    local number, unit, after = text:match("^([%d.]+)([^%d.]+)()", position)
    if not tonumber(number) or not NANOSECONDS[unit] then bad(name, text) end
    sum, position = sum + tonumber(number) * NANOSECONDS[unit], after
  end
  if text == "" then bad(name, text) end
  return sum
end

local duration = {}

---The nanoseconds of what a user gave for an option.
---@param name string  the option
---@param value number|string  seconds, or "1m30s"
---@return integer
function duration.nanoseconds(name, value)
  local length = type(value) == "number" and value * 1e9
    or type(value) == "string" and of_text(name, value)
  if not length or length < 0 or length >= 2 ^ 63 or length ~= length then bad(name, value) end
  return math.floor(length + 0.5)
end

return duration
