-- Our JSON codec and lua-cjson's, by the same names.

local cjson = require "cjson"
local core = require "moondock.core"

local CHUNK = 16 * 1024 -- what libcurl hands over at once

local codecs = { moondock = {}, cjson = { decode = cjson.decode, encode = cjson.encode } }

function codecs.moondock.decode(text)
  local ok, value = core.decode(text)
  assert(ok, value)
  return value
end

-- Also nil and what is wrong, which codecs.job looks at once.
codecs.moondock.encode = core.encode

-- A stream of values, as events come: cut anywhere.
function codecs.moondock.decode_stream(text)
  local reader = core.json_reader()
  local count = 0
  for from = 1, #text, CHUNK do
    reader:feed(text:sub(from, from + CHUNK - 1))
    while reader:next() do count = count + 1 end
  end
  return count
end

-- The same for a codec that must be given whole values.
function codecs.cjson.decode_stream(text)
  local count = 0
  for line in text:gmatch "[^\n]+" do
    cjson.decode(line)
    count = count + 1
  end
  return count
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

---What a codec does with a file: a function, and what it is given.
---@param codec "moondock"|"cjson"
---@param direction "decode"|"encode"
---@param path string  one value, or a stream of them where the name ends with .stream
---@return { work: function, value: any, size: integer }
function codecs.job(codec, direction, path)
  local text = read(path)
  local its = codecs[codec]
  if path:find "%.stream$" then return { work = its.decode_stream, value = text, size = #text } end
  local value = direction == "decode" and text or its.decode(text)
  assert(its[direction](value))
  return { work = its[direction], value = value, size = #text }
end

return codecs
