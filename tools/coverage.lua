-- Whether every operation of the table is reached by a documented method that a spec calls.
--
--   tools/coverage.lua [--list] [LIBRARY SPECS]    (lua/moondock and spec unless given)
--
-- It needs the built core (`make coverage`). What is left out on purpose is listed here, with the
-- reason; what is listed and not left out is a mistake as well.

local core = require "moondock.core"

local LEFT_OUT = {
  SystemPingHead = "the library asks it for the version; people ask ping, which is the GET",
}

-- Operations that change something and are sent by several methods. What only asks may be sent by any.
local SHARED = {
  ImageCreate = "it pulls and it imports",
  ExecStart = "exec makes and starts one at once",
}

-- Reading ---------------------------------------------------------------------------------------

local function files_in(folder)
  local pipe = assert(io.popen(("find '%s' -name '*.lua' | LC_ALL=C sort"):format(folder)))
  local list = {}
  for path in pipe:lines() do
    local file = assert(io.open(path))
    list[#list + 1] = { path = path, text = file:read "*a" }
    file:close()
  end
  pipe:close()
  return list
end

-- "GET /containers/{id}/json" with nameless parameters.
local function request_key(method, path)
  return method .. " " .. path:gsub("{[^}]*}", "{}")
end

local function requests_in(comment)
  local set = {}
  for method, path in comment:gmatch "(%u%u%u+) (/[%w_/{}]+)" do
    set[request_key(method, path)] = true
  end
  return set
end

-- The comment that ends right before line `at`.
local function comment_above(lines, at)
  local first = at
  while first > 1 and lines[first - 1]:find "^%-%-%-" do first = first - 1 end
  return table.concat(lines, "\n", first, at - 1)
end

-- The function that begins at line `at`, up to its `end` in the first column.
local function body_from(lines, at)
  local last = at
  while lines[last] and lines[last] ~= "end" do last = last + 1 end
  return table.concat(lines, "\n", at, math.min(last, #lines))
end

local function literals_in(body, known)
  local set = {}
  for name in body:gmatch '"(%u%a+)"' do set[name] = known[name] and true or nil end
  return set
end

-- Where the name of an operation is due.
local CALLS = { ':call%(\n?%s*"(%w+)"', 'call%.%l+%([%w_.]+,%s*"(%w+)"',
  'with_progress%([%w_.]+,%s*"(%w+)"', 'limits%([%w_.]+,%s*"(%w+)"' }

local function methods_in(file, known)
  local list, lines = {}, {}
  for line in file.text:gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  for at, line in ipairs(lines) do
    local class, name = line:match "^function (%u%a*)[:.](%l[%w_]*)%("
    if class then
      list[#list + 1] = { class = class, name = name,
        requests = requests_in(comment_above(lines, at)),
        operations = literals_in(body_from(lines, at), known) }
    end
  end
  return list
end

-- Judging ---------------------------------------------------------------------------------------

local problems = {}

local function problem(text, ...)
  problems[#problems + 1] = text:format(...)
end

local function check_names(files, known)
  for _, file in ipairs(files) do
    for _, pattern in ipairs(CALLS) do
      for name in file.text:gmatch(pattern) do
        if not known[name] then problem("%s: there is no operation %s", file.path, name) end
      end
    end
  end
end

local function is_named(files, name)
  local literal = '"' .. name .. '"'
  for _, file in ipairs(files) do
    if file.text:find(literal, 1, true) then return true end
  end
  return false
end

local function title(method)
  return method.class .. ":" .. method.name
end

local function select_methods(methods, accept)
  local list = {}
  for _, method in ipairs(methods) do
    if accept(method) then list[#list + 1] = method end
  end
  return list
end

local function titles(methods)
  local list = {}
  for i, method in ipairs(methods) do list[i] = title(method) end
  return table.concat(list, ", ")
end

-- Whether a spec calls the method: by its name, in a file that is about its class.
local function is_called(specs, method)
  local class = method.class:lower()
  local call = method.class == "Client" and "[%w_]:" .. method.name .. "%f[^%w_]"
    or ":" .. method.name .. "%f[^%w_]"
  for _, spec in ipairs(specs) do
    if spec.text:find(call) and (class == "client" or spec.text:find(class, 1, true)) then
      return spec.path
    end
  end
end

local function spec_of(specs, methods)
  for _, method in ipairs(methods) do
    local path = is_called(specs, method)
    if path then return path end
  end
end

local function check_shared(name, methods)
  if core.operation(name).method == "GET" then return end
  local senders = select_methods(methods, function(method) return method.operations[name] end)
  if #senders > 1 and not SHARED[name] then
    problem("%s is sent by %s: say why in SHARED", name, titles(senders))
  elseif #senders < 2 and SHARED[name] then
    problem("%s is in SHARED, but is sent by one method", name)
  end
end

-- Where an operation is reached and tested: its line of the list, or nil.
local function judge(name, files, specs, methods)
  local operation = core.operation(name)
  local key = request_key(operation.method, operation.path)
  local documented = select_methods(methods, function(method) return method.requests[key] end)
  local reached = #documented > 0 and is_named(files, name)
  if LEFT_OUT[name] then
    if reached then problem("%s is in LEFT_OUT, but %s reaches it", name, titles(documented)) end
    return nil
  elseif not reached then
    problem("%s (%s %s) is reached by no documented method", name, operation.method, operation.path)
    return nil
  end
  check_shared(name, methods)
  local spec = spec_of(specs, documented)
  if not spec then problem("%s: no spec calls %s", name, titles(documented)) end
  return ("%-26s %-48s %s"):format(name, titles(documented), spec or "")
end

local function known_operations()
  local known = {}
  for _, name in ipairs(core.operations()) do known[name] = true end
  return known
end

local function check_lists(known)
  for _, list in ipairs { LEFT_OUT, SHARED } do
    for name in pairs(list) do
      if not known[name] then problem("there is no operation %s, which is listed here", name) end
    end
  end
end

local function all_methods(files, known)
  local methods = {}
  for _, file in ipairs(files) do
    for _, method in ipairs(methods_in(file, known)) do methods[#methods + 1] = method end
  end
  return methods
end

local function main(arguments)
  local list = arguments[1] == "--list" and table.remove(arguments, 1)
  local files, specs = files_in(arguments[1] or "lua/moondock"), files_in(arguments[2] or "spec")
  local known, reached = known_operations(), 0
  check_lists(known)
  check_names(files, known)
  local methods = all_methods(files, known)
  for _, name in ipairs(core.operations()) do
    local line = judge(name, files, specs, methods)
    reached = reached + (line and 1 or 0)
    if list and line then print(line) end
  end
  for _, text in ipairs(problems) do io.stderr:write("coverage: ", text, "\n") end
  print(("%d of %d operations are reached by documented methods"):format(reached,
    #core.operations()))
  os.exit(#problems == 0 and 0 or 1)
end

main(arg)
