-- Error values: what went wrong, in the closed set of kinds, and how mistakes are blamed on their
-- line.

local mask = require "moondock.mask"

---@class moondock.Error
---@field kind string  one of `errors.KINDS`
---@field message string  fit for people, with the engine's own words
---@field status? integer  the HTTP status
---@field method? string
---@field path? string
---@field operation? string  the operation's name in the specification
---@field phase? string  of a timeout or a lost connection: connect, send, answer, body, idle, total
---@field reason? string  of connect: missing_socket, permission, refused, name, unreachable; of not_found: image
---@field detail? any  what the engine sent beyond its message
---@field partial? any  what had arrived before the failure
local Error = { __name = "moondock.Error" }
Error.__index = Error

function Error:__tostring()
  return self.message
end

local errors = {}

errors.KINDS = {
  invalid = true, unauthorized = true, forbidden = true, not_found = true, conflict = true,
  rate_limited = true, server = true, unavailable = true, not_implemented = true, connect = true,
  tls = true, timeout = true, cancelled = true, lost = true, protocol = true, version = true,
  config = true, exit = true, truncated = true,
}

---Make an error value of `fields`, which must have `kind` and `message`.
---@return moondock.Error
function errors.new(fields)
  assert(errors.KINDS[fields.kind], fields.kind)
  return setmetatable(fields, Error)
end

---The failure triple: `nil, message, err`.
function errors.fail(fields)
  local err = errors.new(fields)
  return nil, err.message, err
end

---The failure triple of a request: its method, path and operation are added, and what it carried in
---secret is taken out of the words of others.
function errors.refuse(request, fields)
  fields.method, fields.path, fields.operation = request.method, request.path, request.operation
  return errors.fail(mask.failure(request, fields))
end

---Whether `value` is one of our error values.
function errors.is(value)
  return getmetatable(value) == Error
end

local LIBRARY = debug.getinfo(1, "S").source:match("^(.*[/\\])errors%.lua$")

local function is_users(info)
  if info.what == "C" or info.what == "tail" or info.source == "=(tail call)" then return false end
  return LIBRARY == nil or info.source:sub(1, #LIBRARY) ~= LIBRARY
end

---Raise `message` at the line of the first caller outside the library. Levels are not counted: tail
---calls leave no trace on 5.2 and later, and a false one on 5.1.
function errors.blame(message)
  local level = 2
  local info = debug.getinfo(level, "Sl")
  while info and not is_users(info) do
    level = level + 1
    info = debug.getinfo(level, "Sl")
  end
  if info and info.currentline > 0 then
    message = info.short_src .. ":" .. info.currentline .. ": " .. message
  end
  error(message, 0)
end

---Raise unless `value` has one of the types named by `expected`, such as "string" or "table or
---nil".
function errors.check(name, value, expected)
  local found = type(value)
  for want in expected:gmatch("%a+") do
    if want ~= "or" and found == want then return value end
  end
  errors.blame(("%s must be a %s, not %s"):format(name, expected, found))
end

local function sorted_names(known)
  local names = {}
  for name in pairs(known) do names[#names + 1] = name end
  table.sort(names)
  return names
end

---Raise when `opts` has a key that `known` (a set) has not, naming the valid ones.
function errors.check_options(what, opts, known)
  errors.check(what .. " options", opts, "table")
  for key in pairs(opts) do
    if not known[key] then
      errors.blame(("unknown option '%s' of %s; it takes: %s"):format(tostring(key), what,
        table.concat(sorted_names(known), ", ")))
    end
  end
  return opts
end

---The engine's own words in an error that was decoded, in whichever form it came.
---@return string? words
function errors.words_of(value)
  if type(value) ~= "table" then return nil end
  for _, key in ipairs { "message", "cause", "error" } do
    if type(value[key]) == "string" and value[key] ~= "" then return value[key] end
  end
  return errors.words_of(value.errorDetail)
end

local STATUS_KINDS = {
  [400] = "invalid", [401] = "unauthorized", [403] = "forbidden", [404] = "not_found",
  [405] = "not_implemented", [406] = "invalid", [408] = "timeout", [409] = "conflict",
  [412] = "conflict", [413] = "invalid", [422] = "invalid", [429] = "rate_limited",
  [501] = "not_implemented", [502] = "unavailable", [503] = "unavailable", [504] = "timeout",
}

-- What engines say in a status that does not tell, or inside a stream: the first pattern that is
-- found names the kind. Docker answers 500 where it should not, Podman nearly always does. All
-- patterns in lower case.
local WORDS = {
  { "client version [%d.]+ is too", "version" },
  { "toomanyrequests", "rate_limited" },
  { "too many requests", "rate_limited" },
  { "rate limit", "rate_limited" },
  { "unauthorized", "unauthorized" },
  { "no basic auth credentials", "unauthorized" },
  { "authentication required", "unauthorized" },
  { "incorrect username or password", "unauthorized" },
  { "pull access denied", "not_found" },
  { "denied", "forbidden" },
  { "no such ", "not_found" },
  { "manifest unknown", "not_found" },
  { "name unknown", "not_found" },
  { "manifest for .* not found", "not_found" },
  { "image not known", "not_found" },
  { "does not exist locally", "not_found" },
  { "%f[%a]not found$", "not_found" },
  { ": not found", "not_found" },
  { "update out of sequence", "conflict" },
  { "is already in use", "conflict" },
  { "already exists", "conflict" },
  { "container state improper", "conflict" },
  { "is not running", "conflict" },
  { "invalid reference format", "invalid" },
  { "invalid environment variable", "invalid" },
}

local function kind_by_words(message)
  local text = message:lower()
  for _, rule in ipairs(WORDS) do
    if text:find(rule[1]) then return rule[2] end
  end
end

---The kind of an answer. A status that tells is believed; 400 and 5xx are read, since engines use
---them for much else.
function errors.kind_of(status, message)
  if status == 400 and message:lower():find("client version [%d.]+ is too") then
    return "version"
  end
  if status == 503 and message:lower():find "does not support service" then
    return "not_implemented" -- Podman, of all that is swarm
  end
  if status and status ~= 500 and STATUS_KINDS[status] then return STATUS_KINDS[status] end
  if status and status < 400 then return "protocol" end
  return kind_by_words(message) or (status and status < 500 and "invalid") or "server"
end

---What is missing, where the words of an answer tell it: "image", or nil.
function errors.reason_of(message)
  return message:lower():find("no such image", 1, true) and "image" or nil
end

local CONNECT_REASONS = {
  [1] = "permission", [2] = "missing_socket", [13] = "permission", [20] = "missing_socket",
  [101] = "unreachable", [110] = "unreachable", [111] = "refused", [113] = "unreachable",
}

local CONNECT_TEXTS = {
  missing_socket = "no such socket; is the engine running?",
  permission = "permission denied; may this user use the socket (group docker)?",
  refused = "connection refused; is the engine running and listening there?",
  name = "the host name is not known",
  unreachable = "the host cannot be reached",
}

local function connect_reason(failure)
  if failure.code == 6 or failure.code == 5 then return "name" end
  return CONNECT_REASONS[failure.errno] or "unreachable"
end

---The error of a connection that could not be made. `endpoint` says where and who chose it.
function errors.of_connect(failure, endpoint, request)
  local reason = connect_reason(failure)
  local message = ("cannot connect to the engine at %s (from %s): %s"):format(endpoint.name,
    endpoint.source, CONNECT_TEXTS[reason])
  if reason == "unreachable" and failure.message then
    message = ("%s (%s)"):format(message, failure.message)
  end
  return errors.refuse(request, { kind = "connect", reason = reason, phase = "connect",
    message = message })
end

---The error of a time limit that passed in `phase`.
function errors.of_timeout(phase, seconds, endpoint, request)
  local what = request.operation or ((request.method or "") .. " " .. (request.path or ""))
  return errors.refuse(request, { kind = "timeout", phase = phase,
    message = ("%s: timeout in phase '%s' after %g seconds, engine %s"):format(what, phase, seconds,
      endpoint.name) })
end

local PHASE_TEXTS = {
  send = "while the request was being sent",
  answer = "before the answer came",
  body = "in the middle of the answer",
}

-- libcurl's numbers.
local CODE_KINDS = { [1] = "protocol", [8] = "protocol", [27] = "protocol", [35] = "tls",
  [58] = "tls", [60] = "tls", [61] = "protocol", [77] = "tls" }

---The error of an exchange that broke. A connection that never came up is `of_connect`.
function errors.of_failure(failure, endpoint, request)
  if failure.code == 28 then
    return errors.of_timeout("connect", endpoint.connect_timeout or 0, endpoint, request)
  end
  local kind = CODE_KINDS[failure.code] or "lost"
  if failure.phase == "connect" and kind ~= "tls" then
    return errors.of_connect(failure, endpoint, request)
  end
  local what = kind == "lost" and "lost the connection to" or "cannot understand"
  return errors.refuse(request, { kind = kind, phase = failure.phase,
    message = ("%s the engine at %s %s: %s"):format(what, endpoint.name,
      PHASE_TEXTS[failure.phase] or "", failure.message) })
end

return errors
