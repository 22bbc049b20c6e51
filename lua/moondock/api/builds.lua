-- Builds of images: `build`, `build_cancel` and `build_prune` of the collection of images.

local build_flags = require "moondock.build_flags"
local build_trace = require "moondock.build_trace"
local call = require "moondock.call"
local config_proxies = require "moondock.config_proxies"
local build_headers = require "moondock.credential_build"
local errors = require "moondock.errors"
---@class moondock.Images
local Images = require "moondock.api.images".Images
local object = require "moondock.object"
local sources = require "moondock.sources"
local told = require "moondock.told"

local OWN = { on_progress = true, auth = true, auths = true, insecure_credentials = true,
  use_config_proxy = true }

-- Where the context comes from: bytes of ours, or an address that the engine reads.
local function source_of(context, remote)
  if remote ~= nil then
    if context ~= nil then errors.blame("a build has a context or a remote, not both") end
    return {}
  end
  local upload, size, file = sources.archive("context", context)
  return { upload = upload, size = size, file = file }
end

-- BuildKit does not look at credentials in the request: none are looked for, and none travel.
local function settle_credentials(mine, wire)
  if wire.version ~= "2" then return mine end
  if mine.auth or mine.auths then
    errors.blame("option auth: BuildKit ignores credentials of the request; pull the private base "
      .. "images first, or build with version = \"1\"")
  end
  return object.with(mine, { auth = false })
end

-- What BuildKit says in a form of its own is read, for whoever sees the progress.
local function with_traces(mine)
  local on_progress = errors.check("option on_progress", mine.on_progress, "function or nil")
  return object.with(mine, { on_progress = function(value)
    value.trace = build_trace(value)
    if on_progress then on_progress(value) end
  end })
end

-- The id of the image that was made. A quiet build says nothing else.
local function id_of(seen)
  local aux, last = call.aux_of(seen, "ID"), seen[#seen]
  if aux then return aux.ID end
  local id = (told.text(told.object(last).stream) or ""):match "^([%w:]+)%s*$" or ""
  if id:find "^sha256:%x+$" then return id end
  return #id == 64 and id:find "^%x+$" and "sha256:" .. id or nil -- Podman's
end

---Build an image. Like `docker build`.  POST /build
---The context is a tar archive with the Dockerfile in it, which may be compressed. `version` chooses the
---builder: "1" is the classic one, which engines use unless told otherwise, "2" BuildKit; it works
---without what needs a session: secrets, ssh, private base images, output to files.
---A lower-case key is the long flag of `docker build`, or one of the operation's own parameters.
---A command of the Dockerfile that fails is an error of kind `exit`, with the last progress in
---`err.partial`. Progress of the classic builder is text, `value.stream`; that of BuildKit is
---`value.trace`, a `moondock.BuildTrace`: steps that begin and end, and their output.
---@param context moondock.Source|nil  nil with `remote`
---@param opts? moondock.BuildOptions
---@return moondock.Image? image, string? message, moondock.Error? err
function Images:build(context, opts)
  local mine, theirs = object.split(opts, OWN)
  local wire = build_flags.parameters(theirs, OWN)
  mine = with_traces(settle_credentials(mine, wire))
  local extra = source_of(context, wire.remote)
  extra.limits = call.limits(self.client, "ImageBuild", theirs)
  local ok, message, err = config_proxies.complete_build(self.client, mine.use_config_proxy, wire)
  if not ok then return nil, message, err end
  extra.headers, message, err = build_headers(self.client, mine, extra.limits)
  if not extra.headers then return nil, message, err end
  local seen
  seen, message, err = object.with_progress(self.client, "ImageBuild", {}, wire, mine, extra)
  if not seen then return nil, message, err end
  local id = id_of(seen)
  if id then return self:get(id) end
  return errors.fail { kind = "protocol", operation = "ImageBuild", partial = seen,
    message = "the build ended without an error and without an image" }
end

---Stop a build of BuildKit that was started with this `build_id`.  POST /build/cancel
---One that is not there is no error. Closing its client stops a build as well.
---@param id string
---@param opts? moondock.CallOptions
---@return true? ok, string? message, moondock.Error? err
function Images:build_cancel(id, opts)
  errors.check("id", id, "string")
  return call.run(self.client, "BuildCancel", {}, object.with(opts, { id = id }))
end

---Remove what the build cache holds and nothing uses. Like `docker builder prune`.  POST /build/prune
---@param opts? { all?: boolean, filters?: moondock.Filters, ["keep-storage"]?: integer, ["reserved-space"]?: integer, ["max-used-space"]?: integer, ["min-free-space"]?: integer, timeout?: number, dry_run?: boolean }
---all: also internal and shared records; keep-storage: bytes to keep, called reserved-space from API 1.48
---@return docker.BuildPruneAnswer? report, string? message, moondock.Error? err
function Images:build_prune(opts)
  return object.pruned("CachesDeleted", call.run(self.client, "BuildPrune", {}, opts))
end

return Images
