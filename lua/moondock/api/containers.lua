-- Containers: the collection and its handles.

local call = require "moondock.call"
local core = require "moondock.core"
local errors = require "moondock.errors"
local lazy = require "moondock.lazy"
local logs = lazy "moondock.logs"
local object = require "moondock.object"
local sources = lazy "moondock.sources"
local stream = lazy "moondock.stream"
local told = require "moondock.told"

---A container, by id or name. Making one sends nothing; one from a list is also its own summary,
---with the fields as the engine sent them.
---@class moondock.Container: moondock.Object, docker.ContainerSummary
---@field id string
---@field Warnings? string[]  of one that was made
local Container = object.handle("Container", "Id")
object.later(Container, "moondock.api.sessions", { "exec", "exec_create", "attach" })
object.later(Container, "moondock.api.attach_websocket", { "attach_websocket" })
object.later(Container, "moondock.api.checkpoints",
  { "checkpoint_create", "checkpoint_list", "checkpoint_delete" })

---Everything the engine knows about the container. Like `docker inspect`.
---GET /containers/{id}/json
---@param opts? { size?: boolean, timeout?: number, dry_run?: boolean }
---@return docker.ContainerInspectResponse? details, string? message, moondock.Error? err
function Container:inspect(opts)
  return self:call("ContainerInspect", opts)
end

-- The second result says whether there was nothing to do.
local function with_already(ok, already, err)
  if not ok then return nil, already, err end
  return ok, already == true
end

---Start the container. Like `docker start`.  POST /containers/{id}/start
---@param opts? { detachKeys?: string, checkpoint?: string, ["checkpoint-dir"]?: string, timeout?: number, dry_run?: boolean }  checkpoint: go on from there
---@return true? ok, boolean|string already_or_message, moondock.Error? err  already: it was running
function Container:start(opts)
  return with_already(self:call("ContainerStart", opts))
end

---Stop the container. Like `docker stop`. Without `t` its own grace period counts, however long.
---POST /containers/{id}/stop
---@param opts? { t?: integer, signal?: string, timeout?: number, dry_run?: boolean }  t: seconds until it is killed, -1: never
---@return true? ok, boolean|string already_or_message, moondock.Error? err  already: it was not running
function Container:stop(opts)
  return with_already(self:call("ContainerStop", opts))
end

---Stop the container and start it. Like `docker restart`.  POST /containers/{id}/restart
---@param opts? { t?: integer, signal?: string, timeout?: number, dry_run?: boolean }
---@return true? ok, string? message, moondock.Error? err
function Container:restart(opts)
  return self:call("ContainerRestart", opts)
end

---Send the container a signal, SIGKILL unless named. Like `docker kill`.
---POST /containers/{id}/kill
---@param opts? { signal?: string|integer, timeout?: number, dry_run?: boolean }
---@return true? ok, string? message, moondock.Error? err
function Container:kill(opts)
  return self:call("ContainerKill", opts)
end

---Freeze all processes. Like `docker pause`.  POST /containers/{id}/pause
---@param opts? moondock.CallOptions
---@return true? ok, string? message, moondock.Error? err
function Container:pause(opts)
  return self:call("ContainerPause", opts)
end

---Let frozen processes go on. Like `docker unpause`.  POST /containers/{id}/unpause
---@param opts? moondock.CallOptions
---@return true? ok, string? message, moondock.Error? err
function Container:unpause(opts)
  return self:call("ContainerUnpause", opts)
end

---Give the container another name. Like `docker rename`.  POST /containers/{id}/rename
---@param name string
---@param opts? moondock.CallOptions
---@return true? ok, string? message, moondock.Error? err
function Container:rename(name, opts)
  errors.check("name", name, "string")
  return self:call("ContainerRename", object.with(opts, { name = name }))
end

---Change limits of a container, also of a running one. Like `docker update`.
---POST /containers/{id}/update
---A lower-case key is the long flag of `docker update`, one with a capital letter a field of the
---Engine's body.
---@param opts moondock.ContainerUpdateOptions
---@return docker.ContainerUpdateResponse? reply, string? message, moondock.Error? err  reply.Warnings
function Container:update(opts)
  errors.check("update options", opts, "table")
  return self:call("ContainerUpdate", require("moondock.container_flags").update(opts))
end

---Wait until the container stops. Like `docker wait`.  POST /containers/{id}/wait
---A container that was never started counts as not running: to wait for its first exit say
---"next-exit".
---@param opts? { condition?: string, timeout?: number, dry_run?: boolean }  condition: not-running (the default), next-exit, removed
---@return docker.ContainerWaitResponse? result, string? message, moondock.Error? err  result.StatusCode
function Container:wait(opts)
  local reply, message, err = self:call("ContainerWait", opts)
  if not reply then return nil, message, err end
  return call.exit_of(reply)
end

---The processes in the container. Like `docker top`.  GET /containers/{id}/top
---@param opts? { ps_args?: string, timeout?: number, dry_run?: boolean }
---@return docker.ContainerTopResponse? processes, string? message, moondock.Error? err
function Container:top(opts)
  return self:call("ContainerTop", opts)
end

---What differs from the image: Kind 0 modified, 1 added, 2 deleted. Like `docker diff`.
---GET /containers/{id}/changes
---@param opts? moondock.CallOptions
---@return docker.FilesystemChange[]? changes, string? message, moondock.Error? err
function Container:changes(opts)
  return object.list_of(self:call("ContainerChanges", opts))
end

---Set the size of the container's terminal, in characters.  POST /containers/{id}/resize
---@param opts { h: integer, w: integer, timeout?: number, dry_run?: boolean }
---@return true? ok, string? message, moondock.Error? err
function Container:resize(opts)
  errors.check("resize options", opts, "table")
  errors.check("option h of resize", opts.h, "number")
  errors.check("option w of resize", opts.w, "number")
  return self:call("ContainerResize", opts)
end

---Remove the container. Like `docker rm`.  DELETE /containers/{id}
---With `force` a container that is just ending, or being removed, is no conflict: the engine is asked
---again for a second or two.
---@param opts? { force?: boolean, v?: boolean, link?: boolean, timeout?: number, dry_run?: boolean }  force: kill it first; v: with its anonymous volumes
---@return true? ok, string? message, moondock.Error? err
function Container:remove(opts)
  return require "moondock.removal"(self.client, self.id, opts)
end

---Make an image of the container as it is. Like `docker commit`.  POST /commit
---@param opts? { repo?: string, tag?: string, comment?: string, author?: string, pause?: boolean, changes?: string|string[], body?: docker.ContainerConfig, timeout?: number, dry_run?: boolean }
---changes: Dockerfile instructions; body: the image's configuration
---@return moondock.Image? image, string? message, moondock.Error? err
function Container:commit(opts)
  local wire = object.with(opts, { container = self.id })
  wire.repo, wire.tag = require("moondock.reference").target(wire) -- where Podman looks for it
  local reply, message, err = call.run(self.client, "ImageCommit", {}, wire)
  if not reply then return nil, message, err end
  local bare = type(reply.Id) == "string" and reply.Id:match "^%x+$" -- Podman's
  if bare then reply.Id = "sha256:" .. bare end
  return object.made(require("moondock.api.images").Image, self.client, "ImageCommit", reply)
end

---The published ports, IPv4 first. Like `docker port`. A port that is exposed only has no
---PublicPort.  GET /containers/{id}/json
---@param opts? moondock.CallOptions
---@return { PrivatePort: integer, Type: string, IP?: string, PublicPort?: integer }[]? list, string? message, moondock.Error? err
function Container:ports(opts)
  local details, message, err = self:inspect(opts)
  if not details then return nil, message, err end
  return require("moondock.ports").of(details)
end

---The state of the container's health check, `none` where it has none.  GET /containers/{id}/json
---@param opts? moondock.CallOptions
---@return string? health, string? message, moondock.Error? err  none, starting, healthy or unhealthy
function Container:health(opts)
  local details, message, err = self:inspect(opts)
  if not details then return nil, message, err end
  return require("moondock.readers").health(details)
end

---The addresses that the container has, one entry for each of its networks, IPv4 first. Empty when
---it does not run.  GET /containers/{id}/json
---@param opts? moondock.CallOptions
---@return { Network: string, IPAddress?: string, GlobalIPv6Address?: string, Gateway?: string, IPv6Gateway?: string, MacAddress?: string }[]? list, string? message, moondock.Error? err
function Container:addresses(opts)
  local details, message, err = self:inspect(opts)
  if not details then return nil, message, err end
  return require("moondock.readers").addresses(details)
end

---The root file system as a tar archive. Like `docker export`.  GET /containers/{id}/export
---@param opts? { timeout?: number, idle_timeout?: number, dry_run?: boolean }
---@return moondock.ByteStream? archive, string? message, moondock.Error? err
function Container:export(opts)
  return object.archive(call.open(self.client, "ContainerExport", { self.id }, opts))
end

local function check_path(path)
  errors.check("path", path, "string")
  if path == "" then errors.blame "path must not be empty" end
end

---A tar archive of a file or folder in the container. Like `docker cp`.
---GET /containers/{id}/archive
---@param path string
---@param opts? { timeout?: number, idle_timeout?: number, dry_run?: boolean }
---@return moondock.ByteStream? archive, string? message, moondock.Error? err
function Container:get_archive(path, opts)
  check_path(path)
  return object.archive(call.open(self.client, "ContainerArchive", { self.id },
    object.with(opts, { path = path })))
end

-- The record that a header carries: JSON in base64.
local function stat_of(answer)
  local text = core.unbase64(answer.headers["x-docker-container-path-stat"] or "")
  local ok, facts = core.decode(text or "")
  if ok and type(facts) == "table" then return facts end
  return errors.refuse(answer.request, { kind = "protocol", status = answer.status,
    message = "the engine did not say what is at the path" })
end

---What is at a path in the container. `mode` is Go's: the permissions in the lowest nine bits, the kind
---in the highest ones.  HEAD /containers/{id}/archive
---@param path string
---@param opts? moondock.CallOptions
---@return { name: string, size: integer, mode: integer, mtime: string, linkTarget: string }? facts, string? message, moondock.Error? err
function Container:stat_archive(path, opts)
  check_path(path)
  local answer, _, err = call.open(self.client, "ContainerArchiveInfo", { self.id },
    object.with(opts, { path = path }))
  if not answer then
    if err.status == 404 then -- an answer to HEAD has no words
      err.message = ("no such container, or nothing at '%s' (ContainerArchiveInfo answered 404)")
        :format(path)
    end
    return nil, err.message, err
  end
  answer:close()
  return stat_of(answer)
end

---Unpack an uncompressed tar archive into a folder of the container. Like `docker cp -`.
---PUT /containers/{id}/archive
---@param path string  an existing folder
---@param archive moondock.Source
---@param opts? { noOverwriteDirNonDir?: boolean, copyUIDGID?: boolean, timeout?: number, dry_run?: boolean }
---noOverwriteDirNonDir: true unless given, so that no file replaces a folder
---@return true? ok, string? message, moondock.Error? err
function Container:put_archive(path, archive, opts)
  check_path(path)
  local upload, size, file = sources.archive("archive", archive)
  opts = object.with(opts, { path = path })
  if opts.noOverwriteDirNonDir == nil then opts.noOverwriteDirNonDir = true end
  return call.run(self.client, "PutContainerArchive", { self.id }, opts,
    { upload = upload, size = size, file = file })
end

local function has_terminal(self)
  local details, message, err = self:inspect()
  if not details then return nil, message, err end
  return told.object(details.Config).Tty == true
end

---What the container wrote. Like `docker logs`.  GET /containers/{id}/logs
---@param opts? { follow?: boolean, stdout?: boolean, stderr?: boolean, since?: number|string, ["until"]?: number|string, tail?: integer|string, timestamps?: boolean, details?: boolean, timeout?: number, idle_timeout?: number, dry_run?: boolean }
---stdout and stderr are both on unless one is named; since, until: seconds, RFC 3339 or a duration
---("10m")
---@return moondock.LogStream? logs, string? message, moondock.Error? err
function Container:logs(opts)
  return logs.open(self, "ContainerLogs", opts, has_terminal)
end

---What the container uses, about once a second; a single sample with `stream = false`. Like `docker
---stats`.
---GET /containers/{id}/stats
---@param opts? { stream?: boolean, ["one-shot"]?: boolean, timeout?: number, idle_timeout?: number, dry_run?: boolean }
---@return moondock.ValueStream|docker.ContainerStatsResponse|nil samples, string? message, moondock.Error? err
function Container:stats(opts)
  local answer, message, err = call.open(self.client, "ContainerStats", { self.id }, opts)
  if not answer then return nil, message, err end
  local values = stream.values(answer)
  if not opts or opts.stream ~= false then return values end
  local sample
  sample, message, err = values:read()
  values:close()
  if sample ~= nil then return sample end
  if message then return nil, message, err end
  return errors.fail { kind = "protocol", operation = "ContainerStats",
    message = "ContainerStats: the engine sent no sample; does the container run?" }
end

---The containers of an engine.
---@class moondock.Containers
---@field client moondock.Client
local Containers = object.collection "Containers"

---List containers, the running ones unless `all`. One request. Like `docker ps`.
---GET /containers/json
---@param opts? { all?: boolean, limit?: integer, size?: boolean, filters?: moondock.Filters, timeout?: number, dry_run?: boolean }
---@return moondock.Container[]? list, string? message, moondock.Error? err
function Containers:list(opts)
  local records, message, err = object.list_of(call.run(self.client, "ContainerList", {}, opts))
  if not records then return nil, message, err end
  return object.bind_all(Container, self.client, records)
end

---A handle by id or name; nothing is sent.
---@param id string
---@return moondock.Container
function Containers:get(id)
  return object.get(Container, self.client, id)
end

---Create a container; it is not started. Like `docker create`.  POST /containers/create
---A lower-case key is the long flag of `docker run`, one with a capital letter a field of the
---Engine's body.
---@param image string|moondock.Image|moondock.CreateOptions  or one table with image, command, name and the options
---@param command? string[]|string
---@param opts? moondock.CreateOptions
---@return moondock.Container? container, string? message, moondock.Error? err  container.Warnings
function Containers:create(image, command, opts)
  local wire = require("moondock.flags").create(image, command, opts)
  local ok, message, err = require("moondock.config_proxies").complete(self.client, wire)
  if not ok then return nil, message, err end
  ok, message, err = require("moondock.mac_address").complete(self.client, wire)
  if not ok then return nil, message, err end
  return object.made(Container, self.client, "ContainerCreate",
    call.run(self.client, "ContainerCreate", {}, wire))
end

---Remove all stopped containers. Like `docker container prune`.  POST /containers/prune
---@param opts? { filters?: moondock.Filters, timeout?: number, dry_run?: boolean }
---@return docker.ContainerPruneAnswer? report, string? message, moondock.Error? err
function Containers:prune(opts)
  return object.pruned("ContainersDeleted", call.run(self.client, "ContainerPrune", {}, opts))
end

return { Container = Container, Containers = Containers }
