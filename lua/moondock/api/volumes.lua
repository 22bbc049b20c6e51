-- Volumes: the collection and its handles.

local call = require "moondock.call"
local errors = require "moondock.errors"
local object = require "moondock.object"
local told = require "moondock.told"
local versioned = require "moondock.versioned"

---A volume, by name. Making one sends nothing; one from a list or `create` is also what the engine
---knows about it.
---@class moondock.Volume: moondock.Object, docker.Volume
---@field id string  the volume's name
local Volume = object.handle("Volume", "Name")

---Everything the engine knows about the volume. Like `docker volume inspect`.  GET /volumes/{name}
---@param opts? moondock.CallOptions
---@return docker.Volume? details, string? message, moondock.Error? err
function Volume:inspect(opts)
  return self:call("VolumeInspect", opts)
end

-- What an update of a cluster volume starts from: its version and its specification.
local function present(self, opts)
  local details, message, err = self:inspect { timeout = opts.timeout }
  if not details then return nil, message, err end
  local now = told.object(details.ClusterVolume)
  if type(now.Spec) == "table" then return now end
  return errors.fail { kind = "invalid", operation = "VolumeUpdate",
    message = ("volume %s is no cluster volume: it cannot be updated"):format(self.id) }
end

---Change a cluster volume. Like `docker volume update`.  PUT /volumes/{name}
---What is not given stays as it is: the volume is asked for it first.  GET /volumes/{name}
---@param opts { availability?: string, Spec?: docker.ClusterVolumeSpec, version?: integer, timeout?: number, dry_run?: boolean }
---availability: active, pause or drain; Spec: the whole ClusterVolumeSpec; version: of the one that
---is changed, else it is a `conflict`
---@return true? ok, string? message, moondock.Error? err
function Volume:update(opts)
  local mine, theirs = object.split(opts, { availability = true })
  errors.check("option availability", mine.availability, "string or nil")
  if not theirs.Spec or not theirs.version then
    local now, message, err = present(self, theirs)
    if not now then return nil, message, err end
    theirs.Spec = theirs.Spec or told.object(now.Spec)
    theirs.version = theirs.version or told.integer(told.object(now.Version).Index)
    if not theirs.version then return versioned.untold("VolumeUpdate") end
    theirs.raw = theirs.raw or versioned.is_beyond(self.client, "VolumeUpdate", { self.id },
      { version = theirs.version, Spec = now.Spec })
  end
  theirs.Spec = object.with(theirs.Spec, { Availability = mine.availability })
  return self:call("VolumeUpdate", theirs)
end

---Remove the volume. Like `docker volume rm`.  DELETE /volumes/{name}
---@param opts? { force?: boolean, timeout?: number, dry_run?: boolean }  force: succeed even if the driver says it is gone
---@return true? ok, string? message, moondock.Error? err
function Volume:remove(opts)
  return self:call("VolumeDelete", opts)
end

---The volumes of an engine.
---@class moondock.Volumes
---@field client moondock.Client
local Volumes = object.collection "Volumes"

---List volumes. One request. Like `docker volume ls`.  GET /volumes
---@param opts? { filters?: moondock.Filters, timeout?: number, dry_run?: boolean }
---@return moondock.Volume[]? list, string[]|string|nil warnings_or_message, moondock.Error? err  warnings: of drivers, nil when there are none
function Volumes:list(opts)
  local reply, message, err = call.run(self.client, "VolumeList", {}, opts)
  if not reply then return nil, message, err end
  local warnings = reply.Warnings
  if type(warnings) ~= "table" or #warnings == 0 then warnings = nil end
  return object.bind_all(Volume, self.client, told.objects(reply.Volumes)), warnings
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
---@param name? string|moondock.VolumeOptions  or one table with name and the options
---@param opts? moondock.VolumeOptions
---@return moondock.Volume? volume, string? message, moondock.Error? err
function Volumes:create(name, opts)
  local wire = require("moondock.volume_flags").create(name, opts)
  return object.made(Volume, self.client, "VolumeCreate",
    call.run(self.client, "VolumeCreate", {}, wire))
end

local PRUNE_OPTIONS = { all = true, filters = true, timeout = true, raw = true }

---Remove unused volumes: the anonymous ones, with `all` those with names as well. Like `docker volume
---prune`, and the same on every engine: before API 1.42, where engines would remove named volumes in
---any case, the volumes are chosen and removed one by one, and there is no SpaceReclaimed. So they are
---there for `all` with the filter `label!`, too.
---POST /volumes/prune, or GET /volumes and DELETE /volumes/{name}
---@param opts? { all?: boolean, filters?: moondock.Filters, timeout?: number, dry_run?: boolean }
---@return docker.VolumePruneAnswer? report, string? message, moondock.Error? err
function Volumes:prune(opts)
  errors.check_options("volumes:prune", opts or {}, PRUNE_OPTIONS)
  local mine, theirs = object.split(opts, { all = true })
  errors.check("option all", mine.all, "boolean or nil")
  errors.check("option filters", theirs.filters, "table or nil") -- JSON cannot be looked into
  return require "moondock.volume_prune"(self.client, mine.all, theirs)
end

return { Volume = Volume, Volumes = Volumes }
