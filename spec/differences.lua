-- The manual's table of what Podman does otherwise than Docker. The live specs compare it with what
-- Podman does, so that it stays true.

local differences = {}

local MANUAL, HEAD = "docs/manual.md", "| matter | Docker | Podman 4.3 |"

-- What a cell says of an error: `kind`: "words", or the one or the other words. Else nothing.
local function answer_in(cell)
  local kind, rest = cell:match '`(%l[%l_]+)`: (".*)$'
  local words = {}
  for each in (rest or ""):gmatch '"(.-)"' do words[#words + 1] = each end
  return { kind = kind, words = words }
end

---All rows: the answer by the matter, without the marks of code.
---@return table<string, { kind?: string, words: string[] }>  words: of which an error has one
function differences.all()
  local rows, inside = {}, false
  for line in io.lines(MANUAL) do
    if line == HEAD then
      inside = true
    elseif inside and not line:find "^|" then
      break
    elseif inside and not line:find "^| %-" then
      local matter, cell = line:match "^| (.-) | .- | (.-) |$"
      rows[(matter:gsub("`", ""))] = answer_in(cell)
    end
  end
  return rows
end

return differences
