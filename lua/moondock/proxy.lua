-- Which proxy leads to an engine, by the variables and rules of Go's http.ProxyFromEnvironment, which
-- the docker command uses.

local address = require "moondock.address"
local errors = require "moondock.errors"

local proxy = {}

local SCHEMES = { http = "http", socks5 = "socks5h", socks5h = "socks5h" }
local DEFAULT_PORTS = { http = "80", https = "443", socks5h = "1080" }

local function environment(...)
  for _, name in ipairs { ... } do
    local value = os.getenv(name)
    if value and value ~= "" then return value, name end
  end
end

-- "name:port" or "[ipv6]:port" in its parts; the port is nil where there is none.
local function split(authority)
  local name, port = authority:match("^%[([^%]]*)%]:(%d*)$")
  if not name then name, port = authority:match("^([^:]*):(%d*)$") end
  if port == "" then port = nil end
  if name then return name, port end
  return authority:match("^%[([^%]]*)%]$") or authority
end

-- One entry of NO_PROXY as a function of name, port and address; nil when it means nothing.
local function matcher(entry)
  local network, bits = address.network(entry)
  if network then
    return function(_, _, bytes) return bytes ~= nil and address.contains(network, bits, bytes) end
  end
  local name, port = split(entry)
  if name == "" then return nil end
  local own = address.parse(name)
  if own then
    return function(_, at, bytes)
      return bytes ~= nil and address.equal(own, bytes) and (port == nil or port == at)
    end
  end
  local suffix = name:gsub("^%*%.", ".")
  local itself = suffix:sub(1, 1) ~= "."
  if itself then suffix = "." .. suffix end
  return function(host, at)
    local hit = host:sub(-#suffix) == suffix or (itself and host == suffix:sub(2))
    return hit and (port == nil or port == at)
  end
end

---Whether `list`, in the form of NO_PROXY, exempts a host. Localhost and loopback addresses always
---are.
---@param list string
---@param host string  without brackets
---@param port string
function proxy.exempts(list, host, port)
  host = host:lower()
  local bytes = address.parse(host)
  if host == "localhost" or (bytes and address.is_loopback(bytes)) then return true end
  for entry in list:gmatch("[^,]+") do
    entry = entry:match("^%s*(.-)%s*$"):lower()
    if entry == "*" then return true end
    local matches = entry ~= "" and matcher(entry)
    if matches and matches(host, port, bytes) then return true end
  end
  return false
end

local function bad_proxy(source, why)
  return errors.fail { kind = "config",
    message = ("bad proxy (from %s): %s; expected http://host:port or socks5://host:port"):format(
      source, why) }
end

-- What curl is given, and what people may read: without user name and password.
local function parse(text, source)
  if text:find("[%c%s]") then
    return bad_proxy(source, "it contains blanks or control characters")
  end
  local scheme, rest = text:match("^(%a[%w+.-]*)://(.*)$")
  if not scheme then scheme, rest = "http", text end
  local known = SCHEMES[scheme:lower()]
  if not known then
    return bad_proxy(source, ("the scheme '%s' is not supported"):format(scheme))
  end
  local authority = rest:match("^[^/?#]*")
  local secret = authority:match("^(.*)@")
  local name, port = split(secret and authority:sub(#secret + 2) or authority)
  if address.parse(name) then
    name = name:gsub("^.*:.*$", "[%0]")
  elseif not name:find("^[%w%.%-_]+$") then
    return bad_proxy(source, "it names no host")
  end
  local place = name .. ":" .. (port or DEFAULT_PORTS[known]) -- curl's own is another
  return known .. "://" .. (secret and secret:gsub("@", "%%40") .. "@" or "") .. place,
    ("%s://%s (from %s)"):format(scheme:lower(), place, source)
end

-- The target of an endpoint, and whether TLS goes there.
local function target(endpoint)
  local scheme, authority = endpoint.base:match("^(%a+)://([^/]*)")
  local host, port = split(authority)
  return host, port or DEFAULT_PORTS[scheme], scheme == "https"
end

-- A server that runs programs for requests hands them the request's header "Proxy" as HTTP_PROXY.
local function by_environment(endpoint)
  local host, port, secure = target(endpoint)
  local found, source
  if secure then
    found, source = environment("HTTPS_PROXY", "https_proxy")
  else
    found, source = environment("HTTP_PROXY", "http_proxy")
  end
  if not found or proxy.exempts(environment("NO_PROXY", "no_proxy") or "", host, port) then
    return nil
  elseif not secure and environment "REQUEST_METHOD" then
    return errors.fail { kind = "config", message = ("%s is not used in a CGI program, where a "
      .. "request can set it; say proxy = false, or name the proxy by the option"):format(source) }
  end
  return found, source
end

local function wanted(endpoint, option)
  if option == false then return nil end
  if option ~= nil then return option, "option proxy" end
  return by_environment(endpoint)
end

---Set `proxy`, the URL for curl, and `proxy_name`, for people, of an endpoint that is to be reached
---through a proxy. Sockets and ssh never are.
---@param endpoint moondock.Endpoint
---@param option? string|false  a proxy for this client, or none at all
---@return true? ok, string? message, moondock.Error? err
function proxy.choose(endpoint, option)
  if endpoint.unix or endpoint.ssh then
    if not option then return true end
    return errors.fail { kind = "config", message = ("option proxy: %s (from %s) is not reached "
      .. "through a proxy, only tcp:// is"):format(endpoint.name, endpoint.source) }
  end
  local text, source, err = wanted(endpoint, option)
  if err then return nil, source, err end
  if not text then return true end
  local url, name
  url, name, err = parse(text, source)
  if not url then return nil, name, err end
  endpoint.proxy, endpoint.proxy_name = url, name
  if not endpoint.encrypted then endpoint.is_private = false end
  return true
end

return proxy
