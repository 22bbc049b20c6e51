-- Images: the collection and its handles.

local call = require "moondock.call"
local credentials = require "moondock.credentials"
local errors = require "moondock.errors"
local lazy = require "moondock.lazy"
local flag_values = lazy "moondock.flag_values"
local object = require "moondock.object"
local reference = require "moondock.reference"
local sources = require "moondock.sources"
local told = require "moondock.told"

---An image, by id or reference. Making one sends nothing; one from a list is also its own summary.
---@class moondock.Image: moondock.Object, docker.ImageSummary
---@field id string
---@field Digest? string  of one that was pulled, where the engine told it
local Image = object.handle "Image"

---Everything the engine knows about the image. Like `docker image inspect`.
---GET /images/{name}/json
---@param opts? { manifests?: boolean, platform?: string|docker.OCIPlatform, timeout?: number, dry_run?: boolean }
---@return docker.ImageInspect? details, string? message, moondock.Error? err
function Image:inspect(opts)
  return self:call("ImageInspect", opts)
end

---The layers and how they came about. Like `docker history`.  GET /images/{name}/history
---@param opts? { platform?: string|docker.OCIPlatform, timeout?: number, dry_run?: boolean }
---@return docker.ImageHistoryResponseItem[]? layers, string? message, moondock.Error? err
function Image:history(opts)
  return object.list_of(self:call("ImageHistory", opts))
end

---Give the image another name. Like `docker tag`.  POST /images/{name}/tag
---@param target string|{ repo: string, tag?: string }  "repository[:tag]", or the two apart
---@param opts? moondock.CallOptions
---@return true? ok, string? message, moondock.Error? err
function Image:tag(target, opts)
  if type(target) == "string" then
    local parts = reference.parse(target)
    if parts.digest then errors.blame("a tag cannot carry a digest: " .. target) end
    target = { repo = parts.repository, tag = parts.tag }
  end
  errors.check("target", target, "string or table")
  return self:call("ImageTag", object.with(opts, target))
end

---Remove the image, or only this name of it. Like `docker rmi`.  DELETE /images/{name}
---@param opts? { force?: boolean, noprune?: boolean, platforms?: docker.OCIPlatform[], timeout?: number, dry_run?: boolean }
---@return docker.ImageDeleteResponseItem[]? what, string? message, moondock.Error? err
function Image:remove(opts)
  return object.list_of(self:call("ImageDelete", opts))
end

---The image with its layers as a tar archive. Like `docker save`.  GET /images/{name}/get
---@param opts? { platform?: string|docker.OCIPlatform, timeout?: number, idle_timeout?: number, dry_run?: boolean }
---@return moondock.ByteStream? archive, string? message, moondock.Error? err
function Image:save(opts)
  return object.archive(call.open(self.client, "ImageGet", { self.id }, opts))
end

---What is attested of the image: how it was built, what is in it. Engines with the containerd image
---store.  GET /images/{name}/attestations
---@param opts? { platform?: string|docker.OCIPlatform, type?: string|string[], statement?: boolean, timeout?: number, dry_run?: boolean }
---type: only attestations with this predicate; statement: with the statements themselves
---@return docker.AttestationStatement[]? attestations, string? message, moondock.Error? err
function Image:attestations(opts)
  return object.list_of(self:call("ImageAttestations", opts))
end

local TRANSFER_OPTIONS = { auth = true, insecure_credentials = true, on_progress = true,
  all_tags = true, tag = true }

local with_progress = object.with_progress

-- The name that a handle is pushed by: its own, or the only one of a listed image.
local function push_name(image)
  if not image.id:find("^sha256:") then return image.id end
  local tags = rawget(image, "RepoTags")
  if type(tags) == "table" and #tags == 1 then return tags[1] end
  errors.blame("an image is pushed by its name, not by its id: images:get \"host/name:tag\"")
end

-- The tag to push: what was asked for, or what the name says. nil for all of them.
local function push_tag(parts, mine)
  if parts.digest then errors.blame("an image cannot be pushed by digest; name a tag") end
  if mine.all_tags then return nil end
  return mine.tag or parts.tag or "latest"
end

-- What was pushed. Podman tells it in words, Docker besides.
local function pushed_of(seen)
  local result = {}
  for _, value in ipairs(seen) do
    local aux = told.object(value.aux)
    if told.text(aux.Digest) then return aux end
    local words = type(value.status) == "string" and value.status or ""
    local tag, digest, size = words:match("^(%S+): digest: (%S+) size: (%d+)$")
    if tag then result = { Tag = tag, Digest = digest, Size = tonumber(size) } end
  end
  return result
end

---Push the image to its registry. The handle must be a reference, as `images:get
---"host:5000/team/web:1"` makes it. Like `docker push`.  POST /images/{name}/push
---@param opts? { tag?: string, all_tags?: boolean, platform?: string|docker.OCIPlatform, auth?: moondock.Auth|false, insecure_credentials?: boolean, on_progress?: fun(value: moondock.Progress), timeout?: number, idle_timeout?: number, dry_run?: boolean }
---@return { Tag?: string, Digest?: string, Size?: integer }? result, string? message, moondock.Error? err
function Image:push(opts)
  local mine, theirs = object.split(opts, TRANSFER_OPTIONS)
  local parts = reference.parse(push_name(self))
  theirs.tag = push_tag(parts, mine)
  local limits = call.limits(self.client, "ImagePush", theirs)
  local headers, message, err = credentials.request_headers(self.client, parts.repository,
    mine, true, limits)
  if not headers then return nil, message, err end
  local seen
  seen, message, err = with_progress(self.client, "ImagePush", { parts.repository }, theirs, mine,
    { headers = headers, limits = limits })
  if not seen then return nil, message, err end
  return pushed_of(seen)
end

---The images of an engine.
---@class moondock.Images
---@field client moondock.Client
local Images = object.collection "Images"
object.later(Images, "moondock.api.builds", { "build", "build_cancel", "build_prune" })

---List images. One request. Like `docker images`.  GET /images/json
---@param opts? { all?: boolean, filters?: moondock.Filters, digests?: boolean, ["shared-size"]?: boolean, manifests?: boolean, identity?: boolean, timeout?: number, dry_run?: boolean }
---@return moondock.Image[]? list, string? message, moondock.Error? err
function Images:list(opts)
  local records, message, err = object.list_of(call.run(self.client, "ImageList", {}, opts))
  if not records then return nil, message, err end
  return object.bind_all(Image, self.client, records)
end

---A handle by id or reference; nothing is sent.
---@param id string
---@return moondock.Image
function Images:get(id)
  return object.get(Image, self.client, id)
end

-- The digest that a pull ended with, from its status lines.
local function digest_of(seen)
  for _, value in ipairs(seen) do
    local digest = type(value.status) == "string" and value.status:match("^Digest: (%S+)$")
    if digest then return digest end
  end
end

-- The handle of what was pulled: a name that the engine now knows.
local function pulled(client, parts, tag, seen)
  local name = parts.repository
  if parts.digest then name = name .. "@" .. parts.digest elseif tag then name = name .. ":"
    .. tag end
  local image = object.get(Image, client, name)
  image.Digest = digest_of(seen)
  return image
end

-- Watch for the tags that a pull of all begins with: the handles, where it ended well. Podman pulls
-- the latest alone, and names no tag.
local function watch_tags(client, repository, mine)
  local images = {}
  local on_progress = errors.check("option on_progress", mine.on_progress, "function or nil")
  local function add(tag)
    images[#images + 1] = object.get(Image, client, repository .. ":" .. tag)
  end
  mine.on_progress = function(value)
    local tag = told.text(value.id)
    if tag and (told.text(value.status) or ""):find "^Pulling from " then add(tag) end
    if on_progress then on_progress(value) end
  end
  return function()
    if #images == 0 then add "latest" end
    return images
  end
end

---Pull an image. The tag is `latest` where the reference names neither tag nor digest. Like `docker
---pull`. With `all_tags` it returns a list of handles, of all images of the repository.
---POST /images/create
---@param name string  [host[:port]/]name[:tag][@digest]
---@param opts? { all_tags?: boolean, platform?: string, auth?: moondock.Auth|false, insecure_credentials?: boolean, on_progress?: fun(value: moondock.Progress), timeout?: number, idle_timeout?: number, dry_run?: boolean }
---@return moondock.Image? image, string? message, moondock.Error? err  image.Digest where the engine told it
function Images:pull(name, opts)
  local mine, theirs = object.split(opts, TRANSFER_OPTIONS)
  local parts = reference.parse(name)
  local tag, all = errors.check("option tag", mine.tag, "string or nil") or parts.tag, nil
  if not mine.all_tags then
    tag = tag or "latest"
  elseif tag or parts.digest then
    errors.blame "option all_tags goes with a repository alone, without a tag or a digest"
  else
    all = watch_tags(self.client, parts.repository, mine)
  end
  theirs.fromImage, theirs.tag = parts.repository, parts.digest or tag
  local limits = call.limits(self.client, "ImageCreate", theirs)
  local headers, message, err = credentials.request_headers(self.client, parts.repository,
    mine, false, limits)
  if not headers then return nil, message, err end
  local seen
  seen, message, err = with_progress(self.client, "ImageCreate", {}, theirs, mine,
    { headers = headers, limits = limits })
  if not seen then return nil, message, err end
  if all then return all() end
  return pulled(self.client, parts, tag, seen)
end

local UPLOAD_OPTIONS = { on_progress = true }

---Make an image of a tar archive of a root file system. Like `docker import`.  POST /images/create
---@param archive moondock.Source  or the address, http:// or https://, where the engine finds it
---@param opts? { repo?: string, tag?: string, message?: string, changes?: string|string[], platform?: string, on_progress?: fun(value: moondock.Progress), timeout?: number, dry_run?: boolean }
---@return moondock.Image? image, string? message, moondock.Error? err
function Images:import(archive, opts)
  local mine, theirs = object.split(opts, UPLOAD_OPTIONS)
  local upload, size, file
  theirs.fromSrc = type(archive) == "string" and archive:match "^https?://.*" or "-"
  if theirs.fromSrc == "-" then upload, size, file = sources.archive("archive", archive) end
  local repository, tag = reference.target(theirs)
  if type(repository) == "string" and type(tag) == "string" then
    theirs.repo, theirs.tag = repository .. ":" .. tag, nil -- Podman looks there, Docker also
  end
  local seen, message, err = with_progress(self.client, "ImageCreate", {}, theirs, mine,
    { upload = upload, size = size, file = file })
  if not seen then return nil, message, err end
  local made
  made, message, err = call.with_id("ImageCreate",
    { id = told.text(told.object(seen[#seen]).status) or theirs.repo }, "id")
  if not made then return nil, message, err end
  return object.get(Image, self.client, made.id)
end

---Load images from an archive that `save` made. Like `docker load`.  POST /images/load
---@param archive moondock.Source
---@param opts? { quiet?: boolean, platform?: string|docker.OCIPlatform, on_progress?: fun(value: moondock.Progress), timeout?: number, dry_run?: boolean }
---@return moondock.Image[]? images, string? message, moondock.Error? err
function Images:load(archive, opts)
  local mine, theirs = object.split(opts, UPLOAD_OPTIONS)
  local upload, size, file = sources.archive("archive", archive)
  local seen, message, err = with_progress(self.client, "ImageLoad", {}, theirs, mine,
    { upload = upload, size = size, file = file })
  if not seen then return nil, message, err end
  local loaded = {}
  for _, value in ipairs(seen) do
    local names = (told.text(value.stream) or ""):match "^Loaded image[^:]*: (%S+)" or ""
    for name in names:gmatch "[^,]+" do -- Podman names all of them in one line
      loaded[#loaded + 1] = object.get(Image, self.client, name)
    end
  end
  return loaded
end

---Several images in one tar archive. Like `docker save`.  GET /images/get
---@param names string|moondock.Image|(string|moondock.Image)[]
---@param opts? { platform?: string|docker.OCIPlatform, timeout?: number, idle_timeout?: number, dry_run?: boolean }
---@return moondock.ByteStream? archive, string? message, moondock.Error? err
function Images:save(names, opts)
  local ids = flag_values.texts("names", names)
  if #ids == 0 then errors.blame("names must name the images to save") end
  return object.archive(call.open(self.client, "ImageGetAll", {},
    object.with(opts, { names = ids })))
end

---Remove unused images, the untagged ones unless `filters = { dangling = false }`. Like `docker
---image prune`.
---POST /images/prune
---@param opts? { filters?: moondock.Filters, timeout?: number, dry_run?: boolean }
---@return docker.ImagePruneAnswer? report, string? message, moondock.Error? err
function Images:prune(opts)
  return object.pruned("ImagesDeleted", call.run(self.client, "ImagePrune", {}, opts))
end

local SEARCH_OPTIONS = { auth = true, insecure_credentials = true }

---Search the Hub. Like `docker search`.  GET /images/search
---@param term string
---@param opts? { limit?: integer, filters?: moondock.Filters, auth?: moondock.Auth|false, insecure_credentials?: boolean, timeout?: number, dry_run?: boolean }
---@return docker.ImageSearchAnswerItem[]? found, string? message, moondock.Error? err
function Images:search(term, opts)
  errors.check("term", term, "string")
  local mine, theirs = object.split(opts, SEARCH_OPTIONS)
  local limits = call.limits(self.client, "ImageSearch", theirs)
  local repository = term:find("[%s%c]") and "" or term -- what is no name belongs to the Hub
  local headers, message, err = credentials.request_headers(self.client, repository, mine, false,
    limits)
  if not headers then return nil, message, err end
  theirs.term = term
  return object.list_of(call.run(self.client, "ImageSearch", {}, theirs,
    { headers = headers, limits = limits }))
end

return { Image = Image, Images = Images }
