-- The Lua that users are shown: the examples, the snippets, and the code in the guides.

local snippets = require "tools.docs.snippets"

local sources = {}

local GUIDES = { "README.md", "docs/manual.md", "docs/recipes.md", "docs/connecting.md" }

local function read(path)
  local file = assert(io.open(path, "rb"))
  local bytes = file:read "*a"
  file:close()
  return bytes
end

local function examples(list)
  local pipe = assert(io.popen "LC_ALL=C ls examples/*.lua")
  for path in pipe:lines() do list[#list + 1] = { path = path, line = 1, code = read(path) } end
  pipe:close()
end

local function pieces(list)
  for _, piece in ipairs(select(2, snippets.read())) do
    list[#list + 1] = { path = piece.path, line = piece.first, code = piece.code, has_client = true }
  end
end

-- What is between ```lua and ``` of a text.
local function blocks(list, path)
  local number, block = 0, nil
  for line in io.lines(path) do
    number = number + 1
    if block and line:find "^%s*```" then
      block.code = table.concat(block.lines, "\n")
      list[#list + 1] = block
      block = nil
    elseif block then
      table.insert(block.lines, line)
    elseif line:find "^%s*```lua%s*$" then
      block = { path = path, line = number + 1, lines = {}, has_client = true }
    end
  end
end

---All of it, as { path, line, code, has_client }: where it begins, and whether `docker` and `client` are there.
function sources.read()
  local list = {}
  examples(list)
  pieces(list)
  for _, path in ipairs(GUIDES) do blocks(list, path) end
  return list
end

return sources
