-- The reference says what the comments say, and its site has no dead links.

package.path = "./?.lua;" .. package.path

local comments = require "tools.docs.comments"
local html = require "tools.docs.html"
local markdown = require "tools.docs.markdown"

local function read(path)
  local file = assert(io.open(path, "rb"), path)
  local bytes = file:read "*a"
  file:close()
  return bytes
end

describe("a doc comment", function()
  local comment = comments.parse {
    "Stop it. Like `docker stop`.  POST /containers/{id}/stop",
    "@param name string|{ repo: string, tag?: string }  a name, or its parts",
    "@param fn? fun(source: string, bytes: string): boolean  called",
    "more of it, and",
    "more",
    "@param opts? { t?: integer, filters?: table<string, string[]>, timeout?: number, v?: boolean }  t: seconds, -1:",
    "never; not for all",
    "v: with a | in it",
    "@return true? ok, boolean|string already_or_message, moondock.Error? err  already: it was",
  }

  it("has its words and requests", function()
    assert.matches("^Stop it", comment.text)
    assert.same({ "POST /containers/{id}/stop" }, comment.requests)
  end)

  it("has parameters with types that hold blanks", function()
    assert.same({ name = "name", optional = false, type = "string|{ repo: string, tag?: string }",
      description = "a name, or its parts" }, comment.params[1])
    assert.same({ name = "fn", optional = true, type = "fun(source: string, bytes: string): boolean",
      description = "called more of it, and more" }, comment.params[2])
    assert.equal("{ t?: integer, filters?: table<string, string[]>, timeout?: number, v?: boolean }",
      comment.params[3].type)
  end)

  it("has results", function()
    assert.same({ { type = "true?", name = "ok" }, { type = "boolean|string", name = "already_or_message" },
      { type = "moondock.Error?", name = "err" } }, comment.returns)
    assert.equal("already: it was", comment.returned.description)
  end)

  it("has fields, a kind of which it is, and what calling it gives", function()
    local class = comments.parse { "A thing.", "@class moondock.Thing: moondock.Object, docker.Thing",
      "@overload fun(): string?", '@field ["os.version"]? string  of it', "@field all string[]" }
    assert.same({ "moondock.Object", "docker.Thing" }, class.parents)
    assert.equal("fun(): string?", class.overload)
    assert.same({ { name = "os.version", optional = true, type = "string", description = "of it" },
      { name = "all", optional = false, type = "string[]", description = "" } }, class.fields)
  end)

  it("becomes a chapter with the fields of its options", function()
    local text = markdown.class({ name = "moondock.Thing", short = "Thing", text = "A thing.", fields = {},
      methods = { { name = "stop", separator = ":", parameters = "opts", comment = comment } } },
      { ["Thing.stop"] = "thing:stop()" })
    assert.matches("thing:stop(opts)", text, 1, true)
    assert.matches("| `opts` | table | optional; not for all |", text, 1, true)
    assert.matches("| `opts.t` | `integer` | optional; seconds, -1: never |", text, 1, true)
    assert.matches("| `opts.timeout` | `number` | optional; seconds for the whole call |", text, 1, true)
    assert.matches("| `opts.v` | `boolean` | optional; with a \\| in it |", text, 1, true)
    assert.matches("| `opts.filters` | `table<string, string[]>` | optional |", text, 1, true)
    assert.matches("Request: `POST /containers/{id}/stop`", text, 1, true)
  end)
end)

describe("the manual", function()
  local manual = read "docs/manual.md"

  -- The fields of a class in a file that are no fields of the Engine.
  local function fields_of(path, class)
    local list = {}
    for _, found in ipairs(comments.of_file(path)) do
      for _, field in ipairs(found.comment.class == class and found.comment.fields or {}) do
        list[#list + 1] = field.name
      end
    end
    assert(#list > 0, class)
    return list
  end

  local function unnamed(path, class)
    local missing = {}
    for _, name in ipairs(fields_of(path, class)) do
      if not manual:find("%f[%w_]" .. name .. "%f[^%w_]") then missing[#missing + 1] = name end
    end
    return missing
  end

  local function names_all(text, path, class)
    for _, name in ipairs(fields_of(path, class)) do assert.matches("`" .. name .. "`", text, 1, true) end
  end

  it("names every option of connect", function()
    names_all(manual:match "Options of `connect`:(.-)\n\nAny number", "lua/moondock/client.lua",
      "moondock.ConnectOptions")
  end)

  for _, class in ipairs { "Create", "Run", "Exec", "Build", "Network", "NetworkConnect", "Volume", "SwarmInit",
    "SwarmJoin" } do
    class = "moondock." .. class .. "Options"
    it("names every one of " .. class, function()
      assert.same({}, unnamed("lua/moondock/options.lua", class))
    end)
  end

  it("names the fields of an error", function()
    names_all(manual:match "\n## Errors(.-)\n## ", "lua/moondock/errors.lua", "moondock.Error")
  end)
end)

describe("the site", function()
  local folder, pages = nil, {}

  setup(function()
    folder = os.tmpname()
    os.remove(folder)
    os.execute(("lua5.4 tools/docs.lua %s >/dev/null 2>&1"):format(folder))
    local pipe = io.popen("ls " .. folder)
    for name in pipe:lines() do pages[name] = read(folder .. "/" .. name) end
    pipe:close()
  end)

  teardown(function() os.execute("rm -rf " .. folder) end)

  it("has a page for each class, and the guide", function()
    for _, name in ipairs { "index.html", "manual.html", "examples.html", "reference-container.html",
      "reference-client.html", "style.css", "search.js", "index.js", "reference.md" } do
      assert.is_truthy(pages[name], name)
    end
    assert.matches('<h3 id="stop">', pages["reference-container.html"], 1, true)
    assert.matches('{t:"Container:stop",u:"reference-container.html#stop"', pages["index.js"], 1, true)
  end)

  it("has the types on a page, and links to it from where they are taken", function()
    assert.matches('<h3 id="moondockrunoptions">', pages["types.html"], 1, true)
    assert.matches("<td><code>publish_all?</code></td>", pages["types.html"], 1, true)
    assert.matches('<h3 id="dockerrestartpolicy">', pages["types.html"], 1, true)
    assert.matches('<a href="types.html#moondockrunoptions"><code>moondock.RunOptions</code></a>',
      pages["reference-client.html"], 1, true)
    assert.matches('<a href="reference-container.html"><code>moondock.Container</code></a>',
      pages["reference-containers.html"], 1, true)
    assert.matches("[`moondock.RunOptions`](#moondockrunoptions)", pages["reference.md"], 1, true)
  end)

  it("finds types, options, and the fields of the Engine", function()
    assert.matches('{t:"moondock.RunOptions",u:"types.html#moondockrunoptions"', pages["index.js"], 1, true)
    assert.matches('{t:"moondock.CreateOptions.publish_all",u:"types.html#moondockcreateoptions"', pages["index.js"],
      1, true)
    assert.matches('m:"[^"]*MaximumRetryCount', pages["index.js"])
  end)

  it("names what a class inherits", function()
    local duplex = pages["reference-duplex.html"]
    assert.matches('<a href="reference-logstream.html#lines"><code>lines</code></a>', duplex, 1, true)
    assert.matches('<a href="reference-stream.html#close"><code>close</code></a>', duplex, 1, true)
    assert.matches("<code>docker.ContainerSummary</code></a> as well", pages["reference-container.html"], 1, true)
  end)

  it("needs no server and nobody else", function()
    for name, body in pairs(pages) do
      if name:find "%.html$" then
        assert.is_nil(body:find("<script[^>]*src=\"%a+:"), name)
        assert.is_nil(body:find("<link[^>]*href=\"%a+:"), name)
      end
    end
  end)

  it("has no dead links", function()
    local dead = {}
    for name, body in pairs(pages) do
      if name:find "%.html$" then
        for target in body:gmatch 'href="([^"]*)"' do
          local file, anchor = target:match "^([^#]*)#?(.*)$"
          local page = pages[file == "" and name or file]
          if not target:find "^%a+:" then
            if not page then dead[#dead + 1] = name .. ": " .. target end
            if page and anchor ~= "" and not page:find('id="' .. anchor .. '"', 1, true) then
              dead[#dead + 1] = name .. ": " .. target
            end
          end
        end
      end
    end
    table.sort(dead)
    assert.same({}, dead)
  end)

  it("has every anchor once", function()
    local double = {}
    for name, body in pairs(pages) do
      local seen = {}
      for id in body:gmatch ' id="([^"]*)"' do
        if seen[id] then double[#double + 1] = name .. "#" .. id end
        seen[id] = true
      end
    end
    assert.same({}, double)
  end)

  it("makes anchors as people link to them", function()
    assert.equal("the-engine-itself", html.anchor "The engine itself")
    assert.equal("stop_alllua", html.anchor "stop_all.lua")
  end)
end)
