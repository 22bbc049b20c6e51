-- What creators of things with a name take: a name and options, or one table with both.

local errors = require "moondock.errors"

---@return any name, table opts  a copy without the name, where it was one table
local function named(name, opts)
  if type(name) ~= "table" or opts ~= nil then
    return name, errors.check("options", opts or {}, "table")
  end
  local rest = {}
  for key, value in pairs(name) do
    if key ~= "name" then rest[key] = value end
  end
  return name.name, rest
end

return named
