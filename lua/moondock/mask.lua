-- What is secret is masked here, for traces, errors and plans alike: by the marks of the operation
-- table, by the names of headers and fields, and in addresses.

local core = require "moondock.core"
local tell_forms = require "moondock.secret_forms"

local MASK = "***"
local SHORTEST = 4 -- a shorter secret is found in any text by chance
local SCHEME_MAX = 64 -- bytes of an address before "://" that are looked at

local mask = { MASK = MASK }

-- Names that give a secret away, wherever they stand; those that only name one are not secret.
local TELLING = { "passw", "passphrase", "token", "secret", "credential", "apikey", "api_key",
  "api-key", "privatekey", "private_key", "private-key" }
local HARMLESS = { secretid = true, secretname = true, secret = true, secrets = true }
local TELLING_HEADERS = { "x-registry-", "token", "secret", "key", "pass", "credential", "auth",
  "cookie" }
local PUBLIC_HEADERS = { ["www-authenticate"] = true }

local function tells(name, words)
  for _, word in ipairs(words) do
    if name:find(word, 1, true) then return true end
  end
  return false
end

local function is_telling(name)
  return not HARMLESS[name] and tells(name, TELLING)
end

local function ignore() end

-- The user in the address whose "://" is at `at`, which may be a token. That of ssh is none.
local function user_of(text, from, at)
  local scheme = text:sub(math.max(from, at - SCHEME_MAX), at - 1):match "%a[%w+.-]*$"
  local stop = text:find("[/%s\"']", at + 3) or #text + 1
  local user = scheme and text:sub(at + 3, stop - 1):match "^(.*)@"
  if user and (scheme ~= "ssh" or user:find(":", 1, true)) then return user end
end

-- A string without the users and passwords of addresses in it. In time that grows with the length
-- alone: texts come from anywhere.
local function plain(text, found)
  local parts, from, at = {}, 1, text:find("://", 1, true)
  if not at then return text end
  while at do
    local user = user_of(text, from, at)
    if user then
      found(user)
      found(user:match "^[^:]*:(.*)" or "")
      parts[#parts + 1] = text:sub(from, at + 2) .. MASK
      from = at + 3 + #user
    end
    at = text:find("://", at + 3, true)
  end
  parts[#parts + 1] = text:sub(from)
  return table.concat(parts)
end

-- All texts and numbers in a value, masked.
local function whole(value, found)
  if type(value) == "table" then
    local copy = setmetatable({}, getmetatable(value))
    for key, item in pairs(value) do copy[key] = whole(item, found) end
    return copy
  end
  if value == core.null or type(value) == "boolean" then return value end
  found(tostring(value))
  return MASK
end

-- NAME=VALUE with its name.
local function assignment(text, found)
  local name, value = text:match("^([^=]*)=(.*)$")
  if not name then return text end
  found(value)
  return name .. "=" .. MASK
end

-- A list of NAME=VALUE, or a map.
local function names(value, found)
  if type(value) ~= "table" then return whole(value, found) end
  local copy = setmetatable({}, getmetatable(value))
  for key, item in pairs(value) do
    local is_text = type(key) == "number" and type(item) == "string"
    copy[key] = is_text and assignment(item, found) or whole(item, found)
  end
  return copy
end

local MARKS = { names = names, whole = whole, credential = whole }

local walk

-- A string that may be JSON itself, as labels are: encoded again only where it has a secret.
local function text_of(text, tree, found)
  local ok, value = false, nil
  if text:find("^%s*[{%[]") then ok, value = core.decode(text) end
  if not ok then return plain(text, found) end
  local has_secret = false
  local copy = walk(value, tree and tree.anywhere and tree, "", function(secret)
    has_secret = true
    found(secret)
  end)
  return has_secret and core.encode(copy) or text
end

-- What is known of the value under `key`: a tree of the operation table, or the marks of answers,
-- which count at any depth.
local function below(tree, key, parent)
  if tree.anywhere then
    return tree.anywhere[parent .. "." .. key] or tree.anywhere[key] or tree
  end
  return (tree.fields and tree.fields[key]) or tree.each
end

local function walk_table(value, tree, parent, found)
  local copy = setmetatable({}, getmetatable(value))
  for key, item in pairs(value) do
    local name = type(key) == "string" and key:lower() or parent
    if type(key) == "string" and type(item) == "string" and is_telling(name) then
      copy[key] = whole(item, found)
    else
      local known = tree and (type(key) == "number" and (tree.each or tree)
        or below(tree, name, parent))
      copy[key] = walk(item, known, name, found)
    end
  end
  return copy
end

-- A copy of `value` without its secrets; each is told to `found`.
function walk(value, tree, parent, found)
  if type(tree) == "string" then return MARKS[tree](value, found) end
  if type(value) == "string" then return text_of(value, tree, found) end
  if type(value) ~= "table" then return value end
  return walk_table(value, tree, parent, found)
end

local trees = {}

local function tree_of(operation)
  local tree = operation and trees[operation]
  if operation and not tree then
    tree = core.operation(operation) and core.secrets(operation) or {}
    trees[operation] = tree
  end
  return tree or {}
end

---A copy of the body of a request, decoded, without its secrets.
---@param operation string
---@param value any
---@param found? fun(secret: string)  is told each
function mask.value(operation, value, found)
  return walk(value, tree_of(operation).body, "", found or ignore)
end

local answers

---A copy of a decoded answer without its secrets.
function mask.answer(value)
  answers = answers or { anywhere = core.secrets() }
  return walk(value, answers, "", ignore)
end

-- What X-Registry-Auth and X-Registry-Config hold: credentials, or those of several registries.
local function tell_credentials(value, found)
  mask.value("SystemAuth", value, found)
  for _, auth in pairs(value) do
    if type(auth) == "table" then mask.value("SystemAuth", auth, found) end
  end
end

-- Credentials in base64: JSON, or "user:password".
local function tell_encoded(text, found)
  local bytes = text ~= "" and core.unbase64(text)
  if not bytes then return end
  local ok, value = core.decode(bytes)
  if ok and type(value) == "table" then return tell_credentials(value, found) end
  found(bytes:match("^[^:]*:(.*)$") or bytes)
end

local function is_secret_header(name)
  return not PUBLIC_HEADERS[name] and tells(name, TELLING_HEADERS)
end

-- The parts of a header's value that are secret by themselves: after "Basic", after "name=".
local function tell_header(value, found)
  local last = value:match("^%a+%s+(%S+)$") or value
  found(value)
  found(last)
  tell_encoded(last, found)
  for part in value:gmatch("=([^;]+)") do found(part) end
end

---A copy of "Name: value" lines without their secrets.
---@param lines string[]
---@param found? fun(secret: string)
function mask.headers(lines, found)
  local copy = {}
  for i, line in ipairs(lines) do
    local name, value = line:match("^([^:]*):%s*(.*)$")
    if name and is_secret_header(name:lower()) then
      tell_header(value, found or ignore)
      copy[i] = name .. ": " .. MASK
    else
      copy[i] = plain(line, found or ignore)
    end
  end
  return copy
end

local function unescape(text)
  return (text:gsub("%%(%x%x)", function(code) return string.char(tonumber(code, 16)) end))
end

-- What is shown of the value of a query parameter, escaped as it came.
local function query_value(key, value, mark, found)
  local text = unescape(value)
  if mark == "whole" or mark == "credential" or is_telling(key:lower()) then
    found(text)
    return MASK
  end
  local shown
  local ok, decoded = core.decode(text)
  if mark and ok then
    shown = core.encode(walk(decoded, mark, "", found)) or MASK
  else
    shown = mark and whole(text, found) or text_of(text, nil, found)
  end
  if shown == text then return value end
  return (core.percent(shown):gsub("%%2[aA]", "*"))
end

---The target of a request without its secrets.
---@param target string
---@param operation? string
---@param found? fun(secret: string)
function mask.target(target, operation, found)
  local path, query = target:match("^([^?]*)%?(.*)$")
  if not path then return target end
  local marks = tree_of(operation).parameters or {}
  return path .. "?" .. query:gsub("([^&=]+)=([^&]*)", function(key, value)
    return key .. "=" .. query_value(key, value, marks[unescape(key)], found or ignore)
  end)
end

-- The body of a request as a table, or nil.
local function body_of(request)
  local body = request.body
  if not body or body == "" or type(body) == "table" then return body end
  local ok, value = core.decode(body)
  if ok and type(value) == "table" then return value end
end

local function longer(a, b)
  if #a ~= #b then return #a > #b end
  return a < b
end

---The secrets that a request carries, in every form in which they may come back, longest first.
---@param request table  operation, target, headers, body (also a table, not yet encoded)
---@return string[]
function mask.secrets(request)
  local seen, list = {}, {}
  local function add_form(form)
    if #form < SHORTEST or seen[form] then return end
    seen[form], list[#list + 1] = true, form
  end
  local function add(secret)
    if #secret >= SHORTEST then tell_forms(secret, add_form) end
  end
  mask.headers(request.headers or {}, add)
  mask.target(request.target or "", request.operation, add)
  local body = body_of(request)
  if type(body) == "table" then mask.value(request.operation, body, add) end
  table.sort(list, longer)
  return list
end

local function replace(text, secret)
  local parts, from = {}, 1
  local first, last = text:find(secret, 1, true)
  if not first then return text end
  while first do
    parts[#parts + 1] = text:sub(from, first - 1)
    from = last + 1
    first, last = text:find(secret, from, true)
  end
  parts[#parts + 1] = text:sub(from)
  return table.concat(parts, MASK)
end

---A text without the secrets, and without passwords in addresses.
---@param text string
---@param secrets string[]
function mask.text(text, secrets)
  for _, secret in ipairs(secrets) do text = replace(text, secret) end
  return plain(text, ignore)
end

-- A copy of a value with every text in it masked.
local function texts(value, secrets)
  if type(value) == "string" then return mask.text(value, secrets) end
  if type(value) ~= "table" then return value end
  local copy = setmetatable({}, getmetatable(value))
  for key, item in pairs(value) do copy[key] = texts(item, secrets) end
  return copy
end

---Take what the request carried in secret out of the fields of its error. In place.
---@param request table
---@param fields { message: string, detail?: any, partial?: any }
function mask.failure(request, fields)
  local secrets = mask.secrets(request)
  fields.message = mask.text(fields.message, secrets)
  fields.detail = texts(fields.detail, secrets)
  fields.partial = texts(fields.partial, secrets)
  return fields
end

---The body of a request as it may be shown: masked JSON, or its size.
---@return string? text  nil where there is none
function mask.request_body(request)
  local body = request.body
  if request.upload then
    return request.size and ("(upload of %d bytes)"):format(request.size) or "(upload)"
  elseif not body or body == "" then
    return nil
  end
  local ok, value = false, nil
  if (core.operation(request.operation) or {}).body ~= "tar" then ok, value = core.decode(body) end
  return ok and core.encode(mask.value(request.operation, value)) or ("(%d bytes)"):format(#body)
end

---The body of an answer as it may be shown: masked JSON, the text of an error, or its size.
---@param secrets string[]  of the request
function mask.answer_body(body, secrets)
  if body == "" then return nil end
  local ok, value = core.decode(body)
  local text = ok and core.encode(mask.answer(value))
  if not ok and not body:find("[%z\1-\8\14-\31\127-\255]") then text = body end
  return text and mask.text(text, secrets) or ("(%d bytes)"):format(#body)
end

return mask
