-- One operation: build, send, and turn the status into a value or an error.

local core = require "moondock.core"
local lazy = require "moondock.lazy"
local dry_run = lazy "moondock.dry_run"
local errors = require "moondock.errors"
local exchange = require "moondock.exchange"
local failures = require "moondock.failures"
local guard = lazy "moondock.guard"
local mask = lazy "moondock.mask"
local rights = require "moondock.rights"
local stream = lazy "moondock.stream"
local headers = require "moondock.headers"
local task = require "moondock.task"
local tls_errors = lazy "moondock.tls_errors"
local told = require "moondock.told"
local version = require "moondock.version"

local TEXT_MAX = 512
local PROGRESS_KEPT = 200
local NO_WORDS = "no explanation was given"

local call = {}

-- Options of every call; what is left are the operation's own. Streams take idle_timeout as well.
local OWN_OPTIONS = { timeout = true, idle_timeout = true, raw = true,
  insecure_credentials = true }

-- Operations whose answer rightly takes long: they wait for processes, disks or networks.
local PATIENT = {
  DistributionInspect = true, CheckpointCreate = true, GetPluginPrivileges = true,
  PluginPull = true, PluginPush = true, PluginUpgrade = true, PluginCreate = true,
  PluginEnable = true, PluginDisable = true, PluginDelete = true,
  ContainerWait = true, ContainerStop = true, ContainerRestart = true, ContainerDelete = true,
  ContainerPrune = true, ContainerLogs = true, ContainerAttach = true, ContainerStats = true,
  ContainerExport = true, ContainerArchive = true, PutContainerArchive = true,
    ContainerChanges = true,
  ImageCommit = true, ImageCreate = true, ImagePush = true, ImageLoad = true, ImageGet = true,
  ImageGetAll = true, ImageDelete = true, ImagePrune = true, ImageBuild = true, ImageSearch = true,
  BuildPrune = true, NetworkPrune = true, VolumePrune = true, SystemEvents = true,
    SystemDataUsage = true,
  SystemAuth = true, ExecStart = true, ServiceLogs = true, TaskLogs = true,
}

local function check_seconds(name, value)
  if value ~= nil and (type(value) ~= "number" or value < 0 or value ~= value) then
    errors.blame(name .. " must be a number of seconds, 0 or more")
  end
  return value
end

-- What limits of our own are known by: a caller's option of that name is none.
local Limits = {}

---The time limits of one call.
---@return moondock.Limits
function call.limits(client, operation, opts)
  if getmetatable(opts.limits) == Limits then return opts.limits end
  if opts.limits ~= nil then errors.blame(("unknown option 'limits' of %s"):format(operation)) end
  local timeout = check_seconds("timeout", opts.timeout)
  return setmetatable({
    deadline = timeout and task.now() + timeout,
    total = timeout,
    answer = not PATIENT[operation] and client.timeout or nil,
    idle = check_seconds("idle_timeout", opts.idle_timeout),
  }, Limits)
end

-- Filters given as JSON are looked into like a table: engines take an empty one for none.
local function filters_of(text)
  local ok, value = core.decode(text)
  if not ok or type(value) ~= "table" or core.is_array(value) then
    errors.blame(("option filters must be a table such as { label = \"a=b\" }, or a JSON object, "
      .. "not '%s'"):format(text))
  end
  return value
end

local function wire_options(opts)
  local wire = {}
  for key, value in pairs(opts) do
    if not OWN_OPTIONS[key] then wire[key] = value end
  end
  if type(wire.filters) == "string" then wire.filters = filters_of(wire.filters) end
  return wire
end

-- What is no mistake: this engine is too old (or too new), or it told no id of what it listed.
local REASONS = { version = "version", id = "protocol" }

-- Mistakes are raised; what is the engine's fault is its answer, before it was asked.
local function build(operation, minor, path, wire, raw)
  local request, message, reason = core.request(operation, minor, path, wire, raw)
  if request then return request end
  if not REASONS[reason] then errors.blame(message) end
  return errors.fail { kind = REASONS[reason], message = message, operation = operation }
end

local function prepare(client, operation, path, wire, limits, raw)
  if not client.minor_version then
    -- A mistake is told before anything is sent, whatever version the engine speaks.
    build(operation, version.NEWEST, path, wire, raw)
  end
  local minor, message, err = version.of(client, limits)
  if not minor then return nil, message, err end
  return build(operation, minor, path, wire, raw)
end

-- A request that its caller builds, for the version of this engine.
local function prepare_own(client, extra, limits)
  if extra.unversioned then return extra.build() end
  local minor, message, err = version.of(client, limits)
  if not minor then return nil, message, err end
  return extra.build(minor)
end

local function all_headers(client, request, extra)
  return headers.merge { client.headers, request.headers or {}, extra or {} }
end

-- Whether the caller allowed credentials on an open way, itself or where their header was made.
local function may_be_seen(opts, extra)
  return opts.insecure_credentials or (extra.headers or {}).insecure_credentials
end

-- A page without its style sheets, in one pass, whatever it is.
local function without_styles(page)
  local lower, parts, from = page:lower(), {}, 1
  while true do
    local first = lower:find("<style", from, true)
    local _, last = lower:find("</style>", first or #page + 1, true)
    if not last then break end
    parts[#parts + 1] = page:sub(from, first - 1)
    from = last + 1
  end
  parts[#parts + 1] = page:sub(from)
  return table.concat(parts)
end

-- What a page or a plain text says, in one line.
local function text_of(body)
  if body:find("^%s*<") then body = without_styles(body):gsub("<[^<>]*>", " ") end
  return (body:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

-- The engine's own words in the body of an answer: JSON, plain text, HTML or nothing.
local function words_of(body)
  local ok, value = core.decode(body)
  local words = ok and failures.words_of(value)
  if words then return words, value end
  return text_of(body), ok and type(value) == "table" and value or nil, true
end

-- Where credentials were looked for, if it is for them that the engine refuses.
local function why_refused(request, kind, words)
  if not (request.why and failures.is_denial(kind, words)) then return "" end
  return "; " .. request.why
end

---The error of an answer that refuses. Reads its body and closes it.
local function of_status(answer)
  local request, status = answer.request, answer.status
  local body = request.method ~= "HEAD" and answer:body() or ""
  answer:close()
  if tls_errors.wants_tls(status, body or "", answer.endpoint) then
    return failures.of_tls_server(answer.endpoint, request)
  end
  local words, detail, is_text = words_of(body)
  local kind = failures.kind_of(status, words, request.upload ~= nil or request.file ~= nil)
  local reason = failures.reason_of(words)
  -- Masked before it is cut: half a secret would not be found any more.
  if is_text then words = mask.text(words, mask.secrets(request)):sub(1, TEXT_MAX) end
  if status >= 300 and status < 400 then
    words = "redirected to " .. (answer.headers.location or "?") .. ", which is not followed"
  elseif words == "" then
    words = NO_WORDS
  end
  return errors.refuse(request, { kind = kind, reason = reason, status = status,
    detail = detail, message = ("%s (%s answered %d)%s"):format(words, request.operation, status,
      why_refused(request, kind, words)) })
end

---Send an operation and wait until it was accepted. The body of the answer is still to be read.
---@param client moondock.Client
---@param operation string  its name in the specification
---@param path string[]  the values of the path's parameters
---@param opts? table  the operation's options, and timeout, idle_timeout, raw
---@param extra? { headers?: string[], upload?: function, size?: integer, limits?: moondock.Limits, reply?: string, drain?: integer|true, wire?: table, fresh?: boolean, build?: function, unversioned?: boolean }
---wire: options of the operation that have the name of an option of every call; reply: of another
---kind than the operation's own; drain: how many bytes of the answer are kept unread (true: 4 MiB),
---instead of stopping the engine; fresh: not on a connection that was kept; headers.why explains a
---refusal for want of credentials; build: a function of the minor version that makes the request
---instead of the operation table, of nothing where it is `unversioned`
---@return moondock.Exchange? answer, string? message, moondock.Error? err
function call.open(client, operation, path, opts, extra)
  local started, message, err = call.start(client, operation, path, opts, extra)
  if not started then return nil, message, err end
  return call.accepted(started)
end

---Like `open`, but nothing is waited for.
---@return moondock.Exchange? started, string? message, moondock.Error? err
function call.start(client, operation, path, opts, extra)
  opts = errors.check("options of " .. operation, opts or {}, "table")
  extra = extra or {}
  client:check_open()
  local allowed, message, err = rights.check(client, operation)
  if not allowed then return nil, message, err end
  local limits = extra.limits or call.limits(client, operation, opts)
  local wire = wire_options(opts)
  for name, value in pairs(extra.wire or {}) do wire[name] = value end
  local request
  if extra.build then
    request, message, err = prepare_own(client, extra, limits)
  else
    request, message, err = prepare(client, operation, path, wire, limits, opts.raw)
  end
  if not request then return nil, message, err end
  request.operation, request.path = operation, request.target:match("^[^?]*")
  request.headers = all_headers(client, request, extra.headers)
  request.why = extra.headers and extra.headers.why
  request.upload, request.size, request.file = extra.upload, extra.size, extra.file
  request.reply = extra.reply or request.reply
  request.drain, request.fresh, request.trace = extra.drain, extra.fresh, client.trace
  allowed, message, err = guard.check(client, request, may_be_seen(opts, extra))
  if not allowed then return nil, message, err end
  if client.dry_run then
    local handled, unsent, why, dry = dry_run.take(client, request, path, wire)
    if handled then return unsent, why, dry end
  end
  rights.count(client, operation)
  return exchange.start(client.endpoint, request, limits)
end

---Wait for the head of an answer and judge its status.
---@return moondock.Exchange? answer, string? message, moondock.Error? err
function call.accepted(started)
  local status, message, err = started:head()
  if not status then return nil, message, err end
  local trace = started.request.trace
  if trace then trace:answered(started) end
  if status < 300 or status == 304 then return started end
  return of_status(started)
end

local function unexpected(answer, body, expected, why)
  local request = answer.request
  local seen = body == "" and "an empty body"
    or ("%q"):format(mask.text(body, mask.secrets(request)):sub(1, 80))
  return errors.refuse(request, { kind = "protocol", status = answer.status,
    message = ("%s: %s was expected, the engine answered %d with %s%s"):format(
      request.operation, expected, answer.status, seen, why and ": " .. why or "") })
end

local function is_object(value)
  return type(value) == "table" and not core.is_array(value)
end

-- What operations answer with. Engines say null where a list is empty.
local KINDS = {
  object = { words = "a JSON object", fits = is_object },
  array = { words = "a JSON list of objects", fits = function(list)
    if list == core.null then return true end
    if not core.is_array(list) then return false end
    for i = 1, #list do
      if not is_object(list[i]) then return false end
    end
    return true
  end },
  string = { words = "a JSON string", fits = function(value) return type(value) == "string" end },
}

local function decoded(answer, body)
  local ok, value = core.decode(body)
  if not ok then return unexpected(answer, body, "JSON", value) end
  local kind = KINDS[answer.request.answer]
  if kind and not kind.fits(value) then return unexpected(answer, body, kind.words) end
  return value
end

-- Operations with an answer that may say in its status that there is nothing to say.
local MAY_BE_SILENT = { SystemAuth = true }

local function is_silent(answer)
  return answer.status == 204 and MAY_BE_SILENT[answer.request.operation]
end

---Read what an accepted operation returns: a decoded value, text, or true where it returns nothing;
---true twice where there was nothing to do.
---@return any value, string|true|nil message_or_already, moondock.Error? err
function call.value(answer)
  local body, message, err = answer:body()
  answer:close()
  if not body then return nil, message, err end
  local reply = answer.request.reply
  if reply == "json" and is_silent(answer) then return core.object() end
  if reply == "json" then return decoded(answer, body) end
  if reply == "text" then return body end
  if answer.status == 304 then return true, true end
  return true
end

---Run an operation from end to end.
---@return any value, string? message, moondock.Error? err
function call.run(client, operation, path, opts, extra)
  local answer, message, err = call.open(client, operation, path, opts, extra)
  if not answer then return nil, message, err end
  return call.value(answer)
end

---Judge the answer of a wait, which must have a status; an engine that stops while we wait sends
---none.
---@return { StatusCode: integer }? result, string? message, moondock.Error? err
function call.exit_of(reply)
  local trouble = type(reply) == "table" and reply.Error
  if type(trouble) == "table" and type(trouble.Message) == "string" and trouble.Message ~= "" then
    return errors.fail { kind = failures.kind_of(nil, trouble.Message), operation = "ContainerWait",
      message = trouble.Message, detail = reply }
  end
  local code = type(reply) == "table" and told.integer(reply.StatusCode)
  if not code then
    return errors.fail { kind = "lost", phase = "body", operation = "ContainerWait",
      message = "the engine ended the wait without a status code" }
  end
  reply.StatusCode = code
  return reply
end

-- The error that a value of a progress stream carries, in its old or its new form, or in that of an
-- answer that refuses, which some engines and proxies append when they fail in the middle.
local function error_of(value)
  if type(value) ~= "table" then return nil end
  local detail = value.errorDetail
  if type(detail) == "table" and type(detail.message) == "string" then
    return failures.words_of(detail) or NO_WORDS, detail
  end
  if type(value.error) == "string" then
    return failures.words_of { error = value.error } or NO_WORDS, value
  end
  if type(value.message) == "string" then return failures.words_of(value) or NO_WORDS, value end
end

local function refused(answer, words, detail, seen)
  local request = answer.request
  -- A build may read what it downloads, a load reads the archive alone.
  local kind = failures.kind_of(nil, words, request.operation == "ImageLoad")
  return errors.refuse(request, { kind = kind, status = answer.status, detail = detail,
    partial = seen, message = ("%s (%s, in its progress)%s"):format(words, request.operation,
      why_refused(request, kind, words)) })
end

local function keep(seen, value, on_progress)
  if #seen >= PROGRESS_KEPT then table.remove(seen, 1) end
  seen[#seen + 1] = value
  if on_progress then on_progress(value) end
end

---Read a progress stream to its end. An error inside it fails the call, with the engine's words and
---the last progress in `err.partial`.
---@param values moondock.ValueStream
---@param on_progress? fun(value: moondock.Progress)
---@return table[]? seen, string? message, moondock.Error? err
function call.progress(values, on_progress)
  local seen = {}
  while true do
    local value, message, err = values:read()
    if value == nil then
      if message then return nil, message, err end
      return seen
    end
    local words, detail = error_of(value)
    if words then
      return stream.fail(values, select(2, refused(values.exchange, words, detail, seen)))
    end
    if type(value) == "table" then keep(seen, value, on_progress) end
  end
end

---The last record beside the progress, `aux`, that has a text as `field`: what was made.
---@param seen table[]  as `progress` returns it
---@return table? aux
function call.aux_of(seen, field)
  for at = #seen, 1, -1 do
    local aux = told.object(seen[at].aux)
    if told.text(aux[field]) then return aux end
  end
end

---Whether an operation told the id of what it made; without it there is nothing to go on with.
---@param record table  the answer
---@param key string  the field that has the id
---@return table? record, string? message, moondock.Error? err
function call.with_id(operation, record, key)
  if told.text(record[key]) then return record end
  return errors.fail { kind = "protocol", operation = operation, detail = record,
    message = ("%s: the engine did not tell the %s of what it made"):format(operation, key) }
end

return call
