-- What the docker CLI makes of a command line, and what we make of the same options, are the same
-- body.

local core = require "moondock.core"
local flags = require "moondock.flags"
local lfs = require "lfs"

local cases = require "spec.tools.flag_cases"

-- Fields of which the zero value says something.
local TELLING = { Init = true, StopTimeout = true }

-- What the CLI sends whatever the options: the defaults of its flags, and of our own create.
local DEFAULTS = { MemorySwappiness = -1, NetworkMode = "default", AttachStdout = true, AttachStderr = true }

local IGNORED = { ConsoleSize = true }

local function is_empty(value)
  return value == nil or value == core.null or value == "" or value == false or value == 0
    or (type(value) == "table" and next(value) == nil)
end

-- Objects of which the user makes the keys: each says something, even with an empty value.
local FREE = { Labels = true, Annotations = true, Volumes = true, ExposedPorts = true, PortBindings = true,
  Tmpfs = true, StorageOpt = true, Sysctls = true, Config = true, DriverOpts = true, Options = true,
  EndpointsConfig = true }

-- Without what is empty, and with plain tables.
local function essence(value, all)
  if type(value) ~= "table" then return value end
  local result = {}
  for key, item in pairs(value) do
    item = essence(item, FREE[key])
    local default = DEFAULTS[key] ~= nil and DEFAULTS[key] == item
    local idle = (key == "RestartPolicy" and item.Name == "no" and not item.MaximumRetryCount)
      or (key == "EndpointsConfig" and item.default and next(item.default) == nil)
    if not IGNORED[key] and not default and not idle and (all or TELLING[key] or not is_empty(item))
      and item ~= core.null then
      result[key] = item
    end
  end
  if result.Env then table.sort(result.Env) end -- the CLI's order is anybody's guess
  return result
end

local function read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local bytes = file:read "*a"
  file:close()
  return bytes
end

local function cli_path()
  local path = os.getenv "MOONDOCK_TEST_CLI"
  if not path then
    local pipe = io.popen "tools/packages cli 2>/dev/null"
    path = (pipe:read "*l" or "") .. "/usr/bin/docker"
    pipe:close()
  end
  return lfs.attributes(path) and path
end

describe("the docker CLI and we", function()
  local cli = cli_path()
  if not cli then return pending "mean the same: the docker CLI cannot be had here" end
  local folder, recorder

  setup(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(lfs.mkdir(folder))
    recorder = assert(io.popen("python3 spec/tools/recorder.py " .. folder .. " > " .. folder .. "/ready", "w"))
    while not (read(folder .. "/ready") or ""):find "ready" do core.loop():step(20) end
    local script = assert(io.open(folder .. "/lines", "wb"))
    for i, case in ipairs(cases.list) do
      script:write(("%s create --name case-%d %s image %s >%s/%d.out 2>&1 || :\0"):format(cli, i, case[1],
        case[3] or "", folder, i))
    end
    script:close()
    os.execute(("env -i HOME=%s PATH=$PATH SPEC_HERE=here DOCKER_HOST=unix://%s/docker.sock "
      .. "xargs -0 -P 4 -n 1 sh -c < %s/lines"):format(folder, folder, folder))
  end)

  teardown(function()
    recorder:close()
    os.execute("rm -rf " .. folder)
    cases.clean()
  end)

  -- The environment that the CLI had.
  local real = os.getenv
  before_each(function()
    os.getenv = function(name) -- luacheck: ignore 122
      if name == "SPEC_HERE" then return "here" end
      return name:find "^SPEC_" and nil or real(name)
    end
  end)
  after_each(function() os.getenv = real end) -- luacheck: ignore 122

  for i, case in ipairs(cases.list) do
    it("mean the same by " .. case[1] .. " " .. (case[3] or ""), function()
      local bytes = read(("%s/case-%d.json"):format(folder, i))
      assert.is_truthy(bytes, read(("%s/%d.out"):format(folder, i)))
      local _, theirs = assert(core.decode(bytes))
      local ours = flags.create("image", case[4], case[2]).body
      local _, sent = core.decode(assert(core.encode(ours)))
      assert.same(essence(theirs), essence(sent))
    end)
  end

  for i, case in ipairs(cases.refused) do
    it("refuse " .. case[1], function()
      local name = "refused-" .. i
      os.execute(("env -i HOME=%s PATH=$PATH DOCKER_HOST=unix://%s/docker.sock %s create --name %s %s image "
        .. ">/dev/null 2>&1"):format(folder, folder, cli, name, case[1]))
      assert.is_nil(read(folder .. "/" .. name .. ".json"), "the CLI takes it")
      assert.has_error(function() flags.create("image", nil, case[2]) end)
    end)
  end
end)
