-- What the live specs share: the engine under test, its image, names of their own, and cleaning up.

local assert = require "luassert"
local differences = require("spec.differences").all()
local docker = require "moondock"
local errors = require "moondock.errors"
local exchange = require "moondock.exchange"
local server = require "spec.core.server"

require("spec.limit").guard(require "moondock.task")

local engine = {
  host = assert(os.getenv "MOONDOCK_TEST_HOST", "MOONDOCK_TEST_HOST names the engine: use make test"),
  tcp = os.getenv "MOONDOCK_TEST_TCP",
  name = os.getenv "MOONDOCK_TEST_ENGINE",
  podman = os.getenv "MOONDOCK_TEST_ENGINE" == "podman",
  image = os.getenv "MOONDOCK_TEST_IMAGE" or "moondock/busybox:latest",
  registry = os.getenv "MOONDOCK_TEST_REGISTRY",
  private = os.getenv "MOONDOCK_TEST_REGISTRY_AUTH",
  encrypted = os.getenv "MOONDOCK_TEST_REGISTRY_TLS", -- wants credentials as well
  by_token = os.getenv "MOONDOCK_TEST_REGISTRY_TOKEN", -- takes the identity token, too
  identity = os.getenv "MOONDOCK_TEST_REGISTRY_IDENTITY",
  username = os.getenv "MOONDOCK_TEST_REGISTRY_USER",
  password = os.getenv "MOONDOCK_TEST_REGISTRY_PASSWORD",
  rootfs = os.getenv "MOONDOCK_ROOTFS",
}

local LABEL = "moondock.spec"
local counter = 0

function engine.connect(opts)
  opts = opts or {}
  opts.host = opts.host or engine.host
  return assert(docker.connect(opts))
end

---The name by which the engine lists an image of one's own: Podman's are whole.
---@param library? string  "library/" where the reference has no folder
function engine.listed(reference, library)
  return engine.podman and "docker.io/" .. (library or "") .. reference or reference
end

---A name that nothing else on the engine has.
function engine.unique(what)
  counter = counter + 1
  return ("spec-%s-%d-%d"):format(what, math.floor(docker.now() * 1e6), counter)
end

---Options with the label that `clean` looks for.
function engine.labelled(opts)
  opts = opts or {}
  opts.label = { [LABEL] = "1" }
  return opts
end

---A container that sleeps, started.
function engine.sleeper(client, opts)
  local container = assert(client.containers:create(engine.image, { "sleep", "600" },
    engine.labelled(opts)))
  assert(container:start())
  return container
end

---Remove every container that the specs made.
function engine.clean(client)
  for _, container in ipairs(assert(client.containers:list { all = true,
    filters = { label = LABEL } })) do
    container:remove { force = true, v = true }
  end
end

local function has_one(words, text)
  for _, each in ipairs(words) do
    if text:find(each, 1, true) then return true end
  end
  return false
end

---Whether the engine under test is `kind`, which lacks what the spec wants next. What it does instead
---is asserted, so that the manual, which has a row for the matter, stays true.
---@param kind string  podman, whose table the manual has
---@param matter string  the first cell of the row, without the marks of code
---@param seen any  an error or its message, which must be the row's; else what it must be follows
---@param ... any  what `seen` must be instead: a pattern for a text, else the value itself
function engine.lacks(kind, matter, seen, ...)
  if engine.name ~= kind then return false end
  local answer = assert(differences[matter], "the manual does not know: " .. matter)
  if select("#", ...) == 0 then
    if type(seen) ~= "string" then assert.equal(answer.kind, errors.is(seen) and seen.kind, tostring(seen)) end
    assert.is_true(has_one(answer.words, tostring(seen)), tostring(seen))
  elseif type(...) == "string" then
    assert.matches((...), seen)
  else
    assert.same((...), seen)
  end
  return true
end

---How many containers the engine has in any state.
function engine.count(client)
  return #assert(client.containers:list { all = true })
end

---How many descriptors this process has open.
engine.descriptors = server.descriptors

---The line that tools/engine says to this; it must succeed.
function engine.tool(arguments)
  local pipe = assert(io.popen("tools/engine " .. arguments))
  local line = pipe:read "*l"
  assert(pipe:close(), "tools/engine " .. arguments)
  return line
end

---What a client is told of an upgrade, without what a method asks before.
function engine.upgrade(client)
  local started = exchange.start(client.endpoint, { method = "POST", reply = "upgrade", body = "{}",
    target = "/v1.41/exec/none/start", path = "/exec/none/start", headers = {} })
  local status, message, err = started:head()
  started:close()
  return status, message, err
end

---This process's id.
function engine.pid()
  local stat = assert(io.open "/proc/self/stat")
  local pid = stat:read "*n"
  stat:close()
  return math.floor(pid)
end

-- Seconds in which even a busy machine does what needs no waiting.
engine.PROMPT = 30

---Ask until the answer is true, and return it.
function engine.poll(what, condition)
  local deadline = docker.now() + 200
  repeat
    local answer = condition()
    if answer then return answer end
    docker.sleep(0.05)
  until docker.now() > deadline
  error("it does not come: " .. what, 2)
end

---What `try(seconds)` gives with a limit that is long enough: a busy machine needs more than one
---wants to wait on another.
---@param try fun(seconds: number): any  false or nil: not long enough
function engine.with_time(try)
  for _, seconds in ipairs { 1, 5, 25 } do
    local value = try(seconds)
    if value then return value end
  end
  error("no time was enough", 2)
end

return engine
