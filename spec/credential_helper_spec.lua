-- Credential helpers: real programs, good, bad and absent.

local build_headers = require "moondock.credential_build"
local cli = require "spec.cli_config"
local credentials = require "moondock.credentials"
local docker = require "moondock"
local store = require "moondock.credential_store"

local HUB = "https://index.docker.io/v1/"
local SECRET = cli.SECRET
local NOT_FOUND = "echo 'credentials not found in native keychain'; exit 1"

local function answer(user, more)
  local fields = { Username = user, Secret = SECRET }
  for key, value in pairs(more or {}) do fields[key] = value end
  return fields
end

describe("a credential helper", function()
  before_each(cli.setup)
  after_each(cli.teardown)

  local function refused(kind, program, words, deadline)
    local found, message, err = store.find("host:1", deadline)
    assert.is_nil(found)
    assert.equal(kind, err.kind, message)
    assert.equal(message, err.message)
    for _, part in ipairs { program, "host:1", cli.file, words } do
      assert.truthy(message:find(part, 1, true), message .. " lacks " .. part)
    end
    for _, value in pairs(err) do
      assert.falsy(tostring(value):find("planted", 1, true), tostring(value))
    end
    assert.falsy(message:find "%c")
    return err
  end

  it("is asked for a registry, by its standard input alone", function()
    cli.answering_helper("one", answer("me", { ServerURL = "host:1" }))
    cli.write { credHelpers = { ["host:1"] = "one" } }
    assert.same({ registry = "host:1", source = "credHelpers", file = cli.file,
      helper = "docker-credential-one",
      auth = { username = "me", password = SECRET, serveraddress = "host:1" } },
      store.find "host:1")
    assert.equal("1 get [host:1]\n", cli.asked "one")
  end)

  it("is asked again for every call", function()
    cli.answering_helper("one", answer "me")
    cli.write { credsStore = "one" }
    local client = assert(docker.connect { host = "unix:///nowhere.sock" })
    for _ = 1, 2 do assert(credentials.request_headers(client, "host:1/a", {}, false)) end
    assert.equal("1 get [host:1]\n1 get [host:1]\n", cli.asked "one")
  end)

  it("knows the Hub by its old URL", function()
    cli.answering_helper("one", answer("me", { ServerURL = HUB }))
    cli.write { credsStore = "one" }
    assert.equal(HUB, assert(store.find "docker.io").auth.serveraddress)
    assert.equal("1 get [" .. HUB .. "]\n", cli.asked "one")
  end)

  it("may give a token", function()
    cli.answering_helper("one", answer "<token>")
    cli.write { credsStore = "one" }
    assert.same({ identitytoken = SECRET, serveraddress = "host" }, store.find("host").auth)
  end)

  it("cannot give what is not UTF-8, and its words are made so", function()
    cli.write { credsStore = "one" }
    cli.helper("one", [[printf '{"Username":"me","Secret":"planted\377"}']])
    local found, message, err = store.find "host"
    assert.is_nil(found)
    assert.equal("config", err.kind)
    assert.truthy(message:find("UTF-8", 1, true) and not message:find "planted")
    cli.helper("one", [[printf 'lost \377\376'; exit 1]])
    assert.truthy(select(2, store.find "host"):find("exit code 1: lost ?", 1, true))
  end)

  it("of the registry comes before that for all, and both before the file", function()
    cli.answering_helper("one", answer "one")
    cli.answering_helper("all", answer "all")
    local auth = { auth = cli.basic("file", SECRET) }
    cli.write { credsStore = "all", credHelpers = { ["https://a/v1/"] = "one", b = "" },
      auths = { a = auth, b = auth, c = auth } }
    local function source(registry)
      local found = assert(store.find(registry))
      return { found.auth.username, found.source, found.helper }
    end
    assert.same({ "one", "credHelpers", "docker-credential-one" }, source "a")
    assert.same({ "all", "credsStore", "docker-credential-all" }, source "c")
    assert.same({ "file", "auths" }, source "b") -- an empty name: not for this registry
    assert.same({ "all", "credsStore", "docker-credential-all" }, source "sub.a")
  end)

  describe("that has none", function()
    it("speaks for its registry: the file is not looked at, and that is said", function()
      cli.helper("none", "cat >/dev/null; " .. NOT_FOUND)
      cli.write { credsStore = "none", auths = { ["host:1"] = { auth = cli.basic("me", SECRET) } } }
      assert.same({ registry = "host:1", source = "credsStore", file = cli.file,
        helper = "docker-credential-none", unused = true }, store.find "host:1")
      local client = assert(docker.connect { host = "unix:///nowhere.sock" })
      local sentence, facts = client:explain_auth "host:1/a"
      assert.equal(("credentials for host:1: none: the helper docker-credential-none (credsStore in %s) "
        .. "has none; the entry in auths is not used where a helper is set"):format(cli.file), sentence)
      assert.equal("none", facts.kind)
      assert.equal("docker-credential-none", facts.helper)
    end)

    it("is believed by its exact words alone", function()
      cli.helper("near", "echo 'credentials not found in native keychain, me'; exit 1")
      cli.write { credsStore = "near" }
      refused("config", "docker-credential-near", "failed with exit code 1: credentials not found")
      cli.helper("near", "printf '\\n credentials not found in native keychain \\r\\n'; exit 7")
      assert.is_nil(assert(store.find "host:1").auth)
    end)
  end)

  describe("is an error when it", function()
    local cases = {
      ["fails"] = { "echo 'it is  locked'; echo no >&2; exit 3",
        "failed with exit code 3: it is locked" },
      ["fails on its other output"] = { "printf 'no\\tkey\\033[1m' >&2; exit 2",
        "failed with exit code 2: no key [1m" },
      ["fails in silence"] = { "exit 9", "failed with exit code 9" },
      ["fails with its answer"] = { [[echo '{"Username":"me","Secret":"planted"}'; exit 1]],
        "failed with exit code 1" },
      ["dies"] = { "kill -9 $$", "was ended by signal 9" },
      ["says no JSON"] = { "echo planted", "no JSON object" },
      ["says nothing"] = { "true", "no JSON object" },
      ["says a list"] = { [[echo '["planted"]']], "no JSON object" },
      ["says half"] = { [[printf '{"Username":"me","Secret":"planted']], "no JSON object" },
      ["lacks the user"] = { [[echo '{"Secret":"planted"}']], "without a Username" },
      ["lacks the secret"] = { [[echo '{"Username":"me","Secret":""}']], "without a Secret" },
      ["has no string"] = { [[echo '{"Username":"me","Secret":["planted"]}']], "without a Secret" },
      ["speaks for another registry"] = {
        [[echo '{"ServerURL":"https://evil","Username":"me","Secret":"planted"}']],
        "answers for another registry" },
      ["says too much"] = { "yes planted", "more than 1048576 bytes" },
    }
    for what, case in pairs(cases) do
      it(what, function()
        cli.helper("bad", case[1])
        cli.write { credHelpers = { ["host:1"] = "bad" } }
        refused("config", "docker-credential-bad", case[2])
      end)
    end

    it("is not there", function()
      cli.helper("other", "exit 1") -- so that the search is ours
      cli.write { credsStore = "absent" }
      assert.equal("missing", refused("config", "docker-credential-absent", "no such program").reason)
    end)

    it("may not be executed", function()
      cli.helper("bad", "exit 1")
      assert(os.execute("chmod 644 " .. cli.folder .. "/bin/docker-credential-bad"))
      cli.write { credsStore = "bad" }
      assert.equal("permission", refused("config", "docker-credential-bad", "permission denied").reason)
    end)

    it("hangs", function()
      cli.helper("bad", "sleep 600")
      cli.write { credsStore = "bad" }
      local began = docker.now()
      assert.equal("total", refused("timeout", "docker-credential-bad", "did not answer within",
        began + 0.3).phase)
      assert.is_true(docker.now() - began < 60)
    end)
  end)

  for what, name in pairs { ["a path"] = "../x", ["a number"] = 5, ["a list"] = { "x" },
    ["lines"] = "a\nb", ["two folders"] = "a\\b" } do
    it("cannot be named by " .. what, function()
      cli.write { credHelpers = { ["host:1"] = name } }
      refused("config", "credHelpers", "does not name a credential helper")
    end)
  end

  it("fails a pull that needs none as well, unless the call says auth = false", function()
    cli.helper("bad", "exit 1")
    cli.write { credsStore = "bad" }
    local client = assert(docker.connect { host = "unix:///nowhere.sock" })
    local image, message, err = client.images:pull "alpine"
    assert.is_nil(image)
    assert.equal("config", err.kind)
    assert.matches("auth = false", message)
    local _, _, other = client.images:pull("alpine", { auth = false })
    assert.equal("connect", other.kind)
  end)

  it("suspends only the task that needs it", function()
    cli.answering_helper("slow", answer "me")
    cli.helper("slow", ("sleep 0.5; cat %s/slow.json"):format(cli.folder))
    cli.write { credsStore = "slow" }
    local turns, asked = 0, docker.spawn(function() return store.find "host:1" end)
    while asked.status ~= "done" do
      turns = turns + 1
      docker.sleep(0.02)
    end
    assert.is_true(turns > 2)
    assert.equal("me", asked:await().auth.username)
  end)

  describe("in a build", function()
    local function built()
      local client = assert(docker.connect { host = "unix:///nowhere.sock" })
      local headers = assert(build_headers(client, {}))
      return headers[1] and cli.decode(headers[1]), headers.why
    end

    it("is asked what it has, and then for each", function()
      cli.helper("all", ([[input=$(cat); echo "$1 $input" >>'%s/all.log'
case $1 in
list) echo '{"%s":"me","https://a/v2/":"me"}' ;;
get) echo '{"Username":"'"$input"'","Secret":"s"}' ;;
esac]]):format(cli.folder, HUB))
      cli.answering_helper("one", answer "one")
      cli.write { credsStore = "all", credHelpers = { b = "one" },
        auths = { c = { auth = cli.basic("c", SECRET) } } }
      assert.same({
        [HUB] = { username = HUB, password = "s", serveraddress = HUB },
        a = { username = "a", password = "s", serveraddress = "a" },
        b = { username = "one", password = SECRET, serveraddress = "b" },
      }, (built()))
      local asked = cli.asked "all" -- at once, so in any order
      assert.equal(1, select(2, asked:gsub("list \n", "")))
      assert.equal(2, select(2, asked:gsub("get %S+\n", "")))
    end)

    it("is asked while others are", function()
      -- Each answers only when the other was started as well.
      for one, other in pairs { left = "right", right = "left" } do
        cli.helper(one, ([[cd '%s'; touch %s.here
until [ -e %s.here ]; do sleep 0.05; done
echo '{"Username":"me","Secret":"s"}']]):format(cli.folder, one, other))
      end
      cli.write { credHelpers = { a = "left", b = "right" } }
      local auths, why = built()
      assert.truthy(auths and auths.a and auths.b, why)
    end)

    it("that fails is left out, and named when the build is refused", function()
      cli.helper("bad", "exit 4")
      cli.answering_helper("one", answer "one")
      cli.write { credsStore = "bad", credHelpers = { a = "bad", b = "one" } }
      local auths, why = built()
      assert.same({ b = { username = "one", password = SECRET, serveraddress = "b" } }, auths)
      assert.matches("docker%-credential%-bad %(credsStore.*exit code 4", why)
      assert.matches("docker%-credential%-bad %(credHelpers .* for a failed with exit code 4", why)
    end)
  end)
end)
