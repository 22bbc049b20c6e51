-- Checks code against the annotations: methods, fields, options and literals. It follows the types of locals
-- and says nothing where it does not know.

local literals = require "tools.usage.literals"
local types = require "tools.docs.types"

local Checker = {}
Checker.__index = Checker

-- Signatures ------------------------------------------------------------------------------------------------------

-- A method or function of the library as what a call has to look like.
local function signature_of(entry)
  if entry.is_value or not entry.parameters then return "any" end
  local results = {}
  for i, result in ipairs(entry.comment.returns) do results[i] = result.type end
  return { name = entry.name, parameters = entry.comment.params, results = results,
    is_open = entry.parameters:find("...", 1, true) ~= nil, is_method = entry.separator == ":" }
end

-- What a field holds, when it is called.
local function callable(text)
  local parameters, results = types.signature(text)
  if not parameters then return nil end
  return { name = "a function", parameters = parameters, results = results, is_open = true }
end

-- Members -----------------------------------------------------------------------------------------------------------

-- The type of a member of one class or record; nil where there is none, "any" where nothing is known.
function Checker:member_of(part, name)
  if part == "moondock" then return self.functions[name] end
  local fields = self.names:fields(part)
  if not fields then return part:match "^table<[^,]+,%s*(.*)>$" or "any" end
  local method = self.names:methods(part)[name]
  if method then return signature_of(method) end
  return fields[name] and fields[name].type
end

-- The same of a type with alternatives: one that has it is enough.
function Checker:member(text, name, node)
  local found
  for _, part in ipairs(self.names:expand(text)) do
    if part ~= "nil" then
      local kind = self:member_of(part, name)
      if kind == "any" then return nil end
      found = found or kind
    end
  end
  if not found then self:report(node, ("%s has no '%s'"):format(text, name)) end
  return found
end

function Checker:item(text)
  for _, part in ipairs(self.names:expand(text)) do
    local item = part:match "^(.*)%[%]$" or part:match "^table<[^,]+,%s*(.*)>$"
    if item then return item end
  end
end

-- Scopes ------------------------------------------------------------------------------------------------------------

function Checker:inside(fn)
  local outer = self.scope
  self.scope = setmetatable({}, { __index = outer })
  fn()
  self.scope = outer
end

-- A local without a known type hides what has its name further out.
function Checker:define(id, kind)
  self.scope[id[1]] = kind or false
end

-- After an assignment only a type that stays the same is still known.
function Checker:assign(id, kind)
  local scope = self.scope
  while scope and rawget(scope, id[1]) == nil do
    scope = (getmetatable(scope) or {}).__index
  end
  if scope and scope[id[1]] ~= kind then scope[id[1]] = false end
end

-- Expressions -------------------------------------------------------------------------------------------------------

local EXPRESSIONS, STATEMENTS = {}, {}

function Checker:report(node, text)
  table.insert(self.problems, { line = node.line, text = text })
end

---The types of what an expression gives. Each is a text or a signature; nil is unknown.
function Checker:values(node)
  local handler = EXPRESSIONS[node.tag]
  if handler then return handler(self, node) or {} end
  return { literals.type_of(node) }
end

function Checker:value(node)
  return self:values(node)[1] or nil
end

function EXPRESSIONS.Id(self, node)
  return { self.scope[node[1]] or nil }
end

function EXPRESSIONS.Paren(self, node)
  return { self:value(node[1]) }
end

function EXPRESSIONS.Table(self, node)
  for _, child in ipairs(node) do
    if child.tag == "Pair" then self:value(child[2]) else self:value(child) end
  end
end

function EXPRESSIONS.Function(self, node)
  self:body(node, {})
end

-- A word that is compared with what is one of a few words.
function Checker:compare(kind, node)
  if type(kind) ~= "string" or node.tag ~= "String" then return end
  for _, part in ipairs(self.names:expand(kind)) do
    if not part:find '^"' and part ~= "nil" then return end
  end
  for _, found in ipairs(self.literals:check(node, kind)) do self:report(found, "compared: " .. found.text) end
end

function EXPRESSIONS.Op(self, node)
  local left = self:value(node[2])
  local right = node[3] and self:value(node[3])
  if node[1] == "eq" or node[1] == "ne" then
    self:compare(left, node[3])
    self:compare(right, node[2])
  end
  if node[1] == "or" and left == right then return { left } end
  if node[1] == "concat" then return { "string" } end
end

function EXPRESSIONS.Index(self, node)
  local object = self:value(node[1])
  local key = node[2]
  if key.tag ~= "String" then self:value(key) end
  if type(object) ~= "string" then return end
  if key.tag ~= "String" then return { self:item(object) } end
  local kind = self:member(object, key[1], key)
  if type(kind) == "table" and kind.is_method then return end -- with its object as an argument
  return { kind }
end

-- What `assert` lets through.
local function without_nil(kind)
  if type(kind) ~= "string" then return kind end
  local parts = {}
  for _, part in ipairs(types.alternatives(kind)) do
    if part ~= "nil" then parts[#parts + 1] = part:find "^fun%(" and "(" .. part .. ")" or part end
  end
  return table.concat(parts, "|")
end

local BUILT_IN = {}

function BUILT_IN.assert(self, node)
  local values = self:values(node[2])
  for i = 3, #node do self:value(node[i]) end
  values[1] = without_nil(values[1])
  return values
end

function BUILT_IN.require(_, node)
  if node[2].tag == "String" and node[2][1] == "moondock" then return { "moondock" } end
end

-- A function that is given: its parameters are what it will be called with.
function Checker:argument(node, text)
  if node.tag ~= "Function" then return self:value(node) end
  for _, part in ipairs(self.names:expand(text)) do
    local parameters = types.signature(part)
    if parameters then return self:body(node, parameters) end
  end
  self:body(node, {})
end

local function spreads(node)
  return node and (node.tag == "Call" or node.tag == "Invoke" or node.tag == "Dots")
end

function Checker:count_arguments(call, arguments, node)
  local wanted = #call.parameters
  if #arguments > wanted and not call.is_open then
    self:report(node, ("%s takes %d arguments, not %d"):format(call.name, wanted, #arguments))
  end
  local missing = call.parameters[#arguments + 1]
  if missing and not missing.optional and not spreads(arguments[#arguments])
    and not (" " .. table.concat(self.names:expand(missing.type), " ") .. " "):find " nil " then
    self:report(node, ("%s lacks %s"):format(call.name, missing.name))
  end
end

-- A call of something that is known: its arguments are looked at.
function Checker:call(call, arguments, node)
  self.calls = self.calls + 1
  self:count_arguments(call, arguments, node)
  for i, argument in ipairs(arguments) do
    local parameter = call.parameters[i]
    self:argument(argument, parameter and parameter.type or "any")
    for _, found in ipairs(parameter and self.literals:check(argument, parameter.type) or {}) do
      self:report(found, call.name .. ": " .. found.text)
    end
  end
  return { (table.unpack or unpack)(call.results) }
end

function Checker:unknown_call(node, first)
  for i = first, #node do self:value(node[i]) end
end

function EXPRESSIONS.Call(self, node)
  local name = node[1].tag == "Id" and self.scope[node[1][1]] == nil and node[1][1]
  if BUILT_IN[name] and node[2] then return BUILT_IN[name](self, node) end
  local called = self:value(node[1])
  if type(called) == "string" then called = callable(called) end
  if not called then return self:unknown_call(node, 2) end
  return self:call(called, { (table.unpack or unpack)(node, 2) }, node)
end

function EXPRESSIONS.Invoke(self, node)
  local object = self:value(node[1])
  local called = type(object) == "string" and self:member(object, node[2][1], node[2])
  if type(called) ~= "table" or not called.is_method then return self:unknown_call(node, 3) end
  return self:call(called, { (table.unpack or unpack)(node, 3) }, node)
end

-- Statements --------------------------------------------------------------------------------------------------------

function Checker:block(block)
  for _, statement in ipairs(block) do
    local handler = STATEMENTS[statement.tag]
    if handler then handler(self, statement) else self:value(statement) end
  end
end

function Checker:scoped(block)
  self:inside(function() self:block(block) end)
end

function Checker:body(node, parameters)
  self:inside(function()
    for i, id in ipairs(node[1]) do
      if id.tag == "Id" then self:define(id, parameters[i] and parameters[i].type) end
    end
    self:block(node[2])
  end)
end

-- The types of a list of expressions, of which the last may give several.
function Checker:list(nodes)
  local kinds = {}
  for i, node in ipairs(nodes or {}) do
    local values = self:values(node)
    kinds[i] = values[1] or false
    for j = 2, i == #nodes and #values or 0 do kinds[i + j - 1] = values[j] end
  end
  return kinds
end

function STATEMENTS.Local(self, node)
  local kinds = self:list(node[2])
  for i, id in ipairs(node[1]) do self:define(id, kinds[i]) end
end

function STATEMENTS.Localrec(self, node)
  self:define(node[1][1])
  self:value(node[2][1])
end

function STATEMENTS.Set(self, node)
  local kinds = self:list(node[2])
  for i, target in ipairs(node[1]) do
    if target.tag == "Id" then self:assign(target, kinds[i]) else self:value(target[1]) end
  end
end

function STATEMENTS.Return(self, node)
  for _, value in ipairs(node) do self:value(value) end
end

function STATEMENTS.Do(self, node) self:scoped(node) end

function STATEMENTS.While(self, node)
  self:value(node[1])
  self:scoped(node[2])
end

function STATEMENTS.Repeat(self, node)
  self:inside(function()
    self:block(node[1])
    self:value(node[2])
  end)
end

function STATEMENTS.If(self, node)
  for _, part in ipairs(node) do
    if part.tag then self:value(part) else self:scoped(part) end
  end
end

function STATEMENTS.Fornum(self, node)
  for i = 2, #node - 1 do self:value(node[i]) end
  self:inside(function()
    self:define(node[1], "number")
    self:block(node[#node])
  end)
end

-- What the parts of a list or a map are, by `ipairs` or `pairs`.
function Checker:pairs_of(node)
  local text = self:value(node[2])
  if type(text) ~= "string" then return {} end
  return { node[1][1] == "ipairs" and "integer" or nil, self:item(text) }
end

-- What a stream or an iterator gives.
function Checker:iterated(node)
  if node.tag == "Call" and node[1].tag == "Id" and node[1][1]:find "^i?pairs$" and node[2] then
    return self:pairs_of(node)
  end
  local kind = self:value(node)
  for _, part in ipairs(type(kind) == "string" and self.names:expand(kind) or {}) do
    local _, results = types.signature(self.names:overload(part) or part)
    if results then return results end
  end
  return {}
end

function STATEMENTS.Forin(self, node)
  local kinds = self:iterated(node[2][1])
  for i = 2, #node[2] do self:value(node[2][i]) end
  self:inside(function()
    for i, id in ipairs(node[1]) do self:define(id, i == 1 and without_nil(kinds[1]) or kinds[i]) end
    self:block(node[3])
  end)
end

-- The whole -----------------------------------------------------------------------------------------------------------

local checker = {}

---A checker for a library as `model.read` found it.
function checker.new(found)
  local names = types.names(found)
  local functions = {}
  for _, entry in ipairs(found.docker.methods) do functions[entry.name] = signature_of(entry) end
  return setmetatable({ names = names, functions = functions, literals = literals.new(names), calls = 0 }, Checker)
end

---What is wrong with a piece of code: { line, text }. `tree` is what luacheck's parser makes of it; `given` the
---types of its globals.
function Checker:check(tree, given)
  self.problems, self.scope = {}, setmetatable({}, { __index = given })
  self:block(tree)
  return self.problems
end

return checker
