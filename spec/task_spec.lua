local docker = require "moondock"
local errors = require "moondock.errors"
local task = require "moondock.task"

-- Lua 5.1 cannot suspend a coroutine inside pcall.
local yields_in_pcall = _VERSION ~= "Lua 5.1" or rawget(_G, "jit") ~= nil

local function elapsed(fn)
  local began = docker.now()
  fn()
  return docker.now() - began
end

describe("a task", function()
  it("runs until it waits, and returns its values to await", function()
    local order = {}
    local one = docker.spawn(function(a, b)
      order[#order + 1] = "started"
      docker.sleep(0.02)
      order[#order + 1] = "went on"
      return a + b, nil, "three"
    end, 1, 2)
    order[#order + 1] = "spawned"
    assert.equal("running", one.status)
    assert.same({ 3, nil, "three" }, { one:await() })
    assert.equal("done", one.status)
    assert.same({ "started", "spawned", "went on" }, order)
    assert.same({ 3, nil, "three" }, { one:await() })
  end)

  it("waits beside others", function()
    local seconds = elapsed(function()
      local tasks = {}
      for i = 1, 50 do tasks[i] = docker.spawn(docker.sleep, 0.3) end
      for i = 1, 50 do tasks[i]:await() end
    end)
    assert.is_true(seconds >= 0.3 and seconds < 10)
  end)

  it("goes on while the program blocks", function()
    local count = 0
    local ticker = docker.spawn(function()
      while true do
        docker.sleep(0.01)
        count = count + 1
      end
    end)
    docker.sleep(0.2)
    ticker:cancel()
    assert.is_true(count > 5)
  end)

  it("raises in await what it raised", function()
    local failing = docker.spawn(function()
      docker.sleep(0.01)
      error("mine", 0)
    end)
    local ok, message = pcall(failing.await, failing)
    assert.is_false(ok)
    assert.equal("mine", message)
    assert.equal("failed", failing.status)
    local value = { "a table" }
    local other = docker.spawn(error, value)
    ok, message = pcall(other.await, other)
    assert.is_false(ok)
    assert.equal(value, message)
  end)

  it("may be awaited for a while only, and by several", function()
    local slow = docker.spawn(function()
      docker.sleep(0.15)
      return "late"
    end)
    local value, message, err = slow:await(0.02)
    assert.is_nil(value)
    assert.equal("timeout", err.kind)
    assert.matches("0.02", message)
    local a = docker.spawn(function() return slow:await() end)
    local b = docker.spawn(function() return slow:await() end)
    assert.equal("late", a:await())
    assert.equal("late", b:await())
  end)

  it("cannot await itself", function()
    local own
    own = docker.spawn(function()
      docker.sleep(0)
      own:await()
    end)
    assert.error_matches(function() own:await() end, "itself")
  end)

  it("tells a dot from a colon", function()
    local one = docker.spawn(function() end)
    for _, name in ipairs { "await", "cancel" } do
      local _, message = pcall(function() one[name]() end)
      assert.matches("task_spec.lua:%d+: methods of a task are called with a colon", message)
    end
  end)

  it("checks what it is given", function()
    local _, message = pcall(function() docker.spawn(1) end)
    assert.matches("task_spec.lua:%d+: .*function", message)
    assert.has_error(function() docker.sleep "x" end)
  end)

  describe("that is cancelled", function()
    it("unwinds at once, where it waits, with a cancelled error", function()
      local seen
      local sleeper = docker.spawn(function()
        local _, err = task.pcall(docker.sleep, 100)
        seen = err
        error(err, 0)
      end)
      sleeper:cancel()
      assert.equal("cancelled", sleeper.status)
      assert.equal("cancelled", seen.kind)
      local value, _, err = sleeper:await()
      assert.is_nil(value)
      assert.equal("cancelled", err.kind)
    end)

    it("cannot go on waiting", function()
      local waits = 0
      local stubborn = docker.spawn(function()
        for _ = 1, 3 do
          task.pcall(docker.sleep, 100)
          waits = waits + 1
        end
        return "ended"
      end)
      stubborn:cancel()
      assert.equal("ended", stubborn:await())
      assert.equal(3, waits)
    end)

    it("may clean up in peace", function()
      local cleaned
      local careful = docker.spawn(function()
        local _, err = task.pcall(docker.sleep, 100)
        task.shield(function()
          docker.sleep(0.02)
          cleaned = true
        end)
        error(err, 0)
      end)
      careful:cancel()
      assert.is_nil(cleaned)
      careful:await()
      assert.is_true(cleaned)
    end)

    it("while it cleans up, is left alone until it is done", function()
      local cleaned
      local careful = docker.spawn(function()
        task.shield(function()
          docker.sleep(0.02)
          cleaned = true
        end)
        docker.sleep(100)
      end)
      careful:cancel()
      assert.equal("running", careful.status)
      careful:await()
      assert.is_true(cleaned)
      assert.equal("cancelled", careful.status)
    end)

    it("twice, or after its end, takes no harm", function()
      local quick = docker.spawn(function() return 1 end)
      quick:cancel()
      assert.equal(1, quick:await())
      local slow = docker.spawn(docker.sleep, 100)
      slow:cancel()
      slow:cancel()
      assert.equal("cancelled", slow.status)
    end)

    it("by itself, ends at its next wait", function()
      local own
      own = docker.spawn(function()
        docker.sleep(0)
        own:cancel()
        docker.sleep(100)
      end)
      local _, _, err = own:await()
      assert.equal("cancelled", err.kind)
    end)
  end)

  it("may use coroutines of its own, which wait and yield", function()
    local other = 0
    local beside = docker.spawn(function()
      for _ = 1, 5 do
        docker.sleep(0.005)
        other = other + 1
      end
    end)
    local sum = docker.spawn(function()
      local generate = coroutine.wrap(function()
        for i = 1, 4 do
          docker.sleep(0.01)
          coroutine.yield(i)
        end
      end)
      return generate() + generate() + generate() + generate()
    end):await()
    beside:await()
    assert.equal(10, sum)
    assert.equal(5, other)
  end)

  it("that fails unseen is heard of at the next wait", function()
    do
      docker.spawn(function() error("nobody looked", 0) end)
    end
    collectgarbage()
    collectgarbage()
    local ok, message = pcall(function()
      for _ = 1, 10 do
        docker.sleep(0.001)
        collectgarbage()
      end
    end)
    if rawget(_G, "jit") and ok then return end -- its collector may keep what its traces have seen
    assert.is_false(ok)
    assert.equal("nobody looked", message)
  end)

  if yields_in_pcall then
    it("may wait inside pcall", function()
      local ok, message = docker.spawn(function()
        return pcall(function()
          docker.sleep(0.01)
          error("inner", 0)
        end)
      end):await()
      assert.is_false(ok)
      assert.equal("inner", message)
    end)
  end

  it("lets thousands wait", function()
    local seconds = elapsed(function()
      local results, failed = docker.map({ n = 1 }, function() end)
      assert.same({ {}, {} }, { results, failed })
      local list = {}
      for i = 1, 2000 do list[i] = i end
      results = docker.map(list, function(i)
        docker.sleep(0.05 + i % 7 / 100)
        return i * 2
      end)
      for i = 1, 2000 do assert(results[i] == i * 2) end
    end)
    assert.is_true(seconds < 60)
  end)
end)

describe("all, map and any", function()
  it("give results and errors by position", function()
    local results, failures = docker.all({
      function() return "one" end,
      function()
        docker.sleep(0.01)
        return nil, "no", errors.new { kind = "conflict", message = "no" }
      end,
      function() error("raised", 0) end,
      function() return nil end,
    }, { keep_going = true })
    assert.equal("one", results[1])
    assert.equal("conflict", failures[2].kind)
    assert.equal("raised", failures[3])
    assert.is_nil(failures[1] or failures[4] or results[4])
  end)

  it("cancel the rest at the first failure", function()
    local results, failures
    local seconds = elapsed(function()
      results, failures = docker.map({ 50, 0.01, 100 }, function(s, i)
        docker.sleep(s)
        if i == 2 then return nil, "broken" end
        return s
      end)
    end)
    assert.is_true(seconds < 30)
    assert.equal("broken", failures[2])
    assert.equal("cancelled", failures[1].kind)
    assert.equal("cancelled", failures[3].kind)
    assert.is_nil(next(results))
  end)

  it("run no more at a time than the limit", function()
    local now, most = 0, 0
    docker.map({ 1, 2, 3, 4, 5, 6, 7 }, function()
      now = now + 1
      most = math.max(most, now)
      docker.sleep(0.01)
      now = now - 1
      return true
    end, { limit = 3 })
    assert.equal(3, most)
  end)

  it("keep what was there when time is over", function()
    local results, failures = docker.map({ 0.01, 10, 0.01, 10 }, function(s)
      docker.sleep(s)
      return s
    end, { timeout = 0.1 })
    assert.equal(0.01, results[1])
    assert.equal(0.01, results[3])
    assert.equal("timeout", failures[2].kind)
    assert.equal("timeout", failures[4].kind)
  end)

  it("nest, and an outer limit bounds the inner", function()
    local results, failures
    local seconds = elapsed(function()
      results, failures = docker.all({ function()
        return docker.map({ 1, 2 }, function() docker.sleep(100) end, { timeout = 50 })
      end }, { timeout = 0.05 })
    end)
    assert.is_true(seconds < 30)
    assert.is_nil(results[1])
    assert.equal("timeout", failures[1].kind)
  end)

  it("cancel their functions when they are cancelled", function()
    local ended = 0
    local outer = docker.spawn(function()
      docker.map({ 1, 2, 3 }, function()
        local _, err = task.pcall(docker.sleep, 100)
        ended = ended + 1
        error(err, 0)
      end)
    end)
    outer:cancel()
    assert.equal("cancelled", outer.status)
    assert.equal(3, ended)
  end)

  it("return the first success of any", function()
    local seconds = elapsed(function()
      local index, value = docker.any {
        function()
          docker.sleep(100)
          return "slow"
        end,
        function() return nil, "fails" end,
        function()
          docker.sleep(0.02)
          return "fast"
        end,
      }
      assert.equal(3, index)
      assert.equal("fast", value)
    end)
    assert.is_true(seconds < 30)
  end)

  it("run any a few at a time, and refuse what does not fit it", function()
    local begun = 0
    local function one() begun = begun + 1 return "first" end
    assert.equal(1, (docker.any({ one, one }, { limit = 1 })))
    assert.equal(1, begun)
    assert.has_error(function() docker.any({ one }, { keep_going = true }) end,
      "any ends with the first: keep_going is not for it")
  end)

  it("return the last error of any when all fail", function()
    local index, message, err = docker.any {
      function() return nil, "first" end,
      function() return nil, "second", errors.new { kind = "conflict", message = "second" } end,
    }
    assert.is_nil(index)
    assert.equal("second", message)
    assert.equal("conflict", err.kind)
    assert.equal("first", err.partial[1])
  end)

  it("check what they are given", function()
    assert.error_matches(function() docker.all { 1 } end, "function 1 of all")
    assert.error_matches(function() docker.all({}, { limits = 1 }) end, "limits.*keep_going, limit, timeout")
    assert.error_matches(function() docker.map({}, function() end, { limit = 0 }) end, "limit")
    assert.error_matches(function() docker.map("x", print) end, "list of map must be a table")
    assert.error_matches(function() docker.map({ web = 1 }, print) end,
      "the list of map must be a list, without names such as 'web'")
    assert.error_matches(function() docker.all { print, nil, print } end, "functions of all has a hole at position 2")
    assert.same({ 2, 3 }, (docker.map({ 1, 2, n = 2 }, function(i) return i + 1 end))) -- as table.pack makes it
  end)
end)

describe("a host's own loop", function()
  it("drives everything by one descriptor and one deadline", function()
    local done
    docker.spawn(function()
      docker.sleep(0.3)
      done = true
    end)
    assert.is_true(docker.fd() > 0)
    assert.is_true(docker.deadline() - docker.now() < 0.31)
    local steps = 0
    while not done do
      docker.step(5)
      steps = steps + 1
    end
    assert.is_true(steps > 1)
    assert.is_nil(docker.deadline())
    assert.has_error(function() docker.step "soon" end, "milliseconds must be a number or nil, not string")
  end)
end)
