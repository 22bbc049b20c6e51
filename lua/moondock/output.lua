-- Collecting output within a limit: its beginning and its end are kept, the middle gives way.

local Output = {}
Output.__index = Output

---@param limit integer  bytes
local function new(limit)
  return setmetatable({ half = math.floor(limit / 2), head = {}, head_size = 0, tail = {},
    first = 1, last = 0,
    tail_size = 0, truncated = false }, Output)
end

-- Keep what fits into the first half; returns the rest.
local function fill_head(self, bytes)
  local room = self.half - self.head_size
  if room <= 0 then return bytes end
  local part = #bytes <= room and bytes or bytes:sub(1, room)
  self.head[#self.head + 1] = part
  self.head_size = self.head_size + #part
  return #part == #bytes and "" or bytes:sub(room + 1)
end

-- Drop whole pieces from the front while what follows them is enough.
local function trim_tail(self)
  while self.first <= self.last and self.tail_size - #self.tail[self.first] >= self.half do
    self.tail_size = self.tail_size - #self.tail[self.first]
    self.tail[self.first] = nil
    self.first = self.first + 1
    self.truncated = true
  end
end

function Output:add(bytes)
  bytes = fill_head(self, bytes)
  if bytes == "" then return end
  self.last = self.last + 1
  self.tail[self.last] = bytes
  self.tail_size = self.tail_size + #bytes
  trim_tail(self)
end

---The last `n` bytes that were added, or all where there are fewer.
function Output:ending(n)
  local parts, size, i = {}, 0, self.last
  while size < n and i >= self.first do
    table.insert(parts, 1, self.tail[i])
    size, i = size + #self.tail[i], i - 1
  end
  if size < n then table.insert(parts, 1, table.concat(self.head)) end
  local text = table.concat(parts)
  return text:sub(math.max(1, #text - n + 1))
end

---What was kept, and whether something in the middle is missing.
---@return string text, boolean truncated
function Output:text()
  local tail = table.concat(self.tail, "", self.first, self.last)
  local truncated = self.truncated or #tail > self.half
  if #tail > self.half then tail = tail:sub(-self.half) end
  return table.concat(self.head) .. tail, truncated
end

return new
