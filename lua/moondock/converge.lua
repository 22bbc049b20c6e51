-- Waiting until a service is what it should be.

local call = require "moondock.call"
local errors = require "moondock.errors"
local object = require "moondock.object"
local rollout = require "moondock.rollout"
local task = require "moondock.task"
local told = require "moondock.told"

local PAUSE = 0.25
local MONITOR = 5 -- seconds, where the service does not say
local LOOKS = 2 -- a look between two steps of the orchestrator may deceive

local OPTIONS = { timeout = true, monitor = true, rollback = true }

local function look(self, limits)
  local details, message, err = call.run(self.client, "ServiceInspect", { self.id }, nil,
    { limits = limits })
  if not details then return nil, message, err end
  local tasks
  tasks, message, err = object.list_of(call.run(self.client, "TaskList", {}, { filters = {
    service = told.text(details.ID) or self.id, ["_up-to-date"] = true } }, { limits = limits }))
  if not tasks then return nil, message, err end
  return details, tasks
end

local function monitor_of(details, opts)
  if opts.monitor then return opts.monitor end
  local config = told.object(told.object(details.Spec).UpdateConfig)
  local nanoseconds = told.integer(config.Monitor) or 0
  return nanoseconds > 0 and nanoseconds / 1e9 or MONITOR
end

local function describe(seen, why, words)
  local now = seen.now
  local name = told.text(told.object(seen.details.Spec).Name) or "?"
  return ("service %s: %s; %d of %d tasks %s%s"):format(name, why, now.have, now.want,
    now.job and "completed" or "run", words and " (" .. words .. ")" or "")
end

local function failed(kind, why, seen, words)
  return errors.fail { kind = kind, operation = "ServiceInspect",
    phase = kind == "timeout" and "total" or nil, message = describe(seen, why, words),
    detail = { UpdateStatus = seen.details.UpdateStatus, Tasks = seen.tasks } }
end

-- Of an update that was rolled back the tasks that failed are no longer up to date.
local function words_of(self, seen, limits)
  local words = rollout.words(seen.tasks)
  if words then return words end
  local all = object.list_of(call.run(self.client, "TaskList", {},
    { filters = { service = told.text(seen.details.ID) or self.id } }, { limits = limits }))
  return all and rollout.words(all)
end

-- The time is over: what was seen last says more than the request that was under way.
local function timed_out(seen, limits, message, err)
  if not seen.now or err and not (err.kind == "timeout" and err.phase == "total") then
    return nil, message, err
  end
  return failed("timeout", ("not converged within %g seconds"):format(limits.total), seen,
    rollout.words(seen.tasks))
end

-- Whether it has been done for long enough. An update was watched by the engine itself, and a job
-- that is done stays so.
local function is_stable(seen, opts)
  if seen.now.job or seen.now.update then return true end
  seen.since = seen.since or task.now()
  return task.now() - seen.since >= monitor_of(seen.details, opts)
end

local function step(self, seen, opts, limits)
  local details, tasks, err = look(self, limits)
  if not details then return timed_out(seen, limits, tasks, err) end
  seen.details, seen.tasks, seen.now = details, tasks, rollout.measure(details, tasks)
  local verdict, why = rollout.judge(seen.now, opts.rollback)
  seen.bad = verdict == "failed" and (seen.bad or 0) + 1 or 0
  if seen.bad >= LOOKS then return failed("server", why, seen, words_of(self, seen, limits)) end
  if verdict ~= "done" then seen.since = nil end
  return verdict == "done" and is_stable(seen, opts)
end

---See `Service:wait`.
---@return moondock.ServiceTask[]? tasks, string? message, moondock.Error? err
return function(self, opts)
  opts = errors.check_options("wait", opts or {}, OPTIONS)
  if opts.monitor ~= nil then errors.check("option monitor", opts.monitor, "number") end
  local limits = call.limits(self.client, "ServiceInspect", { timeout = opts.timeout })
  local seen = {}
  while true do
    local done, message, err = step(self, seen, opts, limits)
    if done == nil then return nil, message, err end
    if done then
      return object.bind_all(require("moondock.api.tasks").Task, self.client,
        rollout.tasks(seen.now, seen.details, seen.tasks))
    end
    if limits.deadline and task.now() >= limits.deadline then
      return timed_out(seen, limits)
    end
    task.sleep(PAUSE)
  end
end
