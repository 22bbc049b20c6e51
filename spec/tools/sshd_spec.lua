-- tools/sshd: a real server, and that nothing of it stays behind.

local sh = require "spec.shell"

describe("tools/sshd", function()
  it("refuses what it does not know", function()
    assert.equal(2, select(2, sh "tools/sshd start ../x"))
    assert.equal(2, select(2, sh "tools/sshd start x-spec --forwarding"))
    assert.equal(2, select(2, sh "tools/sshd restart x-spec"))
    assert.equal(1, select(2, sh "tools/sshd config nobody-spec"))
  end)

  it("starts servers, and leaves nothing of them behind", function()
    local folder = os.tmpname()
    os.remove(folder)
    local sshd = "TMPDIR=" .. folder .. " tools/sshd "
    sh("mkdir -p " .. folder)
    finally(function() sh(sshd .. "stop one two; rm -rf " .. folder) end)
    local config, status = sh(sshd .. "start one")
    assert.equal(0, status, config)
    config = config:match "^(.-)\n"
    assert.equal("hello\n", (sh("ssh -F " .. config .. " moon echo hello </dev/null")))
    assert.matches("^Docker version", (sh("ssh -F " .. config .. " moon docker --version </dev/null")))
    local owned = "sleep 60 & %s start two --owner $! && kill $!; status=$?; wait; exit $status"
    assert.equal(0, select(2, sh(owned:format(sshd))))
    assert.matches("one +running", (sh(sshd .. "list")))
    assert.equal(0, select(2, sh(sshd .. "sweep")))
    assert.is_nil((sh(sshd .. "list")):find "two")
    assert.equal(0, select(2, sh(sshd .. "stop one")))
    assert.equal("", (sh("ls " .. folder)))
    assert.equal("", (sh("pgrep -f " .. folder .. "/[m]oondock")))
  end)
end)
