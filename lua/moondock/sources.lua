-- Sources of bytes that are sent, such as archives and input: what users may give, made one thing.

local errors = require "moondock.errors"
local stream = require "moondock.stream"

local sources = {}

local function from_file(file)
  return function() return file:read(65536) end
end

-- A source in the hands of the library: it gives strings, and fails with an error value, whatever
-- the file or the function that it is made of gave.
local function checked(what, next_chunk)
  return function()
    local chunk, message, err = next_chunk()
    if chunk ~= nil then return errors.check("what is read from " .. what, chunk, "string") end
    if message == nil or errors.is(err) then return nil, message, err end
    return errors.fail { kind = "config",
      message = ("cannot read %s: %s"):format(what, tostring(message)) }
  end
end

local function from_string(text)
  local given = false
  return function()
    if given or text == "" then return nil end
    given = true
    return text
  end
end

---What anything that takes bytes takes, as a function that returns the next chunk, nil at the end,
---or the failure triple: a string, an open file, such a function itself, or another stream.
---@param what string  the argument's name, for the error
---@return function next_chunk, integer? size, file*? file  the file, which the core can read by itself
function sources.of(what, value)
  if type(value) == "string" then return from_string(value), #value end
  if type(value) == "function" then return checked(what, value) end
  if io.type(value) == "file" then return checked(what, from_file(value)), nil, value end
  if getmetatable(value) == stream.ByteStream then
    if value.outcome == "complete" then
      errors.blame(what .. " is a stream that was read to its end before: nothing is left of it")
    end
    return function() return value:read() end
  end
  errors.blame(what .. " must be a string, an open file, a function that returns chunks, or a "
    .. "stream of bytes")
end

local PATHS = { "^%.?%.?/", "^%.%.?$", "^~", "%.tar$", "%.tar%.%a+%d?$", "%.tgz$" }
local HEADER_SIZE = 512 -- bytes; an archive that is not compressed has more

local function is_path(text)
  if #text >= HEADER_SIZE or text:find "[%c\128-\255]" then return false end
  for _, pattern in ipairs(PATHS) do
    if text:find(pattern) then return true end
  end
  return false
end

-- Whether a string is a Dockerfile instead of the archive that has one.
local function is_dockerfile(text)
  local head = text:sub(1, HEADER_SIZE):upper()
  return not head:find("\0", 1, true) and ("\n" .. head):find "\n%s*FROM%s" ~= nil
end

---The same for what takes a tar archive: a string that is a path, or a Dockerfile, raises.
---@param what string  the argument's name, for the error
function sources.archive(what, value)
  if type(value) == "string" and is_path(value) then
    errors.blame(("%s must be the bytes of a tar archive, or an open file, and not the path '%s'")
      :format(what, value))
  elseif type(value) == "string" and is_dockerfile(value) then
    errors.blame(what .. " must be the bytes of a tar archive, in which the Dockerfile is one file")
  end
  return sources.of(what, value)
end

return sources
