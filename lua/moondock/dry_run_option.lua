-- The option `dry_run` of every public method, whatever else it takes.

local errors = require "moondock.errors"
local lazy = require "moondock.lazy"
local dry_run = lazy "moondock.dry_run"

-- With a dot for the colon the first argument, if there is one, is no object of ours.
local function check_self(self)
  if type(self) ~= "table" or getmetatable(self) == nil then
    errors.blame "methods are called with a colon, as in client.containers:list()"
  end
end

local methods = setmetatable({}, { __mode = "k" })

---A public method that takes the option `dry_run` in its last argument, whatever else it takes.
---@param method any  what is no function is returned as it is
---@param rebind fun(self: table, client: moondock.Client): table  the same object of another client
local function method_of(method, rebind)
  if type(method) ~= "function" then return method end
  local known = methods[method]
  if not known then
    known = function(...)
      check_self(...)
      local last = select(select("#", ...), ...)
      if type(last) == "table" and rawget(last, "dry_run") ~= nil and last ~= ... then
        return dry_run.show(method, rebind, ...)
      end
      return method(...)
    end
    methods[method] = known
  end
  return known
end

return method_of
