-- What `require "moondock"` returns.

local client = require "moondock.client"
local core = require "moondock.core"
local endpoint = require "moondock.endpoint"
local parallel = require "moondock.parallel"
local task = require "moondock.task"

---@class moondock
local docker = {
  _VERSION = "0.1.0",
  connect = client.connect,
  contexts = endpoint.contexts,
  ---JSON null, the same value as lua-cjson's `cjson.null`.
  null = core.null,
  ---Mark a table as a JSON array, so that an empty one is sent as [].
  array = core.array,
  ---Mark a table as a JSON object, so that an empty one is sent as {}.
  object = core.object,
  ---Split a command line into words, as a shell does.
  words = require "moondock.words",
  spawn = task.spawn,
  all = parallel.all,
  map = parallel.map,
  any = parallel.any,
  fd = task.fd,
  step = task.step,
  deadline = task.deadline,
  sleep = task.sleep,
  ---Seconds of a clock that only goes forward.
  now = task.now,
}

---Engines to be addressed together; nothing is sent. One that cannot be resolved (a bad host, no such
---context) is a failed result of each call, not a failure of the fleet.
---@param list (string|moondock.FleetMember|moondock.Client)[]  hosts (tcp://..., unix://..., ssh://...), names of contexts, tables of options of `connect` with an optional `name`, and clients; or what `docker.contexts` returns
---@param opts? moondock.ConnectOptions  for those that are no clients
---@return moondock.Fleet
function docker.fleet(list, opts)
  return require "moondock.fleet"(list, opts) -- its file is read when it is first called
end

return docker
