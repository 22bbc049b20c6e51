-- How a secret may look when it comes back: escaped for URLs and JSON, in base64, on one line.

local core = require "moondock.core"

local CERTAIN = 5 -- the base64 of less says too little

local function in_urls(secret, add)
  local escaped = core.percent(secret)
  add(escaped)
  add((escaped:gsub("%%20", "+")))
  add((escaped:gsub("%%%x%x", string.lower)))
end

-- As it stands in JSON: written by us, and by Go, for which some characters are HTML.
local function quoted_forms(secret)
  local ours = core.encode(secret)
  if not ours then return {} end
  local html = ours:gsub("[<>&]", function(c) return ("\\u%04x"):format(c:byte()) end)
  return { ours:sub(2, -2), html:sub(2, -2) }
end

-- What is certain of base64 in which the secret stands at any place, such as "user:password".
local function in_base64(secret, add)
  if #secret < CERTAIN then return end
  for before = 0, 2 do
    local first = before == 0 and 1 or before + 2
    local whole_digits = math.floor((before + #secret) * 8 / 6)
    for _, alphabet in ipairs { "standard", "url" } do
      add(core.base64(("\0"):rep(before) .. secret, alphabet):sub(first, whole_digits))
    end
  end
end

---Tell the forms in which a secret may come back. They may repeat.
---@param add fun(form: string)
local function tell_forms(secret, add)
  add(secret)
  add((secret:gsub("%s+", " ")))
  in_urls(secret, add)
  in_base64(secret, add)
  for _, quoted in ipairs(quoted_forms(secret)) do
    add(quoted)
    if quoted ~= secret then in_base64(quoted, add) end
    for _, twice in ipairs(quoted_forms(quoted)) do add(twice) end
  end
  local bytes = core.unbase64(secret)
  if bytes then
    add(bytes)
    in_base64(bytes, add)
  end
end

return tell_forms
