-- The scripted server of server.c, started once for each spec file, and the
-- few steps that every spec of the core takes.
local core = require "moondock.core"
local lfs = require "lfs"
local program = require "spec.core.program"

local server = {}

local function read_port(path)
  local deadline = os.time() + 100
  repeat
    local file = io.open(path)
    if file then
      local port = file:read "*n"
      file:close()
      return port
    end
    core.loop():step(5)
  until os.time() > deadline
  error "the server does not start"
end

---Start the server; `unix` is its socket, `tcp` its URL.
function server.start()
  local directory = os.tmpname()
  os.remove(directory)
  assert(os.execute("mkdir -m 700 " .. directory))
  server.pipe = assert(io.popen(program "server" .. " " .. directory, "w"))
  server.unix = directory .. "/socket"
  server.tcp = "http://127.0.0.1:" .. read_port(directory .. "/port")
end

function server.stop()
  server.pipe:close()
end

---A request of which the server does what `script` says.
function server.request(script, more)
  local request = {
    method = "GET", url = "http://d/", unix = server.unix, headers = { "Script: " .. script },
  }
  for key, value in pairs(more or {}) do request[key] = value end
  if request.unix == "" then request.unix = nil end
  return request
end

---Send the words of an answer with this body.
function server.answer(body, status)
  return ("send HTTP/1.1 %s\\r\\nContent-Length: %d\\r\\n\\r\\n%s"):format(status or "200 OK", #body, body)
end

---Step until `done()` is true; fails after some seconds.
function server.wait(done, seconds)
  local loop, deadline = core.loop(), os.time() + (seconds or 100)
  while not done() do
    assert(os.time() <= deadline, "nothing happens")
    loop:step(100)
    while loop:ready() do end
  end
end

---Step until nothing moves any more.
function server.settle()
  local loop, quiet = core.loop(), 0
  while quiet < 5 do
    loop:step(4)
    quiet = loop:ready() and 0 or quiet + 1
  end
end

---All that can be taken now, added to the list.
function server.take(t, parts)
  local bytes = t:take()
  while bytes do
    parts[#parts + 1] = bytes
    bytes = t:take()
  end
end

---Give `source` to the upload, as much as fits: the new position, or nil when done.
function server.give(t, source, from)
  while from do
    local n = t:give(source, from)
    if not n then return nil end
    if n == 0 then return from end
    from = from + n
    if from > #source then
      t:finish()
      return nil
    end
  end
end

---Run an exchange to its end: `{ status, headers, body, ended, failure }`.
function server.run(t, source)
  local parts, from = {}, source and 1
  local ended, failure
  server.wait(function()
    from = server.give(t, source, from)
    server.take(t, parts)
    ended, failure = t:ended()
    return ended ~= false
  end)
  server.take(t, parts)
  local status, headers = t:head()
  t:close()
  return { status = status, headers = headers, body = table.concat(parts), ended = ended, failure = failure }
end

function server.get(script, more)
  return server.run(assert(core.transfer(core.loop(), server.request(script, more))))
end

---How many descriptors this process has open.
function server.descriptors()
  local count = 0 -- not by a child, which may see an end of its own pipe here
  for _ in lfs.dir "/proc/self/fd" do count = count + 1 end
  return count
end

return server
