-- Reading what an engine told, whatever it left out or sent in its place.

local core = require "moondock.core"

local told = {}

---The fields of a JSON object; none where there is no object.
---@return table
function told.object(value)
  return type(value) == "table" and not core.is_array(value) and value or {}
end

---The object in a field of a record, made where there is none.
---@return table
function told.part(record, field)
  if type(record[field]) ~= "table" or core.is_array(record[field]) then
    record[field] = core.object()
  end
  return record[field]
end

---The objects of a list; what is none of them is passed over.
---@return table[]
function told.objects(value)
  local list = core.array()
  for _, item in ipairs(type(value) == "table" and value or {}) do
    if type(item) == "table" and not core.is_array(item) then list[#list + 1] = item end
  end
  return list
end

---A text that says something.
---@return string?
function told.text(value)
  return type(value) == "string" and value ~= "" and value or nil
end

---A whole number, also one in digits.
---@return integer?
function told.integer(value)
  if type(value) == "string" and value:find "^%-?%d+$" then value = tonumber(value) end
  if type(value) ~= "number" or value % 1 ~= 0 then return nil end
  return math.floor(value)
end

return told
