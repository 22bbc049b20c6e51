-- Tasks: coroutines that wait for the loop, and the one place that gives the loop its time.
--
-- Whoever waits is a record: a task, or the block of a program outside tasks. It names a source (an
-- exchange of the core, or a task), a deadline, or both, and is woken when there is news of the
-- source or the deadline has passed. Waking early is normal: the waiter looks at its own condition
-- and waits again. It waits only straight after it looked, since news is told once.

local core = require "moondock.core"
local errors = require "moondock.errors"
local timers = require "moondock.timers"

-- A step is sliced, so that a wait without a deadline is still looked at now and then.
local LONGEST_STEP = 60

local task = {}

---Seconds of a clock that only goes forward; its zero means nothing.
---@return number
task.now = core.now

local waiters = {} -- by the key of their source: the first of a chain of records
local runnable, first, last = {}, 1, 0 -- a queue of tasks
local owners = setmetatable({}, { __mode = "k" }) -- the task that a coroutine runs for
local innermost -- the task that was resumed last and has not returned
local unobserved = {} -- errors of tasks that nobody looked at

---A function that runs beside others, and what became of it.
---@class moondock.Task
---@field status string  "running", and then "done", "failed" or "cancelled"
local Task = { __name = "moondock.Task" }
Task.__index = Task

function Task:__tostring()
  return "moondock.Task " .. self.status
end

-- The task that runs now, if the caller is in one and its coroutine can be suspended.
local function current()
  local running = coroutine.running()
  return running and owners[running]
end

---Whether a wait here suspends a task, and does not block what called it.
function task.is_suspendable()
  return current() ~= nil
end

-- An exchange of the core has an id; tasks and groups of tasks are their own keys.
local function key_of(source)
  if type(source) == "userdata" then return source:id() end
  return source
end

local function register(record, source, deadline)
  if source then
    record.key = key_of(source)
    record.following, waiters[record.key] = waiters[record.key], record
  end
  record.woken = false
  if deadline then
    record.deadline = deadline
    timers.add(record)
  end
end

-- Take the record out of the chain of its source.
local function unchain(record)
  local key = record.key
  if key == nil then return end
  local at = waiters[key]
  if at == record then
    waiters[key] = record.following
  else
    while at and at.following ~= record do at = at.following end
    if at then at.following = record.following end
  end
  record.key, record.following = nil, nil
end

local function wake(record)
  if record.woken then return false end
  unchain(record)
  timers.remove(record)
  record.woken = true
  return true
end

local function wake_later(record)
  if wake(record) and record.coroutine then
    last = last + 1
    runnable[last] = record
  end
end

local function wake_all(key)
  while waiters[key] do wake_later(waiters[key]) end
end

---Wake whoever waits for `source`: it was closed, and will have no more news.
function task.wake(source)
  wake_all(key_of(source))
end

local function collect(loop)
  local id = loop:ready()
  while id do
    wake_all(id)
    id = loop:ready()
  end
  local now = task.now()
  local due = timers.due(now)
  while due do
    wake_later(due)
    due = timers.due(now)
  end
end

local finish

-- Let a task go on until it waits or ends.
local function resume(self, ...)
  local outer = innermost
  innermost = self
  local ok, message = coroutine.resume(self.coroutine, ...)
  innermost = outer
  if coroutine.status(self.coroutine) == "dead" then finish(self, ok, message) end
end

-- One turn for every task that can run now; those that become so meanwhile wait for the next.
local function run_tasks()
  local stop = last
  while first <= stop do
    local self = runnable[first]
    runnable[first] = nil
    first = first + 1
    if self.status == "running" then resume(self) end
  end
end

-- How long the loop may wait: not at all while a task can run.
local function milliseconds(longest)
  if first <= last then return 0 end
  local earliest = timers.next()
  if earliest then longest = math.min(longest, earliest - task.now()) end
  return math.max(0, math.ceil(longest * 1000))
end

-- One step of everything: the loop, then the tasks that have news. Waits unless `record` has any.
local function turn(record, longest)
  local loop = core.loop()
  collect(loop)
  loop:step(record.woken and 0 or milliseconds(longest))
  collect(loop)
  run_tasks()
end

-- Raise the error of a task that failed while nobody could see it.
local function raise_unobserved()
  local err = table.remove(unobserved, 1)
  if err ~= nil then error(err, 0) end
end

local function check_cancelled(self)
  if self.cancelling and self.shields == 0 then error(self.cancelling, 0) end
end

-- Wait outside tasks, or in a coroutine of the user's inside one: the others go on meanwhile.
local function block(source, deadline)
  local owner = innermost
  if owner then check_cancelled(owner) else raise_unobserved() end
  local record = {}
  register(record, source, deadline)
  if owner then owner.blocked = record end
  turn(record, LONGEST_STEP)
  wake(record)
  if owner then check_cancelled(owner) end
end

---Let everything advance until there may be news of `source`, or until `deadline` (of `task.now`).
---In a task that suspends the task alone. Raises when the task was cancelled.
---@param source? any  an exchange of the core or a task
---@param deadline? number
function task.wait(source, deadline)
  local self = current()
  if not self then return block(source, deadline) end
  check_cancelled(self)
  register(self, source, deadline)
  coroutine.yield()
  check_cancelled(self)
end

---Pause for `seconds`, while everything else goes on.
---@param seconds number
function task.sleep(seconds)
  if type(seconds) ~= "number" or seconds ~= seconds then
    errors.blame("seconds must be a number")
  end
  local deadline = task.now() + seconds
  repeat task.wait(nil, deadline) until task.now() >= deadline
end

-- Whether pcall can be yielded across: not on Lua 5.1.
local probe = coroutine.wrap(function() return pcall(coroutine.yield) end)
local yields_in_pcall = probe() ~= false and probe()

-- Go on in `inner` for the task that runs now, passing its waits on.
local function carry(inner, ok, ...)
  if not ok or coroutine.status(inner) ~= "suspended" then return ok, ... end
  coroutine.yield(...)
  return carry(inner, coroutine.resume(inner))
end

---`pcall` that a task can wait in, on every Lua.
function task.pcall(fn, ...)
  local self = current()
  if yields_in_pcall or not self then return pcall(fn, ...) end
  local inner = coroutine.create(fn)
  owners[inner] = self
  return carry(inner, coroutine.resume(inner, ...))
end

---Run `fn` to its end even if the task is cancelled meanwhile: it cleans up.
function task.shield(fn, ...)
  local self = current()
  if not self then return fn(...) end
  self.shields = self.shields + 1
  local ok, err = task.pcall(fn, ...)
  self.shields = self.shields - 1
  if not ok then error(err, 0) end
end

---Remember that the task that runs now has opened `exchange`: it is closed when the task fails.
function task.hold(exchange)
  local self = current()
  if self then self.held[exchange] = true end
end

local function release_held(self)
  for exchange in pairs(self.held) do exchange:close() end
end

function finish(self, ok, message)
  wake(self) -- on 5.1 a wait inside pcall fails after it was registered
  owners[self.coroutine], self.coroutine = nil, nil -- 5.1 would never collect the two
  if ok then
    self.status = "done"
  else
    self.err = message
    self.status = message == self.cancelling and "cancelled" or "failed"
    self.seen.err = self.status == "failed" and message
    release_held(self)
  end
  self.held = nil
  if self.group then
    self.group[#self.group + 1] = self
    wake_all(self.group)
  end
  wake_all(self)
end

---Call `fn` when `self`, which keeps a field `proxy` for it, is collected. Finalizers of tables exist
---from 5.2 on; before, of `newproxy` alone.
function task.on_collected(self, fn)
  local new_proxy = rawget(_G, "newproxy")
  if new_proxy then
    local proxy = new_proxy(true)
    getmetatable(proxy).__gc = fn
    self.proxy = proxy
  else
    self.proxy = setmetatable({}, { __gc = fn })
  end
end

-- The error of a task that is collected unseen goes to the program's next wait.
local function watch_error(self)
  local seen = {}
  self.seen = seen
  task.on_collected(self, function()
    if seen.err and not seen.looked then unobserved[#unobserved + 1] = seen.err end
  end)
end

local function pack(...)
  return { n = select("#", ...), ... }
end

local unpack = table.unpack or unpack -- luacheck: ignore 143

local function new_task(fn, group)
  local self = setmetatable({ status = "running", shields = 0, woken = true, group = group,
    held = setmetatable({}, { __mode = "k" }) }, Task)
  watch_error(self)
  self.coroutine = coroutine.create(function(...) self.results = pack(fn(...)) end)
  owners[self.coroutine] = self
  return self
end

---Start `fn` as a task, with the arguments that follow. It runs until it first waits, and goes on
---whenever somebody waits. What it returns or raises comes out where it is awaited.
---@param fn function
---@return moondock.Task
function task.spawn(fn, ...)
  errors.check("the function of a task", fn, "function")
  local self = new_task(fn)
  resume(self, ...)
  return self
end

---Start `fn` as a task of a group: a table that is a source, and to which ended tasks are added.
function task.spawn_in(group, fn, ...)
  local self = new_task(fn, group)
  resume(self, ...)
  return self
end

local function check_self(self)
  if getmetatable(self) ~= Task then
    errors.blame "methods of a task are called with a colon, as in task:await()"
  end
end

---Wait for the task to end, and return what its function returned. Raises what it raised.
---@param timeout? number  seconds; the task itself goes on
---@return any ...  or the failure triple, of a timeout or of a task that was cancelled
function Task:await(timeout)
  check_self(self)
  if current() == self then errors.blame("a task cannot await itself") end
  local deadline = timeout and task.now() + timeout
  while self.status == "running" do
    if deadline and task.now() >= deadline then
      return errors.fail { kind = "timeout", phase = "total",
        message = ("the task did not end within %g seconds"):format(timeout) }
    end
    task.wait(self, deadline)
  end
  self.seen.looked = true
  if self.status == "done" then return unpack(self.results, 1, self.results.n) end
  if self.status == "failed" then error(self.err, 0) end
  return nil, tostring(self.err), self.err
end

---End the task: what it waits for raises a `cancelled` error in it, now if it waits, and what it has
---opened is closed. A task that has ended is left alone.
---@param err? moondock.Error  what is raised instead
function Task:cancel(err)
  check_self(self)
  if self.status ~= "running" or self.cancelling then return end
  self.cancelling = err or errors.new { kind = "cancelled", message = "the task was cancelled" }
  if self.blocked then wake(self.blocked) end
  if self.shields == 0 and wake(self) then resume(self) end
end

---One turn for a program that has an event loop of its own: whatever is due is done, and at most
---`milliseconds` are waited.
---@param longest? number  milliseconds, 0 unless given
function task.step(longest)
  errors.check("milliseconds", longest, "number or nil")
  raise_unobserved()
  turn({}, (longest or 0) / 1000)
end

---A descriptor that becomes readable when `step` is due.
---@return integer
function task.fd()
  return core.loop():fd()
end

---When `step` is due at the latest, in the time of `docker.now`; nil when nothing waits for a time.
---@return number?
function task.deadline()
  if first <= last then return task.now() end
  return timers.next()
end

return task
