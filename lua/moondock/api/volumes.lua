-- Volumes: the collection and its handles.

local call = require "moondock.call"
local core = require "moondock.core"
local errors = require "moondock.errors"
local object = require "moondock.object"

---A volume, by name. Making one sends nothing; one from a list or `create` is also what the engine
---knows about it.
---@class moondock.Volume: moondock.Object, docker.Volume
---@field id string  the volume's name
local Volume = object.handle("Volume", "Name")

---Everything the engine knows about the volume. Like `docker volume inspect`.  GET /volumes/{name}
---@param opts? { timeout?: number }
---@return docker.Volume? details, string? message, moondock.Error? err
function Volume:inspect(opts)
  return self:call("VolumeInspect", opts)
end

-- What an update of a cluster volume starts from: its version and its specification.
local function present(self, opts)
  local details, message, err = self:inspect { timeout = opts.timeout }
  if not details then return nil, message, err end
  if type(details.ClusterVolume) == "table" then return details.ClusterVolume end
  return errors.fail { kind = "invalid", operation = "VolumeUpdate",
    message = ("volume %s is no cluster volume: it cannot be updated"):format(self.id) }
end

---Change a cluster volume. Like `docker volume update`.  PUT /volumes/{name}
---What is not given stays as it is: the volume is asked for it first.  GET /volumes/{name}
---@param opts { availability?: string, Spec?: table, version?: integer, timeout?: number }
---availability: active, pause or drain; Spec: the whole ClusterVolumeSpec; version: of the one that
---is changed, else it is a `conflict`
---@return true? ok, string? message, moondock.Error? err
function Volume:update(opts)
  local mine, theirs = object.split(opts, { availability = true })
  errors.check("option availability", mine.availability, "string or nil")
  if not theirs.Spec or not theirs.version then
    local now, message, err = present(self, theirs)
    if not now then return nil, message, err end
    theirs.Spec = theirs.Spec or now.Spec
    theirs.version = theirs.version or now.Version.Index
  end
  theirs.Spec = object.with(theirs.Spec, { Availability = mine.availability })
  return self:call("VolumeUpdate", theirs)
end

---Remove the volume. Like `docker volume rm`.  DELETE /volumes/{name}
---@param opts? { force?: boolean, timeout?: number }  force: succeed even if the driver says it is gone
---@return true? ok, string? message, moondock.Error? err
function Volume:remove(opts)
  return self:call("VolumeDelete", opts)
end

---The volumes of an engine.
---@class moondock.Volumes
---@field client moondock.Client
local Volumes = object.collection "Volumes"

---List volumes. One request. Like `docker volume ls`.  GET /volumes
---@param opts? { filters?: table, timeout?: number }
---@return moondock.Volume[]? list, string[]|string|nil warnings_or_message, moondock.Error? err  warnings: of drivers, nil when there are none
function Volumes:list(opts)
  local reply, message, err = call.run(self.client, "VolumeList", {}, opts)
  if not reply then return nil, message, err end
  local warnings = reply.Warnings
  if type(warnings) ~= "table" or #warnings == 0 then warnings = nil end
  local records = object.list_of(reply.Volumes or core.null)
  return object.bind_all(Volume, self.client, records), warnings
end

---A handle by name; nothing is sent.
---@param name string
---@return moondock.Volume
function Volumes:get(name)
  return object.get(Volume, self.client, name)
end

---Create a volume; one that is there already, with the same driver, is returned. Like `docker volume
---create`. Without a name the engine makes one up.  POST /volumes/create
---A lower-case key is the long flag, one with a capital letter a field of the Engine's body.
---@param name? string|table  or one table with name and the options
---@param opts? { driver?: string, opt?: table, label?: table, group?: string, availability?: string, scope?: string, sharing?: string, type?: string, limit_bytes?: integer|string, required_bytes?: integer|string, secret?: table, topology_required?: string|string[], topology_preferred?: string|string[], timeout?: number }
---group and what follows it: of a cluster volume
---@return moondock.Volume? volume, string? message, moondock.Error? err
function Volumes:create(name, opts)
  local wire = require("moondock.volume_flags").create(name, opts)
  local reply, message, err = call.run(self.client, "VolumeCreate", {}, wire)
  if not reply then return nil, message, err end
  return object.bind(Volume, self.client, reply)
end

local PRUNE_OPTIONS = { all = true, filters = true, timeout = true, raw = true }

---Remove unused volumes: the anonymous ones, with `all` those with names as well. Like `docker volume
---prune`, and the same on every engine: before API 1.42, where engines would remove named volumes in
---any case, the volumes are chosen and removed one by one, and there is no SpaceReclaimed. So they are
---there for `all` with the filter `label!`, too.
---POST /volumes/prune, or GET /volumes and DELETE /volumes/{name}
---@param opts? { all?: boolean, filters?: table, timeout?: number }
---@return docker.VolumePruneAnswer? report, string? message, moondock.Error? err
function Volumes:prune(opts)
  errors.check_options("volumes:prune", opts or {}, PRUNE_OPTIONS)
  local mine, theirs = object.split(opts, { all = true })
  errors.check("option all", mine.all, "boolean or nil")
  return require "moondock.volume_prune"(self.client, mine.all, theirs)
end

return { Volume = Volume, Volumes = Volumes }
