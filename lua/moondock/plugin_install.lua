-- Installing and upgrading plugins: what one asks for is granted by the caller before it is pulled.

local call = require "moondock.call"
local core = require "moondock.core"
local credentials = require "moondock.credentials"
local errors = require "moondock.errors"
local object = require "moondock.object"
local reference = require "moondock.reference"
local task = require "moondock.task"

local CLEAN_UP_SECONDS = 20

local plugin_install = {}

local function described(privileges)
  local parts = {}
  for i, privilege in ipairs(privileges) do
    local values = {}
    for j, value in ipairs(type(privilege.Value) == "table" and privilege.Value or {}) do
      values[j] = tostring(value)
    end
    parts[i] = ("%s [%s]"):format(tostring(privilege.Name), table.concat(values, " "))
  end
  return table.concat(parts, ", ")
end

-- Whether the caller grants what the plugin asks for.
local function granted(grant, name, privileges)
  if grant == true or #privileges == 0 then return true end
  if grant and grant(privileges) then return true end
  return errors.fail { kind = "forbidden", operation = "PluginPull", detail = privileges,
    message = ("plugin %s asks for %s, which was not granted; grant_all = true grants it"):format(
      name, described(privileges)) }
end

---Raise unless the options that both calls take are right.
function plugin_install.check(mine)
  errors.check("option grant_all", mine.grant_all, "boolean or function or nil")
  errors.check("option alias", mine.alias, "string or nil")
  errors.check("option disable", mine.disable, "boolean or nil")
end

---What a plugin asks for.
---@return table[]? privileges, string? message, moondock.Error? err
function plugin_install.privileges(client, remote, mine, limits)
  local headers, message, err = credentials.request_headers(client,
    reference.parse(remote).repository, mine, false, limits)
  if not headers then return nil, message, err end
  return object.list_of(call.run(client, "GetPluginPrivileges", {}, { remote = remote },
    { headers = headers, limits = limits }))
end

---Ask what the plugin `remote` wants, have it granted, and pull it by `operation`.
---@return true? ok, string? message, moondock.Error? err
function plugin_install.pull(client, operation, path, remote, wire, mine, limits)
  local privileges, message, err = plugin_install.privileges(client, remote, mine, limits)
  if not privileges then return nil, message, err end
  local ok
  ok, message, err = granted(mine.grant_all, remote, privileges)
  if not ok then return nil, message, err end
  local headers
  headers, message, err = credentials.request_headers(client,
    reference.parse(remote).repository, mine, false, limits)
  if not headers then return nil, message, err end
  wire.remote, wire.body, wire.raw = remote, core.array(privileges), true -- as the engine told them
  ok, message, err = object.with_progress(client, operation, path, wire, mine,
    { headers = headers, limits = limits })
  if not ok then return nil, message, err end
  return true
end

-- The name that the engine gives it: without a tag that is "latest".
local function name_of(remote, alias)
  local parts = reference.parse(alias or remote)
  return parts.repository .. ":" .. (parts.tag or "latest")
end

local function complete(plugin, mine, limits)
  local ok, message, err = true, nil, nil
  if mine.settings then ok, message, err = plugin:set(mine.settings, { limits = limits }) end
  if not ok or mine.disable then return ok, message, err end
  return plugin:enable { limits = limits }
end

local function remove(plugin)
  plugin:remove { force = true, timeout = CLEAN_UP_SECONDS }
end

---Install a plugin: all of it, or nothing is left behind.
---@param bind fun(name: string): moondock.Plugin
---@return moondock.Plugin? plugin, string? message, moondock.Error? err
function plugin_install.install(client, bind, remote, mine, limits)
  local ok, message, err = plugin_install.pull(client, "PluginPull", {}, remote,
    { name = mine.alias }, mine, limits)
  if not ok then return nil, message, err end
  local plugin = bind(name_of(remote, mine.alias))
  local fine
  fine, ok, message, err = task.pcall(complete, plugin, mine, limits)
  if fine and ok then return plugin end
  task.shield(remove, plugin)
  if not fine then error(ok, 0) end
  return nil, message, err
end

return plugin_install
