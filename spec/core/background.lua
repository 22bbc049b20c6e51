-- Servers that specs start, each with a log and a pid of its own.

local core = require "moondock.core"
local lfs = require "lfs"

local background = {}

local Server = {}
Server.__index = Server

---A new, empty folder that `background.remove` takes away.
function background.folder()
  local path = os.tmpname()
  os.remove(path)
  assert(lfs.mkdir(path))
  return path
end

function background.remove(folder)
  os.execute("rm -rf " .. folder)
end

---All of a file, "" when there is none.
function background.read(path)
  local file = io.open(path, "rb")
  local text = file and file:read "*a" or ""
  if file then file:close() end
  return text
end

---Look until `done()` is true, and return that; nil after some seconds.
function background.poll(done, seconds)
  local deadline = os.time() + (seconds or 100)
  repeat
    local value = done()
    if value then return value end
    core.loop():step(10)
  until os.time() > deadline
end

local started = 0

---Start a command (of the shell, without redirections); its output goes to a log in `folder`.
function background.start(folder, command)
  started = started + 1
  local self = setmetatable({ log = ("%s/log-%d"):format(folder, started) }, Server)
  local pid = ("%s/pid-%d"):format(folder, started)
  os.execute(("%s </dev/null >%s 2>&1 & echo $! >%s"):format(command, self.log, pid))
  self.pid = assert(tonumber(background.read(pid)))
  return self
end

---What `pattern` captures in the log, once it is there.
function Server:says(pattern)
  return background.poll(function() return background.read(self.log):match(pattern) end)
    or error(("no '%s' in: %s"):format(pattern, background.read(self.log)))
end

-- While a thread is left, so are the sockets.
local function is_alive(pid)
  local threads = ("/proc/%d/task"):format(pid)
  local ok, each, folder = pcall(lfs.dir, threads)
  if not ok then return false end
  for thread in each, folder do
    local state = background.read(("%s/%s/stat"):format(threads, thread)):match "%) (%a)"
    if state and state ~= "Z" then return true end
  end
  return false
end

function Server:stop()
  os.execute(("kill -KILL %d 2>/dev/null"):format(self.pid))
  assert(background.poll(function() return not is_alive(self.pid) end), "it does not end")
end

return background
