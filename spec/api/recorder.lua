-- A client of which only the transport is replaced: what it would send is recorded, and it is given
-- the answers that a spec lays ready. Everything else is the library itself.

local core = require "moondock.core"
local docker = require "moondock"
local exchange = require "moondock.exchange"

local recorder = {}
local real_start = exchange.start

local Answer = {}
Answer.__index = Answer

-- The bytes of an upload, as a real exchange would send them.
local function sent(request)
  if request.file then return request.file:read "*a" end
  if not request.upload then return request.body end
  local parts = {}
  for chunk in request.upload do parts[#parts + 1] = chunk end
  return table.concat(parts)
end

function Answer:head()
  self.record.bytes = sent(self.request)
  return self.status
end

function Answer.heard() return true end

function Answer:read(max)
  local bytes = self.left
  if not bytes or bytes == "" then return nil end
  self.left = max and bytes:sub(max + 1) or nil
  return max and bytes:sub(1, max) or bytes
end

function Answer:body()
  local bytes = self.left or ""
  self.left = nil
  return bytes
end

function Answer:write(bytes)
  self.record.written = (self.record.written or "") .. bytes
  return true
end

function Answer:finish()
  self.record.finished = true
end

function Answer:close()
  self.record.closed = true
end

local function decode_query(text)
  local query = {}
  for name, value in text:gmatch("([^&=]+)=([^&]*)") do
    value = value:gsub("+", " "):gsub("%%(%x%x)", function(hex)
      return string.char(tonumber(hex, 16))
    end)
    if query[name] then
      query[name] = type(query[name]) == "table" and query[name] or { query[name] }
      table.insert(query[name], value)
    else
      query[name] = value
    end
  end
  return query
end

local function decode_headers(lines)
  local headers = {}
  for _, line in ipairs(lines) do
    local name, value = line:match("^([^:]+): (.*)$")
    headers[name:lower()] = value
  end
  return headers
end

local function record_of(request, limits)
  local ok, body = core.decode(request.body or "")
  return { method = request.method, target = request.target, path = request.target:match "^[^?]*",
    query = decode_query(request.target:match "%?(.*)$" or ""), body = ok and body or request.body,
    headers = decode_headers(request.headers), operation = request.operation, limits = limits,
    reply = request.reply, size = request.size }
end

local function start_of(client)
  return function(_, request, limits)
    local reply = table.remove(client.replies, 1) or {}
    local body = reply.body or "{}"
    local record = record_of(request, limits)
    table.insert(client.requests, record)
    request.trace = nil -- nothing leaves
    return setmetatable({ request = request, record = record, status = reply.status or 200,
      headers = reply.headers or {}, endpoint = client.endpoint,
      left = type(body) == "table" and core.encode(body) or body }, Answer)
  end
end

---A client that answers with `replies` in order, each { status?, body?, headers? }; 200 and {} when
---there are none left. `client.requests` is what it sent. The version is 1.51 unless given.
function recorder.client(replies, opts)
  opts = opts or {}
  opts.host, opts.api_version = opts.host or "unix:///nowhere", opts.api_version or "1.51"
  local client = assert(docker.connect(opts))
  rawset(client, "requests", {})
  rawset(client, "replies", replies or {})
  exchange.start = start_of(client)
  return client
end

---Give the transport back: in a teardown.
function recorder.restore()
  exchange.start = real_start
end

---The message of the error that `fn` raises, which must name a line of the spec `file`.
function recorder.mistake(file, fn)
  local ok, message = pcall(fn)
  assert(not ok, "nothing was raised")
  assert(message:find(file, 1, true) == 1 or message:find("/" .. file, 1, true), message)
  return message
end

return recorder
