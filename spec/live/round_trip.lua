-- What is sent, beside what the engine said: both as the text that they are on the wire.

local assert = require "luassert"
local cjson = require "cjson"
local core = require "moondock.core"
local exchange = require "moondock.exchange"
local json_text = require "spec.json_text"

local round_trip = {}
local real_start = exchange.start

---The codecs by which a program may have what an engine said.
round_trip.CODECS = {
  moondock = function(text) return select(2, assert(core.decode(text))) end,
  ["lua-cjson"] = cjson.decode,
}

---Nanoseconds of which every bit counts, and such as a float has: all numbers of lua-cjson 2.1.0 are
---floats.
round_trip.LONG = { moondock = "9007199255000000001", ["lua-cjson"] = "2251799813000000000" }

---Do `fn`, and return the bodies that left meanwhile.
---@return string[]
function round_trip.sent(fn)
  local bodies = {}
  exchange.start = function(endpoint, request, limits)
    if request.body then bodies[#bodies + 1] = request.body end
    return real_start(endpoint, request, limits)
  end
  local ok, why = pcall(fn)
  exchange.start = real_start
  if not ok then error(why, 0) end
  return bodies
end

---The answer to a question, as it came.
---@return string
function round_trip.said(client, path)
  return (assert(client:request { path = path, reply = "text" }))
end

-- What is left of a path below another; nil where it is elsewhere.
local function rest_of(path, above)
  if path == above then return "" end
  if path:sub(1, #above + 1) == above .. "|" then return path:sub(#above + 1) end
end

local function is_among(path, names)
  for _, name in ipairs(names) do
    if rest_of(path, "|" .. name:lower()) then return true end
  end
  return false
end

-- What a document says below a path, less what is below one of the names in `but`. Engines read names in
-- any letter case, and do not always write them as the specification does.
local function part(text, below, but)
  local all = {}
  for path, token in pairs(json_text(text)) do
    local rest = rest_of(path:lower(), below:lower())
    if rest and not is_among(rest, but) then all[rest] = token end
  end
  return all
end

---Two documents say the same, below a path of each, to the byte.
---@param but? string[]  names below those, where they may differ
function round_trip.same(first, below_first, second, below_second, but)
  local expected = part(first, below_first, but or {})
  assert.is_truthy(next(expected), below_first)
  assert.same(expected, part(second, below_second, but or {}))
end

-- What lua-cjson makes of a value, a list of records by their ids: engines list in any order.
local function by_cjson(value)
  local copy = cjson.decode(cjson.encode(value))
  local function id(record) return record.Id or record.ID end
  if type(copy[1]) == "table" then table.sort(copy, function(a, b) return id(a) < id(b) end) end
  return copy
end

---lua-cjson makes the same of what we decoded as of what the engine said: its own empty tables, and
---numbers of 14 digits.
function round_trip.same_in_cjson(text, ours)
  assert.same(by_cjson(cjson.decode(text)), by_cjson(ours))
end

return round_trip
