-- Arguments for an operation, made of its specification: the least that it needs, or all that it takes.
-- They are the same every time, so that the server knows what should come.

local documents = require "spec.tools.specification.documents"

local arguments = {}

local DEEPEST = 12

-- Text that the specification holds to be a string, and that is one of many on the wire, or JSON.
local JSON_TEXT = {
  ["ImageBuild.buildargs"] = { A = "1" }, ["ImageBuild.labels"] = { a = "b" },
  ["ImageBuild.cachefrom"] = { "a", "b" }, ["ImageBuild.outputs"] = { { Type = "local", Attrs = { dest = "x" } } },
}

local TEXT = { condition = "next-exit", tail = "10", signal = "SIGTERM", platform = "linux/arm64/v8",
  since = "1700000000", ["until"] = "1700000001", fromSrc = "-" }

local FILTERS = { label = { "a=b" } }

-- The specification's slips: what it writes where no engine reads it.
local MISPLACED = {
  AccessMode = { AccessibilityRequirements = true, Availability = true, CapacityRange = true, Secrets = true },
}

local function parts_of(document, schema)
  schema = documents.resolve(document, schema)
  local list = { schema }
  for _, part in ipairs(schema.allOf or {}) do
    for _, inner in ipairs(parts_of(document, part)) do list[#list + 1] = inner end
  end
  return list
end

local value_of

-- All properties, with those of the parts it is made of.
local function object_of(document, schema, depth, name)
  local result, seen = {}, false
  for _, part in ipairs(parts_of(document, schema)) do
    for key, property in pairs(part.properties or {}) do
      seen = true
      if not (MISPLACED[name] and MISPLACED[name][key]) then
        result[key] = value_of(document, property, depth + 1, key)
      end
    end
  end
  return seen and result or nil
end

local function map_of(document, schema, depth)
  local values = schema.additionalProperties
  if type(values) ~= "table" then return { any = "thing" } end
  return { ["key/1"] = value_of(document, values, depth + 1) }
end

function value_of(document, schema, depth, name)
  local object = object_of(document, schema, depth, name)
  if object then return depth < DEEPEST and object or nil end
  schema = documents.resolve(document, schema)
  if schema.allOf then return value_of(document, schema.allOf[1], depth, name) end
  if schema.enum then return schema.enum[#schema.enum] end
  local kind = documents.type_of(schema)
  if kind == "boolean" then return true end
  if kind == "integer" then return schema.format == "int64" and 9007199254740991 or 77 end
  if kind == "number" then return 0.25 end
  if kind == "array" then return { value_of(document, schema.items, depth + 1) } end
  if kind == "object" then return map_of(document, schema, depth) end
  if kind == "string" then return schema.format == "date-time" and "2024-01-02T03:04:05Z" or "text" end
  return "anything"
end

local function query_value(operation, parameter)
  local json = JSON_TEXT[operation.name .. "." .. parameter.name]
  if json then return json end
  if parameter.name == "filters" then return FILTERS end
  if TEXT[parameter.name] then return TEXT[parameter.name] end
  if parameter.enum then return parameter.enum[1] end
  if parameter.type == "boolean" then return true end
  if parameter.type == "integer" then return 7 end
  if parameter.type == "array" then
    return parameter.name == "platforms" and { "linux/arm64" } or { "one", "two words" }
  end
  return "some text/&=?"
end

-- Values that the path's parameters may have; names of images and plugins have slashes.
local function path_value(operation, name)
  if operation.path:find "^/images/" or operation.path:find "^/plugins/"
    or operation.path:find "^/distribution/" then
    return "host:5000/team/thing:1.0"
  end
  return name == "path" and "a" or "thing_1.x"
end

local function all_of(operation, full, document)
  local result = { path = {}, query = {}, headers = {} }
  for name in operation.path:gmatch "{([^}]*)}" do
    result.path[#result.path + 1] = path_value(operation, name)
  end
  for _, parameter in ipairs(operation.parameters) do
    local place, wanted = parameter["in"], full or parameter.required
    if place == "query" and wanted then
      result.query[parameter.name] = query_value(operation, parameter)
    elseif place == "header" and full and parameter.name:find "^X%-Registry" then
      result.headers[parameter.name] = "e30="
    elseif place == "body" then
      local schema = documents.resolve(document, parameter.schema)
      result.bytes = documents.type_of(schema) == "string"
      if not result.bytes then
        result.body = value_of(document, schema, 0, operation.name)
        result.type = documents.type_of(schema)
      end
    end
  end
  return result
end

---What to call `operation` with in version `minor`.
---@param full boolean  all that it takes, or the least
---@return { path: string[], query: table, headers: table, body?: any, bytes?: boolean }
function arguments.of(operation, minor, full)
  local result = all_of(operation, full, documents.load(minor))
  if not full and type(result.body) == "table" and result.type ~= "array" then result.body = {} end
  return result
end

return arguments
