-- The times that something is waited for, the earliest first: a binary heap of records, each of
-- which knows its place, so that taking one out is cheap. A record has `deadline`.

local timers = {}

local heap = {}

local function place(record, i)
  heap[i], record.timer = record, i
end

local function rise(record, i)
  while i > 1 do
    local parent = math.floor(i / 2)
    if heap[parent].deadline <= record.deadline then break end
    place(heap[parent], i)
    i = parent
  end
  place(record, i)
end

local function sink(record, i)
  while true do
    local child = 2 * i
    if not heap[child] then break end
    local other = heap[child + 1]
    if other and other.deadline < heap[child].deadline then child = child + 1 end
    if heap[child].deadline >= record.deadline then break end
    place(heap[child], i)
    i = child
  end
  place(record, i)
end

---Remember `record` until its `deadline`.
function timers.add(record)
  heap[#heap + 1] = record
  rise(record, #heap)
end

---Forget `record`; nothing happens when it is not there.
function timers.remove(record)
  local i = record.timer
  if not i then return end
  record.timer = nil
  local last = heap[#heap]
  heap[#heap] = nil
  if last == record then return end
  local parent = heap[math.floor(i / 2)]
  if parent and parent.deadline > last.deadline then rise(last, i) else sink(last, i) end
end

---The earliest deadline, or nil.
function timers.next()
  return heap[1] and heap[1].deadline
end

---Take out and return a record whose deadline is not after `now`, or nil.
function timers.due(now)
  local first = heap[1]
  if not first or first.deadline > now then return nil end
  timers.remove(first)
  return first
end

return timers
