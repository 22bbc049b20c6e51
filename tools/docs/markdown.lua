-- The reference as Markdown: one text for each class, and one for all other types.

local links = require "tools.docs.links"
local types = require "tools.docs.types"

local markdown = {}

local function escaped(text)
  return (text:gsub("[|<]", { ["|"] = "\\|", ["<"] = "&lt;" }))
end

local code = links.code

-- The comment's own words are Markdown; a request at its end is shown apart.
local function prose(comment)
  local text = comment.text
  for _, request in ipairs(comment.requests) do
    local at = text:find(request, 1, true)
    if at then text = text:sub(1, at - 1) .. text:sub(at + #request) end
  end
  return (text:gsub("%s+", " "):gsub("%s+$", ""))
end

local function optional(entry)
  return entry.optional and "optional" or "required"
end

-- What the options mean that many methods have.
local COMMON = { timeout = "seconds for the whole call", idle_timeout = "seconds of silence",
  dry_run = "send nothing, and return what would be sent" }

-- The fields that "a, b" names; nil when one of the names is none.
local function named_fields(head, fields)
  local list = {}
  for name in head:gmatch "[^,%s]+" do
    if not fields[name] then return nil end
    list[#list + 1] = name
  end
  return list
end

-- A description "words; a: what it is; b, c: what they are" taken apart: the words, and those of each field.
local function apart(description, fields)
  local known, own, words = {}, {}, {}
  for _, field in ipairs(fields) do known[field.name] = true end
  for _, part in ipairs(types.split(description, ";")) do
    local head, text = part:match "^([%w_, -]+): (.*)$"
    local names = head and named_fields(head, known)
    for _, name in ipairs(names or {}) do own[name] = text end
    if not names and part ~= "" then words[#words + 1] = part end
  end
  return table.concat(words, "; "), own
end

local function cell(entry, description)
  return optional(entry) .. (description ~= "" and "; " .. escaped(description) or "")
end

local function parameters(lines, comment, link)
  if #comment.params == 0 then return end
  lines[#lines + 1] = "| parameter | type | |"
  lines[#lines + 1] = "| --- | --- | --- |"
  for _, param in ipairs(comment.params) do
    local fields = types.record(param.type)
    local words, own = apart(param.description, fields or {})
    lines[#lines + 1] = ("| `%s` | %s | %s |"):format(param.name,
      fields and "table" or links.type(param.type, link), cell(param, words))
    for _, field in ipairs(fields or {}) do
      lines[#lines + 1] = ("| `%s.%s` | %s | %s |"):format(param.name, field.name,
        links.type(field.type, link), cell(field, own[field.name] or COMMON[field.name] or ""))
    end
  end
  lines[#lines + 1] = ""
end

local function returned(lines, comment, link)
  if #comment.returns == 0 then return end
  local list = {}
  for i, result in ipairs(comment.returns) do
    list[i] = links.type(result.type, link) .. (result.name and " *" .. result.name .. "*" or "")
  end
  local description = comment.returned.description
  if description ~= "" then description = "; " .. escaped(description) end
  lines[#lines + 1] = "Returns " .. table.concat(list, ", ") .. description
  lines[#lines + 1] = ""
end

local function signature(class, method)
  local owner = class.name == "docker" and "docker" or class.short:gsub("%u", string.lower, 1)
  local parameters_text = method.parameters and "(" .. method.parameters .. ")" or ""
  return owner .. method.separator .. method.name .. parameters_text
end

local function method_text(lines, class, method, example, link)
  lines[#lines + 1] = ("### %s"):format(method.name)
  lines[#lines + 1] = ""
  lines[#lines + 1] = "```lua"
  lines[#lines + 1] = signature(class, method)
  lines[#lines + 1] = "```"
  lines[#lines + 1] = ""
  lines[#lines + 1] = prose(method.comment)
  lines[#lines + 1] = ""
  parameters(lines, method.comment, link)
  returned(lines, method.comment, link)
  for _, request in ipairs(method.comment.requests) do
    lines[#lines + 1] = "Request: `" .. request .. "`"
    lines[#lines + 1] = ""
  end
  if example then
    lines[#lines + 1] = "```lua"
    lines[#lines + 1] = example
    lines[#lines + 1] = "```"
    lines[#lines + 1] = ""
  end
end

local function class_fields(lines, class, link)
  if #class.fields == 0 then return end
  lines[#lines + 1] = "| field | type | |"
  lines[#lines + 1] = "| --- | --- | --- |"
  for _, field in ipairs(class.fields) do
    lines[#lines + 1] = ("| `%s%s` | %s | %s |"):format(field.name, field.optional and "?" or "",
      links.type(field.type, link), escaped(field.description))
  end
  lines[#lines + 1] = ""
end

-- The methods that a class has from another one, with links to them.
local function inherited(parent, own, link)
  local target, list = link and link(parent.name) or "", {}
  local page = target:match "^[^#]+"
  for _, method in ipairs(parent.methods) do
    if page and not own[method.name] then
      list[#list + 1] = ("[`%s`](%s#%s)"):format(method.name, page, method.name)
    elseif not own[method.name] then
      list[#list + 1] = code(method.name)
    end
    own[method.name] = true
  end
  return list
end

-- What a class inherits: methods of classes with a page, fields of all.
local function ancestors(lines, class, names, link)
  local own, fields = {}, {}
  for _, method in ipairs(class.methods or {}) do own[method.name] = true end
  names:each_class(class.name, function(parent)
    local methods = parent ~= class and parent.has_page and inherited(parent, own, link) or {}
    if #methods > 0 then
      lines[#lines + 1] = ("A kind of %s, which has %s.\n"):format(links.type(parent.name, link),
        table.concat(methods, ", "))
    elseif parent ~= class then
      fields[#fields + 1] = links.type(parent.name, link)
    end
  end)
  if #fields > 0 then lines[#lines + 1] = ("It has the fields of %s as well.\n"):format(table.concat(fields, ", ")) end
end

local ABOUT_TYPES = "What options, requests and answers look like. A class of options has the fields of the Engine's "
  .. "body as well, which begin with a capital letter. A field that not all versions of the API have says so. "
  .. "One with a question mark may be missing, and in an answer it may be `docker.null`."

---The chapter of a class. `examples` has the code for "Class:method", `link` the addresses of types.
function markdown.class(class, examples, names, link)
  local lines = { "## " .. class.short, "", class.text or "", "" }
  if names then ancestors(lines, class, names, link) end
  class_fields(lines, class, link)
  for _, method in ipairs(class.methods) do
    method_text(lines, class, method, examples[class.short .. "." .. method.name], link)
  end
  return table.concat(lines, "\n")
end

---The chapter of all types that are no class with methods.
function markdown.kinds(list, names, link)
  local lines = { "## Types", "", ABOUT_TYPES, "" }
  for _, kind in ipairs(list) do
    lines[#lines + 1] = "### " .. kind.name
    lines[#lines + 1] = ""
    lines[#lines + 1] = kind.alias and links.type(kind.alias, link):gsub("\\|", "|") or kind.text or ""
    lines[#lines + 1] = ""
    ancestors(lines, kind, names, link)
    class_fields(lines, kind, link)
  end
  return table.concat(lines, "\n")
end

return markdown
