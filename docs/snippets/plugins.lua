-- Plugins. These have a configuration and nothing that runs, so they cannot be enabled.

--# Plugins:create
--# Plugin:inspect
--# Plugin:set
--# Plugin:enable
--# Plugin:disable
--# Plugin:push
--# Plugin:upgrade
--# Plugin:remove
--# Plugins:privileges
--# Plugins:install
local name = ("%s/%s:1"):format(registry, unique "plugin")
local folder = os.tmpname()
os.remove(folder)
os.execute(("mkdir -p %s/rootfs"):format(folder))
local config = assert(io.open(folder .. "/config.json", "w"))
config:write(([[{ "description": "%s", "entrypoint": ["/plugin"], "network": { "type": "host" },
  "interface": { "types": ["docker.volumedriver/1.0"], "socket": "plugin.sock" },
  "env": [{ "name": "DEBUG", "value": "0", "settable": ["value"] }] }]]):format(name))
config:close()

local archive = assert(io.popen(("tar -C %s -c ."):format(folder)))
local plugin = assert(client.plugins:create(name, function() return archive:read(65536) end))
archive:close()
os.execute("rm -r " .. folder)
assert(plugin:set { DEBUG = "1" })
print(assert(plugin:inspect()).Settings.Env[1])

local ok, message = plugin:enable { plugin_timeout = 1 }
if ok then assert(plugin:disable()) else print(message) end

assert(plugin:push())
assert(plugin:upgrade { grant_all = true }) -- to what its registry has now
assert(plugin:remove())

for _, privilege in ipairs(assert(client.plugins:privileges(name))) do
  print(privilege.Name, table.concat(privilege.Value, " "))
end
plugin = assert(client.plugins:install(name, {
  alias = unique "mine", disable = true, settings = { DEBUG = "2" },
  grant_all = function(privileges) return #privileges == 1 end,
}))
assert(plugin:remove())

--# Plugins:list
--# Plugins:get
for _, each in ipairs(assert(client.plugins:list { filters = { enabled = true } })) do
  print(each.Name)
end
local plugin = client.plugins:get "vieux/sshfs:latest" -- nothing is sent
