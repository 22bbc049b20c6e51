-- The proxies of the CLI's config.json, as variables for containers and builds. Their values may hold
-- passwords, so none is ever in an error.

local config = require "moondock.config"
local core = require "moondock.core"
local errors = require "moondock.errors"

local VARIABLES = { httpProxy = "HTTP_PROXY", httpsProxy = "HTTPS_PROXY", noProxy = "NO_PROXY",
  ftpProxy = "FTP_PROXY", allProxy = "ALL_PROXY" }

local proxies = {}

local function fail(what)
  return errors.fail { kind = "config", message = ("%s/config.json: %s"):format(
    config.folder() or "~/.docker", what) }
end

local function is_object(value)
  return type(value) == "table" and not core.is_array(value)
end

-- The settings for an engine: those of its own address, else the default ones.
local function settings_for(all, name)
  if all == nil or all == core.null then return {} end
  if not is_object(all) then return fail "proxies must be an object" end
  local chosen = all[name] or all.default
  if chosen == nil or chosen == core.null then return {} end
  if not is_object(chosen) then return fail "each of proxies must be an object" end
  return chosen
end

---The variables that containers and builds should see, in upper and lower case; none where
---config.json names no proxies.
---@param client moondock.Client
---@return table<string, string>? variables, string? message, moondock.Error? err
function proxies.environment(client)
  local contents, message, err = config.load()
  if not contents then return nil, message, err end
  local settings
  settings, message, err = settings_for(contents.proxies, client.endpoint.name)
  if not settings then return nil, message, err end
  local variables = {}
  for field, name in pairs(VARIABLES) do
    local value = settings[field]
    if value ~= nil and value ~= core.null and value ~= "" then
      if type(value) ~= "string" then return fail(field .. " of proxies must be a string") end
      variables[name], variables[name:lower()] = value, value
    end
  end
  return variables
end

-- The names that a list of "NAME=value" sets, in lower case: a proxy that the user gave in one case
-- is not contradicted in the other.
local function names_in(list)
  local names = {}
  for _, item in ipairs(list) do
    if type(item) == "string" then names[item:match("^[^=]*"):lower()] = true end
  end
  return names
end

-- The variables that are not `taken`, a set of names in lower case.
local function without(variables, taken)
  local rest = {}
  for name, value in pairs(variables) do
    if not taken[name:lower()] then rest[name] = value end
  end
  return rest
end

-- Put the variables before the user's own.
local function add(variables, body)
  local own = type(body.Env) == "table" and body.Env or {}
  local list = core.array()
  for name, value in pairs(without(variables, names_in(own))) do
    list[#list + 1] = name .. "=" .. value
  end
  table.sort(list)
  for _, item in ipairs(own) do list[#list + 1] = item end
  if #list > 0 then body.Env = list end
end

-- The variables, where the option of a call says so, else that of the client.
local function wanted_variables(client, wanted)
  if wanted == nil then wanted = client.use_config_proxy or false end
  if not errors.check("option use_config_proxy", wanted, "boolean") then return {} end
  return proxies.environment(client)
end

---Do what the option `use_config_proxy` of a create says, else that of the client; it is taken out.
---@param wire table  the options of ContainerCreate
---@return true? ok, string? message, moondock.Error? err
function proxies.complete(client, wire)
  local wanted = wire.use_config_proxy
  wire.use_config_proxy = nil
  local variables, message, err = wanted_variables(client, wanted)
  if not variables then return nil, message, err end
  if next(variables) then add(variables, wire.body) end
  return true
end

---The same for a build, where they are arguments.
---@param wanted? boolean  the option
---@param wire table  the options of ImageBuild
---@return true? ok, string? message, moondock.Error? err
function proxies.complete_build(client, wanted, wire)
  local variables, message, err = wanted_variables(client, wanted)
  if not variables then return nil, message, err end
  if next(variables) == nil or type(wire.buildargs) == "string" then return true end
  local own, taken = type(wire.buildargs) == "table" and wire.buildargs or {}, {}
  for name in pairs(own) do taken[tostring(name):lower()] = true end
  wire.buildargs = without(variables, taken)
  for name, value in pairs(own) do wire.buildargs[name] = value end
  return true
end

return proxies
