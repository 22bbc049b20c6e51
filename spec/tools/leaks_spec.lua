-- tools/leaks finds a planted secret in whatever form it was written.

local core = require "moondock.core"

local SECRET = "planted-secret-of-this-spec"
local folder

local function write(name, text)
  local path = folder .. "/" .. name
  local file = assert(io.open(path, "w"))
  file:write(text, "\n")
  file:close()
  return path
end

-- Whether the tool is content, and what it prints.
local function leaks(...)
  local pipe = assert(io.popen("lua5.4 tools/leaks " .. table.concat({ ... }, " ") .. " -- " .. SECRET
    .. " && echo CLEAN"))
  local text = pipe:read "*a"
  pipe:close()
  return text:find("CLEAN", 1, true) ~= nil, text
end

describe("tools/leaks", function()
  setup(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(os.execute("mkdir " .. folder))
  end)
  teardown(function() os.execute("rm -r " .. folder) end)

  it("is content with files that have none", function()
    assert.is_true(leaks(write("a.log", "planted and secret"), write("b.trace", "+0.1 #1 > GET / {}")))
  end)

  local FORMS = { plain = "x " .. SECRET .. " y", json = '{"a":"' .. SECRET .. '"}' }
  for offset = 0, 3 do
    for _, alphabet in ipairs { "url", "standard" } do
      FORMS[alphabet .. offset] = "X: " .. core.base64(("?"):rep(offset) .. SECRET .. '"}', alphabet)
    end
  end
  for name, text in pairs(FORMS) do
    it("finds one that is written in the form " .. name, function()
      local clean, output = leaks(write("a.log", "first\n" .. text))
      assert.is_false(clean)
      assert.truthy(output:find("a.log:2", 1, true))
      assert.is_nil(output:find(SECRET, 1, true))
    end)
  end

  it("wants a proof that something was traced and masked", function()
    local empty = write("a.trace", "")
    assert.is_true((leaks(empty)))
    assert.is_false((leaks("--proof", empty)))
    assert.is_true((leaks("--proof", write("b.trace", "+0.1 #1 > GET /info Authorization: ***"))))
  end)
end)
