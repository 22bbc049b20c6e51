-- Configs of a swarm: the collection and its handles.

local call = require "moondock.call"
local core = require "moondock.core"
local errors = require "moondock.errors"
local object = require "moondock.object"
local secret_body = require "moondock.secret_body"

---A config, by id or name: bytes that services find in a file.
---@class moondock.Config: moondock.Object, docker.Config
---@field id string
local Config = object.handle("Config", "ID")

---Everything the swarm knows about the config; `Spec.Data` is base64, see `data`. Like `docker config
---inspect`.  GET /configs/{id}
---@param opts? moondock.CallOptions
---@return docker.Config? details, string? message, moondock.Error? err
function Config:inspect(opts)
  return self:call("ConfigInspect", opts)
end

---The bytes of the config.  GET /configs/{id}
---@param opts? moondock.CallOptions
---@return string? bytes, string? message, moondock.Error? err
function Config:data(opts)
  local details, message, err = self:call("ConfigInspect", opts)
  if not details then return nil, message, err end
  local data = type(details.Spec) == "table" and details.Spec.Data
  if type(data) ~= "string" then return "" end
  local bytes, why = core.unbase64(data)
  if bytes then return bytes end
  return errors.fail { kind = "protocol", operation = "ConfigInspect",
    message = "the data of config " .. self.id .. ": " .. why }
end

---Change its labels; engines refuse to change anything else.  POST /configs/{id}/update
---@param change { label?: moondock.Map, label_add?: moondock.Map, label_rm?: string|string[], insecure_credentials?: boolean, timeout?: number, dry_run?: boolean }|fun(spec: docker.ConfigSpec): docker.ConfigSpec?
---label replaces them all
---@param opts? moondock.CallOptions
---@return true? ok, string? message, moondock.Error? err
function Config:update(change, opts)
  return secret_body.update(self, { inspect = "ConfigInspect", update = "ConfigUpdate" }, change,
    opts)
end

---Remove the config; no service may have it. Like `docker config rm`.  DELETE /configs/{id}
---@param opts? moondock.CallOptions
---@return true? ok, string? message, moondock.Error? err
function Config:remove(opts)
  return self:call("ConfigDelete", opts)
end

---The configs of a swarm.
---@class moondock.Configs
---@field client moondock.Client
local Configs = object.collection "Configs"

---List configs. One request. Like `docker config ls`.  GET /configs
---@param opts? { filters?: moondock.Filters, timeout?: number, dry_run?: boolean }
---@return moondock.Config[]? list, string? message, moondock.Error? err
function Configs:list(opts)
  local records, message, err = object.list_of(call.run(self.client, "ConfigList", {}, opts))
  if not records then return nil, message, err end
  return object.bind_all(Config, self.client, records)
end

---A handle by id or name; nothing is sent.
---@param id string
---@return moondock.Config
function Configs:get(id)
  return object.get(Config, self.client, id)
end

local FLAGS = { label = true, template_driver = true }

---Create a config of any bytes, fewer than 1000 KiB. Like `docker config create`.  POST /configs/create
---@param name string|moondock.ConfigOptions  or one table with name, data and the options
---@param data? moondock.Source
---@param opts? moondock.ConfigOptions
---@return moondock.Config? config, string? message, moondock.Error? err
function Configs:create(name, data, opts)
  local wire, message, err = secret_body.create(name, data, opts, FLAGS)
  if not wire then return nil, message, err end
  return object.made(Config, self.client, "ConfigCreate",
    call.run(self.client, "ConfigCreate", {}, wire))
end

return { Config = Config, Configs = Configs }
