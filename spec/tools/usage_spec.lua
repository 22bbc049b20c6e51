-- What users are shown uses the library as its annotations say; and the check of that finds mistakes.

package.path = "./?.lua;" .. package.path

local checker = require "tools.usage.checker"
local model = require "tools.docs.model"
local parse = require "tools.usage.parse"

local one = checker.new(model.read())

-- What is wrong with a program, as texts.
local function problems_of(code)
  local tree, problem = parse('local docker = require "moondock"\nlocal client = assert(docker.connect())\n' .. code)
  local texts = {}
  for i, found in ipairs(tree and one:check(tree, {}) or { problem }) do texts[i] = found.text end
  return texts
end

describe("what users are shown", function()
  it("calls only what is there, with what it takes", function()
    local pipe = assert(io.popen "lua5.4 tools/usage.lua 2>&1")
    local output = pipe:read "*a"
    pipe:close()
    local calls, problems = output:match "(%d+) calls checked, (%d+) problems\n$"
    assert.equal("0", problems, output)
    assert.is_true(tonumber(calls) > 500, "only " .. calls .. " calls were looked at")
  end)
end)

it("the check of what users are shown says where a mistake is", function()
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write 'local docker = require "moondock"\n\ndocker.slep(1)\n'
  file:close()
  local pipe = assert(io.popen("lua5.4 tools/usage.lua " .. path .. "; echo $?"))
  local output = pipe:read "*a"
  pipe:close()
  os.remove(path)
  assert.equal(path .. ":3: moondock has no 'slep'\n0 calls checked, 1 problems\n1\n", output)
end)

describe("the check of what users are shown finds", function()
  local MISTAKES = {
    ["a method that is not there"] = { "client.containers:get('x'):strt()",
      "moondock.Container has no 'strt'" },
    ["a method of a method's result"] = { "assert(client.images:pull 'x'):puhs()", "moondock.Image has no 'puhs'" },
    ["a function that is not there"] = { "docker.slep(1)", "moondock has no 'slep'" },
    ["a collection that is not there"] = { "client.contaners:list()", "moondock.Client has no 'contaners'" },
    ["an option of another method"] = { "client.containers:get('x'):stop { force = true }",
      "stop: 'force' is no field of { t?: integer, signal?: string, timeout?: number, dry_run?: boolean }" },
    ["a flag that is not there"] = { "client:run('alpine', nil, { publihs = '80:80' })",
      "run: 'publihs' is no field of moondock.RunOptions" },
    ["a flag among all by name"] = { "client:run { image = 'alpine', publihs = '80:80' }",
      "run: 'publihs' is no field of moondock.RunOptions" },
    ["a field of the Engine deep in a body"] = {
      "client.containers:create('x', nil, { HostConfig = { RestartPolicy = { Nme = 'no' } } })",
      "create: 'Nme' is no field of docker.RestartPolicy" },
    ["a text where a number is wanted"] = { "client.containers:get('x'):stop { t = '5' }",
      "stop: string where integer is wanted" },
    ["a fraction where a whole number is wanted"] = { "client.containers:get('x'):stop { t = 1.5 }",
      "stop: number where integer is wanted" },
    ["a table where a text is wanted"] = { "client.images:pull { 'alpine' }",
      "pull: table where string is wanted" },
    ["a number in a list of texts"] = { "client.images:save { 'a', 2 }",
      "save: number where string|moondock.Image is wanted" },
    ["a list where names are wanted"] = { "client:info { 5 }",
      "info: a list where moondock.CallOptions is wanted" },
    ["a word that is no choice"] = { "client:run('x', nil, { pull = 'sometimes' })",
      'run: string where "missing"|"always"|"never" is wanted' },
    ["a field of a result"] = { "local details = assert(client.containers:get('x'):inspect())\n"
      .. "print(details.State.Runing)", "docker.ContainerState has no 'Runing'" },
    ["a field of what a list has"] = { "for _, one in ipairs(assert(client.containers:list())) do print(one.Nmaes) end",
      "moondock.Container has no 'Nmaes'" },
    ["a field of what a stream gives"] = { "for event in assert(client:events()) do print(event.Acton) end",
      "moondock.Event has no 'Acton'" },
    ["a field of an error"] = { "local ok, message, err = client:ping()\nif not ok then print(err.knid) end",
      "moondock.Error? has no 'knid'" },
    ["a kind of error that is none"] = { "local ok, message, err = client:ping()\n"
      .. "if not ok and err.kind == 'notfound' then os.exit() end",
      "compared: string where moondock.ErrorKind is wanted" },
    ["mistakes in a function that is given"] = { "docker.fleet({ 'a' }):map(function(one) return one:pnig() end)",
      "moondock.Client has no 'pnig'" },
    ["an argument too many"] = { "client.containers:get('x', {})", "get takes 1 arguments, not 2" },
    ["an argument that lacks"] = { "client.images:pull()", "pull lacks name" },
    ["what does not parse"] = { "local = 1", "does not parse" },
  }

  for what, case in pairs(MISTAKES) do
    it(what, function()
      local problems = problems_of(case[1])
      assert.equal(1, #problems, table.concat(problems, "\n"))
      assert.matches(case[2], problems[1], 1, true)
    end)
  end

  it("no mistake where it does not know", function()
    assert.same({}, problems_of [[
      local container = client.containers:get(arg[1])
      container = something(container)
      print(container.anything, container:whatever { at = all })
      local function of(one) return one:unknown() end
      local list = assert(client.containers:list { dry_run = true })
      print(list[1].Names[1], of(list), list.n, docker.null, client.endpoint.name)
      client:run("alpine", { "true" }, { HostConfig = { Memory = tonumber(arg[2]) }, env = { A = 1, B = true } })
    ]])
  end)
end)
