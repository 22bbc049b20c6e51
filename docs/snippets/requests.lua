-- Requests by hand, and connections that carry bytes.

--# Client:request
local exited = assert(client:request { path = "/containers/json",
  query = { all = true, filters = { status = { "exited" } } } })
local pong = assert(client:request { path = "/_ping", versioned = false, reply = "text" })
print(#exited, pong)

--# Client:session
--# Raw:write
local headers = { ["X-Docker-Expose-Session-Uuid"] = unique "session" }
local connection = assert(client:session { headers = headers })
assert(connection:read():find "^PRI %* HTTP/2") -- the engine speaks HTTP/2 to us
assert(connection:write "\0\0\0\4\0\0\0\0\0") -- our settings: none
connection:close()

--# Container:attach_websocket
--# Raw:close_write
local container = assert(client.containers:create(image, "cat",
  { interactive = true, StdinOnce = true }))
local connection = assert(container:attach_websocket { stdin = true })
assert(container:start())
assert(connection:write "hello\n")
connection:close_write()
assert(assert(connection:text()) == "hello\n")
assert(container:remove { force = true })

--# Container:stat_archive
local container = assert(client.containers:create(image, "true"))
local facts = assert(container:stat_archive "/bin/sh")
print(facts.name, facts.size, facts.linkTarget)
assert(container:remove())

--# Container:checkpoint_create
--# Container:checkpoint_list
--# Container:checkpoint_delete
-- With an engine that has its experimental features on, and CRIU.
local container = assert(client:run(image, { "sleep", "600" }, { init = true, detach = true }))
local ok, message, err = container:checkpoint_create("evening", { Exit = false })
if ok then
  for _, checkpoint in ipairs(assert(container:checkpoint_list())) do print(checkpoint.Name) end
  assert(container:checkpoint_delete "evening")
else
  print(message)
end
assert(container:remove { force = true })
