-- The credentials that go with a build: those of every registry that its base images may come from.

local core = require "moondock.core"
local credentials = require "moondock.credentials"
local errors = require "moondock.errors"
local reference = require "moondock.reference"

local HUB_KEY = "https://index.docker.io/v1/" -- what builders look for

local function key_of(server)
  local key = reference.registry_key(server)
  return key == "docker.io" and HUB_KEY or key
end

---@param mine { auth?: table, auths?: table<string, table>, insecure_credentials?: boolean }  of the call; auths: by registry
---@return string[]? headers, string? message, moondock.Error? err
local function build_headers(client, mine)
  local all = core.object()
  for server, auth in pairs(errors.check("auths", mine.auths or {}, "table")) do
    all[key_of(errors.check("a registry of auths", server, "string"))] = credentials.check(auth)
  end
  if mine.auth ~= nil then
    local auth = credentials.check(mine.auth)
    all[key_of(auth.serveraddress or "docker.io")] = auth
  end
  if next(all) == nil then return {} end
  local ok, message, err = credentials.guard(client, mine.insecure_credentials)
  if not ok then return nil, message, err end
  return { "X-Registry-Config: " .. core.base64(core.encode(all), "url") }
end

return build_headers
