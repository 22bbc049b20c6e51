-- Pages of the static site: Markdown by cmark-gfm in a frame with navigation and a search that needs no
-- server.

local html = {}

local function escaped(text)
  return (text:gsub("[&<>\"]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }))
end

html.escaped = escaped

local function plain(text)
  return (text:gsub("<[^>]*>", ""):gsub("&lt;", "<"):gsub("&gt;", ">"):gsub("&quot;", '"'):gsub("&amp;", "&"))
end

---The name of a heading in a link, as GitHub makes it.
function html.anchor(text)
  return (text:lower():gsub("[^%w%s_-]", ""):gsub("%s", "-"))
end

---HTML of Markdown. Headings get anchors.
function html.of_markdown(text)
  local path = os.tmpname()
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  local pipe = assert(io.popen("cmark-gfm -e table -e strikethrough --unsafe " .. path))
  local body = pipe:read "*a"
  local ok = pipe:close()
  os.remove(path)
  assert(ok, "cmark-gfm is missing: make deps")
  return (body:gsub("<h(%d)>(.-)</h%d>", function(level, title)
    local anchor = html.anchor(plain(title))
    return ('<h%s id="%s"><a href="#%s">%s</a></h%s>'):format(level, anchor, anchor, title, level)
  end))
end

---The headings of a page: { level, title, anchor }.
function html.headings(body)
  local list = {}
  for level, anchor, title in body:gmatch '<h(%d) id="([^"]*)"><a [^>]*>(.-)</a></h%d>' do
    list[#list + 1] = { level = tonumber(level), title = plain(title), anchor = anchor }
  end
  return list
end

---A whole page. `pages` is the navigation: { title, file, group }.
function html.page(page, pages)
  local groups, order = {}, {}
  for _, other in ipairs(pages) do
    if not groups[other.group] then
      groups[other.group] = {}
      order[#order + 1] = other.group
    end
    local current = other.file == page.file and ' aria-current="page"' or ""
    table.insert(groups[other.group], ('<li><a href="%s"%s>%s</a></li>'):format(other.file, current,
      escaped(other.title)))
    if other.file == page.file then
      for _, heading in ipairs(html.headings(page.body)) do
        if heading.level == page.depth then
          table.insert(groups[other.group], ('<li class="in"><a href="#%s">%s</a></li>'):format(heading.anchor,
            escaped(heading.title)))
        end
      end
    end
  end
  local navigation = {}
  for _, group in ipairs(order) do
    navigation[#navigation + 1] = ("<h2>%s</h2><ul>%s</ul>"):format(escaped(group), table.concat(groups[group], "\n"))
  end
  return table.concat({ "<!doctype html>", '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    "<title>" .. escaped(page.title) .. " · moondock</title>", '<link rel="stylesheet" href="style.css"></head><body>',
    '<nav><input id="site:search" type="search" placeholder="Search ( / )" aria-label="Search">',
    '<ul id="site:found"></ul><input id="site:open" type="checkbox"><label for="site:open">Contents</label>',
    '<div id="site:rest">',
    table.concat(navigation, "\n"), "</div></nav>", "<main>" .. page.body .. "</main>",
    '<script src="index.js"></script><script src="search.js"></script></body></html>', "" }, "\n")
end

return html
