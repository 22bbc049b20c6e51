-- JSON as the text that it is: each value by its path, numbers with the digits that were sent. It shares no
-- code with what it judges.

local BLANK = "^[ \t\r\n]*"
local ESCAPED = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

-- The bytes that a string stands for, still quoted. Engines escape < > & as well.
local function plain(quoted)
  return (quoted:gsub("\\(.)(%x?%x?%x?%x?)", function(kind, digits)
    if kind ~= "u" then return (ESCAPED[kind] or kind) .. digits end
    local code = tonumber(digits, 16)
    return code < 128 and string.char(code) or "\\u" .. digits:lower()
  end))
end

local value_at

local function skip(text, at)
  return select(2, text:find(BLANK, at)) + 1
end

-- The end of the string that begins at `at`.
local function string_end(text, at)
  repeat
    at = text:find('["\\]', at + 1)
    local found = text:sub(at, at)
    if found == "\\" then at = at + 1 end
  until found == '"'
  return at
end

-- The members between `open` and its end; `name` reads what stands before a value.
local function members(text, at, path, into, close, name)
  at = skip(text, at + 1)
  if text:sub(at, at) == close then return at + 1, true end
  local count = 0
  repeat
    count = count + 1
    local key
    key, at = name(at, count)
    at = skip(text, value_at(text, skip(text, at), path .. "|" .. key, into))
    local sign = text:sub(at, at)
    assert(sign == "," or sign == close, text:sub(at, at + 40))
    at = skip(text, at + 1)
  until sign == close
  return at
end

local function object_at(text, at, path, into)
  local stop, empty = members(text, at, path, into, "}", function(here)
    local last = string_end(text, here)
    local colon = skip(text, last + 1)
    assert(text:sub(colon, colon) == ":", text:sub(here, here + 40))
    return plain(text:sub(here + 1, last - 1)), colon + 1
  end)
  if empty then into[path] = "{}" end
  return stop
end

local function array_at(text, at, path, into)
  local stop, empty = members(text, at, path, into, "]", function(here, count) return count, here end)
  if empty then into[path] = "[]" end
  return stop
end

function value_at(text, at, path, into)
  local sign = text:sub(at, at)
  if sign == "{" then return object_at(text, at, path, into) end
  if sign == "[" then return array_at(text, at, path, into) end
  local last = sign == '"' and string_end(text, at) or select(2, text:find("^[%w.+-]+", at))
  into[path] = plain(text:sub(at, assert(last, text:sub(at, at + 40))))
  return last + 1
end

---What a document says: the text of every scalar and of every empty array and object, by its path,
---such as "|HostConfig|Binds|1".
---@return table<string, string>
return function(text)
  local into = {}
  local stop = skip(text, value_at(text, skip(text, 1), "", into))
  assert(stop == #text + 1, text:sub(stop, stop + 40))
  return into
end
