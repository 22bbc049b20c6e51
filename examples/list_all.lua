-- Lists all containers with their states, ports and ages, and counts them by state, as `docker ps -a`
-- does. A filter narrows the list down:
--
--   lua examples/list_all.lua
--   lua examples/list_all.lua status=exited label=moondock.example

local docker = require "moondock"

local filters = {}
for _, argument in ipairs(arg) do
  local name, value = argument:match("^([^=]+)=(.+)$")
  assert(name, "a filter is name=value: " .. argument)
  filters[name] = filters[name] or {}
  table.insert(filters[name], value)
end

local client = assert(docker.connect())
local counts = {}
for _, container in ipairs(assert(client.containers:list { all = true, filters = filters })) do
  local ports = {}
  for _, port in ipairs(container.Ports ~= docker.null and container.Ports or {}) do
    if port.PublicPort then ports[#ports + 1] = port.PublicPort .. "->" .. port.PrivatePort end
  end
  print(("%-12s  %-9s  %-24s  %-24s  %s  %s"):format(container.Id:sub(1, 12), container.State,
    container.Names[1]:sub(2), container.Image, os.date("%Y-%m-%d %H:%M", container.Created),
    table.concat(ports, " ")))
  counts[container.State] = (counts[container.State] or 0) + 1
end
for state, count in pairs(counts) do print(count .. " " .. state) end
