-- Checks the code that users are shown against the annotations: that methods, fields and options exist, and
-- that literals are what is wanted. luacheck's parser reads it.
--
--   lua5.4 tools/usage.lua [FILE.lua...]
--
-- The exit status is 1 when something is wrong.

package.path = "./?.lua;" .. package.path

local checker = require "tools.usage.checker"
local model = require "tools.docs.model"
local parse = require "tools.usage.parse"
local sources = require "tools.usage.sources"

local GIVEN = { docker = "moondock", client = "moondock.Client" }

local function check(one, piece)
  local tree, problem = parse(piece.code)
  local problems = tree and one:check(tree, piece.has_client and GIVEN or {}) or { problem }
  for _, found in ipairs(problems) do
    print(("%s:%d: %s"):format(piece.path, piece.line + found.line - 1, found.text))
  end
  return #problems
end

local function files(paths)
  local list = {}
  for i, path in ipairs(paths) do
    local file = assert(io.open(path))
    list[i] = { path = path, line = 1, code = file:read "*a" }
    file:close()
  end
  return list
end

local one, wrong = checker.new(model.read()), 0
for _, piece in ipairs(#arg > 0 and files(arg) or sources.read()) do wrong = wrong + check(one, piece) end
print(("%d calls checked, %d problems"):format(one.calls, wrong))
os.exit(wrong == 0 and 0 or 1)
