-- IP addresses and the subnets that they lie in, for the pools of a network.

local errors = require "moondock.errors"
local values = require "moondock.flag_values"

local subnets = {}

-- A leading zero might mean octal: there is none.
local function ipv4(text)
  local bytes = { text:match("^(%d%d?%d?)%.(%d%d?%d?)%.(%d%d?%d?)%.(%d%d?%d?)$") }
  for i, byte in ipairs(bytes) do
    bytes[i] = tonumber(byte)
    if bytes[i] > 255 or byte:find "^0%d" then return nil end
  end
  return bytes[4] and bytes
end

-- "1:2f:3" as bytes; the last group of all may be an IPv4 address.
local function groups(text)
  local bytes = {}
  if text == "" then return bytes end
  for group in (text .. ":"):gmatch("([^:]*):") do
    local quad = ipv4(group)
    local number = group:find("^%x%x?%x?%x?$") and tonumber(group, 16)
    if not quad and not number then return nil end
    for _, byte in ipairs(quad or { math.floor(number / 256), number % 256 }) do
      bytes[#bytes + 1] = byte
    end
  end
  return bytes
end

local function ipv6(text)
  local left, right = text:match("^(.-)::(.*)$")
  local bytes, tail = groups(left or text), groups(right or "")
  if not bytes or not tail then return nil end
  if not left then return #bytes == 16 and bytes or nil end
  if #bytes + #tail > 14 then return nil end
  while #bytes + #tail < 16 do bytes[#bytes + 1] = 0 end
  for _, byte in ipairs(tail) do bytes[#bytes + 1] = byte end
  return bytes
end

---The bytes of an address, 4 or 16; nil when it is none.
---@return integer[]? bytes
function subnets.address(text)
  if text:find(":", 1, true) then return ipv6(text) end
  return ipv4(text)
end

-- Where the longest row of zeros begins, and its length: one alone is none.
local function zeros(list)
  local at, longest, length = nil, 1, 0
  for i, group in ipairs(list) do
    length = group == "0" and length + 1 or 0
    if length > longest then at, longest = i - length + 1, length end
  end
  return at, longest
end

local function ipv6_text(bytes)
  local list = {}
  for i = 1, 8 do list[i] = ("%x"):format(bytes[2 * i - 1] * 256 + bytes[2 * i]) end
  local at, length = zeros(list)
  if not at then return table.concat(list, ":") end
  return table.concat(list, ":", 1, at - 1) .. "::" .. table.concat(list, ":", at + length)
end

---An address in its shortest form, as Go writes it; nil when it is none. ::ffff:10.0.0.1 is one of
---IPv4.
---@return string? text
function subnets.written(text)
  local bytes = subnets.address(text)
  if not bytes then return nil end
  local long = #bytes == 16 and ipv6_text(bytes)
  if long and not long:find "^::ffff:%x+:%x+$" then return long end
  return table.concat(bytes, ".", #bytes - 3)
end

---The bytes of a subnet's address and the bits of its prefix; nil when it is none.
---@return integer[]? bytes, integer? prefix
function subnets.parse(text)
  local address, prefix = text:match("^([^/]+)/(%d%d?%d?)$")
  local bytes = address and subnets.address(address)
  prefix = tonumber(prefix)
  if bytes and prefix <= #bytes * 8 then return bytes, prefix end
end

---Whether the address lies in the subnet.
function subnets.contains(bytes, prefix, address)
  if #bytes ~= #address then return false end
  local whole = math.floor(prefix / 8)
  for i = 1, whole do
    if bytes[i] ~= address[i] then return false end
  end
  local unit = 2 ^ (8 - prefix % 8)
  return unit == 256
    or math.floor(bytes[whole + 1] / unit) == math.floor(address[whole + 1] / unit)
end

-- The pool that `text`, an address or a range, belongs to.
local function pool_of(pools, name, text)
  local address = subnets.address(text) or subnets.parse(text)
  if not address then values.bad(name, "an address", text) end
  for _, pool in ipairs(pools) do
    if subnets.contains(pool.bytes, pool.prefix, address) then return pool.config end
  end
  errors.blame(("option %s: %s lies in no subnet of the option subnet"):format(name, text))
end

local function overlap(pool, bytes, prefix)
  return subnets.contains(pool.bytes, math.min(pool.prefix, prefix), bytes)
end

local function new_pools(opts)
  local pools = {}
  for i, text in ipairs(values.split("subnet", opts.subnet or {})) do
    local bytes, prefix = subnets.parse(text)
    if not bytes then values.bad("subnet", "a subnet such as 10.1.0.0/16", text) end
    for _, other in ipairs(pools) do
      if overlap(other, bytes, prefix) then
        errors.blame(("option subnet: %s and %s overlap"):format(other.config.Subnet, text))
      end
    end
    pools[i] = { bytes = bytes, prefix = prefix, config = { Subnet = text } }
  end
  return pools
end

local function assign(pools, texts, name, field)
  for _, text in ipairs(texts) do
    local config = pool_of(pools, name, text)
    if config[field] then errors.blame(("option %s: two for subnet %s"):format(name,
      config.Subnet)) end
    config[field] = text
  end
end

-- Ranges, none of which is an address.
local function ranges(opts)
  local texts = values.split("ip_range", opts.ip_range or {})
  for _, text in ipairs(texts) do
    if not subnets.parse(text) then
      values.bad("ip_range", "a range such as 10.1.4.0/24", text)
    end
  end
  return texts
end

---The address pools of the options `subnet`, `ip_range`, `gateway` and `aux_address`: each of the
---others goes to the subnet that it lies in.
---@return table[] configs  of IPAM.Config
function subnets.pools(opts)
  local pools, configs = new_pools(opts), {}
  assign(pools, ranges(opts), "ip_range", "IPRange")
  assign(pools, values.split("gateway", opts.gateway or {}), "gateway", "Gateway")
  for host, text in pairs(values.map("aux_address", opts.aux_address or {})) do
    local config = pool_of(pools, "aux_address", text)
    config.AuxiliaryAddresses = config.AuxiliaryAddresses or {}
    config.AuxiliaryAddresses[host] = text
  end
  for i, pool in ipairs(pools) do configs[i] = pool.config end
  return configs
end

return subnets
