-- Runs command lines of the docker CLI and our calls of the same meaning against an engine that records.

local core = require "moondock.core"
local docker = require "moondock"
local essence = require "spec.tools.cli.essence"
local lfs = require "lfs"

local compare = {}

local function read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local bytes = file:read "*a"
  file:close()
  return bytes
end

---The path of the CLI, nil where it cannot be had.
function compare.cli()
  local path = os.getenv "MOONDOCK_TEST_CLI"
  if not path then
    local pipe = io.popen "tools/packages cli 2>/dev/null"
    path = (pipe:read "*l" or "") .. "/usr/bin/docker"
    pipe:close()
  end
  return lfs.attributes(path) and path
end

---The long flags of a command, as its help lists them.
function compare.flags(cli, command)
  local pipe = assert(io.popen(cli .. " " .. command .. " --help"))
  local help = pipe:read "*a"
  pipe:close()
  return help:gmatch "\n  [ -]%w?,? +%-%-([%a-]+)"
end

local Run = {}
Run.__index = Run

-- The CLI with a name for the recording engine to know it by.
local function line_of(cli, folder, name, group, case)
  local line = table.concat({ cli, group.verb, case.line, group.tail or "", case.more }, " ")
  return ("DOCKER_CUSTOM_HEADERS=X-Case=%s %s %s </dev/null >%s/%s.out 2>&1; echo $? >%s/%s.code\0"):format(
    name, group.environment or "", line, folder, name, folder, name)
end

---Start the engine and run all command lines of these groups.
---@param cli string
function compare.start(cli, groups)
  local folder = os.tmpname()
  os.remove(folder)
  assert(lfs.mkdir(folder))
  local self = setmetatable({ folder = folder }, Run)
  self.recorder = assert(io.popen(("exec python3 spec/tools/cli/recorder.py %s >%s/ready"):format(folder, folder), "w"))
  while not (read(folder .. "/ready") or ""):find "ready" do core.loop():step(20) end
  local script = assert(io.open(folder .. "/lines", "wb"))
  for _, group in ipairs(groups) do
    for _, list in ipairs { group.list, group.refused, group.deviations } do
      for _, case in ipairs(list) do script:write(line_of(cli, folder, case.name, group, case)) end
    end
  end
  script:close()
  os.execute(("env -i HOME=%s PATH=\"$PATH\" GOGC=off GOMAXPROCS=1 SPEC_HERE=here DOCKER_HOST=unix://%s/docker.sock "
    .. "xargs -0 -P 4 -n 1 timeout 60 sh -c < %s/lines"):format(folder, folder, folder))
  return self
end

function Run:close()
  self.recorder:close()
  os.execute("rm -rf " .. self.folder)
end

---The first request under this name whose path the group compares, as what it says; nil when there is
---none.
function Run:sent(name, group)
  for line in (read(("%s/%s.sent"):format(self.folder, name)) or ""):gmatch "[^\n]+" do
    local _, record = assert(core.decode(line))
    if record.path:find(group.path) then
      local what = group.of and group.of(record) or record.body
      return essence(what, group)
    end
  end
end

---What the CLI printed, and its exit code.
function Run:said(name)
  return read(("%s/%s.out"):format(self.folder, name)), tonumber(read(("%s/%s.code"):format(self.folder, name)))
end

---Do our part of a case under a name of its own; what it sent.
function Run:ours(group, case)
  local name = "ours-" .. case.name
  local client = assert(docker.connect { host = "unix://" .. self.folder .. "/docker.sock",
    api_version = group.api_version, headers = { ["X-Case"] = name } })
  local ok, result, message = pcall(group.call, client, case)
  client:close()
  if not ok then error(result, 0) end
  return self:sent(name, group), message
end

return compare
