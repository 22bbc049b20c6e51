-- What BuildKit tells of a build: its StatusResponse, which is protocol buffers in base64 inside the
-- progress. A field is its number times eight plus the kind of its value, and the value:
--
--   kind 0: an integer, seven bits a byte, lowest first    kind 1: eight bytes
--   kind 2: a length and so many bytes                      kind 5: four bytes

local core = require "moondock.core"

local INTEGER, EIGHT, BYTES, FOUR = 0, 1, 2, 5
local INTEGER_MAX = 10 -- bytes of one

-- The integer at `at`, and the place behind it.
local function integer(bytes, at)
  local value, unit = 0, 1
  for place = at, at + INTEGER_MAX - 1 do
    local byte = bytes:byte(place)
    if not byte then return nil end
    value = value + byte % 128 * unit
    if byte < 128 then return value, place + 1 end
    unit = unit * 128
  end
end

-- The value at `at`, false for one of no interest, and the place behind it; nil when it is cut.
local function value_at(bytes, at, kind)
  if kind == INTEGER then return integer(bytes, at) end
  if kind == EIGHT then return false, at + 8 end
  if kind == FOUR then return false, at + 4 end
  if kind ~= BYTES then return nil end
  local size, from = integer(bytes, at)
  if not size or size < 0 or size > #bytes - from + 1 then return nil end
  return bytes:sub(from, from + size - 1), from + size
end

-- Read a message by `shape`: for each number of a field its name, how to read its bytes or integer,
-- and whether it comes several times. nil when it is no such message.
local function message(bytes, shape)
  local result, at = {}, 1
  for _, field in pairs(shape) do
    if field[3] then result[field[1]] = core.array() end
  end
  while at <= #bytes do
    local key, value
    key, at = integer(bytes, at)
    if not key then return nil end
    value, at = value_at(bytes, at, key % 8)
    if value == nil then return nil end
    local field = shape[math.floor(key / 8)]
    if field and value ~= false then
      value = field[2](value)
      if value == nil then return nil end
      if field[3] then table.insert(result[field[1]], value) else result[field[1]] = value end
    end
  end
  return result
end

local function text(value)
  return type(value) == "string" and value or nil
end

local function number(value)
  return type(value) == "number" and value or nil
end

local function switch(value)
  return number(value) and value ~= 0
end

local function nested(shape)
  return function(bytes)
    return type(bytes) == "string" and message(bytes, shape) or nil
  end
end

local TIMESTAMP = { { "seconds", number }, { "nanos", number } }

-- Seconds since 1970.
local function time(bytes)
  local parts = type(bytes) == "string" and message(bytes, TIMESTAMP)
  return parts and (parts.seconds or 0) + (parts.nanos or 0) / 1e9 or nil
end

local VERTEX = { { "digest", text }, { "inputs", text, true }, { "name", text },
  { "cached", switch }, { "started", time }, { "completed", time }, { "error", text } }

local STATUS = { { "ID", text }, { "vertex", text }, { "name", text }, { "current", number },
  { "total", number }, { "timestamp", time }, { "started", time }, { "completed", time } }

local LOG = { { "vertex", text }, { "timestamp", time }, { "stream", number }, { "msg", text } }

local WARNING = { { "vertex", text }, { "level", number }, { "short", text },
  { "detail", text, true }, { "url", text } }

local RESPONSE = { { "vertexes", nested(VERTEX), true }, { "statuses", nested(STATUS), true },
  { "logs", nested(LOG), true }, { "warnings", nested(WARNING), true } }

---A step of a build: what is not known yet is absent. Times are seconds since 1970.
---@class moondock.BuildVertex
---@field digest string  its id
---@field inputs string[]  the digests of the steps that it builds on
---@field name? string  as in the Dockerfile: "[2/3] RUN make"
---@field cached? boolean
---@field started? number
---@field completed? number
---@field error? string

---@class moondock.BuildTrace
---@field vertexes moondock.BuildVertex[]  steps that began, ended or changed
---@field statuses table[]  parts of a step: ID, vertex, name, current, total, started, completed
---@field logs table[]  output: vertex, stream (1 stdout, 2 stderr), msg, timestamp
---@field warnings table[]  vertex, level, short, detail, url

---What a value of the progress of a build says in BuildKit's own form; nil when it says nothing so.
---@param value table
---@return moondock.BuildTrace? trace
local function build_trace(value)
  if value.id ~= "moby.buildkit.trace" or type(value.aux) ~= "string" then return nil end
  local bytes = core.unbase64(value.aux)
  return bytes and message(bytes, RESPONSE) or nil
end

return build_trace
