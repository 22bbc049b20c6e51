-- Images.

--# Images:list
--# Images:get
for _, each in ipairs(assert(client.images:list { filters = { dangling = false } })) do
  print(each.Id, each.RepoTags[1], each.Size)
end
local web = client.images:get "team/web:1" -- nothing is sent

--# Image:inspect
local details = assert(client.images:get(image):inspect())
print(details.Id, details.Architecture, details.Config.Cmd)

--# Image:history
for _, layer in ipairs(assert(client.images:get(image):history())) do print(layer.CreatedBy, layer.Size) end

--# Image:tag
--# Image:remove
local name = unique "team/web" .. ":1"
assert(client.images:get(image):tag(name))
for _, step in ipairs(assert(client.images:get(name):remove())) do print(step.Untagged, step.Deleted) end

--# Image:push
--# Images:pull
local name = ("%s/%s:1"):format(registry, unique "web")
assert(client.images:get(image):tag(name))
local pushed = assert(client.images:get(name):push { on_progress = function(value) print(value.status) end })
assert(client.images:get(name):remove())
local pulled = assert(client.images:pull(name, { timeout = 300 }))
print(pushed.Digest, pulled.Digest) -- the same, where the engine tells it
assert(pulled:remove())

--# Image:save
--# Images:load
-- From one engine to another, through no file at all; here it is the same one.
local name = unique "saved" .. ":1"
assert(client.images:get(image):tag(name))
local archive = assert(client.images:get(name):save())
for _, loaded in ipairs(assert(client.images:load(archive))) do print(loaded.id) end
assert(client.images:get(name):remove())

--# Images:import
local file = assert(io.open(rootfs, "rb"))
local made = assert(client.images:import(file, { repo = unique "imported", tag = "1",
  changes = { 'CMD ["sh"]' } }))
file:close()
assert(made:remove())

--# Images:prune
local report = assert(client.images:prune { filters = { dangling = true, label = "project=gone" } })
print(report.SpaceReclaimed)

--# Images:search
local found, message, err = client.images:search("busybox", { limit = 5, filters = { ["is-official"] = true },
  timeout = 10 })
for _, each in ipairs(found or {}) do print(each.name, each.star_count, each.description) end
if not found then print(err.kind, message) end -- no way to the Hub from here
