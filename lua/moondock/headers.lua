-- Header fields that go with every request: the user's own, those of the CLI's configuration, and
-- which of them are not theirs to set.

local config = require "moondock.config"
local errors = require "moondock.errors"

local headers = {}

local NAME = "^[%w!#$%%&'*+.^_`|~-]+$"

-- What requests themselves say. Configuration cannot change it, as with the CLI.
local OURS = {
  ["user-agent"] = true, host = true, connection = true, upgrade = true, expect = true,
  ["content-length"] = true, ["content-type"] = true, ["transfer-encoding"] = true,
  ["x-registry-auth"] = true, ["x-registry-config"] = true,
}

-- What would make another message of ours, said by whomever.
local FRAMING = { connection = true, upgrade = true, expect = true, ["content-length"] = true,
  ["transfer-encoding"] = true }

-- Fields by their names in lower case, so that one level replaces what a lower one says.
local function add(fields, name, value)
  fields[name:lower()] = { name = name, value = value }
end

-- The values are not quoted: they may be secrets.
local function refuse(source, why)
  return errors.fail { kind = "config", message = ("bad header in %s: %s"):format(source, why) }
end

local function problem(name, value)
  if type(name) ~= "string" or not name:find(NAME) then
    return ("'%s' is no name of a header"):format(tostring(name):gsub("%c", "?"))
  elseif type(value) ~= "string" then
    return ("the value of %s is no text"):format(name)
  elseif value:find("%c") then
    return ("the value of %s has control characters"):format(name)
  end
end

-- Add what configuration says, except what is ours.
local function add_configured(fields, list, source)
  for _, pair in ipairs(list) do
    local why = problem(pair[1], pair[2])
    if why then return refuse(source, why) end
    if not OURS[pair[1]:lower()] then add(fields, pair[1], pair[2]) end
  end
  return true
end

-- The quoted field of a CSV record that begins behind the quote at `at`: its text, and where the
-- separator must be.
local function quoted_field(text, at)
  local parts = {}
  while true do
    local stop = text:find('"', at, true)
    if not stop then return nil, "a quote is not closed" end
    parts[#parts + 1] = text:sub(at, stop - 1)
    if text:sub(stop + 1, stop + 1) ~= '"' then return table.concat(parts), stop + 1 end
    parts[#parts + 1] = '"'
    at = stop + 2
  end
end

local function plain_field(text, at)
  local stop = text:find(",", at, true) or #text + 1
  local field = text:sub(at, stop - 1)
  if field:find('"', 1, true) then return nil, "a quote in a part that does not begin with one" end
  return field, stop
end

-- The fields of a CSV record, or nil and what is wrong.
local function csv(text)
  local fields, at = {}, 1
  repeat
    local is_quoted = text:sub(at, at) == '"'
    local read = is_quoted and quoted_field or plain_field
    local field, stop = read(text, is_quoted and at + 1 or at)
    if not field then return nil, stop end
    if stop <= #text and text:sub(stop, stop) ~= "," then
      return nil, "something follows a closing quote"
    end
    fields[#fields + 1] = field
    at = stop + 1
  until stop > #text
  return fields
end

-- DOCKER_CUSTOM_HEADERS: name=value, name="value, with a comma", ... A later one of a name wins.
local function of_variable(text)
  local parts, why = csv(text)
  if not parts then return refuse("DOCKER_CUSTOM_HEADERS", why) end
  local list = {}
  for i, part in ipairs(parts) do
    local name, value = part:match("^%s*(.-)%s*=(.*)$")
    if not name then return refuse("DOCKER_CUSTOM_HEADERS", ("part %d has no '='"):format(i)) end
    list[i] = { name, value }
  end
  return list
end

-- HttpHeaders of config.json.
local function of_contents(contents, source)
  local list = {}
  local found = contents.HttpHeaders
  if found == nil or type(found) == "userdata" then return list end -- null
  if type(found) ~= "table" then return refuse(source, "HttpHeaders is no object") end
  for name, value in pairs(found) do list[#list + 1] = { name, value } end
  return list
end

-- What the environment says, else config.json. One that cannot be read is told by what needs it.
local function configured(configuration)
  local variable = config.environment "DOCKER_CUSTOM_HEADERS"
  if variable then
    local list, message, err = of_variable(variable)
    return list, message, err, "DOCKER_CUSTOM_HEADERS"
  end
  local contents = configuration()
  if not contents then return {} end
  local source = ("HttpHeaders of %s/config.json"):format(config.folder() or "")
  local list, message, err = of_contents(contents, source)
  return list, message, err, source
end

---Raise unless these are right options of `connect`.
function headers.check(opts)
  for name, value in pairs(opts.headers or {}) do
    local why = problem(name, value)
    if not why and FRAMING[name:lower()] then why = name .. " is not for the caller to set" end
    if why then errors.blame("option headers: " .. why) end
  end
  if opts.user_agent and opts.user_agent:find("%c") then
    errors.blame "option user_agent must not contain control characters"
  end
end

local function add_options(fields, opts)
  add(fields, "User-Agent", "moondock")
  for name, value in pairs(opts.headers or {}) do add(fields, name, value) end
  if opts.user_agent then add(fields, "User-Agent", opts.user_agent) end
end

---The lines "Name: value" of a client: `connect`'s own above those of the environment or config.json.
---@param opts { headers?: table<string, string>, user_agent?: string }
---@param configuration fun(): table?, string?, moondock.Error?
---@return string[]? lines, string? message, moondock.Error? err
function headers.lines(opts, configuration)
  local list, message, err, source = configured(configuration)
  if not list then return nil, message, err end
  local fields = {}
  local ok
  ok, message, err = add_configured(fields, list, source)
  if not ok then return nil, message, err end
  add_options(fields, opts)
  local lines = {}
  for _, field in pairs(fields) do lines[#lines + 1] = field.name .. ": " .. field.value end
  table.sort(lines)
  return lines
end

---The lines of all lists; of the same name, only the lines of the last list that has it.
---@param lists string[][]
---@return string[]
function headers.merge(lists)
  local lines, names, last = {}, {}, {}
  for i, list in ipairs(lists) do
    names[i] = {}
    for j, line in ipairs(list) do
      names[i][j] = line:match("^[^:]*"):lower()
      last[names[i][j]] = i
    end
  end
  for i, list in ipairs(lists) do
    for j, line in ipairs(list) do
      if last[names[i][j]] == i then lines[#lines + 1] = line end
    end
  end
  return lines
end

return headers
