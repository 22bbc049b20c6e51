-- Every type that an annotation names exists.

local BUILT_IN = {}
for word in ("any boolean fun function integer lightuserdata nil number self string table thread true false "
  .. "unknown userdata"):gmatch "%S+" do BUILT_IN[word] = true end

local function files()
  local pipe = assert(io.popen "find lua/moondock -name '*.lua' | LC_ALL=C sort")
  local list = {}
  for path in pipe:lines() do list[#list + 1] = path end
  pipe:close()
  return list
end

local known = {}
for _, path in ipairs(files()) do
  for line in io.lines(path) do
    local name = line:match "^%-%-%-@class ([%w._]+)" or line:match "^%-%-%-@alias ([%w._]+)"
    if name then known[name] = true end
  end
end

-- The names in a type: words that are no field, parameter or text.
local function names_in(kind)
  local list = {}
  kind = kind:gsub('"[^"]*"', "")
  for before, word, after in (" " .. kind .. " "):gmatch "([^%w._*])([%a_][%w._]*%*?)()" do
    local rest = kind:sub(after - 1)
    if not rest:find "^%??:" and before ~= "." then list[#list + 1] = word end
  end
  return list
end

-- The type at the start of a text, up to its description.
local function type_of(text)
  local depth = 0
  for i = 1, #text do
    local c = text:sub(i, i)
    if c:find "[{(<]" then depth = depth + 1 elseif c:find "[})>]" then depth = depth - 1 end
    if depth == 0 and c == " " and not text:sub(i - 1, i - 1):find "[,:|]" then return text:sub(1, i - 1) end
  end
  return text
end

describe("the annotations of", function()
  for _, path in ipairs(files()) do
    it(path .. " name types that exist", function()
      local unknown, number = {}, 0
      for line in io.lines(path) do
        number = number + 1
        local text = line:match "^%-%-%-@param [%w_.]+%?? (.*)$" or line:match "^%-%-%-@field %S+ (.*)$"
          or line:match "^%-%-%-@alias %S+ (.*)$" or line:match "^%-%-%-@type (.*)$"
          or line:match "^%-%-%-@return (.*)$"
        for _, word in ipairs(text and names_in(type_of(text)) or {}) do
          if not BUILT_IN[word] and not known[word] and word ~= "file*" then
            unknown[#unknown + 1] = ("line %d: %s"):format(number, word)
          end
        end
      end
      assert.same({}, unknown)
    end)
  end
end)

it("the annotations have the empty text where engines answer it", function()
  local class, types = nil, {}
  for line in io.lines "lua/moondock/types.lua" do
    class = line:match "^%-%-%-@class ([%w.]+)" or class
    local name, kind = line:match "^%-%-%-@field ([%w_]+)%?? (%S+)"
    if name then types[class .. "." .. name] = kind end
  end
  for _, field in ipairs { "docker.HostConfig.Isolation", "docker.SystemInfo.Isolation",
    "docker.RestartPolicy.Name" } do
    assert.matches('""', types[field], 1, true)
  end
end)
