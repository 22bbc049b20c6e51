local timers = require "moondock.timers"

describe("timers", function()
  it("come due in the order of their deadlines, however they were added", function()
    math.randomseed(7)
    local records = {}
    for i = 1, 300 do
      records[i] = { deadline = math.random() }
      timers.add(records[i])
    end
    for i = 1, 300, 3 do timers.remove(records[i]) end
    local last, count = -1, 0
    assert.is_nil(timers.due(-1))
    local due = timers.due(2)
    while due do
      assert.is_true(due.deadline >= last)
      last, count = due.deadline, count + 1
      due = timers.due(2)
    end
    assert.equal(200, count)
    assert.is_nil(timers.next())
  end)

  it("may be removed twice", function()
    local record = { deadline = 1 }
    timers.add(record)
    timers.remove(record)
    timers.remove(record)
    assert.is_nil(timers.next())
  end)
end)
