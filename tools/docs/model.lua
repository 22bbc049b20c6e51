-- What is public: the functions of `docker`, and the classes with their methods, out of the comments of
-- the library's files.

local comments = require "tools.docs.comments"

local model = {}

-- Classes that users meet, in the order of the reference.
local ORDER = { "moondock.Client", "moondock.Containers", "moondock.Container", "moondock.Execs", "moondock.Exec",
  "moondock.Images", "moondock.Image", "moondock.Networks", "moondock.Network", "moondock.Volumes",
  "moondock.Volume", "moondock.Swarm", "moondock.Nodes", "moondock.Node", "moondock.Services",
  "moondock.Service", "moondock.Tasks", "moondock.ServiceTask", "moondock.Secrets", "moondock.Secret",
  "moondock.Configs", "moondock.Config", "moondock.Plugins", "moondock.Plugin", "moondock.Distribution",
  "moondock.Fleet", "moondock.FleetEvents", "moondock.Task", "moondock.Stream", "moondock.ByteStream",
  "moondock.ValueStream", "moondock.EventStream", "moondock.LogStream", "moondock.Duplex", "moondock.Raw",
  "moondock.Result", "moondock.Error",
  "moondock.Endpoint" }

local function files()
  local pipe = assert(io.popen "find lua/moondock -name '*.lua' | LC_ALL=C sort")
  local list = {}
  for path in pipe:lines() do list[#list + 1] = path end
  pipe:close()
  return list
end

local function class_of(classes, name)
  classes[name] = classes[name] or { name = name, short = name:match "[^.]*$", methods = {}, fields = {} }
  return classes[name]
end

-- Take what a commented line defines. `locals` says which class a local name of the file stands for.
local function take(found, item, locals)
  local comment, code = item.comment, item.code
  for alias, kind in pairs(comment.aliases) do found.aliases[alias] = kind end
  if comment.class then
    local class = class_of(found.classes, comment.class)
    if not class.item or comment.text ~= "" then -- files that add methods name the class again
      class.text, class.fields, class.parents, class.item = comment.text, comment.fields, comment.parents, item
      class.overload = comment.overload
    end
    local name = code:match "^local (%u%w*) ="
    if name then locals[name] = class end
    return
  end
  local owner, separator, name, parameters = code:match "^function ([%w_]+)([.:])([%l_][%w_]*)%((.*)%)"
  if owner then
    local class = locals[owner]
    local entry = { name = name, parameters = parameters, comment = comment, item = item, separator = separator }
    if class then class.methods[#class.methods + 1] = entry end
    found.functions[owner .. "." .. name] = entry
  end
  local plain = code:match "^local function ([%w_]+)%("
  if plain then
    local module = item.path:match "([^/]+)%.lua$"
    found.functions[module .. "." .. plain] = { name = plain, parameters = code:match "%((.*)%)", comment = comment,
      item = item, separator = "." }
  end
end

-- Those that are added to it.
local function functions_after(found)
  local list = {}
  for key, entry in pairs(found.functions) do
    if key:find "^docker%." then list[#list + 1] = entry end
  end
  return list
end

-- The entries of the table that `require "moondock"` returns, with the comments of what they stand for.
local function docker_functions(found)
  local list = {}
  local pending
  for line in io.lines "lua/moondock/init.lua" do
    local text = line:match "^%s*%-%-%-(.*)$"
    if text then
      pending = pending or {}
      pending[#pending + 1] = text
    else
      local name, value = line:match "^  ([%l_]+) = (.-),?$"
      local target = name and (found.functions[value] or found.functions[value .. "." .. name])
      if name and (pending or target) then
        list[#list + 1] = { name = name, separator = ".", item = { path = "lua/moondock/init.lua" },
          comment = pending and comments.parse(pending) or target.comment,
          parameters = target and target.parameters, is_value = not target and not value:find "function" }
      end
      pending = nil
    end
  end
  for _, name in ipairs(functions_after(found)) do list[#list + 1] = name end
  return list
end

---Read the library.
---@return { classes: table[], docker: table }
function model.read()
  local found = { classes = {}, functions = {}, aliases = {} }
  for _, path in ipairs(files()) do
    local locals = {}
    for line in io.lines(path) do -- a file that adds methods to the class of another
      local name, class = line:match "^local (%u%w*) = require%(?%s*\"[%w.]+\"%)?%.(%u%w*)"
      if name then locals[name] = class_of(found.classes, "moondock." .. class) end
    end
    for _, item in ipairs(comments.of_file(path)) do take(found, item, locals) end
  end
  local classes = {}
  for _, name in ipairs(ORDER) do
    local class = found.classes[name]
    if class and class.item then
      classes[#classes + 1], class.has_page = class, true
    end
  end
  return { classes = classes, all = found.classes, aliases = found.aliases,
    docker = { name = "docker", short = "docker", text = "What `require \"moondock\"` returns.",
      methods = docker_functions(found), fields = {} } }
end

return model
