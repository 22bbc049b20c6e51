-- The engine itself, and the client that talks to it.

--# Client:ping
local facts = assert(client:ping { timeout = 10 })
print(facts.APIVersion, facts.OSType)

--# Client:version
local versions = assert(client:version())
print(versions.Version, versions.ApiVersion, client.api_version) -- the last one is what both speak

--# Client:info
local info = assert(client:info())
print(info.Name, info.NCPU, info.MemTotal, info.Driver)

--# Client:df
local usage = assert(client:df())
for _, container in ipairs(usage.Containers) do print(container.Names[1], container.SizeRw) end

--# Client:events
--# Stream:iter
local began = os.time()
local container = assert(client.containers:create(image, "true"))
assert(container:remove())
local events = assert(client:events { since = began - 1, ["until"] = os.time() + 1,
  filters = { container = { container.id } } })
for event in events:iter() do print(event.Type, event.Action, event.Actor.ID) end
assert(events.outcome == "complete")

--# Client:run
local result = assert(client:run(image, { "sh", "-c", "echo out; echo err >&2; exit 3" },
  { env = { COLOR = "blue" }, memory = "64m", timeout = 60 }))
print(result.exit_code, result.stdout, result.stderr, result.duration)

local sorted = assert(client:run { image = image, command = "sort", stdin = "b\na\n", check = true })
assert(sorted.stdout == "a\nb\n")

--# Client:login
local reply = assert(client:login { username = username, password = password, serveraddress = private })
print(reply.Status)

--# Client:explain_auth
local sentence, facts = client:explain_auth "registry.example.com/team/web"
print(sentence, facts.source, facts.kind)

--# Client:configuration
local configuration = assert(client:configuration())
print(configuration.credsStore, configuration.currentContext)

--# Client:operations_used
assert(client:ping())
for _, used in ipairs(client:operations_used()) do
  print(used.count, used.operation, used.rule, used.section)
end

--# Client:planned
local rehearsal = assert(docker.connect { host = client.endpoint.name, dry_run = true })
local container = assert(rehearsal.containers:create(image, "true", { name = "web" }))
assert(container:start())
for _, plan in ipairs(rehearsal:planned()) do print(plan) end -- POST /v1.51/containers/create?name=web {...}

--# Client:host_name
for _, container in ipairs(assert(client.containers:list())) do
  print(container.client:host_name(), container.Names[1])
end

--# Client:close
--# Client:check_open
local own = assert(docker.connect { host = client.endpoint.name })
assert(own:ping())
own:close()
assert(not pcall(own.check_open, own)) -- and so does every call that is made now

--# docker.contexts
for _, context in ipairs(assert(docker.contexts())) do
  print(context.current and "*" or " ", context.name, context.host or context.error)
end
