-- Credential helpers: programs named docker-credential-NAME, asked by a word and their standard
-- input. Nothing secret is ever an argument, and nothing of an answer is ever in an error.

local core = require "moondock.core"
local errors = require "moondock.errors"
local process = require "moondock.process"
local reference = require "moondock.reference"
local task = require "moondock.task"

local SECONDS = 10
local ANSWER_MAX = 1024 * 1024
local WORDS_MAX = 200
local NOT_FOUND = "credentials not found in native keychain"
local TOKEN_USER = "<token>"

---A helper that is to be asked, and who says so.
---@class moondock.Helper
---@field program string  docker-credential-NAME
---@field registry string  as references name it
---@field key string  as helpers know it
---@field setting "credsStore"|"credHelpers"
---@field file string  the config.json that has the setting

local helper = {}

---The program of a helper; nil where the name is none.
---@return string?
function helper.program(name)
  if type(name) ~= "string" or name == "" or name:find("[/\\%c]") then return nil end
  return "docker-credential-" .. name
end

local function trouble(asked, what, fields)
  fields = fields or {}
  fields.kind = fields.kind or "config"
  fields.message = ("the credential helper %s (%s in %s) for %s %s"):format(asked.program,
    asked.setting, asked.file, asked.registry, what)
  return errors.fail(fields)
end

local function trimmed(text)
  return (text:gsub("[%c%s]+", " "):gsub("^ ", ""):gsub(" $", ""))
end

-- What a failed helper says, in one line. What looks like an answer may hold the secret.
local function words_of(result)
  for _, text in ipairs { result.stdout or "", result.stderr or "" } do
    local words = trimmed(text:sub(1, 4 * WORDS_MAX))
    if words ~= "" and not words:find("[{}]") and not words:lower():find("secret", 1, true) then
      words = words:sub(1, WORDS_MAX)
      return ": " .. (core.encode(words) and words or words:gsub("[\128-\255]+", "?"))
    end
  end
  return ""
end

local function failed(asked, result)
  local how = result.signal and ("was ended by signal %d"):format(result.signal)
    or ("failed with exit code %d"):format(result.code)
  return trouble(asked, how .. words_of(result))
end

local REASONS = {
  missing = "cannot be started: there is no such program in PATH",
  permission = "cannot be started: permission denied",
}

-- The process did not come to an end of its own, or not to a beginning.
local function broken(asked, seconds, bounded, message, err)
  if err.kind == "timeout" then
    return trouble(asked, ("did not answer within %g seconds"):format(seconds),
      { kind = "timeout", phase = bounded and "total" or "answer" })
  elseif err.kind == "protocol" then
    return trouble(asked, ("answers with more than %d bytes"):format(ANSWER_MAX))
  elseif err.kind == "config" then
    return trouble(asked, REASONS[err.reason] or "cannot be started", { reason = err.reason })
  end
  return nil, message, err
end

local function run(asked, verb, input, deadline)
  local left = deadline and math.max(0, deadline - task.now())
  local bounded = left ~= nil and left < SECONDS
  local seconds = bounded and left or SECONDS
  local result, message, err = process.run({ asked.program, verb },
    { stdin = input, timeout = seconds, limit = ANSWER_MAX })
  if not result then return broken(asked, seconds, bounded, message, err) end
  return result
end

local function decode(asked, bytes)
  local ok, answer = core.decode(bytes)
  if ok and type(answer) == "table" and not core.is_array(answer) then return answer end
  return trouble(asked, "answers with something that is no JSON object")
end

-- A helper that answers for another registry would send its password to this one.
local function is_about(asked, answer)
  local server = answer.ServerURL
  return type(server) ~= "string" or server == ""
    or reference.registry_key(server) == asked.registry
end

local function checked(asked, answer)
  for _, name in ipairs { "Username", "Secret" } do
    if type(answer[name]) ~= "string" or answer[name] == "" then
      return trouble(asked, "answers without a " .. name)
    elseif not core.encode(answer[name]) then
      return trouble(asked, ("answers with a %s that is not valid UTF-8"):format(name))
    end
  end
  if not is_about(asked, answer) then return trouble(asked, "answers for another registry") end
  if answer.Username == TOKEN_USER then
    return { identitytoken = answer.Secret, serveraddress = asked.key }
  end
  return { username = answer.Username, password = answer.Secret, serveraddress = asked.key }
end

---Ask a helper for the credentials of a registry; false when it has none.
---@param asked moondock.Helper
---@param deadline? number  of `task.now`
---@return table|false|nil auth, string? message, moondock.Error? err
function helper.get(asked, deadline)
  local result, message, err = run(asked, "get", asked.key, deadline)
  if not result then return nil, message, err end
  if result.code ~= 0 then
    if trimmed(result.stdout) == NOT_FOUND then return false end
    return failed(asked, result)
  end
  local answer
  answer, message, err = decode(asked, result.stdout)
  if not answer then return nil, message, err end
  return checked(asked, answer)
end

---The registries that a helper has credentials for, as it knows them, in order.
---@param asked moondock.Helper
---@param deadline? number
---@return string[]? keys, string? message, moondock.Error? err
function helper.list(asked, deadline)
  local result, message, err = run(asked, "list", "", deadline)
  if not result then return nil, message, err end
  if result.code ~= 0 then return failed(asked, result) end
  local answer
  answer, message, err = decode(asked, result.stdout)
  if not answer then return nil, message, err end
  local keys = {}
  for key in pairs(answer) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

return helper
