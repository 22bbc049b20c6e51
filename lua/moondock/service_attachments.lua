-- What an update attaches a service to, or detaches it from, by a name that the engine has an id for:
-- networks, secrets, configs, and the config of a credential spec.

local call = require "moondock.call"
local core = require "moondock.core"
local errors = require "moondock.errors"
local fields = require "moondock.service_fields"
local given = require "moondock.flag_values"
local references = require "moondock.service_references"
local values = require "moondock.service_values"

local CONTAINER = "TaskTemplate.ContainerSpec."
local NETWORKS = "TaskTemplate.Networks"

local function list_at(spec, path)
  local list = fields.at(spec, path)
  return type(list) == "table" and list or {}
end

-- --- networks

local function network_id(client, name, limits)
  local details, message, err = call.run(client, "NetworkInspect", { name }, { scope = "swarm" },
    { limits = limits })
  if not details then return nil, message, err end
  return details.Id
end

-- The ids of networks, as a set.
local function network_ids(client, names, limits)
  local ids = {}
  for _, name in ipairs(names) do
    local id, message, err = network_id(client, name, limits)
    if not id then return nil, message, err end
    ids[id] = true
  end
  return ids
end

-- Once services had networks in another place.
local function take_networks(spec)
  local list = list_at(spec, NETWORKS)
  if #list == 0 then list = list_at(spec, "Networks") end
  spec.Networks = nil
  return list
end

local function already_attached(name)
  return errors.fail { kind = "conflict", operation = "ServiceUpdate",
    message = "the service is already attached to network " .. name }
end

-- Put networks to those that stay. What a caller gave is not changed: the update may begin anew.
local function attach(client, list, added, limits)
  local there = {}
  for _, network in ipairs(list) do there[network.Target] = true end
  for _, network in ipairs(added) do
    local id, message, err = network_id(client, network.Target, limits)
    if not id then return nil, message, err end
    if there[id] then return already_attached(network.Target) end
    there[id], list[#list + 1] = true, { Target = id, Aliases = network.Aliases,
      DriverOpts = network.DriverOpts }
  end
  return list
end

local function by_target(a, b) return a.Target < b.Target end

local function networks(client, opts)
  if opts.network_add == nil and opts.network_rm == nil then return nil end
  local added = values.networks("network_add", opts.network_add or {})
  local gone = given.texts("network_rm", opts.network_rm or {})
  return function(spec, limits)
    local ids, message, err = network_ids(client, gone, limits)
    if not ids then return nil, message, err end
    local list = core.array()
    for _, network in ipairs(take_networks(spec)) do
      if not ids[network.Target] then list[#list + 1] = network end
    end
    list, message, err = attach(client, list, added, limits)
    if not list then return nil, message, err end
    table.sort(list, by_target)
    fields.put_list(spec, NETWORKS, list)
  end
end

-- --- secrets and configs

local PLACES = {
  secret = { path = CONTAINER .. "Secrets", name = "SecretName" },
  config = { path = CONTAINER .. "Configs", name = "ConfigName" },
}

-- A config that is no file is the credential spec's.
local function is_file(reference)
  return type(reference.Runtime) ~= "table"
end

local function put_references(spec, kind, added, stays)
  local list = core.array()
  for _, reference in ipairs(list_at(spec, PLACES[kind].path)) do
    if stays(reference) then list[#list + 1] = reference end
  end
  for _, reference in ipairs(added) do list[#list + 1] = reference end
  fields.put_list(spec, PLACES[kind].path, list)
end

local function files(kind)
  local add, rm = kind .. "_add", kind .. "_rm"
  return function(client, opts)
    if opts[add] == nil and opts[rm] == nil then return nil end
    local needed = { secret = {}, config = {} }
    needed[kind] = references.of(kind, add, opts[add] or {})
    local gone = values.names(rm, opts[rm] or {})
    return function(spec, limits)
      local ok, message, err = references.resolve(client, needed, limits)
      if not ok then return nil, message, err end
      put_references(spec, kind, needed[kind], function(reference)
        return not (is_file(reference) and gone[reference[PLACES[kind].name]])
      end)
    end
  end
end

local function forget_credential_spec(spec)
  put_references(spec, "config", {}, is_file)
  local privileges = fields.at(spec, CONTAINER .. "Privileges")
  if type(privileges) == "table" then privileges.CredentialSpec = nil end
end

local function credential_spec(client, opts)
  if opts.credential_spec == nil then return nil end
  if opts.credential_spec == "" then return forget_credential_spec end
  local credential, record = references.credential_spec(opts.credential_spec)
  local needed = { secret = {}, config = { record }, credential = credential, record = record }
  return function(spec, limits)
    local ok, message, err = references.resolve(client, needed, limits)
    if not ok then return nil, message, err end
    put_references(spec, "config", needed.config, is_file)
    fields.put(spec, CONTAINER .. "Privileges.CredentialSpec", credential)
  end
end

-- The credential spec comes after the configs, among which it has one.
local ALL = { networks, files "secret", files "config", credential_spec }

local attachments = {
  NAMES = { network_add = true, network_rm = true, secret_add = true, secret_rm = true,
    config_add = true, config_rm = true, credential_spec = true },
}

---Read what the options say, and append to `changes` what they need: functions of a spec and of the
---limits of the requests that they make, which may return the failure triple.
function attachments.read(client, opts, changes)
  for _, read in ipairs(ALL) do changes[#changes + 1] = read(client, opts) end
end

return attachments
