-- What a resolver is told: addresses of name servers, and domains to search, as the CLI writes them.

local core = require "moondock.core"
local subnets = require "moondock.subnets"
local values = require "moondock.flag_values"

local name_servers = {}

---Addresses, in their shortest form.
function name_servers.addresses(name, value)
  local list = core.array()
  for i, item in ipairs(values.texts(name, value)) do
    list[i] = subnets.written(values.trimmed(item)) or values.bad(name, "a numeric address", item)
  end
  return list
end

local function is_domain(text)
  if not text:find "%a" or #text >= 255 then return false end
  for label in (text .. "."):gmatch "(.-)%." do
    if not label:find "^%w[%w-]*$" or label:find "-$" then return false end
  end
  return true
end

---Domains, without a dot at their end; one alone is the root.
function name_servers.domains(name, value)
  local list = core.array()
  for i, item in ipairs(values.texts(name, value)) do
    local domain = values.trimmed(item)
    if domain ~= "." then domain = domain:gsub("%.$", "") end
    if domain ~= "." and not is_domain(domain) then values.bad(name, "a domain", item) end
    list[i] = domain
  end
  return list
end

return name_servers
