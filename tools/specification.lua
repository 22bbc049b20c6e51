-- The Engine API specifications of every version, and what the scripts that read them share.

local specification = { FIRST = 41, LAST = 56 }

---The bytes of a file; nil and why where there are none.
function specification.read(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, message end
  local bytes = file:read "*a"
  file:close()
  return bytes
end

---The folder of the specifications; nil where ENGINE_API does not name one.
function specification.folder()
  return os.getenv "ENGINE_API"
end

---One version: that of API 1.`minor`.
function specification.load(minor)
  local path = ("%s/v1.%d.yaml"):format(specification.folder(), minor)
  return require "lyaml".load(assert(specification.read(path)))
end

---The name of the definition that a schema refers to.
function specification.reference(schema)
  return schema["$ref"] and schema["$ref"]:match "[^/]+$"
end

---The type of `type: [string, "null"]` and the like.
function specification.plain_type(schema)
  if type(schema.type) ~= "table" then return schema.type end
  for _, name in ipairs(schema.type) do
    if name ~= "null" then return name end
  end
end

---Whether a schema, or what it is made of, is an object with fields.
function specification.has_properties(schema, document)
  local name = specification.reference(schema)
  if name then return specification.has_properties(document.definitions[name], document) end
  if schema.properties then return true end
  for _, part in ipairs(schema.allOf or {}) do
    if specification.has_properties(part, document) then return true end
  end
  return false
end

local METHODS = { get = true, head = true, post = true, put = true, delete = true }

---The operations of a version: { method, path, source }.
function specification.operations(document)
  local list = {}
  for path, item in pairs(document.paths) do
    for method, source in pairs(item) do
      if METHODS[method] then
        list[#list + 1] = { method = method:upper(), path = path, source = source }
      end
    end
  end
  return list
end

---The schemas of the answers of an operation that succeeded.
function specification.answers(source)
  local list = {}
  for code, response in pairs(source.responses) do
    if tonumber(code) and tonumber(code) < 300 then list[#list + 1] = response.schema end
  end
  return list
end

---The keys of a table in order.
function specification.sorted(set)
  local keys = {}
  for key in pairs(set) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

-- The line where two texts part, for a hint.
local function first_difference(a, b)
  local number, next_line = 0, b:gmatch "[^\n]*"
  for line in a:gmatch "[^\n]*" do
    number = number + 1
    local other = next_line()
    if line ~= other then return number, line, tostring(other) end
  end
  return number, "", "more lines"
end

local function check(path, target, fresh)
  local committed = specification.read(path) or ""
  if committed == fresh then
    print(path .. " is up to date")
    return true
  end
  print(path .. " differs from the specifications: run `make " .. target .. "` and read the diff")
  local number, is, should = first_difference(committed, fresh)
  print(("line %d is      %s\n        should be %s"):format(number, is, should))
  return false
end

---Write what `text` makes of the specifications into a file, or compare with --check. `target` of
---make does the former.
---@return boolean ok
function specification.generate(mode, path, target, text)
  if not specification.folder() then
    print "ENGINE_API is not set: it names the folder with the specifications v1.NN.yaml"
    return mode == "--check"
  end
  if mode == "--check" then return check(path, target, text()) end
  local fresh = text()
  local file = assert(io.open(path, "wb"))
  file:write(fresh)
  file:close()
  return true
end

return specification
