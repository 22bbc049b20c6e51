-- An engine, or a proxy before it, may answer anything. Whatever is odd in what it says (a field that is new,
-- gone, null or of another type) is read past, or is an error of a known kind; it never breaks the program.

local docker = require "moondock"
local odd_answers = require "spec.odd_answers"
local server = require "spec.core.server"

-- What inspect says of a container, so much as is read.
local STATE = '{"State":{"Status":"exited","Running":false,"ExitCode":0},"Config":{"Tty":false}}'
local HEALTH = '{"State":{"Health":{"Status":"healthy","FailingStreak":0,"Log":[]}}}'
local PORTS = '{"NetworkSettings":{"Ports":{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"}],"81/tcp":null}}}'
local NETWORKS = [[{"NetworkSettings":{"IPAddress":"172.17.0.2","Networks":{"bridge":{"IPAddress":"172.17.0.2",
  "Gateway":"172.17.0.1","MacAddress":"02:42:ac:11:00:02","GlobalIPv6Address":""}}}}]]
local ENDED = '{"State":{"OOMKilled":false},"HostConfig":{"LogConfig":{"Type":"json-file"}}}'

local SERVICE = [[{"ID":"s1","Version":{"Index":7},"Spec":{"Name":"web","Labels":{},"TaskTemplate":{"ContainerSpec":{
  "Image":"a:1","TTY":false},"ForceUpdate":1},"Mode":{"Replicated":{"Replicas":1}},"UpdateConfig":{"Monitor":1}},
  "UpdateStatus":{"State":"completed","Message":"x"},"JobStatus":{"JobIteration":{"Index":1}}}]]

local TASKS = [[[{"ID":"t1","Slot":1,"NodeID":"n1","DesiredState":"running","JobIteration":{"Index":1},"Status":{
  "State":"running","Timestamp":"2026-01-01T00:00:00Z","Err":"x","ContainerStatus":{"ContainerID":"c1"}}}]] .. "]"

local EXEC = [[{"ID":"e1","Running":false,"ExitCode":0,"Pid":0,"OpenStdin":true,"ProcessConfig":{"tty":false}}]]
local HAS_RUN = EXEC:gsub('"Pid":0', '"Pid":5')

local PRIVILEGES = '[{"Name":"network","Description":"x","Value":["host"]}]'

local SPEC = '{"ID":"x1","Version":{"Index":3},"Spec":{"Name":"x","Role":"worker","Labels":{"a":"1"},"Data":"eA=="}}'

local EVENT = [[{"Type":"container","Action":"start","Actor":{"ID":"c1","Attributes":{"a":"1"}},
  "timeNano":1700000000000000001}]]

-- A function that looks at a field.
local function field(name)
  return function(value) return value[name] end
end

-- A function that asks a handle.
local function of(collection, id, method, ...)
  local arguments, unpack = { ... }, table.unpack or unpack -- luacheck: ignore 143
  return function(client)
    local handle = client[collection]:get(id)
    return handle[method](handle, unpack(arguments))
  end
end

-- A function that lists, and looks at each handle.
local function list_of(collection)
  return function(client)
    local list, message, err = client[collection]:list()
    for _, handle in ipairs(list or {}) do
      assert(type(handle.inspect) == "function" and tostring(handle))
      local _, _, why = handle:inspect()
      if why then assert(why.kind == "protocol") end
    end
    return list, message, err
  end
end

-- A function that creates, and is given a handle that works.
local function created_by(collection, method, ...)
  local arguments, unpack = { ... }, table.unpack or unpack -- luacheck: ignore 143
  return function(client)
    local handle, message, err = client[collection][method](client[collection], unpack(arguments))
    assert(handle == nil or (type(handle.id) == "string" and handle.id ~= ""), "a handle without an id")
    return handle, message, err
  end
end

-- What a stream gives, read to its end.
local function all_of(stream, message, err)
  if not stream then return nil, message, err end
  local seen = 0
  while true do
    local value
    value, message, err = stream:read()
    if value == nil then
      if message then return nil, message, err end
      return seen
    end
    seen = seen + 1
  end
end

local function is_result(result, message, err)
  if result == nil then return nil, message, err end
  assert(type(result.exit_code) == "number", "no exit code")
  return result, message, err
end

local CASES = {
  ["containers:list"] = { ask = list_of "containers",
    { " ", '[{"Id":"c1","Names":["/web"],"Ports":[{"PrivatePort":80}],"Labels":{"a":"1"}}]' } },
  ["containers:create"] = { ask = created_by("containers", "create", "a:1"), { " ", '{"Id":"c1","Warnings":[]}' } },
  ["containers:prune"] = { ask = function(client) return client.containers:prune() end,
    { " ", '{"ContainersDeleted":["c1"],"SpaceReclaimed":7}' } },
  ["container:inspect"] = { ask = of("containers", "c1", "inspect"), { " ", STATE } },
  ["container:ports"] = { ask = function(client)
    local ports, message, err = client.containers:get "c1":ports()
    for _, port in ipairs(ports or {}) do
      assert(type(port.PrivatePort) == "number" and type(port.Type) == "string")
      assert(port.IP == nil or type(port.IP) == "string")
      assert(port.PublicPort == nil or type(port.PublicPort) == "number")
    end
    return ports, message, err
  end, { " ", PORTS } },
  ["container:health"] = { ask = function(client)
    local health, message, err = client.containers:get "c1":health()
    assert(health == nil or ("none starting healthy unhealthy"):find(health, 1, true))
    return health, message, err
  end, { " ", HEALTH } },
  ["container:addresses"] = { ask = function(client)
    local addresses, message, err = client.containers:get "c1":addresses()
    for _, entry in ipairs(addresses or {}) do
      for _, value in pairs(entry) do assert(type(value) == "string") end
      assert(entry.Network)
    end
    return addresses, message, err
  end, { " ", NETWORKS } },
  ["container:update"] = { ask = of("containers", "c1", "update", { memory = 1 }), { " ", '{"Warnings":null}' } },
  ["container:wait"] = { ask = function(client)
    local result, message, err = client.containers:get "c1":wait()
    assert(result == nil or type(result.StatusCode) == "number")
    return result, message, err
  end, { " ", '{"StatusCode":0,"Error":{"Message":""}}' } },
  ["container:top"] = { ask = of("containers", "c1", "top"), { " ", '{"Titles":["PID"],"Processes":[["1"]]}' } },
  ["container:changes"] = { ask = of("containers", "c1", "changes"), { " ", '[{"Path":"/a","Kind":0}]' } },
  ["container:checkpoint_list"] = { ask = of("containers", "c1", "checkpoint_list"), { " ", '[{"Name":"one"}]' } },
  ["container:stats of one sample"] = { ask = of("containers", "c1", "stats", { stream = false }),
    { " ", '{"cpu_stats":{"cpu_usage":{"total_usage":7}},"networks":null}' } },
  ["container:stats"] = { ask = function(client) return all_of(client.containers:get "c1":stats()) end,
    { " ", '{"cpu_stats":{"cpu_usage":{"total_usage":7}},"networks":null}' } },
  ["container:commit"] = { ask = function(client)
    local image, message, err = client.containers:get "c1":commit()
    assert(image == nil or type(image.id) == "string")
    return image, message, err
  end, { " ", '{"Id":"sha256:1"}' } },
  ["container:logs"] = { version = "1.41", ask = function(client) return all_of(client.containers:get "c1":logs()) end,
    { "/logs", script = odd_answers.json "" }, { "/json", STATE } },
  ["container:attach"] = { ask = function(client)
    return all_of(client.containers:get "c1":attach { stream = true })
  end, { "/attach", script = odd_answers.output "out\n" }, { "/json", STATE } },
  ["container:attach, and its exit code"] = { ask = function(client)
    local session, message, err = client.containers:get "c1":attach { stream = true }
    if not session then return nil, message, err end
    session:text()
    local code
    code, message, err = session:exit_code { timeout = 0 }
    assert(code == nil or type(code) == "number")
    return code or not message and "none", message, err
  end, { "/attach", script = odd_answers.output "out\n" }, { "/json", STATE } },
  ["container:attach to one that has ended"] = { ask = function(client)
    return all_of(client.containers:get "c1":attach { logs = true })
  end, { "/logs", script = odd_answers.json "" }, { "/attach", script = odd_answers.output "out\n" },
    { "/json", STATE } },
  ["container:exec_create"] = { ask = function(client)
    local exec, message, err = client.containers:get "c1":exec_create("true")
    assert(exec == nil or type(exec.id) == "string")
    return exec, message, err
  end, { " ", '{"Id":"e1"}' } },
  ["container:exec"] = { ask = function(client)
    return is_result(client.containers:get "c1":exec("true", { timeout = 0.2, check = true }))
  end, { "/containers/c1/exec", '{"Id":"e1"}' }, { "/start", script = odd_answers.output "out\n" },
    { "/json", HAS_RUN } },
  ["exec:inspect"] = { ask = of("exec", "e1", "inspect"), { " ", EXEC } },
  ["exec:start"] = { ask = function(client) return all_of(client.exec:get "e1":start()) end,
    { "/start", script = odd_answers.output "out\n" }, { "/json", EXEC } },
  ["client:run"] = { ask = function(client)
    return is_result(client:run("a:1", "true", { timeout = 2, check = true }))
  end, { "/containers/create", '{"Id":"c1","Warnings":[]}' }, { "/attach", script = odd_answers.output "out\n" },
    { "/wait", '{"StatusCode":0,"Error":null}' }, { "/json", ENDED }, { "/logs", script = odd_answers.json "" },
    { "/start", script = odd_answers.json("", "204 No Content") },
    { "DELETE", script = odd_answers.json("", "204 No Content") } },

  ["images:list"] = { ask = list_of "images", { " ", '[{"Id":"sha256:1","RepoTags":["a:1"],"Labels":null}]' } },
  ["images:search"] = { ask = function(client) return client.images:search "x" end, { " ", '[{"name":"x"}]' } },
  ["images:prune"] = { ask = function(client) return client.images:prune() end,
    { " ", '{"ImagesDeleted":[{"Untagged":"a:1"}],"SpaceReclaimed":7}' } },
  ["images:build_prune"] = { ask = function(client) return client.images:build_prune() end,
    { " ", '{"CachesDeleted":["x"],"SpaceReclaimed":7}' } },
  ["images:pull"] = { ask = created_by("images", "pull", "a:1", { on_progress = field "status" }), { " ",
    '{"status":"Digest: sha256:1","id":"x","progressDetail":{"current":1},"errorDetail":null,"aux":{"ID":"x"}}' } },
  ["images:import"] = { ask = created_by("images", "import", "x"), { " ", '{"status":"sha256:1","id":"x"}' } },
  ["images:load"] = { ask = function(client)
    local images, message, err = client.images:load "x"
    for _, image in ipairs(images or {}) do assert(type(image.id) == "string") end
    return images, message, err
  end, { " ", '{"stream":"Loaded image: a:1\\n","aux":{"ID":"x"}}' } },
  ["images:build"] = { ask = created_by("images", "build", "x", { on_progress = field "trace" }),
    { " ", '{"stream":"sha256:1\\n","id":"moby.buildkit.trace","aux":{"ID":"sha256:1"}}' } },
  ["images:build by BuildKit"] = { ask = function(client) return client.images:build("x", { version = "2" }) end,
    { " ", '{"id":"moby.buildkit.trace","aux":"CgYKBHRleHQ=","stream":"sha256:1"}' } },
  ["image:push"] = { ask = of("images", "a:1", "push"), { " ",
    '{"status":"1: digest: sha256:1 size: 7","aux":{"Tag":"1","Digest":"sha256:1","Size":7},"errorDetail":{}}' } },
  ["image:inspect"] = { ask = of("images", "a:1", "inspect"), { " ", '{"Id":"i1","Config":{"Env":null}}' } },
  ["image:history"] = { ask = of("images", "a:1", "history"), { " ", '[{"Id":"x","Tags":null}]' } },
  ["image:remove"] = { ask = of("images", "a:1", "remove"), { " ", '[{"Untagged":"a:1"}]' } },
  ["client.distribution:inspect"] = { ask = function(client) return client.distribution:inspect "a:1" end,
    { " ", '{"Descriptor":{"digest":"sha256:1"},"Platforms":[{"os":"linux"}]}' } },

  ["networks:list"] = { ask = list_of "networks", { " ", '[{"Id":"n1","Name":"x","IPAM":{"Config":[{}]}}]' } },
  ["networks:create"] = { ask = created_by("networks", "create", "x"), { " ", '{"Id":"n1","Warning":""}' } },
  ["networks:prune"] = { ask = function(client) return client.networks:prune() end,
    { " ", '{"NetworksDeleted":["x"]}' } },
  ["network:inspect"] = { ask = of("networks", "x", "inspect"), { " ", '{"Id":"n1","Containers":{"c1":{}}}' } },

  ["volumes:list"] = { ask = function(client)
    local list, second, err = client.volumes:list()
    for _, volume in ipairs(list or {}) do assert(type(volume.inspect) == "function") end
    for _, warning in ipairs(list and second or {}) do assert(warning) end
    return list, second, err
  end, { " ", '{"Volumes":[{"Name":"v1","Labels":{"a":"1"}}],"Warnings":["x"]}' } },
  ["volumes:create"] = { ask = created_by("volumes", "create", "v1"), { " ", '{"Name":"v1","Labels":null}' } },
  ["volumes:prune"] = { ask = function(client) return client.volumes:prune() end,
    { " ", '{"VolumesDeleted":["v1"],"SpaceReclaimed":7}' } },
  ["volumes:prune, one by one"] = { version = "1.41", ask = function(client)
    return client.volumes:prune { filters = { ["label!"] = "b" } }
  end, { "GET", ('{"Volumes":[{"Name":"%s","Labels":{"a":"1"}}],"Warnings":null}'):format(("a"):rep(64)) },
    { "DELETE", script = odd_answers.json("", "204 No Content") } },
  ["volume:update"] = { ask = of("volumes", "v1", "update", { availability = "drain" }),
    { " ", '{"Name":"v1","ClusterVolume":{"Version":{"Index":7},"Spec":{"Group":"x"}}}' } },

  ["services:list"] = { ask = list_of "services", { " ", "[" .. SPEC .. "]" } },
  ["services:create"] = { ask = created_by("services", "create", "a:1"), { " ", '{"ID":"s1","Warnings":null}' } },
  ["services:create with a secret"] = { ask = created_by("services", "create", "a:1", nil, { secret = "key" }),
    { "/secrets", '[{"ID":"x1","Spec":{"Name":"key"}}]' }, { "/services", '{"ID":"s1"}' } },
  ["services:create with the digest of its image"] = {
    ask = created_by("services", "create", "a:1", nil, { resolve_image = true }), { "/distribution",
    '{"Descriptor":{"digest":"sha256:1"},"Platforms":[{"architecture":"amd64","os":"linux"}]}' },
    { "/services", '{"ID":"s1"}' } },
  ["service:inspect"] = { ask = of("services", "s1", "inspect"), { " ", SPEC } },
  ["service:update"] = { ask = of("services", "s1", "update", { image = "a:2", Labels = { b = "1" } }),
    { "GET", SERVICE }, { "POST", '{"Warnings":null}' } },
  ["service:update by force"] = { ask = of("services", "s1", "update", { force = true }),
    { "GET", SERVICE }, { "POST", '{"Warnings":null}' } },
  ["service:scale"] = { ask = of("services", "s1", "scale", 2), { "GET", SERVICE }, { "POST", '{"Warnings":null}' } },
  ["service:rollback"] = { ask = of("services", "s1", "rollback"), { "GET", SPEC }, { "POST", "{}" } },
  ["service:logs"] = { version = "1.41", ask = function(client) return all_of(client.services:get "s1":logs()) end,
    { "/logs", script = odd_answers.json "" },
    { "/services", '{"Spec":{"TaskTemplate":{"ContainerSpec":{"TTY":false}}}}' } },
  ["service:tasks"] = { ask = of("services", "s1", "tasks"), { " ", TASKS } },
  ["service:wait"] = { ask = of("services", "s1", "wait", { timeout = 0.3, monitor = 0 }),
    { "/services", SERVICE }, { "/tasks", TASKS } },
  ["service:wait for a job"] = { ask = of("services", "s1", "wait", { timeout = 0.3 }),
    { "/services", (SERVICE:gsub('"Replicated":{"Replicas":1}', '"ReplicatedJob":{"TotalCompletions":1}')) },
    { "/tasks", (TASKS:gsub("running", "complete")) } },
  ["service:wait for one on all nodes"] = { ask = of("services", "s1", "wait", { timeout = 0.3 }),
    { "/services", (SERVICE:gsub('"Replicated":{"Replicas":1}', '"Global":{}')) }, { "/tasks", TASKS } },

  ["nodes:list"] = { ask = list_of "nodes", { " ", "[" .. SPEC .. "]" } },
  ["nodes:self"] = { ask = created_by("nodes", "self"), { " ", '{"Swarm":{"NodeID":"n1"}}' } },
  ["node:update"] = { ask = of("nodes", "x1", "update", { label_add = "b=1", label_rm = "a" }), { "GET", SPEC },
    { "POST", script = odd_answers.json "" } },
  ["tasks:list"] = { ask = list_of "tasks", { " ", TASKS } },
  ["task:logs"] = { version = "1.41", ask = function(client) return all_of(client.tasks:get "t1":logs()) end,
    { "/logs", script = odd_answers.json "" }, { "/tasks", '{"ID":"t1","Spec":{"ContainerSpec":{"TTY":false}}}' } },
  ["secrets:list"] = { ask = list_of "secrets", { " ", "[" .. SPEC .. "]" } },
  ["secrets:create"] = { ask = created_by("secrets", "create", "key", "x"), { " ", '{"ID":"x1"}' } },
  ["secret:update"] = { ask = of("secrets", "x1", "update", { label_rm = "a" }), { "GET", SPEC },
    { "POST", script = odd_answers.json "" } },
  ["configs:list"] = { ask = list_of "configs", { " ", "[" .. SPEC .. "]" } },
  ["configs:create"] = { ask = created_by("configs", "create", "conf", "x"), { " ", '{"ID":"x1"}' } },
  ["config:data"] = { ask = of("configs", "x1", "data"), { " ", SPEC } },
  ["config:update"] = { ask = of("configs", "x1", "update", { label = { b = "1" } }), { "GET", SPEC },
    { "POST", script = odd_answers.json "" } },

  ["plugins:list"] = { ask = list_of "plugins", { " ", '[{"Id":"p1","Name":"x:1","Settings":{"Env":["A=1"]}}]' } },
  ["plugins:privileges"] = { ask = function(client) return client.plugins:privileges "x" end, { " ", PRIVILEGES } },
  ["plugins:install"] = { ask = created_by("plugins", "install", "x", { disable = true, grant_all = true }),
    { "/privileges", PRIVILEGES }, { "/pull", '{"status":"x","id":"y"}' } },
  ["plugins:install without consent"] = { ask = function(client)
    local plugin, _, err = client.plugins:install "x"
    return plugin or err and err.kind == "forbidden" or nil, "not refused", err
  end, { "/privileges", PRIVILEGES }, { "/pull", script = odd_answers.json "{}" },
    { "/enable", script = odd_answers.json "" } },
  ["plugin:push"] = { ask = of("plugins", "x:1", "push"), { " ", '{"status":"x","aux":{"Digest":"sha256:1"}}' } },

  ["swarm:init"] = { ask = function(client) return client.swarm:init() end, { " ", '"n1"' } },
  ["swarm:tokens"] = { ask = function(client)
    local tokens, message, err = client.swarm:tokens()
    assert(tokens == nil or type(tokens) == "table")
    return tokens, message, err
  end, { " ", '{"ID":"x","JoinTokens":{"Worker":"a","Manager":"b"}}' } },
  ["swarm:unlock_key"] = { ask = function(client)
    local key, message, err = client.swarm:unlock_key()
    assert(key == nil or type(key) == "string")
    return key, message, err
  end, { " ", '{"UnlockKey":"x"}' } },
  ["swarm:update"] = { ask = function(client) return client.swarm:update { task_history_limit = 3, autolock = true,
      dispatcher_heartbeat = "3s", cert_expiry = "720h" } end,
    { "GET", [[{"Version":{"Index":3},"Spec":{"Orchestration":{"TaskHistoryRetentionLimit":5},"Dispatcher":{},
      "EncryptionConfig":{"AutoLockManagers":false},"CAConfig":{"ExternalCAs":[]}}}]] },
    { "POST", script = odd_answers.json "" } },

  ["the question for the version"] = { version = false, ask = function(client) return client:info() end,
    { "/_ping", script = odd_answers.json "" }, { "GET /version", '{"ApiVersion":"1.45","MinAPIVersion":"1.24"}' },
    { "/info", script = odd_answers.json "{}" } },
  ["client:version"] = { ask = function(client) return client:version() end,
    { " ", '{"Components":[{"Name":"x"}]}' } },
  ["client:info"] = { ask = function(client) return client:info() end,
    { " ", '{"Swarm":{"NodeID":""},"Plugins":{}}' } },
  ["client:df"] = { ask = function(client) return client:df() end, { " ", '{"LayersSize":7,"Images":[{"Id":"x"}]}' } },
  ["client:login"] = { ask = function(client) return client:login { username = "u", password = "p" } end,
    { " ", '{"Status":"x","IdentityToken":"t"}' } },
  ["client:events"] = { ask = function(client) return all_of(client:events()) end, { " ", EVENT } },
  ["fleet:events"] = { ask = function(client)
    local events = docker.fleet { client }:events { start_timeout = 1 }
    local seen, message, err = all_of(events)
    events:close()
    return seen, message, err
  end, { " ", EVENT } },
  ["fleet:containers"] = { ask = function(client) return (docker.fleet { client }:containers()) end,
    { " ", '[{"Id":"c1","Names":["/web"]}]' } },
  ["anything that is refused"] = { ask = function(client)
    local value, message, err = client:info()
    return value, message, err and (err.status == 409 and err.kind == "conflict") and err or nil
  end, refused = true,
    { " ", '{"message":"in use","cause":"x","errorDetail":{"message":"y"}}', status = "409 Conflict" } },
}

local names = {}
for name in pairs(CASES) do names[#names + 1] = name end
table.sort(names)

describe("an odd answer to", function()
  setup(server.start)
  teardown(server.stop)

  for _, name in ipairs(names) do
    it(name .. " breaks nothing", function()
      local case = CASES[name]
      local value, message = odd_answers.usual(case)
      assert.is_true(case.refused or value ~= nil, message)
      local wrong, count = odd_answers.all(case)
      assert.equal("", table.concat(wrong, "\n"):sub(1, 700))
      assert.is_true(count >= 9)
    end)
  end

  it("an exec is waited for no longer than it runs, whatever is told of it", function()
    for _, code in ipairs { 0, 3 } do
      local result = assert(odd_answers.usual { { "/start", script = odd_answers.output "hi" },
        { "POST", '{"Id":"e1"}', status = "201 Created" },
        { "GET /v1.51/exec", ('{"Running":false,"ExitCode":%d}'):format(code) },
        ask = function(client) return client.containers:get "c1":exec("true", { timeout = 5 }) end })
      assert.equal(code, result.exit_code)
    end
  end)
end)
