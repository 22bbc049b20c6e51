-- The events of several engines as one stream. A task for each engine reads its events a little
-- ahead, and no further than the reader can follow: the rest waits in the engine's own stream, which
-- keeps 4 MiB of them and says how many it had to drop.

local errors = require "moondock.errors"
local object = require "moondock.object"
local stream = require "moondock.stream"
local task = require "moondock.task"

-- How many events of one host are decoded ahead of the reader.
local AHEAD = 64
local START_TIMEOUT = 5
local FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30

-- Failures of an engine that may be over some time later.
local PASSING = { connect = true, lost = true, timeout = true, unavailable = true, server = true }

local MONTHS = { Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6, Jul = 7, Aug = 8, Sep = 9,
  Oct = 10, Nov = 11, Dec = 12 }

-- The time of an answer by the engine's own clock, as options take it, from its Date header.
local function time_of(headers)
  local day, month, year, clock = (headers.date or ""):match("(%d+) (%a+) (%d+) ([%d:]+) GMT")
  if not MONTHS[month] then return nil end
  return ("%04d-%02d-%02dT%sZ"):format(year, MONTHS[month], day, clock)
end

-- Nanoseconds as text, which compares like a number: Lua 5.1 has no integers so large. Nil for what
-- is no event, though it is JSON.
local function nanoseconds(event)
  local value = type(event) == "table" and event.timeNano
  local text = value and tostring(value) or ""
  return text:find("^%d+$") and #text > 9 and text or nil
end

local function identity(event)
  local actor = type(event.Actor) == "table" and event.Actor or {}
  return table.concat({ tostring(event.Type), tostring(event.Action), tostring(actor.ID) }, "\n")
end

-- What all sides share. To the stream it is what an exchange is to others: it can be closed. It does
-- not know the stream, so that one that is dropped can be collected.
local Merger = {}
Merger.__index = Merger

-- Take the item that has waited longest.
function Merger:take()
  local item = self.items[self.first]
  if not item then return nil end
  self.items[self.first] = nil
  self.first = self.first + 1
  local side = item.side
  side.ahead = side.ahead - 1
  task.wake(side)
  return item.event, side.name
end

function Merger:put(side, event)
  self.last = self.last + 1
  self.items[self.last] = { side = side, event = event }
  side.ahead = side.ahead + 1
  task.wake(self)
end

function Merger:close()
  if self.closed then return end
  self.closed = true
  for _, side in ipairs(self.sides) do
    if side.task then side.task:cancel() end
  end
  task.wake(self)
end

-- Why nothing more will come: nil when a host came to its end, else what the last one failed with.
function Merger:failure()
  local err
  for _, side in ipairs(self.sides) do
    if not side.err then return nil end
    err = side.err
  end
  return err
end

-- Wait until every host has answered or failed.
function Merger:await_start(seconds)
  local deadline = task.now() + seconds
  while self.starting > 0 and task.now() < deadline do task.wait(self, deadline) end
end

---@class moondock.FleetSide
---@field last? string  nanoseconds of the newest event
---@field newest table<string, true>  the events of that very time
local Side = {}
Side.__index = Side

function Side:started()
  if self.starting then
    self.starting = false
    self.merger.starting = self.merger.starting - 1
    task.wake(self.merger)
  end
end

-- Hand an item to the reader, when there is room.
function Side:put(event)
  while self.ahead >= AHEAD do task.wait(self) end
  self.merger:put(self, event)
end

-- An item of ours. It has the form of an event, so that code that expects events can read it.
function Side:tell(action, err)
  self:put { Type = "fleet", Action = action, Actor = { ID = "", Attributes = {} }, err = err }
end

-- Options of the events of this engine. Where it was lost they go on at the newest that was seen.
function Side:options()
  local opts = object.with(self.opts, {})
  if self.last then
    opts.since = self.last:sub(1, -10) .. "." .. self.last:sub(-9)
  elseif self.opened_at and opts.since == nil then
    opts.since = self.opened_at
  end
  if self.lost and self.deadline then opts.timeout = self.deadline - task.now() end
  return opts
end

function Side:opened(events)
  self.opened_at = self.opened_at or time_of(events.exchange.headers)
  self.pause = FIRST_PAUSE
  self:started()
  if self.lost then
    self.lost = false
    self.repeating = self.last ~= nil
    self:tell "resumed"
  end
end

-- Whether an event was handed out before its engine was lost; remembers it.
function Side:is_repeated(event)
  local time = nanoseconds(event)
  if not time then return false end
  if not self.last or time > self.last then
    self.last, self.newest, self.repeating = time, {}, false
  end
  if time < self.last then return self.repeating end
  local key = identity(event)
  local repeated = self.repeating and self.newest[key] or false
  self.newest[key] = true
  return repeated
end

-- The time of all that is done here is over.
function Side:too_late()
  if not self.deadline or task.now() < self.deadline then return nil end
  return errors.new { kind = "timeout", phase = "total",
    message = ("the engine did not come back within %g seconds"):format(self.opts.timeout) }
end

-- Read the engine's events to their end: true, or the failure.
function Side:follow()
  local late = self.lost and self:too_late()
  if late then return false, late end
  local events, _, err = self.client:events(self:options())
  if not events then return false, err end
  self:opened(events)
  while true do
    local event
    event, _, err = events:read()
    if event == nil then return err == nil, err end
    if not self:is_repeated(event) then self:put(event) end
  end
end

function Side:may_pass(err)
  return self.reconnect and PASSING[err.kind] and err.phase ~= "total"
end

function Side:sleep()
  local left = self.deadline and self.deadline - task.now() or self.pause
  task.sleep(math.min(self.pause, math.max(0, left)))
end

function Side:pump()
  while true do
    local complete, err = self:follow()
    if complete then return end
    if not self.lost then
      self.lost = true
      self:started()
      self:tell("lost", err)
    end
    if not self:may_pass(err) then
      self.err = err
      return
    end
    self:sleep()
    self.pause = math.min(self.pause * 2, LONGEST_PAUSE)
  end
end

function Side:run()
  local ok, err = task.pcall(self.pump, self)
  self:started()
  self.merger.open = self.merger.open - 1
  task.wake(self.merger)
  if not ok then error(err, 0) end
end

function Side:start()
  if self.client then
    self.task = task.spawn(self.run, self)
    return
  end
  self:tell("lost", self.err)
  self:started()
  self.merger.open = self.merger.open - 1
end

---What happens on all engines of a fleet, as it happens there: a stream of events, each with its host.
---A host that is lost costs an item, `{ Type = "fleet", Action = "lost", err = ... }`, and the others
---go on. The stream ends when no host is left, and fails when every one has failed.
---@class moondock.FleetEvents: moondock.Stream
---@overload fun(): moondock.FleetEvent?, string?
---@field overflow integer  how many events were dropped so far
local FleetEvents = stream.class "moondock.FleetEvents"

---The next event, and the host where it happened; nil at the end.
---@return moondock.FleetEvent? event, string? host_or_message, moondock.Error? err
function FleetEvents:read()
  local merger = self.exchange
  while true do
    if self.outcome then return stream.after_end(self) end
    local event, host = merger:take()
    if event then
      if type(event) == "table" then self.overflow = self.overflow + (event.overflow or 0) end
      return event, host
    elseif merger.open == 0 then
      local err = merger:failure()
      if err then return stream.fail(self, err.message, err) end
      self.outcome = "complete"
      return nil
    end
    task.wait(merger)
  end
end

-- A mistake in the options fails every side before it sends anything.
local function check_mistakes(merger)
  for _, side in ipairs(merger.sides) do
    local started = side.task
    if started and started.status == "failed" then
      started.seen.looked = true
      merger:close()
      errors.blame(tostring(started.err))
    end
  end
end

local OWN = { reconnect = true, start_timeout = true }

local function check_own(opts)
  local seconds = opts.start_timeout
  if opts.reconnect ~= nil then errors.check("option reconnect", opts.reconnect, "boolean") end
  if seconds ~= nil and (type(seconds) ~= "number" or seconds < 0) then
    errors.blame("option start_timeout must be a number of seconds, 0 or more")
  end
  return opts
end

-- A side for each member of the fleet.
local function new_merger(members, own, theirs)
  local merger = setmetatable({ items = {}, first = 1, last = 0, sides = {}, open = #members,
    starting = #members }, Merger)
  local timeout = theirs.timeout
  for i, member in ipairs(members) do
    merger.sides[i] = setmetatable({ merger = merger, name = member.name, client = member.client,
      err = member.err, opts = theirs, ahead = 0, newest = {}, starting = true, pause = FIRST_PAUSE,
      reconnect = own.reconnect,
      deadline = type(timeout) == "number" and task.now() + timeout or nil }, Side)
  end
  return merger
end

---The events of the engines of a fleet. Returns when every host has answered or failed, and at the
---latest after `start_timeout` seconds (5): one that answers later joins then. With `reconnect` a host
---that is lost is tried again and again, first after half a second, then ever more seldom, up to twice a
---minute; an item `{ Type = "fleet", Action = "resumed" }` says that it is back, and what happened
---meanwhile follows, as far as the engine still knows it.
---@param members table[]
---@param opts? { since?: number|string, ["until"]?: number|string, filters?: moondock.Filters, timeout?: number, idle_timeout?: number, reconnect?: boolean, start_timeout?: number }
---@return moondock.FleetEvents
local function fleet_events(members, opts)
  local own, theirs = object.split(opts, OWN)
  check_own(own)
  local merger = new_merger(members, own, theirs)
  local events = setmetatable({ exchange = merger, overflow = 0 }, FleetEvents)
  task.on_collected(events, function() merger:close() end)
  task.hold(merger)
  for _, side in ipairs(merger.sides) do side:start() end
  check_mistakes(merger)
  merger:await_start(own.start_timeout or START_TIMEOUT)
  return events
end

return fleet_events
