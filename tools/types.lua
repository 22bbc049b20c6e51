-- Write lua/moondock/types.lua, what requests and answers of the Engine look like to an editor, from the
-- Engine API specifications.
--
--   ENGINE_API=<folder with v1.41.yaml ...> lua5.4 tools/types.lua [--check|--answers]
--
-- All versions are put right and merged, as in tools/schema.lua: the union of their fields, of which those
-- that not all have say so; where they differ in type the newest wins. --answers prints what each operation
-- answers with.

local OUTPUT = "lua/moondock/types.lua"

local repairs = dofile "tools/schema_repairs.lua"
local specification = dofile "tools/specification.lua"

local FIRST, LAST = specification.FIRST, specification.LAST
local reference, has_properties = specification.reference, specification.has_properties
local plain_type, sorted = specification.plain_type, specification.sorted

local classes, aliases, answers, bodies = {}, {}, {}, {}

-- Inline objects are named after the place where they stand: one name for one class.
local function class_name(name)
  return "docker." .. name:gsub("[^%w]+(%w?)", string.upper)
end

local type_of

-- Merge the properties of a schema, and of what it is made of, into a class.
local function merge(class, path, schema, document, minor)
  local name = reference(schema)
  if name then return merge(class, path, document.definitions[name], document, minor) end
  for _, part in ipairs(schema.allOf or {}) do merge(class, path, part, document, minor) end
  for field, value in pairs(schema.properties or {}) do
    local known = class[field] or { since = minor }
    known.type, known.last = type_of(value, path .. "." .. field, document, minor), minor
    class[field] = known
  end
end

local visited, spans = {}, {}

local function class(name, schema, document, minor)
  local key = class_name(name)
  if visited[name] ~= minor then
    visited[name] = minor
    classes[key] = classes[key] or {}
    spans[key] = { since = spans[key] and spans[key].since or minor, last = minor }
    merge(classes[key], name, schema, document, minor)
  end
  return key
end

-- Of what may be sent in two forms, the one that is answered.
local SCALARS = { boolean = "boolean", integer = "integer", number = "number", string = "string",
  words = "string[]", digits = "string" }

local function choices(schema)
  local list = {}
  for _, value in ipairs(schema.enum) do
    if type(value) == "string" then list[#list + 1] = ("%q"):format(value) end
  end
  return #list > 0 and table.concat(list, "|") or "string"
end

local function named(name, schema, document, minor)
  if has_properties(schema, document) then return class(name, schema, document, minor) end
  local key = class_name(name)
  aliases[key] = type_of(schema, name, document, minor)
  return key
end

function type_of(schema, path, document, minor)
  local name = reference(schema)
  if name then return named(name, document.definitions[name], document, minor) end
  if has_properties(schema, document) then return class(path, schema, document, minor) end
  if schema.allOf then return type_of(schema.allOf[1], path, document, minor) end
  if schema.enum and plain_type(schema) == "string" then return choices(schema) end
  local kind = plain_type(schema)
  if kind == "array" then
    local items = type_of(schema.items, path .. "Item", document, minor)
    return (items:find "|" and "(" .. items .. ")" or items) .. "[]"
  end
  if kind == "object" then
    local values = schema.additionalProperties
    local element = type(values) == "table" and type_of(values, path, document, minor) or "any"
    return ("table<string, %s>"):format(element)
  end
  return SCALARS[kind] or "any"
end

local function visit_operation(source, document, minor)
  local id = source.operationId
  for _, schema in ipairs(specification.answers(source)) do
    answers[id] = type_of(schema, id .. "Answer", document, minor)
  end
  for _, parameter in ipairs(source.parameters or {}) do
    if parameter["in"] == "body" then
      bodies[id] = type_of(parameter.schema, id .. "Body", document, minor)
    end
  end
end

local function visit(document, minor)
  for name, schema in pairs(document.definitions) do named(name, schema, document, minor) end
  for _, item in ipairs(specification.operations(document)) do
    visit_operation(item.source, document, minor)
  end
end

-- The versions of a field, where not all versions of its class have it: answers got their names late.
local function versions(field, span)
  local parts = {}
  if field.since > span.since then parts[#parts + 1] = "from API 1." .. field.since end
  if field.last < span.last then parts[#parts + 1] = "up to API 1." .. field.last end
  return #parts > 0 and "  " .. table.concat(parts, ", ") or ""
end

local function emit_class(out, name)
  out[#out + 1] = "---@class " .. name
  for _, field in ipairs(sorted(classes[name])) do
    local entry = classes[name][field]
    local shown = field:find "^[%a_][%w_]*$" and field or ("[%q]"):format(field)
    out[#out + 1] = ("---@field %s? %s%s"):format(shown, entry.type, versions(entry, spans[name]))
  end
end

-- The names that answers and bodies lead to; older versions had others for the same.
local function reachable()
  local seen = {}
  local function follow(kind)
    for name in kind:gmatch "docker%.%w+" do
      if not seen[name] then
        seen[name] = true
        if aliases[name] then follow(aliases[name]) end
        for _, field in pairs(classes[name] or {}) do follow(field.type) end
      end
    end
  end
  for _, kind in pairs(answers) do follow(kind) end
  for _, kind in pairs(bodies) do follow(kind) end
  return seen
end

local function visit_all()
  for minor = FIRST, LAST do
    local document = specification.load(minor)
    repairs.apply(document, minor)
    visit(document, minor)
  end
end

local function text()
  visit_all()
  local out = { "---@meta moondock.types", "",
    "-- What requests and answers of the Engine look like, for editors; never loaded. Generated by",
    "-- tools/types.lua from the Engine API specifications "
      .. ("1.%d to 1.%d: do not edit, run `make types`."):format(FIRST, LAST), "" }
  local wanted = reachable()
  for _, name in ipairs(sorted(aliases)) do
    if wanted[name] and not classes[name] then
      out[#out + 1] = ("---@alias %s %s"):format(name, aliases[name]) end
  end
  for _, name in ipairs(sorted(classes)) do
    if wanted[name] then
      out[#out + 1] = ""
      emit_class(out, name)
    end
  end
  return table.concat(out, "\n") .. "\n"
end

if arg[1] == "--answers" then
  visit_all()
  for _, id in ipairs(sorted(answers)) do print(id, answers[id]) end
  os.exit()
end
os.exit(specification.generate(arg[1], OUTPUT, "types", text))
