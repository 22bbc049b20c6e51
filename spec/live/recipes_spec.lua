-- The recipes do what they say, as programs of their own, and leave nothing behind.

package.path = "./?.lua;" .. package.path

local engine = require "spec.live.engine"
local leaves_nothing = require "spec.live.inventory"

local RECIPES = "docs/recipes.md"

-- Title, program and what it prints, of each recipe.
local function recipes()
  local list, block = {}, nil
  for line in io.lines(RECIPES) do
    local title, kind = line:match "^## (.+)$", line:match "^```(%l*)$"
    if title and not block then
      list[#list + 1] = { title = title }
    elseif kind and block then
      list[#list][block.kind], block = table.concat(block, "\n") .. "\n", nil
    elseif kind then
      block = { kind = kind }
    elseif block then
      block[#block + 1] = line
    end
  end
  return list
end

-- "..." stands for anything.
local function pattern_of(output)
  local escaped = output:gsub("%s+$", ""):gsub("%p", "%%%0"):gsub("%%%.%%%.%%%.", ".*")
  return "^" .. escaped .. "%s*$"
end

local function run(code)
  local path = os.tmpname()
  local file = assert(io.open(path, "wb"))
  file:write(code)
  file:close()
  local pipe = assert(io.popen(("DOCKER_HOST=%s %s %s 2>&1"):format(engine.host, os.getenv "LUA" or "lua5.4", path)))
  local output = pipe:read "*a"
  pipe:close()
  os.remove(path)
  return output
end

describe("the recipe", function()
  local client, alpine

  setup(function()
    client = engine.connect()
    assert(client.images:get(engine.image):tag "alpine:latest")
    alpine = client.images:get "alpine:latest"
  end)

  teardown(function() assert(alpine:remove()) end)

  -- What Podman lacks of a recipe: the matter in the manual, and what is printed.
  local LACKS = { ["Wait until a service is healthy"] = { "health checks", "did not get healthy in time" } }

  for _, recipe in ipairs(recipes()) do
    it(('"%s" does what it says'):format(recipe.title), function()
      leaves_nothing(client, function()
        local output = run(recipe.lua)
        assert.not_matches("stack traceback", output)
        local lacks = LACKS[recipe.title]
        if lacks and engine.lacks("podman", lacks[1], output, lacks[2]) then return end
        if recipe.text then assert.matches(pattern_of(recipe.text), output) end
      end)
    end)
  end

  it("is one of a dozen", function() assert.is_true(#recipes() >= 12) end)
end)
