-- The rock: its lists are those of the tree, and what it installs can be loaded.

local sh = require "spec.shell"

local LUA = os.getenv "LUA" or "lua5.4"
local VERSION = _VERSION:match "%d.%d"

local function folder()
  local path = os.tmpname()
  os.remove(path)
  assert(os.execute("mkdir -m 700 " .. path))
  return path
end

---Load the module from a tree, in a process that sees no other.
local function load_from(tree)
  local program = [[require "moondock.core"; print(type(require "moondock"))]]
  return sh(("cd / && env -u LUA_PATH_%s -u LUA_CPATH_%s LUA_PATH='%s/share/lua/%s/?.lua;%s/share/"
    .. "lua/%s/?/init.lua' LUA_CPATH='%s/lib/lua/%s/?.so' %s -e '%s'"):format(
    VERSION:gsub("%.", "_"), VERSION:gsub("%.", "_"), tree, VERSION, tree, VERSION, tree, VERSION,
    LUA, program))
end


describe("the rock", function()
  it("lists every file of the tree", function()
    local output, status = sh "lua5.4 tools/rockspec.lua --check"
    assert.equal(0, status, output)
  end)

  it("builds, installs and loads with no variable given", function()
    local tree = folder()
    finally(function() sh("rm -rf " .. tree) end)
    -- A copy, since luarocks leaves its objects among the sources.
    sh("cp -r csrc lua rockspec " .. tree)
    local output, status = sh(("cd %s && env -u LUA_PATH -u LUA_CPATH HOME=%s luarocks"
      .. " --lua-version=%s --tree %s/tree make --deps-mode none"
      .. " rockspec/moondock-scm-1.rockspec"):format(tree, tree, VERSION, tree))
    assert.equal(0, status, output)
    assert.equal("table\n", (load_from(tree .. "/tree")))
  end)
end)


describe("make install", function()
  it("installs what can be loaded, below DESTDIR", function()
    local root = folder()
    finally(function() sh("rm -rf " .. root) end)
    local output, status = sh(("env -u MAKEFLAGS make -s LUA=%s DESTDIR=%s PREFIX=/opt/m install")
      :format(LUA, root))
    assert.equal(0, status, output)
    assert.equal("table\n", (load_from(root .. "/opt/m")))
  end)
end)
