-- Finds out what a piece of work needs of the engine: the rules for a socket proxy that lets this
-- through and nothing else, and the same list for `connect`.
--
--   lua examples/least_privilege.lua [image]

local docker = require "moondock"

local image = arg[1] or "busybox"

local function work(client)
  local result = assert(client:run(image, { "echo", "done" }))
  io.write(result.stdout)
end

local client = assert(docker.connect())
work(client)

local names = {}
print "\nrules for a socket proxy (method, regular expression):"
for _, used in ipairs(client:operations_used()) do
  print(("  %-50s # %s, %d times, %s=1"):format(used.rule, used.operation, used.count,
    used.section))
  names[#names + 1] = used.operation
end

print "\nthe same work by a client that may do only this:"
local limited = assert(docker.connect { allow = names })
work(limited)

local _, message = limited.containers:prune()
print("\nand what else it tries: " .. message)
