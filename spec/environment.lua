-- A world of its own for specs of what is read from environment and files: variables, a folder, and
-- which of the usual sockets are there.

local core = require "moondock.core"

local environment = { NO_ENTRY = 2, A_SOCKET = 6, DENIED = 13 }

local real_getenv, real_open = os.getenv, io.open

local function open(path, mode)
  if not path:find "%.sock$" then return real_open(path, mode) end
  return nil, path, environment.present[path] or environment.NO_ENTRY
end

---Begin: no variable is set but DOCKER_CONFIG, which names an empty folder, and no socket is there.
---`variables` and `present` (a path, and the errno of opening it) are for the spec to fill.
function environment.begin()
  local folder = os.tmpname()
  os.remove(folder)
  assert(os.execute("mkdir -m 700 " .. folder))
  environment.folder, environment.present = folder, {}
  environment.variables = { DOCKER_CONFIG = folder }
  os.getenv = function(name) return environment.variables[name] end -- luacheck: ignore 122
  io.open = open -- luacheck: ignore 122
end

---End: all is as it was.
function environment.finish()
  os.getenv, io.open = real_getenv, real_open -- luacheck: ignore 122
  os.execute("rm -rf " .. environment.folder)
end

---Write a file below the folder; the path of it.
function environment.write(name, bytes)
  local path = environment.folder .. "/" .. name
  assert(os.execute("mkdir -p " .. path:match "^(.*)/"))
  local file = assert(real_open(path, "wb"))
  file:write(bytes)
  file:close()
  return path
end

---Store a context as `docker context create` does.
---@param endpoint table  Host, SkipTLSVerify
---@param files? table<string, string>  of its TLS: "ca.pem" and so on
function environment.context(name, endpoint, files)
  local id = core.sha256(name)
  environment.write("contexts/meta/" .. id .. "/meta.json", core.encode { Name = name,
    Metadata = core.object { Description = "about " .. name }, Endpoints = { docker = core.object(endpoint) } })
  for file, bytes in pairs(files or {}) do
    environment.write("contexts/tls/" .. id .. "/docker/" .. file, bytes)
  end
  return id
end

---What PEM files look like to somebody who does not decode them.
environment.PEM = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"

return environment
