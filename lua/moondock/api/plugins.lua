-- Plugins of the engine: the collection and its handles.

local call = require "moondock.call"
local credentials = require "moondock.credentials"
local errors = require "moondock.errors"
local object = require "moondock.object"
local plugin_install = require "moondock.plugin_install"
local reference = require "moondock.reference"
local sources = require "moondock.sources"
local values = require "moondock.flag_values"

---A plugin, by name. Making one sends nothing; one from a list is also what the engine knows about it.
---@class moondock.Plugin: moondock.Object, docker.Plugin
---@field id string  the plugin's name, with its tag
local Plugin = object.handle("Plugin", "Name")

-- Seconds that the engine waits for a plugin that was started, as the command line has it.
local PLUGIN_SECONDS = 30

local PULL_OPTIONS = { grant_all = true, alias = true, disable = true, settings = true, auth = true,
  insecure_credentials = true, on_progress = true }
local LIMITS = { timeout = true, idle_timeout = true }
local REGISTRY_OPTIONS = { auth = true, insecure_credentials = true, on_progress = true }

---Everything the engine knows about the plugin. Like `docker plugin inspect`.
---GET /plugins/{name}/json
---@param opts? moondock.CallOptions
---@return docker.Plugin? details, string? message, moondock.Error? err
function Plugin:inspect(opts)
  return self:call("PluginInspect", opts)
end

---Start the plugin. Like `docker plugin enable`.  POST /plugins/{name}/enable
---@param opts? { plugin_timeout?: integer, timeout?: number, dry_run?: boolean }  plugin_timeout: seconds that the engine waits for the plugin's own answers, 30 unless given
---@return true? ok, string? message, moondock.Error? err
function Plugin:enable(opts)
  local mine, theirs = object.split(opts, { plugin_timeout = true, limits = true })
  local seconds = mine.plugin_timeout
  errors.check("option plugin_timeout", seconds, "number or nil")
  return self:call("PluginEnable", theirs, { wire = { timeout = seconds or PLUGIN_SECONDS },
    limits = mine.limits and call.limits(self.client, "PluginEnable", mine) })
end

---Stop the plugin. Like `docker plugin disable`.  POST /plugins/{name}/disable
---@param opts? { force?: boolean, timeout?: number, dry_run?: boolean }  force: also one that is used
---@return true? ok, string? message, moondock.Error? err
function Plugin:disable(opts)
  return self:call("PluginDisable", opts)
end

---Remove the plugin. Like `docker plugin rm`.  DELETE /plugins/{name}
---@param opts? { force?: boolean, timeout?: number, dry_run?: boolean }  force: also one that is enabled
---@return true? ok, string? message, moondock.Error? err
function Plugin:remove(opts)
  return self:call("PluginDelete", opts, { reply = "none" })
end

---Change settings of a plugin that is disabled: of its environment, mounts, devices and arguments.
---Like `docker plugin set`.  POST /plugins/{name}/set
---@param settings string[]|table<string, string>  "KEY=VALUE", or values by key
---@param opts? moondock.CallOptions
---@return true? ok, string? message, moondock.Error? err
function Plugin:set(settings, opts)
  errors.check("settings", settings, "table")
  local mine, theirs = object.split(opts, { limits = true })
  theirs.body = values.joined("settings", settings, "=")
  return self:call("PluginSet", theirs,
    { limits = mine.limits and call.limits(self.client, "PluginSet", mine) })
end

---Push the plugin to the registry that its name says. Like `docker plugin push`.
---POST /plugins/{name}/push
---@param opts? { auth?: moondock.Auth|false, insecure_credentials?: boolean, on_progress?: fun(value: moondock.Progress), timeout?: number, idle_timeout?: number, dry_run?: boolean }
---@return { Tag?: string, Digest?: string, Size?: integer }? result, string? message, moondock.Error? err
function Plugin:push(opts)
  local mine, theirs = object.split(opts, REGISTRY_OPTIONS)
  local limits = call.limits(self.client, "PluginPush", theirs)
  local headers, message, err = credentials.request_headers(self.client,
    reference.parse(self.id).repository, mine, true, limits)
  if not headers then return nil, message, err end
  local seen
  seen, message, err = object.with_progress(self.client, "PluginPush", { self.id }, theirs, mine,
    { headers = headers, limits = limits })
  if not seen then return nil, message, err end
  return call.aux_of(seen, "Digest") or {}
end

---Replace a plugin that is disabled by what its registry has, and keep its settings. Like `docker
---plugin upgrade`.  POST /plugins/{name}/upgrade
---@param opts? { remote?: string, grant_all?: true|(fun(privileges: docker.PluginPrivilege[]): boolean), auth?: moondock.Auth|false, insecure_credentials?: boolean, on_progress?: fun(value: moondock.Progress), timeout?: number, idle_timeout?: number, dry_run?: boolean }
---remote: another version of it, its own name unless given; grant_all: as for `install`
---@return true? ok, string? message, moondock.Error? err
function Plugin:upgrade(opts)
  local mine, theirs = object.split(opts, object.with(PULL_OPTIONS, { remote = true }))
  if mine.alias or mine.disable ~= nil or mine.settings then
    errors.blame("alias, disable and settings are options of install, not of upgrade")
  end
  plugin_install.check(mine)
  local limits = call.limits(self.client, "PluginUpgrade", theirs)
  return plugin_install.pull(self.client, "PluginUpgrade", { self.id }, mine.remote or self.id,
    theirs, mine, limits)
end

---The plugins of an engine.
---@class moondock.Plugins
---@field client moondock.Client
local Plugins = object.collection "Plugins"

---List plugins. One request. Like `docker plugin ls`.  GET /plugins
---@param opts? { filters?: moondock.Filters, timeout?: number, dry_run?: boolean }
---@return moondock.Plugin[]? list, string? message, moondock.Error? err
function Plugins:list(opts)
  local records, message, err = object.list_of(call.run(self.client, "PluginList", {}, opts))
  if not records then return nil, message, err end
  return object.bind_all(Plugin, self.client, records)
end

---A handle by name; nothing is sent.
---@param name string
---@return moondock.Plugin
function Plugins:get(name)
  return object.get(Plugin, self.client, name)
end

---What a plugin in a registry asks for.  GET /plugins/privileges
---Engines answer with an empty list, too, when they cannot get at it; pulling it is an error then.
---@param remote string  [host[:port]/]name[:tag]
---@param opts? { auth?: moondock.Auth|false, insecure_credentials?: boolean, timeout?: number, dry_run?: boolean }
---@return docker.PluginPrivilege[]? privileges, string? message, moondock.Error? err
function Plugins:privileges(remote, opts)
  local mine, theirs = object.split(opts, REGISTRY_OPTIONS)
  errors.check_options("privileges", theirs, { timeout = true }, REGISTRY_OPTIONS)
  local limits = call.limits(self.client, "GetPluginPrivileges", theirs)
  return plugin_install.privileges(self.client, remote, mine, limits)
end

---Pull a plugin, set and enable it. Like `docker plugin install`. What it asks for has to be granted,
---else that is an error of kind `forbidden`, with the list in `err.detail`. When it cannot be set or
---enabled it is removed again.
---GET /plugins/privileges, POST /plugins/pull, POST /plugins/{name}/set, POST /plugins/{name}/enable
---@param remote string  [host[:port]/]name[:tag]
---@param opts? { grant_all?: true|(fun(privileges: docker.PluginPrivilege[]): boolean), alias?: string, disable?: boolean, settings?: string[]|table<string, string>, auth?: moondock.Auth|false, insecure_credentials?: boolean, on_progress?: fun(value: moondock.Progress), timeout?: number, idle_timeout?: number, dry_run?: boolean }
---grant_all: true, or a function that is asked; alias: its name here; disable: do not enable it
---@return moondock.Plugin? plugin, string? message, moondock.Error? err
function Plugins:install(remote, opts)
  local mine, theirs = object.split(opts, PULL_OPTIONS)
  plugin_install.check(mine)
  errors.check_options("install", theirs, LIMITS, PULL_OPTIONS)
  local limits = call.limits(self.client, "PluginPull", theirs)
  return plugin_install.install(self.client, function(name) return self:get(name) end, remote, mine,
    limits)
end

---Create a plugin of a tar archive with its `config.json` and its root file system below `rootfs`. It
---is disabled. Like `docker plugin create`.  POST /plugins/create
---@param name string  [host[:port]/]name[:tag]
---@param archive moondock.Source
---@param opts? moondock.CallOptions
---@return moondock.Plugin? plugin, string? message, moondock.Error? err
function Plugins:create(name, archive, opts)
  local parts = reference.parse(name)
  local upload, size, file = sources.archive("archive", archive)
  local ok, message, err = call.run(self.client, "PluginCreate", {},
    object.with(opts, { name = name }), { upload = upload, size = size, file = file })
  if not ok then return nil, message, err end
  return self:get(parts.repository .. ":" .. (parts.tag or "latest"))
end

return { Plugin = Plugin, Plugins = Plugins }
