-- One engine: where it is, which version it speaks, and its collections.

local lazy = require "moondock.lazy"
local call = lazy "moondock.call"
local config = lazy "moondock.config"
local credentials = lazy "moondock.credentials"
local dry_run = lazy "moondock.dry_run"
local dry_run_option = require "moondock.dry_run_option"
local endpoint = require "moondock.endpoint"
local errors = require "moondock.errors"
local headers = lazy "moondock.headers"
local mask = lazy "moondock.mask"
local proxy = lazy "moondock.proxy"
local raw = lazy "moondock.raw"
local reference = lazy "moondock.reference"
local rights = lazy "moondock.rights"
local stream = lazy "moondock.stream"
local version = lazy "moondock.version"

local CONNECT_TIMEOUT = 10
local ANSWER_TIMEOUT = 60

---@class moondock.Client
---@field containers moondock.Containers
---@field images moondock.Images
---@field exec moondock.Execs
---@field networks moondock.Networks
---@field volumes moondock.Volumes
---@field distribution moondock.Distribution
---@field plugins moondock.Plugins
---@field swarm moondock.Swarm
---@field nodes moondock.Nodes
---@field services moondock.Services
---@field tasks moondock.Tasks
---@field secrets moondock.Secrets
---@field configs moondock.Configs
---@field api_version? string  negotiated, known after the first call
---@field endpoint moondock.Endpoint
---@field timeout number  seconds, for the answer of short calls
local Client = { __name = "moondock.Client" }

-- Collections are made, and their files read, when they are first looked at: a script that starts
-- pays for what it uses.
local COLLECTIONS = { containers = "Containers", images = "Images", exec = "Execs",
  networks = "Networks", volumes = "Volumes", distribution = "Distribution",
  plugins = "Plugins", swarm = "Swarm", nodes = "Nodes", services = "Services", tasks = "Tasks",
  secrets = "Secrets", configs = "Configs" }

local function rebind(_, client)
  return client
end

function Client.__index(self, name)
  local class = COLLECTIONS[name]
  if not class then return dry_run_option(Client[name], rebind) end
  local Collection = require("moondock.api." .. name)[class]
  local collection = setmetatable({ client = self }, Collection)
  rawset(self, name, collection)
  return collection
end

---Which engine this is: the name that a fleet gave it, or where it is.
---@return string
function Client:host_name()
  return self.name or self.endpoint.name
end

function Client:__tostring()
  return ("moondock.Client %s"):format(mask.text(self.endpoint.name, {}))
end

---Run a command in a new container and wait for it. Like `docker run --rm`. A lower-case key is the
---long flag of `docker run`, one with a capital letter a field of the Engine's create body. A missing
---image is pulled. The container is removed unless `remove = false`; with `detach = true` it is
---returned as soon as it runs, and stays. An exit code other than 0 is a result; with `check = true`
---it is an error of kind `exit`. What is known when it fails is in `err.partial`. It has 20 seconds
---more than `timeout` to clean up.
---POST /containers/create, POST /containers/{id}/attach, POST /containers/{id}/wait,
---POST /containers/{id}/start, GET /containers/{id}/json, GET /containers/{id}/logs, DELETE /containers/{id},
---and POST /images/create where the image is missing
---@param image string|moondock.Image|moondock.RunOptions  or one table with everything by name
---@param command? string[]|string
---@param opts? moondock.RunOptions
---@return moondock.Result|moondock.Container|nil result, string? message, moondock.Error? err
function Client:run(image, command, opts)
  return require "moondock.run"(self, image, command, opts)
end

-- Podman has its system in the Server header alone, as Docker besides: "Docker/28.5.2 (linux)".
local function header_facts(received)
  return {
    APIVersion = received["api-version"],
    OSType = received["ostype"] or (received["server"] or ""):match("%((%l+)%)"),
    BuilderVersion = received["builder-version"],
    Swarm = received["swarm"], Experimental = received["docker-experimental"] == "true",
  }
end

---Whether the engine answers, and what it says of itself meanwhile; 20.10 tells neither
---BuilderVersion nor Swarm.  GET /_ping
---@param opts? moondock.CallOptions
---@return { APIVersion?: string, OSType?: string, BuilderVersion?: string, Swarm?: string, Experimental: boolean }? facts, string? message, moondock.Error? err
function Client:ping(opts)
  local answer, message, err = call.open(self, "SystemPing", {}, opts)
  if not answer then return nil, message, err end
  local body
  body, message, err = answer:body()
  answer:close()
  if not body then return nil, message, err end
  return header_facts(answer.headers)
end

---The versions of the engine and its parts. Like `docker version`.  GET /version
---@param opts? moondock.CallOptions
---@return docker.SystemVersion? versions, string? message, moondock.Error? err
function Client:version(opts)
  return call.run(self, "SystemVersion", {}, opts)
end

---The engine and its machine. Like `docker info`.  GET /info
---@param opts? moondock.CallOptions
---@return docker.SystemInfo? info, string? message, moondock.Error? err
function Client:info(opts)
  return call.run(self, "SystemInfo", {}, opts)
end

---Disk space used by images, containers, volumes and the build cache. Like `docker system df`.
---GET /system/df
---@param opts? { type?: string[], verbose?: boolean, timeout?: number, dry_run?: boolean }
---type: of container, image, volume and build-cache, from API 1.42; verbose: with each of them, from API 1.52
---@return docker.SystemDataUsageAnswer? usage, string? message, moondock.Error? err
function Client:df(opts)
  return call.run(self, "SystemDataUsage", {}, opts)
end

---What happens in the engine, as it happens. Like `docker events`.  GET /events
---Events that are not read are kept, up to 4 MiB; then the oldest are dropped, and an item whose
---`overflow` is their number takes their place. Whatever waits (`docker.sleep`, any call) receives.
---@param opts? { since?: number|string, ["until"]?: number|string, filters?: moondock.Filters, timeout?: number, idle_timeout?: number, dry_run?: boolean }
---@return moondock.EventStream? events, string? message, moondock.Error? err
function Client:events(opts)
  -- On a connection of its own: connecting has a limit, but nothing would end the wait for an answer
  -- on a kept one whose host is gone.
  local extra = { drain = true, fresh = true }
  local answer, message, err = call.open(self, "SystemEvents", {}, opts, extra)
  if not answer then return nil, message, err end
  return stream.events(answer)
end

local SESSION_OPTIONS = { headers = true, timeout = true, idle_timeout = true }

---A connection over which the engine talks HTTP/2 to us, for services that its builder may call: the
---lowest layer of a BuildKit session. Those services are yours to provide.  POST /session
---@param opts? { headers?: table<string, string|string[]>, timeout?: number, idle_timeout?: number, dry_run?: boolean }
---headers: such as X-Docker-Expose-Session-Uuid, the session's id
---@return moondock.Raw? connection, string? message, moondock.Error? err
function Client:session(opts)
  errors.check_options("session", opts or {}, SESSION_OPTIONS)
  local lines = require("moondock.request").header_lines(opts and opts.headers)
  table.insert(lines, "Upgrade: h2c")
  local limits = call.limits(self, "Session", opts or {})
  return raw.of(call.open(self, "Session", {}, {}, { headers = lines, limits = limits }))
end

---Send what the operations above do not cover: any path of the engine, or of a proxy before it.
---@param spec moondock.Request
---@return any value, string? message, moondock.Error? err  what it is depends on `reply`
function Client:request(spec)
  return require("moondock.request").send(self, spec)
end

---Check credentials with a registry, and use them for its images from now on. Like `docker login`,
---but nothing is stored outside this client.  POST /auth
---@param auth { username: string, password: string, serveraddress?: string, registry?: string, email?: string, insecure_credentials?: boolean, timeout?: number, dry_run?: boolean }
---@return docker.AuthResponse? reply, string? message, moondock.Error? err
function Client:login(auth)
  errors.check("auth", auth, "table")
  local fields = {}
  local opts = { timeout = auth.timeout, insecure_credentials = auth.insecure_credentials }
  for key, value in pairs(auth) do
    if key ~= "timeout" and key ~= "insecure_credentials" then fields[key] = value end
  end
  local wire = credentials.check(fields)
  local ok, message, err = credentials.guard(self, auth.insecure_credentials)
  if not ok then return nil, message, err end
  opts.body = wire
  local reply
  reply, message, err = call.run(self, "SystemAuth", {}, opts)
  if not reply then return nil, message, err end
  local token = type(reply) == "table" and reply.IdentityToken
  if type(token) == "string" and token ~= "" then
    wire = { identitytoken = token, serveraddress = wire.serveraddress }
  end
  self.logins[reference.registry_key(wire.serveraddress or "docker.io")] = wire
  return reply
end

---What this client sent so far, as rules for a socket proxy: `rule` is a method and a regular
---expression of the path, `section` the variable of those proxies that know no more.
---@return { operation: string, method: string, path: string, count: integer, rule: string, section: string }[] list
function Client:operations_used()
  return rights.used(self)
end

---What was not sent, in order, of a client made with `dry_run = true`.
---@return moondock.Plan[] list
function Client:planned()
  return self.plans or {}
end

---Where the credentials for an image would come from, as a sentence and as facts; the secret is in
---neither. A credential helper is asked if one is set; the engine is not.
---@param name string  [host[:port]/]name[:tag][@digest]
---@param opts? { auth?: moondock.Auth|false, insecure_credentials?: boolean, timeout?: number, dry_run?: boolean }  as for the call in question
---@return string? sentence, moondock.AuthSource|string|nil facts, moondock.Error? err
function Client:explain_auth(name, opts)
  opts = errors.check_options("explain_auth", opts or {}, { auth = true,
    insecure_credentials = true, timeout = true })
  return credentials.explain(self, name, opts, call.limits(self, nil, opts))
end

---Raise when the client was closed.
function Client:check_open()
  if self.closed then errors.blame("this client is closed") end
end

---End the use of the client. Calls raise afterwards; streams that are open go on, but those through
---ssh end. Safe to call twice.
function Client:close()
  self.closed = true
  if self.endpoint.tunnel then require("moondock.tunnel").close(self.endpoint) end
end

---The contents of the docker CLI's config.json; an empty table where there is none. It is read at most
---once, and a broken one is told here only: it does not fail what has no need of it.
---@return table? contents, string? message, moondock.Error? err
function Client:configuration()
  return self.read_configuration()
end

---@class moondock.ConnectOptions
---@field host? string  unix:///path, tcp://name:port, ssh://user@name
---@field context? string  a context of the docker CLI
---@field tls? boolean|moondock.Tls  true: as the environment says; false: none, whatever it says
---@field ssh? { program?: string, options?: string[] }  instead of `ssh`; more arguments for it, such as { "-i", "key" }
---@field proxy? string|false  for tcp; false: none, whatever the environment says
---@field api_version? string|number  "1.41" to "1.56": this one, and the engine is not asked
---@field timeout? number  seconds for the answer of short calls, 60
---@field connect_timeout? number  seconds, 10
---@field headers? table<string, string>  sent with every request
---@field user_agent? string
---@field auth? moondock.Auth|false  credentials of a registry; false: never those of the docker CLI
---@field insecure_credentials? boolean  send credentials unencrypted to another machine
---@field use_config_proxy? boolean  give containers and builds the proxies of the docker CLI's config.json
---@field trace? boolean|fun(line: string)|file*  a line for each request and answer
---@field allow? string[]  operations that may be used, "read" and patterns such as "Exec*"
---@field read_only? boolean  only what changes nothing
---@field dry_run? boolean  what would change something is recorded and not sent

local OPTIONS = { host = true, context = true, tls = true, api_version = true, timeout = true,
  connect_timeout = true,
  headers = true, proxy = true, ssh = true, user_agent = true, auth = true,
  insecure_credentials = true,
  trace = true, allow = true, read_only = true, dry_run = true,
  use_config_proxy = true }

local function check_types(opts)
  if opts.proxy then errors.check("option proxy", opts.proxy, "string") end
  for name, kind in pairs { host = "string", context = "string", timeout = "number",
    connect_timeout = "number",
    headers = "table",
    user_agent = "string", auth = "table or boolean", allow = "table", read_only = "boolean",
    dry_run = "boolean", insecure_credentials = "boolean", use_config_proxy = "boolean" } do
    if opts[name] ~= nil then errors.check("option " .. name, opts[name], kind) end
  end
end

local function pinned(opts)
  if opts.api_version ~= nil then return opts.api_version, "option api_version" end
  local named = os.getenv "DOCKER_API_VERSION"
  if named and named ~= "" then return named, "DOCKER_API_VERSION" end
end

-- Read only where there is one to write.
local function open_trace(option)
  if option == nil and not os.getenv "MOONDOCK_TRACE" then return nil end
  return require("moondock.trace").open(option)
end

---Choose an engine; nothing is sent until the first call.
---@param opts? moondock.ConnectOptions
---@return moondock.Client? client, string? message, moondock.Error? err
local function connect(opts)
  if type(opts) == "table" and opts.connect == connect then
    errors.blame "connect is called with a dot, as in docker.connect()"
  elseif type(opts) == "string" then
    errors.blame 'connect options must be a table, as in docker.connect { host = "unix:///..." }'
  end
  opts = errors.check_options("connect", opts or {}, OPTIONS)
  check_types(opts)
  headers.check(opts)
  local auth = opts.auth and credentials.check(opts.auth)
  local own_rights = rights.of(opts) or false
  local tracer, why, trouble = open_trace(opts.trace)
  if why then return nil, why, trouble end
  local read_configuration = config.reader()
  local where, message, err = endpoint.choose(opts, read_configuration)
  if not where then return nil, message, err end
  if opts.ssh ~= nil then require("moondock.ssh").customize(where, opts.ssh) end
  local lines
  lines, message, err = headers.lines(opts, read_configuration)
  if not lines then return nil, message, err end
  where.connect_timeout = opts.connect_timeout or CONNECT_TIMEOUT
  if opts.proxy or not (where.unix or where.ssh) then
    local routed
    routed, message, err = proxy.choose(where, opts.proxy)
    if not routed then return nil, message, err end
  end
  local client = setmetatable({ endpoint = where, headers = lines, auth = auth, logins = {},
    metatables = {}, read_configuration = read_configuration,
    timeout = opts.timeout or ANSWER_TIMEOUT, trace = tracer or false, rights = own_rights,
    insecure_credentials = opts.insecure_credentials or false, dry_run = false, used = {},
    use_config_proxy = opts.use_config_proxy or false }, Client)
  if opts.dry_run then dry_run.begin(client, true) end
  local wanted, source = pinned(opts)
  if wanted ~= nil then
    client.minor_version, message, err = version.pin(wanted, source)
    if not client.minor_version then return nil, message, err end
    client.api_version = "1." .. client.minor_version
  end
  return client
end

return { connect = connect, Client = Client }
