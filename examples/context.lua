-- Lists the contexts of the docker CLI, as `docker context ls` does, and connects to each of them:
--
--   lua examples/context.lua
--
-- The star marks the one that docker.connect() follows when nothing else is said.

local docker = require "moondock"

local function engine_of(entry)
  if entry.error then return entry.error end
  local client, message = docker.connect { context = entry.name, connect_timeout = 5 }
  local info
  if client then info, message = client:info { timeout = 10 } end
  return info and ("%s, engine %s"):format(info.Name, info.ServerVersion) or message
end

print(("  %-16s %-40s %s"):format("CONTEXT", "HOST", "ENGINE"))
for _, entry in ipairs(assert(docker.contexts())) do
  print(("%s %-16s %-40s %s"):format(entry.current and "*" or " ", entry.name, entry.host or "",
    engine_of(entry)))
end
