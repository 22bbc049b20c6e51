-- A scripted server that answers in JSON, and every way in which an answer can be odd in one place.

local core = require "moondock.core"
local docker = require "moondock"
local errors = require "moondock.errors"
local server = require "spec.core.server"

local AT_ONCE = 50
local TIMEOUT = 10

local odd_answers = {}

local function escape(bytes)
  return (bytes:gsub("[^%w{}:,\"%[%]]", function(c) return ("\\x%02X"):format(c:byte()) end))
end

---The script of an answer in JSON.
---@param status? string  "200 OK" unless given
function odd_answers.json(body, status)
  return ("body;send HTTP/1.1 %s\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n%s"):format(
    status or "200 OK", #body, escape(body))
end

---The script of an answer in both directions: what a process wrote, and its end.
function odd_answers.output(bytes)
  local n = #bytes
  return "body;send HTTP/1.1 101 UPGRADED\\r\\nContent-Type: application/vnd.docker.multiplexed-stream\\r\\n"
    .. "Connection: Upgrade\\r\\nUpgrade: tcp\\r\\n\\r\\n" .. escape(string.char(1, 0, 0, 0, 0, 0, 0, n) .. bytes)
    .. ";close"
end

local function client_of(answers, opts)
  local script = {}
  for i, answer in ipairs(answers) do script[i] = ("for %s;%s"):format(answer[1], answer.script) end
  local version = opts.version or (opts.version == nil and "1.51") or nil
  return assert(docker.connect { host = "unix://" .. server.unix, api_version = version, timeout = TIMEOUT,
    headers = { Script = table.concat(script, ";") } })
end

-- What may stand in place of any value, and what may come to an object.
local ODD = { "null", "true", "7", "-1.5", '"odd"', '""', "[]", '[null,"odd",[7]]', '{"odd":null}' }
local NEW = '"Odd":[{"new":null}],"odd":7'

-- The text of `value` with its `at`th value made into `text`; without `text` it is taken away, and with NEW
-- it has new fields. Returns how many values there are as well.
local function with(value, at, text)
  local count = 0
  local function write(item)
    count = count + 1
    local chosen = count == at
    if chosen and text ~= NEW then return text end
    if type(item) ~= "table" then return assert(core.encode(item)) end
    local parts = {}
    if core.is_array(item) then
      for _, element in ipairs(item) do parts[#parts + 1] = write(element) end
      return "[" .. table.concat(parts, ",") .. "]"
    end
    local keys = {}
    for key in pairs(item) do keys[#keys + 1] = key end
    table.sort(keys)
    for _, key in ipairs(keys) do
      local part = write(item[key])
      if part then parts[#parts + 1] = core.encode(key) .. ":" .. part end
    end
    if chosen then parts[#parts + 1] = NEW end
    return "{" .. table.concat(parts, ",") .. "}"
  end
  return write(value), count
end

-- Every odd form of a JSON text.
local function odd_forms(json)
  local value, forms = select(2, assert(core.decode(json))), {}
  local _, places = with(value)
  for at = 1, places do
    for _, odd in ipairs(ODD) do forms[#forms + 1] = with(value, at, odd) end
    forms[#forms + 1] = with(value, at, NEW)
    if at > 1 then forms[#forms + 1] = with(value, at, nil) end
  end
  return forms
end

-- The answers of a case with what is odd in one of them, for each oddness.
local function odd_sets(case)
  local sets = {}
  for i, answer in ipairs(case) do
    for _, odd in ipairs(answer.script and {} or odd_forms(answer[2])) do
      local set = { odd = answer[1] .. " " .. odd }
      for j, other in ipairs(case) do
        local script = other.script or odd_answers.json(i == j and odd or other[2], other.status)
        set[j] = { other[1], script = script }
      end
      sets[#sets + 1] = set
    end
  end
  return sets
end

---Ask with the usual answers of a case.
---@param case table  a list of { part of the first line of a request, the JSON of the answer or script = };
---and ask, a function of the client; version: false to find it out
function odd_answers.usual(case)
  local answers = {}
  for i, answer in ipairs(case) do
    answers[i] = { answer[1], script = answer.script or odd_answers.json(answer[2], answer.status) }
  end
  return case.ask(client_of(answers, case))
end

---Ask again and again, each time with something odd in one of the answers.
---@return string[] wrong  what raised, or failed in no known way; integer how many answers there were
function odd_answers.all(case)
  local sets, wrong = odd_sets(case), {}
  local values, failures = docker.map(sets, function(set) return case.ask(client_of(set, case)) end,
    { limit = AT_ONCE, keep_going = true })
  for i, set in ipairs(sets) do
    local err = failures[i] or (values[i] == nil and "neither a value nor an error")
    if err and not (errors.is(err) and errors.KINDS[err.kind]) then
      wrong[#wrong + 1] = tostring(err) .. "\n    from " .. set.odd
    end
  end
  table.sort(wrong)
  return wrong, #sets
end

return odd_answers
