-- Registry credentials: who gave them, and the header that carries them.

local core = require "moondock.core"
local errors = require "moondock.errors"
local reference = require "moondock.reference"

local credentials = {}

local FIELDS = { username = true, password = true, serveraddress = true, registry = true,
  identitytoken = true,
  registrytoken = true, email = true, auth = true }

---Check what a user gave as `auth`; `registry` says the same as `serveraddress`. Returns the wire's
---form.
---@param auth { username?: string, password?: string, serveraddress?: string, registry?: string, identitytoken?: string, registrytoken?: string, email?: string }
---@return table
function credentials.check(auth)
  errors.check("auth", auth, "table")
  local wire = {}
  for name, value in pairs(auth) do
    if not FIELDS[name] then
      errors.blame(("unknown field '%s' of auth; it takes: username, password, serveraddress, "
        .. "identitytoken, registrytoken, email"):format(tostring(name)))
    end
    if type(value) ~= "string" then errors.blame(("auth.%s must be a string"):format(name)) end
    wire[name == "registry" and "serveraddress" or name] = value
  end
  if not (wire.identitytoken or wire.registrytoken or wire.auth
    or (wire.username and wire.password)) then
    errors.blame("auth needs username and password, or identitytoken")
  end
  return wire
end

---The header's value: JSON in URL-safe base64 with padding. Engines ignore any other alphabet in
---silence.
---@param auth table?  nil stands for "no credentials", which a push has to say as well
function credentials.header(auth)
  return core.base64(core.encode(core.object(auth or {})), "url")
end

---The credentials for a repository: those of the call, else those of a login or of the client's own
---`auth`.
---@return table? auth
function credentials.find(client, repository, auth)
  if auth ~= nil then return credentials.check(auth) end
  local registry = reference.registry(repository)
  local known = client.logins[registry]
  if known then return known end
  local own = client.auth
  if own and reference.registry_key(own.serveraddress or "docker.io") == registry then
    return own
  end
end

---Refuse to send credentials where others can read them.
---@return true? ok, string? message, moondock.Error? err
function credentials.guard(client, allowed)
  local endpoint = client.endpoint
  if endpoint.encrypted or endpoint.is_private or allowed or client.insecure_credentials then
    return true
  end
  return errors.fail { kind = "config", message = ("credentials are not sent unencrypted to "
    .. "another machine (%s); use a socket, or allow it with insecure_credentials = true"):format(
    endpoint.name) }
end

---The header with the credentials for `repository`: none where there are none, unless `always`.
---@param mine { auth?: table, insecure_credentials?: boolean }  of the call
---@return string[]? headers, string? message, moondock.Error? err
function credentials.request_headers(client, repository, mine, always)
  local auth = credentials.find(client, repository, mine.auth)
  if auth then
    local ok, message, err = credentials.guard(client, mine.insecure_credentials)
    if not ok then return nil, message, err end
  elseif not always then
    return {}
  end
  return { "X-Registry-Auth: " .. credentials.header(auth),
    insecure_credentials = mine.insecure_credentials }
end

return credentials
