-- Several functions at once, and what became of each.

local errors = require "moondock.errors"
local task = require "moondock.task"

local parallel = {}

local OPTIONS = { limit = true, timeout = true, keep_going = true }

---Check the options of what runs several things at once.
function parallel.check_options(what, opts)
  opts = errors.check_options(what, opts or {}, OPTIONS)
  local limit, timeout = opts.limit, opts.timeout
  if limit ~= nil and (type(limit) ~= "number" or limit < 1) then
    errors.blame("option limit must be a number, 1 or more")
  end
  if timeout ~= nil and (type(timeout) ~= "number" or timeout < 0) then
    errors.blame("option timeout must be a number of seconds, 0 or more")
  end
  return opts
end

local function check_functions(what, functions)
  errors.check("functions of " .. what, functions, "table")
  errors.check_list("functions of " .. what, functions)
  for i = 1, #functions do
    errors.check(("function %d of %s"):format(i, what), functions[i], "function")
  end
  return functions
end

-- What an ended task stands for: its first value, or its error.
local function outcome(ended)
  ended.seen.looked = true
  if ended.status ~= "done" then return nil, ended.err end
  local results = ended.results
  if results[1] == nil and results[2] ~= nil then return nil, results[3] or results[2] end
  return results[1]
end

---@class moondock.Crew
---@field running table<moondock.Task, integer>
local Crew = {}
Crew.__index = Crew

-- Start what the limit allows.
function Crew:start()
  while self.active < self.limit and self.following <= self.count and not self.stopped do
    local i = self.following
    self.following, self.active = i + 1, self.active + 1
    local started = task.spawn_in(self.group, self.call, i)
    self.running[started] = i
  end
end

-- Take what has ended: `on_end(i, value, err)` for each.
function Crew:harvest()
  local ended = table.remove(self.group, 1)
  while ended do
    local i = self.running[ended]
    self.running[ended], self.active = nil, self.active - 1
    self.on_end(i, outcome(ended))
    ended = table.remove(self.group, 1)
  end
end

-- Start no more, and cancel what runs.
function Crew:stop(err)
  self.stopped = true
  for running in pairs(self.running) do running:cancel(err) end
end

function Crew:check_time()
  if not self.deadline or task.now() < self.deadline or self.stopped then return end
  self:stop(errors.new { kind = "timeout", phase = "total",
    message = ("not finished within %g seconds"):format(self.timeout) })
end

function Crew:work()
  repeat
    self:start()
    self:harvest()
    self:check_time()
    if self.active > 0 and #self.group == 0 then
      task.wait(self.group, not self.stopped and self.deadline or nil)
    end
  until self.active == 0 and #self.group == 0 and (self.stopped or self.following > self.count)
end

-- Call `call(i)` for each of 1 to `count`; the crew is cancelled when the caller is.
local function run(count, call, opts, on_end)
  local crew = setmetatable({ group = {}, running = {}, active = 0, following = 1, count = count,
    limit = opts.limit or math.huge, timeout = opts.timeout, call = call,
    deadline = opts.timeout and task.now() + opts.timeout }, Crew)
  crew.on_end = function(...) on_end(crew, ...) end
  local ok, err = task.pcall(crew.work, crew)
  if not ok then
    crew:stop()
    error(err, 0)
  end
  return crew
end

local function run_all(count, call, opts)
  local results, failures = {}, {}
  run(count, call, opts, function(crew, i, value, err)
    results[i], failures[i] = value, err
    if err ~= nil and not opts.keep_going and not crew.stopped then crew:stop() end
  end)
  return results, failures
end

---Run functions at once. A failure (an error raised, or `nil, message, err` returned) cancels the rest
---unless `keep_going`.
---@param functions function[]
---@param opts? { limit?: integer, timeout?: number, keep_going?: boolean }  limit: so many at a time
---@return table results, table errors  both by position; errors is empty when all went well
function parallel.all(functions, opts)
  check_functions("all", functions)
  opts = parallel.check_options("all", opts)
  return run_all(#functions, function(i) return functions[i]() end, opts)
end

---Call `fn(item, position)` for every item of a list, all at once or `limit` at a time.
---@param list any[]
---@param fn function
---@param opts? { limit?: integer, timeout?: number, keep_going?: boolean }
---@return table results, table errors  both by position; errors is empty when all went well
function parallel.map(list, fn, opts)
  errors.check_list("the list of map", errors.check("list of map", list, "table"))
  errors.check("function of map", fn, "function")
  return run_all(#list, function(i) return fn(list[i], i) end, parallel.check_options("map", opts))
end

---Run functions at once until one succeeds; the others are cancelled.
---@param functions function[]
---@param opts? { limit?: integer, timeout?: number }  limit: so many at a time
---@return integer? index, any result_or_message, any err  the last if all fail, all in `partial`
function parallel.any(functions, opts)
  check_functions("any", functions)
  opts = parallel.check_options("any", opts)
  if opts.keep_going ~= nil then
    errors.blame("any ends with the first: keep_going is not for it")
  end
  local index, result, failures, final = nil, nil, {}, nil
  run(#functions, function(i) return functions[i]() end, opts, function(crew, i, value, err)
    if index then return end
    if err == nil then
      index, result = i, value
      crew:stop()
    else
      failures[i], final = err, err
    end
  end)
  if index then return index, result end
  if not errors.is(final) then
    local message = final == nil and "any was given no functions" or tostring(final)
    final = errors.new { kind = "invalid", message = message }
  end
  final.partial = final.partial or failures
  return nil, final.message, final
end

return parallel
