-- Secrets of a swarm: the collection and its handles.

local call = require "moondock.call"
local object = require "moondock.object"
local secret_body = require "moondock.secret_body"

---A secret, by id or name. What it holds can be read by the services that have it, and by nobody
---else.
---@class moondock.Secret: moondock.Object, docker.Secret
---@field id string
local Secret = object.handle("Secret", "ID")

---What the swarm knows about the secret, without its bytes. Like `docker secret inspect`.
---GET /secrets/{id}
---@param opts? moondock.CallOptions
---@return docker.Secret? details, string? message, moondock.Error? err
function Secret:inspect(opts)
  return self:call("SecretInspect", opts)
end

---Change its labels; engines refuse to change anything else.  POST /secrets/{id}/update
---@param change { label?: moondock.Map, label_add?: moondock.Map, label_rm?: string|string[], insecure_credentials?: boolean, timeout?: number, dry_run?: boolean }|fun(spec: docker.SecretSpec): docker.SecretSpec?
---label replaces them all
---@param opts? moondock.CallOptions
---@return true? ok, string? message, moondock.Error? err
function Secret:update(change, opts)
  return secret_body.update(self, { inspect = "SecretInspect", update = "SecretUpdate" }, change,
    opts)
end

---Remove the secret; no service may have it. Like `docker secret rm`.  DELETE /secrets/{id}
---@param opts? moondock.CallOptions
---@return true? ok, string? message, moondock.Error? err
function Secret:remove(opts)
  return self:call("SecretDelete", opts)
end

---The secrets of a swarm.
---@class moondock.Secrets
---@field client moondock.Client
local Secrets = object.collection "Secrets"

---List secrets. One request. Like `docker secret ls`.  GET /secrets
---@param opts? { filters?: moondock.Filters, timeout?: number, dry_run?: boolean }
---@return moondock.Secret[]? list, string? message, moondock.Error? err
function Secrets:list(opts)
  local records, message, err = object.list_of(call.run(self.client, "SecretList", {}, opts))
  if not records then return nil, message, err end
  return object.bind_all(Secret, self.client, records)
end

---A handle by id or name; nothing is sent.
---@param id string
---@return moondock.Secret
function Secrets:get(id)
  return object.get(Secret, self.client, id)
end

local FLAGS = { label = true, driver = true, template_driver = true }

---Create a secret of any bytes, fewer than 500 KiB. Like `docker secret create`.  POST /secrets/create
---@param name string|moondock.SecretOptions  or one table with name, data and the options
---@param data? moondock.Source  none where a driver has them
---@param opts? moondock.SecretOptions
---@return moondock.Secret? secret, string? message, moondock.Error? err
function Secrets:create(name, data, opts)
  local wire, message, err = secret_body.create(name, data, opts, FLAGS)
  if not wire then return nil, message, err end
  return object.made(Secret, self.client, "SecretCreate",
    call.run(self.client, "SecretCreate", {}, wire))
end

return { Secret = Secret, Secrets = Secrets }
