-- One engine: where it is, which version it speaks, and its collections.

local call = require "moondock.call"
local credentials = require "moondock.credentials"
local dry_run = require "moondock.dry_run"
local endpoint = require "moondock.endpoint"
local errors = require "moondock.errors"
local mask = require "moondock.mask"
local reference = require "moondock.reference"
local rights = require "moondock.rights"
local stream = require "moondock.stream"
local version = require "moondock.version"

local CONNECT_TIMEOUT = 10
local ANSWER_TIMEOUT = 60

---@class moondock.Client
---@field containers moondock.Containers
---@field images moondock.Images
---@field exec moondock.Execs
---@field api_version? string  negotiated, known after the first call
---@field endpoint moondock.Endpoint
---@field timeout number  seconds, for the answer of short calls
local Client = { __name = "moondock.Client" }

-- Collections are made, and their files read, when they are first looked at: a script that starts
-- pays for what it uses.
local COLLECTIONS = { containers = "Containers", images = "Images", exec = "Execs" }

local function rebind(_, client)
  return client
end

function Client.__index(self, name)
  local class = COLLECTIONS[name]
  if not class then return dry_run.method(Client[name], rebind) end
  local Collection = require("moondock.api." .. name)[class]
  local collection = setmetatable({ client = self }, Collection)
  rawset(self, name, collection)
  return collection
end

function Client:__tostring()
  return ("moondock.Client %s"):format(mask.text(self.endpoint.name, {}))
end

---Run a command in a new container; see `moondock.run`. Like `docker run --rm`.
---@param image string|table
---@param command? string[]|string
---@param opts? table
---@return moondock.Result|moondock.Container|nil result, string? message, moondock.Error? err
function Client:run(image, command, opts)
  return require "moondock.run"(self, image, command, opts)
end

-- Podman has its system in the Server header alone, as Docker besides: "Docker/28.5.2 (linux)".
local function header_facts(headers)
  return {
    APIVersion = headers["api-version"],
    OSType = headers["ostype"] or (headers["server"] or ""):match "%((%l+)%)",
      BuilderVersion = headers["builder-version"],
    Swarm = headers["swarm"], Experimental = headers["docker-experimental"] == "true",
  }
end

---Whether the engine answers, and what it says of itself meanwhile.  GET /_ping
---@param opts? { timeout?: number }
---@return { APIVersion: string, OSType: string, BuilderVersion: string, Swarm?: string, Experimental: boolean }? facts, string? message, moondock.Error? err
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
---@param opts? { timeout?: number }
---@return table? versions, string? message, moondock.Error? err
function Client:version(opts)
  return call.run(self, "SystemVersion", {}, opts)
end

---The engine and its machine. Like `docker info`.  GET /info
---@param opts? { timeout?: number }
---@return table? info, string? message, moondock.Error? err
function Client:info(opts)
  return call.run(self, "SystemInfo", {}, opts)
end

---Disk space used by images, containers, volumes and the build cache. Like `docker system df`.
---GET /system/df
---@param opts? { type?: string[], verbose?: boolean, timeout?: number }
---@return table? usage, string? message, moondock.Error? err
function Client:df(opts)
  return call.run(self, "SystemDataUsage", {}, opts)
end

---What happens in the engine, as it happens. Like `docker events`.  GET /events
---Events that are not read are kept, up to 4 MiB; then the oldest are dropped, and an item whose
---`overflow` is their number takes their place. Whatever waits (`docker.sleep`, any call) receives.
---@param opts? { since?: number|string, ["until"]?: number|string, filters?: table, timeout?: number, idle_timeout?: number }
---@return moondock.EventStream? events, string? message, moondock.Error? err
function Client:events(opts)
  local answer, message, err = call.open(self, "SystemEvents", {}, opts, { drain = true })
  if not answer then return nil, message, err end
  return stream.events(answer)
end

---Check credentials with a registry, and use them for its images from now on. Like `docker login`,
---but nothing is stored outside this client.  POST /auth
---@param auth { username: string, password: string, serveraddress?: string, registry?: string, email?: string, insecure_credentials?: boolean, timeout?: number }
---@return { Status: string, IdentityToken?: string }? reply, string? message, moondock.Error? err
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

---Raise when the client was closed.
function Client:check_open()
  if self.closed then errors.blame("this client is closed") end
end

---End the use of the client. Calls raise afterwards; streams that are open go on. Safe to call
---twice.
function Client:close()
  self.closed = true
end

local OPTIONS = { host = true, api_version = true, timeout = true, connect_timeout = true,
  headers = true,
  user_agent = true, auth = true, insecure_credentials = true, trace = true, allow = true,
  read_only = true, dry_run = true }

-- "Name: value" lines of what the user wants sent with every request.
local function header_lines(opts)
  local lines = { "User-Agent: " .. (opts.user_agent or "moondock") }
  for name, value in pairs(opts.headers or {}) do
    if type(name) ~= "string" or type(value) ~= "string"
      or not name:find("^[%w!#$%%&'*+.^_`|~-]+$") then
      errors.blame("option headers must be a table of names and strings")
    end
    lines[#lines + 1] = name .. ": " .. value
  end
  for _, line in ipairs(lines) do
    if line:find("[%c]") then
      errors.blame("a header must not contain control characters: " .. line:match("^[^:]*"))
    end
  end
  return lines
end

local function check_types(opts)
  for name, kind in pairs { host = "string", timeout = "number", connect_timeout = "number",
    headers = "table",
    user_agent = "string", auth = "table", allow = "table", read_only = "boolean",
    dry_run = "boolean", insecure_credentials = "boolean" } do
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
---@param opts? { host?: string, api_version?: string, timeout?: number, connect_timeout?: number, headers?: table<string, string>, user_agent?: string, auth?: table, insecure_credentials?: boolean, trace?: boolean|fun(line: string)|file*, allow?: string[], read_only?: boolean, dry_run?: boolean }
---@return moondock.Client? client, string? message, moondock.Error? err
local function connect(opts)
  opts = errors.check_options("connect", opts or {}, OPTIONS)
  check_types(opts)
  local headers = header_lines(opts)
  local auth = opts.auth and credentials.check(opts.auth)
  local own_rights = rights.of(opts) or false
  local tracer, why, trouble = open_trace(opts.trace)
  if why then return nil, why, trouble end
  local where, message, err = endpoint.choose(opts.host)
  if not where then return nil, message, err end
  where.connect_timeout = opts.connect_timeout or CONNECT_TIMEOUT
  local client = setmetatable({ endpoint = where, headers = headers, auth = auth, logins = {},
    metatables = {},
    timeout = opts.timeout or ANSWER_TIMEOUT, trace = tracer or false, rights = own_rights,
    insecure_credentials = opts.insecure_credentials or false, dry_run = false, used = {} }, Client)
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
