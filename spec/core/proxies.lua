-- Real proxies for specs: tinyproxy for HTTP, microsocks for SOCKS.

local background = require "spec.core.background"

local proxies = {}

-- A port that nobody listens on now; neither program can choose one.
local function free_port()
  local pipe = assert(io.popen [[python3 -c '
import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])']])
  local port = pipe:read "*n"
  pipe:close()
  return math.floor(port)
end

local function listens(port)
  local pattern = ("^%%s*%%d+: 0100007F:%04X %%x+:%%x+ 0A"):format(port)
  for line in io.lines "/proc/net/tcp" do
    if line:find(pattern) then return true end
  end
end

local function await(proxy)
  if background.poll(function() return listens(proxy.port) end) then return proxy end
  error("no proxy: " .. background.read(proxy.log))
end

---A proxy for HTTP; `more` are lines of its configuration. Its log tells what it was asked for.
function proxies.http(folder, more)
  local port = free_port()
  local path = ("%s/tinyproxy-%d.conf"):format(folder, port)
  local file = assert(io.open(path, "w"))
  assert(file:write(("Port %d\nListen 127.0.0.1\nTimeout 600\nMaxClients 300\nLogLevel Connect\n%s\n")
    :format(port, more or "")))
  file:close()
  local proxy = background.start(folder, "tinyproxy -d -c " .. path)
  proxy.port, proxy.url = port, "http://127.0.0.1:" .. port
  return await(proxy)
end

---A proxy for SOCKS 5.
function proxies.socks(folder, more)
  local port = free_port()
  local proxy = background.start(folder, ("microsocks -i 127.0.0.1 -p %d %s"):format(port, more or ""))
  proxy.port, proxy.url = port, "socks5://127.0.0.1:" .. port
  return await(proxy)
end

---How many requests to `address` a proxy for HTTP was asked for with `method`.
function proxies.requests(proxy, method, address)
  local count = 0
  for line in io.lines(proxy.log) do
    if line:find(": " .. method .. " ", 1, true) and line:find(address, 1, true) then count = count + 1 end
  end
  return count
end

return proxies
