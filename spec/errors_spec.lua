local errors = require "moondock.errors"
local failures = require "moondock.failures"
local flags = require "moondock.flags"
local words = require "moondock.words"

local HERE = "spec/errors_spec%.lua"

describe("an error value", function()
  it("prints as its message and keeps its fields", function()
    local value, message, err = errors.fail { kind = "conflict", message = "in use", status = 409 }
    assert.is_nil(value)
    assert.are.equal("in use", message)
    assert.are.equal("in use", tostring(err))
    assert.are.equal(409, err.status)
    assert.is_true(errors.is(err))
    assert.equal("failed: in use", "failed: " .. err)
    assert.equal("in use, in use 5", err .. ", " .. err .. " " .. 5)
  end)

  it("is told apart from everything else", function()
    for _, value in ipairs { "text", 5, {}, false, setmetatable({}, {}) } do
      assert.is_false(errors.is(value))
    end
  end)

  it("has a kind of the closed set", function()
    assert.has_error(function() errors.new { kind = "oops", message = "x" } end)
  end)
end)

describe("the kind of an answer", function()
  local cases = {
    { 400, "bad parameter", "invalid" },
    { 400, "client version 1.60 is too new. Maximum supported API version is 1.41", "version" },
    { 400, "client version 1.12 is too old. Minimum supported API version is 1.24", "version" },
    { 400, "code = InvalidArgument desc = port '80' is already in use by service 'web'", "conflict" },
    { 400, "code = InvalidArgument desc = secret 'key' is in use by the following service: web", "conflict" },
    { 400, "code = FailedPrecondition desc = attempting to demote the last manager of the swarm", "conflict" },
    { 401, "", "unauthorized" },
    { 403, "", "forbidden" },
    { 403, "bridge is a pre-defined network and cannot be removed", "forbidden" },
    { 403, "error while removing network: network n id 2b4 has active endpoints", "conflict" },
    { 403, "endpoint with name web already exists in network n", "conflict" },
    { 403, "failed to set up container networking: Address already in use", "conflict" },
    { 403, "invalid pool request: Pool overlaps with other one on this address space", "conflict" },
    { 404, "no such container: x", "not_found" },
    { 404, "page not found", "not_implemented" },
    { 404, "Not Found", "not_implemented" },
    { 404, "Path /v1.41/plugins is not supported", "not_implemented" },
    { 404, "network x not found", "not_found" },
    { 405, "", "not_implemented" },
    { 406, "", "invalid" },
    { 409, "", "conflict" },
    { 412, "", "conflict" },
    { 418, "teapot", "invalid" },
    { 429, "", "rate_limited" },
    { 301, "moved", "protocol" },
    { 101, "", "protocol" },
    { 501, "", "not_implemented" },
    { 502, "", "unavailable" },
    { 503, "This node is not a swarm manager", "unavailable" },
    { 503, "This node is already part of a swarm. Use \"docker swarm leave\" to leave this swarm", "conflict" },
    { 503, "You are attempting to leave the swarm on a node that is participating as a manager.", "conflict" },
    { 503, "This node is not part of a swarm", "unavailable" },
    { 504, "", "timeout" },
    { 507, "", "server" },
    { 500, 'failed to parse value as time or duration: "1 day"', "invalid" },
    { 400, "Container cannot be connected to network endpoints: a, b", "version" },
    { 500, "something broke", "server" },
    { 500, "no such container", "not_found" },
    { 500, "manifest for alpine:none not found: manifest unknown", "not_found" },
    { 500, "pull access denied for x, repository does not exist or may require 'docker login'",
      "not_found" },
    { 500, "Get https://r/v2/: unauthorized: authentication required", "unauthorized" },
    { 500, "no basic auth credentials", "unauthorized" },
    { 500, "toomanyrequests: You have reached your pull rate limit", "rate_limited" },
    { 500, "denied: requested access to the resource is denied", "forbidden" },
    { 500, "rpc error: code = Unknown desc = update out of sequence", "conflict" },
    { 500, "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible", "unavailable" },
    { 500, "raft: failed to process the request: node lost leader status", "unavailable" },
    { 500, "subnet 10.96.0.0/24 is already used on the host or by another config", "conflict" },
    { 500, "container c is already connected to network n: network is already connected", "conflict" },
    { 500, "\"a\" has associated containers with it: network is being used", "conflict" },
    { 500, "container state improper", "conflict" },
    { 500, "Bind for 0.0.0.0:80 failed: port is already allocated", "conflict" },
    { 500, "listen tcp4 0.0.0.0:80: bind: address already in use", "conflict" },
    { 500, "invalid reference format", "invalid" },
    { 500, "invalid tag format", "invalid" },
    { 500, "constraint expected one operator from ==, !=", "invalid" },
    { 500, "invalid mode: zz", "invalid" },
    { 500, "Invalid address 10.9.0.1: It does not belong to any of this network's subnets", "invalid" },
    { 500, "unable to find user nobodyx: no matching entries in passwd file", "invalid" },
    { 500, "Cannot locate specified Dockerfile: Dockerfile", "not_found" },
    { 500, "container 440f is not connected to network n", "conflict" },
    { 500, "Container 440f is not paused", "conflict" },
    { 500, "error building at STEP \"RUN exit 3\": error while running runtime: exit status 3", "exit" },
    { 500, "no FROM statement found", "invalid" },
    { 500, "FROM requires either one argument, or three: FROM <source> [as <name>]", "invalid" },
    { 500, "building at STEP \"HEALTHCHECK X\": Unknown type \"X\" in HEALTHCHECK (try CMD)", "invalid" },
    { 500, "building at STEP \"RUN true\": determining run uid: user: unknown user error looking up user \"x\"",
      "invalid" },
    { 500, "creating build container: Invalid image name \"X/x\", expected colon-separated transport:reference",
      "invalid" },
    { 500, "COPY --from=x: no stage or image found with that name", "not_found" },
    { 500, "unable to import tarball: invalid change \"X\" - must be formatted as KEY VALUE", "invalid" },
    { 500, "building at STEP \"FRM \": Build error: Unknown instruction: \"FRM\"", "invalid" },
    { 500, "COPY failed: file not found in build context or excluded by .dockerignore: stat x: file does not exist",
      "not_found" },
    { 500, "unsupported driver nosuch: invalid argument", "not_found" },
    { 500, "volume v uses volume plugin x but it could not be retrieved: no volume plugin with name x available: "
      .. "required plugin missing", "not_found" },
    { 500, "container create: running container create option: invalid log driver: invalid argument", "invalid" },
    { 500, "invalid signal: FOO", "invalid" },
    { 500, "container create: \"CAP_X\": unknown capability", "invalid" },
    { 500, "invalid --security-opt 2: \"x=1\"", "invalid" },
    { 500, "fill out specgen: sysctl 'kernel.x' is not allowed", "invalid" },
    { 500, "OCI runtime create failed: runc create failed: sysctl \"kernel.x\" is not in a separate kernel "
      .. "namespace", "invalid" },
    { 500, "normalizing image: normalizing name for compat API: repository name must be lowercase", "invalid" },
    { 500, "ps: error: unknown user-defined format specifier \"x\"", "invalid" },
    { 500, "reading tar stream: expected EOF: archive/tar: invalid tar header", "invalid" },
    { 409, "preparing container 975f2a for attach: runc: runc create failed: unable to start container process: "
      .. "exec: \"x\": executable file not found in $PATH: OCI runtime attempted to invoke a command that was not "
      .. "found", "invalid" },
    { 409, "preparing container 975f2a for attach: unable to find user x: no matching entries in passwd file",
      "invalid" },
    { 409, "preparing container 975f2a for attach: runc: out of luck", "server" },
    { 409, "executable file not found", "conflict" },
    { 500, "ulimit option \"X=1:2\" requires name=SOFT:HARD, failed to be parsed: invalid ulimit type: X", "invalid" },
    { 500, "failed to parse filters for x: \"label!\" is an invalid volume filter", "invalid" },
    { 500, "invalid mount option tipe for driver 'local': invalid argument", "invalid" },
    { 500, "volume options size and inodes not supported. Filesystem does not support Project Quota",
      "not_implemented" },
    { 500, "cannot overwrite directory \"etc\" with non-directory \"/\"", "invalid" },
    { 500, "copier: put: error creating \"/etc\": error creating file at \"/etc\": open /etc: file exists", "invalid" },
    { 500, "invalid entry name \"../../x\"", "invalid" },
    { 500, "Error processing tar file(exit status 1): open /etc/passwd/x: not a directory", "invalid" },
    { 500, "openat etc/passwd/x: not a directory", "invalid" },
    { 500, "copier: put: error checking directory \"/etc/passwd\": mkdir /etc/passwd: not a directory", "invalid" },
    { 500, "No image was generated. Is your Dockerfile empty?", "invalid" },
    { 500, "remoteURL (x.tar) could not be recognized as URL", "invalid" },
    { 500, "timeout waiting for exec session ready", "conflict" },
    { 500, "cannot resize a stopped container: unknown", "conflict" },
    { 500, "cannot resize a deleted process", "conflict" },
    { 404, "NotFound: process does not exist 2214: not found", "conflict" },
    { 404, "process does not exist 2214: not found", "conflict" },
    { 404, "no such exec", "conflict" },
    { 404, "No such exec instance: 2214", "not_found" },
    { 500, "cannot create network with name \"host\" because it conflicts with a valid network mode", "forbidden" },
    { 500, "unexpected EOF", "server" },
    { 500, "Invalid role filter: 'x'", "invalid" },
  }

  it("is told by the end of an archive that was sent", function()
    for _, text in ipairs { "unexpected EOF", "Error processing tar file(exit status 1): unexpected EOF" } do
      assert.equal("invalid", failures.kind_of(500, text, true))
      assert.equal("invalid", failures.kind_of(nil, text, true))
    end
    assert.equal("conflict", failures.kind_of(409, "in use", true))
  end)

  for _, case in ipairs(cases) do
    it(("is %s for %d %q"):format(case[3], case[1], case[2]:sub(1, 40)), function()
      assert.are.equal(case[3], failures.kind_of(case[1], case[2]))
    end)
  end

  it("is the same for the same words inside a stream, where there is no status", function()
    assert.are.equal("not_found", failures.kind_of(nil, "manifest unknown"))
    assert.are.equal("not_found", failures.kind_of(nil,
      "COPY failed: file not found in build context or excluded by .dockerignore: stat nope"))
    assert.are.equal("invalid", failures.kind_of(nil, 'target stage "nope" could not be found'))
    assert.are.equal("server", failures.kind_of(nil, "it broke"))
  end)

  it("is always one of the closed set", function()
    for status = 100, 599 do
      assert.is_true(errors.KINDS[failures.kind_of(status, "x")], tostring(status))
    end
  end)
end)

local ENDPOINT = { name = "unix:///x.sock", source = "DOCKER_HOST", connect_timeout = 10 }
local REQUEST = { method = "GET", path = "/info", operation = "SystemInfo" }

describe("a denial", function()
  it("is told from other refusals, whatever its kind", function()
    assert.is_true(failures.is_denial("unauthorized", ""))
    assert.is_true(failures.is_denial("forbidden", "not here"))
    assert.is_true(failures.is_denial("not_found", "Pull access DENIED for x"))
    assert.is_false(failures.is_denial("not_found", "manifest unknown"))
    assert.is_false(failures.is_denial("server", "something broke"))
  end)
end)

describe("a failed connection", function()
  local cases = {
    -- code, errno, reason
    { 7, 2, "missing_socket" }, { 7, 20, "missing_socket" },
    { 7, 13, "permission" }, { 7, 1, "permission" },
    { 7, 111, "refused" },
    { 7, 113, "unreachable" }, { 7, 101, "unreachable" }, { 7, 0, "unreachable" },
    { 6, 0, "name" },
  }
  for _, case in ipairs(cases) do
    local what = ("%s for errno %d of code %d"):format(case[3], case[2], case[1])
    it("gives its reason, " .. what, function()
      local _, message, err = failures.of_failure(
        { code = case[1], errno = case[2], message = "words of curl", phase = "connect" },
        ENDPOINT, REQUEST)
      assert.are.equal("connect", err.kind)
      assert.are.equal(case[3], err.reason)
      assert.are.equal("connect", err.phase)
      assert.matches("cannot connect to the engine at unix:///x%.sock %(from DOCKER_HOST%): ",
        message)
    end)
  end

  it("that took too long is a timeout of the phase connect", function()
    local _, message, err = failures.of_failure(
      { code = 28, errno = 0, message = "", phase = "connect" }, ENDPOINT, REQUEST)
    assert.are.equal("timeout", err.kind)
    assert.are.equal("connect", err.phase)
    assert.matches("SystemInfo: timeout in phase 'connect' after 10 seconds", message)
  end)
end)

describe("a broken exchange", function()
  local cases = {
    { 52, "answer", "lost", "before the answer came" },
    { 55, "send", "lost", "while the request was being sent" },
    { 18, "body", "lost", "in the middle of the answer" },
    { 56, "body", "lost", "in the middle of the answer" },
    { 1, "answer", "protocol", "cannot understand" },
    { 8, "answer", "protocol", "cannot understand" },
  }
  for _, case in ipairs(cases) do
    it(("of code %d is %s, with its phase and request"):format(case[1], case[3]), function()
      local _, message, err = failures.of_failure(
        { code = case[1], errno = 0, message = "words of curl", phase = case[2] },
        ENDPOINT, REQUEST)
      assert.are.equal(case[3], err.kind)
      assert.are.equal(case[2], err.phase)
      assert.are.equal("GET", err.method)
      assert.are.equal("/info", err.path)
      assert.are.equal("SystemInfo", err.operation)
      assert.matches(case[4], message)
      assert.matches("words of curl", message)
    end)
  end
end)

describe("a failure of TLS", function()
  local endpoint = { name = "tcp://10.0.0.1:2376", source = "DOCKER_HOST", connect_timeout = 10,
    base = "https://10.0.0.1:2376", encrypted = true, tls = { ca = "/ca.pem" } }
  local reset = "OpenSSL SSL_connect: Connection reset by peer in connection to 10.0.0.1:2376"
  local cases = {
    -- code, phase, what else, reason
    { 35, "connect", { alert = 70 }, "protocol" },
    { 35, "connect", { alert = 40 }, "protocol" },
    { 35, "connect", { alert = 40, demanded = true }, "client_certificate" },
    { 35, "connect", { alert = 112 }, "name" },
    { 35, "connect", { message = reset }, "closed" },
    { 35, "connect", { message = reset, demanded = true }, "client_certificate" },
    { 55, "connect", { errno = 104, demanded = true }, "client_certificate" },
    { 55, "send", { errno = 32, alert = 42, demanded = true }, "client_certificate" },
    { 56, "answer", { alert = 116, demanded = true }, "client_certificate" },
    { 60, "connect", { verify = 20 }, "untrusted" }, { 60, "connect", { verify = 18 }, "untrusted" },
    { 60, "connect", { verify = 10 }, "expired" }, { 60, "connect", { verify = 9 }, "expired" },
    { 60, "connect", { verify = 1, message = "no alternative certificate subject name matches" }, "name" },
    { 98, "connect", {}, "client_certificate" },
  }
  for _, case in ipairs(cases) do
    local failure = { code = case[1], phase = case[2], message = "words of curl", errno = 0, alert = 0,
      verify = 0, gateway = 0 }
    for key, value in pairs(case[3]) do failure[key] = value end
    it(("of code %d in phase %s has the reason %s"):format(case[1], case[2], case[4]), function()
      local _, message, err = failures.of_failure(failure, endpoint, REQUEST)
      assert.same({ "tls", case[4], case[2] }, { err.kind, err.reason, err.phase }, message)
      assert.matches("cannot connect to the engine at tcp://10.0.0.1:2376 (from DOCKER_HOST): ", message, 1, true)
    end)
  end

  it("is none when an answer was on its way, but hints at the certificate that was demanded", function()
    local _, message, err = failures.of_failure({ code = 56, phase = "answer", message = "reset", errno = 104,
      alert = 0, demanded = true }, endpoint, REQUEST)
    assert.equal("lost", err.kind)
    assert.matches("it asked for a client certificate", message)
  end)
end)

describe("a failure on the way through a proxy", function()
  local endpoint = { name = "tcp://10.0.0.1:2375", source = "DOCKER_HOST", connect_timeout = 10,
    proxy = "http://user:secret@proxy:3128", proxy_name = "http://proxy:3128 (from HTTP_PROXY)" }
  local cases = {
    -- code, status of CONNECT, words
    { 5, 0, "words of curl" }, { 7, 0, "words of curl" }, { 97, 0, "words of curl" },
    { 56, 0, "words of curl" }, { 56, 200, "words of curl" }, { 56, 502, "words of curl (it answered 502)" },
    { 56, 407, "user name and password" }, { 56, 401, "user name and password" }, { 56, 405, "CONNECT" },
  }
  for _, case in ipairs(cases) do
    it(("of code %d and status %d names it"):format(case[1], case[2]), function()
      local _, message, err = failures.of_failure({ code = case[1], errno = 0, gateway = case[2],
        message = "words of curl", phase = "connect" }, endpoint, REQUEST)
      assert.same({ "connect", "proxy", "connect" }, { err.kind, err.reason, err.phase })
      assert.matches("tcp://10.0.0.1:2375 (from DOCKER_HOST): the proxy http://proxy:3128 (from HTTP_PROXY): ",
        message, 1, true)
      assert.matches(case[3], message, 1, true)
      assert.not_matches("secret", message)
    end)
  end

  it("that took too long names it", function()
    local _, message, err = failures.of_failure({ code = 28, errno = 0, message = "words of curl",
      phase = "connect" }, endpoint, REQUEST)
    assert.equal("timeout", err.kind)
    assert.matches("(words of curl, proxy http://proxy:3128 (from HTTP_PROXY))", message, 1, true)
  end)

  it("is not the proxy's once that let us through", function()
    local _, _, err = failures.of_failure({ code = 56, errno = 104, message = "", phase = "answer" }, endpoint, REQUEST)
    assert.equal("lost", err.kind)
  end)

  local own, engines = { server = "squid/5.7" }, { server = "Docker/28.5", ["api-version"] = "1.51" }
  local podmans = { server = "Libpod/4.3", ["libpod-api-version"] = "4.3.1" }
  local heads = {
    -- status, headers, the proxy's
    { 502, own, true }, { 503, own, true }, { 500, own, true }, { 403, own, true }, { 407, {}, true },
    { 401, own, true }, { 404, own, false }, { 200, own, false }, { 400, own, false },
    { 500, engines, false }, { 503, engines, false }, { 403, engines, false }, { 500, podmans, false },
    { 403, {}, false },
  }
  for i, case in ipairs(heads) do
    it(("is the proxy's, or not, by the head of an answer (%d)"):format(i), function()
      assert.equal(case[3], failures.is_of_proxy(endpoint, REQUEST, case[1], case[2]))
      assert.is_false(failures.is_of_proxy(ENDPOINT, REQUEST, case[1], case[2]))
      assert.is_false(failures.is_of_proxy(endpoint, { reply = "upgrade" }, case[1], case[2]))
    end)
  end
end)

local function line_here()
  return debug.getinfo(2, "l").currentline
end

-- Runs `fn`, which must raise a message that names this file; returns the line that it names.
local function blamed_line(fn)
  local ok, message = pcall(fn)
  assert.is_false(ok)
  local line = message:match("^[^:]*" .. HERE .. ":(%d+): ")
  assert.is_truthy(line, "no line of this file: " .. message)
  return tonumber(line)
end

describe("a mistake", function()
  it("is blamed on the line that called the library", function()
    local expected
    assert.are.equal(blamed_line(function()
      expected = line_here() + 1
      words(nil)
    end), expected)
  end)

  it("is blamed on that line from however deep in the library", function()
    local expected
    assert.are.equal(blamed_line(function()
      expected = line_here() + 1
      flags.create("img", nil, { publish = "1:2:3:4" })
    end), expected)
  end)

  it("is blamed on the line before a tail call into the library", function()
    local function last_thing()
      return words(nil)
    end
    local expected
    assert.are.equal(blamed_line(function()
      expected = line_here() + 1
      local result = last_thing()
      return result
    end), expected)
  end)

  it("is blamed on the user's line inside a coroutine", function()
    local expected
    local ok, message = coroutine.resume(coroutine.create(function()
      expected = line_here() + 1
      words(nil)
    end))
    assert.is_false(ok)
    assert.matches(HERE .. ":" .. expected .. ": ", message)
  end)

  it("is blamed on nobody when no user's frame is left", function()
    local ok, message = coroutine.resume(coroutine.create(words), nil)
    assert.is_false(ok)
    assert.are.equal("text must be a string, not nil", message)
  end)

  it("is blamed on a chunk by its own name", function()
    local chunk = (loadstring or load)("local words = ...\n\nwords(nil)", "=mine")
    local _, message = pcall(chunk, words)
    assert.matches("^mine:3: ", message)
  end)
end)

describe("a check", function()
  it("returns what passes", function()
    assert.are.equal("x", errors.check("name", "x", "string"))
    assert.is_nil(errors.check("name", nil, "string or nil"))
  end)

  it("names the argument, what it must be and what it is", function()
    assert.error_matches(function() errors.check("name", 5, "string or table") end,
      "name must be a string or table, not number")
  end)

  it("of options names the unknown one and the valid ones in order", function()
    assert.error_matches(function()
      errors.check_options("connect", { hots = 1 }, { timeout = true, host = true })
    end, "unknown option 'hots' of connect; did you mean 'host'%? It takes: host, timeout")
  end)
end)
