-- Examples of the reference. A piece below `--# name` can use docker, client, image (a small one) and
-- unique(what), which is a name that nothing else has; it leaves nothing behind.

--# docker.connect
local far = assert(docker.connect { host = "tcp://192.0.2.7:2375", timeout = 10 })
print(far.endpoint.name)

--# docker.array
local body = { Cmd = docker.array {} } -- sent as [], a plain {} could be either

--# docker.object
local labels = docker.object {} -- sent as {}

--# docker.words
local words = docker.words [[sh -c 'echo "a b"']]
assert(words[3] == 'echo "a b"')

--# docker.spawn
--# Task:await
local task = docker.spawn(function()
  docker.sleep(0.01)
  return client:ping()
end)
local facts = assert(task:await(30))
print(facts.APIVersion)

--# Task:cancel
local sleeper = docker.spawn(function() docker.sleep(3600) end)
sleeper:cancel()
assert(sleeper.status == "cancelled")

--# docker.all
local results, errors = docker.all {
  function() return client:version() end,
  function() return client:info() end,
}
assert(#errors == 0 and results[1].Version == results[2].ServerVersion)

--# docker.map
local containers = assert(client.containers:list { all = true })
local details = docker.map(containers, function(container) return container:inspect() end,
  { limit = 10, keep_going = true })

--# docker.any
local index, pong = docker.any {
  function() return assert(docker.connect { host = "unix:///nowhere.sock" }):ping() end,
  function() return client:ping() end,
}
assert(index == 2 and pong)

--# docker.sleep
docker.sleep(0.05) -- tasks and streams go on meanwhile

--# docker.now
local began = docker.now()
client:ping()
print(("%.1f ms"):format((docker.now() - began) * 1000))

--# docker.fd
--# docker.step
--# docker.deadline
-- A host with a loop of its own watches docker.fd() for reading, and wakes at docker.deadline().
local task = docker.spawn(function() return client:ping() end)
while task.status == "running" do
  docker.step(100) -- milliseconds at most; 0 in a host that was told of news
end
print(docker.fd(), docker.deadline())
