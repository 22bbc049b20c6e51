-- Registry credentials: who gave them, and the header that carries them.

local core = require "moondock.core"
local errors = require "moondock.errors"
local guard = require "moondock.guard"
local reference = require "moondock.reference"
local report = require "moondock.credential_report"

local credentials = {}

local FIELDS = { username = true, password = true, serveraddress = true, registry = true,
  identitytoken = true,
  registrytoken = true, email = true, auth = true }

-- Engines do not look into `auth`: what it says is sent as user and password.
local function split_auth(wire)
  local text = wire.auth
  wire.auth = nil
  if text == "" then return end
  wire.username, wire.password = require("moondock.credential_store").split_basic(text)
  if not (wire.username and core.encode(wire)) then
    errors.blame "auth.auth must be the base64 of user:password in UTF-8"
  end
end

---Check what a user gave as `auth`; `registry` says the same as `serveraddress`. Returns the wire's
---form.
---@param auth { username?: string, password?: string, serveraddress?: string, registry?: string, identitytoken?: string, registrytoken?: string, email?: string, auth?: string }
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
    if not core.encode(value) then errors.blame(("auth.%s must be valid UTF-8"):format(name)) end
    wire[name == "registry" and "serveraddress" or name] = value
  end
  if wire.auth then split_auth(wire) end
  if not (wire.identitytoken or wire.registrytoken or (wire.username and wire.password)) then
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

local function found_as(source, registry, auth)
  return { registry = registry, source = source, auth = auth }
end

-- What the program itself gave for a registry. `auth = false` asks for none at all, of the call or
-- of the client.
local function given(client, registry, auth)
  if auth == false then return { registry = registry, source = "none", refused_all = true } end
  if auth ~= nil then return found_as("call", registry, credentials.check(auth)) end
  if client.logins[registry] then return found_as("login", registry, client.logins[registry]) end
  local own = client.auth
  if own == false then return { registry = registry, source = "none", refused_all = true } end
  if own and reference.registry_key(own.serveraddress or "docker.io") == registry then
    return found_as("client", registry, own)
  end
end

-- What the CLI has stored; the files that know how are read only where it is needed.
local function stored(registry, limits)
  return require("moondock.credential_store").find(registry, limits and limits.deadline)
end

---Find the credentials for a repository: those of the call, of a login, of the client's own `auth`,
---then what the CLI has stored. That there are none is an answer as well.
---@param auth? table|false  of the call
---@param limits? moondock.Limits  of the call; a helper has to answer within
---@return moondock.Found? found, string? message, moondock.Error? err
function credentials.find(client, repository, auth, limits)
  local registry = reference.registry(repository)
  local found = given(client, registry, auth)
  if found then return found end
  return stored(registry, limits)
end

---Refuse to send credentials where others can read them.
---@return true? ok, string? message, moondock.Error? err
function credentials.guard(client, allowed)
  if guard.may_send(client, allowed) then return true end
  return errors.fail { kind = "config", message = ("credentials are not sent unencrypted to "
    .. "another machine (%s); use a socket, or allow it with insecure_credentials = true"):format(
    client.endpoint.name) }
end

-- What may be sent. Credentials that the program gave are refused on an open way; stored ones are not
-- even looked for there, so that a public image can be had from any engine.
local function find_sendable(client, repository, mine, limits)
  local registry, allowed = reference.registry(repository), mine.insecure_credentials
  local found = given(client, registry, mine.auth)
  if found and found.auth then
    local ok, message, err = credentials.guard(client, allowed)
    if not ok then return nil, message, err end
  end
  if found then return found end
  if guard.may_send(client, allowed) then return stored(registry, limits) end
  return { registry = registry, source = "none", withheld = report.danger(client.endpoint) }
end

-- A store that fails is no reason to go without credentials in silence, but the user may say so.
local function with_advice(err)
  err.message = err.message .. "; auth = false goes without credentials"
  return nil, err.message, err
end

---The header with the credentials for `repository`: none where there are none, unless `always`. The
---list's `why` is a sentence that explains a refusal; `call.open` adds it. It says as well whether the
---caller allowed an open way.
---@param mine { auth?: moondock.Auth|false, insecure_credentials?: boolean }  of the call
---@param limits? moondock.Limits  of the call; a helper has to answer within
---@return string[]? headers, string? message, moondock.Error? err
function credentials.request_headers(client, repository, mine, always, limits)
  local found, message, err = find_sendable(client, repository, mine, limits)
  if not found and not always then return with_advice(err) end
  if not found then return nil, message, err end
  local headers = { why = report.sentence(found), insecure_credentials = mine.insecure_credentials }
  if found.auth or always then
    headers[1] = "X-Registry-Auth: " .. credentials.header(found.auth)
  end
  return headers
end

---Where the credentials for an image would come from: a sentence, and the same for programs. A helper
---is asked, and nothing is sent to the engine.
---@param name string  the image's reference
---@param mine { auth?: moondock.Auth|false, insecure_credentials?: boolean }
---@param limits moondock.Limits
---@return string? sentence, moondock.AuthSource|string|nil facts, moondock.Error? err
function credentials.explain(client, name, mine, limits)
  local found, message, err = credentials.find(client, reference.parse(name).repository, mine.auth,
    limits)
  if not found then return nil, message, err end
  local sentence = report.sentence(found)
  if found.auth and not guard.may_send(client, mine.insecure_credentials) then
    sentence = ("%s; not sent: %s"):format(sentence, report.danger(client.endpoint))
  end
  return sentence, report.facts(found, client.endpoint)
end

return credentials
