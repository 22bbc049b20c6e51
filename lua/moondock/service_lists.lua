-- What a service has several of, and an update adds to or takes from: the options `..._add` and
-- `..._rm`, in the order and with the sorting of `docker service update`.

local core = require "moondock.core"
local errors = require "moondock.errors"
local fields = require "moondock.service_fields"
local given = require "moondock.flag_values"
local ports = require "moondock.service_ports"
local values = require "moondock.service_values"

-- --- what the items are known by

local function itself(item) return item end

local function variable(item) return item:match "^[^=]*" end

local function name_of(limit) return limit.Name end

local function target(mount) return mount.Target end

local function kind(resource)
  return (resource.DiscreteResourceSpec or resource.NamedResourceSpec or {}).Kind
end

local function descriptor(preference)
  return (preference.Spread or {}).SpreadDescriptor
end

-- --- what is taken away, as a set

local function set_of(list, key)
  local set = {}
  for _, item in ipairs(list) do set[key(item)] = true end
  return set
end

-- Of "name=value" only the name counts.
local function names_before(option, value)
  return set_of(given.texts(option, value), variable)
end

local function descriptors(option, value)
  return set_of(values.preferences(option, value), descriptor)
end

-- "host", which goes from all addresses, or "host:address"; the latter as in a hosts file.
local function host_lines(option, value)
  return set_of(given.joined(option, value, ":"), function(item)
    local host, address = item:match "^([^:=]+)[:=](.+)$"
    return host and (address:match "^%[(.+)%]$" or address) .. " " .. host or item
  end)
end

-- --- how a list changes

-- Of several items with one name the last one holds, at the place of the first.
local function joined(list, added, key)
  local result, at = core.array(), {}
  for _, part in ipairs { list, added } do
    for _, item in ipairs(part) do
      local name = key(item) or item
      at[name] = at[name] or #result + 1
      result[at[name]] = item
    end
  end
  return result
end

local function without(list, gone, key)
  local result = core.array()
  for _, item in ipairs(list) do
    if not gone[key(item) or item] then result[#result + 1] = item end
  end
  return result
end

local function sorted(list, less)
  if less then table.sort(list, less) end
  return list
end

-- What is both added and taken away stays.
local function taking_first(key, less)
  return function(list, added, gone)
    return sorted(joined(without(list, gone, key), added, key), less)
  end
end

-- What is both added and taken away goes.
local function adding_first(key, less)
  return function(list, added, gone)
    return sorted(without(joined(list, added, key), gone, key), less)
  end
end

local function map(old, added, gone)
  local result = core.object()
  for key, text in pairs(old) do
    if not gone[key] then result[key] = text end
  end
  for key, text in pairs(added) do result[key] = text end
  return result
end

-- To spread over the same label again means something else, and the order counts.
local function preferences(list, added, gone)
  local result = without(list, gone, descriptor)
  for _, item in ipairs(added) do result[#result + 1] = item end
  return result
end

local function resources(list, added, gone)
  local all = joined(list, added, kind)
  local known = set_of(all, kind)
  for name in pairs(gone) do
    if not known[name] then
      return errors.fail { kind = "invalid", operation = "ServiceUpdate",
        message = "the service has no generic resource " .. name .. " to remove" }
    end
  end
  return without(all, gone, kind)
end

-- A line of a hosts file without the names that go; nil when none is left.
local function line_without(line, gone)
  local address, rest = line:match "^%s*(%S+)(.*)$"
  local kept = {}
  for name in (rest or ""):gmatch "%S+" do
    if not (gone[name] or gone[address .. " " .. name]) then kept[#kept + 1] = name end
  end
  return kept[1] and address .. " " .. table.concat(kept, " ")
end

-- Of several addresses of a host the first one counts, so the order stays.
local function hosts(list, added, gone)
  local kept = {}
  for _, line in ipairs(list) do kept[#kept + 1] = line_without(line, gone) end
  return joined(kept, added, itself)
end

-- --- the options

local function by_text(a, b) return a < b end

local function by_name(a, b) return a.Name < b.Name end

local function by_source(a, b)
  local left, right = a.Source or "", b.Source or ""
  if left ~= right then return left < right end
  return a.Target < b.Target
end

local function different_mounts(option, value)
  local list, seen = values.mounts(option, value), {}
  for _, mount in ipairs(list) do
    if seen[mount.Target] then given.bad(option, "one mount for each target", mount.Target) end
    seen[mount.Target] = true
  end
  return list
end

-- By name: how the list changes, what its `_rm` is given, and its `_add` where that is not what it
-- is at a creation.
local RULES = {
  label = { map, values.names },
  container_label = { map, values.names },
  sysctl = { map, names_before },
  env = { taking_first(variable), values.names, given.environment },
  ulimit = { taking_first(name_of, by_name), names_before },
  group = { adding_first(itself, by_text), values.names },
  constraint = { adding_first(itself, by_text), values.names },
  dns = { adding_first(itself, by_text), values.names },
  dns_search = { adding_first(itself, by_text), values.names },
  dns_option = { adding_first(itself, by_text), values.names },
  mount = { adding_first(target, by_source), values.names, different_mounts },
  generic_resource = { resources, values.names },
  placement_pref = { preferences, descriptors },
  host = { hosts, host_lines },
  publish = { ports.change, values.publish },
}

local PATHS = { env = "TaskTemplate.ContainerSpec.Env" }
for name in pairs(RULES) do PATHS[name] = PATHS[name] or fields.LISTS[name][1] end

local function value_of(read, option, value)
  return value == nil and {} or read(option, value)
end

local function change_of(name, add, rm)
  local rule, path = RULES[name], PATHS[name]
  local added = value_of(rule[3] or fields.LISTS[name][2], name .. "_add", add)
  local gone = value_of(rule[2], name .. "_rm", rm)
  return function(spec)
    local there = fields.at(spec, path)
    local value, message, err = rule[1](type(there) == "table" and there or {}, added, gone)
    if not value then return nil, message, err end
    fields.put_list(spec, path, value)
  end
end

local lists = { NAMES = {} }

for name in pairs(RULES) do
  lists.NAMES[name .. "_add"], lists.NAMES[name .. "_rm"] = true, true
end

---Read what the options say, and append to `changes` what each list needs: functions of a spec,
---which may return the failure triple.
function lists.read(opts, changes)
  for name in pairs(RULES) do
    local add, rm = opts[name .. "_add"], opts[name .. "_rm"]
    if add ~= nil or rm ~= nil then changes[#changes + 1] = change_of(name, add, rm) end
  end
end

return lists
