-- Where to connect: options, environment and the usual sockets, in the order that people expect.

local errors = require "moondock.errors"
local ssh = require "moondock.ssh"

local SOCKET_PATH_MAX = 107

---@class moondock.Endpoint
---@field name string  as people write it: unix:///var/run/docker.sock, tcp://host:port
---@field source string  who chose it: "option host", "DOCKER_HOST", "the default socket"
---@field base string  the URL that targets are appended to
---@field unix? string  the socket's path
---@field ssh? moondock.Ssh
---@field encrypted boolean
---@field is_private boolean  nobody on a network can read along: a socket, or this machine's loopback
---@field connect_timeout number  seconds

local endpoint = {}

-- A host is repeated without what stands before an "@": it may be a password.
local function config_error(source, host, why)
  host = host:gsub("//.*@", "//...@")
  return errors.fail { kind = "config", message = ("bad host '%s' (from %s): %s"):format(host,
    source, why) }
end

local function unix_endpoint(source, host, path)
  if path:sub(1, 1) ~= "/" then
    return config_error(source, host,
      "a unix socket is named by its absolute path: unix:///var/run/docker.sock")
  elseif #path > SOCKET_PATH_MAX then
    return config_error(source, host,
      ("the socket's path is longer than %d bytes"):format(SOCKET_PATH_MAX))
  end
  return { name = host, source = source, base = "http://localhost", unix = path, encrypted = false,
    is_private = true }
end

local function is_loopback(name)
  return name == "localhost" or name:find("^127%.%d+%.%d+%.%d+$") ~= nil or name == "[::1]"
end

-- The authority of a tcp URL: name, port, or nil and what is wrong.
local function split_authority(authority)
  if authority:find("@", 1, true) then return nil, "a user name means nothing to an engine" end
  local name, port = authority:match("^(%[[%x:%.]+%]):?(%d*)$")
  if not name then name, port = authority:match("^([%w%.%-_]+):?(%d*)$") end
  if not name then return nil, "expected tcp://name:port or tcp://[ipv6]:port" end
  if authority:sub(-1) == ":" then return nil, "the port is missing after ':'" end
  if port == "" then port = "2375" end
  if tonumber(port) < 1 or tonumber(port) > 65535 then return nil, "the port must be 1 to 65535" end
  return name:lower(), port
end

local function tcp_endpoint(source, host, rest)
  local authority, base = rest:match("^([^/]*)(.*)$")
  local name, port = split_authority(authority)
  if not name then return config_error(source, host, port) end
  if base:find("[?#%s%c]") then
    return config_error(source, host, "no query, fragment or blank can follow")
  end
  base = base:gsub("/+$", "")
  if (base .. "/"):find("/%.%.?/") or base:find("//", 1, true) then
    return config_error(source, host, "the path must not have empty, '.' or '..' segments")
  end
  return { name = host, source = source, base = "http://" .. name .. ":" .. port .. base,
    encrypted = false,
    is_private = is_loopback(name) }
end

local FORMS = "expected unix:///path/of/socket or tcp://host:port"

local NOT_YET = {
  https = "TLS is not supported yet",
  http = "write tcp://host:port",
  npipe = "named pipes are not supported",
  fd = "fd:// is an address for engines to listen on, not to connect to",
}

---Read `host`, as `source` gave it.
---@return moondock.Endpoint? endpoint, string? message, moondock.Error? err
function endpoint.parse(host, source)
  if host:find("[%c%s]") then
    return config_error(source, (host:gsub("%c", "?")), "it contains blanks or control characters")
  end
  local scheme, rest = host:match("^(%a[%w+.-]*)://(.*)$")
  if scheme == "unix" then return unix_endpoint(source, host, rest) end
  if scheme == "ssh" then return ssh.endpoint(source, host) end
  if scheme == "tcp" then return tcp_endpoint(source, host, rest) end
  if scheme then
    return config_error(source, host, NOT_YET[scheme] or ("unknown scheme; " .. FORMS))
  end
  return config_error(source, host, FORMS)
end

local NO_ENTRY, NO_FOLDER = 2, 20

-- Whether something is at `path`. A socket cannot be opened as a file, but the error tells.
local function exists(path)
  local file, _, code = io.open(path)
  if file then file:close() end
  return file ~= nil or (code ~= NO_ENTRY and code ~= NO_FOLDER)
end

local function environment(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

-- The sockets that are looked for when nothing was said, in this order.
local function usual_sockets()
  local runtime = environment "XDG_RUNTIME_DIR"
  local home = environment "HOME"
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

local function usual_endpoint()
  local sockets = usual_sockets()
  for _, socket in ipairs(sockets) do
    if exists(socket[1]) then return endpoint.parse("unix://" .. socket[1], socket[2]) end
  end
  return endpoint.parse("unix://" .. sockets[1][1], sockets[1][2])
end

-- What the environment asks for and this version cannot do must not be overlooked: another engine
-- would be addressed, or this one without encryption.
local function unsupported()
  local context = environment "DOCKER_CONTEXT"
  if context and context ~= "default" then
    return ("DOCKER_CONTEXT selects the context '%s', which is not supported yet; "
      .. "set DOCKER_HOST"):format(context)
  end
end

---Choose the endpoint: the option, DOCKER_HOST, the default socket, rootless Docker, Podman.
---@param host? string  the option
---@return moondock.Endpoint? endpoint, string? message, moondock.Error? err
function endpoint.choose(host)
  if host ~= nil then return endpoint.parse(host, "option host") end
  local named = environment "DOCKER_HOST"
  if not named then
    local why = unsupported()
    if why then return errors.fail { kind = "config", message = why } end
    return usual_endpoint()
  end
  local found, message, err = endpoint.parse(named, "DOCKER_HOST")
  if found and not (found.unix or found.ssh) and environment "DOCKER_TLS_VERIFY" then
    return config_error("DOCKER_HOST", named,
      "DOCKER_TLS_VERIFY asks for TLS, which is not supported yet")
  end
  return found, message, err
end

return endpoint
