-- Lua as a tree, by the parser of luacheck: it is pure Lua, and used wherever it was installed.

for _, version in ipairs { "5.4", "5.3", "5.1" } do
  package.path = package.path .. (";/usr/share/lua/%s/?.lua;/usr/local/share/lua/%s/?.lua"):format(version, version)
end

local decoder = require "luacheck.decoder"
local parser = require "luacheck.parser"

---The tree of a piece of code; nil and where and why it is none.
---@return table? tree, { line: integer, text: string }? problem
local function parse(code)
  local ok, tree = pcall(parser.parse, decoder.decode(code))
  if ok then return tree end
  return nil, { line = tree.line or 1, text = "does not parse: " .. (tree.msg or tostring(tree)) }
end

return parse
