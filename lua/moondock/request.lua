-- Requests that are written by hand: any path, for what the operation table does not know.

local call = require "moondock.call"
local core = require "moondock.core"
local errors = require "moondock.errors"
local operation_of = require "moondock.operation_of"
local raw = require "moondock.raw"
local sources = require "moondock.sources"
local stream = require "moondock.stream"

local request = {}

local NAME = "^[%w!#$%%&'*+.^_`|~-]+$"

local function add_header(lines, name, value)
  if type(name) ~= "string" or not name:find(NAME) or type(value) ~= "string" then
    errors.blame("option headers must be a table of names and strings")
  elseif value:find("%c") then
    errors.blame("a header must not contain control characters: " .. name)
  end
  lines[#lines + 1] = name .. ": " .. value
end

---Lines "Name: value" of a table of headers; a list as a value is a header several times.
---@param headers? table<string, string|string[]>
---@return string[]
function request.header_lines(headers)
  local lines = {}
  for name, value in pairs(errors.check("option headers", headers or {}, "table")) do
    if type(value) ~= "table" then value = { value } end
    for _, one in ipairs(errors.check_list("header " .. tostring(name), value)) do
      add_header(lines, name, one)
    end
  end
  return lines
end

local function scalar(name, value)
  if type(value) == "boolean" then return value and "1" or "0" end
  if type(value) == "number" then
    return value % 1 == 0 and ("%d"):format(value) or tostring(value)
  end
  return errors.check("query." .. name, value, "string")
end

-- The values of one key: a list repeats the key, a table with names is JSON, as filters are.
local function values_of(name, value)
  if type(value) ~= "table" then return { scalar(name, value) } end
  if #value == 0 and next(value) ~= nil then
    local text, why = core.encode(value)
    return { text or errors.blame(("query.%s: %s"):format(name, why)) }
  end
  local list = {}
  errors.check_list("query." .. name, value)
  for i, item in ipairs(value) do list[i] = scalar(name, item) end
  return list
end

local function encoded_query(query)
  local names, parts = {}, {}
  for name in pairs(errors.check("option query", query, "table")) do
    names[#names + 1] = errors.check("a name in option query", name, "string")
  end
  table.sort(names)
  for _, name in ipairs(names) do
    for _, value in ipairs(values_of(name, query[name])) do
      parts[#parts + 1] = core.percent(name) .. "=" .. core.percent(value)
    end
  end
  return #parts > 0 and "?" .. table.concat(parts, "&") or ""
end

-- The paths of the specification have a version before them, which is not part of the path here.
local function check_version(path, versioned)
  local found, rest = path:match "^(/v1%.%d+)(/.*)$"
  if found and versioned ~= false then
    errors.blame(("option path has the version %s, which is put before it anyway: say %q, or "
      .. "versioned = false"):format(found, rest))
  end
end

-- Engines clean a path before they look at it, so what would be cleaned is refused.
local function check_path(path)
  errors.check("option path", path, "string")
  if path:sub(1, 1) ~= "/" or path:find("[%c%s?#]") or path:find("[\128-\255]") then
    errors.blame("option path must begin with a slash and be percent-encoded, without a query")
  end
  for segment in path:gmatch("[^/]+") do
    local plain = segment:gsub("%%2[eE]", ".")
    if plain == "." or plain == ".." then
      errors.blame("option path must not have a segment . or ..")
    end
  end
  return path
end

local function check_method(method)
  errors.check("option method", method, "string")
  if not method:find("^%u+$") then
    errors.blame("option method must be a method such as \"GET\", in capital letters")
  end
  return method
end

local REPLIES = { json = true, text = true, none = true, headers = true, bytes = true,
  values = true, frames = true, upgrade = true }

local function check_reply(reply)
  if not REPLIES[reply] then
    errors.blame("option reply must be json, text, none, headers, bytes, values, frames or upgrade")
  end
  return reply
end

-- What becomes of an answer, by the reply that was asked for. What is not here is read at once.
local STREAMS = {
  bytes = stream.bytes,
  values = stream.values,
  frames = function(answer) return stream.logs(answer, false) end,
  upgrade = raw.of,
}

local function is_empty(answer)
  return answer.status == 204 or answer.status == 304 or answer.request.method == "HEAD"
    or answer.headers["content-length"] == "0"
end

local function value_of(answer, reply)
  if STREAMS[reply] then return STREAMS[reply](answer) end
  if reply == "headers" then
    answer:close()
    return answer.headers
  end
  if is_empty(answer) then answer.request.reply = "none" end
  return call.value(answer)
end

local function has_header(lines, name)
  for _, line in ipairs(lines) do
    if line:lower():find(name .. ":", 1, true) == 1 then return true end
  end
  return false
end

-- Add the body: a table is JSON; bytes are sent as they are, from wherever they come.
local function add_body(parts, body)
  if body == nil then return end
  local kind = "application/octet-stream"
  if type(body) == "table" and getmetatable(body) ~= stream.ByteStream then
    local text, why = core.encode(body)
    if not text then errors.blame("option body: " .. why) end
    parts.body, kind = text, "application/json"
  elseif type(body) == "string" then
    parts.body = body
  else
    parts.upload, parts.size, parts.file = sources.of("option body", body)
  end
  if not has_header(parts.headers, "content-type") then
    table.insert(parts.headers, "Content-Type: " .. kind)
  end
end

local OPTIONS = { method = true, path = true, query = true, body = true, headers = true,
  reply = true, versioned = true, timeout = true, idle_timeout = true }

---@class moondock.Request
---@field method? string  "GET" unless given
---@field path string  without version and query, percent-encoded where need be: "/containers/json"
---@field query? table  strings, numbers, booleans (1 or 0), lists (the key is repeated), tables (JSON)
---@field body? table|moondock.Source  a table is sent as JSON
---@field headers? table<string, string|string[]>
---@field reply? string  json (unless given): the decoded value, true where there is none; text; none: true; headers: those of the answer; bytes, values, frames: a stream; upgrade: a raw connection
---@field versioned? boolean  false: without the API version before the path
---@field timeout? number  seconds
---@field idle_timeout? number

-- The finished request of `parts` for an engine that speaks version 1.`minor`.
local function finished(parts, minor)
  parts.target = (minor and "/v1." .. minor or "") .. parts.path .. parts.query
  return parts
end

local function limits_of(client, operation, spec, reply)
  local limits = call.limits(client, operation, spec)
  if STREAMS[reply] then limits.answer = nil end
  return limits
end

---Send a request that was written by hand.
---@param client moondock.Client
---@param spec moondock.Request
---@return any value, string? message, moondock.Error? err
function request.send(client, spec)
  errors.check_options("request", spec, OPTIONS)
  local method, path = check_method(spec.method or "GET"), check_path(spec.path)
  local reply = check_reply(spec.reply or "json")
  if spec.versioned ~= nil then errors.check("option versioned", spec.versioned, "boolean") end
  check_version(path, spec.versioned)
  local parts = { method = method, path = path, query = encoded_query(spec.query or {}),
    headers = request.header_lines(spec.headers), reply = reply,
    safe = method == "GET" or method == "HEAD" }
  add_body(parts, spec.body)
  local operation = operation_of(method, path) or method .. " " .. path
  local answer, message, err = call.open(client, operation, {}, {}, {
    build = function(minor) return finished(parts, minor) end,
    unversioned = spec.versioned == false,
    limits = limits_of(client, operation, spec, reply),
    upload = parts.upload, size = parts.size, file = parts.file,
  })
  if not answer then return nil, message, err end
  return value_of(answer, reply)
end

return request
