-- What a client may do, and what it did: the lists of `connect`, and rules for a socket proxy.

local core = require "moondock.core"
local errors = require "moondock.errors"

local rights = {}

-- A GET that is more than a question, and a question that is no GET.
local NOT_READING = { ContainerAttachWebsocket = true }
local READING = { ContainerWait = true }

-- What finds out the version, and is always allowed.
local NEGOTIATION = { SystemPing = true, SystemPingHead = true }

-- The method of an operation, or of a request by hand that is none, which is called "GET /path".
local function method_of(operation)
  local known = core.operation(operation)
  return known and known.method or operation:match("^(%u+) /")
end

---Whether an operation changes nothing in the engine.
function rights.is_read(operation)
  local method = method_of(operation)
  local asks = method == "GET" or method == "HEAD"
  return READING[operation] or (asks and not NOT_READING[operation])
end

local function add_reads(set)
  for _, name in ipairs(core.operations()) do
    if rights.is_read(name) then set[name] = true end
  end
end

-- A mistake, with the nearest name that there is.
local function unknown(entry)
  local _, message = core.operation((entry:gsub("%*", "")))
  errors.blame(("option allow, entry '%s': %s; it takes names of operations, patterns such as "
    .. "'Container*', and 'read'"):format(entry, message or "no operation has such a name"))
end

-- "Container*" as a pattern of Lua.
local function add_matching(set, entry)
  local pattern = "^" .. entry:gsub("%W", "%%%0"):gsub("%%%*", ".*") .. "$"
  local found = false
  for _, name in ipairs(core.operations()) do
    if name:find(pattern) then set[name], found = true, true end
  end
  if not found then unknown(entry) end
end

local function add_name(set, entry)
  if not core.operation(entry) then unknown(entry) end
  set[entry] = true
end

local function add(set, entry)
  errors.check("an entry of option allow", entry, "string")
  if entry == "read" then return add_reads(set) end
  if entry:find("*", 1, true) then return add_matching(set, entry) end
  return add_name(set, entry)
end

---The set of operations that a list of names, patterns and "read" allows. Mistakes raise.
---@param list string[]
function rights.allowed(list)
  local set = {}
  if next(list) ~= nil and #list == 0 then
    errors.blame "option allow must be a list of names of operations"
  end
  for _, entry in ipairs(errors.check_list("option allow", list)) do add(set, entry) end
  return set
end

---What `connect` was told of the rights of its client.
---@param opts { allow?: string[], read_only?: boolean }
---@return table?
function rights.of(opts)
  if opts.allow == nil and not opts.read_only then return nil end
  return { read_only = opts.read_only or false, set = opts.allow and rights.allowed(opts.allow),
    list = opts.allow and table.concat(opts.allow, ", ") }
end

local function refuse(operation, why)
  return errors.fail { kind = "forbidden", operation = operation, method = method_of(operation),
    message = ("%s is not allowed: this client was made with %s; nothing was sent"):format(
      operation, why) }
end

---Whether a client may do this.
---@return true? ok, string? message, moondock.Error? err  kind `forbidden`, without a status
function rights.check(client, operation)
  local own = client.rights
  if not own or NEGOTIATION[operation] or not method_of(operation) then return true end
  if own.read_only and not rights.is_read(operation) then
    return refuse(operation, "read_only = true")
  elseif own.set and not own.set[operation] then
    return refuse(operation, "allow = { " .. own.list .. " }")
  end
  return true
end

---Remember that an operation is sent.
function rights.count(client, operation)
  local used = client.used
  used[operation] = (used[operation] or 0) + 1
end

-- The regular expression of a path, with and without a version.
local function expression(known)
  local value = known.slashes and ".+" or "[^/]+"
  local path = known.path:gsub("[.+*?()^$|%[%]\\]", "\\%0")
  return "^(/v[0-9.]+)?" .. path:gsub("{%w+}", (value:gsub("%%", "%%%%"))) .. "$"
end

local function describe(operation, count)
  local known = core.operation(operation)
    or { method = method_of(operation), path = operation:match(" (.*)$") }
  return { operation = operation, method = known.method, path = known.path, count = count,
    rule = known.method .. " " .. expression(known),
    section = (known.path:match("^/_?(%a+)") or ""):upper() }
end

local function before(a, b)
  if a.path ~= b.path then return a.path < b.path end
  return a.method < b.method
end

---What a client sent so far, ready as rules.
---@return { operation: string, method: string, path: string, count: integer, rule: string, section: string }[]
function rights.used(client)
  local list = {}
  for operation, count in pairs(client.used) do list[#list + 1] = describe(operation, count) end
  table.sort(list, before)
  return list
end

return rights
