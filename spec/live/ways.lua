-- Ways to an engine, each in a process of its own whose environment is what the way needs.

local core = require "moondock.core"

local ways = {}

function ways.quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local PROGRAM = [[
  local docker = require "moondock"
  local client, message, err = docker.connect(%s)
  local info
  if client then info, message, err = client:info() end
  print(info and client.endpoint.source or "nil")
  print(info and client.endpoint.name or err.kind)
  print(info and info.Name or message)
]]

---Connect in a fresh process that sees these variables alone.
---@return string source, string host, string name  the engine's own, or "nil", the kind and the message of its error
function ways.fresh(variables, options)
  local parts = { "env -i" }
  local all = { PATH = os.getenv "PATH", LUA_PATH = package.path, LUA_CPATH = package.cpath,
    LD_PRELOAD = os.getenv "LD_PRELOAD", ASAN_OPTIONS = os.getenv "ASAN_OPTIONS",
    MOONDOCK_ASAN_LUA = os.getenv "MOONDOCK_ASAN_LUA" }
  for name, value in pairs(variables) do all[name] = value end
  for name, value in pairs(all) do parts[#parts + 1] = name .. "=" .. ways.quote(value) end
  parts[#parts + 1] = os.getenv "LUA" or "lua5.4"
  parts[#parts + 1] = "-e " .. ways.quote(PROGRAM:format(options or "")) .. " 2>&1"
  local pipe = assert(io.popen(table.concat(parts, " ")))
  local source, host, name = pipe:read("*l"), pipe:read("*l"), pipe:read("*l")
  pipe:close()
  return source, host, name
end

---Write a file of the folder.
function ways.write(path, bytes)
  assert(os.execute("mkdir -p " .. ways.quote(ways.folder .. "/" .. path:match "^(.-)[^/]*$")))
  local file = assert(io.open(ways.folder .. "/" .. path, "wb"))
  file:write(bytes)
  file:close()
end

---A context as `docker context create` stores it.
function ways.create_context(name, host, certificates)
  local id = core.sha256(name)
  ways.write("contexts/meta/" .. id .. "/meta.json", core.encode { Name = name, Metadata = core.object {},
    Endpoints = { docker = { Host = host, SkipTLSVerify = false } } })
  if not certificates then return end
  local files = ways.quote(ways.folder .. "/contexts/tls/" .. id .. "/docker")
  assert(os.execute(("mkdir -p %s && cp %s/ca.pem %s/cert.pem %s/key.pem %s"):format(files, certificates,
    certificates, certificates, files)))
end

---A folder for the CLI's files: `ways.folder`.
function ways.make_folder()
  ways.folder = os.tmpname()
  os.remove(ways.folder)
  assert(os.execute("mkdir -m 700 " .. ways.folder))
end

function ways.remove_folder() os.execute("rm -rf " .. ways.folder) end

return ways
