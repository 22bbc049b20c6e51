-- The long form of a flag, "type=bind,source=/a,target=/b", or the same as a table of fields.

local errors = require "moondock.errors"

local fields = {}

local function bad(name, expected, value)
  errors.blame(("option %s must be %s, not '%s'"):format(name, expected, tostring(value)))
end

-- What stands in quotes at `position`, where a doubled quote means itself; and the place behind it.
local function quoted(name, text, position)
  local parts, at = {}, position + 1
  local doubled
  repeat
    local quote = text:find('"', at, true)
    if not quote then bad(name, "fields with balanced quotes", text) end
    parts[#parts + 1] = text:sub(at, quote - 1)
    doubled = text:sub(quote + 1, quote + 1) == '"'
    at = quote + (doubled and 2 or 1)
  until not doubled
  return table.concat(parts, '"'), at
end

-- One line of comma-separated values; quotes hold what has a comma.
local function split(name, text)
  local list, position = {}, 1
  repeat
    local field
    if text:sub(position, position) == '"' then
      field, position = quoted(name, text, position)
    else
      field, position = text:match("^([^,]*)()", position)
    end
    local separator = text:sub(position, position)
    if separator ~= "," and separator ~= "" then bad(name, "fields with commas between", text) end
    list[#list + 1], position = field, position + 1
  until separator == ""
  return list
end

local function of_text(name, text)
  local list = {}
  for i, item in ipairs(split(name, text)) do
    local key, value = item:match("^([^=]+)=(.*)$")
    list[i] = { (key or item):lower(), value }
  end
  return list
end

local function words(value)
  if type(value) == "number" then return ("%.14g"):format(value) end
  if type(value) == "boolean" then return tostring(value) end
  return value
end

-- Several values of one field: a list, or names and values of their own.
local function add(list, key, value)
  if type(value) ~= "table" then
    list[#list + 1] = { key, words(value) }
    return
  end
  local lines = require("moondock.flags").values.pairs_list(key, value)
  for _, line in ipairs(lines) do list[#list + 1] = { key, line } end
end

local function of_table(value)
  local keys, list = {}, {}
  for key in pairs(value) do keys[#keys + 1] = tostring(key) end
  table.sort(keys)
  for _, key in ipairs(keys) do add(list, (key:gsub("_", "-")), value[key]) end
  return list
end

---What one option was given: one item, or a list of them, as a list.
function fields.items(value)
  if type(value) ~= "table" then return { value } end
  if #value == 0 and next(value) ~= nil then return { value } end
  return value
end

---Whether an item is a record of the Engine's own, with capital letters, to be sent as it is.
function fields.is_record(item)
  return type(item) == "table" and type(next(item)) == "string" and next(item):find("^%u") ~= nil
end

---Whether an item is in the long form.
function fields.is_long(item)
  return type(item) == "table" or (type(item) == "string" and item:find("[%w_]=[%w_]") ~= nil)
end

---The fields of an item in the long form, as pairs of name and text, in order. A name alone has no
---text.
---@param name string  the option
---@param item string|table
---@return { [1]: string, [2]?: string }[]
function fields.of(name, item)
  if type(item) == "string" then return of_text(name, item) end
  return of_table(errors.check("option " .. name, item, "string or table"))
end

---Let `known`, a table of functions by field, put the fields of an item into `record`.
---@param known table<string, fun(record: table, value?: string, key: string)>
function fields.fill(name, item, known, record)
  for _, field in ipairs(fields.of(name, item)) do
    local put = known[field[1]]
    if not put then
      local names = {}
      for key in pairs(known) do names[#names + 1] = key end
      table.sort(names)
      errors.blame(("unknown field '%s' of option %s; it takes: %s"):format(field[1], name,
        table.concat(names, ", ")))
    end
    put(record, field[2], field[1])
  end
  return record
end

return fields
