-- Requests that are shown instead of sent: of one call, or of everything that changes something.

local core = require "moondock.core"
local errors = require "moondock.errors"
local mask = require "moondock.mask"
local rights = require "moondock.rights"

local unpack = table.unpack or unpack -- luacheck: ignore

local dry_run = {}

---A request that was not sent. Prints as one line; its secrets are masked.
---@class moondock.Plan
---@field operation string  its name in the specification
---@field method string
---@field path string  without the query
---@field target string  with it
---@field headers string[]  "Name: value"
---@field body any  decoded; in place of bytes, a text that tells how many
local Plan = { __name = "moondock.Plan" }
Plan.__index = Plan

function Plan:__tostring()
  local body = type(self.body) == "table" and core.encode(self.body) or self.body
  return self.method .. " " .. self.target .. (body and " " .. body or "")
end

local function plan_of(request)
  local text = mask.request_body(request)
  local ok, body = core.decode(text or "")
  return setmetatable({ operation = request.operation, method = request.method,
    path = request.path, target = mask.target(request.target, request.operation),
    headers = mask.headers(request.headers), body = ok and body or text }, Plan)
end

---An exchange that never took place.
local Unsent = { __name = "moondock.Unsent" }
Unsent.__index = Unsent

function Unsent:head() return self.status end

function Unsent:read()
  local bytes = self.bytes
  self.bytes = nil
  return bytes
end

function Unsent:body() return self:read() or "" end
function Unsent.settle() return true end
function Unsent.heard() return true end
function Unsent.write() return true end
function Unsent.finish() end
function Unsent.close() end

local STATES = {
  ContainerInspect = '{"Id":%s,"Name":%s,"State":{"Status":"created","Running":false,"ExitCode":0},'
    .. '"Config":{},"HostConfig":{},"NetworkSettings":{},"Mounts":[]}',
  ExecInspect = '{"ID":%s,"ContainerID":%s,"Running":false,"ExitCode":0,"Pid":1}',
}

local ANSWERS = {
  ContainerWait = '{"StatusCode":0}',
  SystemAuth = '{"Status":""}',
}

local EMPTY_ARCHIVE = ("\0"):rep(1024)

-- A name or an id that stands for something that a dry run would have made.
local function remember(client, name)
  if type(name) == "string" and name ~= "" then client.unmade[name] = true end
end

local function new_id(client)
  client.made = client.made + 1
  return "dry-run-" .. client.made
end

-- What the engine says of something new: its id under every name that engines use.
local function new_object(client, request, wire)
  local id = new_id(client)
  local body = type(wire.body) == "table" and wire.body or wire
  local name = type(body.Name) == "string" and body.Name or wire.name
  remember(client, id)
  remember(client, name)
  local record = { Id = id, ID = id, Warnings = core.array() }
  if request.operation == "SwarmInit" then return core.encode(id) end
  if request.operation == "VolumeCreate" then record.Name = name or id end
  if record.Name then remember(client, record.Name) end
  return core.encode(record)
end

local function answer_of(client, request, wire, subject)
  local operation = request.operation
  if request.reply == "tar" then return EMPTY_ARCHIVE end
  if request.reply == "values" then return core.encode { status = new_id(client) } end
  if request.reply ~= "json" then return nil end
  if subject and STATES[operation] then
    local text = core.encode(subject)
    return STATES[operation]:format(text, text)
  end
  if request.answer == "array" then return "[]" end
  return ANSWERS[operation] or new_object(client, request, wire)
end

local function unsent(client, request, wire, subject)
  request.trace = nil -- it told of the plan
  return setmetatable({ status = request.reply == "upgrade" and 101 or 200, headers = {},
    request = request, endpoint = client.endpoint,
    bytes = answer_of(client, request, wire, subject) }, Unsent)
end

-- The path value that only a dry run knows.
local function unmade(client, path)
  for _, value in ipairs(path or {}) do
    if client.unmade[value] then return value end
  end
end

local function record(client, request)
  local plan = plan_of(request)
  client.plans[#client.plans + 1] = plan
  if client.trace then client.trace:planned(plan) end
  return plan
end

-- Of one call: it ends with its first request.
local function stop(client, request)
  local plan = record(client, request)
  return true, errors.refuse(request, { kind = "config", message = "not sent, a dry run: "
    .. tostring(plan) })
end

---Keep a finished request from being sent, if the client's dry run is about it.
---@param client moondock.Client
---@param request table
---@param path string[]  the path's values
---@param wire table  the operation's options
---@return boolean handled, moondock.Exchange? answer, string? message, moondock.Error? err
function dry_run.take(client, request, path, wire)
  if client.dry_run == "one" then return stop(client, request) end
  local subject = unmade(client, path)
  local reads = rights.is_read(request.operation)
  if reads and not subject then return false end
  if not reads then record(client, request) end
  return true, unsent(client, request, wire, subject)
end

---Make a client, complete but for this, one whose changes are not sent.
---@param mode true|"one"  everything that changes something; or the first request, whatever it is
function dry_run.begin(client, mode)
  client.dry_run, client.plans, client.unmade, client.made = mode, {}, {}, 0
end

-- A client of its own for one call, with nothing that belongs to the other.
local function view(client)
  local copy = { metatables = {} }
  for key, value in pairs(client) do
    local owned = type(value) == "table" and rawget(value, "client") == client
    if not owned and copy[key] == nil then copy[key] = value end
  end
  dry_run.begin(copy, "one")
  return setmetatable(copy, getmetatable(client))
end

local function without_option(opts)
  local copy = {}
  for key, value in pairs(opts) do
    if key ~= "dry_run" then copy[key] = value end
  end
  return copy
end

---Call `method` for the one request that it would send first.
function dry_run.show(method, rebind, ...)
  local arguments, count = { ... }, select("#", ...)
  local opts = arguments[count]
  local wanted = errors.check("option dry_run", opts.dry_run, "boolean")
  arguments[count] = without_option(opts)
  if not wanted then return method(unpack(arguments, 1, count)) end
  local self = arguments[1]
  local client = view(self.client or self)
  arguments[1] = rebind(self, client)
  local result, message, err = method(unpack(arguments, 1, count))
  if client.plans[1] then return client.plans[1] end
  if result == nil then return nil, message, err end
  return result
end

return dry_run
