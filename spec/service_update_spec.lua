-- What the flags of `docker service update` refuse, ask for and send; what they mean is compared with the
-- CLI in spec/tools.

local core = require "moondock.core"
local recorder = require "spec.api.recorder"

local DONE = { body = '{"Warnings":null}' }
local SLOW = { status = 500, body = { message = "rpc error: code = Unknown desc = update out of sequence" } }

local function service(container, version)
  return { body = core.encode { ID = "s1", Version = { Index = version or 7 }, Spec = { Name = "web",
    TaskTemplate = { ContainerSpec = container or { Image = "a:1" } }, Mode = { Replicated = { Replicas = 1 } } } } }
end

describe("the flags of an update", function()
  teardown(recorder.restore)

  local function mistake(change, opts)
    local client = recorder.client {}
    local message = recorder.mistake("spec/service_update_spec.lua", function()
      client.services:get "web":update(change, opts)
    end)
    assert.equal(0, #client.requests)
    return message
  end

  local function update(replies, change, opts)
    local client = recorder.client(replies, opts)
    local reply, message, err = client.services:get "web":update(change)
    return reply, message, err, client.requests
  end

  -- The container of the spec that is sent for this one.
  local function sent(container, change)
    local _, _, _, requests = update({ service(container), DONE }, change)
    return requests[#requests].body.TaskTemplate.ContainerSpec
  end

  it("are refused by name, before anything is sent", function()
    for name, value in pairs { image = {}, args = "a b", entrypoint = "a b", hostname = {}, user = true, workdir = {},
      isolation = {}, stop_signal = false, stop_grace_period = "soon", tty = 1, read_only = "yes", init = "no",
      oom_score_adj = "x", replicas = 1.5, max_concurrent = -1, replicas_max_per_node = "x", force = "yes",
      limit_cpu = "many", limit_memory = "64x", limit_pids = "x", reserve_cpu = -1, reserve_memory = {},
      memory_swap = "x", memory_swappiness = "x", restart_condition = {}, restart_delay = "x", restart_window = "5",
      restart_max_attempts = -1, update_parallelism = -1, update_delay = "x", update_monitor = {}, update_order = {},
      update_failure_action = {}, update_max_failure_ratio = "high", rollback_parallelism = "x", endpoint_mode = {},
      rollback_delay = "x", health_cmd = false, health_interval = "soon", health_retries = "x", no_healthcheck = "yes",
      log_driver = {}, log_opt = "a=b", label_add = "=x", label_rm = true, container_label_add = false,
      container_label_rm = true, sysctl_add = "=x", sysctl_rm = true, env_add = "=x", env_rm = true,
      ulimit_add = "nofile", ulimit_rm = true, group_add = true, group_rm = true, constraint_add = true,
      constraint_rm = true, dns_add = "nowhere", dns_rm = true, dns_search_add = true, dns_option_rm = true,
      placement_pref_add = "zone", placement_pref_rm = "zone", generic_resource_add = "gpu", generic_resource_rm = true,
      host_add = "db", host_rm = true, publish_add = "x", publish_rm = "70000", network_add = "name=a,colour=red",
      network_rm = true, secret_add = "target=k", secret_rm = true, config_add = "target=k", config_rm = true,
      credential_spec = "nowhere", cap_add = true, cap_drop = true } do
      assert.matches("%f[%w_]" .. name .. "%f[^%w_]", mistake { [name] = value }, nil, name)
    end
    assert.matches("bad image reference", mistake { image = "" })
    assert.matches("mount needs a target", mistake { mount_add = "type=volume,source=v" })
    assert.matches("mount_add must be one mount for each target, not '/a'",
      mistake { mount_add = { "source=a,target=/a", "source=b,target=/a" } })
    assert.matches("secret_add puts two into the file a", mistake { secret_add = { "a", "source=b,target=a" } })
    assert.matches("log_opt needs log_driver", mistake { log_opt = { a = "1" } })
    assert.matches("no_healthcheck conflicts with health_start_interval",
      mistake { no_healthcheck = true, health_start_interval = 1 })
    assert.matches("exclude each other", mistake({ image = "a", resolve_image = true }, { no_resolve_image = true }))
  end)

  it("are those of an update, and others are told of them", function()
    assert.matches("unknown option 'env' of an update: there are env_add and env_rm", mistake { env = "A=1" })
    assert.matches("unknown option 'mount' of an update: there are mount_add", mistake { mount = "target=/a" })
    for _, name in ipairs { "command", "name", "mode", "env_file", "credentials" } do
      assert.matches("unknown option '" .. name .. "'.*publish_add", mistake { [name] = "a" })
    end
  end)

  it("do not go with a rollback", function()
    assert.matches("rollback goes with no other: image", mistake { rollback = true, image = "a" })
    assert.matches("rollback goes with no other: Name", mistake({ Name = "a" }, { rollback = true }))
    local _, _, _, requests = update({ service(), DONE }, { rollback = true })
    assert.equal("previous", requests[2].query.rollback)
    _, _, _, requests = update({ service(), DONE }, { rollback = false, force = true })
    assert.is_nil(requests[2].query.rollback)
  end)

  it("are applied to what is there when another was faster", function()
    local reply, _, _, requests = update({ service { Image = "a:1", Env = { "A=1" } }, SLOW,
      service({ Image = "b:2", Env = { "A=2", "B=3" } }, 9), DONE },
      { env_add = { C = 4 }, env_rm = "A", cap_add = "RESET", user = "5" })
    assert.is_truthy(reply)
    assert.same({ Image = "a:1", Env = { "C=4" }, User = "5" }, requests[2].body.TaskTemplate.ContainerSpec)
    assert.same({ Image = "b:2", Env = { "B=3", "C=4" }, User = "5" }, requests[4].body.TaskTemplate.ContainerSpec)
    assert.equal("9", requests[4].query.version)
  end)

  it("ask for the ids of what they name, of networks at each try", function()
    local network, secret = { body = { Id = "n1", Name = "front" } }, { body = '[{"ID":"k1","Spec":{"Name":"key"}}]' }
    local _, _, _, requests = update({ service(), network, secret, SLOW, service(nil, 9), network, DONE },
      { network_add = "front", secret_add = "key" })
    assert.equal(7, #requests)
    assert.equal("/v1.51/networks/front?scope=swarm", requests[2].target)
    assert.equal('{"name":["key"]}', requests[3].query.filters)
    for _, at in ipairs { 4, 7 } do
      local template = requests[at].body.TaskTemplate
      assert.equal("n1", template.Networks[1].Target)
      assert.equal("k1", template.ContainerSpec.Secrets[1].SecretID)
    end
    assert.equal(requests[1].limits, requests[2].limits)
  end)

  it("do not change what the caller gave", function()
    local function given()
      return { network_add = { Target = "front", Aliases = { "a" } }, secret_add = { source = "key" },
        env_add = { A = 1 } }
    end
    local change = given()
    update({ service(), { body = { Id = "n1" } }, { body = '[{"ID":"k1","Spec":{"Name":"key"}}]' }, DONE }, change)
    assert.same(given(), change)
  end)

  it("end with what the service or the engine does not have", function()
    local function refusal(replies, change)
      local reply, message, err, requests = update(replies, change)
      assert.is_nil(reply)
      for _, request in ipairs(requests) do assert.equal("GET", request.method) end
      return err.kind .. ": " .. message
    end
    local function attached() return { body = '{"ID":"s","Version":{"Index":1},"Spec":{"TaskTemplate":'
      .. '{"Networks":[{"Target":"n1"}]},"Mode":{"Global":{}}}}' } end
    assert.equal("invalid: the service has no generic resource gpu to remove",
      refusal({ service() }, { generic_resource_rm = "gpu" }))
    assert.equal("conflict: the service is already attached to network front",
      refusal({ attached(), { body = { Id = "n1" } } }, { network_add = "front" }))
    assert.equal("invalid: only a service of mode replicated or replicated-job has replicas",
      refusal({ attached() }, { replicas = 2 }))
    assert.equal("invalid: only a service of mode replicated-job has max_concurrent",
      refusal({ service() }, { max_concurrent = 2 }))
    assert.equal("not_found: secret not found: key", refusal({ service(), { body = "[]" } }, { secret_add = "key" }))
    assert.matches("^not_found: network x not found",
      refusal({ service(), { status = 404, body = { message = "network x not found" } } }, { network_rm = "x" }))
  end)

  it("are refused where the engine is too old for them", function()
    for name, value in pairs { oom_score_adj = 5, health_start_interval = 5 } do
      local reply, message, err = update({ service() }, { [name] = value }, { api_version = "1.43" })
      assert.is_nil(reply)
      assert.equal("version", err.kind, message)
    end
  end)

  it("change no list that they do not name, and none that nothing changes", function()
    local container = { Image = "a:1", Mounts = { { Type = "volume", Source = "z", Target = "/z" },
      { Type = "volume", Source = "a", Target = "/a" } }, Groups = { "b", "a" } }
    assert.same(container, sent(container, { dns_rm = "1.1.1.1", label_rm = "a", ulimit_rm = "cpu", sysctl_rm = "a",
      secret_rm = "key", config_rm = "c", env_rm = "A", host_rm = "a", cap_drop = "RESET" }))
  end)

  it("send empty lists and objects as what they are", function()
    local client = recorder.client { service { Image = "a:1", Env = { "A=1" }, Labels = { a = "1" } }, DONE }
    client.services:get "web":update { env_rm = "A", container_label_rm = "a", args = "", entrypoint = "" }
    local container = client.requests[2].body.TaskTemplate.ContainerSpec
    for _, name in ipairs { "Env", "Args", "Command" } do
      assert.is_true(core.is_array(container[name]))
      assert.equal(0, #container[name])
    end
    assert.is_false(core.is_array(container.Labels))
    assert.is_nil(next(container.Labels))
  end)

  it("take null for nothing", function()
    local null = core.null
    assert.same({ Image = "a:1", Env = { "A=1" }, Labels = { a = "1" }, DNSConfig = { Nameservers = { "1.1.1.1" } },
      Mounts = { { Type = "volume", Target = "/a" } } },
      sent({ Image = "a:1", Env = null, Labels = null, DNSConfig = null, Mounts = null },
        { env_add = "A=1", container_label_add = "a=1", dns_add = "1.1.1.1", mount_add = "target=/a" }))
  end)

  it("lie under the engine's own fields", function()
    local container = sent({ Image = "a:1", Labels = { a = "1" } }, { user = "5", container_label_add = { b = 2 },
      TaskTemplate = { ContainerSpec = { User = "6", Labels = { c = "3" } } } })
    assert.same({ Image = "a:1", User = "6", Labels = { a = "1", b = "2", c = "3" } }, container)
  end)

  it("leave one health check, whatever it is called", function()
    local known = { Image = "a:1", Healthcheck = { Test = { "CMD", "true" }, Retries = 2 } }
    local changed = { Image = "a:1", HealthCheck = { Test = { "CMD", "true" }, Retries = 5 } }
    assert.same(changed, sent(known, { health_retries = 5 }))
    for _, name in ipairs { "HealthCheck", "Healthcheck" } do
      assert.same(changed, sent(known, { TaskTemplate = { ContainerSpec = { [name] = { Retries = 5 } } } }))
      assert.same({ Image = "a:1", HealthCheck = { Retries = 9 } }, sent(known, function(spec)
        spec.TaskTemplate.ContainerSpec[name] = { Retries = 9 }
      end))
    end
    assert.same({ Image = "a:1", HealthCheck = known.Healthcheck }, sent(known, function() end))
  end)

  it("come from a function that is shown the spec and its record, and may refuse", function()
    local count
    sent(nil, function(...) count = select("#", ...) end)
    assert.equal(2, count)
    local reply, message, err, requests = update({ service() }, function()
      return nil, "no", { kind = "cancelled", message = "no" }
    end)
    assert.is_nil(reply)
    assert.same({ "no", "cancelled", 1 }, { message, err.kind, #requests })
    local other = { Hostname = "other", HealthCheck = { Retries = 1 }, Healthcheck = {} }
    assert.same({ Hostname = "other", HealthCheck = { Retries = 1 } },
      sent(nil, function() return { TaskTemplate = { ContainerSpec = other } } end))
  end)
end)
