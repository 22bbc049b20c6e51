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

local CREATE_OTHERS = { command = true, image = true, name = true, platform = true,
  timeout = true, use_config_proxy = true }

-- The body may name the image as well.
local function has_image(opts)
  return type(opts.Image) == "string" and opts.Image ~= ""
end

-- Part the options of a create: what goes beside the body, the flags, the Engine's own fields.
local function sort_create(opts, own)
  local wire, set, fields = {}, {}, {}
  for key, value in pairs(opts) do
    if QUERY[key] then
      if value ~= "" then wire[key] = value end
    elseif vocabulary.is_field(key) then
      fields[key] = value
    elseif container_flags.NAMES[key] then
      set[key] = value
    elseif key ~= "image" and key ~= "command" then
      vocabulary.unknown(key, CREATE_OTHERS, container_flags.NAMES, own)
    end
  end
  return wire, set, fields
end

---Turn the arguments of `containers:create` and `run` into the options of ContainerCreate.
---@param image string|table
---@param command? string[]|string
---@param opts? table
---@param own? table<string, true>  other options, for the error that lists them
---@return table wire
function flags.create(image, command, opts, own)
  image, command, opts = vocabulary.named(image, command, opts, has_image)
  local body = { Image = image, HostConfig = {} }
  if command ~= nil then body.Cmd = values.command("command", command) end
  local wire, set, fields = sort_create(opts, own or {})
  container_flags.into(body, set)
  vocabulary.merge(body, fields)
  local host = body.HostConfig
  if type(host) == "table" and next(host) == nil then body.HostConfig = nil end
  wire.body = body
  return wire
end

---Turn the arguments of `exec` and `exec_create` into the options of ContainerExec.
---@param command string[]|string
---@param opts table
---@param own table<string, true>  other options, for the error that lists them
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
      vocabulary.unknown(key, EXEC_FLAGS, EXEC_ENVIRONMENT, own)
    end
  end
  if detach then body.AttachStdin = nil end
  vocabulary.merge(body, fields)
  wire.body = body
  return wire
end

return flags
