-- The vocabulary of `docker network create` and `docker network connect`, turned into the Engine's
-- bodies.

local errors = require "moondock.errors"
local flags = require "moondock.flags"
local subnets = require "moondock.subnets"

local values = flags.values

local network_flags = {}

local function ipam(body)
  body.IPAM = body.IPAM or {}
  return body.IPAM
end

local function switch(name, field)
  return function(body, value) body[field] = values.boolean(name, value) end
end

local CREATE = {
  driver = function(body, value) body.Driver = values.text("driver", value) end,
  scope = function(body, value) body.Scope = values.text("scope", value) end,
  internal = switch("internal", "Internal"),
  attachable = switch("attachable", "Attachable"),
  ingress = switch("ingress", "Ingress"),
  ipv4 = switch("ipv4", "EnableIPv4"),
  ipv6 = switch("ipv6", "EnableIPv6"),
  config_only = switch("config_only", "ConfigOnly"),
  config_from = function(body, value)
    body.ConfigFrom = { Network = values.text("config_from", value) }
  end,
  opt = function(body, value) body.Options = values.map("opt", value) end,
  label = values.labels,
  ipam_driver = function(body, value) ipam(body).Driver = values.text("ipam_driver", value) end,
  ipam_opt = function(body, value) ipam(body).Options = values.map("ipam_opt", value) end,
  -- These belong together: see `subnets.pools`.
  subnet = function() end,
  ip_range = function() end,
  gateway = function() end,
  aux_address = function() end,
}

local function addresses(body)
  body.IPAMConfig = body.IPAMConfig or {}
  return body.IPAMConfig
end

local CONNECT = {
  ip = function(body, value) addresses(body).IPv4Address = values.text("ip", value) end,
  ip6 = function(body, value) addresses(body).IPv6Address = values.text("ip6", value) end,
  link_local_ip = function(body, value)
    addresses(body).LinkLocalIPs = values.list("link_local_ip", value)
  end,
  alias = function(body, value) body.Aliases = values.list("alias", value) end,
  link = function(body, value) body.Links = values.list("link", value) end,
  driver_opt = function(body, value) body.DriverOpts = values.map("driver_opt", value) end,
  gw_priority = function(body, value)
    if type(value) ~= "number" then values.bad("gw_priority", "a number", value) end
    body.GwPriority = value
  end,
}

-- Options of the call, which are no flags.
local CALL = { timeout = true, raw = true }

-- Turn options into a body: flags first, the Engine's own fields over them.
local function translate(known, opts, body, wire)
  local fields = {}
  for key, value in pairs(opts) do
    if CALL[key] then
      wire[key] = value
    elseif not values.apply(known, body, fields, key, value) then
      values.unknown(key, known, { "timeout" })
    end
  end
  values.merge(body, fields)
  return body
end

local function pooled(opts)
  return opts.subnet ~= nil or opts.ip_range ~= nil or opts.gateway ~= nil
    or opts.aux_address ~= nil
end

---Turn the arguments of `networks:create` into the options of NetworkCreate.
---@param name string|table  or one table with name and the options
---@param opts? table
---@return table wire
function network_flags.create(name, opts)
  name, opts = flags.name_and_options(name, opts)
  if type(name) ~= "string" or name == "" then
    errors.blame("name must be a non-empty string, the name of the network")
  end
  -- Engines before 25 make a second network of the same name unless they are told to look.
  local body, wire = { Name = name, CheckDuplicate = true }, {}
  if pooled(opts) then ipam(body).Config = subnets.pools(opts) end
  wire.body = translate(CREATE, opts, body, wire)
  return wire
end

---Turn the arguments of `network:connect` into the options of NetworkConnect.
---@param container string  its id or name
---@param opts table
---@return table wire
function network_flags.connect(container, opts)
  local wire = {}
  local endpoint = translate(CONNECT, opts, {}, wire)
  wire.body = { Container = container, EndpointConfig = next(endpoint) and endpoint or nil }
  return wire
end

return network_flags
