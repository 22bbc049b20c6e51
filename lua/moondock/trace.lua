-- One line for each request and each answer, without secrets: fit for a bug report.

local errors = require "moondock.errors"
local mask = require "moondock.mask"
local task = require "moondock.task"

local BODY_MAX = 2048 -- bytes of one body that are shown
local BUFFER = 64 * 1024 -- longer than a line, so that each is written at once

---@class moondock.Trace
---@field failure? string  why it ended: what its function raised
local Trace = { __name = "moondock.Trace" }
Trace.__index = Trace

local DULL_HEADERS = { ["user-agent"] = true, ["content-type"] = true }
local TOLD_HEADERS = { "content-type", "location" }
local PING_HEADERS = { "server", "api-version", "ostype", "builder-version" }
local PINGS = { SystemPing = true, SystemPingHead = true }
local STREAMS = { values = true, frames = true, tar = true, upgrade = true }

local numbers = 0

-- No byte that a terminal or a log would take for more than text.
local function printable(text)
  text = text:gsub("[%c\127]", function(c) return ("\\x%02X"):format(c:byte()) end)
  return (text:gsub("\194[\128-\159]", "?"))
end

local function shortened(text)
  if #text <= BODY_MAX then return text end
  local cut = BODY_MAX
  while cut > 1 and text:byte(cut + 1) >= 128 and text:byte(cut + 1) < 192 do cut = cut - 1 end
  return ("%s... (%d bytes)"):format(text:sub(1, cut), #text)
end

-- Write one line. A trace that fails ends, and the call that it told of goes on.
local function write(self, exchange, sign, words)
  if self.busy or self.failure then return end
  local line = ("+%.3f #%d %s %s"):format(task.now() - self.started, exchange.number, sign,
    printable(table.concat(words, " ")))
  self.busy = true
  local ok, why = pcall(self.write, line)
  self.busy = false
  if not ok then self.failure = tostring(why) end
end

local function milliseconds(exchange)
  return ("%.1f ms"):format((task.now() - exchange.begun) * 1000)
end

local function secrets_of(exchange)
  if not exchange.secrets then exchange.secrets = mask.secrets(exchange.request) end
  return exchange.secrets
end

---A request leaves.
function Trace:sent(exchange)
  numbers = numbers + 1
  exchange.number, exchange.begun = numbers, task.now()
  local request = exchange.request
  local words = { request.method, mask.target(request.target, request.operation),
    request.operation, "at", mask.text(exchange.endpoint.name, {}) }
  for _, line in ipairs(mask.headers(request.headers or {})) do
    if not DULL_HEADERS[line:match("^[^:]*"):lower()] then words[#words + 1] = line end
  end
  local body = mask.request_body(request)
  words[#words + 1] = body and shortened(body)
  write(self, exchange, ">", words)
end

local function is_stream(exchange)
  return STREAMS[exchange.request.reply] and exchange.status < 300
end

---The head of its answer is there. Other answers than streams are told of when they are whole.
function Trace:answered(exchange)
  if not is_stream(exchange) then return end
  write(self, exchange, "<", { exchange.status .. "", "after", milliseconds(exchange) .. ",",
    "a stream of", exchange.headers["content-type"] or "bytes" })
end

local function add_headers(words, exchange)
  local told = PINGS[exchange.request.operation] and PING_HEADERS or {}
  for _, list in ipairs { TOLD_HEADERS, told } do
    for _, name in ipairs(list) do
      local value = exchange.headers[name]
      if value then words[#words + 1] = name .. ": " .. mask.text(value, {}) end
    end
  end
end

-- A failure in its own words: what an engine says is in the answer.
local function failure_text(outcome, err)
  if not err then return outcome end
  return ("%s%s: %s"):format(err.kind, err.phase and (" in phase " .. err.phase) or "", err.message)
end

---It is over: `outcome` says how, `err` why.
function Trace:ended(exchange, outcome, err)
  local how = failure_text(outcome, err)
  local received, given = exchange.received or 0, exchange.given or 0
  local size = ("%d bytes received, %d sent, %s"):format(received, given, milliseconds(exchange))
  if exchange.repeated then size = ("%s, begun again %d times"):format(size, exchange.repeated) end
  if not exchange.status then return write(self, exchange, "!", { how .. ",", size }) end
  if is_stream(exchange) then return write(self, exchange, "=", { how .. ",", size }) end
  local words = { exchange.status .. "", how .. ",", size }
  add_headers(words, exchange)
  local body = exchange.text and mask.answer_body(exchange.text, secrets_of(exchange))
  words[#words + 1] = body and shortened(body)
  write(self, exchange, "<", words)
end

---What was not sent, of a dry run.
function Trace:planned(plan)
  write(self, { number = 0 }, "dry", { tostring(plan) })
end

local function new(write_line)
  local self = setmetatable({ write = write_line, started = task.now() }, Trace)
  pcall(write_line, ("# moondock on %s, %s"):format(jit and jit.version or _VERSION,
    os.date "!%Y-%m-%dT%H:%M:%SZ"))
  return self
end

local function to_file(file)
  return new(function(line)
    assert(file:write(line, "\n"))
    if file.flush then file:flush() end
  end)
end

-- What MOONDOCK_TRACE names is opened once for the whole program.
local opened = {}

local function of_environment()
  local where = os.getenv "MOONDOCK_TRACE"
  if not where or where == "" then return nil end
  if opened[where] then return opened[where] end
  local file, why = io.stderr, nil
  if where ~= "stderr" then file, why = io.open(where, "a") end
  if not file then
    return errors.fail { kind = "config", message = "cannot write the trace (MOONDOCK_TRACE): "
      .. why }
  end
  if where ~= "stderr" then file:setvbuf("full", BUFFER) end
  opened[where] = to_file(file)
  return opened[where]
end

local function can_write(value)
  if io.type(value) then return io.type(value) == "file" end
  return type(value) == "table" and type(value.write) == "function"
end

local trace = {}

---What the option `trace` of connect asks for, or MOONDOCK_TRACE.
---@param option nil|boolean|fun(line: string)|file*
---@return moondock.Trace? trace, string? message, moondock.Error? err  nil alone: none
function trace.open(option)
  if option == nil then return of_environment() end
  if option == false then return nil end
  if option == true then return to_file(io.stderr) end
  if type(option) == "function" then return new(option) end
  if can_write(option) then return to_file(option) end
  errors.blame("option trace must be true (standard error), a function that takes a line, or an "
    .. "open file")
end

return trace
