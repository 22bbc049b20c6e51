-- Error values: what went wrong, in the closed set of kinds, and how mistakes are blamed on their
-- line.

local lazy = require "moondock.lazy"
local advice = lazy "moondock.advice"
local mask = lazy "moondock.mask"

---@class moondock.Error
---@field kind moondock.ErrorKind
---@field message string  fit for people, with the engine's own words
---@field status? integer  the HTTP status
---@field method? string
---@field path? string
---@field operation? string  the operation's name in the specification
---@field phase? string  of a timeout or a lost connection: connect, send, answer, body, idle, total
---@field reason? string  of connect: missing_socket, permission, refused, name, unreachable, proxy;
---of tls: untrusted, expired, name, client_certificate, plain_server, tls_server, files, protocol,
---closed; of not_found: image
---@field detail? any  what the engine sent beyond its message
---@field partial? any  what had arrived before the failure
---@field result? moondock.Result  of exit: how the command ended
---@field endpoint? string  of connect: where, such as unix:///var/run/docker.sock
---@field source? string  of connect: who chose it
local Error = { __name = "moondock.Error" }
Error.__index = Error

function Error:__tostring()
  return self.message
end

-- "failed: " .. err, for the line that reports it must not fail itself.
function Error.__concat(left, right)
  return tostring(left) .. tostring(right)
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

---Raise unless the table `list` is a list: a nil in it would end it early, and a name would not be
---looked at, but for the `n` of table.pack.
function errors.check_list(name, list)
  local count = 0
  for key, value in pairs(list) do
    if type(key) == "number" then
      count = count + 1
    elseif key ~= "n" or type(value) ~= "number" then
      errors.blame(("%s must be a list, without names such as '%s'"):format(name, tostring(key)))
    end
  end
  for i = 1, count do
    if list[i] == nil then errors.blame(("%s has a hole at position %d"):format(name, i)) end
  end
  return list
end

---Raise when `opts` has a key that `known` (a set) has not, naming the valid ones.
---@param others? table<string, any>  valid ones that were taken out of `opts` before
function errors.check_options(what, opts, known, others)
  errors.check(what .. " options", opts, "table")
  for key in pairs(opts) do
    if not known[key] then
      errors.blame(("unknown option '%s' of %s%s"):format(tostring(key), what,
        advice.of(tostring(key), known, others)))
    end
  end
  return opts
end

return errors
