-- The vocabulary of `docker run` and `docker exec`, turned into the Engine's create bodies.

local container_flags = require "moondock.container_flags"
local errors = require "moondock.errors"
local lists = require "moondock.flag_lists"
local values = require "moondock.flag_values"
local vocabulary = require "moondock.vocabulary"

local flags = {}

-- What goes into the query, or says the same by name.
local QUERY = { name = true, platform = true, timeout = true, raw = true,
  use_config_proxy = true }

-- Those of `docker exec`.
local EXEC_FLAGS = {
  user = { "User", values.text },
  workdir = { "WorkingDir", values.text },
  tty = { "Tty", values.boolean },
  interactive = { "AttachStdin", values.boolean },
  privileged = { "Privileged", values.boolean },
  detach_keys = { "DetachKeys", values.text },
}

local EXEC_ENVIRONMENT = { env = true, env_file = true }

local EXEC_QUERY = { timeout = true, raw = true }

local function named(image, command, opts)
  if type(image) == "table" and command == nil and opts == nil then
    opts = image
    image, command = opts.image, opts.command
  end
  opts = errors.check("options", opts or {}, "table")
  if image == nil then image = opts.image or opts.Image end
  if command == nil then command = opts.command end
  if type(image) ~= "string" or image == "" then
    errors.blame("image must be a non-empty string, the image to make the container of")
  end
  return image, command, opts
end

-- Raise for an option that is neither a flag, nor a field of the Engine, nor one of `others`.
local function unknown(key, names, others)
  if type(key) ~= "string" then
    errors.blame("options have names; the command is a list of its own, before them: "
      .. "{ \"echo\", \"hello\" }")
  end
  for _, name in ipairs(others) do names[#names + 1] = name end
  table.sort(names)
  errors.blame(("unknown option '%s'; it takes: %s, and the Engine's own fields, which begin "
    .. "with a capital letter"):format(key, table.concat(names, ", ")))
end

local CREATE_OTHERS = { "command", "image", "name", "platform", "timeout",
  "use_config_proxy" }

local function create_others(own)
  local names = {}
  for _, set in ipairs { CREATE_OTHERS, own or {} } do
    for _, name in ipairs(set) do names[#names + 1] = name end
  end
  return names
end

-- Part the options of a create: what goes beside the body, the flags, the Engine's own fields.
local function sort_create(opts, own)
  local wire, set, fields = {}, {}, {}
  for key, value in pairs(opts) do
    if QUERY[key] then
      wire[key] = value
    elseif vocabulary.is_field(key) then
      fields[key] = value
    elseif container_flags.knows(key) then
      set[key] = value
    elseif key ~= "image" and key ~= "command" then
      unknown(key, container_flags.names(), create_others(own))
    end
  end
  return wire, set, fields
end

---Turn the arguments of `containers:create` and `run` into the options of ContainerCreate.
---@param image string|table
---@param command? string[]|string
---@param opts? table
---@param own? string[]  other options, for the error that lists them
---@return table wire
function flags.create(image, command, opts, own)
  image, command, opts = named(image, command, opts)
  local body = { Image = image, HostConfig = {} }
  if command ~= nil then body.Cmd = values.command("command", command) end
  local wire, set, fields = sort_create(opts, own)
  container_flags.into(body, set)
  vocabulary.merge(body, fields)
  if next(body.HostConfig) == nil then body.HostConfig = nil end
  wire.body = body
  return wire
end

---Turn the arguments of `exec` and `exec_create` into the options of ContainerExec.
---@param command string[]|string
---@param opts table
---@param own string[]  other options, for the error that lists them
---@param detach? boolean  whether nobody will listen
---@return table wire
function flags.exec(command, opts, own, detach)
  local listens = not detach or nil
  local body, wire = { AttachStdout = listens, AttachStderr = listens }, {}
  body.Cmd = values.command("command", command)
  if #body.Cmd == 0 then errors.blame("command must name what to run") end
  if opts.env ~= nil or opts.env_file ~= nil then body.Env = lists.environment(opts) end
  local fields = {}
  for key, value in pairs(opts) do
    local flag = EXEC_FLAGS[key]
    if EXEC_QUERY[key] then
      wire[key] = value
    elseif vocabulary.is_field(key) then
      fields[key] = value
    elseif flag then
      body[flag[1]] = flag[2](key, value)
    elseif not EXEC_ENVIRONMENT[key] then
      local names = { "env", "env_file" }
      for name in pairs(EXEC_FLAGS) do names[#names + 1] = name end
      unknown(key, names, own)
    end
  end
  if detach then body.AttachStdin = nil end
  vocabulary.merge(body, fields)
  wire.body = body
  return wire
end

return flags
