-- Nodes of a swarm: the collection and its handles.

local call = require "moondock.call"
local errors = require "moondock.errors"
local flag_values = require "moondock.flag_values"
local object = require "moondock.object"
local told = require "moondock.told"
local versioned = require "moondock.versioned"

---A node, by id or host name.
---@class moondock.Node: moondock.Object, docker.Node
---@field id string
local Node = object.handle("Node", "ID")

---Everything the swarm knows about the node. Like `docker node inspect`.  GET /nodes/{id}
---@param opts? moondock.CallOptions
---@return docker.Node? details, string? message, moondock.Error? err
function Node:inspect(opts)
  return self:call("NodeInspect", opts)
end

local CHANGES = {
  role = function(spec, value) spec.Role = flag_values.text("role", value) end,
  availability = function(spec, value)
    spec.Availability = flag_values.text("availability", value)
  end,
  label_add = versioned.LABELS.label_add,
  label_rm = versioned.LABELS.label_rm,
}

local OWN = { timeout = true, raw = true, insecure_credentials = true }

---Change the node: read, change, send, and again from the start when another was faster. Like
---`docker node update`.  POST /nodes/{id}/update
---@param change { role?: string, availability?: string, label_add?: moondock.Map, label_rm?: string|string[], timeout?: number, dry_run?: boolean }|fun(spec: docker.NodeSpec): docker.NodeSpec?
---a function changes the spec or returns another, and may be called several times; a table takes
---fields of the Engine too
---@param opts? moondock.CallOptions
---@return true? ok, string? message, moondock.Error? err
function Node:update(change, opts)
  local apply, calls = versioned.change(change, opts, CHANGES, OWN)
  return versioned.update(self, { inspect = "NodeInspect", update = "NodeUpdate",
    path = { self.id } }, apply, calls)
end

---Make the node a manager. Like `docker node promote`.  POST /nodes/{id}/update
---@param opts? moondock.CallOptions
---@return true? ok, string? message, moondock.Error? err
function Node:promote(opts)
  return self:update({ role = "manager" }, opts)
end

---Make the node a worker. Like `docker node demote`.  POST /nodes/{id}/update
---@param opts? moondock.CallOptions
---@return true? ok, string? message, moondock.Error? err
function Node:demote(opts)
  return self:update({ role = "worker" }, opts)
end

---Move all tasks away and give it no new ones. Like `docker node update --availability drain`.
---POST /nodes/{id}/update
---@param opts? moondock.CallOptions
---@return true? ok, string? message, moondock.Error? err
function Node:drain(opts)
  return self:update({ availability = "drain" }, opts)
end

---Give it no new tasks. Like `docker node update --availability pause`.  POST /nodes/{id}/update
---@param opts? moondock.CallOptions
---@return true? ok, string? message, moondock.Error? err
function Node:pause(opts)
  return self:update({ availability = "pause" }, opts)
end

---Let it have tasks again. Like `docker node update --availability active`.
---POST /nodes/{id}/update
---@param opts? moondock.CallOptions
---@return true? ok, string? message, moondock.Error? err
function Node:activate(opts)
  return self:update({ availability = "active" }, opts)
end

---Remove the node from the swarm; it must be down, or `force`. Like `docker node rm`.
---DELETE /nodes/{id}
---@param opts? { force?: boolean, timeout?: number, dry_run?: boolean }
---@return true? ok, string? message, moondock.Error? err
function Node:remove(opts)
  return self:call("NodeDelete", opts)
end

---The tasks on the node, past ones too. Like `docker node ps`.  GET /tasks
---@param opts? { filters?: moondock.Filters, timeout?: number, dry_run?: boolean }
---@return moondock.ServiceTask[]? list, string? message, moondock.Error? err
function Node:tasks(opts)
  opts = object.with(opts, {})
  opts.filters = object.with(opts.filters, { node = self.id })
  return self.client.tasks:list(opts)
end

---The nodes of a swarm.
---@class moondock.Nodes
---@field client moondock.Client
local Nodes = object.collection "Nodes"

---List nodes. One request. Like `docker node ls`.  GET /nodes
---@param opts? { filters?: moondock.Filters, timeout?: number, dry_run?: boolean }
---@return moondock.Node[]? list, string? message, moondock.Error? err
function Nodes:list(opts)
  local records, message, err = object.list_of(call.run(self.client, "NodeList", {}, opts))
  if not records then return nil, message, err end
  return object.bind_all(Node, self.client, records)
end

---The node that this engine is. What the CLI calls `self`.  GET /info
---@param opts? moondock.CallOptions
---@return moondock.Node? node, string? message, moondock.Error? err
function Nodes:self(opts)
  local info, message, err = call.run(self.client, "SystemInfo", {}, opts)
  if not info then return nil, message, err end
  local id = told.text(told.object(info.Swarm).NodeID)
  if id then return object.get(Node, self.client, id) end
  return errors.fail { kind = "unavailable", operation = "SystemInfo",
    message = "this engine is not part of a swarm" }
end

---A handle by id or host name; nothing is sent.
---@param id string
---@return moondock.Node
function Nodes:get(id)
  return object.get(Node, self.client, id)
end

return { Node = Node, Nodes = Nodes }
