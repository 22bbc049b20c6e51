-- The docker CLI's own configuration: its folder and its config.json, read but never written.

local core = require "moondock.core"
local errors = require "moondock.errors"

local NO_ENTRY, NO_FOLDER = 2, 20

local config = {}

---The value of an environment variable; an empty one is as good as none.
---@return string?
function config.environment(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

---The folder of the docker CLI's files: DOCKER_CONFIG, else .docker in the home folder.
---@return string? folder  nil where neither variable is set
function config.folder()
  local named = config.environment "DOCKER_CONFIG"
  if named then return named end
  local home = config.environment "HOME"
  return home and home .. "/.docker"
end

---Read a whole file. A file that is not there is false, not a failure.
---@return string|false|nil bytes, string? why
function config.read(path)
  local file, why, code = io.open(path, "rb")
  if not file then
    if code == NO_ENTRY or code == NO_FOLDER then return false end
    return nil, why
  end
  local bytes
  bytes, why = file:read("*a")
  file:close()
  if not bytes then return nil, path .. ": " .. why end
  return bytes
end

---Read a JSON object from a file. A file that is not there is false.
---@param path string
---@param lenient? boolean  one that has nothing in it is false, too
---@return table|false|nil value, string? message, moondock.Error? err
function config.read_object(path, lenient)
  local bytes, why = config.read(path)
  if bytes == false then return false end
  if not bytes then return errors.fail { kind = "config", message = "cannot read " .. why } end
  if lenient and not bytes:find "%S" then return false end
  local ok, value = core.decode(bytes)
  if not ok then
    value = value:gsub(", found .*", "") -- which may be a secret
    return errors.fail { kind = "config", message = ("%s is no JSON: %s"):format(path, value) }
  elseif type(value) ~= "table" or core.is_array(value) then
    return errors.fail { kind = "config", message = path .. " has no JSON object" }
  end
  return value
end

---The contents of config.json; an empty table where there is none, or nothing in it, as to the CLI.
---@return table? contents, string? message, moondock.Error? err
function config.load()
  local folder = config.folder()
  if not folder then return {} end
  local value, message, err = config.read_object(folder .. "/config.json", true)
  if value == nil then return nil, message, err end
  return value or {}
end

---A function that returns what `load` does, and reads once, when it is first called.
---@return fun(): table?, string?, moondock.Error?
function config.reader()
  local value, message, err
  return function()
    if value == nil and not err then value, message, err = config.load() end
    return value, message, err
  end
end

return config
