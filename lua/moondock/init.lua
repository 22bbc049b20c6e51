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

---Several engines at once; see `moondock.fleet`. Its file is read when it is first called.
function docker.fleet(...)
  return require "moondock.fleet"(...)
end

return docker
