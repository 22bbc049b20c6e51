-- Checkpoints of containers, which engines have with their experimental features and CRIU.

local call = require "moondock.call"
---@class moondock.Container
local Container = require "moondock.api.containers".Container
local errors = require "moondock.errors"
local object = require "moondock.object"

---Freeze the state of the container's processes on disk, under a name. They end, unless
---`Exit = false`. Like `docker checkpoint create`; `container:start { checkpoint = name }` goes on from
---there.  POST /containers/{id}/checkpoints
---@param name string
---@param opts? { Exit?: boolean, CheckpointDir?: string, timeout?: number, dry_run?: boolean }
---@return true? ok, string? message, moondock.Error? err
function Container:checkpoint_create(name, opts)
  errors.check("name", name, "string")
  opts = object.with(opts, { CheckpointID = name })
  if opts.Exit == nil then opts.Exit = true end
  return self:call("CheckpointCreate", opts)
end

---The checkpoints of the container. Like `docker checkpoint ls`.  GET /containers/{id}/checkpoints
---@param opts? { dir?: string, timeout?: number, dry_run?: boolean }
---@return { Name: string }[]? list, string? message, moondock.Error? err
function Container:checkpoint_list(opts)
  return object.list_of(self:call("CheckpointList", opts))
end

---Remove a checkpoint. Like `docker checkpoint rm`.
---DELETE /containers/{id}/checkpoints/{checkpoint}
---@param name string
---@param opts? { dir?: string, timeout?: number, dry_run?: boolean }
---@return true? ok, string? message, moondock.Error? err
function Container:checkpoint_delete(name, opts)
  errors.check("name", name, "string")
  return call.run(self.client, "CheckpointDelete", { self.id, name }, opts)
end

return Container
