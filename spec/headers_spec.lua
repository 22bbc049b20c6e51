local config = require "moondock.config"
local environment = require "spec.environment"
local headers = require "moondock.headers"

describe("the headers of a client", function()
  before_each(environment.begin)
  after_each(environment.finish)

  local function lines(opts)
    return headers.lines(opts or {}, config.reader())
  end

  local function fails(pattern)
    local list, message, err = lines()
    assert.is_nil(list)
    assert.are.equal("config", err.kind)
    assert.matches(pattern, message)
    return message
  end

  local function custom(text)
    environment.variables.DOCKER_CUSTOM_HEADERS = text
  end

  it("say who asks", function()
    assert.are.same({ "User-Agent: moondock" }, lines())
    assert.are.same({ "User-Agent: mine/1" }, lines { user_agent = "mine/1" })
    assert.are.same({ "user-agent: theirs" }, lines { headers = { ["user-agent"] = "theirs" } })
    assert.are.same({ "User-Agent: mine" }, lines { headers = { ["user-agent"] = "theirs" }, user_agent = "mine" })
  end)

  it("are those of config.json, below those of the option", function()
    environment.write("config.json", '{"HttpHeaders":{"X-A":"one","x-b":"two"}}')
    assert.are.same({ "User-Agent: moondock", "X-A: one", "x-b: two" }, lines())
    assert.are.same({ "User-Agent: moondock", "X-A: one", "X-B: mine" }, lines { headers = { ["X-B"] = "mine" } })
  end)

  it("are those of DOCKER_CUSTOM_HEADERS in place of config.json's", function()
    environment.write("config.json", '{"HttpHeaders":{"X-A":"one"}}')
    custom "X-C=three"
    assert.are.same({ "User-Agent: moondock", "X-C: three" }, lines())
    custom ""
    assert.are.same({ "User-Agent: moondock", "X-A: one" }, lines())
  end)

  local good = {
    { "a=1,b=2", { "a: 1", "b: 2" } },
    { '"a=1,2",b=3', { "a: 1,2", "b: 3" } },
    { '"a=say ""hi"", twice"', { 'a: say "hi", twice' } },
    { "a=1=2", { "a: 1=2" } },
    { " a =1", { "a: 1" } },
    { "a= 1 ", { "a:  1 " } },
    { "a=1,A=2", { "A: 2" } },
    { "a=", { "a: " } },
  }
  for _, case in ipairs(good) do
    it("are read from " .. case[1], function()
      custom(case[1])
      table.insert(case[2], 1, "User-Agent: moondock")
      table.sort(case[2])
      assert.are.same(case[2], lines())
    end)
  end

  local bad = {
    { "secret", "part 1 has no '='" },
    { "a=secret,secret", "part 2 has no '='" },
    { "=secret", "'' is no name of a header" },
    { "a b=secret", "'a b' is no name of a header" },
    { '"a=secret', "a quote is not closed" },
    { '"a=secret"b,c=1', "something follows a closing quote" },
    { 'a="secret"', "a quote in a part that does not begin with one" },
    { "a=1,", "part 2 has no '='" },
    { '"a=secret\nX: y"', "the value of a has control characters" },
  }
  for _, case in ipairs(bad) do
    it("are refused as " .. case[1]:gsub("%c", "?"), function()
      custom(case[1])
      local message = fails("^bad header in DOCKER_CUSTOM_HEADERS: " .. case[2])
      assert.is_nil(message:find("secret", 1, true))
    end)
  end

  for what, json in pairs {
    ["HttpHeaders is no object"] = '{"HttpHeaders":"x"}',
    ["the value of X%-A is no text"] = '{"HttpHeaders":{"X-A":5}}',
    ["'X A' is no name"] = '{"HttpHeaders":{"X A":"5"}}',
    ["the value of X%-A has control characters"] = '{"HttpHeaders":{"X-A":"1\\r\\nB: 2"}}',
  } do
    it("of config.json are refused when " .. what, function()
      environment.write("config.json", json)
      fails("config%.json: " .. what)
    end)
  end

  it("of a broken or silent config.json are none", function()
    environment.write("config.json", "{")
    assert.are.same({ "User-Agent: moondock" }, lines())
    environment.write("config.json", '{"HttpHeaders":null}')
    assert.are.same({ "User-Agent: moondock" }, lines())
  end)

  it("that are ours are not configuration's to change", function()
    custom "User-Agent=x,Host=x,Content-Type=x,content-length=5,X-Registry-Auth=x,Connection=close,X-Mine=1"
    assert.are.same({ "User-Agent: moondock", "X-Mine: 1" }, lines())
  end)

  it("of the option are checked, at the caller's line", function()
    for pattern, opts in pairs {
      ["'a b' is no name"] = { headers = { ["a b"] = "x" } },
      ["'1' is no name"] = { headers = { "x" } },
      ["the value of a is no text"] = { headers = { a = 5 } },
      ["the value of a has control characters"] = { headers = { a = "x\r\ny" } },
      ["Content%-Length is not for the caller to set"] = { headers = { ["Content-Length"] = "5" } },
      ["upgrade is not for the caller to set"] = { headers = { upgrade = "h2c" } },
      ["user_agent must not contain control"] = { user_agent = "x\ny" },
    } do
      local ok, message = pcall(headers.check, opts)
      assert.is_false(ok)
      assert.matches(pattern, message)
    end
  end)
end)


describe("merged headers", function()
  it("are those of the last list that has the name", function()
    assert.are.same({ "a: 1", "B: 3", "c: 4" },
      headers.merge { { "a: 1", "b: 2" }, {}, { "B: 3", "c: 4" } })
  end)

  it("keep what one list says twice", function()
    assert.are.same({ "a: 1", "a: 2" }, headers.merge { { "a: 0" }, { "a: 1", "a: 2" } })
  end)
end)
