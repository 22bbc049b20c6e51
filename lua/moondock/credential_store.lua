-- Credentials that the docker CLI has stored: DOCKER_AUTH_CONFIG, and config.json with its helpers.

local config = require "moondock.config"
local core = require "moondock.core"
local errors = require "moondock.errors"
local parallel = require "moondock.parallel"
local reference = require "moondock.reference"

local VARIABLE = "DOCKER_AUTH_CONFIG"
local HELPERS_AT_ONCE = 8
local HUB_KEY = "https://index.docker.io/v1/"

---Where credentials come from. The secret itself is in `auth` and nowhere else.
---@class moondock.Found
---@field registry string  host[:port], "docker.io" for the Hub
---@field source string  call, login, client, DOCKER_AUTH_CONFIG, credHelpers, credsStore, auths, none
---@field auth? table  the wire's form; nil where there are none
---@field file? string  the config.json that was looked at
---@field helper? string  the program that was asked
---@field unused? boolean  `auths` has an entry as well, which a helper outranks

local store = {}

---The name that config.json, helpers and builds know a registry by.
---@return string
function store.key(registry)
  return registry == "docker.io" and HUB_KEY or registry
end

local function fail(where, what)
  return errors.fail { kind = "config", message = where .. ": " .. what }
end

local function is_object(value)
  return type(value) == "table" and not core.is_array(value)
end

-- An object below `contents`; empty where there is none.
local function object_in(contents, name, where)
  local value = contents[name]
  if value == nil or value == core.null then return {} end
  if is_object(value) then return value end
  return fail(where, name .. " must be an object")
end

local function sorted_keys(map)
  local keys = {}
  for key in pairs(map) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

-- The value that a map of registries has for this one. The CLI's own spelling comes first; any
-- other of the same host (with a scheme, a path, another name of the Hub) will do.
local function value_for(map, registry)
  local exact = map[store.key(registry)]
  if exact ~= nil then return exact end
  for _, key in ipairs(sorted_keys(map)) do
    if reference.registry_key(key) == registry then return map[key] end
  end
end

---The user and the password in `auth`, the base64 of config.json, or nil.
---@param text string
---@return string? user, string? password
function store.split_basic(text)
  local bytes = core.unbase64((text:gsub("[\r\n]", "")))
  local user, password = (bytes or ""):match("^([^:]+):(.*)$")
  if not user then return nil end
  return user, (password:gsub("^%z+", ""):gsub("%z+$", ""))
end

local TEXTS = { "username", "password", "auth", "identitytoken", "registrytoken" }

-- The fields of an entry that are there.
local function texts_of(entry, where, registry)
  if entry == core.null then return {} end
  if not is_object(entry) then
    return fail(where, ("the entry of %s must be an object"):format(registry))
  end
  local texts = {}
  for _, name in ipairs(TEXTS) do
    local value = entry[name]
    if value ~= nil and value ~= core.null and value ~= "" then
      if type(value) ~= "string" then
        return fail(where, ("%s of %s must be a string"):format(name, registry))
      end
      texts[name] = value
    end
  end
  return texts
end

-- What an entry of `auths` says, in the wire's form; false for the empty one that a helper leaves.
local function decode(entry, where, registry)
  local wire, message, err = texts_of(entry, where, registry)
  if not wire then return nil, message, err end
  if wire.auth then
    wire.username, wire.password = store.split_basic(wire.auth)
    if not wire.username then
      return fail(where, ("auth of %s is no base64 of user:password"):format(registry))
    end
    wire.auth = nil
  end
  if not core.encode(wire) then
    return fail(where, ("what is stored for %s is not valid UTF-8"):format(registry))
  end
  if wire.identitytoken or wire.registrytoken then
    wire.password = nil
  elseif not (wire.username and wire.password) then
    return false
  end
  wire.serveraddress = store.key(registry)
  return wire
end

-- Only what the CLI allows in the variable: anything else was meant to do something that it does
-- not do.
local function check_only(map, name, where)
  for key in pairs(map) do
    if key ~= name then
      return fail(where, ("unknown field '%s'; only %s is read"):format(key:gsub("%c", "?"), name))
    end
  end
  return true
end

-- The `auths` of the variable; empty where it is not set.
local function variable_auths()
  local text = config.environment(VARIABLE)
  if not text then return {} end
  local ok, value = core.decode(text)
  if not ok or not is_object(value) then return fail(VARIABLE, "it holds no JSON object") end
  local fine, message, err = check_only(value, "auths", VARIABLE)
  if not fine then return nil, message, err end
  local auths
  auths, message, err = object_in(value, "auths", VARIABLE)
  if not auths then return nil, message, err end
  for _, key in ipairs(sorted_keys(auths)) do
    local where = ("%s: %s"):format(VARIABLE, reference.registry_key(key))
    if not is_object(auths[key]) then return fail(where, "must be an object") end
    fine, message, err = check_only(auths[key], "auth", where)
    if not fine then return nil, message, err end
    if type(auths[key].auth) ~= "string" then return fail(where, "auth is missing") end
  end
  return auths
end

-- The CLI's config.json and its path.
local function configuration()
  local contents, message, err = config.load()
  if not contents then return nil, message, err end
  return contents, (config.folder() or "~/.docker") .. "/config.json"
end

-- A map of registries in config.json that helpers and entries are looked for in.
---@class moondock.Stored
---@field contents table
---@field file string
---@field auths table<string, table>
---@field helpers table<string, string>
---@field default? string  the credsStore

---@return moondock.Stored? stored, string? message, moondock.Error? err
local function load()
  local contents, file, err = configuration()
  if not contents then return nil, file, err end
  local auths, helpers, message
  auths, message, err = object_in(contents, "auths", file)
  if not auths then return nil, message, err end
  helpers, message, err = object_in(contents, "credHelpers", file)
  if not helpers then return nil, message, err end
  return { file = file, auths = auths, helpers = helpers, default = contents.credsStore }
end

local function new_helper(stored, setting, name, registry)
  local program = require("moondock.credential_helper").program(name)
  if not program then
    return fail(stored.file, ("%s for %s does not name a credential helper"):format(setting,
      registry))
  end
  return { program = program, registry = registry, key = store.key(registry), setting = setting,
    file = stored.file }
end

-- The helper of a registry; false where its credentials are in the file. An empty name says that.
local function helper_for(stored, registry)
  local setting, name = "credHelpers", value_for(stored.helpers, registry)
  if name == nil then setting, name = "credsStore", stored.default end
  if name == nil or name == core.null or name == "" then return false end
  return new_helper(stored, setting, name, registry)
end

local function from_variable(registry)
  local auths, message, err = variable_auths()
  if not auths then return nil, message, err end
  local entry = value_for(auths, registry)
  if not entry then return false end
  local auth
  auth, message, err = decode(entry, VARIABLE, registry)
  if auth == nil then return nil, message, err end
  return { registry = registry, source = VARIABLE, auth = auth or nil }
end

-- A helper speaks for its registry: what it does not know is not looked for in the file.
local function from_helper(stored, asked, deadline)
  local auth, message, err = require("moondock.credential_helper").get(asked, deadline)
  if auth == nil then return nil, message, err end
  local entry = value_for(stored.auths, asked.registry)
  return { registry = asked.registry, source = asked.setting, auth = auth or nil,
    file = asked.file, helper = asked.program,
    unused = is_object(entry) and next(entry) ~= nil or nil }
end

local function from_file(stored, registry)
  local entry = value_for(stored.auths, registry)
  local auth, message, err = false, nil, nil
  if entry ~= nil then auth, message, err = decode(entry, stored.file, registry) end
  if auth == nil then return nil, message, err end
  return { registry = registry, source = auth and "auths" or "none", auth = auth or nil,
    file = stored.file }
end

local function in_config(stored, registry, deadline)
  local asked, message, err = helper_for(stored, registry)
  if asked == nil then return nil, message, err end
  if asked then return from_helper(stored, asked, deadline) end
  return from_file(stored, registry)
end

---What is stored for a registry. Nothing is kept: a helper's tokens are short-lived.
---@param registry string
---@param deadline? number  of `task.now`
---@return moondock.Found? found, string? message, moondock.Error? err
function store.find(registry, deadline)
  local found, message, err = from_variable(registry)
  if found == nil then return nil, message, err end
  if found then return found end
  local stored
  stored, message, err = load()
  if not stored then return nil, message, err end
  return in_config(stored, registry, deadline)
end

local function add_registries(set, keys)
  for _, key in ipairs(keys) do set[reference.registry_key(key)] = true end
end

-- Every registry that something is stored for; what stands in the way is added to `troubles`.
local function registries_of(stored, variable, deadline, troubles)
  local set = {}
  add_registries(set, sorted_keys(variable))
  add_registries(set, sorted_keys(stored.helpers))
  local default, message = helper_for({ helpers = {}, default = stored.default,
    file = stored.file }, "all registries")
  if default == false then
    add_registries(set, sorted_keys(stored.auths))
  else
    local keys
    if default then
      keys, message = require("moondock.credential_helper").list(default, deadline)
    end
    if not keys then troubles[#troubles + 1] = message end
    add_registries(set, keys or {})
  end
  return sorted_keys(set)
end

---Everything that is stored, by registry, for a build that may need any of it. A helper or an entry
---that fails is no failure, since the build may not need it: it is told in `troubles`.
---@param deadline? number
---@return table<string, table>? auths, string? message, moondock.Error? err, string[]? troubles
function store.all(deadline)
  local variable, message, err = variable_auths()
  if not variable then return nil, message, err end
  local stored
  stored, message, err = load()
  if not stored then return nil, message, err end
  local auths, troubles = {}, {}
  local registries = registries_of(stored, variable, deadline, troubles)
  local found, failures = parallel.map(registries, function(registry)
    local given, why, failure = from_variable(registry)
    if given == false then return in_config(stored, registry, deadline) end
    return given, why, failure
  end, { limit = HELPERS_AT_ONCE, keep_going = true })
  for i, registry in ipairs(registries) do
    if failures[i] then troubles[#troubles + 1] = tostring(failures[i]) end
    auths[registry] = found[i] and found[i].auth
  end
  return auths, nil, nil, troubles
end

return store
