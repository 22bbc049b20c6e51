-- The first calls of a client, made side by side.

local docker = require "moondock"
local exchange = require "moondock.exchange"
local server = require "spec.core.server"

local PING = "sleep 50;send HTTP/1.1 200 OK\\r\\nApi-Version: 1.44\\r\\nContent-Length: 2\\r\\n\\r\\n{}"

local function client(script, opts)
  opts = opts or {}
  opts.host = opts.host or "unix://" .. server.unix
  opts.headers = { Script = script }
  return assert(docker.connect(opts))
end

describe("a version that was pinned", function()
  it("may be a number, which has lost its last zero", function()
    assert.equal("1.50", docker.connect({ host = "unix:///x", api_version = 1.50 }).api_version)
    assert.equal("1.44", docker.connect({ host = "unix:///x", api_version = 1.44 }).api_version)
    local _, message, err = docker.connect { host = "unix:///x", api_version = 2 }
    assert.equal("config", err.kind)
    assert.matches("'2.00' .* valid are 1.41 to 1.56", message)
  end)
end)

describe("the first calls of a client", function()
  local start, pings = exchange.start, 0

  setup(function()
    server.start()
    exchange.start = function(endpoint, request, limits)
      if request.target == "/_ping" then pings = pings + 1 end
      return start(endpoint, request, limits)
    end
  end)

  before_each(function() pings = 0 end)

  teardown(function()
    exchange.start = start
    server.stop()
  end)

  local function info_of(own)
    return function() return assert(own:info { timeout = 20 }) end
  end

  it("ask for the version once, when tasks make them", function()
    local own = client(PING)
    local calls = {}
    for i = 1, 20 do calls[i] = info_of(own) end
    local results = docker.all(calls)
    assert.equal(20, #results)
    assert.equal("1.44", own.api_version)
    assert.equal(1, pings)
  end)

  it("ask again when the task that asked is cancelled", function()
    local own = client("sleep 300;" .. PING)
    local first, second = docker.spawn(info_of(own)), docker.spawn(info_of(own))
    docker.sleep(0.02)
    first:cancel()
    assert(second:await())
    assert.equal("1.44", own.api_version)
    assert.equal(2, pings)
  end)

  it("ask again when the time of the call that asked is over", function()
    local own = client("sleep 500;" .. PING)
    local first = docker.spawn(function() return own:info { timeout = 0.05 } end)
    local second = docker.spawn(info_of(own))
    local _, _, err = first:await()
    assert.equal("timeout", err.kind)
    assert(second:await())
  end)

  it("fail together when there is no engine", function()
    local own = client(PING, { host = "unix:///nowhere/docker.sock" })
    local kinds = {}
    local tasks = {}
    for i = 1, 5 do
      tasks[i] = docker.spawn(function()
        local _, _, err = own:info()
        kinds[i] = err.kind
      end)
    end
    for _, task in ipairs(tasks) do task:await() end
    assert.same({ "connect", "connect", "connect", "connect", "connect" }, kinds)
  end)

  it("do not wait for what they keep from going on", function()
    local own = client(PING)
    local outer = docker.spawn(function() return own:info() end)
    local inner = docker.spawn(function()
      local step = coroutine.wrap(function() coroutine.yield(own:info { timeout = 20 }) end)
      return step()
    end)
    assert(inner:await())
    assert(outer:await())
  end)
end)
