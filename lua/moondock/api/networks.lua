-- Networks: the collection and its handles.

local call = require "moondock.call"
local errors = require "moondock.errors"
local object = require "moondock.object"

---A network, by id or name. Making one sends nothing; one from a list is also its own summary.
---@class moondock.Network: moondock.Object, docker.NetworkSummary
---@field id string
---@field Warning? string  of one that was made
local Network = object.handle "Network"

---Everything the engine knows about the network. Like `docker network inspect`.  GET /networks/{id}
---@param opts? { verbose?: boolean, scope?: string, timeout?: number, dry_run?: boolean }  verbose: of a swarm's network, with its services and tasks
---@return docker.NetworkInspect? details, string? message, moondock.Error? err
function Network:inspect(opts)
  return self:call("NetworkInspect", opts)
end

---Remove the network. Like `docker network rm`.  DELETE /networks/{id}
---@param opts? moondock.CallOptions
---@return true? ok, string? message, moondock.Error? err
function Network:remove(opts)
  return self:call("NetworkDelete", opts)
end

---Connect a container, which may run or not. Like `docker network connect`.
---POST /networks/{id}/connect
---A lower-case key is the long flag, one with a capital letter a field of the Engine's
---EndpointConfig.
---@param container string|moondock.Container  its id or name
---@param opts? moondock.NetworkConnectOptions
---@return true? ok, string? message, moondock.Error? err
function Network:connect(container, opts)
  opts = errors.check("options", opts or {}, "table")
  local id = object.id_of("container", container)
  return self:call("NetworkConnect", require("moondock.network_flags").connect(id, opts))
end

---Disconnect a container. Like `docker network disconnect`.  POST /networks/{id}/disconnect
---@param container string|moondock.Container  its id or name
---@param opts? { force?: boolean, timeout?: number, dry_run?: boolean }  force: also one that is gone
---@return true? ok, string? message, moondock.Error? err
function Network:disconnect(container, opts)
  local mine, theirs = object.split(opts, { force = true })
  if mine.force ~= nil then errors.check("option force", mine.force, "boolean") end
  theirs.Container, theirs.Force = object.id_of("container", container), mine.force
  return self:call("NetworkDisconnect", theirs)
end

---The networks of an engine.
---@class moondock.Networks
---@field client moondock.Client
local Networks = object.collection "Networks"

---List networks. One request. Like `docker network ls`.  GET /networks
---@param opts? { filters?: moondock.Filters, timeout?: number, dry_run?: boolean }
---@return moondock.Network[]? list, string? message, moondock.Error? err
function Networks:list(opts)
  local records, message, err = object.list_of(call.run(self.client, "NetworkList", {}, opts))
  if not records then return nil, message, err end
  return object.bind_all(Network, self.client, records)
end

---A handle by id or name; nothing is sent.
---@param id string
---@return moondock.Network
function Networks:get(id)
  return object.get(Network, self.client, id)
end

---Create a network. Like `docker network create`.  POST /networks/create
---A lower-case key is the long flag, one with a capital letter a field of the Engine's body. A name
---that is taken is a `conflict`, on old engines too.
---@param name string|moondock.NetworkOptions  or one table with name and the options
---@param opts? moondock.NetworkOptions
---@return moondock.Network? network, string? message, moondock.Error? err  network.Warning
function Networks:create(name, opts)
  local wire = require("moondock.network_flags").create(name, opts)
  return object.made(Network, self.client, "NetworkCreate",
    call.run(self.client, "NetworkCreate", {}, wire))
end

---Remove all networks that no container uses. Like `docker network prune`.  POST /networks/prune
---@param opts? { filters?: moondock.Filters, timeout?: number, dry_run?: boolean }
---@return docker.NetworkPruneAnswer? report, string? message, moondock.Error? err
function Networks:prune(opts)
  return object.pruned("NetworksDeleted", call.run(self.client, "NetworkPrune", {}, opts))
end

return { Network = Network, Networks = Networks }
