-- The examples of docs/snippets: pieces of Lua below lines `--# Class:method`. A line `--! where` below
-- those names the engine that a piece needs: `swarm` or `engines`.

local snippets = {}

---Read all. A piece may stand for several methods, named on lines one below the other.
---@return table<string, string> code  by "Class.method"
---@return table[] list  { names, code, path, line, where } in order
function snippets.read()
  local by_name, list = {}, {}
  local pipe = io.popen "LC_ALL=C ls docs/snippets/*.lua 2>/dev/null"
  for path in pipe:lines() do
    local piece, number = nil, 0
    for line in io.lines(path) do
      number = number + 1
      local name = line:match "^%-%-# (%S+)$"
      if name then
        if not piece or #piece.lines > 0 then
          piece = { names = {}, lines = {}, path = path, line = number }
          list[#list + 1] = piece
        end
        piece.names[#piece.names + 1] = (name:gsub(":", "."))
      elseif piece and #piece.lines == 0 and line:find "^%-%-! " then
        piece.where = line:match "^%-%-! (%S+)$"
      elseif piece then
        piece.first = piece.first or number
        piece.lines[#piece.lines + 1] = line
      end
    end
  end
  pipe:close()
  for _, piece in ipairs(list) do
    piece.code = table.concat(piece.lines, "\n"):gsub("%s+$", "")
    for _, name in ipairs(piece.names) do by_name[name] = piece.code end
  end
  return by_name, list
end

return snippets
