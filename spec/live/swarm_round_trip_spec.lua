-- What a swarm told, changed in one field and sent back: all else must arrive as it was told, to the byte.

local engine = require "spec.live.engine"
local own = require "spec.live.swarm_engine"
local round_trip = require "spec.live.round_trip"

if engine.podman then return end

describe("what a swarm told and is sent back", function()
  local client

  setup(function()
    local machine = own.start(1)[1]
    client = machine.client
    assert(client.swarm:init { advertise_addr = machine.address })
  end)

  teardown(function() own.stop() end)

  for whose, decode in pairs(round_trip.CODECS) do
    -- Take the spec of what is at `path`, have `change` change it, and update with it: only what is below the
    -- names in `but` may differ, in what is sent and in what the swarm says then.
    local function take_round(path, handle, change, but)
      local first = round_trip.said(client, path)
      local sent = round_trip.sent(function()
        assert(handle:update(function()
          local spec = decode(first).Spec
          change(spec)
          return spec
        end))
      end)
      round_trip.same(first, "|Spec", sent[1], "", but)
      local second = round_trip.said(client, path)
      round_trip.same(first, "|Spec", second, "|Spec", but)
      return decode(second).Spec
    end

    local function label(spec) spec.Labels.trip = "1" end

    describe("as tables of " .. whose .. " is", function()
      local services = {
        ["a service with nothing but an image"] = {},
        ["a service on all nodes"] = { mode = "global" },
        ["a service with what flags say"] = { command = { "sleep", "600" }, env = "A=1", dns = "10.0.0.1",
          mount = { "type=volume,source=trip,target=/v", "type=tmpfs,target=/t,tmpfs-size=1099511627776" },
          health_cmd = "true", health_interval = "7200s", network = "host", update_order = "start-first",
          limit_memory = "64m", restart_delay = "5s", constraint = "node.role==none", label = { a = "1" },
          log_driver = "json-file", log_opt = { tag = "x" }, ulimit = "nofile=100:200", init = true,
          host = "db:10.0.0.9", group = "7" },
        ["a service with ports"] = { publish = { "8091:80", { target = 81, published = 8092, mode = "host" } },
          constraint = "node.role==none" },
      }
      for what, opts in pairs(services) do
        it(what, function()
          opts.image = own.image
          local service = assert(client.services:create(opts))
          finally(function() service:remove() end)
          local spec = take_round("/services/" .. service.id, service, label, { "Labels" })
          assert.equal("1", spec.Labels.trip)
          spec = take_round("/services/" .. service.id, service, function(it)
            it.TaskTemplate.ContainerSpec.Hostname = "other"
          end, { "TaskTemplate|ContainerSpec|Hostname" })
          assert.equal("other", spec.TaskTemplate.ContainerSpec.Hostname)
        end)
      end

      it("a number of 64 bits", function()
        local service = assert(client.services:create { image = own.image, constraint = "node.role==none",
          TaskTemplate = { ContainerSpec = { StopGracePeriod = round_trip.LONG[whose] } } })
        finally(function() service:remove() end)
        take_round("/services/" .. service.id, service, label, { "Labels" })
        assert.matches('"StopGracePeriod":' .. round_trip.LONG[whose],
          round_trip.said(client, "/services/" .. service.id), 1, true)
      end)

      it("a node", function()
        local node = assert(client.nodes:self())
        assert.equal("1", take_round("/nodes/" .. node.id, node, label, { "Labels" }).Labels.trip)
      end)

      it("the swarm", function()
        local limit = 5 + #whose
        local spec = take_round("/swarm", client.swarm, function(it)
          it.Orchestration.TaskHistoryRetentionLimit = limit
        end, { "Orchestration|TaskHistoryRetentionLimit" })
        assert.equal(limit, spec.Orchestration.TaskHistoryRetentionLimit)
      end)

      for _, name in ipairs { "secrets", "configs" } do
        it("one of its " .. name, function()
          local thing = assert(client[name]:create(engine.unique "trip", "a\0b\255"))
          finally(function() thing:remove() end)
          local spec = take_round("/" .. name .. "/" .. thing.id, thing, label, { "Labels" })
          assert.equal("1", spec.Labels.trip)
        end)
      end
    end)
  end

  it("is what lua-cjson makes of it, as far as that goes, handles included", function()
    local service = assert(client.services:create { image = own.image, command = { "sleep", "600" } })
    finally(function() service:remove() end)
    for _, name in ipairs { "services", "nodes" } do
      round_trip.same_in_cjson(round_trip.said(client, "/" .. name), assert(client[name]:list()))
    end
    round_trip.same_in_cjson(round_trip.said(client, "/services/" .. service.id), assert(service:inspect()))
    round_trip.same_in_cjson(round_trip.said(client, "/swarm"), assert(client.swarm:inspect()))
  end)
end)
