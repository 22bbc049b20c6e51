-- Every public method is documented, and what its comment says of its operation is true.

local core = require "moondock.core"

local FILES = {
  "lua/moondock/client.lua", "lua/moondock/stream.lua", "lua/moondock/duplex.lua",
  "lua/moondock/fleet.lua",
  "lua/moondock/raw.lua",
  "lua/moondock/api/containers.lua", "lua/moondock/api/images.lua",
  "lua/moondock/api/exec.lua", "lua/moondock/api/sessions.lua",
  "lua/moondock/api/networks.lua", "lua/moondock/api/volumes.lua", "lua/moondock/api/builds.lua",
  "lua/moondock/api/checkpoints.lua", "lua/moondock/api/distribution.lua", "lua/moondock/api/plugins.lua",
  "lua/moondock/api/attach_websocket.lua",
  "lua/moondock/api/swarm.lua", "lua/moondock/api/nodes.lua", "lua/moondock/api/services.lua",
  "lua/moondock/api/tasks.lua", "lua/moondock/api/secrets.lua", "lua/moondock/api/configs.lua",
}

local function lines_of(path)
  local list = {}
  for line in io.lines(path) do list[#list + 1] = line end
  return list
end

-- The comment right above line `at`, as one text without its dashes.
local function comment_above(lines, at)
  local first = at
  while lines[first - 1]:find("^%-%-%-") do first = first - 1 end
  local parts = {}
  for i = first, at - 1 do parts[#parts + 1] = lines[i]:sub(4) end
  return table.concat(parts, "\n")
end

-- The body of the function that begins at line `at`: up to the `end` in the first column.
local function body_from(lines, at)
  local parts = {}
  for i = at + 1, #lines do
    if lines[i] == "end" then return table.concat(parts, "\n") end
    parts[#parts + 1] = lines[i]
  end
end

-- The public methods of a file, in order; Lua's own (__tostring) are not among them.
local function methods_of(path)
  local lines, list = lines_of(path), {}
  for at, line in ipairs(lines) do
    local name = line:match("^function (%u%a*[:.]%l[%w_]*)%(")
    if name then
      list[#list + 1] = { name = name, parameters = line:match("%((.*)%)"),
        comment = comment_above(lines, at), body = body_from(lines, at) }
    end
  end
  return list
end

-- The operations that a body names: the literals that begin with a capital letter in its calls.
local function operations_in(body)
  local list = {}
  for _, pattern in ipairs { ':call%("(%u%a+)"', 'call%.%l+%([%w.]+, "(%u%a+)"',
    'with_progress%([%w.]+, "(%u%a+)"' } do
    for name in body:gmatch(pattern) do list[#list + 1] = name end
  end
  if body:find("= self:inspect(opts)", 1, true) then list[#list + 1] = "ContainerInspect" end
  return list
end

-- What a comment names as "GET /containers/{id}/json", on one line so that a search finds it.
local function requests_in(comment)
  local set = {}
  for method, path in comment:gmatch("(%u%u%u+) (/[%w_/{}]+)") do
    set[method .. " " .. path:gsub("{[^}]*}", "{}")] = true
  end
  return set
end

for _, path in ipairs(FILES) do
  describe(path, function()
    local methods = methods_of(path)

    it("has public methods", function()
      assert.is_true(#methods > 0)
    end)

    for _, method in ipairs(methods) do
      it(("documents %s with a sentence"):format(method.name), function()
        assert.matches("^%u[^\n]*", method.comment)
      end)

      local returns = not (method.body or ""):find("^%s*errors%.") and method.body:find("return ")
      if returns then
        it(("says what %s returns"):format(method.name), function()
          assert.matches("\n@return ", method.comment)
        end)
      end

      it(("names the parameters of %s"):format(method.name), function()
        for name in method.parameters:gmatch("[%a_]+") do
          assert.matches("\n@param " .. name .. "%??%s", method.comment)
        end
      end)

      for _, operation in ipairs(operations_in(method.body)) do
        it(("says what %s sends for %s"):format(method.name, operation), function()
          local requests = requests_in(method.comment)
          assert.is_truthy(next(requests), "no request is named")
          if not core.operation then return end
          local known = core.operation(operation)
          assert.is_truthy(known, "no such operation: " .. operation)
          local request = known.method .. " " .. known.path:gsub("{[^}]*}", "{}")
          assert.is_true(requests[request], request .. " is not named")
        end)
      end
    end
  end)
end
