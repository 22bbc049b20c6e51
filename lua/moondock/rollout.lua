-- Whether a service has become what it should be, judged by its record and its tasks.

local core = require "moondock.core"
local told = require "moondock.told"

local RANK = {}
for i, state in ipairs { "new", "allocated", "pending", "assigned", "accepted", "preparing",
  "ready", "starting", "running", "complete", "shutdown", "failed", "rejected", "remove",
  "orphaned" } do
  RANK[state] = i
end

local record = told.object

local function state_of(task)
  return told.text(record(task.Status).State) or "new"
end

-- Beyond running: nothing more is to come of it.
local function is_over(state)
  return (RANK[state] or 0) > RANK.running
end

-- Its service still wants it.
local function is_wanted(task)
  return not is_over(task.DesiredState) or task.DesiredState == "complete"
end

-- What a job made anew has its own iteration; tasks of earlier ones do not count.
local function is_current(details, task)
  local iteration = record(record(details.JobStatus).JobIteration).Index
  local own = record(task.JobIteration).Index
  return iteration == nil or own == nil or iteration == own
end

-- The node, where there is one task for each of them, else the slot; those of jobs begin with 0,
-- which the wire leaves out.
local function place_of(details, task)
  local mode = record(record(details.Spec).Mode)
  if type(mode.Global) == "table" or type(mode.GlobalJob) == "table" then
    return told.text(task.NodeID) or told.text(task.ID) or ""
  end
  return told.integer(task.Slot) or 0
end

-- What the tasks of one slot (or node) come to.
local function look(place, task)
  local state = state_of(task)
  place.complete = place.complete or state == "complete"
  if is_wanted(task) then
    place.running = place.running or state == "running"
    place.wanted = place.wanted or not is_over(state)
  elseif task.DesiredState == "shutdown" and is_over(state) then
    place.ended = true
  end
end

local function places_of(details, tasks)
  local places = {}
  for _, task in ipairs(tasks) do
    if is_current(details, task) then
      local at = place_of(details, task)
      places[at] = places[at] or {}
      look(places[at], task)
    end
  end
  return places
end

local function count(places, field)
  local n, all = 0, 0
  for _, place in pairs(places) do
    all = all + 1
    if place[field] then n = n + 1 end
  end
  return n, all
end

-- Places whose tasks have ended for good while more are wanted.
local function dead(places, is_job)
  local n = 0
  for _, place in pairs(places) do
    if place.ended and not place.wanted and not (is_job and place.complete) then n = n + 1 end
  end
  return n
end

-- How many have come so far, how many should, and whether one that is missing can never come.
local MEASURES = {
  Replicated = function(mode, places)
    local wanted = told.integer(mode.Replicas) or 1
    return count(places, "running"), wanted, count(places, "wanted") < wanted and dead(places) > 0
  end,
  Global = function(_, places)
    local live = {}
    for at, place in pairs(places) do
      if place.wanted then live[at] = place end
    end
    local running, all = count(live, "running")
    return running, math.max(all, 1), false
  end,
  ReplicatedJob = function(mode, places)
    local wanted = told.integer(mode.TotalCompletions) or 1
    return count(places, "complete"), wanted, dead(places, true) > 0
  end,
  GlobalJob = function(_, places)
    local complete, all = count(places, "complete")
    return complete, math.max(all, 1), dead(places, true) > 0
  end,
}

local rollout = {}

---@class moondock.Rollout
---@field have integer  tasks that run, or of a job, have completed
---@field want integer
---@field stuck boolean  what is missing can never come
---@field job boolean
---@field update? string  the state of the update
---@field message? string  what the engine says of it

---What the record of a service and its up-to-date tasks say.
---@return moondock.Rollout
function rollout.measure(details, tasks)
  local places = places_of(details, tasks)
  local status = record(details.UpdateStatus)
  for name, measure in pairs(MEASURES) do
    local mode = record(record(details.Spec).Mode)[name]
    if type(mode) == "table" then
      local have, want, stuck = measure(mode, places)
      return { have = have, want = want, stuck = stuck, job = name:find("Job$") ~= nil,
        update = told.text(status.State), message = told.text(status.Message) }
    end
  end
  return { have = 0, want = 1, stuck = false, job = false }
end

local BAD = { paused = "the update is paused", rollback_paused = "the rollback is paused",
  rollback_completed = "the update was rolled back" }

---Whether it is there ("done"), cannot come to be there ("failed", and why), or neither yet.
---@param now moondock.Rollout
---@param rollback boolean  a rollback is what is waited for
---@return string? verdict, string? why
function rollout.judge(now, rollback)
  local why = BAD[now.update]
  if why and not (rollback and now.update == "rollback_completed") then
    return "failed", now.message and why .. ": " .. now.message or why
  end
  if now.update == "updating" or now.update == "rollback_started" then return nil end
  if now.stuck then return "failed", "its tasks have ended" end
  if now.have == now.want then return "done" end
end

---The tasks that the service is made of now: those that run, or of a job those that completed.
---@param now moondock.Rollout
---@return table[]
function rollout.tasks(now, details, tasks)
  local list = core.array()
  for _, task in ipairs(tasks) do
    local state = state_of(task)
    if is_current(details, task) and (now.job and state == "complete"
      or not now.job and state == "running" and is_wanted(task)) then
      list[#list + 1] = task
    end
  end
  return list
end

local function text_of(task)
  local status = record(task.Status)
  local words, slot = told.text(status.Err), told.integer(task.Slot) or 0
  if not words then return nil end
  return ("task%s %s: %s"):format(slot > 0 and (" %d"):format(slot) or "",
    told.text(status.State) or "?", words)
end

---What the latest task that has something to say says.
---@return string? words
function rollout.words(tasks)
  local latest, words = "", nil
  for _, task in ipairs(tasks) do
    local text, time = text_of(task), told.text(record(task.Status).Timestamp) or ""
    if text and time >= latest then latest, words = time, text end
  end
  return words
end

return rollout
