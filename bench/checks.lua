-- What it costs to check requests before they are sent.
--
--   lua5.4 bench/checks.lua IMAGE    DOCKER_HOST is the engine, on which containers are made
--
-- `raw` sends what the caller says without checks; a body that is JSON text already is neither
-- checked nor encoded. Both differ from the checked request in nothing else.

local cjson = require "cjson"
local core = require "moondock.core"
local docker = require "moondock"
local requests = require "bench.requests"
local turns = require "bench.turns"
local version = require "moondock.version"

local image = arg[1]
local CALLS = 201

local function build(operation, raw)
  return function(options)
    return assert(core.request(operation, version.NEWEST, nil, options, raw))
  end
end

-- The seconds of a request that is checked, of one that is raw, of one with a body of text, and of
-- lua-cjson's encoder alone on the same body.
local function compare(request)
  local operation = request.operation
  local text = build(operation)(request.options).body
  return #text, turns.compare {
    { work = build(operation), value = request.options },
    { work = build(operation, true), value = request.options },
    { work = build(operation), value = { body = text } },
    { work = cjson.encode, value = cjson.decode(text) },
  }
end

-- The median of the CPU of this process that a whole call takes: flags, request, answer, handle.
local function call_seconds()
  local client = assert(docker.connect())
  local taken = {}
  for i = 1, CALLS do
    local start = os.clock()
    local container = assert(client.containers:create(image, requests.COMMAND, requests.CONTAINER))
    taken[i] = os.clock() - start
    assert(container:remove())
  end
  return turns.median(taken)
end

local whole = call_seconds()
print "| request | body | checked | raw | body as text | lua-cjson encodes | checked, of a call |"
print "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
for _, request in ipairs(requests.built()) do
  local size, checked, raw, text, encoding = compare(request)
  print(("| %s | %d bytes | %.2f us | %.2f us | %.2f us | %.2f us | %.1f %% |"):format(request.name,
    size, checked * 1e6, raw * 1e6, text * 1e6, encoding * 1e6, checked / whole * 100))
end
print(("\nA whole create of a container with flags takes %.0f us of CPU."):format(whole * 1e6))
