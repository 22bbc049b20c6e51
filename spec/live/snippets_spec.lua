-- The examples of the reference run, and leave nothing behind.

package.path = "./?.lua;" .. package.path

local docker = require "moondock"
local engine = require "spec.live.engine"
local snippets = require "tools.docs.snippets"

local function compile(piece, environment)
  local name = "=" .. piece.path .. ":" .. piece.line
  if setfenv then -- luacheck: ignore 113
    return setfenv(assert(loadstring(piece.code, name)), environment) -- luacheck: ignore 113
  end
  return assert(load(piece.code, name, "t", environment))
end

describe("the example of", function()
  local client, environment

  setup(function()
    client = engine.connect()
    environment = setmetatable({ docker = docker, client = client, image = engine.image,
      unique = engine.unique, registry = engine.registry, rootfs = engine.rootfs, print = function() end },
      { __index = _G })
  end)

  local _, list = snippets.read()
  for _, piece in ipairs(list) do
    it(table.concat(piece.names, ", ") .. " runs", function()
      local before = engine.count(client)
      compile(piece, environment)()
      assert.equal(before, engine.count(client))
    end)
  end
end)
