-- Engines behind ssh: what a host "ssh://..." means, and how the program ssh is called for it.

local errors = require "moondock.errors"

local DEFAULT_SOCKET = "/var/run/docker.sock"
local ALIVE_SECONDS, ALIVE_COUNT = 15, 3

---Where an engine is behind ssh.
---@class moondock.Ssh
---@field user? string
---@field host string  a name, an address or an alias of ~/.ssh/config
---@field port? string
---@field path? string  of the engine's socket there
---@field program? string  instead of "ssh"
---@field options? string[]  more arguments for it

local ssh = {}

local function bad(source, host, why)
  host = host:gsub("[%c%s]", "?"):gsub("//.*@", "//...@")
  return errors.fail { kind = "config", message = ("bad host '%s' (from %s): %s"):format(host,
    source, why) }
end

local function decode(text)
  return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

-- What begins with a dash would be taken for an option of ssh.
local function check_word(what, word)
  if word:find("^%-") then return what .. " must not begin with '-'" end
  if word:find("[%c%s]") then return what .. " must not have blanks or control characters" end
end

local function split_user(text)
  if text:find(":", 1, true) then
    return nil, "a password has no place there; ssh asks an agent or reads a key"
  end
  local user = decode(text)
  if user == "" then return nil, "the user before '@' is missing" end
  local why = check_word("the user", user)
  if why then return nil, why end
  return user
end

local function split_host(text)
  local name, port = text:match("^%[([%x:.]+%%?[%w._-]*)%](.*)$")
  if not name then name, port = text:match("^([^:]*)(.*)$") end
  if name == "" then return nil, "the host is missing" end
  local why = check_word("the host", name)
  if why then return nil, why end
  if not name:find("^[%w._:%%-]+$") then
    return nil, "the host has characters that no host has; IPv6 goes into brackets"
  end
  if port == "" then return name end
  local number = tonumber(port:match("^:(%d+)$"))
  if not number or number < 1 or number > 65535 then return nil, "the port must be 1 to 65535" end
  return name, ("%d"):format(number)
end

local function check_path(path)
  if path:find("%%%X") or path:find("%%.?$") or path:find("%%%x%X") then
    return "a '%' in the path must be written as %25"
  end
  path = decode(path)
  if path:find("%c") or path:find("${", 1, true) then
    return "the path must not have control characters or '${'"
  end
end

-- Returns the fields, or nil and what is wrong.
local function parse(rest)
  if rest:find("[%c%s]") then return nil, "it contains blanks or control characters" end
  if rest:find("[?#]") then return nil, "no query or fragment can follow" end
  local authority, path = rest:match("^([^/]*)(.*)$")
  local before, after = authority:match("^(.*)@([^@]*)$")
  local user, host, port, why
  if before then
    user, why = split_user(before)
    if not user then return nil, why end
  end
  host, port = split_host(after or authority)
  if not host then return nil, port end
  why = check_path(path)
  if why then return nil, why end
  if path == "" or path == "/" then path = nil end
  return { user = user, host = host, port = port, path = path and decode(path) }
end

---Read `host`, ssh://[user@]host[:port][/path/of/socket], as `source` gave it.
---@return moondock.Endpoint? endpoint, string? message, moondock.Error? err
function ssh.endpoint(source, host)
  local rest = host:match("^ssh://(.*)$")
  if not rest then return bad(source, host, "expected ssh://[user@]host[:port][/path/socket]") end
  local where, why = parse(rest)
  if not where then return bad(source, host, why) end
  return { name = host, source = source, base = "http://localhost", ssh = where, encrypted = true,
    is_private = true }
end

local FIELDS = { program = true, options = true }

---Take the connect option `ssh` of an endpoint; raises when it is wrong.
---@param opts? { program?: string, options?: string[] }
function ssh.customize(endpoint, opts)
  if opts == nil then return end
  errors.check_options("ssh", opts, FIELDS)
  errors.check("option ssh.program", opts.program, "string or nil")
  errors.check("option ssh.options", opts.options, "table or nil")
  for _, option in ipairs(errors.check_list("option ssh.options", opts.options or {})) do
    errors.check("each of ssh.options", option, "string")
  end
  if not endpoint.ssh then return end
  endpoint.ssh.program, endpoint.ssh.options = opts.program, opts.options
end

local function append(list, more)
  for _, word in ipairs(more) do list[#list + 1] = word end
  return list
end

-- ssh takes the first value that it is given for an option: what must be so comes first, then
-- what the user asks for, then what is only usual.
local function command(where, seconds, must)
  local list = append({ where.program or "ssh" }, must)
  append(list, { "-T", "-o", "ControlMaster=no", "-o", "ControlPath=none", "-o", "LogLevel=INFO" })
  append(list, where.options or {})
  append(list, { "-o", "BatchMode=yes", "-o", ("ConnectTimeout=%d"):format(math.ceil(seconds)),
    "-o", "ServerAliveInterval=" .. ALIVE_SECONDS, "-o", "ServerAliveCountMax=" .. ALIVE_COUNT })
  if where.user then append(list, { "-l", where.user }) end
  if where.port then append(list, { "-p", where.port }) end
  return list
end

-- A path in the argument of -L, where ":" separates and "%" begins a token.
local function in_forward(path)
  return (path:gsub("[\\:]", "\\%0"):gsub("%%", "%%%%"))
end

---The arguments of an ssh that forwards the engine's socket to a local one.
---@param where moondock.Ssh
---@param socket string  path of the local socket
---@param seconds number  the connect limit
---@return string[]
function ssh.forward(where, socket, seconds)
  local list = command(where, seconds, { "-o", "ExitOnForwardFailure=yes",
    "-o", "StreamLocalBindMask=0177", "-o", "StreamLocalBindUnlink=yes" })
  return append(list, { "-N", "-L", in_forward(socket) .. ":" .. in_forward(where.path
    or DEFAULT_SOCKET), "--", where.host })
end

-- A word for the POSIX shell at the far end.
local function quoted(word)
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

---The arguments of an ssh whose input and output are a connection to the engine, made by the
---docker command at the far end.
---@return string[]
function ssh.dial(where, seconds)
  local list = append(command(where, seconds, { "-o", "ClearAllForwardings=yes" }),
    { "--", where.host, "docker" })
  if where.path then list[#list + 1] = quoted("--host=unix://" .. where.path) end
  return append(list, { "system", "dial-stdio" })
end

-- What ssh says, in lower case, and the reason it means.
local REASONS = {
  { "could not resolve hostname", "name" },
  { "name or service not known", "name" },
  { "connection refused", "refused" },
  { "permission denied", "permission" },
  { "host key verification failed", "permission" },
  { "identification has changed", "permission" },
  { "too many authentication failures", "permission" },
  { "no such file or directory", "missing_socket" },
  { "cannot connect to the docker daemon", "missing_socket" },
  { "open failed", "missing_socket" },
  { "docker: not found", "missing_socket" },
  { "docker: command not found", "missing_socket" },
}

---The reason of a connect error by the words of ssh.
function ssh.reason(words)
  words = words:lower()
  for _, rule in ipairs(REASONS) do
    if words:find(rule[1], 1, true) then return rule[2] end
  end
  return "unreachable"
end

local LINES, LENGTH = 4, 500

---The last lines of what ssh wrote, as one.
function ssh.words(text)
  local list = {}
  for line in text:gmatch("[^\r\n]+") do
    line = line:gsub("%c", "?")
    if line:find("%S") and not line:find("^Warning: Permanently added") and line ~= list[#list] then
      list[#list + 1] = line
    end
  end
  return table.concat(list, "; ", math.max(1, #list - LINES + 1)):sub(-LENGTH)
end

return ssh
