-- A finalizer may run in the middle of a function of the core, and may call the same function.

local core = require "moondock.core"

local RUNS = 100

-- Garbage whose finalizer is `fn`.
local function drop(fn)
  if not newproxy then return setmetatable({}, { __gc = fn }) end -- luacheck: ignore 113
  getmetatable(newproxy(true)).__gc = fn -- luacheck: ignore 113
end

-- Do `work` until finalizers have done `other` often: what `work` gave, once each.
local function results(work, other)
  local runs, seen = 0, {}
  while runs < RUNS do
    drop(function()
      runs = runs + 1
      if runs <= RUNS then other() end
    end)
    seen[work()] = true
  end
  local list = {}
  for value in pairs(seen) do list[#list + 1] = value end
  return list
end

local function decode(text)
  return select(2, core.decode(text))
end

local function request(options)
  return core.request("ContainerCreate", 45, {}, options).body
end

describe("while a finalizer does the same", function()
  it("a string of escapes is decoded", function()
    local text, other = '"' .. ("a\\n"):rep(50) .. '"', '"' .. ("b\\t"):rep(20000) .. '"'
    assert.same({ ("a\n"):rep(50) }, results(function() return decode(text) end, function() decode(other) end))
  end)

  it("a value is encoded", function()
    local value, other = { ("a\n"):rep(50) }, { ("b\t"):rep(20000) }
    assert.same({ '["' .. ("a\\n"):rep(50) .. '"]' },
      results(function() return core.encode(value) end, function() core.encode(other) end))
  end)

  it("a request is built", function()
    local options, other = { Image = ("a\n"):rep(50) }, { Image = ("b\t"):rep(20000), name = ("c"):rep(20000) }
    assert.same({ '{"Image":"' .. ("a\\n"):rep(50) .. '"}' },
      results(function() return request(options) end, function() request(other) end))
  end)
end)
