-- The vocabulary of `docker network create` and `docker network connect`, turned into the Engine's
-- bodies.

local errors = require "moondock.errors"
local links = require("moondock.container_networks").links
local named = require "moondock.named"
local subnets = require "moondock.subnets"
local values = require "moondock.flag_values"
local vocabulary = require "moondock.vocabulary"

local network_flags = {}

-- Each flag of `create`: the field, which may lie in another one, and how its value is read.
local CREATE = {
  driver = { "Driver", values.text },
  scope = { "Scope", values.text },
  internal = { "Internal", values.boolean },
  attachable = { "Attachable", values.boolean },
  ingress = { "Ingress", values.boolean },
  ipv4 = { "EnableIPv4", values.boolean },
  ipv6 = { "EnableIPv6", values.boolean },
  config_only = { "ConfigOnly", values.boolean },
  config_from = { "Network", values.text, "ConfigFrom" },
  opt = { "Options", values.map },
  label = { "Labels", values.labels },
  ipam_driver = { "Driver", values.text, "IPAM" },
  ipam_opt = { "Options", values.map, "IPAM" },
}

-- These belong together: see `subnets.pools`.
local POOLS = { subnet = true, ip_range = true, gateway = true, aux_address = true }

-- Those of a list may be several between commas, those of a table are as they are.
local function driver_options(name, value)
  return values.pairs(name, values.is_named(value) and value or values.split(name, value))
end

local CONNECT = {
  ip = { "IPv4Address", values.text, "IPAMConfig" },
  ip6 = { "IPv6Address", values.text, "IPAMConfig" },
  link_local_ip = { "LinkLocalIPs", values.split, "IPAMConfig" },
  alias = { "Aliases", values.split },
  link = { "Links", links },
  driver_opt = { "DriverOpts", driver_options },
  gw_priority = { "GwPriority", values.integer },
}

-- Options of the call, which are no flags.
local CALL = { timeout = true, raw = true }

local function set(body, flag, key, value)
  local place = body
  if flag[3] then
    place = body[flag[3]] or {}
    body[flag[3]] = place
  end
  place[flag[1]] = flag[2](key, value)
end

-- Turn options into a body: flags first, the Engine's own fields over them. What belongs to the call
-- goes to `wire`.
local function translate(known, opts, body, wire, others)
  local fields = {}
  for key, value in pairs(opts) do
    if CALL[key] then
      wire[key] = value
    elseif vocabulary.is_field(key) then
      fields[key] = value
    elseif known[key] then
      set(body, known[key], key, value)
    elseif not others[key] then
      vocabulary.unknown(key, known, others, { timeout = true })
    end
  end
  vocabulary.merge(body, fields)
  return body
end

local function add_pools(body, opts)
  for key in pairs(POOLS) do
    if opts[key] ~= nil then
      body.IPAM = { Config = subnets.pools(opts) }
      return
    end
  end
end

---Turn the arguments of `networks:create` into the options of NetworkCreate.
---@param name string|table  or one table with name and the options
---@param opts? table
---@return table wire
function network_flags.create(name, opts)
  name, opts = named(name, opts)
  if name == nil then name = opts.Name end
  if type(name) ~= "string" or name == "" then
    errors.blame "name must be a non-empty string, the name of the network"
  end
  -- Engines before 25 make a second network of the same name unless they are told to look.
  local body, wire = { Name = name, CheckDuplicate = true }, {}
  add_pools(body, opts)
  wire.body = translate(CREATE, opts, body, wire, POOLS)
  return wire
end

---Turn the arguments of `network:connect` into the options of NetworkConnect.
---@param container string  its id or name
---@param opts table
---@return table wire
function network_flags.connect(container, opts)
  if opts.EndpointConfig ~= nil then
    errors.blame "the fields of EndpointConfig are options of connect: { IPAMConfig = ... }"
  end
  local wire = {}
  local endpoint = translate(CONNECT, opts, {}, wire, {})
  wire.body = { Container = container, EndpointConfig = next(endpoint) and endpoint or nil }
  return wire
end

return network_flags
