-- The keys that leave a session: "ctrl-p,ctrl-q", found in what a person types.

local errors = require "moondock.errors"

local function byte_of(name)
  if #name == 1 then return name end
  local key = name:match("^ctrl%-([%a@%[\\%]^_])$")
  if not key then
    errors.blame(("detach_keys: '%s' is neither a character nor ctrl- and a letter"):format(name))
  end
  return string.char(key:upper():byte() - 64)
end

---A function that takes what was typed and returns what of it is to be sent, and true when the keys
---were among it: what follows them is dropped. The beginning of the keys is kept back until it is
---known whether the others follow.
---@param text string  "" for none
---@return fun(bytes: string): string, boolean
local function finder(text)
  local keys, kept = "", ""
  for name in text:gmatch("[^,]+") do keys = keys .. byte_of(name) end
  -- How much of the keys the end of `bytes` may be the beginning of.
  local function overlap(bytes)
    for n = math.min(#keys - 1, #bytes), 1, -1 do
      if bytes:sub(-n) == keys:sub(1, n) then return n end
    end
    return 0
  end
  return function(bytes)
    if keys == "" then return bytes, false end
    bytes = kept .. bytes
    local at = bytes:find(keys, 1, true)
    if at then return bytes:sub(1, at - 1), true end
    local n = overlap(bytes)
    kept = bytes:sub(#bytes - n + 1)
    return bytes:sub(1, #bytes - n), false
  end
end

return finder
