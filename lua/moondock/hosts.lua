-- Hosts as people write them, unix:///path and tcp://name:port, read into endpoints.

local errors = require "moondock.errors"

local SOCKET_PATH_MAX = 107
local PLAIN_PORT, TLS_PORT = "2375", "2376"

---@class moondock.Endpoint
---@field name string  as people write it: unix:///var/run/docker.sock, tcp://host:port
---@field source string  who chose it: "option host", "DOCKER_HOST", "the default socket"
---@field base string  the URL that targets are appended to
---@field unix? string  the socket's path
---@field authority? string  of TCP: the name or address, an IPv6 address in brackets
---@field context? string  the name of the context that it belongs to; nil for "default"
---@field tls? moondock.Tls  how to encrypt
---@field encrypted boolean
---@field is_private boolean  nobody on a network can read along: a socket, or this machine's loopback
---@field tried? { path: string, exists: boolean }[]  the usual sockets, when nothing was said
---@field connect_timeout number  seconds

local hosts = {}

---The failure of a host that cannot be used. It is repeated without what stands before an "@": that
---may be a password.
---@return nil, string message, moondock.Error err
function hosts.refuse(source, host, why)
  host = host:gsub("//.*@", "//...@")
  return errors.fail { kind = "config", message = ("bad host '%s' (from %s): %s"):format(host,
    source, why) }
end

local function unix_endpoint(source, host, path)
  if path:sub(1, 1) ~= "/" then
    return hosts.refuse(source, host,
      "a unix socket is named by its absolute path: unix:///var/run/docker.sock")
  elseif #path > SOCKET_PATH_MAX then
    return hosts.refuse(source, host,
      ("the socket's path is longer than %d bytes"):format(SOCKET_PATH_MAX))
  end
  return { name = host, source = source, base = "http://localhost", unix = path, encrypted = false,
    is_private = true }
end

local function is_loopback(name)
  return name == "localhost" or name:find("^127%.%d+%.%d+%.%d+$") ~= nil or name == "[::1]"
end

-- The authority of a tcp URL: name, port ("" when none was said), or nil and what is wrong.
local function split_authority(authority)
  if authority:find("@", 1, true) then return nil, "a user name means nothing to an engine" end
  local name, port = authority:match("^(%[[%x:%.]+%]):?(%d*)$")
  if not name then name, port = authority:match("^([%w%.%-_]+):?(%d*)$") end
  if not name then return nil, "expected tcp://name:port or tcp://[ipv6]:port" end
  if authority:sub(-1) == ":" then return nil, "the port is missing after ':'" end
  if port ~= "" and (tonumber(port) < 1 or tonumber(port) > 65535) then
    return nil, "the port must be 1 to 65535"
  end
  return name:lower(), port
end

-- What is wrong with the path behind the authority, which is kept for proxies.
local function path_problem(path)
  if path:find("[?#%s%c]") then return "no query, fragment or blank can follow" end
  if (path .. "/"):find("/%.%.?/") or path:find("//", 1, true) then
    return "the path must not have empty, '.' or '..' segments"
  end
end

local function tcp_endpoint(source, host, rest)
  local authority, path = rest:match("^([^/]*)(.*)$")
  local name, port = split_authority(authority)
  if not name then return hosts.refuse(source, host, port) end
  path = path:gsub("/+$", "")
  local problem = path_problem(path)
  if problem then return hosts.refuse(source, host, problem) end
  return { name = host, source = source, authority = name, port = port, path = path,
    encrypted = false, is_private = is_loopback(name) }
end

-- The port is not guessed: that of https is 443, that of engines 2376.
local function https_endpoint(source, host, rest)
  local found, message, err = tcp_endpoint(source, host, rest)
  if not found then return nil, message, err end
  if found.port == "" then
    return hosts.refuse(source, host, "say the port: https://name:2376")
  end
  found.https = true
  return found
end

-- Each reads a host of its scheme: function(source, host, rest) -> endpoint, or the failure triple.
-- An endpoint that has an `authority` is completed by `settle`; all others are whole.
local SCHEMES = {
  unix = unix_endpoint,
  tcp = tcp_endpoint,
  https = https_endpoint,
  ssh = function(source, host) return require("moondock.ssh").endpoint(source, host) end,
}

local FORMS = "expected unix:///path/of/socket, tcp://host:port or ssh://user@host"

local REFUSED = {
  http = "write tcp://host:port",
  npipe = "named pipes are not supported",
  fd = "fd:// is an address for engines to listen on, not to connect to",
}

-- The CLI takes a name with a port for TCP.
local function with_scheme(host)
  if host:find("^[%w%.%-_]+:%d+$") or host:find("^%[[%x:%.]+%]:%d+$") then
    return "tcp://" .. host
  end
  return host
end

---Read `host`, as `source` gave it. An endpoint of TCP still wants `settle`.
---@return moondock.Endpoint? endpoint, string? message, moondock.Error? err
function hosts.parse(source, host)
  host = with_scheme(host:match("^%s*(.-)%s*$"))
  if host:find("[%c%s]") then
    return hosts.refuse(source, (host:gsub("%c", "?")),
      "it contains blanks or control characters")
  end
  local scheme, rest = host:match("^(%a[%w+.-]*)://(.*)$")
  if SCHEMES[scheme] then return SCHEMES[scheme](source, host, rest) end
  if scheme then
    return hosts.refuse(source, host, REFUSED[scheme] or ("unknown scheme; " .. FORMS))
  end
  return hosts.refuse(source, host, FORMS)
end

---Give an endpoint of TCP its URL, with `tls` where it is encrypted.
---@param tls? moondock.Tls
---@return moondock.Endpoint
function hosts.settle(found, tls)
  local port = found.port ~= "" and found.port or (tls and TLS_PORT or PLAIN_PORT)
  found.base = ("%s://%s:%s%s"):format(tls and "https" or "http", found.authority, port, found.path)
  found.tls, found.encrypted = tls, tls ~= nil
  found.port, found.path, found.https = nil, nil, nil
  return found
end

return hosts
