local ssh = require "moondock.ssh"

local function parse(host)
  return assert(ssh.endpoint("a spec", host)).ssh
end

describe("a host behind ssh", function()
  it("has a user, a port and a path, or none", function()
    assert.same({ host = "box" }, parse "ssh://box")
    assert.same({ host = "box" }, parse "ssh://box/")
    assert.same({ host = "box.example.com", user = "me", port = "2222" }, parse "ssh://me@box.example.com:2222")
    assert.same({ host = "10.0.0.1", path = "/run/user/1000/docker.sock" },
      parse "ssh://10.0.0.1/run/user/1000/docker.sock")
    assert.same({ host = "::1", user = "me", port = "22" }, parse "ssh://me@[::1]:22")
    assert.same({ host = "fe80::1%eth0" }, parse "ssh://[fe80::1%eth0]")
    assert.same({ host = "my_alias-1" }, parse "ssh://my_alias-1")
    assert.same({ host = "box", user = "me@corp" }, parse "ssh://me%40corp@box")
    assert.same({ host = "box", user = "CORP\\me" }, parse "ssh://CORP\\me@box")
    assert.same({ host = "box", path = "/a b/docker.sock" }, parse "ssh://box/a%20b/docker.sock")
  end)

  it("is private and encrypted, and named as it was written", function()
    local endpoint = assert(ssh.endpoint("DOCKER_HOST", "ssh://me@box/x.sock"))
    assert.equal("ssh://me@box/x.sock", endpoint.name)
    assert.equal("DOCKER_HOST", endpoint.source)
    assert.equal("http://localhost", endpoint.base)
    assert.is_true(endpoint.encrypted)
    assert.is_true(endpoint.is_private)
  end)

  local BAD = {
    { "ssh://", "the host is missing" },
    { "ssh:///path", "the host is missing" },
    { "ssh://@box", "the user before '@' is missing" },
    { "ssh://me:secret@box", "a password has no place there" },
    { "ssh://:secret@box", "a password has no place there" },
    { "ssh://box?x=1", "no query or fragment" },
    { "ssh://box/path#x", "no query or fragment" },
    { "ssh://-oProxyCommand=touch%20x", "the host must not begin with '%-'" },
    { "ssh://-oProxyCommand=x@box", "the user must not begin with '%-'" },
    { "ssh://%2doProxyCommand=x@box", "the user must not begin with '%-'" },
    { "ssh://a%20b@box", "the user must not have blanks" },
    { "ssh://a%0ab@box", "the user must not have blanks" },
    { "ssh://[-x]", "no host has" },
    { "ssh://box;touch", "no host has" },
    { "ssh://$(touch)", "no host has" },
    { "ssh://a'b", "no host has" },
    { "ssh://box\n", "blanks or control characters" },
    { "ssh://bo x", "blanks or control characters" },
    { "ssh://box\t/x", "blanks or control characters" },
    { "ssh://box:", "the port must be" },
    { "ssh://box:0", "the port must be" },
    { "ssh://box:65536", "the port must be" },
    { "ssh://box:ssh", "the port must be" },
    { "ssh://::1", "the host is missing" },
    { "ssh://fe80::1", "the port must be" },
    { "ssh://[::1", "host" },
    { "ssh://box/%0a", "control characters" },
    { "ssh://box/%zz", "must be written as %%25" },
    { "ssh://box/100%", "must be written as %%25" },
    { "ssh://box/${HOME}", "control characters or '${'" },
  }
  for _, case in ipairs(BAD) do
    it(("must not be %q"):format(case[1]), function()
      local endpoint, message, err = ssh.endpoint("a spec", case[1])
      assert.is_nil(endpoint)
      assert.equal("config", err.kind)
      assert.matches(case[2], message)
      assert.matches("from a spec", message)
      assert.is_nil(message:find "secret")
    end)
  end
end)

describe("the arguments of ssh", function()
  local function index(list, word)
    for i, value in ipairs(list) do
      if value == word then return i end
    end
  end

  it("forward the engine's socket and end with the host", function()
    local list = ssh.forward(parse "ssh://me@box:2222/run/docker.sock", "/tmp/x/docker.sock", 9.5)
    assert.equal("ssh", list[1])
    assert.equal("box", list[#list])
    assert.equal("--", list[#list - 1])
    assert.equal("/tmp/x/docker.sock:/run/docker.sock", list[index(list, "-L") + 1])
    assert.equal("me", list[index(list, "-l") + 1])
    assert.equal("2222", list[index(list, "-p") + 1])
    for _, option in ipairs { "ConnectTimeout=10", "BatchMode=yes", "ExitOnForwardFailure=yes",
      "StreamLocalBindMask=0177", "StreamLocalBindUnlink=yes", "ControlMaster=no", "ControlPath=none",
      "ServerAliveInterval=15" } do
      assert.equal("-o", list[assert(index(list, option), option) - 1])
    end
    assert.is_nil(index(list, "-F"))
  end)

  it("know the usual socket, and no user and port that were not given", function()
    local list = ssh.forward(parse "ssh://box", "/tmp/x", 1)
    assert.equal("/tmp/x:/var/run/docker.sock", list[index(list, "-L") + 1])
    assert.is_nil(index(list, "-l"))
    assert.is_nil(index(list, "-p"))
  end)

  it("keep what -L would take for its own", function()
    local list = ssh.forward(parse "ssh://box/a:b%25c.sock", "/tmp/x", 1)
    assert.equal("/tmp/x:/a\\:b%%c.sock", list[index(list, "-L") + 1])
  end)

  it("quote for the shell at the far end", function()
    local list = ssh.dial(parse "ssh://box/it's;$x", 1)
    assert.same({ "--", "box", "docker", "'--host=unix:///it'\\''s;$x'", "system", "dial-stdio" },
      { (table.unpack or unpack)(list, #list - 5) }) -- luacheck: ignore 143
    assert.equal("dial-stdio", (ssh.dial(parse "ssh://box", 1))[#ssh.dial(parse "ssh://box", 1)])
  end)

  it("have the user's before those that are only usual", function()
    local endpoint = assert(ssh.endpoint("a spec", "ssh://box"))
    ssh.customize(endpoint, { program = "/opt/ssh", options = { "-i", "key", "-o", "BatchMode=no" } })
    local list = ssh.forward(endpoint.ssh, "/tmp/x", 1)
    assert.equal("/opt/ssh", list[1])
    assert.is_true(index(list, "BatchMode=no") < index(list, "BatchMode=yes"))
    assert.is_true(index(list, "ExitOnForwardFailure=yes") < index(list, "-i"))
  end)

  it("must be strings", function()
    local endpoint = assert(ssh.endpoint("a spec", "ssh://box"))
    assert.has_error(function() ssh.customize(endpoint, { options = { 1 } }) end)
    assert.has_error(function() ssh.customize(endpoint, { options = "-v" }) end)
    assert.has_error(function() ssh.customize(endpoint, { key = "x" }) end)
    assert.has_error(function() ssh.customize(endpoint, "x") end)
  end)
end)

describe("what ssh says", function()
  it("names the reason", function()
    for words, reason in pairs {
      ["ssh: Could not resolve hostname x: Name or service not known"] = "name",
      ["ssh: connect to host x port 22: Connection refused"] = "refused",
      ["me@x: Permission denied (publickey)."] = "permission",
      ["Host key verification failed."] = "permission",
      ["ssh: connect to host x port 22: Connection timed out"] = "unreachable",
      ["ssh: connect to host x port 22: No route to host"] = "unreachable",
      ["channel 2: open failed: connect failed: open failed"] = "missing_socket",
      [""] = "unreachable",
    } do
      assert.equal(reason, ssh.reason(words), words)
    end
  end)

  it("is one line, without what is no trouble and without control characters", function()
    assert.equal("one; two?[31m", ssh.words(
      "Warning: Permanently added 'x' to the list of known hosts.\r\none\r\none\n\n  \ntwo\27[31m\n"))
    assert.equal("", ssh.words "")
  end)
end)
