-- A stream in both directions and the person at this program's terminal.

local core = require "moondock.core"
local detach_keys = require "moondock.detach_keys"
local errors = require "moondock.errors"
local task = require "moondock.task"

-- The size is asked for, since being told of a change would take the host's signal handler.
local SIZE_PAUSE = 0.2
local END_OF_FILE = "\4" -- to a terminal

-- The next bytes of standard input; nil at its end.
local function next_bytes(keyboard)
  while true do
    local bytes = keyboard:take()
    if bytes then return bytes end
    if keyboard:ended() ~= false then return nil end
    task.wait(keyboard)
  end
end

-- Send standard input to its end. A terminal ends the line that it is in the middle of first.
local function send_file(session, keyboard)
  local last, bytes = "\n", next_bytes(keyboard)
  while bytes do
    last = bytes:sub(-1)
    if not session:write(bytes) then return end
    bytes = next_bytes(keyboard)
  end
  if not session.tty then return session:close_write() end
  session:write(last == "\n" and END_OF_FILE or END_OF_FILE .. END_OF_FILE)
end

-- Send what a person types, who may leave by the keys for that, or by closing the terminal.
local function send_keys(session, keyboard, find)
  local left = false
  local bytes = next_bytes(keyboard)
  while bytes and not left do
    bytes, left = find(bytes)
    if not session:write(bytes) then return end
    bytes = not left and next_bytes(keyboard)
  end
  session:close()
end

-- Tell each new size. What was not accepted, as before the process runs, is told again.
local function follow_size(session, screen)
  local known_rows, known_columns
  while true do
    local rows, columns = screen:size()
    local changed = rows and rows > 0 and (rows ~= known_rows or columns ~= known_columns)
    if changed and session:resize(rows, columns) then
      known_rows, known_columns = rows, columns
    end
    task.sleep(SIZE_PAUSE)
  end
end

local function show(session)
  while true do
    local source, bytes, err = session:read()
    if not source then
      if bytes and session.outcome ~= "cancelled" then return nil, bytes, err end
      return true
    end
    local file = source == "stderr" and io.stderr or io.stdout
    local written, why = file:write(bytes)
    if not written then return errors.fail { kind = "config", message = why } end
    file:flush()
  end
end

-- Start what goes on beside the output.
local function start_tasks(self, session)
  if session.input then
    self.keyboard = assert(core.reader(core.loop(), 0))
    local send = self.screen and send_keys or send_file
    self[1] = task.spawn(send, session, self.keyboard, self.find)
  end
  if self.screen and session.tty then
    self[#self + 1] = task.spawn(follow_size, session, self.screen)
  end
end

local function perform(self, session)
  if self.screen and session.tty and session.input then
    local ok, why = self.screen:raw()
    if not ok then return errors.fail { kind = "config", message = why } end
  end
  start_tasks(self, session)
  return show(session)
end

local function clean_up(self)
  for _, each in ipairs(self) do each:cancel() end
  if self.keyboard then self.keyboard:close() end
  if self.screen then self.screen:close() end
end

---Connect the terminal of this program and `session`, until that ends.
---@param session moondock.Duplex
---@param keys string
---@return true? ok, string? message, moondock.Error? err
local function interact(session, keys)
  local self = { screen = core.terminal(0), find = detach_keys(keys) }
  local fine, ok, message, err = task.pcall(perform, self, session)
  clean_up(self)
  if not fine then error(ok, 0) end
  if not ok then return nil, message, err end
  return ok
end

return interact
