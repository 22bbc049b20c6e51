-- Reads the doc comments of a Lua file: its classes, and its public functions with their parameters and
-- results.

local comments = {}

-- The end of the type that begins at `at`: a blank that no bracket, comma, colon or bar holds open.
local function type_end(text, at)
  local depth = 0
  for i = at, #text do
    local c = text:sub(i, i)
    if c:find "[{(%[<]" then depth = depth + 1 end
    if c:find "[})%]>]" then depth = depth - 1 end
    local open = text:sub(i - 1, i - 1):find "[,:|]"
    if depth == 0 and c:find "%s" and not open then return i - 1 end
  end
  return #text
end

-- "name? type  description" of @param and @field.
local function named(text)
  local name, at = text:match "^(%S+)%s+()"
  if not name then return { name = text, type = "", description = "" } end
  local stop, bare = type_end(text, at), name:gsub("%?$", "")
  return { name = bare:match '^%["(.*)"%]$' or bare, optional = bare ~= name, type = text:sub(at, stop),
    description = text:sub(stop + 1):gsub("^%s+", "") }
end

-- "type name, type name  description" of @return.
local function results(text)
  local list, at = {}, 1
  while true do
    local stop = type_end(text, at)
    local result = { type = text:sub(at, stop) }
    local name, comma, after = text:match("^ ([%a_][%w_]*)(,?)()", stop + 1)
    if not name then
      comma = result.type:sub(-1) == "," and "," or ""
      result.type = result.type:gsub(",$", "")
      after = stop + 1
    end
    result.name = name
    list[#list + 1] = result
    if comma ~= "," then return list, (text:sub(after):gsub("^%s+", "")) end
    at = text:match("^%s*()", after)
  end
end

local function add_tag(entry, tag, text)
  if tag == "param" then
    local param = named(text)
    entry.params[#entry.params + 1] = param
    return param
  elseif tag == "field" then
    local field = named(text)
    entry.fields[#entry.fields + 1] = field
    return field
  elseif tag == "class" then
    local name, parents = text:match "^([%w.]+):?%s*(.*)$"
    entry.class, entry.parents = name, {}
    for parent in parents:gmatch "[%w.]+" do table.insert(entry.parents, parent) end
  elseif tag == "alias" then
    local name, kind = text:match "^(%S+)%s+(.*)$"
    entry.aliases[name] = kind
  elseif tag == "overload" then
    entry.overload = text
  elseif tag == "return" then
    local list, description = results(text)
    entry.returns, entry.returned = list, { description = description }
    return entry.returned
  end
  return nil
end

-- A further line of a description: the next part of it, "name: words", or the same sentence going on.
local function go_on(description, line)
  if description == "" then return line end
  local is_part = line:find "^[%w_, -]+: " and not description:find "[,;:]$"
  return description .. (is_part and "; " or " ") .. line
end

---What the lines of one comment say.
function comments.parse(lines)
  local entry = { text = {}, params = {}, fields = {}, returns = {}, aliases = {} }
  local last
  for _, line in ipairs(lines) do
    local tag, rest = line:match "^@(%a+)%s*(.*)$"
    if tag then
      last = add_tag(entry, tag, rest)
    elseif last then
      last.description = go_on(last.description, line)
    else
      entry.text[#entry.text + 1] = line
    end
  end
  entry.text = table.concat(entry.text, " ")
  entry.requests = {}
  for method, path in entry.text:gmatch "(%u%u%u+) (/[%w_/{}.:?=&-]*[%w}])" do
    entry.requests[#entry.requests + 1] = method .. " " .. path
  end
  return entry
end

---The commented things of a file in order: { line, comment, code }, where `code` is the line below.
function comments.of_file(path)
  local list, block, number = {}, nil, 0
  local function take(line)
    number = number + 1
    local text = line:match "^%s*%-%-%-(.*)$"
    if text then
      block = block or {}
      block[#block + 1] = text
    elseif block then
      list[#list + 1] = { path = path, line = number, comment = comments.parse(block), code = line }
      block = nil
    end
  end
  for line in io.lines(path) do take(line) end
  take ""
  return list
end

return comments
