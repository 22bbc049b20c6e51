-- Requests that are shown instead of sent. There is no engine, so that nothing can be sent.

local docker = require "moondock"
local server = require "spec.core.server"

local function client(opts)
  opts = opts or {}
  opts.host, opts.api_version = opts.host or "unix:///nowhere/docker.sock", opts.api_version or "1.45"
  return assert(docker.connect(opts))
end

local function lines_of(plans)
  local lines = {}
  for i, plan in ipairs(plans) do lines[i] = plan.method .. " " .. plan.path end
  return lines
end

describe("dry_run of a call", function()
  local c = client()
  local a = c.containers:get "a"
  local AUTH = { username = "moon", password = "hunter2" }

  local CALLS = {
    { function(o) return a:stop(o) end, "POST /v1.45/containers/a/stop" },
    { function(o) return a:inspect(o) end, "GET /v1.45/containers/a/json" },
    { function(o) return a:wait(o) end, "POST /v1.45/containers/a/wait" },
    { function(o) return a:logs(o) end, "GET /v1.45/containers/a/logs" },
    { function(o) return a:attach(o) end, "POST /v1.45/containers/a/attach" },
    { function(o) return a:stats(o) end, "GET /v1.45/containers/a/stats" },
    { function(o) return a:export(o) end, "GET /v1.45/containers/a/export" },
    { function(o) return a:ports(o) end, "GET /v1.45/containers/a/json" },
    { function(o) return a:commit(o) end, "POST /v1.45/commit" },
    { function(o) return a:rename("b", o) end, "POST /v1.45/containers/a/rename" },
    { function(o) return a:put_archive("/x", "bytes", o) end, "PUT /v1.45/containers/a/archive" },
    { function(o) return a:exec({ "ls" }, o) end, "POST /v1.45/containers/a/exec" },
    { function(o) return a:exec_create({ "ls" }, o) end, "POST /v1.45/containers/a/exec" },
    { function(o) return c.exec:get("e"):start(o) end, "POST /v1.45/exec/e/start" },
    { function(o) return c.containers:list(o) end, "GET /v1.45/containers/json" },
    { function(o) return c.containers:create("busybox", { "ls" }, o) end, "POST /v1.45/containers/create" },
    { function(o) return c.containers:prune(o) end, "POST /v1.45/containers/prune" },
    { function(o) return c.images:pull("busybox", o) end, "POST /v1.45/images/create" },
    { function(o) return c.images:get("b"):push(o) end, "POST /v1.45/images/b/push" },
    { function(o) return c.images:load("bytes", o) end, "POST /v1.45/images/load" },
    { function(o) return c.images:import("bytes", o) end, "POST /v1.45/images/create" },
    { function(o) return c.images:get("b"):remove(o) end, "DELETE /v1.45/images/b" },
    { function(o) return c:run("busybox", { "ls" }, o) end, "POST /v1.45/containers/create" },
    { function(o) return c:info(o) end, "GET /v1.45/info" },
    { function(o) return c:ping(o) end, "GET /_ping" },
    { function(o) return c:events(o) end, "GET /v1.45/events" },
    { function(o)
      return c:login { username = "moon", password = "hunter2", dry_run = o.dry_run }
    end, "POST /v1.45/auth" },
  }
  for _, case in ipairs(CALLS) do
    it("shows " .. case[2], function()
      local plan, second = case[1] { dry_run = true }
      assert.is_nil(second)
      assert.equal(case[2], plan.method .. " " .. plan.path)
      assert.equal(0, (tostring(plan):find(plan.method .. " " .. plan.target, 1, true) or 2) - 1)
      assert.is_nil(tostring(plan):find "hunter2")
    end)
  end

  it("has the body decoded and the headers, without secrets", function()
    local plan = c.containers:create("busybox", { "ls" }, { env = { A = "hunter2" }, memory = "64m", dry_run = true })
    assert.equal("ContainerCreate", plan.operation)
    assert.same({ "A=***" }, plan.body.Env)
    assert.equal(64 * 1024 * 1024, plan.body.HostConfig.Memory)
    plan = c.images:pull("busybox", { auth = AUTH, dry_run = true })
    assert.truthy(table.concat(plan.headers, "\n"):find("X-Registry-Auth: ***", 1, true))
  end)

  it("tells the size of bytes in place of them", function()
    assert.equal("(upload of 5 bytes)", a:put_archive("/x", "bytes", { dry_run = true }).body)
  end)

  it("leaves no trace in the client, nor in the handle", function()
    a:stop { dry_run = true }
    assert.same({}, c:planned())
    assert.same({}, c:operations_used())
    assert.equal(c, a.client)
    local _, _, err = a:stop()
    assert.equal("connect", err.kind)
  end)

  it("asks nothing, not even for the version", function()
    local unknown = assert(docker.connect { host = "unix:///nowhere/docker.sock" })
    assert.matches("^POST /v1%.%d+/containers/a/stop$", tostring(unknown.containers:get("a"):stop { dry_run = true }))
  end)

  it("still finds mistakes and refusals", function()
    assert.has_error(function() a:stop { signall = "x", dry_run = true } end)
    assert.has_error(function() a:stop { dry_run = "yes" } end)
    local limited = client { read_only = true }
    local _, _, err = limited.containers:get("a"):stop { dry_run = true }
    assert.equal("forbidden", err.kind)
  end)

  it("is a call like any other when it is false", function()
    local _, _, err = a:stop { dry_run = false }
    assert.equal("connect", err.kind)
  end)

  it("of a run that always pulls shows the pull", function()
    local plan = c:run("busybox", { "ls" }, { pull = "always", dry_run = true })
    assert.equal("ImageCreate", plan.operation)
  end)
end)

describe("a client with dry_run", function()
  it("lets a script go on: everything that changes something is recorded, not sent", function()
    local lines = {}
    local c = client { dry_run = true, trace = function(line) lines[#lines + 1] = line end }
    local web = assert(c.containers:create { image = "busybox", command = { "ls" }, name = "web",
      env = { A = "hunter2" } })
    assert.equal("dry-run-1", web.id)
    assert.is_true(web:start())
    assert.equal(0, assert(web:exec { "ls" }).exit_code)
    assert.equal(0, assert(web:wait()).StatusCode)
    assert.equal("dry-run-1", assert(web:inspect()).Id)
    assert.truthy(assert(c.containers:get("web"):inspect()))
    assert.equal("", (assert(web:logs()):text()))
    assert(web:put_archive("/", "bytes"))
    assert(web:commit { repo = "a" })
    assert.is_true(web:remove { force = true })
    assert.same({
      "POST /v1.45/containers/create", "POST /v1.45/containers/dry-run-1/start",
      "POST /v1.45/containers/dry-run-1/exec", "POST /v1.45/exec/dry-run-2/start",
      "PUT /v1.45/containers/dry-run-1/archive", "POST /v1.45/commit",
      "DELETE /v1.45/containers/dry-run-1",
    }, lines_of(c:planned()))
    assert.equal(8, #lines)
    assert.truthy(lines[2]:find("dry POST /v1.45/containers/create?name=web", 1, true))
    assert.is_nil(table.concat(lines):find "hunter2")
    assert.same({}, c:operations_used())
  end)

  it("runs nothing, but records what a run would do", function()
    local c = client { dry_run = true }
    local result = assert(c:run("busybox", { "sh", "-c", "exit 3" }, { stdin = "bytes", check = true }))
    assert.same({ 0, "", "", true }, { result.exit_code, result.stdout, result.stderr, result.removed })
    assert.same({ "POST /v1.45/containers/create", "POST /v1.45/containers/dry-run-1/attach",
      "POST /v1.45/containers/dry-run-1/start", "DELETE /v1.45/containers/dry-run-1" }, lines_of(c:planned()))
    local container = assert(c:run("busybox", { "ls" }, { detach = true }))
    assert.equal("dry-run-2", container.id)
  end)

  it("transfers no images", function()
    local c = client { dry_run = true }
    assert.equal("busybox:latest", assert(c.images:pull "busybox").id)
    assert.same({}, assert(c.images:get("busybox"):push()))
    assert(c.images:import "bytes")
    assert.same({}, assert(c.images:load "bytes"))
    assert.same({}, assert(c.images:get("busybox"):remove()))
    assert(c:login { username = "moon", password = "hunter2" })
    assert.equal(6, #c:planned())
    for _, plan in ipairs(c:planned()) do assert.is_nil(tostring(plan):find "hunter2") end
  end)

  it("sends what only asks", function()
    local _, _, err = client({ dry_run = true }):info()
    assert.equal("connect", err.kind)
  end)

  it("reads from a real connection", function()
    server.start()
    local c = assert(docker.connect { dry_run = true, host = "unix://" .. server.unix, api_version = "1.45",
      headers = { Script = server.answer '{"Name":"moon"}' } })
    assert.equal("moon", assert(c:info()).Name)
    server.stop()
  end)

  it("does not take a mistake for a plan", function()
    local c = client { dry_run = true }
    assert.has_error(function() c.containers:get("a"):stop { signall = "x" } end)
    assert.same({}, c:planned())
  end)
end)
