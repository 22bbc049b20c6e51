-- Whether a literal can be what an annotation says.

local KINDS = { String = "string", Number = "number", True = "boolean", False = "boolean", Function = "function" }

-- What every method takes besides that can be shown before it is sent.
local EVERYWHERE = { raw = true }

local literals = {}
literals.__index = literals

---A judge that knows these names.
function literals.new(names)
  return setmetatable({ names = names }, literals)
end

local function problem(node, text)
  return { { line = node.line, text = text } }
end

local function is_scalar(node, part)
  local kind = KINDS[node.tag]
  if part == "any" or part == "unknown" or part == kind then return true end
  if part == "integer" then return kind == "number" and tonumber(node[1]) % 1 == 0 end
  if part == "true" or part == "false" then return node.tag:lower() == part end
  if part:find "^fun%(" then return kind == "function" end
  return kind == "string" and part == ("%q"):format(node[1])
end

local function scalar(node, parts, text)
  for _, part in ipairs(parts) do
    if is_scalar(node, part) then return {} end
  end
  return problem(node, ("%s where %s is wanted"):format(KINDS[node.tag], text))
end

local function append(list, more)
  for _, item in ipairs(more) do list[#list + 1] = item end
end

function literals:field(key, value, fields, text)
  local field = fields[key[1]]
  if field then return self:check(value, field.type) end
  if fields.dry_run and EVERYWHERE[key[1]] then return {} end
  return problem(key, ("'%s' is no field of %s"):format(key[1], text))
end

-- A table against a record, a list or a map: what is wrong with it. nil where it can be anything.
function literals:table_as(node, part)
  local fields = self.names:fields(part)
  local items, values = part:match "^(.*)%[%]$", part:match "^table<[^,]+,%s*(.*)>$"
  if not (fields or items or values) then return nil end
  if items and items:find "^%b()$" then items = items:sub(2, -2) end
  local found = {}
  for _, child in ipairs(node) do
    local key = child.tag == "Pair" and child[1]
    if not key then
      append(found, items and self:check(child, items)
        or KINDS[child.tag] and problem(child, "a list where " .. part .. " is wanted") or {})
    elseif fields and key.tag == "String" then
      append(found, self:field(key, child[2], fields, part))
    elseif values then
      append(found, self:check(child[2], values))
    elseif items then
      append(found, problem(child, "names where " .. part .. " is wanted"))
    end
  end
  return found
end

local OPEN = { any = true, unknown = true, table = true }

-- One alternative that takes the table is enough; else the one that fits best says what is wrong.
function literals:table(node, parts, text)
  local best
  for _, part in ipairs(parts) do
    if OPEN[part] then return {} end
    local found = self:table_as(node, part)
    if found and (not best or #found < #best) then best = found end
  end
  return best or problem(node, "table where " .. text .. " is wanted")
end

---What is wrong with a node where a type is wanted: { line, text }. What is no literal is not looked at.
function literals:check(node, text)
  local parts = self.names:expand(text)
  if node.tag == "Table" then return self:table(node, parts, text) end
  if KINDS[node.tag] then return scalar(node, parts, text) end
  return {}
end

---What a literal is, as an annotation would say it.
function literals.type_of(node)
  return KINDS[node.tag]
end

return literals
