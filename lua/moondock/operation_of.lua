-- Which operation of the table a method and a path are, so that whatever watches over operations
-- watches over requests by hand as well.

local core = require "moondock.core"

-- By method: patterns of paths, the ones that say most first.
local patterns

-- As engines have them: a parameter may hold slashes.
local function pattern_of(path)
  return "^" .. path:gsub("[%-.]", "%%%0"):gsub("{%w+}", ".+") .. "$"
end

local function says_more(a, b)
  if #a.literal ~= #b.literal then return #a.literal > #b.literal end
  return a.name < b.name
end

local function load()
  patterns = {}
  for _, name in ipairs(core.operations()) do
    local operation = core.operation(name)
    local list = patterns[operation.method] or {}
    patterns[operation.method] = list
    list[#list + 1] = { name = name, pattern = pattern_of(operation.path),
      literal = operation.path:gsub("{%w+}", "") }
  end
  for _, list in pairs(patterns) do table.sort(list, says_more) end
end

-- Engines look at the path without its escapes.
local function decoded(path)
  return (path:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

---@param method string
---@param path string  without query, with or without a version
---@return string? operation  its name
local function operation_of(method, path)
  if not patterns then load() end
  path = decoded(path):gsub("^/v[%d.]+/", "/")
  for _, entry in ipairs(patterns[method] or {}) do
    if path:find(entry.pattern) then return entry.name end
  end
end

return operation_of
