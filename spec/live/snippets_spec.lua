-- The examples of the reference run, and leave nothing behind.

package.path = "./?.lua;" .. package.path

local docker = require "moondock"
local engine = require "spec.live.engine"
local own = require "spec.live.swarm_engine"
local snippets = require "tools.docs.snippets"

local function compile(piece, environment)
  local name = "=" .. piece.path .. ":" .. piece.line
  if setfenv then -- luacheck: ignore 113
    return setfenv(assert(loadstring(piece.code, name)), environment) -- luacheck: ignore 113
  end
  return assert(load(piece.code, name, "t", environment))
end

local function environment(names)
  for name, value in pairs { docker = docker, image = engine.image, unique = engine.unique, registry = engine.registry,
    private = engine.private, username = engine.username, password = engine.password, rootfs = engine.rootfs,
    print = function() end } do names[name] = value end
  return setmetatable(names, { __index = _G })
end

local COLLECTIONS = { containers = { all = true }, images = { all = true }, networks = {}, volumes = {}, plugins = {} }
local OF_SWARMS = { services = {}, secrets = {}, configs = {}, nodes = {} }

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
local function leaves_nothing(client, collections, run)
  local before = inventory(client, collections)
  local after
  run()
  local deadline = docker.now() + 30
  repeat
    after = inventory(client, collections)
    if same(before, after) then return end
    docker.sleep(0.2)
  until docker.now() > deadline
  assert.same(before, after)
end

local function pieces(where)
  local selected = {}
  local _, list = snippets.read()
  for _, piece in ipairs(list) do
    if (piece.where or "one") == where then selected[#selected + 1] = piece end
  end
  return selected
end

describe("the example of", function()
  local client

  setup(function() client = engine.connect() end)

  for _, piece in ipairs(pieces "one") do
    it(table.concat(piece.names, ", ") .. " runs", function()
      leaves_nothing(client, COLLECTIONS, compile(piece, environment { client = client }))
    end)
  end
end)

describe("with engines of its own, the example of", function()
  local machines, names

  setup(function()
    machines = own.start(2)
    names = environment { client = machines[1].client, other = machines[2].client, address = machines[1].address,
      reboot = function() own.restart(machines[1]) end }
  end)

  teardown(function() own.stop() end)

  for _, piece in ipairs(pieces "engines") do
    it(table.concat(piece.names, ", ") .. " runs", function()
      finally(function()
        for _, machine in ipairs(machines) do machine.client.swarm:leave { force = true } end
      end)
      compile(piece, names)()
      for _, machine in ipairs(machines) do
        assert.equal("inactive", assert(machine.client:info()).Swarm.LocalNodeState)
      end
    end)
  end

  describe("in a swarm", function()
    setup(function() assert(machines[1].client.swarm:init { advertise_addr = machines[1].address }) end)

    for _, piece in ipairs(pieces "swarm") do
      it(table.concat(piece.names, ", ") .. " runs", function()
        leaves_nothing(machines[1].client, OF_SWARMS, compile(piece, names))
      end)
    end
  end)
end)

describe("the examples", function()
  it("name an engine that there is", function()
    local _, list = snippets.read()
    for _, piece in ipairs(list) do
      assert.is_true(piece.where == nil or piece.where == "swarm" or piece.where == "engines", piece.path)
    end
  end)
end)
