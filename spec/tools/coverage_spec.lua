-- The check of coverage, on small libraries that are not covered.

local lfs = require "lfs"
local program = require "spec.core.program"

-- What the tool says of a library and a spec with this text: its output, and whether it was content.
local function check(library, spec)
  local folder = os.tmpname()
  os.remove(folder)
  for _, name in ipairs { "", "/lib", "/spec" } do assert(lfs.mkdir(folder .. name)) end
  for path, text in pairs { ["/lib/a.lua"] = library, ["/spec/a_spec.lua"] = spec } do
    local file = assert(io.open(folder .. path, "w"))
    file:write(text)
    file:close()
  end
  local core = program("moondock/core.so"):gsub("moondock/core%.so$", "?.so")
  local pipe = assert(io.popen(("LUA_CPATH='%s;;' %s tools/coverage.lua --list %s/lib %s/spec 2>&1; echo $?")
    :format(core, os.getenv "LUA" or "lua5.4", folder, folder)))
  local output = pipe:read "*a"
  pipe:close()
  os.execute("rm -r " .. folder)
  return output, output:find "\n0\n$" ~= nil
end

local METHOD = [[
---Freeze it.  POST /containers/{id}/pause
function Container:pause(opts)
  return self:call("ContainerPause", opts)
end
]]

describe("tools/coverage.lua", function()
  it("finds the method and the spec of an operation", function()
    local output, content = check(METHOD, "client.containers:get 'web':pause()")
    assert.matches("\nContainerPause%s+Container:pause%s+%S+/a_spec.lua\n", "\n" .. output)
    assert.matches("ContainerStart %(POST /containers/{id}/start%) is reached by no documented method", output)
    assert.is_false(content)
  end)

  it("misses what has no comment with its request", function()
    assert.matches("ContainerPause .- is reached by no documented method",
      (check(METHOD:gsub("POST", "POST of"), "container:pause()")))
  end)

  it("misses what no spec calls", function()
    assert.matches("ContainerPause: no spec calls Container:pause", (check(METHOD, "container:unpause()")))
  end)

  it("refuses operations that do not exist", function()
    assert.matches("there is no operation ContainerFreeze",
      (check(METHOD .. 'self:call("ContainerFreeze", {})\n', "")))
  end)

  it("asks for a reason when two methods send the same", function()
    assert.matches("ContainerPause is sent by Container:pause, Container:freeze",
      (check(METHOD .. METHOD:gsub("pause%(", "freeze("), "container:pause()")))
  end)
end)
