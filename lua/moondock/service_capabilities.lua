-- What the processes of a service may do and may not: two lists, of which what is added is not
-- dropped.

local core = require "moondock.core"
local lists = require "moondock.flag_lists"

-- What an option or a field has, as a set, and whether it begins by forgetting.
local function set_of(name, list)
  local set = {}
  for _, item in ipairs(lists.capabilities(name, list)) do set[item] = true end
  local reset = set.RESET
  set.RESET = nil
  return set, reset
end

-- ALL makes any other needless.
local function needed(set)
  return set.ALL and { ALL = true } or set
end

local function list_of(set)
  local list = core.array()
  for key in pairs(needed(set)) do list[#list + 1] = key end
  table.sort(list)
  return list
end

local function put(container, field, set)
  if next(set) ~= nil or type(container[field]) == "table" then container[field] = list_of(set) end
end

local function there(container, field)
  local list = container[field]
  return set_of(field, type(list) == "table" and list or {})
end

-- What is in the other list leaves it; what is in neither comes to its own.
local function move(key, own, other)
  if other[key] then other[key] = nil else own[key] = true end
end

local capabilities = {}

---What the options `cap_add` and `cap_drop` make of a new service.
---@param container table  its ContainerSpec
function capabilities.create(container, opts)
  local add = needed(set_of("cap_add", opts.cap_add or {}))
  local drop = needed(set_of("cap_drop", opts.cap_drop or {}))
  for key in pairs(add) do drop[key] = nil end
  put(container, "CapabilityAdd", add)
  put(container, "CapabilityDrop", drop)
end

---The same of one that is there. To add what is dropped makes it neither, and so the other way round:
---the next update goes the rest of the way. RESET forgets the list that it is in.
---@return fun(container: table) change
function capabilities.update(opts)
  local add, new_add = set_of("cap_add", opts.cap_add or {})
  local drop, new_drop = set_of("cap_drop", opts.cap_drop or {})
  return function(container)
    local added = new_add and {} or there(container, "CapabilityAdd")
    local dropped = new_drop and {} or there(container, "CapabilityDrop")
    for key in pairs(drop) do
      if not add[key] then move(key, dropped, added) end
    end
    for key in pairs(add) do move(key, added, dropped) end
    put(container, "CapabilityAdd", added)
    put(container, "CapabilityDrop", dropped)
  end
end

return capabilities
