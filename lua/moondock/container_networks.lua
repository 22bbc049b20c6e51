-- The networks of a new container: `--network`, and the flags that belong to the first of them.

local core = require "moondock.core"
local errors = require "moondock.errors"
local values = require "moondock.flag_values"

local networks = {}

---The flags that speak of the first network.
networks.FLAGS = { network = true, network_alias = true, ip = true, ip6 = true, link = true,
  link_local_ip = true, mac_address = true }

local BUILT_IN = { default = true, bridge = true, host = true, none = true, nat = true }

local function is_users(name)
  return not BUILT_IN[name] and not name:find "^container:"
end

-- An empty address is none.
local function address(endpoint, field, value)
  if value == "" then return end
  endpoint.IPAMConfig = endpoint.IPAMConfig or core.object()
  endpoint.IPAMConfig[field] = value
end

local MAC_DIGITS = { [12] = true, [16] = true, [40] = true }

local function set_mac(endpoint, value)
  if value == "" then return end
  local digits = value:gsub("[:.-]", "")
  if digits:find "%X" or not MAC_DIGITS[#digits] then
    values.bad("mac_address", "an address such as 02:42:ac:11:00:02", value)
  end
  endpoint.MacAddress = value
end

local function append(endpoint, field, value)
  endpoint[field] = endpoint[field] or core.array()
  table.insert(endpoint[field], value)
end

-- The fields of the long form: "name=net,alias=web,ip=10.0.0.2".
local FIELDS = {
  alias = function(endpoint, value) append(endpoint, "Aliases", value) end,
  ip = function(endpoint, value) address(endpoint, "IPv4Address", value) end,
  ip6 = function(endpoint, value) address(endpoint, "IPv6Address", value) end,
  ["mac-address"] = set_mac,
  ["link-local-ip"] = function(endpoint, value)
    endpoint.IPAMConfig = endpoint.IPAMConfig or core.object()
    append(endpoint.IPAMConfig, "LinkLocalIPs", value)
  end,
  ["driver-opt"] = function(endpoint, value)
    endpoint.DriverOpts = endpoint.DriverOpts or core.object()
    for key, item in pairs(values.pairs("network driver-opt", { value })) do
      endpoint.DriverOpts[key] = item
    end
  end,
  ["gw-priority"] = function(endpoint, value)
    local priority = values.decimal("network gw-priority", value)
    endpoint.GwPriority = priority ~= 0 and priority or nil
  end,
}

local function set(target, name, value, shown)
  name = name:lower():gsub("_", "-")
  if name == "name" then
    target.name = values.text("network name", value)
  elseif FIELDS[name] then
    for _, item in ipairs(values.texts("network " .. name, value)) do
      FIELDS[name](target.endpoint, item)
    end
  else
    errors.blame(("unknown field '%s' of a network; it takes: name, alias, ip, ip6, mac_address, "
      .. "link_local_ip, driver_opt, gw_priority: %s"):format(name, shown))
  end
end

local function of_table(fields)
  local target = { endpoint = core.object() }
  for name, value in pairs(fields) do
    if type(name) ~= "string" then values.bad("network", "a name, or a table of fields", name) end
    if name:find "^%u" then
      target.endpoint[name] = value
    elseif name == "driver_opt" and values.is_named(value) then
      set(target, name, values.joined("network driver_opt", value, "="), "a table")
    else
      set(target, name, value, "a table")
    end
  end
  return target
end

-- The CLI has no capital letters in this form.
local function of_text(spec)
  local target = { endpoint = core.object() }
  if not spec:find("=", 1, true) then
    target.name = spec
    return target
  end
  for _, field in ipairs(values.csv("network", spec:lower())) do
    local name, value = field:match "^%s*([^=]-)%s*=%s*(.-)%s*$"
    if not name then values.bad("network", "a name, or name=...,alias=...", spec) end
    set(target, name, value, spec)
  end
  return target
end

local function targets_of(value)
  if value == nil then return { { name = "default", endpoint = core.object() } } end
  if type(value) == "string" or values.is_named(value) then value = { value } end
  local targets, seen = {}, {}
  for i, item in ipairs(values.list("network", value)) do
    local target = type(item) == "table" and of_table(item) or of_text(values.text("network", item))
    if not target.name or target.name == "" then
      values.bad("network", "the name of a network", "")
    elseif seen[target.name] then
      errors.blame(("option network names '%s' twice"):format(target.name))
    end
    seen[target.name], targets[i] = true, target
  end
  if #targets == 0 then values.bad("network", "the name of a network", value) end
  return targets
end

---"name" or "name:alias".
function networks.links(name, value)
  local list = values.texts(name, value)
  for _, link in ipairs(list) do
    if link == "" or link:find ":.*:" then values.bad(name, "name or name:alias", link) end
  end
  return list
end

local FIRST = { network_alias = "alias", ip = "ip", ip6 = "ip6", link_local_ip = "link-local-ip",
  mac_address = "mac-address" }

local function complete_first(body, target, opts)
  for flag, field in pairs(FIRST) do
    if opts[flag] ~= nil then set(target, field, values.texts(flag, opts[flag]), flag) end
  end
  if opts.link == nil then return end
  local links = networks.links("link", opts.link)
  body.HostConfig.Links = links
  if is_users(target.name) then target.endpoint.Links = links end
end

-- What only networks of users can do.
local function check(targets)
  local users = 0
  for _, target in ipairs(targets) do
    if is_users(target.name) then users = users + 1 end
    if target.endpoint.Aliases and not is_users(target.name) then
      errors.blame(("a network alias needs a network of your own, not '%s'"):format(target.name))
    end
  end
  if users > 0 and users < #targets then
    errors.blame("option network cannot mix networks of your own with bridge, host, none "
      .. "or container:...")
  end
end

---Put the networks that `opts` ask for into the body of a create.
function networks.into(body, opts)
  local targets = targets_of(opts.network)
  complete_first(body, targets[1], opts)
  check(targets)
  if opts.network ~= nil then body.HostConfig.NetworkMode = targets[1].name end
  if #targets == 1 and next(targets[1].endpoint) == nil then return end
  local endpoints = core.object()
  for _, target in ipairs(targets) do endpoints[target.name] = target.endpoint end
  body.NetworkingConfig = { EndpointsConfig = endpoints }
end

return networks
