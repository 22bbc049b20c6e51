-- The vocabulary of `docker service create`: what we make of it and what the CLI makes of it are the
-- same, but for what means nothing.

local core = require "moondock.core"
local service_flags = require "moondock.service_flags"
local bodies = require "spec.service_create_bodies"
local cases = require "spec.service_create_cases"

local OWN = { timeout = true, auth = true }

local function spec_of(image, command, opts)
  return assert(service_flags.create(image, command, opts, OWN))
end

-- Zero says something here; elsewhere it says that nothing was said.
local TELLING = { Replicas = true, Parallelism = true }

local function is_nothing(key, value)
  return value == false or value == "" or value == core.null or (value == 0 and not TELLING[key])
    or (type(value) == "table" and next(value) == nil)
end

-- Objects of which the user makes the keys: each says something, even with an empty value.
local FREE = { Labels = true, Sysctls = true, Options = true, DriverOpts = true }

local function pruned(value, all)
  if type(value) ~= "table" then return value end
  local result = {}
  for key, item in pairs(value) do
    item = pruned(item, FREE[key])
    if key == "Healthcheck" then key = "HealthCheck" end -- the specification's spelling
    if all or not is_nothing(key, item) then result[key] = item end
  end
  return result
end

-- Without the defaults that the CLI spells out; the mode, which may be an empty record, by itself.
local function comparable(spec)
  local mode = spec.Mode or { Replicated = {} }
  local result = pruned(spec)
  result.Mode = {}
  for name, record in pairs(mode) do result.Mode[name] = pruned(record) end
  local endpoint = result.EndpointSpec
  if endpoint and endpoint.Mode == "vip" then endpoint.Mode = nil end
  if endpoint and next(endpoint) == nil then result.EndpointSpec = nil end
  return result
end

-- The ids that the recording server gave.
local function with_ids(spec)
  local container = spec.TaskTemplate.ContainerSpec
  for _, secret in ipairs(container.Secrets or {}) do secret.SecretID = "id-" .. secret.SecretName end
  for _, config in ipairs(container.Configs or {}) do config.ConfigID = "id-" .. config.ConfigName end
  local credential = container.Privileges and container.Privileges.CredentialSpec
  if credential and credential.Config then credential.Config = "id-" .. credential.Config end
  return spec
end

local function sort_by(list, key)
  if list then table.sort(list, function(a, b) return key(a) < key(b) end) end
end

-- The CLI's maps have no order, and so what it makes lists of has none.
local function in_order(spec)
  local container = spec.TaskTemplate.ContainerSpec
  sort_by(container.Secrets, function(item) return item.SecretName end)
  sort_by(container.Configs, function(item) return item.ConfigName end)
  sort_by(container.Ulimits, function(item) return item.Name end)
  sort_by(spec.EndpointSpec and spec.EndpointSpec.Ports, function(item)
    return item.TargetPort * 65536 + (item.PublishedPort or 0)
  end)
  sort_by(spec.TaskTemplate.Networks, function(item) return item.Target end)
  return spec
end

describe("the flags of service create", function()
  local path

  setup(function()
    path = os.tmpname()
    local file = assert(io.open(path, "wb"))
    file:write("# comment\n\n  B=2\nA=x y \nMOONDOCK_ABSENT\nA=z\n")
    file:close()
  end)

  teardown(function() os.remove(path) end)

  it("were all recorded", function()
    assert.equal(#cases, #bodies)
  end)

  for i, case in ipairs(cases) do
    it("mean what the CLI means: " .. case[1], function()
      local ok, theirs = core.decode(bodies[i])
      assert(ok, theirs)
      local image, command, opts = case[2][1], case[2][2], case[2][3]
      if opts and opts.env_file then
        opts = { env = opts.env, env_file = path }
      end
      local ours = with_ids(spec_of(image, command, opts))
      assert.same(in_order(comparable(theirs)), in_order(comparable(ours)))
    end)
  end
end)
