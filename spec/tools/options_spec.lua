-- The options that annotations name are those that the code knows: neither has one that the other lacks.

package.path = "./?.lua;" .. package.path

local core = require "moondock.core"
local docker = require "moondock"
local model = require "tools.docs.model"
local types = require "tools.docs.types"

local found = model.read()
local names = types.names(found)

-- Options of every call, and those that only open the way for secrets.
local EVERYWHERE = { timeout = true, raw = true, dry_run = true, insecure_credentials = true, idle_timeout = true }

local function sorted(set)
  local list = {}
  for name in pairs(set) do list[#list + 1] = name end
  table.sort(list)
  return list
end

-- The options that a type names, without the Engine's own fields.
local function options_of(text)
  local set = {}
  for _, part in ipairs(names:expand(text)) do
    for name in pairs(names:fields(part) or {}) do
      if not name:find "^%u" then set[name] = true end
    end
  end
  return set
end

-- No engine is there: what is wrong is raised before anything is sent, and all else fails.
local client = assert(docker.connect { host = "unix:///nowhere/docker.sock", api_version = "1.56" })

describe("the options of a class are those that the code takes:", function()
  -- What the error of an unknown option lists.
  local function listed(call)
    local _, message = pcall(call)
    local set = {}
    for name in tostring(message):match("it takes: (.-), and the Engine's own"):gmatch "[%w_]+" do set[name] = true end
    return set
  end

  local BOGUS = { no_such_option = true }

  local LISTED = {
    CreateOptions = function() client.containers:create("image", nil, BOGUS) end,
    RunOptions = function() client:run("image", nil, BOGUS) end,
    ExecOptions = function() client.containers:get("x"):exec("true", BOGUS) end,
    ExecCreateOptions = function() client.containers:get("x"):exec_create("true", BOGUS) end,
    NetworkConnectOptions = function() client.networks:get("x"):connect("y", BOGUS) end,
    ServiceOptions = function() client.services:create("image", nil, BOGUS) end,
    ServiceUpdateOptions = function() client.services:get("x"):update(BOGUS) end,
    SwarmInitOptions = function() client.swarm:init(BOGUS) end,
    SwarmJoinOptions = function() client.swarm:join("x", BOGUS) end,
    SwarmUpdateOptions = function() client.swarm:update(BOGUS) end,
    SecretOptions = function() client.secrets:create("x", "data", BOGUS) end,
    ConfigOptions = function() client.configs:create("x", "data", BOGUS) end,
  }

  local function same(known, class)
    local annotated = options_of("moondock." .. class)
    for name in pairs(EVERYWHERE) do known[name], annotated[name] = nil, nil end
    assert.same(sorted(known), sorted(annotated))
  end

  for class, call in pairs(LISTED) do
    it(class, function() same(listed(call), class) end)
  end

  -- Their `name` is an argument, which may stand among them.
  it("NetworkOptions", function()
    local known = listed(function() client.networks:create("x", BOGUS) end)
    known.name = true
    same(known, "NetworkOptions")
  end)

  it("VolumeOptions", function()
    local known = listed(function() client.volumes:create("x", BOGUS) end)
    known.name = true
    same(known, "VolumeOptions")
  end)

  it("ContainerUpdateOptions", function()
    same(require("moondock.container_flags").UPDATE, "ContainerUpdateOptions")
  end)

  it("BuildOptions, which has parameters under the names of their flags", function()
    local known = { auth = true, auths = true, on_progress = true, use_config_proxy = true }
    for _, parameter in ipairs(core.operation("ImageBuild").parameters) do
      if parameter.place == "query" then known[parameter.name] = true end
    end
    for flag, rule in pairs(require("moondock.build_flags").RENAMED) do
      known[rule[1]] = nil
      known[flag] = true
    end
    same(known, "BuildOptions")
  end)
end)

describe("what is said of the flags of a class is true:", function()
  local CALLS = {
    CreateOptions = function(opts) client.containers:create("image", nil, opts) end,
    ContainerUpdateOptions = function(opts) client.containers:get("x"):update(opts) end,
    ExecCreateOptions = function(opts) client.containers:get("x"):exec_create("true", opts) end,
    BuildOptions = function(opts) client.images:build("bytes", opts) end,
    NetworkOptions = function(opts) client.networks:create("x", opts) end,
    NetworkConnectOptions = function(opts) client.networks:get("x"):connect("y", opts) end,
    VolumeOptions = function(opts) client.volumes:create("x", opts) end,
    ServiceOptions = function(opts) client.services:create("image", nil, opts) end,
    SwarmInitOptions = function(opts) client.swarm:init(opts) end,
    SwarmFlags = function(opts) client.swarm:init(opts) end,
    SwarmJoinOptions = function(opts) client.swarm:join("x", opts) end,
  }

  -- What holds only beside something else: a file, a subnet, a mode, the name that is an argument.
  local DEPENDS = { ['security_opt "seccomp=profile.json"'] = true,
    ['aux_address { router = "10.20.0.2" }'] = true, ["max_concurrent 10"] = true,
    ["default_addr_pool_mask_length 10"] = true }

  local SAMPLES = { boolean = "true", integer = "10", number = "1.5" }

  -- Values of a field, as text: its examples, and one of each plain type.
  local function samples_of(field)
    local list = {}
    for _, part in ipairs(types.split(field.description:match "^[^;]*", ",")) do
      if part:find "^%b{}$" or part:find '^"[^"]*"$' then list[#list + 1] = part end
    end
    for _, part in ipairs(names:expand(field.type)) do list[#list + 1] = SAMPLES[part] end
    return list
  end

  for class, take in pairs(CALLS) do
    it(class, function()
      local refused, count = {}, 0
      for _, field in ipairs(found.all["moondock." .. class].fields) do
        for _, sample in ipairs(samples_of(field)) do
          local ok, message = pcall(take, { [field.name] = (loadstring or load)("return " .. sample)() })
          count = count + 1
          if not ok and not DEPENDS[field.name .. " " .. sample] then
            refused[#refused + 1] = sample .. ": " .. message
          end
        end
      end
      assert.same({}, refused)
      assert.is_true(count > 0)
    end)
  end
end)

-- An object of each class with methods that send something.
local OBJECTS = {
  Client = client, Containers = client.containers, Container = client.containers:get "x",
  Execs = client.exec, Exec = client.exec:get "x", Images = client.images, Image = client.images:get "x",
  Networks = client.networks, Network = client.networks:get "x", Volumes = client.volumes,
  Volume = client.volumes:get "x", Swarm = client.swarm, Nodes = client.nodes, Node = client.nodes:get "x",
  Services = client.services, Service = client.services:get "x", Tasks = client.tasks,
  ServiceTask = client.tasks:get "x", Secrets = client.secrets, Secret = client.secrets:get "x",
  Configs = client.configs, Config = client.configs:get "x", Plugins = client.plugins,
  Plugin = client.plugins:get "x", Distribution = client.distribution,
}

-- What is given for the parameters before the options.
local ARGUMENTS = { command = { "true" }, archive = "bytes", context = "bytes", names = { "x" }, change = {},
  settings = {}, replicas = 1, data = "bytes", fn = function() end }

-- They ask the engine before they look at their options.
local LATE = { ["Container.attach"] = true, ["Exec.start"] = true, ["Volume.update"] = true,
  ["Swarm.update"] = true, ["Node.update"] = true, ["Node.promote"] = true, ["Node.demote"] = true,
  ["Node.drain"] = true, ["Node.pause"] = true, ["Node.activate"] = true, ["Service.update"] = true,
  ["Service.rollback"] = true, ["Service.scale"] = true, ["Secret.update"] = true, ["Config.update"] = true,
  ["Plugin.upgrade"] = true }

-- Those of all named by arguments.
local NAMED = { ["Networks.create"] = { name = true }, ["Volumes.create"] = { name = true } }

-- What must be given besides.
local REQUIRED = { ["Container.resize"] = { h = 1, w = 1 }, ["Exec.resize"] = { h = 1, w = 1 } }

local function call(class, method, opts)
  local arguments, n = {}, 0
  for _, param in ipairs(method.comment.params) do
    n = n + 1
    if param.name == "opts" then
      arguments[n] = opts
    else
      arguments[n] = ARGUMENTS[param.name]
      if arguments[n] == nil then arguments[n] = "x" end
    end
  end
  local object = OBJECTS[class.short]
  local ok, message = pcall(object[method.name], object, (table.unpack or unpack)(arguments, 1, n))
  return ok and "" or tostring(message)
end

local function options_param(method)
  for _, param in ipairs(method.comment.params) do
    if param.name == "opts" then return param end
  end
end

-- Whether the name of an option is refused; that the value is wrong does not matter.
local function is_refused(class, method, name)
  local opts = { [name] = true }
  for key, value in pairs(REQUIRED[class.short .. "." .. method.name] or {}) do opts[key] = value end
  return call(class, method, opts):find("unknown option '" .. name .. "'", 1, true) ~= nil
end

describe("every option in the annotation of", function()
  local count = 0

  for _, class in ipairs(found.classes) do
    for _, method in ipairs(OBJECTS[class.short] and class.methods or {}) do
      local param, name = options_param(method), class.short .. "." .. method.name
      if param then
        count = count + 1

        it(name .. " is taken", function()
          local refused, elsewhere = {}, NAMED[name] or {}
          for _, option in ipairs(sorted(options_of(param.type))) do
            if not EVERYWHERE[option] and not elsewhere[option] and is_refused(class, method, option) then
              refused[#refused + 1] = option
            end
          end
          assert.same({}, refused)
        end)

        if not LATE[name] then
          it(name .. " is known, and others are refused", function()
            assert.is_true(is_refused(class, method, "no_such_option"))
          end)
        end
      end
    end
  end

  it("a good many methods", function() assert.is_true(count > 100, tostring(count)) end)
end)

-- By method and path, without the names in the path.
local operations = {}
for _, name in ipairs(core.operations()) do
  local operation = core.operation(name)
  operations[operation.method .. " " .. operation.path:gsub("{[^}]*}", "{}")] = operation
end

-- Methods that share an operation, or say in their own words what it takes; and what the library gives itself.
local OWN_WORDS = { ImageCreate = true, ImageBuild = true, ServiceUpdate = true }
local OURS = { container = true, version = true }

-- Methods that hand on a part of an answer, on which these parameters have no effect.
local READERS = { ["Container.ports"] = "size", ["Container.health"] = "size", ["Container.addresses"] = "size" }

-- What a method says of itself: its parameters and options.
local function said_by(method)
  local set = {}
  for _, param in ipairs(method.comment.params) do
    set[param.name] = true
    for _, part in ipairs(names:expand(param.type)) do
      for name in pairs(names:fields(part) or {}) do set[name] = true end
    end
  end
  return set
end

it("every kind of errors is in its annotation", function()
  local kinds = {}
  for _, part in ipairs(names:expand "moondock.ErrorKind") do kinds[part:match '^"(.*)"$'] = true end
  assert.same(require("moondock.errors").KINDS, kinds)
end)

it("every method of an engine's objects can be shown before it is sent", function()
  local missing = {}
  for _, class in ipairs(found.classes) do
    for _, method in ipairs(OBJECTS[class.short] and class.methods or {}) do
      local param = options_param(method)
      if param and not options_of(param.type).dry_run then missing[#missing + 1] = class.short .. "." .. method.name end
    end
  end
  assert.same({}, missing)
end)

it("credentials can be declined wherever they are an option", function()
  local missing = {}
  for _, class in ipairs(found.classes) do
    for _, method in ipairs(class.methods) do
      for _, param in ipairs(method.comment.params) do
        for _, part in ipairs(param.name == "opts" and names:expand(param.type) or {}) do
          local auth = (names:fields(part) or {}).auth
          local can = not auth or auth.type:find("false", 1, true)
          if not can then missing[#missing + 1] = class.short .. "." .. method.name end
        end
      end
    end
  end
  assert.same({}, missing)
end)

describe("every parameter of the operation is in the annotation of", function()
  local count = 0

  for _, class in ipairs(found.classes) do
    for _, method in ipairs(OBJECTS[class.short] and class.methods or {}) do
      local requests = method.comment.requests
      local operation = #requests == 1 and operations[(requests[1]:gsub("{[^}]*}", "{}"))]
      if operation and options_param(method) and not OWN_WORDS[operation.name] then
        count = count + 1

        it(class.short .. "." .. method.name, function()
          local said, missing = said_by(method), {}
          for _, parameter in ipairs(operation.parameters) do
            local name = parameter.name
            local needless = OURS[name] or READERS[class.short .. "." .. method.name] == name
            if parameter.place == "query" and not said[name] and not needless then missing[#missing + 1] = name end
          end
          assert.same({}, missing)
        end)
      end
    end
  end

  it("a good many methods", function() assert.is_true(count > 80, tostring(count)) end)
end)
