local docker = require "moondock"
local engine = require "spec.live.engine"

describe("a WebSocket to a container of a real engine", function()
  for _, host in ipairs { engine.host, engine.tcp } do
    describe("over " .. host:match "^%a+", function()
      local client = engine.connect { host = host }

      after_each(function() engine.clean(client) end)

      local function create(command, opts)
        return assert(client.containers:create(engine.image, command, engine.labelled(opts)))
      end

      if engine.podman then
        it("is not there", function()
          assert(engine.lacks("podman", "attach_websocket", select(3, engine.sleeper(client):attach_websocket())))
        end)
        return
      end

      local TALKER = { interactive = true, StdinOnce = true }

      it("carries its output to the end", function()
        local container = create { "sh", "-c", "echo out; echo err >&2; exit 3" }
        local connection = assert(container:attach_websocket { timeout = 200 })
        assert(container:start())
        local text = assert(connection:text())
        assert.matches("out\n", text)
        assert.matches("err\n", text)
        assert.equal("complete", connection.outcome)
        assert.equal(3, assert(container:wait()).StatusCode)
      end)

      it("carries its input, and the end of it", function()
        local container = create({ "sh", "-c", "cat; echo that was all" }, TALKER)
        local connection = assert(container:attach_websocket { stdin = true, timeout = 200 })
        assert(container:start())
        assert(connection:write "hello\n")
        assert.equal("hello\n", connection:read())
        connection:close_write()
        assert.equal("that was all\n", assert(connection:text()))
      end)

      it("carries more than all buffers hold, in both directions at once", function()
        local container = create("cat", TALKER)
        local connection = assert(container:attach_websocket { stdin = true, timeout = 200 })
        assert(container:start())
        local chunk = ("0123456789abcdef"):rep(8192)
        local writer = docker.spawn(function()
          for _ = 1, 64 do assert(connection:write(chunk)) end
          return connection:close_write()
        end)
        local size, wrong = 0, 0
        for bytes in connection do
          local expected = (chunk .. chunk):sub(size % 16 + 1, size % 16 + #bytes)
          if bytes ~= expected then wrong = wrong + 1 end
          size = size + #bytes
        end
        assert(writer:await())
        assert.equal(64 * #chunk, size)
        assert.equal(0, wrong)
      end)

      it("can be closed at any time, and hears refusals", function()
        local connection = assert(engine.sleeper(client):attach_websocket())
        connection:close()
        assert.equal("cancelled", select(3, connection:read()).kind)
        local none, _, err = client.containers:get "no-such-container":attach_websocket()
        assert.is_nil(none)
        assert.equal("not_found", err.kind)
      end)
    end)
  end
end)
