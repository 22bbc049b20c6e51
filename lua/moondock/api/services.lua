-- Services of a swarm: the collection and its handles.

local call = require "moondock.call"
local credentials = require "moondock.credentials"
local errors = require "moondock.errors"
local logs = require "moondock.logs"
local object = require "moondock.object"
local reference = require "moondock.reference"
local told = require "moondock.told"
local versioned = require "moondock.versioned"

---A service, by id or name. Making one sends nothing; one from a list is also its own summary.
---@class moondock.Service: moondock.Object, docker.Service
---@field id string
---@field Warnings? string[]  of one that was made
local Service = object.handle("Service", "ID")

---Everything the swarm knows about the service. Like `docker service inspect`.  GET /services/{id}
---@param opts? { insertDefaults?: boolean, timeout?: number, dry_run?: boolean }  insertDefaults: what was not said as well
---@return docker.Service? details, string? message, moondock.Error? err
function Service:inspect(opts)
  return self:call("ServiceInspect", opts)
end

-- What a spec says of the container; nothing where it does not.
local function container_told(spec)
  return told.object(told.object(told.object(spec).TaskTemplate).ContainerSpec)
end

-- The credentials that the nodes are to pull with: only where asked for, since the swarm keeps them.
local function registry_headers(client, spec, mine)
  if not mine.auth and not mine.with_registry_auth then return nil end
  local image = told.text(container_told(spec).Image)
  if not image then return nil end
  return credentials.request_headers(client, reference.parse(image).repository, mine, false)
end

-- The headers of a create or an update, after the image got its digest where that is asked for.
local function prepare(client, spec, mine, limits)
  local headers, message, err = registry_headers(client, spec, mine)
  if err then return nil, message, err end
  if mine.resolve_image then
    local ok
    ok, message, err = require "moondock.pinned"(client, spec,
      { limits = limits, headers = headers })
    if not ok then return nil, message, err end
  end
  return headers
end

local function check_resolve(mine)
  if mine.resolve_image and mine.no_resolve_image then
    errors.blame "options resolve_image and no_resolve_image exclude each other"
  end
end

local OURS = { auth = true, with_registry_auth = true, insecure_credentials = true,
  resolve_image = true, no_resolve_image = true }
local CALL_OPTIONS = object.with(OURS, { timeout = true, raw = true, registryAuthFrom = true,
  rollback = true })

---Change the service: read, change, send, and again from the start when another was faster. Like
---`docker service update --detach`.  POST /services/{id}/update
---The change is a function, which changes the spec or returns another and may be called several times, or a
---table. In a table a lower-case key is the long flag of `docker service update`, one with a capital letter a
---field of the Engine's body, merged over what is there. Flags replace what they name: image, args, entrypoint,
---replicas, max_concurrent, hostname, user, workdir, tty, read_only, init, isolation, stop_signal,
---stop_grace_period, oom_score_adj, health_..., no_healthcheck, limit_..., reserve_..., memory_swap,
---memory_swappiness, replicas_max_per_node, restart_..., update_..., rollback_..., endpoint_mode, log_driver with
---log_opt, credential_spec ("" for none). Of what there are several, `..._add` adds, or replaces what has the same
---name, and `..._rm` takes away, where it is there: label, container_label, env, mount, publish, network, secret,
---config, constraint, placement_pref, generic_resource, host, dns, dns_search, dns_option, group, sysctl, ulimit;
---cap_add and cap_drop. force replaces tasks though nothing has changed; rollback goes back, and alone.
---Names of networks, secrets and configs are looked up.
---@param change moondock.ServiceUpdateOptions|fun(spec: docker.ServiceSpec, details: docker.Service): docker.ServiceSpec?
---@param opts? { registryAuthFrom?: string, auth?: moondock.Auth|false, with_registry_auth?: boolean, insecure_credentials?: boolean, resolve_image?: boolean, no_resolve_image?: boolean, rollback?: boolean, timeout?: number, dry_run?: boolean }
---resolve_image: ask the registry for the image's digest, which is not done otherwise; all of these may stand in
---the table, too
---@return docker.ServiceUpdateResponse? reply, string? message, moondock.Error? err
function Service:update(change, opts)
  local apply, calls = require("moondock.service_update").change(self.client, change, opts,
    CALL_OPTIONS)
  local mine, theirs = object.split(calls, OURS)
  check_resolve(mine)
  theirs.insecure_credentials = mine.insecure_credentials
  return versioned.update(self, { inspect = "ServiceInspect", update = "ServiceUpdate",
    path = { self.id },
    prepare = function(spec, limits) return prepare(self.client, spec, mine, limits) end },
    apply, theirs)
end

---Go back to what the service was before its last update. Like `docker service rollback`.
---POST /services/{id}/update
---@param opts? moondock.CallOptions
---@return docker.ServiceUpdateResponse? reply, string? message, moondock.Error? err
function Service:rollback(opts)
  return self:update(function(spec) return spec end, object.with(opts, { rollback = "previous" }))
end

---Say how many tasks are to run. Like `docker service scale`.  POST /services/{id}/update
---@param replicas integer
---@param opts? moondock.CallOptions
---@return docker.ServiceUpdateResponse? reply, string? message, moondock.Error? err
function Service:scale(replicas, opts)
  errors.check("replicas", replicas, "number")
  return self:update({ replicas = replicas }, opts)
end

local function has_terminal(self)
  local details, message, err = self:inspect()
  if not details then return nil, message, err end
  return container_told(details.Spec).TTY == true
end

---What all tasks of the service wrote. Like `docker service logs`.  GET /services/{id}/logs
---@param opts? { follow?: boolean, stdout?: boolean, stderr?: boolean, since?: number|string, tail?: integer|string, timestamps?: boolean, details?: boolean, timeout?: number, idle_timeout?: number, dry_run?: boolean }
---stdout and stderr are both on unless one is named; details: each line begins with its node, service
---and task
---@return moondock.LogStream? logs, string? message, moondock.Error? err
function Service:logs(opts)
  return logs.open(self, "ServiceLogs", opts, has_terminal)
end

---The tasks of the service, past ones too. Like `docker service ps`.  GET /tasks
---@param opts? { filters?: moondock.Filters, timeout?: number, dry_run?: boolean }
---@return moondock.ServiceTask[]? list, string? message, moondock.Error? err
function Service:tasks(opts)
  opts = object.with(opts, {})
  opts.filters = object.with(opts.filters, { service = self.id })
  return self.client.tasks:list(opts)
end

---Wait until the service is what it should be: all tasks run, or of a job have completed, and an
---update is through. Tasks of a service that was not updated are watched a while longer. An update
---that is paused or was rolled back, and tasks that ended for good, are an error of kind `server` with
---the words of the tasks. Like `docker service create` and `update` without `--detach`.
---GET /services/{id}, GET /tasks
---@param opts? { timeout?: number, dry_run?: boolean, monitor?: number, rollback?: boolean }  monitor: seconds that the tasks are watched, the
---service's own or 5 unless given; rollback: a rollback is what is waited for
---@return moondock.ServiceTask[]? tasks, string? message, moondock.Error? err  those that run, or have completed
function Service:wait(opts)
  return require "moondock.converge"(self, opts)
end

---Remove the service and its tasks. Like `docker service rm`.  DELETE /services/{id}
---@param opts? moondock.CallOptions
---@return true? ok, string? message, moondock.Error? err
function Service:remove(opts)
  return self:call("ServiceDelete", opts)
end

---The services of a swarm.
---@class moondock.Services
---@field client moondock.Client
local Services = object.collection "Services"

---List services. One request. Like `docker service ls`.  GET /services
---@param opts? { status?: boolean, filters?: moondock.Filters, timeout?: number, dry_run?: boolean }  status: ServiceStatus counts running tasks
---@return moondock.Service[]? list, string? message, moondock.Error? err
function Services:list(opts)
  local records, message, err = object.list_of(call.run(self.client, "ServiceList", {}, opts))
  if not records then return nil, message, err end
  return object.bind_all(Service, self.client, records)
end

---A handle by id or name; nothing is sent.
---@param id string
---@return moondock.Service
function Services:get(id)
  return object.get(Service, self.client, id)
end

local CREATE_OPTIONS = object.with(OURS, { timeout = true, raw = true })

---Create a service; `wait` waits for its tasks. Like `docker service create --detach`.
---POST /services/create
---A lower-case key is the long flag of `docker service create`, one with a capital letter a field of
---the Engine's body. Secrets and configs are named; their ids are looked up.
---@param image string|moondock.Image|moondock.ServiceOptions  or one table with image, command and the options; without image where
---TaskTemplate says all
---@param command? string[]|string  what the image's entrypoint is given
---@param opts? moondock.ServiceOptions  flags and fields; resolve_image: ask the registry for the image's digest,
---GET /distribution/{name}/json, and fail without it; no_resolve_image is what is done otherwise
---@return moondock.Service? service, string? message, moondock.Error? err  service.Warnings
function Services:create(image, command, opts)
  local spec, needed, mine = require("moondock.service_flags").create(image, command, opts,
    CREATE_OPTIONS)
  check_resolve(mine)
  self.client:check_open()
  local limits = call.limits(self.client, "ServiceCreate", { timeout = mine.timeout })
  local ok, message, err = require("moondock.service_references").resolve(self.client, needed,
    limits)
  if not ok then return nil, message, err end
  local headers
  headers, message, err = prepare(self.client, spec, mine, limits)
  if err then return nil, message, err end
  return object.made(Service, self.client, "ServiceCreate", call.run(self.client, "ServiceCreate",
    {}, { body = spec, raw = mine.raw, insecure_credentials = mine.insecure_credentials },
    { limits = limits, headers = headers }))
end

return { Service = Service, Services = Services }
