-- The types that public methods lead to and that have no page of their own: options, requests, answers.

local kinds = {}

local function names_in(text)
  return text:gmatch "%f[%w_]%l+%.%u[%w_]*"
end

-- Every type text of a method, field or alias.
local function texts_of(class)
  local list = {}
  for _, field in ipairs(class.fields) do list[#list + 1] = field.type end
  for _, parent in ipairs(class.parents or {}) do list[#list + 1] = parent end
  for _, method in ipairs(class.methods) do
    for _, param in ipairs(method.comment.params) do list[#list + 1] = param.type end
    for _, result in ipairs(method.comment.returns) do list[#list + 1] = result.type end
  end
  if class.overload then list[#list + 1] = class.overload end
  return list
end

local function reachable(found)
  local seen = {}
  local function follow(text)
    for name in names_in(text) do
      if not seen[name] then
        seen[name] = true
        if found.aliases[name] then follow(found.aliases[name]) end
        for _, more in ipairs(found.all[name] and texts_of(found.all[name]) or {}) do follow(more) end
      end
    end
  end
  for _, class in ipairs { found.docker, (table.unpack or unpack)(found.classes) } do
    for _, text in ipairs(texts_of(class)) do follow(text) end
  end
  return seen
end

-- Ours before the Engine's.
local function before(a, b)
  local ours_a, ours_b = a.name:find "^moondock" ~= nil, b.name:find "^moondock" ~= nil
  if ours_a ~= ours_b then return ours_a end
  return a.name < b.name
end

---In order: classes, and aliases as { name, alias, fields }.
function kinds.of(found)
  local own, list = {}, {}
  for _, class in ipairs(found.classes) do own[class.name] = true end
  for name in pairs(reachable(found)) do
    local alias, class = found.aliases[name], found.all[name]
    if alias then
      list[#list + 1] = { name = name, alias = alias, fields = {} }
    elseif class and class.item and not own[name] then
      list[#list + 1] = class
    end
  end
  table.sort(list, before)
  return list
end

return kinds
