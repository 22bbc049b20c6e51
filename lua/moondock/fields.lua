-- The long form of a flag, "type=bind,source=/a,target=/b", or the same as a table of fields.

local errors = require "moondock.errors"
local values = require "moondock.flag_values"
local vocabulary = require "moondock.vocabulary"

local fields = {}

local function of_text(name, text)
  local list = {}
  for i, item in ipairs(values.csv(name, text)) do
    local key, value = item:match("^([^=]+)=(.*)$")
    list[i] = { (key or item):lower(), value }
  end
  return list
end

-- Several values of one field: a list, or names and values of their own.
local function add(list, key, value)
  if type(value) ~= "table" then
    list[#list + 1] = { key, values.text(key, value) }
    return
  end
  for _, line in ipairs(values.joined(key, value, "=")) do list[#list + 1] = { key, line } end
end

local function of_table(value)
  local keys, list = {}, {}
  for key in pairs(value) do keys[#keys + 1] = tostring(key) end
  table.sort(keys)
  for _, key in ipairs(keys) do add(list, (key:gsub("_", "-")), value[key]) end
  return list
end

---What the option `name` was given: one item, or a list of them, as a list. A handle is its id.
function fields.items(name, value)
  value = values.id_of(value)
  if type(value) ~= "table" or values.is_named(value) then return { value } end
  return values.list(name, value)
end

---Whether an item is a record of the Engine's own, with capital letters, to be sent as it is.
function fields.is_record(item)
  return type(item) == "table" and vocabulary.is_field((next(item)))
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
---@param known table<string, fun(record: table, value: string, key: string)>
function fields.fill(name, item, known, record)
  for _, field in ipairs(fields.of(name, item)) do
    local put = known[field[1]]
    if not put then
      vocabulary.unknown_field(field[1], "option " .. name, known)
    end
    if not field[2] then
      errors.blame(("field '%s' of option %s needs a value"):format(field[1], name))
    end
    put(record, field[2], field[1])
  end
  return record
end

return fields
