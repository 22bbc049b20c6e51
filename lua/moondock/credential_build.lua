-- The credentials of a build: those of every registry that is known, since only the builder sees which
-- it needs.

local core = require "moondock.core"
local credentials = require "moondock.credentials"
local errors = require "moondock.errors"
local guard = require "moondock.guard"
local reference = require "moondock.reference"
local report = require "moondock.credential_report"
local store = require "moondock.credential_store"

local function add(auths, registry, auth)
  auths[reference.registry_key(registry or "docker.io")] = auth
end

-- What the program gave: the client's, over it those of logins, over them the call's.
local function given(client, mine)
  local auths = {}
  if mine.auth ~= false then
    if client.auth then add(auths, client.auth.serveraddress, client.auth) end
    for registry, auth in pairs(client.logins) do auths[registry] = auth end
  end
  if mine.auth then
    local auth = credentials.check(mine.auth)
    add(auths, auth.serveraddress, auth)
  end
  for registry, auth in pairs(errors.check("option auths", mine.auths or {}, "table")) do
    add(auths, errors.check("a registry of auths", registry, "string"), credentials.check(auth))
  end
  return auths
end

local function merged(auths, over)
  for registry, auth in pairs(over) do auths[registry] = auth end
  return auths
end

-- What the CLI has stored, and why something of it is missing.
local function stored(client, mine, limits)
  if mine.auth == false or client.auth == false then return {}, nil, nil, {} end
  if not guard.may_send(client, mine.insecure_credentials) then
    return {}, nil, nil, { "those of the CLI were not used: " .. report.danger(client.endpoint) }
  end
  return store.all(limits and limits.deadline)
end

-- A sentence that explains a refusal.
local function why(auths, troubles)
  local names = {}
  for registry in pairs(auths) do names[#names + 1] = registry end
  table.sort(names)
  local text = "credentials were sent for " .. (names[1] and table.concat(names, ", ")
    or "no registry")
  for _, trouble in ipairs(troubles) do text = text .. "; " .. trouble end
  return text
end

-- The map under the names that builders look for.
local function wire_of(auths)
  local wire = core.object()
  for registry, auth in pairs(auths) do wire[store.key(registry)] = auth end
  return wire
end

---The header of a build. What the program gave is refused on an open way; what is stored is left out
---there, as is what a helper fails to tell, since the build may not need it. The list says whether the
---caller allowed the open way.
---@param mine { auth?: moondock.Auth|false, auths?: table<string, table>, insecure_credentials?: boolean }
---@param limits? moondock.Limits
---@return string[]? headers, string? message, moondock.Error? err
local function build_headers(client, mine, limits)
  local own = given(client, mine)
  if next(own) then
    local ok, message, err = credentials.guard(client, mine.insecure_credentials)
    if not ok then return nil, message, err end
  end
  local auths, message, err, troubles = stored(client, mine, limits)
  if not auths then return nil, message, err end
  merged(auths, own)
  local headers = { why = why(auths, troubles), insecure_credentials = mine.insecure_credentials }
  if next(auths) then
    headers[1] = "X-Registry-Config: " .. core.base64(core.encode(wire_of(auths)), "url")
  end
  return headers
end

return build_headers
