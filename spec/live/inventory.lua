-- Whether what ran has left an engine with as much of everything as it found.

local assert = require "luassert"
local docker = require "moondock"
local engine = require "spec.live.engine"

local COLLECTIONS = { containers = { all = true }, images = { all = true }, networks = {}, volumes = {},
  plugins = not engine.podman and {} or nil }

-- How much of everything an engine has.
local function inventory(client, collections)
  local counts = {}
  for name, opts in pairs(collections) do counts[name] = #assert(client[name]:list(opts)) end
  return counts
end

local function same(a, b)
  for name, count in pairs(a) do
    if b[name] ~= count then return false end
  end
  return true
end

-- What engines remove on their own account takes a moment.
---Run a function, and fail if it leaves anything.
---@param collections? table<string, table>  what to count, by collection the options of its list
local function leaves_nothing(client, run, collections)
  collections = collections or COLLECTIONS
  local before = inventory(client, collections)
  local after
  run()
  local deadline = docker.now() + 200
  repeat
    after = inventory(client, collections)
    if same(before, after) then return end
    docker.sleep(0.2)
  until docker.now() > deadline
  assert.same(before, after)
end

return leaves_nothing
