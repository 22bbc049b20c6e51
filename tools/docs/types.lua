-- Types as annotations write them: their alternatives, the fields of records, and what named ones stand for.

local types = {}

local function trimmed(text)
  return (text:gsub("^%s+", ""):gsub("%s+$", ""))
end

---The parts of a text between separators that no bracket encloses.
function types.split(text, separator)
  local parts, depth, start = {}, 0, 1
  for i = 1, #text do
    local c = text:sub(i, i)
    if c:find "[{(%[<]" then depth = depth + 1 end
    if c:find "[})%]>]" then depth = depth - 1 end
    if c == separator and depth == 0 then
      parts[#parts + 1] = trimmed(text:sub(start, i - 1))
      start = i + 1
    end
  end
  parts[#parts + 1] = trimmed(text:sub(start))
  return parts
end

-- What follows a function is a part of what it returns.
local function join_functions(parts)
  for i, part in ipairs(parts) do
    if part:find "^fun%(" then return { table.unpack(parts, 1, i - 1) }, table.concat(parts, "|", i) end
  end
  return parts
end

---What a type may be, each as a text: "string[]?" is "string[]" or "nil".
function types.alternatives(text)
  local list = {}
  local parts, last = join_functions(types.split(text, "|"))
  for _, part in ipairs(parts) do
    local bare = part:match "^(.-)%?$"
    local inner = (bare or part):match "^(%b())$"
    if inner then
      for _, item in ipairs(types.alternatives(inner:sub(2, -2))) do list[#list + 1] = item end
    else
      list[#list + 1] = bare or part
    end
    if bare then list[#list + 1] = "nil" end
  end
  list[#list + 1] = last
  return list
end

---The fields of a record, in order: "{ a?: string, [\"until\"]: integer }". nil for what is none.
---@return { name: string, optional: boolean, type: string }[]?
function types.record(text)
  local inner = text:match "^{%s*(.-)%s*}$"
  if not inner or inner == "" then return nil end
  local fields = {}
  for i, part in ipairs(types.split(inner, ",")) do
    local name, mark, kind = part:match "^%[?\"?([%w_-]+)\"?%]?(%??):%s*(.+)$"
    if not name then return nil end
    fields[i] = { name = name, optional = mark == "?", type = kind, description = "" }
  end
  return fields
end

---The parameters and results of "fun(a: T, b?: U): R, S". nil for what is no function.
---@return { name: string, type: string }[]? parameters, string[]? results
function types.signature(text)
  local inside, results = text:match "^fun(%b()):?%s*(.*)$"
  if not inside then return nil end
  local parameters = {}
  for _, part in ipairs(types.split(inside:sub(2, -2), ",")) do
    local name, mark, kind = part:match "^([%w_.]+)(%??):?%s*(.*)$"
    if name then
      parameters[#parameters + 1] = { name = name, optional = mark == "?",
        type = kind ~= "" and kind or "any" }
    end
  end
  return parameters, results ~= "" and types.split(results, ",") or {}
end

local Names = {}
Names.__index = Names

---The classes and aliases that `model.read` found.
function types.names(found)
  return setmetatable({ classes = found.all, aliases = found.aliases }, Names)
end

---The alternatives of a type, with aliases as what they stand for.
function Names:expand(text)
  local list = {}
  for _, part in ipairs(types.alternatives(text)) do
    local alias = self.aliases[part]
    for _, item in ipairs(alias and self:expand(alias) or { part }) do list[#list + 1] = item end
  end
  return list
end

-- Call `fn` with a class and all that it inherits from, the nearest first.
function Names:each_class(name, fn)
  local class = self.classes[name]
  if not class then return end
  fn(class)
  for _, parent in ipairs(class.parents or {}) do self:each_class(parent, fn) end
end

---What calling a value of a class gives: the overload of it, or of the nearest that it inherits from.
function Names:overload(name)
  local overload
  self:each_class(name, function(class) overload = overload or class.overload end)
  return overload
end

---The fields of a record or class by name, inherited ones too. nil for what is neither.
function Names:fields(text)
  local list = types.record(text)
  if not list and not self.classes[text] then return nil end
  local fields = {}
  for _, field in ipairs(list or {}) do fields[field.name] = field end
  self:each_class(text, function(class)
    for _, field in ipairs(class.fields) do fields[field.name] = fields[field.name] or field end
  end)
  return fields
end

---The methods of a class by name, inherited ones too.
function Names:methods(name)
  local methods = {}
  self:each_class(name, function(class)
    for _, method in ipairs(class.methods) do methods[method.name] = methods[method.name] or method end
  end)
  return methods
end

return types
