-- IP addresses and networks as lists of bytes: 4, or 16 for IPv6. An IPv4 address in IPv6's clothes
-- is IPv4.

local address = {}

local function parse_v4(text)
  local bytes = { text:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$") }
  if #bytes ~= 4 then return nil end
  for i, digits in ipairs(bytes) do
    if #digits > 3 or (#digits > 1 and digits:sub(1, 1) == "0") then return nil end
    bytes[i] = tonumber(digits)
    if bytes[i] > 255 then return nil end
  end
  return bytes
end

-- Append the bytes of groups such as "fe80:0:1", whose last may be IPv4; false when they are none.
local function append_groups(text, bytes)
  if text == "" then return true end
  for group, more in (text .. ":"):gmatch("([^:]*):()") do
    local last = more > #text
    if group:find("^%x%x?%x?%x?$") then
      local value = tonumber(group, 16)
      bytes[#bytes + 1] = math.floor(value / 256)
      bytes[#bytes + 1] = value % 256
    else
      local v4 = last and parse_v4(group)
      if not v4 then return false end
      for _, byte in ipairs(v4) do bytes[#bytes + 1] = byte end
    end
  end
  return true
end

local function parse_v6(text)
  if not text:find(":", 1, true) then return nil end
  local bytes = {}
  local before, after = text:match("^(.-)::(.*)$")
  if not before then
    return append_groups(text, bytes) and #bytes == 16 and bytes or nil
  end
  local rest = {}
  if after:find("::", 1, true) or not append_groups(before, bytes)
    or not append_groups(after, rest) or #bytes + #rest > 14 then
    return nil
  end
  for _ = 1, 16 - #bytes - #rest do bytes[#bytes + 1] = 0 end
  for _, byte in ipairs(rest) do bytes[#bytes + 1] = byte end
  return bytes
end

-- ::ffff:a.b.c.d as a.b.c.d.
local function unmapped(bytes)
  for i = 1, 10 do
    if bytes[i] ~= 0 then return bytes end
  end
  if bytes[11] ~= 255 or bytes[12] ~= 255 then return bytes end
  return { bytes[13], bytes[14], bytes[15], bytes[16] }
end

---The bytes of an address without brackets, or nil when it is none.
---@param text string
---@return integer[]? bytes
function address.parse(text)
  local bytes = parse_v4(text)
  if bytes then return bytes end
  bytes = parse_v6(text)
  return bytes and unmapped(bytes)
end

---"10.0.0.0/8" as its bytes and the number of bits that count; nil when it is no network.
---@return integer[]? bytes, integer? bits
function address.network(text)
  local base, digits = text:match("^([%x:%.]+)/(%d%d?%d?)$")
  if not base then return nil end
  local bytes, bits = parse_v4(base) or parse_v6(base), tonumber(digits)
  if not bytes or bits > #bytes * 8 then return nil end
  if #bytes == 16 and bits >= 96 then
    local short = unmapped(bytes)
    if #short == 4 then return short, bits - 96 end
  end
  return bytes, bits
end

---Whether the network holds the address.
function address.contains(network, bits, bytes)
  if #network ~= #bytes then return false end
  for i = 1, #bytes do
    if bits <= 0 then return true end
    local unit = bits >= 8 and 1 or 2 ^ (8 - bits)
    if math.floor(network[i] / unit) ~= math.floor(bytes[i] / unit) then return false end
    bits = bits - 8
  end
  return true
end

---Whether both are the same address.
function address.equal(a, b)
  return address.contains(a, #a * 8, b)
end

---Whether the address is this machine's own.
function address.is_loopback(bytes)
  if #bytes == 4 then return bytes[1] == 127 end
  for i = 1, 15 do
    if bytes[i] ~= 0 then return false end
  end
  return bytes[16] == 1
end

return address
