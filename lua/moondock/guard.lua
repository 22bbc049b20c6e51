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

-- What the finished request carries that nobody may read along, or nil.
local function carried(request)
  local header = in_headers(request.headers)
  if header then return header end
  local tree = core.secrets(request.operation).body
  local ok, body = core.decode(tree and request.body or "")
  local field = ok and in_body(body, tree, "the body")
  return field and ("the field " .. field) or nil
end

---Whether nobody on a network can read what is sent to the engine of `client`.
function guard.is_safe(client)
  local endpoint = client.endpoint
  return endpoint.encrypted or endpoint.is_private
end

---Refuse a finished request that would show credentials to others, unless that is allowed.
---@param client moondock.Client
---@param request table  of core.request, with all its headers
---@param allowed? boolean  the option insecure_credentials of the call
---@return true? ok, string? message, moondock.Error? err
function guard.check(client, request, allowed)
  if guard.is_safe(client) or allowed or client.insecure_credentials then return true end
  local what = carried(request)
  if not what then return true end
  return errors.refuse(request, { kind = "config",
    message = ("%s: credentials (%s) are not sent unencrypted to another machine (%s); use a "
    .. "socket, ssh or TLS, or allow it with insecure_credentials = true"):format(
      request.operation, what, client.endpoint.name) })
end

return guard
