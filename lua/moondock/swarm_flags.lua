-- The vocabulary of `docker swarm init`, `join` and `update`, turned into the Engine's bodies.

local core = require "moondock.core"
local errors = require "moondock.errors"
local fields = require "moondock.fields"
local flag_values = require "moondock.flag_values"
local subnets = require "moondock.subnets"
local told = require "moondock.told"
local vocabulary = require "moondock.vocabulary"

local text, boolean, count = flag_values.text, flag_values.boolean, flag_values.count

local AVAILABLE = flag_values.choice({ active = true, pause = true, drain = true },
  "active, pause or drain")

local LISTEN = "0.0.0.0:2377"

-- An address to listen on has a port.
local function listen(name, value)
  value = text(name, value)
  local bare = value:match("^%[(.*)%]$") or value
  if bare:find(":", 1, true) and not subnets.address(bare) then return value end
  if bare ~= "" and subnets.address(bare) and bare:find(":", 1, true) then
    return "[" .. bare .. "]:2377"
  end
  return bare .. ":2377"
end

local function availability(name, value)
  value = text(name, value):lower()
  return AVAILABLE(name, value)
end

local function port(name, value)
  local number = count(name, value)
  if number > 65535 then flag_values.bad(name, "a port", value) end
  return number
end

local function pools(name, value)
  local list = flag_values.texts(name, value)
  for _, item in ipairs(list) do
    if not subnets.parse(item) then
      flag_values.bad(name, "a subnet such as 10.1.0.0/16", item)
    end
  end
  return list
end

local function put_option(record, value, key)
  record.Options = record.Options or {}
  record.Options[key] = value
end

-- A certificate is a file here, or its text; the engine wants the text.
local function put_certificate(record, value)
  if not value:find("^%-%-%-%-%-BEGIN") then
    local file, why = io.open(value, "rb")
    local pem = file and file:read "*a"
    if file then file:close() end
    if not pem or not pem:find("-----BEGIN", 1, true) then
      flag_values.bad("external_ca.cacert", "a certificate in a PEM file (" .. (why or "no PEM")
        .. ")", value)
    end
    value = pem
  end
  record.CACert = value
end

local AUTHORITY = setmetatable({
  protocol = function(record, value) record.Protocol = value end,
  url = function(record, value) record.URL = value end,
  cacert = put_certificate,
}, { __index = function() return put_option end })

local function authority(name, item)
  local record = fields.fill(name, item, AUTHORITY, {})
  if (record.Protocol or ""):lower() ~= "cfssl" or not record.URL then
    flag_values.bad(name, "protocol=cfssl,url=https://...", item)
  end
  record.Protocol = "cfssl"
  return record
end

-- "protocol=cfssl,url=https://...,cacert=path".
local function authorities(name, value)
  local list = core.array()
  for i, item in ipairs(fields.items(name, value)) do
    list[i] = fields.is_record(item) and item or authority(name, item)
  end
  return list
end

-- What changes the swarm's own spec.
local SPEC = {
  task_history_limit = function(spec, value)
    told.part(spec, "Orchestration").TaskHistoryRetentionLimit = count("task_history_limit", value)
  end,
  dispatcher_heartbeat = function(spec, value)
    told.part(spec, "Dispatcher").HeartbeatPeriod = flag_values.nanoseconds("dispatcher_heartbeat",
      value)
  end,
  max_snapshots = function(spec, value)
    told.part(spec, "Raft").KeepOldSnapshots = count("max_snapshots", value)
  end,
  snapshot_interval = function(spec, value)
    told.part(spec, "Raft").SnapshotInterval = count("snapshot_interval", value)
  end,
  cert_expiry = function(spec, value)
    told.part(spec, "CAConfig").NodeCertExpiry = flag_values.nanoseconds("cert_expiry", value)
  end,
  external_ca = function(spec, value)
    told.part(spec, "CAConfig").ExternalCAs = authorities("external_ca", value)
  end,
  autolock = function(spec, value)
    told.part(spec, "EncryptionConfig").AutoLockManagers = boolean("autolock", value)
  end,
}

-- Flags of one field of the body.
local JOIN = {
  advertise_addr = { "AdvertiseAddr", text },
  listen_addr = { "ListenAddr", listen },
  data_path_addr = { "DataPathAddr", text },
  availability = { "Availability", availability },
  token = { "JoinToken", text },
}

local INIT = {
  advertise_addr = JOIN.advertise_addr,
  listen_addr = JOIN.listen_addr,
  data_path_addr = JOIN.data_path_addr,
  availability = JOIN.availability,
  data_path_port = { "DataPathPort", port },
  default_addr_pool = { "DefaultAddrPool", pools },
  default_addr_pool_mask_length = { "SubnetSize", count },
  force_new_cluster = { "ForceNewCluster", boolean },
}

local CALL = { timeout = true, raw = true, insecure_credentials = true }

-- Options into the body and, where there is one, its spec. Those of the call are returned.
local function fill(body, opts, known, spec)
  local calls, engine = {}, {}
  for key, value in pairs(errors.check("options", opts or {}, "table")) do
    if vocabulary.is_field(key) then
      engine[key] = value
    elseif known[key] then
      body[known[key][1]] = known[key][2](key, value)
    elseif spec and SPEC[key] then
      SPEC[key](spec, value)
    elseif CALL[key] then
      calls[key] = value
    else
      vocabulary.unknown(key, known, spec and SPEC or {}, CALL)
    end
  end
  vocabulary.merge(body, engine)
  calls.body = body
  return calls
end

local swarm_flags = { SPEC = SPEC }

-- The size of the networks that are cut out of address pools: the CLI's own, since engines have none
-- for pools that they are given, and break.
local SUBNET_SIZE = 24

local function complete_pools(body, opts)
  if not body.DefaultAddrPool and opts.default_addr_pool_mask_length then
    errors.blame "option default_addr_pool_mask_length needs default_addr_pool, \"10.0.0.0/8\" say"
  end
  if body.DefaultAddrPool and not body.SubnetSize then body.SubnetSize = SUBNET_SIZE end
end

---The options of SwarmInit.
function swarm_flags.init(opts)
  local body = { ListenAddr = LISTEN, Spec = {} }
  local calls = fill(body, opts, INIT, body.Spec)
  complete_pools(body, opts or {})
  if opts and opts.autolock ~= nil then body.AutoLockManagers = opts.autolock end
  return calls
end

---The options of SwarmJoin.
---@param remote string|string[]  addresses of managers
function swarm_flags.join(remote, opts)
  local body = { ListenAddr = LISTEN, RemoteAddrs = flag_values.texts("remote", remote) }
  if #body.RemoteAddrs == 0 then errors.blame "remote must be the address of a manager" end
  return fill(body, opts, JOIN)
end

return swarm_flags
