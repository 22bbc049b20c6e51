-- The reference as Markdown: one text for each class.

local types = require "tools.docs.types"

local markdown = {}

local function escaped(text)
  return (text:gsub("[|<]", { ["|"] = "\\|", ["<"] = "&lt;" }))
end

local function code(text)
  return text ~= "" and "`" .. text:gsub("|", "\\|") .. "`" or ""
end

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

local function parameters(lines, comment)
  if #comment.params == 0 then return end
  lines[#lines + 1] = "| parameter | type | |"
  lines[#lines + 1] = "| --- | --- | --- |"
  for _, param in ipairs(comment.params) do
    local fields = types.record(param.type)
    lines[#lines + 1] = ("| `%s` | %s | %s%s |"):format(param.name, fields and "table" or code(param.type),
      optional(param), param.description ~= "" and "; " .. escaped(param.description) or "")
    for _, field in ipairs(fields or {}) do
      lines[#lines + 1] = ("| `%s.%s` | %s | %s |"):format(param.name, field.name, code(field.type), optional(field))
    end
  end
  lines[#lines + 1] = ""
end

local function returned(lines, comment)
  if #comment.returns == 0 then return end
  local list = {}
  for i, result in ipairs(comment.returns) do
    list[i] = code(result.type) .. (result.name and " *" .. result.name .. "*" or "")
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

local function method_text(lines, class, method, example)
  lines[#lines + 1] = ("### %s"):format(method.name)
  lines[#lines + 1] = ""
  lines[#lines + 1] = "```lua"
  lines[#lines + 1] = signature(class, method)
  lines[#lines + 1] = "```"
  lines[#lines + 1] = ""
  lines[#lines + 1] = prose(method.comment)
  lines[#lines + 1] = ""
  parameters(lines, method.comment)
  returned(lines, method.comment)
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

local function class_fields(lines, class)
  if #class.fields == 0 then return end
  lines[#lines + 1] = "| field | type | |"
  lines[#lines + 1] = "| --- | --- | --- |"
  for _, field in ipairs(class.fields) do
    lines[#lines + 1] = ("| `%s` | %s | %s |"):format(field.name, code(field.type), escaped(field.description))
  end
  lines[#lines + 1] = ""
end

---The chapter of a class. `examples` has the code for "Class:method".
function markdown.class(class, examples)
  local lines = { "## " .. class.short, "", class.text or "", "" }
  local parent = class.parents and class.parents[1]
  if parent then
    lines[#lines + 1] = ("A kind of `%s`, with its methods."):format(parent:match "[^.]*$")
    lines[#lines + 1] = ""
  end
  class_fields(lines, class)
  for _, method in ipairs(class.methods) do
    method_text(lines, class, method, examples[class.short .. "." .. method.name])
  end
  return table.concat(lines, "\n")
end

return markdown
