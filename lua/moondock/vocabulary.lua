-- What the vocabularies of flags share: arguments by place or by name, unknown options, and the
-- Engine's own fields over what the flags made.

local core = require "moondock.core"
local errors = require "moondock.errors"

local vocabulary = {}

---Whether an option is a field of the Engine's, which begins with a capital letter.
function vocabulary.is_field(key)
  return type(key) == "string" and key:find("^%u") ~= nil
end

---Image, command and options, however they were given.
---@param optional? fun(opts: table): boolean  whether these options say themselves what to run
function vocabulary.named(image, command, opts, optional)
  if type(image) == "table" and command == nil and opts == nil then
    opts = image
    image, command = opts.image, opts.command
  end
  opts = errors.check("options", opts or {}, "table")
  if image == nil then image = opts.image end
  if command == nil then command = opts.command end
  if image == nil and optional and optional(opts) then return nil, command, opts end
  if type(image) ~= "string" or image == "" then
    errors.blame "image must be a non-empty string, the image to run"
  end
  return image, command, opts
end

---The names of some sets, sorted and joined.
function vocabulary.names(...)
  local names = {}
  for _, set in ipairs { ... } do
    for name in pairs(set) do names[#names + 1] = name end
  end
  table.sort(names)
  return table.concat(names, ", ")
end

---Raise for an option that is in none of these sets.
function vocabulary.unknown(key, ...)
  errors.blame(("unknown option '%s'; it takes: %s, and the Engine's own fields, which begin "
    .. "with a capital letter"):format(tostring(key), vocabulary.names(...)))
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
