-- What the vocabularies of flags share: arguments by place or by name, unknown options, and the
-- Engine's own fields over what the flags made.

local lazy = require "moondock.lazy"
local advice = lazy "moondock.advice"
local core = require "moondock.core"
local errors = require "moondock.errors"
local values = require "moondock.flag_values"

local vocabulary = {}

---Whether an option is a field of the Engine's, which begins with a capital letter.
function vocabulary.is_field(key)
  return type(key) == "string" and key:find("^%u") ~= nil
end

---Image, command and options, however they were given.
---@param optional? fun(opts: table): boolean  whether these options say themselves what to run
function vocabulary.named(image, command, opts, optional)
  image = values.id_of(image)
  if type(image) == "table" and command == nil and opts == nil then
    opts = image
    image, command = opts.image, opts.command
  end
  opts = errors.check("options", opts or {}, "table")
  image = values.id_of(image == nil and opts.image or image)
  if command == nil then command = opts.command end
  if image == nil and optional and optional(opts) then return nil, command, opts end
  if type(image) ~= "string" or image == "" then
    errors.blame "image must be a non-empty string, or the handle of an image: what to run"
  end
  return image, command, opts
end

---Raise for a field that a long form of an option does not have.
---@param name string  the option
---@param known table<string, any>  a set
function vocabulary.unknown_field(key, name, known)
  errors.blame(("unknown field '%s' of %s%s"):format(key, name, advice.of(key, known)))
end

---Raise for an option that is in none of these sets.
function vocabulary.unknown(key, ...)
  if type(key) ~= "string" then
    errors.blame("options have names; a command is a list of its own, before them: "
      .. "{ \"echo\", \"hello\" }")
  end
  errors.blame(("unknown option '%s'%s, and the Engine's own fields, which begin with a capital "
    .. "letter"):format(key, advice.of(key, ...)))
end

local function is_plain(value)
  return type(value) == "table" and not core.is_array(value) and #value == 0
end

---Put `fields` over `into`: objects are merged, all else is replaced.
function vocabulary.merge(into, fields)
  for key, item in pairs(fields) do
    if is_plain(item) and is_plain(into[key]) then
      vocabulary.merge(into[key], item)
    else
      into[key] = item
    end
  end
end

return vocabulary
