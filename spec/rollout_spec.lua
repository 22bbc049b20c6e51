-- What records and tasks of a service say of its way to what it should be.

local core = require "moondock.core"
local rollout = require "moondock.rollout"

local function task(slot, state, desired, more)
  local record = { Slot = slot, DesiredState = desired or "running", Status = { State = state } }
  for key, value in pairs(more or {}) do record[key] = value end
  return record
end

local function on(node, state, desired)
  return { NodeID = node, DesiredState = desired or "running", Status = { State = state } }
end

local function of(mode, tasks, more)
  local details = { Spec = { Mode = mode } }
  for key, value in pairs(more or {}) do details[key] = value end
  return rollout.measure(details, tasks)
end

local TWO = { Replicated = { Replicas = 2 } }
local JOB = { ReplicatedJob = { TotalCompletions = 2 } }
local ENDED = "its tasks have ended"

describe("a rollout", function()
  local cases = {
    { "of no tasks yet", TWO, {}, nil },
    { "of tasks that come", TWO, { task(1, "running"), task(2, "preparing") }, nil },
    { "of tasks that run", TWO, { task(1, "running"), task(2, "running") }, "done" },
    { "of none that are wanted", { Replicated = { Replicas = 0 } }, {}, "done" },
    { "of a task that runs on though it should not", TWO,
      { task(1, "running"), task(2, "running", "shutdown") }, nil },
    { "of a task that failed and comes again", TWO,
      { task(1, "running"), task(2, "failed", "shutdown"), task(2, "ready", "ready") }, nil },
    { "of a task that failed just now", TWO, { task(1, "running"), task(2, "failed") }, nil },
    { "of a task that failed for good", TWO, { task(1, "running"), task(2, "failed", "shutdown") },
      "failed", ENDED },
    { "of a task that ended for good", TWO, { task(1, "running"), task(2, "complete", "shutdown") },
      "failed", ENDED },
    { "of a slot that was scaled away", { Replicated = { Replicas = 1 } },
      { task(1, "running"), task(2, "shutdown", "remove") }, "done" },
    { "of no number of replicas", { Replicated = {} }, { task(1, "running") }, "done" },
    { "on all nodes, where there are no tasks yet", { Global = {} }, {}, nil },
    { "on all nodes", { Global = {} }, { on("a", "running"), on("b", "running") }, "done" },
    { "on some nodes", { Global = {} }, { on("a", "running"), on("b", "starting") }, nil },
    { "on all nodes but one that is drained", { Global = {} },
      { on("a", "running"), on("b", "shutdown", "shutdown") }, "done" },
    { "of a job that runs", JOB, { task(1, "running", "complete"), task(2, "complete", "complete") }, nil },
    { "of a job that is done", JOB, { task(1, "complete", "complete"), task(2, "complete", "complete") },
      "done" },
    { "of a job that failed for good", JOB,
      { task(1, "complete", "complete"), task(2, "failed", "shutdown") }, "failed", ENDED },
    { "of a job that failed first", JOB, { task(1, "complete", "complete"), task(2, "failed", "shutdown"),
      task(2, "complete", "complete") }, "done" },
    { "of a job on all nodes", { GlobalJob = {} }, { on("a", "complete", "complete") }, "done" },
    { "of a job whose former tasks are done", JOB, { task(1, "complete", "complete",
      { JobIteration = { Index = 1 } }), task(2, "complete", "complete", { JobIteration = { Index = 1 } }) },
      nil, nil, { JobStatus = { JobIteration = { Index = 2 } } } },
    { "under an update", TWO, { task(1, "running"), task(2, "running") }, nil, nil,
      { UpdateStatus = { State = "updating" } } },
    { "after an update", TWO, { task(1, "running"), task(2, "running") }, "done", nil,
      { UpdateStatus = { State = "completed" } } },
    { "of an update that paused", TWO, { task(1, "running"), task(2, "running") }, "failed",
      "the update is paused: too many failures", { UpdateStatus = { State = "paused",
        Message = "too many failures" } } },
    { "that is being taken back", TWO, { task(1, "running"), task(2, "running") }, nil, nil,
      { UpdateStatus = { State = "rollback_started" } } },
    { "that was taken back", TWO, { task(1, "running"), task(2, "running") }, "failed",
      "the update was rolled back", { UpdateStatus = { State = "rollback_completed" } } },
    { "without news of an update", TWO, { task(1, "running"), task(2, "running") }, "done", nil,
      { UpdateStatus = core.null } },
  }
  for _, case in ipairs(cases) do
    it(case[1] .. " is " .. (case[4] or "on its way"), function()
      local verdict, why = rollout.judge(of(case[2], case[3], case[6]), false)
      assert.equal(case[4], verdict)
      assert.equal(case[5], why)
    end)
  end

  it("that was taken back is done where that was wanted", function()
    local now = of(TWO, { task(1, "running"), task(2, "running") },
      { UpdateStatus = { State = "rollback_completed" } })
    assert.equal("done", (rollout.judge(now, true)))
  end)

  it("of a job begins with slot 0, which the wire leaves out", function()
    local function absent(state, node)
      return { DesiredState = "complete", NodeID = node, Status = { State = state } }
    end
    local now = of(JOB, { absent("complete", "a"), absent("failed", "b"), task(1, "running", "complete") })
    assert.equal(1, now.have)
    assert.is_nil((rollout.judge(now, false)))
  end)

  it("knows the tasks that make the service now", function()
    local tasks = { task(1, "running"), task(2, "running", "shutdown"), task(2, "shutdown", "shutdown"),
      task(2, "running") }
    local details = { Spec = { Mode = TWO } }
    assert.same({ tasks[1], tasks[4] }, rollout.tasks(rollout.measure(details, tasks), details, tasks))
    tasks = { task(0, "complete", "complete"), task(1, "failed", "shutdown"), task(1, "complete", "complete") }
    details = { Spec = { Mode = JOB } }
    assert.same({ tasks[1], tasks[3] }, rollout.tasks(rollout.measure(details, tasks), details, tasks))
  end)

  it("has the words of the latest task that failed", function()
    local function failed(slot, words, time)
      return task(slot, "failed", "shutdown", { Status = { State = "failed", Err = words, Timestamp = time } })
    end
    assert.equal("task 2 failed: later", rollout.words { failed(1, "early", "2024-01-01T10:00:00Z"),
      failed(2, "later", "2024-01-01T10:00:05Z"), failed(3, "", "2024-01-01T10:00:09Z"), task(4, "running") })
    assert.is_nil(rollout.words { task(1, "running") })
  end)
end)
