-- The specification files of every API version, in the folder that ENGINE_API names.

local specification = require "tools.specification"

local documents = { FIRST = specification.FIRST, LAST = specification.LAST,
  folder = specification.folder, type_of = specification.plain_type }

local cache = {}

---One version.
function documents.load(minor)
  cache[minor] = cache[minor] or specification.load(minor)
  return cache[minor]
end

---Its operations by name: { method, path, parameters }.
function documents.operations(minor)
  local found = {}
  for _, item in ipairs(specification.operations(documents.load(minor))) do
    local source = item.source
    found[source.operationId] = { name = source.operationId, method = item.method, path = item.path,
      parameters = source.parameters or {} }
  end
  return found
end

---What a schema refers to, itself where it refers to nothing.
function documents.resolve(document, schema)
  while schema["$ref"] do schema = document.definitions[schema["$ref"]:match "[^/]+$"] end
  return schema
end

return documents
