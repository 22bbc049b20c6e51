-- Secrets and configs of a service: named by people, referred to by id on the wire.

local call = require "moondock.call"
local core = require "moondock.core"
local errors = require "moondock.errors"
local fields = require "moondock.fields"
local told = require "moondock.told"

local FILE_MODE = 292 -- 0444
local ID_LENGTH = 25

local function mode(kind, value)
  local digits = value and (value:match("^0o?([0-7]+)$") or value:match("^0$"))
  if not digits then
    errors.blame(("field mode of option %s must be octal text such as '0444', not '%s'"):format(
      kind, tostring(value)))
  end
  return tonumber(digits, 8)
end

local function new_fields(kind, name_field)
  local function source(record, value) record[name_field] = value end
  return {
    source = source,
    src = source,
    target = function(record, value) record.File.Name = value end,
    uid = function(record, value) record.File.UID = value end,
    gid = function(record, value) record.File.GID = value end,
    mode = function(record, value) record.File.Mode = mode(kind, value) end,
  }
end

local KINDS = {
  secret = { list = "SecretList", name = "SecretName", id = "SecretID",
    fields = new_fields("secret", "SecretName") },
  config = { list = "ConfigList", name = "ConfigName", id = "ConfigID",
    fields = new_fields("config", "ConfigName") },
}

-- One reference, in its short or its long form, or as the Engine's own record.
local function reference_of(kind, option, item)
  if fields.is_record(item) then return item end
  local facts = KINDS[kind]
  local record = { File = { UID = "0", GID = "0", Mode = FILE_MODE } }
  if type(item) == "table" or type(item) == "string" and item:find "[=,]" then
    fields.fill(option, item, facts.fields, record)
  else
    record[facts.name] = errors.check("option " .. option, item, "string")
  end
  if not record[facts.name] or record[facts.name] == "" then
    errors.blame(("option %s needs a name, or the field source"):format(option))
  end
  if (record.File.Name or "") == "" then record.File.Name = record[facts.name] end
  return record
end

local function check_targets(option, records)
  local seen = {}
  for _, record in ipairs(records) do
    local target = record.File and record.File.Name
    if target and seen[target] then
      errors.blame(("option %s puts two into the file %s"):format(option, target))
    end
    if target then seen[target] = true end
  end
end

local CREDENTIAL_FIELDS = { config = "Config", file = "File", registry = "Registry" }

-- What has no id yet, by name.
local function missing(kind, records)
  local facts, names = KINDS[kind], {}
  for _, record in ipairs(records) do
    if not record[facts.id] then names[#names + 1] = record[facts.name] end
  end
  return names
end

local references = {}

---References without ids, of what an option was given.
---@param kind "secret"|"config"
---@param option string  its name, for errors
---@return table[] records
function references.of(kind, option, value)
  local records = core.array()
  for i, item in ipairs(fields.items(option, value)) do
    records[i] = reference_of(kind, option, item)
  end
  check_targets(option, records)
  return records
end

---"config://name", "file://name" or "registry://name". A config is referred to besides, by a record
---that `resolve` finds the id for.
---@return table credential, table? record
function references.credential_spec(value)
  local scheme, rest = errors.check("option credential_spec", value, "string"):match(
    "^(%l+)://(.+)$")
  local field = CREDENTIAL_FIELDS[scheme]
  if not field then
    errors.blame "option credential_spec must be config://..., file://... or registry://..."
  end
  if scheme ~= "config" then return { [field] = rest } end
  return { Config = rest }, { ConfigName = rest, Runtime = core.object() }
end

---Put what the options `secret`, `config` and `credential_spec` of a new service say into its spec,
---all but the ids.
---@return table needed  for `resolve`
function references.create(spec, opts)
  local container = spec.TaskTemplate.ContainerSpec
  local needed = { secret = references.of("secret", "secret", opts.secret or {}),
    config = references.of("config", "config", opts.config or {}) }
  if opts.credential_spec then
    local credential, record = references.credential_spec(opts.credential_spec)
    container.Privileges = { CredentialSpec = credential }
    needed.config[#needed.config + 1] = record
    needed.credential, needed.record = credential, record
  end
  if #needed.secret > 0 then container.Secrets = needed.secret end
  if #needed.config > 0 then container.Configs = needed.config end
  return needed
end

-- The ids of what the engine finds, by name. Its filter `name` finds names that begin so, too.
local function ids_of(client, kind, filters, limits)
  local found, message, err = call.run(client, KINDS[kind].list, {}, { filters = filters },
    { limits = limits })
  if not found then return nil, message, err end
  local ids = {}
  for _, record in ipairs(told.objects(found)) do
    local name = told.text(told.object(record.Spec).Name)
    if name then ids[name] = told.text(record.ID) end
  end
  return ids
end

-- Name what is known by its id, which handles have. Its file is called by the name, too.
local function rename(facts, record, name)
  if record.File and record.File.Name == record[facts.name] then record.File.Name = name end
  record[facts.id], record[facts.name] = record[facts.name], name
end

-- The names under which the engine has what may be ids: those of a swarm have a form of their own.
local function names_of(client, kind, texts, limits)
  local ids, names = {}, {}
  for _, text in ipairs(texts) do
    if text:find "^[%l%d]+$" and #text == ID_LENGTH then ids[#ids + 1] = text end
  end
  if #ids == 0 then return names end
  local found, message, err = ids_of(client, kind, { id = ids }, limits)
  if not found then return nil, message, err end
  for name, id in pairs(found) do names[id] = name end
  return names
end

-- Look for what was no name under its id.
local function resolve_ids(client, kind, records, limits)
  local facts = KINDS[kind]
  local names, message, err = names_of(client, kind, missing(kind, records), limits)
  if not names then return nil, message, err end
  for _, record in ipairs(records) do
    local name = not record[facts.id] and names[record[facts.name]]
    if name then rename(facts, record, name) end
    if not record[facts.id] then
      return errors.fail { kind = "not_found", operation = facts.list,
        message = ("%s not found: %s"):format(kind, record[facts.name]) }
    end
  end
  return true
end

local function resolve_kind(client, kind, records, limits)
  local facts, names = KINDS[kind], missing(kind, records)
  if #names == 0 then return true end
  local ids, message, err = ids_of(client, kind, { name = names }, limits)
  if not ids then return nil, message, err end
  for _, record in ipairs(records) do
    record[facts.id] = record[facts.id] or ids[record[facts.name]]
  end
  return resolve_ids(client, kind, records, limits)
end

---Ask the engine for the ids that `needed` is without.
---@param needed { secret: table[], config: table[], credential?: table, record?: table }
---@return true? ok, string? message, moondock.Error? err
function references.resolve(client, needed, limits)
  for _, kind in ipairs { "secret", "config" } do
    local ok, message, err = resolve_kind(client, kind, needed[kind], limits)
    if not ok then return nil, message, err end
  end
  if needed.record then needed.credential.Config = needed.record.ConfigID end
  return true
end

return references
