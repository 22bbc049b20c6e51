-- Write csrc/schema_data.c, the operation table, from the Engine API specifications.
--
--   ENGINE_API=<folder with v1.41.yaml ...> lua5.4 tools/schema.lua [--check]
--
-- All versions are merged: the union of their fields and parameters, each with its first and last
-- version; where they differ in type the newest wins. What the specifications get wrong is put
-- right in tools/schema_repairs.lua, before the merge.

local OUTPUT = "csrc/schema_data.c"

local repairs = dofile "tools/schema_repairs.lua"
local specification = dofile "tools/specification.lua"

local FIRST, LAST = specification.FIRST, specification.LAST
local reference, is_object = specification.reference, specification.has_properties
local sorted = specification.sorted

local shapes, operations = {}, {}

-- Types: "string", "object:HostConfig", "array:string", "map:object:X" ----------------------------

local type_of

local function note(shape, name, value, minor)
  local fields = shapes[shape]
  local field = fields[name] or { since = minor }
  field.type, field.last = value, minor
  fields[name] = field
end

-- Merge the properties of `schema`, and of what it is made of, into a shape. Inline objects below
-- it are named after `path`, the place where the specification writes them.
local function merge(shape, path, schema, document, minor)
  local name = reference(schema)
  if name then return merge(shape, name, document.definitions[name], document, minor) end
  for _, part in ipairs(schema.allOf or {}) do merge(shape, path, part, document, minor) end
  for field, value in pairs(schema.properties or {}) do
    note(shape, field, type_of(value, path .. "." .. field, document, minor), minor)
  end
end

local function object(name, schema, document, minor)
  shapes[name] = shapes[name] or { minor = 0 }
  if shapes[name].minor ~= minor then -- not seen yet in this version
    shapes[name].minor = minor
    merge(name, name, schema, document, minor)
  end
  return "object:" .. name
end

local SCALARS = {
  boolean = "boolean", integer = "integer", number = "float", string = "string",
  words = "words", digits = "digits",
}

function type_of(schema, path, document, minor)
  local name = reference(schema)
  if is_object(schema, document) then
    return object(name or path, name and document.definitions[name] or schema, document, minor)
  end
  if name then return type_of(document.definitions[name], name, document, minor) end
  if schema.allOf then return type_of(schema.allOf[1], path, document, minor) end
  local kind = specification.plain_type(schema)
  if kind == "array" then return "array:" .. type_of(schema.items, path, document, minor) end
  if kind == "object" then
    local values = schema.additionalProperties
    return "map:" .. (type(values) == "table" and type_of(values, path, document, minor) or "any")
  end
  return SCALARS[kind] or "any"
end

-- Operations --------------------------------------------------------------------------------------

local TAR = "tar"

local function body_type(operation, schema, document, minor)
  if schema.format == "binary" or schema.type == "string" then return TAR end
  if is_object(schema, document) then
    return object(operation, schema, document, minor) -- named alike in every version
  end
  return type_of(schema, operation, document, minor)
end

local function find(list, name)
  for _, item in ipairs(list) do
    if item.name == name then return item end
  end
end

local ENCODINGS = { boolean = "BOOLEAN", integer = "INTEGER", string = "TEXT", array = "LIST" }

local function encoding(parameter)
  if parameter.encoding then return parameter.encoding end
  if parameter.name == "filters" then return "FILTERS" end
  return assert(ENCODINGS[parameter.type], parameter.name)
end

local function merge_parameter(operation, parameter, document, minor)
  local place = parameter["in"]
  if place == "body" then
    operation.body = body_type(operation.name, parameter.schema, document, minor)
  elseif place ~= "path" then
    local known = find(operation.parameters, parameter.name)
    if not known then
      known = { name = parameter.name, since = minor }
      table.insert(operation.parameters, known)
    end
    known.last, known.place, known.required = minor, place, parameter.required
    known.encoding, known.choices = encoding(parameter), parameter.choices
    if parameter.json then
      known.type = type_of(parameter.json, parameter.name, document, minor)
    end
  end
end

-- What JSON an operation answers with: "object", "array" or "string"; "none" where it does not.
local function answer_of(source, document)
  local schema = specification.answers(source)[1]
  if not schema then return "none" end
  while reference(schema) do schema = document.definitions[reference(schema)] end
  return is_object(schema, document) and "object" or specification.plain_type(schema)
end

local function merge_operation(path, method, source, document, minor)
  local name = source.operationId
  local operation = operations[name] or { name = name, since = minor, parameters = {} }
  operations[name] = operation
  operation.method, operation.path, operation.last = method, path, minor
  operation.reply = repairs.replies[name] or answer_of(source, document)
  operation.extra = source.extra
  for _, parameter in ipairs(source.parameters or {}) do
    merge_parameter(operation, parameter, document, minor)
  end
end

local function merge_document(document, minor)
  for _, item in ipairs(specification.operations(document)) do
    merge_operation(item.path, item.method, item.source, document, minor)
  end
end

-- Writing -----------------------------------------------------------------------------------------

-- The types that bodies and JSON parameters can reach, scalars left out.
local function reachable()
  local seen = {}
  local function visit(value)
    local kind, rest = value:match "^(%a+):(.+)$"
    if not kind or seen[value] then return end
    seen[value] = true
    if kind ~= "object" then return visit(rest) end
    for name, field in pairs(shapes[rest]) do
      if name ~= "minor" then visit(field.type) end
    end
  end
  for _, operation in pairs(operations) do
    if operation.body then visit(operation.body) end
    for _, parameter in ipairs(operation.parameters) do
      if parameter.type then visit(parameter.type) end
    end
  end
  return sorted(seen)
end

local function constant(value)
  if not value:find ":" then return "TYPE_" .. value:upper() end
  return "S_" .. value:gsub("^object:", ""):gsub("[^%w]", "_")
end

local function versions(item)
  local since = item.since > FIRST and item.since or 0
  local last = item.last < LAST and item.last or 0
  return since .. ", " .. last
end

local out = {}

local function emit(...)
  out[#out + 1] = string.format(...)
end

local function emit_fields(types)
  local first = 0
  local ranges = {}
  emit "static const Field FIELDS[] = {"
  for _, value in ipairs(types) do
    local name = value:match "^object:(.+)"
    if name then
      local fields = shapes[name]
      fields.minor = nil
      emit("  /* %s */", name)
      for _, field in ipairs(sorted(fields)) do
        emit("  {%q, %s, %d, %s},", field, constant(fields[field].type), #field,
          versions(fields[field]))
      end
      local count = #sorted(fields)
      ranges[value] = { first, count }
      first = first + count
    end
  end
  emit "};\n"
  return ranges
end

local function emit_shapes(types, ranges)
  emit "const Shape moondock_shapes[] = {"
  for _, value in ipairs(types) do
    local kind, rest = value:match "^(%a+):(.+)$"
    if kind == "object" then
      emit("  {%q, FIELDS + %d, %d, 0, SHAPE_OBJECT},", rest, table.unpack(ranges[value]))
    else
      emit("  {%q, NULL, 0, %s, SHAPE_%s},", rest:match "[^:]+$", constant(rest), kind:upper())
    end
  end
  emit "};\n"
end

local function emit_parameters(names)
  local first = 0
  emit "static const Parameter PARAMETERS[] = {"
  for _, name in ipairs(names) do
    local operation = operations[name]
    table.sort(operation.parameters, function(a, b) return a.name < b.name end)
    if #operation.parameters > 0 then emit("  /* %s */", name) end
    for _, item in ipairs(operation.parameters) do
      emit("  {%q, %s, PLACE_%s, VALUE_%s, %s, %d, %s},", item.name,
        item.choices and string.format("%q", item.choices) or "NULL", item.place:upper(),
        item.encoding, item.type and constant(item.type) or "TYPE_ANY", item.required and 1 or 0,
        versions(item))
    end
    operation.first = first
    first = first + #operation.parameters
  end
  emit "};\n"
end

local function flags(operation)
  local list = {}
  if operation.path == "/_ping" then list[#list + 1] = "OPERATION_UNVERSIONED" end
  if operation.path:find "^/%a+/{name}" and not operation.path:find "^/volumes/" then
    list[#list + 1] = "OPERATION_SLASHES"
  end
  if operation.extra then list[#list + 1] = "OPERATION_EXTRA" end
  return #list > 0 and table.concat(list, " | ") or "0"
end

local function emit_operations(names)
  emit "const Operation moondock_operations[] = {"
  for _, name in ipairs(names) do
    local operation = operations[name]
    local body = operation.body
    emit("  {%q, %q, %q,\n   PARAMETERS + %d, %d, %s, BODY_%s, REPLY_%s,\n   %s, %s},", name,
      operation.method, operation.path, operation.first, #operation.parameters,
      body and body ~= TAR and constant(body) or "TYPE_ANY",
      body == TAR and "TAR" or body and "JSON" or "NONE", operation.reply:upper(),
      flags(operation), versions(operation))
  end
  emit "};\n"
  emit("const size_t moondock_operation_count = %d;", #names)
end

-- Where the name of a mark is, for a mark that says "everywhere": shapes and operations.
local function homes_of(name)
  local homes = {}
  for shape, fields in pairs(shapes) do
    if fields[name] then homes[shape] = true end
  end
  for _, operation in pairs(operations) do
    if find(operation.parameters, name) then homes[operation.name] = true end
  end
  return homes
end

-- A mark whose place does not exist would protect nothing.
local function add_secret(list, entry)
  local of, name, mark = entry[1], entry[2], entry[3]
  local homes = { [of] = true }
  if of == "*" then
    homes = homes_of(name)
  elseif of ~= "" and name ~= "" then
    assert(homes_of(name)[of], "nothing to mark as secret: " .. of .. " " .. name)
  end
  assert(next(homes), "nothing to mark as secret: " .. name)
  for _, home in ipairs(sorted(homes)) do
    list[#list + 1] = string.format("  {%q, %q, SECRET_%s},", home, name, mark:upper())
  end
end

local function emit_secrets()
  local list = {}
  for _, entry in ipairs(repairs.secrets) do add_secret(list, entry) end
  table.sort(list)
  emit "const Secret moondock_secrets[] = {"
  for _, line in ipairs(list) do emit("%s", line) end
  emit "};\n"
  emit("const size_t moondock_secret_count = %d;", #list)
end

local function text()
  for minor = FIRST, LAST do
    local document = specification.load(minor)
    repairs.apply(document, minor)
    merge_document(document, minor)
  end
  local types, names = reachable(), sorted(operations)
  emit "/* The operation table, generated by tools/schema.lua from the Engine API"
  emit("** specifications 1.%d to 1.%d. Do not edit: change the generator or its", FIRST, LAST)
  emit "** repairs, then run `make schema`. */"
  emit '#include "schema.h"\n'
  emit "enum {"
  for i, value in ipairs(types) do
    emit("  %s%s,", constant(value), i == 1 and " = TYPE_SHAPE" or "")
  end
  emit "};\n"
  emit_shapes(types, emit_fields(types))
  emit_parameters(names)
  emit_operations(names)
  emit ""
  emit_secrets()
  return table.concat(out, "\n") .. "\n"
end

os.exit(specification.generate(arg[1], OUTPUT, "schema", text))
