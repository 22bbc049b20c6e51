-- Remove a container by force, whatever it is just doing.

local call = require "moondock.call"
local errors = require "moondock.errors"
local task = require "moondock.task"

-- Seconds between the tries.
local PAUSES = { 0.05, 0.1, 0.2, 0.4, 0.8 }

---ContainerDelete. An engine that kills what is just ending by itself calls that a conflict (Podman
---4.3: "container state improper: stopped"), and so does one that is removing it already (Docker:
---"removal of container ... is already in progress"). With `force` neither is what the caller wants to
---hear, and both pass, so the engine is asked again; a container that is gone by then is removed.
---@param opts? table  of the operation
---@return true? ok, string? message, moondock.Error? err
local function remove(client, id, opts)
  opts = errors.check("options of ContainerDelete", opts or {}, "table")
  local limits = call.limits(client, "ContainerDelete", opts)
  local pauses = opts.force and PAUSES or {}
  for i = 1, #pauses + 1 do
    local done, message, err = call.run(client, "ContainerDelete", { id }, opts,
      { limits = limits })
    if done or (i > 1 and err and err.kind == "not_found") then return true end
    if not (err and err.kind == "conflict" and pauses[i]) then return nil, message, err end
    task.sleep(pauses[i])
  end
end

return remove
