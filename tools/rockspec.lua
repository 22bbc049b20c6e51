-- Write rockspec/moondock-scm-1.rockspec: its lists of files are those of the tree.
--
--   lua5.4 tools/rockspec.lua [--check]

local OUTPUT = "rockspec/moondock-scm-1.rockspec"

local TEMPLATE = [[
-- Written by tools/rockspec.lua (`make rockspec`): do not edit the lists.
package = "moondock"
version = "scm-1"
source = { url = "git+https://github.com/moondock/moondock.git" }
description = {
  summary = "Docker Engine SDK: containers and images, as functions and objects",
  detailed = "Containers, images, logs, exec and the rest of the Engine API, in C on libcurl.",
  license = "MIT",
}
dependencies = { "lua >= 5.1, < 5.5" }
-- Only the library is looked for: the headers lie where the compiler looks, in a
-- folder that depends on the distribution. CURL_DIR names another installation.
external_dependencies = { CURL = { library = "curl" } }
build = {
  type = "builtin",
  modules = {
    ["moondock.core"] = {
      sources = {
%s      },
      incdirs = { "$(CURL_INCDIR)" },
    },
%s  },
  -- On Linux libcurl is loaded with the first connection.
  platforms = {
    macosx = { modules = { ["moondock.core"] = {
      libraries = { "curl" }, libdirs = { "$(CURL_LIBDIR)" } } } },
    bsd = { modules = { ["moondock.core"] = {
      libraries = { "curl" }, libdirs = { "$(CURL_LIBDIR)" } } } },
  },
}
]]

local function find(folder, extension)
  local pipe = assert(io.popen(("find %s -name '*.%s' | LC_ALL=C sort"):format(folder, extension)))
  local paths = {}
  for path in pipe:lines() do paths[#paths + 1] = path end
  pipe:close()
  return paths
end

local function module_of(path)
  return path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
end

local function rockspec()
  local sources, modules = {}, {}
  for i, path in ipairs(find("csrc", "c")) do sources[i] = ('        "%s",\n'):format(path) end
  for i, path in ipairs(find("lua", "lua")) do
    modules[i] = ('    ["%s"] = "%s",\n'):format(module_of(path), path)
  end
  return TEMPLATE:format(table.concat(sources), table.concat(modules))
end

local function main(option)
  local text = rockspec()
  if option == "--check" then
    local file = assert(io.open(OUTPUT, "rb"))
    local same = file:read "a" == text
    file:close()
    if not same then print(OUTPUT .. " is not in step with the tree: run make rockspec") end
    return same
  end
  local file = assert(io.open(OUTPUT, "wb"))
  file:write(text)
  return file:close()
end

os.exit(main(arg[1]))
