-- Splitting a command line into words as a POSIX shell does, without expanding anything.

local errors = require "moondock.errors"

-- Inside double quotes a backslash is special only before these.
local ESCAPABLE = { ['"'] = true, ["\\"] = true, ["$"] = true, ["`"] = true }

local function quoted(text, at, quote)
  local parts, i = {}, at
  while i <= #text do
    local c = text:sub(i, i)
    if c == quote then return table.concat(parts), i + 1 end
    local next_c = text:sub(i + 1, i + 1)
    if quote == '"' and c == "\\" and ESCAPABLE[next_c] then c, i = next_c, i + 1 end
    parts[#parts + 1], i = c, i + 1
  end
  errors.blame(("words: the %s at position %d is never closed"):format(quote, at - 1))
end

---Split `text` into words: blanks separate, quotes and backslashes hold together. Nothing is
---expanded.
---@param text string
---@return string[]
local function words(text)
  errors.check("text", text, "string")
  local list, word, i = {}, nil, 1
  while i <= #text do
    local c = text:sub(i, i)
    if c:find("%s") then
      list[#list + 1], word, i = word, nil, i + 1
    elseif c == "'" or c == '"' then
      local part
      part, i = quoted(text, i + 1, c)
      word = (word or "") .. part
    else
      if c == "\\" then
        i = i + 1
        c = text:sub(i, i)
        if c == "" then errors.blame("words: nothing follows the last backslash") end
      end
      word, i = (word or "") .. c, i + 1
    end
  end
  list[#list + 1] = word
  return list
end

return words
