-- Several engines at once. What is done is done for every host beside the others, and each host has
-- a result of its own: some that fail are normal, and cost nobody else anything.

local client = require "moondock.client"
local errors = require "moondock.errors"
local parallel = require "moondock.parallel"
local task = require "moondock.task"

---What became of one host.
---@class moondock.FleetResult
---@field host string  its name in the fleet
---@field ok boolean
---@field value? any  what the function returned first
---@field err? any  an error value, or whatever was raised
---@field duration number  seconds
---@field client? moondock.Client  unless the host could not be resolved

---@class moondock.Fleet
---@field hosts string[]  their names, in the order of the list
local Fleet = { __name = "moondock.Fleet" }
Fleet.__index = Fleet

function Fleet:__tostring()
  return ("moondock.Fleet of %d"):format(#self.hosts)
end

local function check_open(self)
  if self.closed then errors.blame("this fleet is closed") end
end

-- A host that was not reached for: another one failed before, and the rest was not wanted.
local function not_run(member)
  return { host = member.name, ok = false, duration = 0, client = member.client,
    err = errors.new { kind = "cancelled", message = "not finished: another host failed" } }
end

-- Call `fn` for one host, in a task of its own that the time limit ends: whether it went well, its
-- value, its error.
local function attempt(member, fn, timeout)
  if not member.client then return false, nil, member.err end
  local returned = false
  local function noting(...)
    returned = true
    return ...
  end
  local values, failures = parallel.all({
    function() return noting(fn(member.client, member.name)) end,
  }, { timeout = timeout })
  return returned and failures[1] == nil, values[1], failures[1]
end

local function fill(result, member, fn, timeout)
  local began = task.now()
  result.ok, result.value, result.err = attempt(member, fn, timeout)
  result.duration = task.now() - began
  if result.ok then return true end
  return nil, tostring(result.err), result.err
end

---Call `fn(client, host)` for every host, all at once or `limit` at a time. A failure is an error that
---`fn` raises, or `nil, message, err` that it returns; it is that host's result and stops nobody else,
---unless `keep_going` is false: then no further host is begun, and those that run are cancelled.
---@param fn fun(client: moondock.Client, host: string): any
---@param opts? { limit?: integer, timeout?: number, keep_going?: boolean }  timeout: seconds for each host, all that its function does; what it has open then is closed
---@return moondock.FleetResult[] results  one for each host, in their order
function Fleet:map(fn, opts)
  check_open(self)
  errors.check("function of fleet:map", fn, "function")
  opts = parallel.check_options("fleet:map", opts)
  local results = {}
  for i, member in ipairs(self.members) do results[i] = not_run(member) end
  parallel.map(self.members, function(member, i)
    return fill(results[i], member, fn, opts.timeout)
  end, { limit = opts.limit, keep_going = opts.keep_going ~= false })
  return results
end

---The hosts in their order, for a loop: name, client, and of one that could not be resolved the error
---instead of a client.
---@return fun(): string?, moondock.Client?, moondock.Error?
function Fleet:clients()
  check_open(self)
  local i = 0
  return function()
    i = i + 1
    local member = self.members[i]
    if member then return member.name, member.client, member.err end
  end
end

-- A collection that the clients have and that lists.
local function check_collection(self, name)
  errors.check("collection of fleet:list", name, "string")
  for _, member in ipairs(self.members) do
    local collection = member.client and member.client[name]
    if member.client and (type(collection) ~= "table" or not collection.list) then
      errors.blame(("fleet:list takes the name of a collection, such as containers, not '%s'")
        :format(name))
    end
  end
end

---List a collection of every host. Each object tells by `object.host` and `object.client` where it is.
---@param collection string  "containers", "images", ...
---@param opts? table  those of the collection's `list`; timeout: seconds for each host
---@return moondock.Object[] objects, moondock.FleetResult[] failed  the results of hosts that failed
function Fleet:list(collection, opts)
  check_open(self)
  check_collection(self, collection)
  local objects, failed = {}, {}
  for _, result in ipairs(self:map(function(one) return one[collection]:list(opts) end)) do
    if result.ok then
      for _, object in ipairs(result.value) do objects[#objects + 1] = object end
    else
      -- What was raised is a mistake in the options.
      if not errors.is(result.err) then errors.blame(tostring(result.err)) end
      failed[#failed + 1] = result
    end
  end
  return objects, failed
end

---The containers of every host; see `list`.  GET /containers/json
---@param opts? { all?: boolean, limit?: integer, size?: boolean, filters?: moondock.Filters, timeout?: number }
---@return moondock.Container[] containers, moondock.FleetResult[] failed
function Fleet:containers(opts)
  return self:list("containers", opts)
end

---The images of every host; see `list`.  GET /images/json
---@param opts? { all?: boolean, filters?: moondock.Filters, digests?: boolean, ["shared-size"]?: boolean, manifests?: boolean, identity?: boolean, timeout?: number }
---@return moondock.Image[] images, moondock.FleetResult[] failed
function Fleet:images(opts)
  return self:list("images", opts)
end

---The events of all hosts, as one stream: see `moondock.FleetEvents`.  GET /events
---@param opts? { since?: number|string, ["until"]?: number|string, filters?: moondock.Filters, timeout?: number, idle_timeout?: number, reconnect?: boolean, start_timeout?: number }
---reconnect: try a host that is lost again; start_timeout: seconds until it returns at the latest, 5
---@return moondock.FleetEvents
function Fleet:events(opts)
  check_open(self)
  local events = require "moondock.fleet_events"(self.members, opts)
  self.streams[events] = true
  return events
end

---End the use of the fleet: its event streams and the clients that it made are closed, those that it
---was given are not. Safe to call twice.
function Fleet:close()
  self.closed = true
  for events in pairs(self.streams) do events:close() end
  for _, member in ipairs(self.members) do
    if member.owned then member.client:close() end
  end
end

-- What an item asks for, as options of connect. An entry of `docker.contexts` is told by its field
-- `current`; its host alone would not do, since the context may say how to encrypt.
local function options_of(item)
  if type(item) == "table" then
    return item.current ~= nil and { context = item.name } or item
  end
  -- What cannot be a context's name is meant as a host, and told what a host looks like.
  if item:find("^%w[%w_.+-]*$") then return { context = item } end
  return { host = item }
end

-- The options of an item over those of the fleet. TLS is for those that it can be for: sockets have
-- none, and contexts their own.
local function combined(options, defaults)
  local all = {}
  for key, value in pairs(defaults) do all[key] = value end
  if not tostring(options.host):find("^tcp://") then all.tls = nil end
  for key, value in pairs(options) do all[key] = value end
  return all
end

-- As in error messages: what stands before an "@" may be a password.
local function shown(host)
  return (tostring(host):gsub("//.*@", "//...@"))
end

-- A member of the fleet that is connected by `options`.
local function connected(options)
  local name = options.name or options.context
  if name ~= nil then errors.check("name of a host", name, "string") end
  options.name = nil
  local one, _, err = client.connect(options)
  if not one then return { name = name or shown(options.host or "the usual host"), err = err } end
  one.name = name
  return { name = one:host_name(), client = one, owned = true }
end

local function member_of(item, i, defaults)
  if getmetatable(item) == client.Client then
    return { name = item:host_name(), client = item }
  elseif type(item) ~= "string" and type(item) ~= "table" then
    errors.blame(("item %d of a fleet must be a host, the name of a context, options of connect or "
      .. "a client, not a %s"):format(i, type(item)))
  end
  return connected(combined(options_of(item), defaults))
end

local function check_options(opts)
  errors.check("options of a fleet", opts, "table")
  for _, name in ipairs { "host", "context", "name" } do
    if opts[name] ~= nil then errors.blame(name .. " belongs to an item of a fleet") end
  end
  return opts
end

---Engines to be addressed together; nothing is sent. One that cannot be resolved (a bad host, no such
---context) is a failed result of each call, not a failure of the fleet.
---@param list (string|moondock.FleetMember|moondock.Client)[]  hosts (tcp://..., unix://..., ssh://...), names of contexts, tables of options of `connect` with an optional `name`, and clients; or what `docker.contexts` returns
---@param opts? moondock.ConnectOptions  for those that are no clients
---@return moondock.Fleet
local function new_fleet(list, opts)
  errors.check_list("the list of a fleet", errors.check("list of a fleet", list, "table"))
  local defaults = check_options(opts or {})
  if #list == 0 then errors.blame("a fleet needs at least one host") end
  local self = { members = {}, hosts = {}, streams = setmetatable({}, { __mode = "k" }) }
  local known = {}
  for i, item in ipairs(list) do
    local member = member_of(item, i, defaults)
    if known[member.name] then
      errors.blame(("a fleet has '%s' twice: all would be done there twice, and nothing would tell "
        .. "the two apart"):format(member.name))
    end
    known[member.name] = true
    self.members[i], self.hosts[i] = member, member.name
  end
  return setmetatable(self, Fleet)
end

return new_fleet
