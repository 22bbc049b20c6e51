-- Makes the reference out of the comments of the library, and a site of it and of the guide.
--
--   lua5.4 tools/docs.lua [FOLDER]    writes reference.md and the site into FOLDER (build/docs)
--   lua5.4 tools/docs.lua --check     only says what lacks a comment, a parameter or an example
--
-- An example is a piece of docs/snippets/*.lua below a line `--# Class:method` (`--# docker.all`);
-- spec/live/snippets_spec.lua runs them all. The exit status is 1 when something lacks.

package.path = "./?.lua;" .. package.path

local html = require "tools.docs.html"
local kinds = require "tools.docs.kinds"
local links = require "tools.docs.links"
local markdown = require "tools.docs.markdown"
local model = require "tools.docs.model"
local snippets = require "tools.docs.snippets"
local types = require "tools.docs.types"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local bytes = file:read "*a"
  file:close()
  return bytes
end

local function write(path, bytes)
  local file = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
end

local function lacks_of(class, method, examples, problems)
  local name = class.short .. "." .. method.name
  local function lack(what) problems[#problems + 1] = name .. " lacks " .. what end
  if not method.comment.text:find "^%u" then lack "a sentence" end
  local documented = {}
  for _, param in ipairs(method.comment.params) do documented[param.name] = true end
  for parameter in (method.parameters or ""):gmatch "[%a_][%w_]*" do
    if not documented[parameter] then lack("a word on its parameter " .. parameter) end
  end
  if not method.is_value and not examples[name] then lack "an example in docs/snippets" end
end

-- What is public and not described.
local function check(found, examples)
  local problems = {}
  for _, class in ipairs { found.docker, (table.unpack or unpack)(found.classes) } do
    for _, method in ipairs(class.methods) do lacks_of(class, method, examples, problems) end
  end
  local known = {}
  for _, class in ipairs { found.docker, (table.unpack or unpack)(found.classes) } do
    for _, method in ipairs(class.methods) do known[class.short .. "." .. method.name] = true end
  end
  for name in pairs(examples) do
    if not known[name] then problems[#problems + 1] = "an example for what is not there: " .. name end
  end
  table.sort(problems)
  return problems
end

-- Links between the files of the repository as links between pages.
local function relink(body)
  return (body:gsub('href="([^"#]*)(#?[^"]*)"', function(path, anchor)
    local name = path:match "([^/]+)$"
    if path == "" or path:find "^%a+:" or path:find "^[%w-]+%.html$" then return nil end
    if name == "README.md" then return 'href="index.html' .. anchor .. '"' end
    if name:find "%.md$" then return 'href="' .. name:gsub("%.md$", ".html") .. anchor .. '"' end
    if path:find "examples/[%w_]+%.lua$" then
      return 'href="examples.html#' .. html.anchor(name) .. '"'
    end
    return 'href="index.html"'
  end))
end

local function examples_text()
  local pipe = assert(io.popen "LC_ALL=C ls examples/*.lua")
  local parts = { "# Examples", "" }
  for path in pipe:lines() do
    parts[#parts + 1] = "## " .. path:match "[^/]+$"
    parts[#parts + 1] = ""
    parts[#parts + 1] = "```lua"
    parts[#parts + 1] = read(path)
    parts[#parts + 1] = "```"
    parts[#parts + 1] = ""
  end
  pipe:close()
  return table.concat(parts, "\n")
end

local function exists(path)
  local file = io.open(path)
  if file then file:close() end
  return file ~= nil
end

local function pages_of(found, examples, list)
  local names, link = types.names(found), links.of_site(found, list)
  local pages = {}
  local function add(title, file, group, text, depth)
    pages[#pages + 1] = { title = title, file = file, group = group, depth = depth,
      body = relink(html.of_markdown(text)) }
  end
  add("moondock", "index.html", "Guide", read "README.md", 2)
  for _, guide in ipairs { "manual", "recipes", "connecting" } do
    local path = "docs/" .. guide .. ".md"
    if exists(path) then add(guide:gsub("^%l", string.upper), guide .. ".html", "Guide", read(path), 2) end
  end
  add("Examples", "examples.html", "Guide", examples_text(), 2)
  for _, class in ipairs { found.docker, (table.unpack or unpack)(found.classes) } do
    add(class.short, "reference-" .. class.short:lower() .. ".html", "Reference",
      markdown.class(class, examples, names, link), 3)
  end
  add("Types", "types.html", "Reference", markdown.kinds(list, names, link), 2)
  add("Changes", "CHANGELOG.html", "Project", read "CHANGELOG.md", 2)
  add("Design", "design.html", "Project", read "docs/design.md", 2)
  add("Contributing", "CONTRIBUTING.html", "Project", read "CONTRIBUTING.md", 2)
  return pages
end

local function quoted(text)
  return '"' .. text:gsub('[%c\\"<]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"'
end

-- The options one by one, and other types by the names of their fields.
local function add_kinds(list, add)
  for _, kind in ipairs(list) do
    local url, fields = "types.html#" .. html.anchor(kind.name), {}
    for i, field in ipairs(kind.fields) do
      fields[i] = field.name
      if kind.name:find "Options$" then add(kind.name .. "." .. field.name, url, field.description) end
    end
    add(kind.name, url, kind.text or "", table.concat(fields, " "))
  end
end

-- What the search knows: the methods, the types, and the headings of the guide.
local function index_of(found, pages, list)
  local entries = {}
  local function add(title, url, text, more)
    entries[#entries + 1] = ("{t:%s,u:%s,d:%s,m:%s}"):format(quoted(title), quoted(url), quoted(text),
      quoted(more or ""))
  end
  for _, class in ipairs { found.docker, (table.unpack or unpack)(found.classes) } do
    local page = "reference-" .. class.short:lower() .. ".html"
    add(class.short, page, class.text or "")
    for _, method in ipairs(class.methods) do
      add(class.short .. method.separator .. method.name, page .. "#" .. html.anchor(method.name), method.comment.text)
    end
  end
  add_kinds(list, add)
  for _, page in ipairs(pages) do
    if page.group ~= "Reference" then
      for _, heading in ipairs(html.headings(page.body)) do
        add(heading.title, page.file .. "#" .. heading.anchor, page.title)
      end
    end
  end
  return "const INDEX = [\n" .. table.concat(entries, ",\n") .. "\n];\n"
end

local function reference_text(found, examples, list)
  local names, link = types.names(found), links.of_text(found, list)
  local parts = { "# Reference\n" }
  for _, class in ipairs { found.docker, (table.unpack or unpack)(found.classes) } do
    parts[#parts + 1] = markdown.class(class, examples, names, link)
  end
  parts[#parts + 1] = markdown.kinds(list, names, link)
  return table.concat(parts, "\n")
end

local found, examples = model.read(), snippets.read()
local problems = check(found, examples)
for _, problem in ipairs(problems) do io.stderr:write(problem, "\n") end
if arg[1] ~= "--check" then
  local folder = arg[1] or "build/docs"
  os.execute("mkdir -p '" .. folder .. "'")
  local list = kinds.of(found)
  local pages = pages_of(found, examples, list)
  for _, page in ipairs(pages) do write(folder .. "/" .. page.file, html.page(page, pages)) end
  for _, name in ipairs { "style.css", "search.js" } do
    write(folder .. "/" .. name, read("tools/docs/" .. name))
  end
  write(folder .. "/index.js", index_of(found, pages, list))
  write(folder .. "/reference.md", reference_text(found, examples, list))
  print(("%s/index.html: %d pages"):format(folder, #pages))
end
os.exit(#problems == 0 and 0 or 1)
