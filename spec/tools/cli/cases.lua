-- Groups of command lines, with the options that say the same to us.

local lfs = require "lfs"

local Group = {}
Group.__index = Group

local files = {}

local cases = {}

---A group: `verb` is what follows "docker", `path` a pattern of the request that is compared,
---`call(client, case)` what we do for a case.
---@param facts { verb: string, path: string, tail?: string, call: function, of?: function, defaults?: table }
---tail: what follows the flags; of: what of the request is compared, the body unless given; defaults and
---unordered: as of `essence`; environment: variables for the CLI; api_version: that of our client
function cases.group(facts)
  facts.list, facts.refused, facts.deviations = {}, {}, {}
  return setmetatable(facts, Group)
end

---A file with this text, to be named by a case.
---@return string path
function cases.file(text)
  local path = os.tmpname()
  local handle = assert(io.open(path, "wb"))
  handle:write(text)
  handle:close()
  files[#files + 1] = path
  return path
end

---A folder with these files.
---@return string path
function cases.folder(contents)
  local path = os.tmpname()
  os.remove(path)
  assert(lfs.mkdir(path))
  for name, text in pairs(contents) do
    local handle = assert(io.open(path .. "/" .. name, "wb"))
    handle:write(text)
    handle:close()
    files[#files + 1] = path .. "/" .. name
  end
  files[#files + 1] = path
  return path
end

---Remove the files and folders.
function cases.clean()
  for _, path in ipairs(files) do os.remove(path) end
end

---One command line: its flags, our options, and what follows the tail, in both forms.
function Group:add(line, opts, command_line, command)
  self.list[#self.list + 1] = { line = line, opts = opts, more = command_line or "", command = command }
end

-- Hand one flag with several values to a method: "%s" of the line and the value of the option.
local function hand(group, method, line, name, list)
  for _, pair in ipairs(list) do
    local text, value = pair, pair
    if type(pair) == "table" then text, value = pair[1], pair[2] end
    method(group, line:format(text), { [name] = value })
  end
end

---One flag with several values.
function Group:each(line, name, list) hand(self, self.add, line, name, list) end

---A command line of which we make something else than the CLI, and why: `ours` is what we have at the path
---`at` of what is compared.
function Group:differ(line, opts, why, at, ours)
  self.deviations[#self.deviations + 1] = { line = line, opts = opts, more = "", why = why, at = at, ours = ours }
end

---A command line that neither takes.
function Group:refuse(line, opts, command_line, command)
  self.refused[#self.refused + 1] = { line = line, opts = opts, more = command_line or "", command = command }
end

---One flag with several values that neither takes.
function Group:refuse_each(line, name, list) hand(self, self.refuse, line, name, list) end

return cases
