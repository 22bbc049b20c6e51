-- Private registries with the credentials that the CLI has stored: entries, helpers, the variable.

local build_headers = require "moondock.credential_build"
local call = require "moondock.call"
local cli = require "spec.cli_config"
local engine = require "spec.live.engine"
local sources = require "moondock.sources"
local stream = require "moondock.stream"

-- What the manual has of a private registry without credentials.
local NO_CREDENTIALS = engine.podman and "authentication required" or "no basic auth credentials"

for what, registry in pairs { ["in the clear"] = engine.private, ["over TLS"] = engine.encrypted } do
  describe("a registry " .. what .. " that wants credentials", function()
    local client, name, image, said

    before_each(function()
      cli.setup()
      client, said = engine.connect(), {}
      name = ("%s/%s:v1"):format(registry, engine.unique "auth")
      image = client.images:get(name)
      assert(client.images:get(engine.image):tag(name))
    end)

    after_each(function()
      image:remove { force = true }
      cli.teardown()
      for _, text in ipairs(said) do
        assert.falsy(text:find(engine.password, 1, true), text)
        assert.falsy(text:find(cli.basic(engine.username, engine.password), 1, true), text)
      end
    end)

    local function fails(kind, pattern, result, message, err)
      said[#said + 1] = message
      assert.is_nil(result)
      assert.equal(kind, err.kind, message)
      assert.matches(pattern, message)
      said[#said + 1] = tostring(err)
      return err
    end

    local function explained(source)
      local sentence, facts = client:explain_auth(name)
      assert.equal("string", type(sentence), facts)
      said[#said + 1] = sentence
      assert.equal(source, facts.source)
      assert.equal(engine.username, facts.username)
      assert.equal(registry, facts.registry)
    end

    -- Push and pull, as what is written allows it.
    local function travels()
      assert(image:push())
      assert(image:remove())
      assert(client.images:pull(name))
      assert(image:inspect())
      assert(image:remove())
      assert.equal("hi\n", assert(client:run(name, { "echo", "hi" })).stdout)
    end

    it("serves those of a call, in one text as well", function()
      assert(image:push { auth = { username = engine.username, password = engine.password } })
      assert(image:remove())
      assert(client.images:pull(name, { auth = { auth = cli.basic(engine.username, engine.password) } }))
    end)

    it("serves those of an entry", function()
      cli.write { auths = { ["https://" .. registry .. "/v1/"] = {
        auth = cli.basic(engine.username, engine.password) } } }
      explained "auths"
      travels()
    end)

    it("serves those of the variable", function()
      cli.write { auths = { [registry] = { auth = cli.basic("wrong", "wrong") } } }
      cli.variables.DOCKER_AUTH_CONFIG = ('{"auths":{"%s":{"auth":"%s"}}}'):format(registry,
        cli.basic(engine.username, engine.password))
      explained "DOCKER_AUTH_CONFIG"
      travels()
    end)

    for setting, config in pairs { credsStore = { credsStore = "good" },
      credHelpers = { credHelpers = { [registry] = "good" }, credsStore = "absent" } } do
      it("serves those of the helper that is set by " .. setting, function()
        cli.answering_helper("good", { ServerURL = registry, Username = engine.username,
          Secret = engine.password })
        cli.write(config)
        explained(setting)
        travels()
        local asked = cli.asked "good"
        assert.equal(("1 get [%s]\n"):format(registry):rep(4), asked)
      end)
    end

    it("tells where the credentials that it refuses came from, in the engine's words first", function()
      local wrong = ("credentials for %s: from auths in %s, user %s"):format(registry, cli.file,
        engine.username):gsub("%p", "%%%0")
      cli.write { auths = { [registry] = { auth = cli.basic(engine.username, "no" .. engine.password) } } }
      fails("unauthorized", "^[^;]*ImagePush.*; " .. wrong .. "$", image:push())
      local _, message, err = client.images:pull(name)
      fails(err.kind, "^[^;]*ImageCreate.*; " .. wrong .. "$", nil, message, err)
      cli.write {}
      fails("unauthorized", NO_CREDENTIALS .. ".*; credentials for .*none were given.*no entry in ", image:push())
      fails("unauthorized", "; credentials for .*: none, because auth is false$", image:push { auth = false })
    end)

    it("asks a helper no second time to explain a refusal", function()
      cli.answering_helper("wrong", { Username = engine.username, Secret = "no" .. engine.password })
      cli.write { credsStore = "wrong" }
      fails("unauthorized", "from the helper docker%-credential%-wrong %(credsStore in ", image:push())
      assert.equal(("1 get [%s]\n"):format(registry), cli.asked "wrong")
    end)

    it("is not asked when a helper fails", function()
      cli.helper("bad", ("echo '{\"Secret\":\"%s\"}'; exit 1"):format(engine.password))
      cli.write { credsStore = "bad" }
      fails("config", "docker%-credential%-bad .* failed with exit code 1$", image:push())
      fails("config", "docker%-credential%-bad .*; auth = false", client.images:pull(name))
      fails("config", "docker%-credential%-bad .*; auth = false",
        client:run(name, { "true" }, { pull = "always" }))
    end)

    it("is given up in time when a helper hangs", function()
      cli.helper("bad", "sleep 600")
      cli.write { credsStore = "bad" }
      local err = fails("timeout", "docker%-credential%-bad .* did not answer within 0%.",
        image:push { timeout = 0.3 })
      assert.equal("total", err.phase)
    end)

    it("is not sent what is stored over an open way to the engine", function()
      if not engine.tcp then return pending "no TCP" end
      cli.write { auths = { [registry] = { auth = cli.basic(engine.username, engine.password) } } }
      local far = engine.connect { host = engine.tcp }
      fails("unauthorized", NO_CREDENTIALS .. ".*not used.*unencrypted.*insecure_credentials",
        far.images:get(name):push())
      assert(far.images:get(name):push { insecure_credentials = true })
    end)
  end)
end

describe("a build on a private image", function()
  local client, name

  before_each(function()
    cli.setup()
    client = engine.connect()
    name = ("%s/%s:v1"):format(engine.private, engine.unique "base")
    local image = client.images:get(name)
    assert(client.images:get(engine.image):tag(name))
    assert(image:push { auth = { username = engine.username, password = engine.password } })
    assert(image:remove())
  end)

  after_each(function()
    client.images:get(name):remove { force = true }
    cli.teardown()
  end)

  -- The archive of a build that does nothing but need its base image.
  local function context()
    local file = assert(io.open(cli.folder .. "/Dockerfile", "w"))
    file:write("FROM ", name, "\n")
    file:close()
    local tar = assert(io.popen("tar -C " .. cli.folder .. " -cf - Dockerfile"))
    local bytes = tar:read "*a"
    tar:close()
    return bytes
  end

  local function build()
    local upload, size, file = sources.of("context", context())
    local headers = assert(build_headers(client, {}))
    local answer, message, err = call.open(client, "ImageBuild", {}, { version = "1", pull = "1" },
      { upload = upload, size = size, file = file, headers = headers })
    if not answer then return nil, message, err end
    return call.progress(stream.values(answer))
  end

  it("finds the credentials of an entry and of a helper", function()
    cli.write { auths = { [engine.private] = { auth = cli.basic(engine.username, engine.password) } } }
    assert(build())
    cli.answering_helper("good", { Username = engine.username, Secret = engine.password })
    cli.write { credHelpers = { [engine.private] = "good" } }
    assert(build())
  end)

  it("tells whose it had when it is refused, and what failed", function()
    cli.helper("bad", "exit 5")
    cli.write { credHelpers = { [engine.private] = "bad" } }
    local seen, message = build()
    assert.is_nil(seen)
    assert.matches("credentials were sent for no registry; .*docker%-credential%-bad.* exit code 5", message)
  end)
end)

describe("a registry with a token service", function()
  local client, name, image

  before_each(function()
    cli.setup()
    client = engine.connect()
    name = ("%s/%s:v1"):format(engine.by_token, engine.unique "token")
    image = client.images:get(name)
    assert(client.images:get(engine.image):tag(name))
  end)

  after_each(function()
    image:remove { force = true }
    cli.teardown()
  end)

  local function travels()
    local pushed, message, err = image:push()
    if engine.lacks("podman", "the identity token of a registry", err) then return end
    assert(pushed, message)
    assert(image:remove())
    assert(client.images:pull(name))
  end

  it("takes the identity token of an entry", function()
    local entry = { identitytoken = engine.identity }
    cli.write { auths = { [engine.by_token] = entry } }
    local sentence, facts = client:explain_auth(name)
    assert.matches(", an identity token$", sentence)
    assert.equal("identitytoken", facts.kind)
    travels()
    entry.identitytoken = "no" .. engine.identity
    cli.write { auths = { [engine.by_token] = entry } }
    local pushed, message, err = image:push()
    assert.is_nil(pushed)
    assert.equal("unauthorized", err.kind)
    assert.matches("an identity token$", message)
    assert.falsy(message:find(engine.identity, 1, true))
  end)

  it("takes that of a helper", function()
    cli.answering_helper("token", { Username = "<token>", Secret = engine.identity })
    cli.write { credsStore = "token" }
    travels()
  end)

  it("gives one to a login, which is used from then on instead of the password", function()
    local reply, message, err = client:login { username = engine.username, password = engine.password,
      registry = engine.by_token }
    if engine.lacks("podman", "login at a registry without TLS", err) then return end
    assert(reply, message)
    assert.equal(engine.identity, reply.IdentityToken)
    local _, facts = client:explain_auth(name)
    assert.equal("login", facts.source)
    assert.equal("identitytoken", facts.kind)
    travels()
  end)
end)

describe("proxies of the CLI", function()
  before_each(cli.setup)
  after_each(cli.teardown)

  it("reach a container that asks for them", function()
    cli.write { proxies = { default = { httpProxy = "http://proxy:1", noProxy = "a" } } }
    local client = engine.connect()
    local script = { "sh", "-c", "echo $HTTP_PROXY $http_proxy $NO_PROXY $no_proxy" }
    local function said(opts) return assert(client:run(engine.image, script, opts)).stdout end
    assert.equal("\n", said {})
    assert.equal("http://proxy:1 http://proxy:1 a a\n", said { use_config_proxy = true })
    assert.equal("http://proxy:1 http://proxy:1 b\n",
      said { use_config_proxy = true, env = { NO_PROXY = "b" } })
    client = engine.connect { use_config_proxy = true }
    assert.equal("http://proxy:1 http://proxy:1 a a\n", said {})
    local container = assert(client.containers:create(engine.image, script, engine.labelled()))
    local env = table.concat(assert(container:inspect()).Config.Env, " ")
    assert.truthy(env:find("HTTP_PROXY=http://proxy:1", 1, true), env)
    engine.clean(client)
  end)
end)
