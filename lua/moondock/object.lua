-- What collections and handles share. A handle is plain data: its client lives in its metatable,
-- one for each class and client, so that it can be printed and encoded as the data it is.

local lazy = require "moondock.lazy"
local archive = lazy "moondock.archive"
local call = require "moondock.call"
local core = require "moondock.core"
local dry_run_option = require "moondock.dry_run_option"
local errors = require "moondock.errors"
local stream = lazy "moondock.stream"
local told = require "moondock.told"

local object = {}

---@class moondock.Object
---@field id string
---@field client moondock.Client
---@field host string  the engine that has it, as a fleet names it
local Object = {}

---Send `operation` for this handle. What it returns is the operation's value.
---@protected
function Object:call(operation, opts, extra)
  return call.run(self.client, operation, { self.id }, opts, extra)
end

-- There is one metatable for each class and client.
local function same_object(a, b)
  return getmetatable(a) == getmetatable(b) and a.id ~= nil and a.id == b.id
end

---A new class of handles. `key` is the field of the engine's records that identifies one.
---@param name string
---@param key? string  "Id" unless given
function object.handle(name, key)
  local Class = setmetatable({}, { __index = Object })
  Class.class_name, Class.key = name, key or "Id"
  return Class
end

---Say that methods of a class are defined by another file, which is read when one is first called:
---a script that starts pays for what it uses.
---@param file string  the module; it adds the methods to the class
---@param names string[]
function object.later(Class, file, names)
  for _, name in ipairs(names) do
    Class[name] = function(...)
      require(file)
      return Class[name](...)
    end
  end
end

local function describe(self)
  return ("moondock.%s %s"):format(getmetatable(self).class.class_name, self.id or "?")
end

local function copy_of(self)
  local copy = {}
  for key, value in pairs(self) do copy[key] = value end
  return copy
end

local function rebind_handle(self, client)
  return object.bind(getmetatable(self).class, client, copy_of(self))
end

local function rebind_collection(self, client)
  local copy = copy_of(self)
  copy.client = client
  return setmetatable(copy, getmetatable(self))
end

local function new_metatable(Class, client)
  local function index(self, name)
    if name == "client" then return client end
    if name == "host" then return client:host_name() end
    if name == "id" then return told.text(rawget(self, Class.key)) end
    return dry_run_option(Class[name], rebind_handle)
  end
  return { __name = "moondock." .. Class.class_name, class = Class, __index = index,
    __eq = same_object,
    __tostring = describe }
end

---Make `record`, a table as the engine sent it, a handle of `Class`.
function object.bind(Class, client, record)
  local metatable = client.metatables[Class]
  if not metatable then
    metatable = new_metatable(Class, client)
    client.metatables[Class] = metatable
  end
  return setmetatable(record, metatable)
end

---Make what an operation created a handle; a failure is passed on.
---@param record? table  its answer
---@return moondock.Object? handle, string? message, moondock.Error? err
function object.made(Class, client, operation, record, message, err)
  if record then record, message, err = call.with_id(operation, record, Class.key) end
  if not record then return nil, message, err end
  return object.bind(Class, client, record)
end

---Make every record of a list a handle.
function object.bind_all(Class, client, records)
  for i = 1, #records do object.bind(Class, client, records[i]) end
  return records
end

---A handle by its id or name; nothing is sent.
function object.get(Class, client, id)
  if type(id) ~= "string" or id == "" then
    errors.blame(("the id of a %s must be a non-empty string"):format(Class.class_name:lower()))
  end
  return object.bind(Class, client, { id = id })
end

---The id of what a caller named: a non-empty string, or a handle.
---@param what string  the argument's name, for the error
---@return string id
function object.id_of(what, value)
  local id = type(value) == "table" and value.id or value
  if type(id) ~= "string" or id == "" then
    errors.blame(what .. " must be a non-empty string or a handle")
  end
  return id
end

---A new class of collections.
function object.collection(name)
  local Class = { __name = "moondock." .. name }
  function Class.__index(_, method)
    return dry_run_option(Class[method], rebind_collection)
  end
  return Class
end

---A copy of the caller's `opts` with `more` in it.
function object.with(opts, more)
  local all = {}
  for key, value in pairs(errors.check("options", opts or {}, "table")) do all[key] = value end
  for key, value in pairs(more) do all[key] = value end
  return all
end

---Pass a result on, alone as it came; engines say null where a list is empty.
function object.list_of(value, ...)
  if value == core.null then return core.array() end
  return value, ...
end

---Say in `opts` which outputs of a process are meant: both unless one is named by `true`, or left out
---by `false`; none only where there is input.
---@param input? boolean
function object.choose_outputs(opts, input)
  if opts.stdout or opts.stderr then return end
  if opts.stdout == false and opts.stderr == false then
    if input then return end
    errors.blame "options stdout and stderr must not both be false"
  end
  opts.stdout, opts.stderr = opts.stdout == nil, opts.stderr == nil
end

---Pass the report of a prune on; engines say null, or nothing, where nothing was removed.
---@param field string  its list
function object.pruned(field, report, ...)
  if report and type(report[field]) ~= "table" then report[field] = core.array() end
  return report, ...
end

---Send an operation that answers with progress, and read it to the end.
---@param mine { on_progress?: fun(value: moondock.Progress) }
---@return table[]? seen, string? message, moondock.Error? err
function object.with_progress(client, operation, path, theirs, mine, extra)
  if mine.on_progress ~= nil then
    errors.check("option on_progress", mine.on_progress, "function")
  end
  local answer, message, err = call.open(client, operation, path, theirs, extra)
  if not answer then return nil, message, err end
  return call.progress(stream.values(answer), mine.on_progress)
end

---Make an accepted answer a stream of the bytes of an archive; a failure is passed on.
function object.archive(answer, message, err)
  if not answer then return nil, message, err end
  return stream.bytes(archive.checked(answer))
end

---Split what a caller gave as `opts` into the options of the helper, named in `own`, and those of
---the operation.
function object.split(opts, own)
  local mine, theirs = {}, {}
  for key, value in pairs(errors.check("options", opts or {}, "table")) do
    if own[key] then mine[key] = value else theirs[key] = value end
  end
  return mine, theirs
end

return object
