-- Credentials are not sent where others can read them: unencrypted, to another machine.

local core = require "moondock.core"
local errors = require "moondock.errors"

local guard = {}

-- The name of what a body carries in credentials, by the tree of its marks.
local function in_body(value, tree, name)
  if tree == "credential" then return value ~= core.null and value ~= "" and name or nil end
  if type(tree) ~= "table" or type(value) ~= "table" then return nil end
  for key, item in pairs(value) do
    local below = tree.each
    if type(key) == "string" and tree.fields then below = tree.fields[key:lower()] end
    local found = in_body(item, below, key)
    if found then return found end
  end
end

-- Engines want the header also of those who have nothing to say: then it holds an empty object.
local function is_empty(value)
  local bytes = core.unbase64(value)
  local ok, auth = core.decode(bytes or "")
  return ok and type(auth) == "table" and next(auth) == nil
end

local function in_headers(headers)
  for _, line in ipairs(headers) do
    local name, value = line:match("^([^:]*):%s*(.*)$")
    if name and name:lower():find("^x%-registry%-") and not is_empty(value) then
      return "the header " .. name
    end
  end
end

-- Whether a tree of marks has a credential anywhere.
local function has_credential(tree)
  if type(tree) ~= "table" then return tree == "credential" end
  for _, below in pairs(tree.fields or {}) do
    if has_credential(below) then return true end
  end
  return has_credential(tree.each)
end

-- The part of a body that carries credentials. What cannot be read here, such as an upload, may.
local function in_request(request, tree)
  if not has_credential(tree) then return nil end
  local ok, body = core.decode(request.body or "")
  if not ok then return (request.upload or request.body) and "the body" or nil end
  local field = in_body(body, tree, "the body")
  return field and ("the field " .. field)
end

-- What the finished request carries that nobody may read along, or nil.
local function carried(request)
  return in_headers(request.headers) or in_request(request, core.operation(request.operation)
    and core.secrets(request.operation).body)
end

---Whether nobody on a network can read what is sent there.
---@param endpoint moondock.Endpoint
---@return boolean
function guard.is_safe(endpoint)
  return endpoint.encrypted or endpoint.is_private
end

---Whether credentials stay unseen on their way to the engine, or the user allows that they do not.
---@param client moondock.Client
---@param allowed? boolean  the option insecure_credentials of the call
---@return boolean
function guard.may_send(client, allowed)
  return guard.is_safe(client.endpoint) or allowed or client.insecure_credentials or false
end

---Refuse a finished request that would show credentials to others, unless that is allowed.
---@param client moondock.Client
---@param request table  of core.request, with all its headers
---@param allowed? boolean  the option insecure_credentials of the call
---@return true? ok, string? message, moondock.Error? err
function guard.check(client, request, allowed)
  if guard.may_send(client, allowed) then return true end
  local what = carried(request)
  if not what then return true end
  return errors.refuse(request, { kind = "config",
    message = ("%s: credentials (%s) are not sent unencrypted to another machine (%s); use a "
    .. "socket, ssh or TLS, or allow it with insecure_credentials = true"):format(
      request.operation, what, client.endpoint.name) })
end

return guard
