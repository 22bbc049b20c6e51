-- The API version: pinned, or negotiated once with the engine.

local core = require "moondock.core"
local errors = require "moondock.errors"
local exchange = require "moondock.exchange"
local failures = require "moondock.failures"
local rights = require "moondock.rights"
local task = require "moondock.task"
local lazy = require "moondock.lazy"
local tls_errors = lazy "moondock.tls_errors"

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
  if type(text) == "number" then text = ("%.2f"):format(text) end -- 1.50 is 1.5 as a number
  local minor = minor_of(text)
  if minor and minor >= version.OLDEST and minor <= version.NEWEST then return minor end
  local why = minor and "is not one that this library speaks" or "is no version"
  return errors.fail { kind = "config",
    message = ("API version '%s' (from %s) %s; valid are 1.%d to 1.%d"):format(
    tostring(text), source, why, version.OLDEST, version.NEWEST) }
end

local PROBES = { ["HEAD /_ping"] = "SystemPingHead", ["GET /_ping"] = "SystemPing",
  ["GET /version"] = "SystemVersion" }

-- Ask the engine something that needs no version. Returns the exchange with its head read.
local function ask(client, limits, method, target)
  local operation = PROBES[method .. " " .. target]
  rights.count(client, operation)
  local started, message, err = exchange.start(client.endpoint, {
    method = method, target = target, path = target, headers = client.headers, safe = true,
    operation = operation, trace = client.trace,
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
    local body = answer:body()
    answer:close()
    if found then return found end
    if tls_errors.wants_tls(answer.status, body or "", client.endpoint) then
      return failures.of_tls_server(client.endpoint, answer.request)
    end
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

-- Whether a failure would meet any other call as well, whatever its limits.
local function is_of_everybody(err)
  return err.kind == "connect" or err.kind == "tls" or err.kind == "config"
    or err.phase == "connect"
end

-- Negotiate, while tasks that need the same wait for what comes of it.
local function negotiate_for_all(client, limits)
  local round = {}
  client.negotiation = round
  local ok, minor, message, err = task.pcall(negotiate, client, limits)
  client.negotiation = nil
  if ok and minor then
    client.minor_version, client.api_version = minor, text_of(minor)
  elseif ok then
    round.err = err
  end
  task.wake(round)
  if not ok then error(minor, 0) end
  return minor, message, err
end

-- Wait for the end of a negotiation that another task began. What is not suspended cannot wait: it
-- may be what keeps the other from going on.
local function wait_for(client, round, limits)
  local function is_due() return limits.deadline and task.now() >= limits.deadline end
  while client.negotiation == round and not is_due() do task.wait(round, limits.deadline) end
  if round.err and is_of_everybody(round.err) then
    return nil, round.err.message, round.err
  end
  return client.minor_version or false
end

---The minor version that calls of `client` use; asked from the engine at the first call. A dry run of
---one call asks nothing: it shows what the newest engine would be sent.
---@return integer? minor, string? message, moondock.Error? err
function version.of(client, limits)
  client:check_open()
  if client.minor_version then return client.minor_version end
  if client.dry_run == "one" then return version.NEWEST end
  local round = client.negotiation
  if round and task.is_suspendable() then
    local minor, message, err = wait_for(client, round, limits)
    if minor ~= false then return minor, message, err end
  end
  return negotiate_for_all(client, limits)
end

return version
