-- What the values of flags may be, and what the Engine takes for them: sizes, durations, lists,
-- pairs.

local core = require "moondock.core"
local errors = require "moondock.errors"

local values = {}

-- The boolean true must not look like the word, nor null like a pointer.
local function shown(value)
  if value == core.null then return "null" end
  if type(value) == "table" or type(value) == "function" then return "a " .. type(value) end
  if type(value) == "boolean" then return "the boolean " .. tostring(value) end
  return ("'%s'"):format(tostring(value))
end

---Raise: the option `name` is wrong, and `expected` says what would be right.
function values.bad(name, expected, value)
  errors.blame(("option %s must be %s, not %s"):format(name, expected, shown(value)))
end

local bad = values.bad

---What a caller named: the id of a handle, all else as it is.
function values.id_of(value)
  local class = type(value) == "table" and getmetatable(value)
  return type(class) == "table" and class.class and value.id or value
end

local id_of = values.id_of

function values.text(name, value)
  value = id_of(value)
  if type(value) == "number" then
    return value % 1 == 0 and ("%d"):format(value) or tostring(value)
  end
  if type(value) ~= "string" then bad(name, "a string", value) end
  return value
end

local text = values.text

---A text without the blanks around it.
function values.trimmed(written)
  return written:match "^%s*(.-)%s*$"
end

function values.boolean(name, value)
  if type(value) ~= "boolean" then bad(name, "true or false", value) end
  return value
end

---One of the words that `known` (a set) has.
function values.choice(known, expected)
  return function(name, value)
    if not known[value] then bad(name, expected, value) end
    return value
  end
end

local function whole(number)
  return math.type and math.tointeger(number) or number
end

local BASES = { x = 16, o = 8, b = 2 }

-- Digits and their base: text may begin with "0x", "0o" or "0b", and "017" is octal as well.
local function based(digits)
  local letter, rest = digits:match "^0(%a)(%w+)$"
  if letter then return rest, BASES[letter:lower()] end
  return digits, digits:find "^0%d" and 8 or 10
end

local function integer_of(written)
  local sign, digits = written:match "^([+-]?)(%w+)$"
  if not digits then return nil end
  local rest, base = based(digits)
  if base == 10 then return rest:find "^%d+$" and tonumber(written) end
  local number = base and tonumber(rest, base)
  return number and (sign == "-" and -number or number)
end

local function check_integer(name, value, number)
  if type(number) ~= "number" or number % 1 ~= 0 or number >= 2 ^ 63 or number < -2 ^ 63 then
    bad(name, "a whole number", value)
  end
  return whole(number)
end

---A whole number, or text that is one to the CLI.
function values.integer(name, value)
  return check_integer(name, value, type(value) == "string" and integer_of(value) or value)
end

---The same, where text is decimal in any case.
function values.decimal(name, value)
  local number = value
  if type(value) == "string" then number = value:find "^[+-]?%d+$" and tonumber(value) end
  return check_integer(name, value, number)
end

---The same, not below zero.
function values.count(name, value)
  local number = values.integer(name, value)
  if number < 0 then bad(name, "a whole number, 0 or more", value) end
  return number
end

---A list of texts, or one of them alone, as a list of its own. Handles are their ids.
function values.list(name, value)
  value = id_of(value)
  if type(value) == "string" then return { value } end
  if type(value) ~= "table" then bad(name, "a string or a list of strings", value) end
  local list = {}
  for i, item in ipairs(errors.check_list("option " .. name, value)) do list[i] = id_of(item) end
  return list
end

---The same, of which every item is text.
function values.texts(name, value)
  local result = core.array()
  if type(value) == "number" then value = { value } end
  for i, item in ipairs(values.list(name, value)) do result[i] = text(name, item) end
  return result
end

-- The table `value`, whose keys must be names.
local function named(name, value)
  for key in pairs(value) do errors.check("a name in option " .. name, key, "string") end
  return value
end

---Whether a table has names, and is no list.
function values.is_named(value)
  return type(value) == "table" and #value == 0 and next(value) ~= nil and id_of(value) == value
end

---Names and values as an object: a table of them, or a list of "name=value". A name alone has an
---empty value.
function values.map(name, value)
  local result = core.object()
  if values.is_named(value) then
    for key, item in pairs(named(name, value)) do
      result[key] = text(name .. "." .. key, item)
    end
    return result
  end
  for _, item in ipairs(values.list(name, value)) do
    local key, rest = text(name, item):match("^([^=]+)=(.*)$")
    if not key and item:sub(1, 1) == "=" then bad(name, "name=value", item) end
    result[key or item] = rest or ""
  end
  return result
end

---The same for labels, whose names have no blanks in them.
function values.labels(name, value)
  local result = values.map(name, value)
  for key in pairs(result) do
    local label = key:match "^[ \t]*(.*)$"
    if label == "" or label:find "[ \t]" then bad(name, "names without blanks", key) end
  end
  return result
end

---The same, where a name alone is a mistake.
function values.pairs(name, value)
  for _, item in ipairs(values.joined(name, value, "=")) do
    if not item:find("^[^=]+=") then bad(name, "name=value", item) end
  end
  return values.map(name, value)
end

---Names and values as a sorted list: a table of them joined by `separator`, or a list that is so
---already.
function values.joined(name, value, separator)
  if not values.is_named(value) then return values.texts(name, value) end
  local result = core.array()
  for key, item in pairs(named(name, value)) do
    result[#result + 1] = key .. separator .. text(name .. "." .. key, item)
  end
  table.sort(result)
  return result
end

-- A variable as `docker run -e` takes it: a name alone has the value that it has here, and without
-- one is sent as it is, which removes it from what the image sets.
local function variable(name, item)
  item = text(name, item)
  if item:sub(1, 1) == "=" or item == "" then bad(name, "NAME=value", "=...") end
  if item:find("=", 1, true) then return item end
  local here = os.getenv(item)
  return here and item .. "=" .. here or item
end

---Environment variables: a list of "NAME=value", or a table of names and values, of which `true`
---stands for the name alone.
function values.environment(name, value)
  local result = core.array()
  if not values.is_named(value) then
    for i, item in ipairs(values.list(name, value)) do result[i] = variable(name, item) end
    return result
  end
  for key, item in pairs(named(name, value)) do
    result[#result + 1] = item == true and variable(name, key)
      or key .. "=" .. text(name .. "." .. key, item)
  end
  table.sort(result)
  return result
end

local UNITS = { [""] = 1, k = 1024, m = 1024 ^ 2, g = 1024 ^ 3, t = 1024 ^ 4, p = 1024 ^ 5 }

local function size_of(written)
  local digits, suffix = written:match "^(.*[%d.]) ?(%a*)$"
  if not digits or digits:find "[^%d.e+]" then return nil end
  return tonumber(digits), suffix:match "^([kmgtp]?)b?$" or suffix:match "^([kmgtp])ib$"
end

---Bytes as an integer, or text such as "64m", "1.5 GiB": units of 1024, as everywhere in the CLI.
function values.bytes(name, value)
  local number, unit = value, ""
  if type(value) == "string" then number, unit = size_of(value:lower()) end
  local bytes = type(number) == "number" and unit and number * UNITS[unit]
  if not bytes or not (bytes >= 0 and bytes < 2 ^ 63) then
    bad(name, "bytes, or a size such as '64m'", value)
  end
  return math.floor(bytes)
end

---The same, and -1 for "no limit".
function values.bytes_or_unlimited(name, value)
  if value == -1 or value == "-1" then return -1 end
  return values.bytes(name, value)
end

-- A micro sign, or the Greek letter.
local NANOSECONDS = { ns = 1, us = 1e3, ["\194\181s"] = 1e3, ["\206\188s"] = 1e3,
  ms = 1e6, s = 1e9, m = 60e9, h = 3600e9 }

local function nanoseconds_of(duration)
  local total, rest = 0, duration:gsub("^%+", "")
  while rest ~= "" do
    local number, unit, after = rest:match("^(%d*%.?%d*)([a-z\194\181\206\188]+)(.*)$")
    number = tonumber(number)
    if not number or not NANOSECONDS[unit] then return nil end
    total, rest = total + number * NANOSECONDS[unit], after
  end
  return total
end

---Nanoseconds of a duration: seconds as a number, or text such as "1m30s", "500ms".
function values.nanoseconds(name, value)
  local total
  if type(value) == "number" then
    total = value * 1e9
  elseif type(value) == "string" and value ~= "" then
    total = value == "0" and 0 or nanoseconds_of(value)
  end
  if not total or total < 0 or total ~= total or total >= 2 ^ 63 then
    bad(name, "seconds, or a duration such as '1m30s'", value)
  end
  return math.floor(total + 0.5)
end

-- Text that says more than billionths can.
local function is_too_precise(written)
  return #(written:match "%.(%d-)0*$" or "") > 9
end

---A number of processors as billionths.
function values.nano_cpus(name, value)
  local number = tonumber(value)
  if type(value) == "string" and (value:find "%s" or is_too_precise(value)) then number = nil end
  if not number or not (number >= 0 and number < 2 ^ 63 / 1e9) then
    bad(name, "a number of processors such as 1.5", value)
  end
  return math.floor(number * 1e9 + 0.5)
end

-- Options where the command should be, which was left out.
local function check_no_options(name, value)
  local key = type(value) == "table" and #value == 0 and next(value)
  if type(key) == "string" and key ~= "n" then
    errors.blame(("%s must be a list of words, not options such as '%s', which come after it")
      :format(name, key))
  end
end

---The words of a command; one word may stand alone.
function values.command(name, value)
  check_no_options(name, value)
  if type(value) == "string" then
    if value:find("%s") then
      errors.blame(("%s '%s' is one word with blanks in it: give a list of words, "
        .. "or docker.words(...) to split it"):format(name, value))
    end
    value = { value }
  end
  errors.check_list(name, errors.check(name, value, "string or table"))
  local words = core.array()
  for i, word in ipairs(value) do words[i] = text(name, word) end
  return words
end

---The fields of one line of comma-separated values, quoted where they have commas.
---@return string[]
function values.csv(name, line)
  local fields, at = {}, 1
  repeat
    local field
    if line:sub(at, at) == '"' then
      local stop = at + 1
      while true do
        stop = line:find('"', stop, true)
        if not stop then bad(name, "fields with closed quotes", line) end
        if line:sub(stop + 1, stop + 1) ~= '"' then break end
        stop = stop + 2
      end
      field = line:sub(at + 1, stop - 1):gsub('""', '"')
      at = stop + 1
    else
      field = line:match("^[^,]*", at)
      at = at + #field
    end
    fields[#fields + 1] = field
    local separator = line:sub(at, at)
    if separator ~= "" and separator ~= "," then bad(name, "fields between commas", line) end
    at = at + 1
  until separator == ""
  return fields
end

---Texts of which each may be several between commas, as some flags of networks take them.
function values.split(name, value)
  local result = core.array()
  for _, line in ipairs(values.texts(name, value)) do
    for _, item in ipairs(line ~= "" and values.csv(name, line) or {}) do
      result[#result + 1] = item
    end
  end
  return result
end

---The lines of files that have a name, a "name=value" or a comment each, as `--env-file` and
---`--label-file` read them.
---@param alone fun(name: string): string?  what a name alone stands for; nil drops it
function values.file_lines(name, value, alone)
  local result = {}
  for _, path in ipairs(values.texts(name, value)) do
    local file, why = io.open(path, "r")
    if not file then bad(name, "a file that can be read (" .. why .. ")", path) end
    local first = true
    for line in file:lines() do
      if first then line = line:gsub("^\239\187\191", "") end
      line, first = line:gsub("\r$", ""):gsub("^%s+", ""), false
      if line ~= "" and line:sub(1, 1) ~= "#" then
        local key = line:match("^[^=]*")
        if key == "" or key:find("[ \t]") then
          file:close()
          bad(name, "a file of NAME=value lines (blanks in a name, or none)", path)
        end
        result[#result + 1] = line:find("=", 1, true) and line or alone(key)
      end
    end
    file:close()
  end
  return result
end

return values
