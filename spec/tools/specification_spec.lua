-- Every operation of every version, with the least and with all that it takes, is sent exactly as the
-- specification says.

package.path = "./?.lua;" .. package.path

local call = require "moondock.call"
local core = require "moondock.core"
local docker = require "moondock"
local documents = require "spec.tools.specification.documents"

if not documents.folder() then
  describe("the whole table", function()
    pending "is sent as the specification says: ENGINE_API is not set, it names the folder with the files"
  end)
  return
end

local arguments = require "spec.tools.specification.arguments"

describe("the whole table", function()
  local folder, server

  setup(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(os.execute("mkdir -m 700 " .. folder))
    server = assert(io.popen(("lua5.4 spec/tools/specification/server.lua %s/socket"):format(folder), "w"))
    local client, deadline = assert(docker.connect { host = "unix://" .. folder .. "/socket" }), docker.now() + 200
    repeat -- it answers, even if that it does not know us
      core.loop():step(20)
      local _, _, err = client:ping()
    until err.kind ~= "connect" or docker.now() > deadline
  end)

  teardown(function()
    server:close()
    os.execute("rm -r " .. folder)
  end)

  -- What goes to the wire, whatever options calls have of their own.
  local function wire_of(given)
    local wire = {}
    for _, set in ipairs { given.query, given.headers } do
      for name, value in pairs(set) do wire[name] = value end
    end
    if given.body ~= nil then wire.body = given.body end
    return wire
  end

  local function send(operation, minor, full)
    local given = arguments.of(operation, minor, full)
    local client = assert(docker.connect { host = "unix://" .. folder .. "/socket", api_version = "1." .. minor,
      headers = { ["Expect-Operation"] = ("%s %d %s"):format(operation.name, minor, full and "full" or "least") } })
    local answer, message = call.open(client, operation.name, given.path, { timeout = 60 },
      { wire = wire_of(given), upload = given.bytes and function() end or nil })
    if answer then answer:close() end
    return answer, message
  end

  for minor = documents.FIRST, documents.LAST do
    local operations = documents.operations(minor)
    for _, kind in ipairs { "least", "full" } do
      it(("of 1.%d is sent with the %s that it takes"):format(minor, kind), function()
        local count, wrong = 0, {}
        for name, operation in pairs(operations) do
          local answer, message = send(operation, minor, kind == "full")
          if not answer then wrong[#wrong + 1] = name .. ": " .. message end
          count = count + 1
        end
        table.sort(wrong)
        assert.same({}, wrong)
        assert.is_true(count >= 106)
      end)
    end
  end

  it("would be caught when it is not", function()
    local operation = documents.operations(51).ContainerStop
    local client = assert(docker.connect { host = "unix://" .. folder .. "/socket", api_version = "1.51",
      headers = { ["Expect-Operation"] = "ContainerStop 51 full" } })
    local answer, message = call.open(client, "ContainerStop", { "thing_1.x" }, { t = 8, signal = "SIGTERM" })
    assert.is_nil(answer)
    assert.matches("t became 8", message, 1, true)
    answer, message = call.open(client, "ContainerStop", { "thing_1.x" }, { signal = "SIGTERM" })
    assert.is_nil(answer)
    assert.matches("lost: t", message, 1, true)
    assert.is_truthy(operation)
  end)
end)
