-- A folder of the docker CLI for specs: its config.json, credential helpers of our own, and an
-- environment that points to them.

local core = require "moondock.core"
local lfs = require "lfs"

local cli = {}

cli.SECRET = "planted:p4ss?>~"

local real_getenv, real_run = os.getenv, nil

-- Programs of PATH that specs need besides their own.
local function path()
  return cli.folder .. "/bin:" .. (real_getenv "PATH" or "/usr/bin:/bin")
end

local function remove_all(folder)
  for name in lfs.dir(folder) do
    local inner = folder .. "/" .. name
    if name ~= "." and name ~= ".." then
      if lfs.attributes(inner, "mode") == "directory" then remove_all(inner) else os.remove(inner) end
    end
  end
  lfs.rmdir(folder)
end

---Begin with an empty folder and an empty environment. Helpers are found in it as well.
function cli.setup()
  cli.folder = os.tmpname()
  os.remove(cli.folder)
  assert(lfs.mkdir(cli.folder))
  assert(lfs.mkdir(cli.folder .. "/bin"))
  cli.file = cli.folder .. "/config.json"
  cli.variables = { DOCKER_CONFIG = cli.folder }
  os.getenv = function(name) return cli.variables[name] end -- luacheck: ignore 122
end

function cli.teardown()
  os.getenv = real_getenv -- luacheck: ignore 122
  if real_run then require("moondock.process").run, real_run = real_run, nil end
  remove_all(cli.folder)
end

local function write(name, bytes)
  local file = assert(io.open(name, "wb"))
  file:write(bytes)
  file:close()
end

---Write config.json: a table, or bytes as they are.
function cli.write(contents)
  write(cli.file, type(contents) == "string" and contents or core.encode(contents))
end

---Write a helper: the lines of a shell script. `$1` is the verb.
function cli.helper(name, script)
  local program = cli.folder .. "/bin/docker-credential-" .. name
  write(program, "#!/bin/sh\n" .. script .. "\n")
  assert(os.execute("chmod 755 " .. program))
  -- The search for programs is C's, and looks at the environment of the process to be.
  local process = require "moondock.process"
  if real_run then return end
  real_run = process.run
  process.run = function(argv, opts)
    opts.env = { PATH = path() }
    return real_run(argv, opts)
  end
end

---A helper that answers with these fields, and keeps what it was asked.
function cli.answering_helper(name, answer)
  write(cli.folder .. "/" .. name .. ".json", core.encode(answer))
  cli.helper(name, ([[{ printf '%%s %%s [' "$#" "$1"; cat; echo ']'; } >>'%s/%s.log'
cat '%s/%s.json']]):format(cli.folder, name, cli.folder, name))
end

---What a helper was asked: a line for each time, with the number of arguments.
function cli.asked(name)
  local file = io.open(cli.folder .. "/" .. name .. ".log")
  if not file then return "" end
  local text = file:read "*a"
  file:close()
  return text
end

---`user:password` as `auths` have it.
function cli.basic(user, password)
  return core.base64(user .. ":" .. password)
end

---What a header with credentials says.
function cli.decode(header)
  local text = header:match "^X%-Registry%-%a+: ([%w_%-]+=*)$"
  local ok, value = core.decode(assert(core.unbase64(assert(text, "not the URL alphabet"))))
  assert(ok, value)
  return value
end

return cli
