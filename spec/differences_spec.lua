-- The manual says what Podman does otherwise, and the live specs on Podman prove it: neither has what
-- the other has not.

local differences = require "spec.differences"

-- The matters of all marks in the live specs, and how many marks there are.
local function marked()
  local matters, count = {}, 0
  local pipe = assert(io.popen "cat spec/live/*_spec.lua")
  for rest in pipe:read("*a"):gmatch 'engine%.lacks(%b())' do
    local matter = rest:match '^%("podman",%s*"(.-[^\\])"'
    if matter then matters[(matter:gsub('\\"', '"'))] = true end -- else it comes from elsewhere, and is looked up
    count = count + 1
  end
  pipe:close()
  return matters, count
end

local function sorted(set)
  local list = {}
  for name in pairs(set) do list[#list + 1] = name end
  table.sort(list)
  return list
end

describe("the differences between engines", function()
  it("are those that the live specs find, and no others", function()
    local matters, count = marked()
    assert.is_true(count > 20)
    assert.same(sorted(differences.all()), sorted(matters))
  end)
end)
