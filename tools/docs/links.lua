-- Where the types of the reference are described, and types as text with links to there.

local html = require "tools.docs.html"

local links = {}

-- The names in a type that somebody may have described: "moondock.Container", "docker.HostConfig".
local NAME = "%f[%w_]%l+%.%u[%w_]*"

local function code(text)
  return text ~= "" and "`" .. text:gsub("|", "\\|") .. "`" or ""
end

links.code = code

---A type as Markdown. `link` gives the address of a name, or nil.
function links.type(text, link)
  local parts, at = {}, 1
  while true do
    local first, last = text:find(NAME, at)
    local target = first and link and link(text:sub(first, last))
    if not first then break end
    if target then
      parts[#parts + 1] = code(text:sub(at, first - 1))
      parts[#parts + 1] = ("[`%s`](%s)"):format(text:sub(first, last), target)
    else
      parts[#parts + 1] = code(text:sub(at, last))
    end
    at = last + 1
  end
  parts[#parts + 1] = code(text:sub(at))
  return (table.concat(parts):gsub("``", ""))
end

local function described(found, kinds)
  local own = {}
  for _, class in ipairs(found.classes) do own[class.name] = class end
  local known = {}
  for _, kind in ipairs(kinds) do known[kind.name] = true end
  return own, known
end

---Addresses within the site, where each class has a page and all other types share one.
function links.of_site(found, kinds)
  local own, known = described(found, kinds)
  return function(name)
    if own[name] then return "reference-" .. own[name].short:lower() .. ".html" end
    if known[name] then return "types.html#" .. html.anchor(name) end
  end
end

---Addresses within one text.
function links.of_text(found, kinds)
  local own, known = described(found, kinds)
  return function(name)
    if own[name] then return "#" .. html.anchor(own[name].short) end
    if known[name] then return "#" .. html.anchor(name) end
  end
end

return links
