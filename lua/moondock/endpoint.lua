-- Where to connect: options, environment, the CLI's contexts and the usual sockets, in the CLI's
-- order.

local config = require "moondock.config"
local lazy = require "moondock.lazy"
local contexts = lazy "moondock.contexts"
local errors = require "moondock.errors"
local hosts = require "moondock.hosts"
local tls_files = lazy "moondock.tls_files"

local DEFAULT_CONTEXT = "default"
local DEFAULT_TLS_HOST = "tcp://localhost:2376"

local endpoint = {}

local NO_ENTRY, NO_FOLDER = 2, 20

-- Whether something is at `path`. A socket cannot be opened as a file, but the error tells.
local function exists(path)
  local file, _, code = io.open(path)
  if file then file:close() end
  return file ~= nil or (code ~= NO_ENTRY and code ~= NO_FOLDER)
end

-- The sockets that are looked for when nothing was said, in this order.
local function usual_sockets()
  local runtime = config.environment "XDG_RUNTIME_DIR"
  local home = config.environment "HOME"
  local list = { { "/var/run/docker.sock", "the default socket" } }
  if runtime then list[#list + 1] = { runtime .. "/docker.sock", "the rootless Docker socket" } end
  if home then
    list[#list + 1] = { home .. "/.docker/run/docker.sock", "the Docker socket of the home folder" }
  end
  if runtime then
    list[#list + 1] = { runtime .. "/podman/podman.sock", "the rootless Podman socket" }
  end
  list[#list + 1] = { "/run/podman/podman.sock", "the Podman socket" }
  return list
end

-- The first usual socket that is there, else the default one; all that were looked for go with it.
local function usual_endpoint()
  local sockets, tried, chosen = usual_sockets(), {}, nil
  for i, socket in ipairs(sockets) do
    tried[i] = { path = socket[1], exists = exists(socket[1]) }
    if tried[i].exists and not chosen then chosen = socket end
  end
  chosen = chosen or sockets[1]
  local found, message, err = hosts.parse(chosen[2], "unix://" .. chosen[1])
  if not found then return nil, message, err end
  found.tried = tried
  return found
end

-- The name of the context in config.json; nil when it has none.
local function current_context(configuration)
  local contents, message, err = configuration()
  if not contents then return nil, message, err end
  local name = contents.currentContext
  if type(name) == "string" and name ~= "" then
    return name, ("currentContext of %s/config.json"):format(config.folder())
  end
end

---The context that is meant, and who named it. "default" means what DOCKER_HOST and the usual
---sockets say.
---@param opts { host?: string, context?: string }
---@param configuration fun(): table?, string?, moondock.Error?  reads config.json
---@return string? name, string? source, moondock.Error? err
function endpoint.context(opts, configuration)
  if opts.context then return opts.context, "option context" end
  if opts.host or config.environment "DOCKER_HOST" then return DEFAULT_CONTEXT end
  local named = config.environment "DOCKER_CONTEXT"
  if named then return named, "DOCKER_CONTEXT" end
  local name, source, err = current_context(configuration)
  if err then return nil, source, err end
  return name or DEFAULT_CONTEXT, source
end

-- Who asks for TLS where no context is meant, if anybody does.
local function asks_for_tls(option)
  if option == false then return nil end
  return option and "option tls" or tls_files.variable()
end

local function default_endpoint(opts)
  if opts.host then return hosts.parse("option host", opts.host) end
  local named = config.environment "DOCKER_HOST"
  if named then return hosts.parse("DOCKER_HOST", named) end
  local asker = asks_for_tls(opts.tls)
  if asker then return hosts.parse(asker, DEFAULT_TLS_HOST) end
  return usual_endpoint()
end

-- How the default endpoint encrypts: nil when it does not.
local function default_tls(opts, found)
  if type(opts.tls) == "table" then return tls_files.given(opts.tls) end
  if found.https or asks_for_tls(opts.tls) then return tls_files.of_environment() end
end

-- How the endpoint of a context encrypts. The variables are not for it, as with the CLI.
local function context_tls(opts, found, context)
  if type(opts.tls) == "table" then return tls_files.given(opts.tls) end
  if opts.tls == false and not found.https then return nil end
  local tls, message, err = contexts.tls(context)
  if message then return nil, message, err end
  if not tls and (opts.tls or found.https) then return { verify = true } end
  return tls
end

-- Option tls where there is nothing to encrypt: what it asks for cannot be had.
local function without_tls(opts, found)
  if not opts.tls then return found end
  local why = "option tls is for tcp://, and this has none"
  if opts.host then errors.blame(("bad host '%s': %s"):format(found.name, why)) end
  return hosts.refuse(found.source, found.name, why)
end

local function complete(opts, found, context)
  if not found.authority then return without_tls(opts, found) end
  if found.https and opts.tls == false then
    return hosts.refuse(found.source, found.name,
      "https:// and option tls = false exclude each other")
  end
  local tls, message, err
  if context then
    tls, message, err = context_tls(opts, found, context)
  else
    tls, message, err = default_tls(opts, found)
  end
  if message then return nil, message, err end
  return hosts.settle(found, tls)
end

local function endpoint_of(opts, name, source)
  if name == DEFAULT_CONTEXT then
    local found, message, err = default_endpoint(opts)
    if not found then return nil, message, err end
    return complete(opts, found)
  end
  local context, message, err = contexts.find(name, source)
  if not context then return nil, message, err end
  local found
  found, message, err = hosts.parse(("context '%s', %s"):format(name, source), context.host)
  if not found then return nil, message, err end
  found.context = name
  return complete(opts, found, context)
end

local function check(opts)
  if opts.host and opts.context then
    errors.blame "option host and option context exclude each other"
  end
  if opts.context == "" then errors.blame "option context must not be empty" end
  if opts.tls ~= nil then tls_files.check(opts.tls) end
end

---Choose the endpoint: option host or context, DOCKER_HOST, DOCKER_CONTEXT, the current context, the
---default socket, rootless Docker, Podman.
---@param opts { host?: string, context?: string, tls?: boolean|table }
---@param configuration? fun(): table?, string?, moondock.Error?  reads config.json
---@return moondock.Endpoint? endpoint, string? message, moondock.Error? err
function endpoint.choose(opts, configuration)
  check(opts)
  local name, source, err = endpoint.context(opts, configuration or config.load)
  if not name then return nil, source, err end
  return endpoint_of(opts, name, source)
end

-- The entry of the default context.
local function default_entry()
  local found, message = endpoint_of({}, DEFAULT_CONTEXT)
  if not found then
    return { name = DEFAULT_CONTEXT, tls = false, skip_tls_verify = false, error = message }
  end
  return { name = DEFAULT_CONTEXT, host = found.name, source = found.source,
    description = "DOCKER_HOST, or the engine of this machine", tls = found.encrypted,
    skip_tls_verify = false }
end

-- Mark the entry that is current; one that is named and does not exist becomes an entry.
local function mark_current(list, name, source)
  local is_there = false
  for _, entry in ipairs(list) do
    entry.current = entry.name == name
    is_there = is_there or entry.current
  end
  if is_there then return end
  local _, message = contexts.find(name, source)
  list[#list + 1] = { name = name, current = true, tls = false, skip_tls_verify = false,
    error = message }
end

---The contexts of the docker CLI: "default" first, then by name. Like `docker context ls`. `current`
---is the one that `connect` without options follows, `source` who chose the host of "default". One
---that cannot be used has an `error`.
---@return { name: string, host?: string, description?: string, current: boolean, tls: boolean, skip_tls_verify: boolean, source?: string, error?: string }[]? list, string? message, moondock.Error? err
function endpoint.contexts()
  local name, source, err = endpoint.context({}, config.load)
  if not name then return nil, source, err end
  local list, message
  list, message, err = contexts.stored()
  if not list then return nil, message, err end
  table.insert(list, 1, default_entry())
  mark_current(list, name, source)
  return list
end

return endpoint
