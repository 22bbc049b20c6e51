-- Answers of several engines, cut to what is read.

local core = require "moondock.core"
local readers = require "moondock.readers"

local function decoded(json)
  local ok, value = core.decode(json)
  assert(ok, value)
  return value
end

local function plain(list)
  local result = {}
  for i, entry in ipairs(list) do result[i] = entry end
  return result
end

describe("the health of a container", function()
  local cases = {
    { "with a check that passed", '{"State":{"Health":{"Status":"healthy","FailingStreak":0,"Log":[]}}}', "healthy" },
    { "with a check that failed", '{"State":{"Health":{"Status":"unhealthy","FailingStreak":3}}}', "unhealthy" },
    { "with a check that has not run", '{"State":{"Health":{"Status":"starting","Log":null}}}', "starting" },
    { "without a check", '{"State":{"Status":"running"}}', "none" },
    { "whose check was disabled", '{"State":{"Health":{"Status":"none"}}}', "none" },
    { "on an engine that says null", '{"State":{"Health":null}}', "none" },
    { "on Podman 4 without a check",
      '{"State":{"Healthcheck":{"Status":"","FailingStreak":0,"Log":null}}}', "none" },
    { "on Podman with a check",
      '{"State":{"Healthcheck":{"Status":"healthy","FailingStreak":0,"Log":null}}}', "healthy" },
    { "on Podman's Docker API without a check",
      '{"State":{"Status":"running","Health":{"Status":"","FailingStreak":0,"Log":null}}}', "none" },
    { "on Podman's Docker API with a check that has not run",
      '{"State":{"Status":"running","Health":{"Status":"starting","FailingStreak":0,"Log":null}}}', "starting" },
    { "of which nothing is known", '{}', "none" },
  }
  for _, case in ipairs(cases) do
    it(case[1] .. " is " .. case[3], function()
      assert.equal(case[3], readers.health(decoded(case[2])))
    end)
  end
end)

describe("the addresses of a container", function()
  it("come once from an engine that has them twice", function()
    local list = readers.addresses(decoded [[{"NetworkSettings":{"IPAddress":"172.17.0.2","Gateway":"172.17.0.1",
      "GlobalIPv6Address":"","MacAddress":"02:42:ac:11:00:02","Networks":{"bridge":{"IPAddress":"172.17.0.2",
      "Gateway":"172.17.0.1","GlobalIPv6Address":"","IPv6Gateway":"","MacAddress":"02:42:ac:11:00:02","Aliases":null
      }}}}]])
    assert.same({ { Network = "bridge", IPAddress = "172.17.0.2", Gateway = "172.17.0.1",
      MacAddress = "02:42:ac:11:00:02" } }, plain(list))
  end)

  it("come from the networks alone on a new engine", function()
    local list = readers.addresses(decoded [[{"NetworkSettings":{"Ports":{},"Networks":{
      "b":{"IPAddress":"10.0.2.3","GlobalIPv6Address":"fd00::3","IPv6Gateway":"fd00::1"},
      "six":{"IPAddress":"","GlobalIPv6Address":"fd01::2"},"a":{"IPAddress":"10.0.1.3"}}}}]])
    assert.same({ { Network = "a", IPAddress = "10.0.1.3" },
      { Network = "b", IPAddress = "10.0.2.3", GlobalIPv6Address = "fd00::3", IPv6Gateway = "fd00::1" },
      { Network = "six", GlobalIPv6Address = "fd01::2" } }, plain(list))
  end)

  it("come from Podman's network, whose name is its own", function()
    local list = readers.addresses(decoded [[{"NetworkSettings":{"Bridge":"","SandboxID":"","Gateway":"10.88.0.1",
      "IPAddress":"10.88.0.48","IPv6Gateway":"","GlobalIPv6Address":"","MacAddress":"2a:70:ae:70:61:dd",
      "Networks":{"podman":{"MacAddress":"2a:70:ae:70:61:dd","NetworkID":"podman","IPv6Gateway":"","IPPrefixLen":16,
      "IPAddress":"10.88.0.48","DriverOpts":null,"Gateway":"10.88.0.1","Links":null,"GlobalIPv6Address":"",
      "EndpointID":"","Aliases":["6f22d68e7829"],"IPAMConfig":null}}}}]])
    assert.same({ { Network = "podman", IPAddress = "10.88.0.48", Gateway = "10.88.0.1",
      MacAddress = "2a:70:ae:70:61:dd" } }, plain(list))
  end)

  it("come from the top level where there are no networks", function()
    local list = readers.addresses(decoded [[{"NetworkSettings":{"IPAddress":"10.88.0.5","Gateway":"10.88.0.1"}}]])
    assert.same({ { Network = "bridge", IPAddress = "10.88.0.5", Gateway = "10.88.0.1" } }, plain(list))
  end)

  for what, json in pairs {
    ["that has ended"] = '{"NetworkSettings":{"IPAddress":"","Networks":{"bridge":{"IPAddress":"","Gateway":""}}}}',
    ["in the host's network"] = '{"NetworkSettings":{"Networks":{"host":{"IPAddress":""}}}}',
    ["with null for networks"] = '{"NetworkSettings":{"Networks":null}}',
    ["with null for a network"] = '{"NetworkSettings":{"Networks":{"bridge":null}}}',
    ["of which nothing is known"] = "{}",
  } do
    it("are none of one " .. what, function()
      local list = readers.addresses(decoded(json))
      assert.equal(0, #list)
      assert.is_true(core.is_array(list))
    end)
  end
end)
