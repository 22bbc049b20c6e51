local docker = require "moondock"
local engine = require "spec.live.engine"

describe("archives of a real engine", function()
  local client = engine.connect()

  after_each(function() engine.clean(client) end)

  local function is_complete(archive)
    local size = #assert(archive:text())
    assert.equal("complete", archive.outcome)
    return size
  end

  it("are complete, of files, folders, links and whole containers", function()
    local container = engine.sleeper(client)
    for _, path in ipairs { "/bin/busybox", "/bin/sh", "/bin", "/etc", "/bin/" } do
      assert.is_true(is_complete(assert(container:get_archive(path))) >= 1536)
    end
    assert.is_true(is_complete(assert(container:export())) > 500000)
    assert.is_true(is_complete(assert(client.images:get(engine.image):save())) > 500000)
  end)

  it("are truncated when a file shrinks while it is read", function()
    -- The container does it by itself, some seconds later: an engine that sends an archive takes no
    -- exec meanwhile.
    local container = engine.sleeper(client)
    for _, open in ipairs { function() return container:export() end,
      function() return container:get_archive "/bin" end } do
      local archive, message, err
      engine.with_time(function(seconds)
        assert(container:exec({ "sh", "-c", "head -c 50000000 /dev/zero >/bin/aaa" }, { check = true }))
        assert(container:exec({ "sh", "-c", ("sleep %d; : >/bin/aaa"):format(seconds) }, { detach = true }))
        archive = assert(open())
        assert(archive:read())
        docker.sleep(2 * seconds)
        local text
        text, message, err = archive:text()
        return text == nil or engine.podman
      end)
      if engine.lacks("podman", "an archive of a file that shrinks meanwhile", archive.outcome, "^complete$") then
        return
      end
      assert.matches("^archive cut in an entry", message)
      assert.equal("truncated", err.kind)
      assert.equal("truncated", archive.outcome)
    end
  end)
end)
