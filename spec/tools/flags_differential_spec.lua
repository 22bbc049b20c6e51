-- What the docker CLI makes of a command line, and what we make of the same options, are the same
-- request.

local cases = require "spec.tools.cli.cases"
local compare = require "spec.tools.cli.compare"

local groups = {}
for _, name in ipairs { "create", "run", "exec", "update", "network", "volume", "build", "service_create",
  "service_update", "swarm" } do
  for _, group in ipairs(require("spec.tools.cli." .. name .. "_cases")) do groups[#groups + 1] = group end
end

local count = 0
for _, group in ipairs(groups) do
  for _, list in ipairs { group.list, group.refused, group.deviations } do
    for _, case in ipairs(list) do
      count = count + 1
      case.name = "case-" .. count
    end
  end
end

-- What the flags say of its own doing, not of the request.
local OF_THE_CLI_ALONE = { detach = true, quiet = true, help = true }

-- The flags of `docker service update` that a case has.
local tried = {}
for _, group in ipairs(require "spec.tools.cli.service_update_cases") do
  for _, list in ipairs { group.list, group.deviations } do
    for _, case in ipairs(list) do
      for flag in (group.verb .. " " .. case.line):gmatch "%-%-[%a-]+" do tried[flag] = true end
    end
  end
end

local function at(value, path)
  for step in path:gmatch "[^.]+" do value = (value or {})[step] end
  return value
end

describe("the docker CLI and we", function()
  local cli = compare.cli()
  if not cli then return pending "mean the same: the docker CLI cannot be had here" end
  local run

  setup(function() run = compare.start(cli, groups) end)

  teardown(function()
    run:close()
    cases.clean()
  end)

  -- The environment that the CLI had.
  local real = os.getenv
  before_each(function()
    os.getenv = function(name) -- luacheck: ignore 122
      if name == "SPEC_HERE" then return "here" end
      if name:find "^DOCKER_" or name:find "^SPEC_" then return nil end
      return real(name)
    end
  end)
  after_each(function() os.getenv = real end) -- luacheck: ignore 122

  for _, group in ipairs(groups) do
    for _, case in ipairs(group.list) do
      it(("mean the same by %s %s %s"):format(group.verb, case.line, case.more), function()
        local theirs = run:sent(case.name, group)
        assert.is_truthy(theirs, (run:said(case.name)))
        local ours, message = run:ours(group, case)
        assert.is_truthy(ours, message)
        assert.same(theirs, ours)
      end)
    end

    for _, case in ipairs(group.refused) do
      it(("refuse %s %s"):format(group.verb, case.line), function()
        local printed, code = run:said(case.name)
        assert.is_nil(run:sent(case.name, group), "the CLI takes it")
        assert.not_equal(0, code, printed)
        local ok, result, message = pcall(run.ours, run, group, case)
        assert.is_falsy(ok and result, "we take it")
        if ok then result = message end
        assert.is_string(type(result) == "string" and result or result.message)
      end)
    end

    for _, case in ipairs(group.deviations) do
      it(("differ by %s %s: %s"):format(group.verb, case.line, case.why), function()
        local ours, message = run:ours(group, case)
        assert.is_truthy(ours, message)
        assert.not_same(run:sent(case.name, group), ours)
        assert.same(case.ours, at(ours, case.at))
      end)
    end
  end

  it("have the same flags of service update", function()
    local missing = {}
    for flag in compare.flags(cli, "service update") do
      if not OF_THE_CLI_ALONE[flag] and not tried["--" .. flag] then missing[#missing + 1] = flag end
    end
    assert.same({}, missing)
  end)
end)
