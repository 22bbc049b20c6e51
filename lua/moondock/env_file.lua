-- Files of environment variables, as --env-file reads them.

local errors = require "moondock.errors"

local function bad(path, why)
  return errors.fail { kind = "config", message = ("env file %s: %s"):format(path, why) }
end

-- A line of it, as "name=value"; nil where the line says nothing. A name alone takes its value from
-- our own environment.
local function read_line(line)
  line = line:gsub("^%s+", ""):gsub("\r$", "")
  if line == "" or line:sub(1, 1) == "#" then return nil end
  local name = line:match("^[^=]*")
  if name == "" or name:find("[ \t]") then
    return nil, ("no variable has the name '%s'"):format(name)
  end
  if name ~= line then return line end
  local value = os.getenv(name)
  return value and name .. "=" .. value
end

---Add the variables in the file at `path` to `list`.
---@return true? ok, string? message, moondock.Error? err
return function(path, list)
  local file, reason = io.open(path, "rb")
  if not file then return bad(path, reason) end
  local text = file:read "*a"
  file:close()
  if not text then return bad(path, "it cannot be read") end
  for line in text:gsub("^\239\187\191", ""):gmatch("[^\n]*") do
    local variable, why = read_line(line)
    if why then return bad(path, why) end
    if variable then list[#list + 1] = variable end
  end
  return true
end
