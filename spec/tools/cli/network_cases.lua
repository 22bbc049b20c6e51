-- Command lines of `docker network create` and `docker network connect`.

local cases = require "spec.tools.cli.cases"

local create = cases.group { verb = "network create", path = "^/networks/create$", tail = "net",
  call = function(client, case) return client.networks:create("net", case.opts) end,
  -- Ours alone, for engines before 25; and what the engine takes where nothing is said.
  defaults = { CheckDuplicate = true, Driver = "bridge" },
  of = function(record)
    local ipam = record.body.IPAM
    if ipam and ipam.Driver == "default" then ipam.Driver = nil end
    if ipam and type(ipam.Config) == "table" then -- the CLI keeps pools in a map, in no order
      table.sort(ipam.Config, function(x, y) return x.Subnet < y.Subnet end)
    end
    return record.body
  end }

create:add("", {})
create:each("--driver %s", "driver", { "bridge", "overlay", "macvlan", "ipvlan", "vendor/plugin:1" })
create:each("--scope %s", "scope", { "local", "swarm" })
for _, flag in ipairs { "internal", "attachable", "ingress" } do
  create:add("--" .. flag, { [flag] = true })
  create:add("--" .. flag .. "=false", { [flag] = false })
end
create:add("--ipv6", { ipv6 = true })
create:add("--ipv6=false", { ipv6 = false })
create:add("--ipv4=false --ipv6", { ipv4 = false, ipv6 = true })
create:add("--ipv4", { ipv4 = true })
create:add("--config-only --subnet 10.1.0.0/16", { config_only = true, subnet = "10.1.0.0/16" })
create:add("--config-from base", { config_from = "base" })
create:add("--config-from base --driver macvlan --opt parent=eth0",
  { config_from = "base", driver = "macvlan", opt = { parent = "eth0" } })
create:each("--opt %s", "opt", { "com.docker.network.bridge.name=br0", "a", "a=", "a=b=c", { "mtu=1400",
  { mtu = 1400 } } })
create:add("-o a=1 -o b=2", { opt = { "a=1", "b=2" } })
create:each("--label %s", "label", { "a=1", "a", { "a=1", { a = "1" } } })
create:add("--label a=1 --label b=x=y", { label = { "a=1", "b=x=y" } })
create:each("--ipam-driver %s", "ipam_driver", { "default", "dhcp", "vendor/ipam" })
create:each("--ipam-opt %s", "ipam_opt", { "a=1", { "a=1", { a = 1 } } })
create:add("--ipam-driver x --ipam-opt a=1 --subnet 10.1.0.0/16",
  { ipam_driver = "x", ipam_opt = { "a=1" }, subnet = "10.1.0.0/16" })
create:each("--subnet %s", "subnet", { "10.1.0.0/16", "192.168.5.0/24", "fd20::/64", "10.1.2.3/8" })
create:add("--subnet 10.1.0.0/16 --subnet fd20::/64 --ipv6", { subnet = { "10.1.0.0/16", "fd20::/64" }, ipv6 = true })
create:add("--subnet 10.1.0.0/16,10.2.0.0/16 --gateway 10.1.0.1,10.2.0.1 --ip-range 10.2.4.0/24,10.1.4.0/24",
  { subnet = "10.1.0.0/16,10.2.0.0/16", gateway = "10.1.0.1,10.2.0.1", ip_range = "10.2.4.0/24,10.1.4.0/24" })
create:add("--subnet 10.1.0.0/16 --gateway ''", { subnet = "10.1.0.0/16", gateway = "" })
create:add("--subnet 10.1.0.0/16 --gateway 10.1.0.1", { subnet = "10.1.0.0/16", gateway = "10.1.0.1" })
create:add("--subnet 10.1.0.0/16 --ip-range 10.1.4.0/24", { subnet = "10.1.0.0/16", ip_range = "10.1.4.0/24" })
create:add("--subnet 10.1.0.0/16 --ip-range 10.1.4.0/24 --gateway 10.1.0.254",
  { subnet = "10.1.0.0/16", ip_range = "10.1.4.0/24", gateway = "10.1.0.254" })
create:add("--subnet 10.1.0.0/16 --aux-address a=10.1.0.5 --aux-address b=10.1.0.6",
  { subnet = "10.1.0.0/16", aux_address = { a = "10.1.0.5", b = "10.1.0.6" } })
create:add("--subnet 10.1.0.0/16 --subnet 10.2.0.0/16 --gateway 10.2.0.1 --gateway 10.1.0.1 --aux-address r=10.2.0.9",
  { subnet = { "10.1.0.0/16", "10.2.0.0/16" }, gateway = { "10.2.0.1", "10.1.0.1" }, aux_address = "r=10.2.0.9" })
create:add("--subnet 10.1.0.0/16 --subnet fd20::/64 --gateway fd20::1 --ip-range fd20::/80",
  { subnet = { "10.1.0.0/16", "fd20::/64" }, gateway = "fd20::1", ip_range = "fd20::/80" })
create:add("-d overlay --attachable --opt encrypted --subnet 10.9.0.0/24",
  { driver = "overlay", attachable = true, opt = "encrypted", subnet = "10.9.0.0/24" })

create:refuse("--subnet 10.1.0.0/16 --subnet 10.1.4.0/24", { subnet = { "10.1.0.0/16", "10.1.4.0/24" } })
create:refuse("--subnet 10.1.0.0/16 --gateway 10.2.0.1", { subnet = "10.1.0.0/16", gateway = "10.2.0.1" })
create:refuse("--subnet 10.1.0.0/16 --gateway 10.1.0.1 --gateway 10.1.0.2",
  { subnet = "10.1.0.0/16", gateway = { "10.1.0.1", "10.1.0.2" } })
create:refuse("--subnet 10.1.0.0/16 --ip-range 10.2.0.0/24", { subnet = "10.1.0.0/16", ip_range = "10.2.0.0/24" })
create:refuse("--subnet 10.1.0.0/16 --ip-range 10.1.1.0/24 --ip-range 10.1.2.0/24",
  { subnet = "10.1.0.0/16", ip_range = { "10.1.1.0/24", "10.1.2.0/24" } })
create:refuse("--subnet 10.1.0.0/16 --aux-address r=10.3.0.1", { subnet = "10.1.0.0/16", aux_address = "r=10.3.0.1" })
create:refuse("--subnet 10.1.0.0/16 --ip-range 10.1.4.0", { subnet = "10.1.0.0/16", ip_range = "10.1.4.0" })
create:refuse("--subnet 10.1.0.0/16 --gateway 010.1.0.1", { subnet = "10.1.0.0/16", gateway = "010.1.0.1" })
create:refuse("--gateway 10.1.0.1", { gateway = "10.1.0.1" })
create:refuse("--ip-range 10.1.0.0/24", { ip_range = "10.1.0.0/24" })
create:refuse("--internal=perhaps", { internal = "perhaps" })
create:refuse("--label 'a b=x'", { label = "a b=x" })
create:refuse("--label =x", { label = "=x" })

local connect = cases.group { verb = "network connect", path = "^/networks/net/connect$", tail = "net web",
  call = function(client, case) return client.networks:get("net"):connect("web", case.opts) end }

connect:add("", {})
connect:each("--ip %s", "ip", { "10.1.0.5" })
connect:each("--ip6 %s", "ip6", { "fd20::5" })
connect:add("--ip 10.1.0.5 --ip6 fd20::5", { ip = "10.1.0.5", ip6 = "fd20::5" })
connect:each("--link-local-ip %s", "link_local_ip", { "169.254.1.1" })
connect:add("--link-local-ip 169.254.1.1 --link-local-ip 169.254.1.2",
  { link_local_ip = { "169.254.1.1", "169.254.1.2" } })
connect:each("--alias %s", "alias", { "db", "Data" })
connect:add("--alias a --alias b", { alias = { "a", "b" } })
connect:add("--alias a,b --alias c", { alias = { "a,b", "c" } })
connect:add("--driver-opt a=1,b=2", { driver_opt = "a=1,b=2" })
connect:add([[--driver-opt '"a=1,2"']], { driver_opt = { a = "1,2" } })
connect:refuse("--link a:b:c", { link = "a:b:c" })
connect:each("--link %s", "link", { "db", "db:database" })
connect:add("--link a --link b:c", { link = { "a", "b:c" } })
connect:each("--driver-opt %s", "driver_opt", { "a=1", "a=b=c", { "a=1", { a = 1 } } })
connect:add("--driver-opt a=1 --driver-opt b=2", { driver_opt = { "a=1", "b=2" } })
connect:each("--gw-priority %s", "gw_priority", { { "5", 5 }, { "-5", -5 } })
connect:add("--alias a --ip 10.1.0.5 --gw-priority 1", { alias = "a", ip = "10.1.0.5", gw_priority = 1 })
connect:refuse("--gw-priority high", { gw_priority = "high" })
connect:refuse("--driver-opt a", { driver_opt = "a" })

return { create, connect }
