-- The docker CLI's contexts: names for engines, each with its address and TLS files. Read only.

local config = require "moondock.config"
local core = require "moondock.core"
local errors = require "moondock.errors"
local tls_files = require "moondock.tls_files"

---@class moondock.StoredContext
---@field name string
---@field host string
---@field description? string
---@field skip_tls_verify boolean
---@field tls_folder? string  where its TLS files are, if it has any

local contexts = {}

local DEFAULT_SOCKET = "unix:///var/run/docker.sock"
local NO_ENTRY, NO_FOLDER = 2, 20

local function store()
  local folder = config.folder()
  return folder and folder .. "/contexts"
end

-- The names in a folder; none where there is no such folder.
local function names_in(path)
  local names, why, number = core.folder_names(path)
  if names then return names end
  if number == NO_ENTRY or number == NO_FOLDER then return nil end
  return errors.fail { kind = "config", message = "cannot read " .. why }
end

local function bad_meta(path, why)
  return errors.fail { kind = "config", message = ("%s is no context: %s"):format(path, why) }
end

local function text(value)
  return type(value) == "string" and value ~= "" and value or nil
end

-- A context of the folder `id`, or false where there is none.
local function load(id)
  local root = store()
  local path = root .. "/meta/" .. id .. "/meta.json"
  local meta, message, err = config.read_object(path)
  if not meta then return meta, message, err end
  local docker = type(meta.Endpoints) == "table" and meta.Endpoints.docker
  if type(docker) ~= "table" then return bad_meta(path, "it has no endpoint 'docker'") end
  if docker.Host ~= nil and docker.Host ~= core.null and type(docker.Host) ~= "string" then
    return bad_meta(path, "its Host is no text")
  end
  local folder = root .. "/tls/" .. id .. "/docker"
  local files
  files, message, err = names_in(folder)
  if message then return nil, message, err end
  return {
    name = text(meta.Name) or id,
    host = text(docker.Host) or DEFAULT_SOCKET,
    description = type(meta.Metadata) == "table" and text(meta.Metadata.Description) or nil,
    skip_tls_verify = docker.SkipTLSVerify == true,
    tls_folder = files and folder,
  }
end

-- The CLI's rule for names, which it makes folders of.
local function is_name(name)
  return name:find("^%w[%w_.+-]+$") ~= nil
end

-- What there is, for a message: the names of all folders of the store that can be read.
local function known_names()
  local names = { "default" }
  local root = store()
  for _, id in ipairs(root and names_in(root .. "/meta") or {}) do
    local context = load(id)
    if context then names[#names + 1] = context.name end
  end
  table.sort(names)
  return table.concat(names, ", ")
end

---The context of this name.
---@param source string  who named it
---@return moondock.StoredContext? context, string? message, moondock.Error? err
function contexts.find(name, source)
  if not is_name(name) then
    return errors.fail { kind = "config", message = ("bad context name '%s' (from %s): a letter or "
      .. "digit, then letters, digits, '_', '.', '+' or '-'"):format(name:gsub("%c", "?"), source) }
  end
  local context, message, err
  if store() then context, message, err = load(core.sha256(name)) end
  if message then return nil, message, err end
  if not context then
    return errors.fail { kind = "config",
      message = ("there is no context '%s' (from %s); there are: %s"):format(name, source,
        known_names()) }
  end
  context.name = name
  return context
end

---How a context encrypts: nil when it does not.
---@param context moondock.StoredContext
---@return moondock.Tls? tls, string? message, moondock.Error? err
function contexts.tls(context)
  if not context.tls_folder then
    return context.skip_tls_verify and { verify = false } or nil
  end
  local found, message, err = tls_files.of_folder(context.tls_folder,
    ("context '%s'"):format(context.name), false)
  if not found then return nil, message, err end
  found.verify = not context.skip_tls_verify
  return found
end

-- An entry of the list; what is wrong with it is part of it.
local function entry(id)
  local context, message = load(id)
  if context == false then return nil end
  if not context then
    return { name = id, tls = false, skip_tls_verify = false, error = message }
  end
  local tls
  tls, message = contexts.tls(context)
  return { name = context.name, host = context.host, description = context.description,
    tls = tls ~= nil, skip_tls_verify = context.skip_tls_verify, error = message }
end

---All that are stored, sorted by name; "default" is a name that none can have. One that is broken has an `error`, and the name of its folder
---where its own cannot be read.
---@return table[]? list, string? message, moondock.Error? err
function contexts.stored()
  local root, list = store(), {}
  if not root then return list end
  local ids, message, err = names_in(root .. "/meta")
  if message then return nil, message, err end
  for _, id in ipairs(ids or {}) do
    local found = entry(id)
    if found and found.name ~= "default" then list[#list + 1] = found end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

return contexts
