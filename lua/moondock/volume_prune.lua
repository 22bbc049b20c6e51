-- Pruning of anonymous volumes, on every engine. Engines before API 1.42 would remove named ones
-- too, and Podman among them does not know the filter `label!`, so there the volumes are chosen here.

local call = require "moondock.call"
local core = require "moondock.core"
local errors = require "moondock.errors"
local object = require "moondock.object"
local told = require "moondock.told"
local version = require "moondock.version"
local values = require "moondock.flag_values"

local KEEPS_NAMED = 42 -- the first minor version whose prune leaves named volumes alone

-- Whether the labels have one of `refused`, "name" or "name=value" each.
local function has_any(labels, refused)
  for _, wanted in ipairs(refused) do
    local name, value = wanted:match("^([^=]+)=(.*)$")
    local found = labels[name or wanted]
    if found ~= nil and (value == nil or found == value) then return true end
  end
  return false
end

local function as_list(value)
  local list = {}
  for name, item in pairs(values.map("filters.label!", value)) do
    list[#list + 1] = item == "" and name or name .. "=" .. item
  end
  return list
end

-- The engine names an anonymous volume by 64 hexadecimal digits.
local function is_anonymous(volume)
  local name = told.text(volume.Name) or ""
  return #name == 64 and name:find("^%x+$") ~= nil
end

local function unused(client, filters, limits)
  local wanted = { dangling = true }
  for name, value in pairs(filters) do
    if name ~= "all" and name ~= "label!" then wanted[name] = value end
  end
  local reply, message, err = call.run(client, "VolumeList", {}, { filters = wanted },
    { limits = limits })
  if not reply then return nil, message, err end
  return told.objects(reply.Volumes)
end

-- One that is used again by now, or gone, is left.
local PASSED_OVER = { conflict = true, not_found = true }

local function prune_here(client, all, filters, limits)
  local volumes, message, err = unused(client, filters, limits)
  if not volumes then return nil, message, err end
  local refused, report = as_list(filters["label!"] or {}), { VolumesDeleted = core.array() }
  for _, volume in ipairs(volumes) do
    if (all or is_anonymous(volume)) and not has_any(told.object(volume.Labels), refused) then
      local ok
      ok, message, err = call.run(client, "VolumeDelete", { volume.Name }, {}, { limits = limits })
      if ok then
        table.insert(report.VolumesDeleted, volume.Name)
      elseif not PASSED_OVER[err.kind] then
        err.partial = report
        return nil, message, err
      end
    end
  end
  return report
end

-- Filters with `all` only where the engine knows it.
local function with_all(filters, all, minor)
  local result = {}
  for name, value in pairs(filters) do
    if name ~= "all" then result[name] = value end
  end
  if all and minor >= KEEPS_NAMED then result.all = true end
  return result
end

local SAID = { ["true"] = true, ["1"] = true, ["false"] = false, ["0"] = false }

-- Whether named volumes are meant: as an option or as the engine's own filter, in any of its forms.
local function is_all(option, filter)
  if filter == nil then return option end
  if option ~= nil then errors.blame "option all and the filter 'all' are one too many" end
  if type(filter) == "table" and #filter == 1 then filter = filter[1] end
  local all = SAID[tostring(filter)]
  if all == nil then errors.blame "filter 'all' must be true or false" end
  return all
end

---@param client moondock.Client
---@param all? boolean  named volumes as well
---@param opts table  of VolumePrune
---@return table? report, string? message, moondock.Error? err
local function volume_prune(client, all, opts)
  local filters = opts.filters or {}
  all = is_all(all, filters.all)
  local limits = call.limits(client, "VolumePrune", opts)
  local minor, message, err = version.of(client, limits)
  if not minor then return nil, message, err end
  if minor < KEEPS_NAMED and not (all and filters["label!"] == nil) then
    return prune_here(client, all, filters, limits)
  end
  return object.pruned("VolumesDeleted", call.run(client, "VolumePrune", {},
    { filters = with_all(filters, all, minor), raw = opts.raw }, { limits = limits }))
end

return volume_prune
