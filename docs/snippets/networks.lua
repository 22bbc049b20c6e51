-- Networks and volumes.

--# Networks:create
--# Network:inspect
--# Network:remove
local network = assert(client.networks:create(unique "net", {
  subnet = { "10.210.0.0/16", "fd21::/64" }, gateway = { "10.210.0.1", "fd21::1" }, ipv6 = true,
  internal = true, label = { project = "shop" },
}))
print(assert(network:inspect()).IPAM.Config[1].Subnet)
assert(network:remove())

--# Network:connect
--# Network:disconnect
local network = assert(client.networks:create(unique "net"))
local database = assert(client:run(image, { "sleep", "600" }, { init = true, detach = true }))
assert(network:connect(database, { alias = { "db", "sql" } }))
assert(network:disconnect(database, { force = true }))
assert(database:remove { force = true })
assert(network:remove())

--# Networks:list
--# Networks:get
for _, each in ipairs(assert(client.networks:list { filters = { driver = "bridge" } })) do
  print(each.Name, each.Scope)
end
local bridge = client.networks:get "bridge" -- nothing is sent

--# Networks:prune
local report = assert(client.networks:prune { filters = { label = "project=gone" } })

--# Volumes:create
--# Volume:inspect
--# Volume:remove
local volume = assert(client.volumes:create(unique "data", { label = { project = "shop" } }))
print(volume.id, assert(volume:inspect()).Mountpoint)
assert(volume:remove())

--# Volumes:list
--# Volumes:get
local volumes, warnings = client.volumes:list { filters = { dangling = true } }
for _, each in ipairs(assert(volumes, warnings)) do print(each.Name, each.Driver) end
local data = client.volumes:get "data" -- nothing is sent

--# Volumes:prune
-- Those without a name; with all = true the others as well.
local report = assert(client.volumes:prune { filters = { label = "project=gone" } })
print(#report.VolumesDeleted)

--# Volume:update
-- Of a cluster volume only: any other is an error of kind "invalid".
local volume = assert(client.volumes:create(unique "data"))
local ok, message, err = volume:update { availability = "drain" }
assert(not ok and err.kind == "invalid")
assert(volume:remove())
