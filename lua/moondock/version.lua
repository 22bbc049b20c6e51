-- The API version: pinned, or negotiated once with the engine.

local core = require "moondock.core"
local errors = require "moondock.errors"
local exchange = require "moondock.exchange"

local version = {
  OLDEST = 41,
  NEWEST = 56,
}

---"1.41" as 41. Versions compare by their parts as numbers: 1.9 is older than 1.41.
local function minor_of(text)
  local major, minor = tostring(text):match("^%s*[vV]?(%d+)%.(%d+)%s*$")
  if not major then return nil end
  return tonumber(major) == 1 and tonumber(minor) or (tonumber(major) > 1 and 1000 or 0)
end

local function text_of(minor)
  return "1." .. minor
end

---Check a version that `source` pinned.
---@return integer? minor, string? message, moondock.Error? err
function version.pin(text, source)
  local minor = minor_of(text)
  if minor and minor >= version.OLDEST and minor <= version.NEWEST then return minor end
  local why = minor and "is not one that this library speaks" or "is no version"
  return errors.fail { kind = "config",
    message = ("API version '%s' (from %s) %s; valid are 1.%d to 1.%d"):format(
    tostring(text), source, why, version.OLDEST, version.NEWEST) }
end

-- Ask the engine something that needs no version. Returns the exchange with its head read.
local function ask(client, limits, method, target)
  local started, message, err = exchange.start(client.endpoint, {
    method = method, target = target, path = target, headers = client.headers, safe = true,
  }, limits)
  if not started then return nil, message, err end
  local status
  status, message, err = started:head()
  if not status then return nil, message, err end
  return started
end

-- The version in the header of a ping, with a HEAD and where that does not tell with a GET. Proxies
-- forbid either; some engines answer an error and still say their version.
local function by_ping(client, limits)
  for _, method in ipairs { "HEAD", "GET" } do
    local answer, message, err = ask(client, limits, method, "/_ping")
    if not answer then return nil, message, err end
    local found = minor_of(answer.headers["api-version"] or "")
    answer:body()
    answer:close()
    if found then return found end
  end
  return false
end

-- What /version says: the newest and the oldest version of the engine; false where it does not
-- tell.
local function by_version(client, limits)
  local answer, message, err = ask(client, limits, "GET", "/version")
  if not answer then return nil, message, err end
  local body
  body, message, err = answer:body()
  answer:close()
  if not body then return nil, message, err end
  local ok, facts = core.decode(body)
  if answer.status ~= 200 or not ok or type(facts) ~= "table" then return false end
  return minor_of(facts.ApiVersion or "") or false, minor_of(facts.MinAPIVersion or "")
end

local function no_overlap(client, oldest, newest)
  return errors.fail { kind = "version",
    message = ("no API version in common: this library speaks 1.%d to 1.%d, "
    .. "the engine at %s speaks %s to %s"):format(version.OLDEST, version.NEWEST,
      client.endpoint.name,
    oldest and text_of(oldest) or "?", text_of(newest)) }
end

local function negotiate(client, limits)
  local newest, message, err = by_ping(client, limits)
  if newest == nil then return nil, message, err end
  local oldest
  if not newest or newest < version.OLDEST or newest > version.NEWEST then
    local found, second, third = by_version(client, limits)
    if found == nil then return nil, second, third end
    newest, oldest = newest or found, second
  end
  if not newest then return version.OLDEST end
  if newest < version.OLDEST or (oldest and oldest > version.NEWEST) then
    return no_overlap(client, oldest, newest)
  end
  return math.min(newest, version.NEWEST)
end

---The minor version that calls of `client` use; asked from the engine at the first call.
---@return integer? minor, string? message, moondock.Error? err
function version.of(client, limits)
  if client.minor_version then return client.minor_version end
  local minor, message, err = negotiate(client, limits)
  if not minor then return nil, message, err end
  client.minor_version, client.api_version = minor, text_of(minor)
  return minor
end

return version
