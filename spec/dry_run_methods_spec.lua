-- Every public method that takes options shows what it would send, sends nothing, and is subject to
-- the rights of its client. There is no engine, and the version is not known.

local docker = require "moondock"
local rights = require "moondock.rights"

local unpack = table.unpack or unpack -- luacheck: ignore

local FILES = { "client", "api/attach_websocket", "api/builds", "api/checkpoints", "api/configs", "api/containers",
  "api/distribution", "api/exec", "api/images", "api/networks", "api/nodes", "api/plugins",
  "api/secrets", "api/services", "api/sessions", "api/swarm", "api/tasks", "api/volumes" }

local COLLECTIONS = { Containers = "containers", Images = "images", Execs = "exec", Networks = "networks",
  Volumes = "volumes", Plugins = "plugins", Nodes = "nodes", Services = "services", Tasks = "tasks",
  Secrets = "secrets", Configs = "configs", Distribution = "distribution", Swarm = "swarm" }

local HANDLES = { Container = "containers", Image = "images", Exec = "exec", Network = "networks",
  Volume = "volumes", Plugin = "plugins", Node = "nodes", Service = "services", Task = "tasks",
  Secret = "secrets", Config = "configs" }

-- What is given for a parameter, by its name; all others get a text.
local VALUES = { command = { "ls" }, names = { "a" }, replicas = 2, archive = "x", settings = { "A=b" },
  change = function(spec) return spec end }

-- Options without which a method would be misused.
local NEEDED = { ["Container:resize"] = { h = 1, w = 1 }, ["Exec:resize"] = { h = 1, w = 1 },
  ["Client:login"] = { username = "moon", password = "hunter2" }, ["Client:request"] = { path = "/info" } }

-- Nothing of the engine's: it is not for a request.
local NO_CALLS = { ["Client:explain_auth"] = true }

local OPTIONS = { opts = true, auth = true, spec = true }

local function methods()
  local list = {}
  for _, name in ipairs(FILES) do
    for line in io.lines("lua/moondock/" .. name .. ".lua") do
      local class, method, parameters = line:match "^function (%u%a+):(%l[%w_]*)%((.-)%)"
      local last = parameters and parameters:match "([%w_]+)$"
      local key = class and class .. ":" .. method
      local known = class == "Client" or COLLECTIONS[class] or HANDLES[class]
      if known and OPTIONS[last] and method ~= "call" and not NO_CALLS[key] then
        list[#list + 1] = { name = key, class = class, method = method, parameters = parameters, last = last }
      end
    end
  end
  return list
end

local function receiver(client, class)
  if class == "Client" then return client end
  if COLLECTIONS[class] then return client[COLLECTIONS[class]] end
  return client[HANDLES[class]]:get "a"
end

local function show(client, case)
  local arguments, count = {}, 0
  for parameter in case.parameters:gmatch "[%w_]+" do
    count = count + 1
    arguments[count] = VALUES[parameter] or "x"
  end
  local opts = { dry_run = true }
  for key, value in pairs(NEEDED[case.name] or {}) do opts[key] = value end
  arguments[count] = opts
  local object = receiver(client, case.class)
  return object[case.method](object, unpack(arguments, 1, count))
end

local function connect(opts)
  opts.host = "unix:///nowhere/docker.sock"
  return assert(docker.connect(opts))
end

describe("a dry run of", function()
  local list = methods()

  it("more than a hundred methods is looked at here", function()
    assert.is_true(#list > 100, #list)
  end)

  it("a method of a client that was closed raises, and asks nothing", function()
    local client = connect {}
    local volumes, container = client.volumes, client.containers:get "a"
    client:close()
    for _, call in ipairs { function() volumes:prune() end, function() container:attach_websocket() end } do
      assert.error_matches(call, "this client is closed")
    end
    assert.same({}, client:operations_used())
  end)

  for _, case in ipairs(list) do
    it(case.name .. " shows a request and sends none", function()
      local client = connect {}
      local plan, message = show(client, case)
      assert.truthy(plan and plan.operation and plan.target, message)
      assert.same({}, client:operations_used())
      assert.is_nil(client.api_version)
    end)

    it(case.name .. " is subject to rights", function()
      local operation = show(connect {}, case).operation
      local plan, _, err = show(connect { read_only = true }, case)
      assert.equal(rights.is_read(operation), plan ~= nil)
      if not plan then assert.equal("forbidden", err.kind) end
      if operation == "SystemPing" then return end
      plan, _, err = show(connect { allow = {} }, case)
      assert.is_nil(plan)
      assert.equal("forbidden", err.kind)
    end)
  end
end)
