-- The lists that several commands have flags for: limits, hosts, capabilities, variables.

local core = require "moondock.core"
local subnets = require "moondock.subnets"
local values = require "moondock.flag_values"

local lists = {}

local LIMITS = { as = true, core = true, cpu = true, data = true, fsize = true, locks = true,
  memlock = true, msgqueue = true, nice = true, nofile = true, nproc = true, rss = true,
  rtprio = true, rttime = true, sigpending = true, stack = true }

-- A whole number of either sign, or "unlimited".
local function limit(name, text)
  if text == "unlimited" or text == "-1" then return -1 end
  return values.decimal(name, text)
end

local function ulimit(option, item)
  local name, soft, hard = item:match("^([%w_]+)=(-?%w+):(-?%w+)$")
  if not name then name, soft = item:match("^([%w_]+)=(-?%w+)$") end
  if not name then values.bad(option, "name=soft[:hard] such as 'nofile=1024:2048'", item) end
  if not LIMITS[name] then values.bad(option, "of core, nofile, nproc or the like", name) end
  soft = limit(option .. " " .. name, soft)
  hard = hard and limit(option .. " " .. name, hard) or soft
  if hard ~= -1 and (soft > hard or soft == -1) then
    values.bad(option, "soft:hard, the soft limit not above the hard one", item)
  end
  return { Name = name, Soft = soft, Hard = hard }
end

local function by_name(a, b) return a.Name < b.Name end

---"nofile=1024:2048", or one number for both, as records by name; also a table by name. The last one
---of a name holds.
function lists.ulimits(name, value)
  local list, of = core.array(), {}
  for _, item in ipairs(values.joined(name, value, "=")) do
    local record = ulimit(name, item)
    of[record.Name] = record
  end
  for _, record in pairs(of) do list[#list + 1] = record end
  table.sort(list, by_name)
  return list
end

---A host and its address, of "name=address" or "name:address"; one of IPv6 may stand in brackets.
---@return string host, string address
function lists.host(name, item)
  local host, address = item:match("^([^=:]+)=(.*)$")
  if not host then host, address = item:match("^([^=:]+):(.*)$") end
  address = address and (address:match("^%[(.*)%]$") or address)
  if not address or not (address == "host-gateway" or subnets.address(address)) then
    values.bad(name, "name:address, the address numeric or host-gateway", item)
  end
  return host, address
end

---Hosts and their addresses, as "name:address".
function lists.hosts(name, value)
  local list = core.array()
  for i, item in ipairs(values.joined(name, value, "=")) do
    local host, address = lists.host(name, item)
    list[i] = host .. ":" .. address
  end
  return list
end

---Capabilities in the Engine's own spelling, as the CLI sends them: sorted, each once.
function lists.capabilities(name, value)
  local list, seen = core.array(), {}
  for _, item in ipairs(values.texts(name, value)) do
    item = values.trimmed(item:upper())
    if item ~= "ALL" and item ~= "RESET" then item = "CAP_" .. item:gsub("^CAP_", "") end
    if not seen[item] then list[#list + 1] = item end
    seen[item] = true
  end
  table.sort(list)
  return list
end

local function here(name)
  local value = os.getenv(name)
  return value and name .. "=" .. value
end

---Of several settings of one variable the last one, at its own place.
function lists.last_of_each(list)
  local last, result = {}, core.array()
  for i, item in ipairs(list) do last[item:match("^[^=]*")] = i end
  for i, item in ipairs(list) do
    if last[item:match("^[^=]*")] == i then result[#result + 1] = item end
  end
  return result
end

---The variables of the options `env_file` and `env`, in this order.
---@param settle? fun(list: string[]): string[]  what is made of those of `env`
function lists.environment(opts, settle)
  local list = core.array()
  for _, item in ipairs(opts.env_file ~= nil
    and values.file_lines("env_file", opts.env_file, here) or {}) do
    list[#list + 1] = item
  end
  local given = opts.env ~= nil and values.environment("env", opts.env) or {}
  for _, item in ipairs(settle and settle(given) or given) do list[#list + 1] = item end
  return list
end

return lists
