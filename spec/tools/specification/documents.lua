-- The specification files of every API version, in the folder that ENGINE_API names.

local lyaml = require "lyaml"

local documents = { FIRST = 41, LAST = 56 }

local METHODS = { get = true, head = true, post = true, put = true, delete = true }

---The folder; nil where it is not set.
function documents.folder()
  return os.getenv "ENGINE_API"
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local bytes = file:read "*a"
  file:close()
  return bytes
end

local cache = {}

---One version.
function documents.load(minor)
  cache[minor] = cache[minor] or lyaml.load(read(("%s/v1.%d.yaml"):format(documents.folder(), minor)))
  return cache[minor]
end

---Its operations by name: { method, path, parameters }.
function documents.operations(minor)
  local found = {}
  for path, item in pairs(documents.load(minor).paths) do
    for method, source in pairs(item) do
      if METHODS[method] then
        found[source.operationId] = { name = source.operationId, method = method:upper(), path = path,
          parameters = source.parameters or {} }
      end
    end
  end
  return found
end

---What a schema refers to, itself where it refers to nothing.
function documents.resolve(document, schema)
  while schema["$ref"] do schema = document.definitions[schema["$ref"]:match "[^/]+$"] end
  return schema
end

---The plain type of a schema: `type: [string, "null"]` is a string.
function documents.type_of(schema)
  if type(schema.type) ~= "table" then return schema.type end
  for _, name in ipairs(schema.type) do
    if name ~= "null" then return name end
  end
end

return documents
