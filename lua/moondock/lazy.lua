-- Modules that are read when something of them is first used: a script that starts pays for what it
-- does, not for what it could do.

---A stand-in for the module `name`, which must return a table that does not change afterwards.
---@param name string
---@return table
local function lazy(name)
  return setmetatable({}, { __index = function(self, key)
    setmetatable(self, nil)
    for field, value in pairs(require(name)) do self[field] = value end
    return self[key]
  end })
end

return lazy
