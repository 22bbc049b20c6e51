-- The examples of the reference run, and leave nothing behind.

package.path = "./?.lua;" .. package.path

local docker = require "moondock"
local engine = require "spec.live.engine"
local leaves_nothing = require "spec.live.inventory"
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

local OF_SWARMS = { services = {}, secrets = {}, configs = {}, nodes = {} }

local function pieces(where)
  local selected = {}
  local _, list = snippets.read()
  for _, piece in ipairs(list) do
    if (piece.where or "one") == where then selected[#selected + 1] = piece end
  end
  return selected
end

-- What Podman lacks of what an example shows: its first name, and the matter in the manual.
local MATTERS = {
  ["Images.build_cancel"] = "build_cancel", ["Images.build_prune"] = "build_prune",
  ["Distribution.inspect"] = "distribution", ["Client.login"] = "login at a registry without TLS",
  ["Container.update"] = "update of a container", ["Plugins.create"] = "plugins", ["Plugins.list"] = "plugins",
  ["Client.session"] = "session", ["Container.attach_websocket"] = "attach_websocket",
}

-- Run what fails half-way by the engine's refusal, and remove what it left.
local function is_refused(client, matter, run)
  local known = {}
  for _, container in ipairs(assert(client.containers:list { all = true })) do known[container.id] = true end
  local ok, message = pcall(run)
  for _, container in ipairs(assert(client.containers:list { all = true })) do
    if not known[container.id] then container:remove { force = true } end
  end
  assert.is_false(ok)
  engine.lacks("podman", matter, message)
end

describe("the example of", function()
  local client

  setup(function() client = engine.connect() end)

  for _, piece in ipairs(pieces "one") do
    local matter = engine.podman and MATTERS[piece.names[1]]
    it(table.concat(piece.names, ", ") .. (matter and " is refused" or " runs"), function()
      local run = compile(piece, environment { client = client })
      if matter then return is_refused(client, matter, run) end
      leaves_nothing(client, run)
    end)
  end
end)

describe("with engines of its own, the example of", function()
  local machines, names

  if engine.podman then
    it("swarms is refused", function()
      engine.lacks("podman", "everything of a swarm", (select(3, engine.connect().swarm:init())))
    end)
    return
  end

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
    setup(function()
      own.restart(machines[1]) -- the swarm before may take the overlay networks of the next with it
      assert(machines[1].client.swarm:init { advertise_addr = machines[1].address })
    end)

    for _, piece in ipairs(pieces "swarm") do
      it(table.concat(piece.names, ", ") .. " runs", function()
        leaves_nothing(machines[1].client, compile(piece, names), OF_SWARMS)
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
