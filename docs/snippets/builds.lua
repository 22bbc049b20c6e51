-- Builds, archives of images, registries.

--# Images:build
local folder = os.tmpname()
os.remove(folder)
os.execute("mkdir " .. folder)
local dockerfile = assert(io.open(folder .. "/Dockerfile", "w"))
dockerfile:write(("FROM %s\nARG WHO\nRUN echo hello $WHO >/greeting\n"):format(image))
dockerfile:close()

local context = assert(io.popen(("tar -C %s -c ."):format(folder)))
local built = assert(client.images:build(function() return context:read(65536) end, {
  tag = unique "web", build_arg = { WHO = "moon" }, no_cache = true,
  on_progress = function(value) print(value.stream) end,
}))
context:close()
os.execute("rm -r " .. folder)
assert(built:remove { force = true })

--# Images:build_cancel
-- Of a build that was started with this build_id, by BuildKit.
assert(client.images:build_cancel(unique "build"))

--# Images:build_prune
local report = assert(client.images:build_prune { filters = { ["until"] = "720h" } })
print(report.SpaceReclaimed)

--# Images:save
local path = os.tmpname()
local archive = assert(client.images:save { image })
print(assert(archive:to_file(path)), archive.outcome)
os.remove(path)

--# Image:attestations
local list, message, err = client.images:get(image):attestations { statement = true }
print(list and #list or err.kind) -- "version" before API 1.55

--# Distribution:inspect
local name = ("%s/%s:1"):format(registry, unique "dist")
assert(client.images:get(image):tag(name))
local pushed = assert(client.images:get(name):push())
assert(client.images:get(name):remove())
assert(assert(client.distribution:inspect(name)).Descriptor.digest == pushed.Digest)
