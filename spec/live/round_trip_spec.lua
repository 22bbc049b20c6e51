-- What the engine told, sent back: it must arrive as it was.

local core = require "moondock.core"
local engine = require "spec.live.engine"

-- A value as text in which arrays, objects, null and integers differ, and keys have an order.
local function canonical(value)
  if value == core.null then return "null" end
  if type(value) ~= "table" then return type(value) .. ":" .. tostring(value) end
  local parts = {}
  if core.is_array(value) then
    for i = 1, #value do parts[i] = canonical(value[i]) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for key, item in pairs(value) do parts[#parts + 1] = key .. "=" .. canonical(item) end
  table.sort(parts)
  return "{" .. table.concat(parts, ",") .. "}"
end

local function assert_same_fields(first, second, except)
  for key, value in pairs(first) do
    if not except[key] then
      assert.equal(key .. " " .. canonical(value), key .. " " .. canonical(second[key]))
    end
  end
  for key in pairs(second) do assert.is_true(first[key] ~= nil or except[key] or false, key) end
end

describe("what an engine told and is sent back", function()
  local client = engine.connect()

  after_each(function() engine.clean(client) end)

  it("makes the same container but for one field", function()
    local first = assert(assert(client.containers:create(engine.image, { "sleep", "600" },
      engine.labelled { env = { "A=1" }, memory = "64m", cap_add = "NET_ADMIN", publish = "127.0.0.1::80",
        tmpfs = "/scratch", ulimit = "nofile=100:200", log_opt = { ["max-size"] = "1m" },
        health_cmd = "true", health_interval = "9007199255s" })):inspect())
    local body = {}
    for key, value in pairs(first.Config) do body[key] = value end
    body.HostConfig = first.HostConfig
    body.Env = core.array { "A=2" }
    local copy, message, err = client.containers:create(engine.image, nil, body)
    local no_ulimits = engine.lacks("podman", "Ulimits as inspect tells them, sent back", err)
    if no_ulimits then
      body.HostConfig.Ulimits = nil
      copy, message = client.containers:create(engine.image, nil, body)
    end
    local second = assert(assert(copy, message):inspect())
    assert_same_fields(first.HostConfig, second.HostConfig, { Ulimits = no_ulimits })
    assert_same_fields(first.Config, second.Config, { Env = true, Hostname = true })
    assert.truthy((" " .. table.concat(second.Config.Env, " ") .. " "):find(" A=2 ", 1, true))
  end)

  it("makes the same volume", function()
    local volume = assert(client.volumes:create(engine.unique "trip", { label = { a = "1" } }))
    finally(function() volume:remove() end)
    local first = assert(volume:inspect())
    local copy = assert(client.volumes:create(engine.unique "trip", { Labels = first.Labels,
      Driver = first.Driver, DriverOpts = first.Options }))
    local second = assert(copy:inspect())
    copy:remove()
    assert_same_fields(first, second, { Name = true, Mountpoint = true, CreatedAt = true })
  end)

  for _, name in ipairs { "create", "run" } do
    it("has the hardware address that " .. name .. " was given", function()
      local address = "02:42:ac:11:00:77"
      local container
      if name == "create" then
        container = engine.sleeper(client, { mac_address = address })
      else
        container = assert(client:run(engine.image, { "sleep", "600" },
          engine.labelled { detach = true, mac_address = address }))
      end
      assert.equal(address, assert(container:addresses())[1].MacAddress)
    end)
  end
end)
