-- A server on a unix socket that validates every request by the specification files, and answers with what is
-- wrong.  usage: lua server.lua SOCKET. A request says in `Expect-Operation: NAME MINOR full|least` what it is.
-- It ends with its standard input.

package.path = "./?.lua;" .. package.path

local cjson = require "cjson"
local uv = require "luv"
local validator = require "spec.tools.specification.validator"

-- The first request in `bytes` and what follows it; nil while it is not whole.
local function parse(bytes)
  local head, rest = bytes:match "^(.-\r\n)\r\n(.*)$"
  if not head then return nil end
  local request = { headers = {} }
  request.method, request.target = head:match "^(%u+) (%S+) HTTP/1%.1\r\n"
  for name, value in head:gmatch "\n([^:\r\n]+):%s*([^\r\n]*)" do request.headers[name:lower()] = value end
  if request.headers["transfer-encoding"] == "chunked" then
    local stop = select(2, rest:find("0\r\n\r\n", 1, true))
    if not stop then return nil end
    request.body = ""
    return request, rest:sub(stop + 1)
  end
  local length = tonumber(request.headers["content-length"]) or 0
  if #rest < length then return nil end
  request.body = rest:sub(1, length)
  return request, rest:sub(length + 1)
end

local function answer(request)
  local name, minor, kind = (request.headers["expect-operation"] or ""):match "^(%S+) (%d+) (%S+)$"
  local problems = name and validator.problems(name, tonumber(minor), kind == "full", request) or { "who are you?" }
  local body = cjson.encode { message = table.concat(problems, "; ") }
  return ("HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"):format(
    #problems == 0 and "200 OK" or "400 Bad Request", #body, request.method == "HEAD" and "" or body)
end

local server = uv.new_pipe(false)
assert(server:bind(arg[1]))
server:listen(128, function()
  local client, bytes = uv.new_pipe(false), ""
  server:accept(client)
  client:read_start(function(_, chunk)
    if not chunk then return client:close() end
    bytes = bytes .. chunk
    local request, rest = parse(bytes)
    while request do
      bytes = rest
      client:write(answer(request))
      request, rest = parse(bytes)
    end
  end)
end)

local input = uv.new_pipe(false)
input:open(0)
input:read_start(function(_, chunk) if not chunk then os.exit(0) end end)
uv.run()
