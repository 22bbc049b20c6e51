-- What can be said of credentials: where they come from, never what they are.

local guard = require "moondock.guard"

local report = {}

local GIVEN = { call = "those given with the call", login = "those of client:login",
  client = "those of the option auth of connect", DOCKER_AUTH_CONFIG = "from DOCKER_AUTH_CONFIG" }

local NOT_SENT = "the way to the engine (%s) is unencrypted and leaves this machine; "
  .. "insecure_credentials = true allows it"

---What kind of secret there is.
---@param found moondock.Found
---@return "password"|"identitytoken"|"registrytoken"|"none"
function report.kind(found)
  local auth = found.auth
  if not auth then return "none" end
  if auth.identitytoken then return "identitytoken" end
  return auth.registrytoken and "registrytoken" or "password"
end

-- One line, whatever a file or a helper has put into it.
local function plain(text)
  return (text:gsub("%c", "?"))
end

local function owner(found)
  local kind = report.kind(found)
  if kind == "identitytoken" then return "an identity token" end
  if kind == "registrytoken" then return "a registry token" end
  return "user " .. plain(found.auth.username)
end

local function source_of(found)
  if found.helper then
    return ("from the helper %s (%s in %s)"):format(found.helper, found.source, found.file)
  end
  return GIVEN[found.source] or ("from auths in %s"):format(found.file)
end

local function lack_of(found)
  if found.refused_all then return "none, because auth is false" end
  if found.withheld then return "those of the CLI were not used: " .. found.withheld end
  if not found.helper then
    return ("none were given, and there is no entry in %s"):format(found.file)
  end
  local text = ("none: the helper %s (%s in %s) has none"):format(found.helper, found.source,
    found.file)
  if found.unused then text = text .. "; the entry in auths is not used where a helper is set" end
  return text
end

---Why credentials are not sent to this engine; nil where they may be.
---@return string?
function report.danger(endpoint)
  if guard.is_safe(endpoint) then return nil end
  return NOT_SENT:format(endpoint.name)
end

---A sentence for people.
---@param found moondock.Found
---@return string
function report.sentence(found)
  local text = found.auth and ("%s, %s"):format(source_of(found), owner(found)) or lack_of(found)
  return ("credentials for %s: %s"):format(found.registry, text)
end

---@class moondock.AuthSource
---@field registry string  host[:port], "docker.io" for the Hub
---@field source "call"|"login"|"client"|"DOCKER_AUTH_CONFIG"|"credHelpers"|"credsStore"|"auths"|"none"
---@field file? string  the config.json that was looked at
---@field helper? string  the program that was asked
---@field username? string
---@field kind "password"|"identitytoken"|"registrytoken"|"none"
---@field encrypted boolean  false: the way to the engine is unencrypted and leaves this machine

---The facts for programs, without the secret.
---@param found moondock.Found
---@return moondock.AuthSource
function report.facts(found, endpoint)
  return { registry = found.registry, source = found.source, file = found.file,
    helper = found.helper, username = found.auth and found.auth.username,
    kind = report.kind(found), encrypted = report.danger(endpoint) == nil }
end

return report
