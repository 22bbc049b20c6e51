-- Which engine is meant, compared with the docker CLI itself: every combination of options,
-- variables and files below is given to both. Where we differ on purpose, the reason is listed, and
-- each reason must still be needed.

local config = require "moondock.config"
local core = require "moondock.core"
local endpoint = require "moondock.endpoint"
local environment = require "spec.environment"
local headers = require "moondock.headers"
local sh = require "spec.shell"

-- --- the world: what environment.begin gives, with files for the CLI

-- The CLI's folders: a config.json that says `current`, and which TLS files lie beside it.
local CURRENTS = { none = "{}", plain = '{"currentContext":"plain"}', missing = '{"currentContext":"gone"}',
  default = '{"currentContext":"default"}', broken = '{"currentContext":' }
local FILES = { bare = {}, ca = { "ca" }, all = { "ca", "cert", "key" }, keyless = { "ca", "cert" } }

local function make_certificates()
  local folder = environment.folder
  for _, name in ipairs { "client", "server" } do
    local output, status = sh(("openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=%s "
      .. "-addext subjectAltName=IP:127.0.0.1 -keyout %s/%s.key -out %s/%s.crt"):format(name, folder, name,
      folder, name))
    assert(status == 0, output)
  end
  sh(("cat %s/server.key %s/server.crt >%s/server.pem"):format(folder, folder, folder))
end

local function put_files(where, parts)
  for _, part in ipairs(parts) do
    sh(("mkdir -p %s/%s && cp %s/client.%s %s/%s/%s.pem"):format(environment.folder, where, environment.folder,
      part == "key" and "key" or "crt", environment.folder, where, part))
  end
end

local function put_contexts(where)
  local function put(name, host, skip, parts)
    local id = core.sha256(name)
    environment.write(where .. "/contexts/meta/" .. id .. "/meta.json", core.encode { Name = name,
      Metadata = core.object {}, Endpoints = { docker = { Host = host, SkipTLSVerify = skip } } })
    put_files(where .. "/contexts/tls/" .. id .. "/docker", parts or {})
  end
  put("socket", "unix://@u2@", false)
  put("plain", "tcp://@t2@", false)
  put("secure", "tcp://@t3@", false, FILES.all)
  put("skip", "tcp://@t3@", true)
  put("half", "tcp://@t3@", false, { "cert" })
end

local function make_world()
  make_certificates()
  for current, text in pairs(CURRENTS) do
    environment.write("world/" .. current .. "/config.json", text)
    put_contexts("world/" .. current)
  end
  for name, parts in pairs(FILES) do
    environment.write("world/" .. name .. "/config.json", "{}")
    put_contexts("world/" .. name)
    put_files("world/" .. name, parts)
    put_files("world/certs-" .. name, parts)
  end
end

-- --- the cases

local cases = {}

-- `opts` for us, which say the same as `args` to the CLI.
local function add(folder, opts, variables)
  local env = { HOME = "/nonexistent", DOCKER_CONFIG = "@world@/" .. folder }
  for name, value in pairs(variables) do env[name] = value or nil end
  local args = {}
  for _, name in ipairs { "host", "context" } do
    if opts[name] then
      args[#args + 1] = "--" .. name
      args[#args + 1] = opts[name]
    end
  end
  cases[#cases + 1] = { args = core.array(args), env = env, opts = opts, folder = folder }
  return cases[#cases]
end

local function add_choices()
  for _, opts in ipairs { {}, { host = "tcp://@t1@" }, { context = "plain" }, { context = "default" },
    { context = "gone" } } do
    for _, host in ipairs { false, "", "unix://@u1@", "tcp://@t2@" } do
      for _, context in ipairs { false, "", "default", "socket", "gone" } do
        for current in pairs(CURRENTS) do
          add(current, opts, { DOCKER_HOST = host, DOCKER_CONTEXT = context })
        end
      end
    end
  end
end

local function add_encryption()
  local targets = {
    { {} }, { {}, "tcp://@t1@" }, { {}, "unix://@u1@" }, { { host = "tcp://@t1@" } },
    { { context = "plain" }, "tcp://@t1@" }, { { context = "secure" } }, { { context = "skip" } },
    { { context = "half" } }, { { context = "default" }, "tcp://@t1@" },
  }
  local places = { { "bare" }, { "all" }, { "ca" }, { "keyless" }, { "bare", "certs-all" },
    { "all", "certs-ca" }, { "all", "certs-keyless" }, { "all", "gone" } }
  for _, target in ipairs(targets) do
    for _, asks in ipairs { {}, { "" }, { "0" }, { "1" }, { nil, "1" }, { "", "1" } } do
      for _, place in ipairs(places) do
        add(place[1], target[1], { DOCKER_HOST = target[2], DOCKER_TLS_VERIFY = asks[1],
          DOCKER_TLS = asks[2], DOCKER_CERT_PATH = place[2] and "@world@/" .. place[2] })
      end
    end
  end
end

local function add_spellings()
  for _, host in ipairs { "@t1@", " tcp://@t1@\n", "tcp://@t1@/", "tcp://@t1@/base", "tcp://@t1@/base/",
    "unix://@u1@", "unix:@u1@", "@u1@", "unix://gone.sock", "unix://", "tcp://", "tcp://:1", "tcp://[::1",
    "tcp://127.0.0.1:x", "http://@t1@", "https://@t1@", "gopher://@t1@", "tcp://me@@t1@", "nonsense", "fd://" } do
    add("none", {}, { DOCKER_HOST = host }).spelling = host
  end
end

local function add_headers()
  for _, text in ipairs { "X-A=1", "X-A=1,X-B=2", '"X-A=1,2",X-B=3', '"X-A=say ""hi"""', "X-A=1=2", " X-A =1",
    "X-A= 1 ", "X-A=1,x-a=2", "X-A=", "X-A", "=1", '"X-A=1', '"X-A=1"b', 'X-A="1"', "X-A=1,", "X A=1",
    "User-Agent=x,X-A=1", "Host=x,X-A=1", "Content-Length=5,X-A=1" } do
    add("none", { host = "tcp://@t1@" }, { DOCKER_CUSTOM_HEADERS = text }).headers = text
  end
end

-- --- both answers, as words: "t1 tls verify", "u1", "default", "error"

local function describe_cli(result)
  if not result.at then
    local host = result.error:match "Cannot connect to the Docker daemon at (%S+)%. "
    if host == "unix:///var/run/docker.sock" then return "default" end
    return host or "error"
  end
  return result.at .. (result.tls and (result.verify and " tls verify" or " tls") or "")
end

local names -- of the addresses in the first worker's world

local function fill(text)
  return (text:gsub("@%w+@", names))
end

local function filled(map)
  local copy = {}
  for key, value in pairs(map) do copy[key] = fill(value) end
  return copy
end

local function where(found)
  if found.unix == "/var/run/docker.sock" then return "default" end
  local address = found.unix or found.base:match "^https?://([^/]*)"
  for label, value in pairs(names) do
    if value == address then return label:match "%w+" end
  end
  return found.unix and "unix://" .. found.unix or "tcp://" .. address
end

local function describe_ours(case)
  environment.variables = filled(case.env)
  local ok, found = pcall(endpoint.choose, filled(case.opts))
  if not ok or not found then return "error" end
  local tls, at = found.tls, where(found)
  if not tls or at:find "^tcp:" then return at end -- nobody listens there to see what comes
  return at .. (tls.verify and " tls verify" or " tls")
end

-- --- where we differ, and why: the first that applies explains a case

local function verifies(case)
  return (case.env.DOCKER_TLS_VERIFY or "") ~= ""
end

local REASONS = {
  { "a broken config.json that has the say is an error; the CLI warns and uses another engine",
    function(case, _, ours) return case.folder == "broken" and ours == "error" end },
  { "DOCKER_TLS is verified; the CLI trusts anybody",
    function(case, cli, ours)
      return case.env.DOCKER_TLS and not verifies(case) and ours == cli .. " verify" and cli:find " tls$"
    end },
  { "all three files of DOCKER_CERT_PATH are needed; the CLI goes on without client certificate",
    function(case, _, ours) return case.env.DOCKER_CERT_PATH and ours == "error" end },
  { "a certificate without its key is an error; the CLI goes on without",
    function(case, _, ours)
      return (case.folder == "keyless" or case.opts.context == "half") and ours == "error"
    end },
  { "without ca.pem in its own folder the system's authorities verify; the CLI fails",
    function(case, cli, ours)
      return case.folder == "bare" and not case.env.DOCKER_CERT_PATH and cli == "error"
        and (ours:find " tls verify$" or ours == "u1" or ours == "tcp://localhost:2376")
    end },
  { "TLS files mean nothing to a socket; the CLI fails when they are missing",
    function(case, cli, ours) return cli == "error" and ours == "u1" and case.env.DOCKER_CERT_PATH end },
  { "https:// is tcp:// with TLS; the CLI knows no https",
    function(case, cli, ours)
      return case.spelling == "https://@t1@" and cli == "error" and ours == "t1 tls verify"
    end },
  { "a host that leaves something out is an error, for a variable may have been empty; the CLI fills in",
    function(case, _, ours)
      return ours == "error" and (case.spelling == "unix://" or case.spelling == "tcp://"
        or case.spelling == "tcp://:1" or case.spelling == "nonsense")
    end },
  { "a socket is named by its absolute path, as unix:///path; the CLI takes it for a name or a relative path",
    function(case, _, ours)
      return ours == "error" and (case.spelling == "@u1@" or case.spelling == "unix:@u1@"
        or case.spelling == "unix://gone.sock")
    end },
  { "a user name in tcp:// is an error, for it means nothing; the CLI drops it",
    function(case, _, ours) return case.spelling == "tcp://me@@t1@" and ours == "error" end },
}

local function reason_for(case, cli, ours)
  for _, reason in ipairs(REASONS) do
    if reason[2](case, cli, ours) then return reason end
  end
end

-- --- the specs

local function docker()
  local path, status = sh "tools/packages cli"
  if status == 3 then return nil, path end
  assert(status == 0, path)
  return path:match "[^\n]*" .. "/usr/bin/docker"
end

local function show(case)
  local parts = {}
  for name, value in pairs(case.env) do parts[#parts + 1] = ("%s=%q"):format(name, value) end
  table.sort(parts)
  return table.concat(parts, " ") .. " docker " .. table.concat(case.args, " ")
end

local function wire_case(case)
  return { args = case.args, env = core.object(case.env) }
end

describe("which engine is meant", function()
  local results, missing

  setup(function()
    local program
    program, missing = docker()
    if not program then return end
    environment.begin()
    make_world()
    add_choices()
    add_encryption()
    add_spellings()
    add_headers()
    local list = {}
    for i, case in ipairs(cases) do list[i] = wire_case(case) end
    local path = environment.write("cases", core.encode(list))
    local output, status = sh(("timeout 300 python3 spec/tools/docker_cli.py %s %s <%s"):format(program,
      environment.folder, path))
    assert(status == 0, output)
    local ok, value = core.decode(output)
    assert(ok, value)
    names, results = table.remove(value, 1), value
  end)

  teardown(function() if results then environment.finish() end end)

  local function each(fn)
    if missing then return pending(missing) end
    assert.equal(#cases, #results)
    for i, case in ipairs(cases) do fn(case, results[i]) end
  end

  it("is what the docker CLI means, but for the reasons that are listed", function()
    local differences, used = {}, {}
    each(function(case, result)
      local cli, ours = describe_cli(result), describe_ours(case)
      if case.headers or cli == ours then return end
      local reason = reason_for(case, cli, ours)
      if reason then
        used[reason] = true
      else
        differences[#differences + 1] = ("%s: the CLI %s (%s), we %s"):format(show(case), cli,
          result.error or "", ours)
      end
    end)
    assert.equal("", table.concat(differences, "\n", 1, math.min(#differences, 20)))
    for _, reason in ipairs(missing and {} or REASONS) do assert.is_true(used[reason], reason[1]) end
  end)

  it("is tried in many ways, and most are no errors", function()
    local count, errors = 0, 0
    each(function(_, result)
      count = count + 1
      if describe_cli(result) == "error" then errors = errors + 1 end
    end)
    if missing then return end
    assert.is_true(count > 900)
    assert.is_true(errors < count / 2)
  end)

  it("gets the path of a proxy that the CLI sends", function()
    each(function(case, result)
      if not (case.spelling and result.head) then return end
      environment.variables = filled(case.env)
      local found = endpoint.choose {}
      if not found or found.unix then return end
      assert.equal(result.head:match "^HEAD (%S-)/_ping ", found.base:match "^http://[^/]*(.*)$")
    end)
  end)

  -- The fields of a head that begin with X-, and whether there is a user's User-Agent.
  local function own_fields(lines)
    local list = {}
    for _, line in ipairs(lines) do
      local name, value = line:match "^([%w-]+):%s*(.-)%s*$"
      if name and name:lower():find "^x%-" then list[#list + 1] = name:lower() .. ": " .. value end
      if name == "User-Agent" then assert.not_equal("x", value) end
    end
    table.sort(list)
    return list
  end

  local function lines_of(head)
    local lines = {}
    for line in head:gmatch "[^\r\n]+" do lines[#lines + 1] = line end
    return lines
  end

  it("gets the headers that the CLI sends", function()
    each(function(case, result)
      if not case.headers then return end
      environment.variables = filled(case.env)
      local lines = headers.lines({}, config.reader())
      assert.equal(result.head ~= nil, lines ~= nil, case.headers)
      if lines then assert.same(own_fields(lines_of(result.head)), own_fields(lines), case.headers) end
    end)
  end)
end)


describe("contexts that the docker CLI stored", function()
  local program, missing, folder

  setup(function()
    program, missing = docker()
    environment.begin()
    folder = environment.folder
    make_certificates()
  end)

  teardown(environment.finish)

  local function cli(arguments)
    local output, status = sh(("env -i HOME=/nonexistent DOCKER_CONFIG=%s %s %s"):format(folder, program,
      arguments))
    assert(status == 0, output)
    return output
  end

  local function create(name, meta, more)
    cli(("context create %s --docker '%s' %s"):format(name, meta, more or ""))
  end

  -- The lines of `docker context ls`, by name.
  local function listed()
    local entries = {}
    for line in cli("context ls --format json"):gmatch "[^\n]+" do
      local ok, entry = core.decode(line)
      assert(ok, entry)
      entries[entry.Name] = entry
    end
    return entries
  end

  local function inspected(name)
    local ok, value = core.decode(cli("context inspect " .. name))
    assert(ok, value)
    return value[1]
  end

  it("are read as it reads them", function()
    if missing then return pending(missing) end
    create("here", "host=unix:///tmp/here.sock", "--description 'my own'")
    create("far.away-1", "host=tcp://far:2376,skip-tls-verify=true")
    create("safe", ("host=tcp://far:2376,ca=%s/client.crt,cert=%s/client.crt,key=%s/client.key"):format(folder,
      folder, folder))
    cli "context use safe"
    local theirs, ours = listed(), assert(endpoint.contexts())
    assert.equal(4, #ours)
    for _, entry in ipairs(ours) do
      local their = theirs[entry.name]
      assert.equal(their.DockerEndpoint, entry.host)
      assert.equal(their.Current, entry.current)
      if entry.name ~= "default" then
        assert.equal(their.Description, entry.description or "")
        local detail = inspected(entry.name)
        assert.equal(detail.Endpoints.docker.SkipTLSVerify, entry.skip_tls_verify)
        assert.equal(next(detail.TLSMaterial) ~= nil or entry.skip_tls_verify, entry.tls)
      end
    end
    local tls = assert(endpoint.choose {}).tls
    for part, file in pairs { ca = "crt", cert = "crt", key = "key" } do
      assert.equal(config.read(folder .. "/client." .. file), config.read(tls[part]))
    end
  end)
end)
