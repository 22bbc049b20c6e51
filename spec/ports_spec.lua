local core = require "moondock.core"
local ports = require "moondock.ports"

local function of(bindings)
  return ports.of { NetworkSettings = { Ports = bindings } }
end

describe("ports.of", function()
  it("lists bindings in the fields of the engine's summaries", function()
    local list = of { ["80/tcp"] = { { HostIp = "0.0.0.0", HostPort = "8080" } } }
    assert.are.same(
      { { PrivatePort = 80, Type = "tcp", IP = "0.0.0.0", PublicPort = 8080 } },
      { list[1] })
    assert.are.equal(1, #list)
  end)

  it("puts IPv4 before IPv6, so that the first is the one people mean", function()
    local list = of { ["80/tcp"] = {
      { HostIp = "::", HostPort = "32769" },
      { HostIp = "0.0.0.0", HostPort = "32768" },
    } }
    assert.are.equal(32768, list[1].PublicPort)
    assert.are.equal("::", list[2].IP)
  end)

  it("orders by number, then protocol, then public port", function()
    local list = of {
      ["443/tcp"] = { { HostIp = "0.0.0.0", HostPort = "2" } },
      ["53/udp"] = { { HostIp = "0.0.0.0", HostPort = "1" } },
      ["53/tcp"] = { { HostIp = "0.0.0.0", HostPort = "9" },
        { HostIp = "0.0.0.0", HostPort = "8" } },
    }
    local seen = {}
    for i, port in ipairs(list) do
      seen[i] = ("%d/%s:%d"):format(port.PrivatePort, port.Type, port.PublicPort)
    end
    assert.are.same({ "53/tcp:8", "53/tcp:9", "53/udp:1", "443/tcp:2" }, seen)
  end)

  local unpublished = {
    { "null", core.null },
    { "an empty list", {} },
  }
  for _, case in ipairs(unpublished) do
    it("lists a port whose bindings are " .. case[1] .. " without a public one", function()
      local list = of { ["5432/tcp"] = case[2] }
      assert.are.same({ PrivatePort = 5432, Type = "tcp" }, list[1])
    end)
  end

  it("leaves out a public port that is not known yet", function()
    local list = of { ["80/tcp"] = { { HostIp = "", HostPort = "" } } }
    assert.is_nil(list[1].PublicPort)
  end)

  it("takes all addresses where Podman names none", function()
    local list = ports.of(select(2, assert(core.decode [[{"NetworkSettings":{"Ports":{
      "80/tcp":[{"HostIp":"","HostPort":"39819"}],"81/udp":[{"HostIp":"127.0.0.1","HostPort":"40367"}]}}}]])))
    assert.are.same({ PrivatePort = 80, Type = "tcp", IP = "0.0.0.0", PublicPort = 39819 }, list[1])
    assert.are.same({ PrivatePort = 81, Type = "udp", IP = "127.0.0.1", PublicPort = 40367 }, list[2])
  end)

  it("takes tcp where the engine names no protocol", function()
    assert.are.equal("tcp", of({ ["80"] = core.null })[1].Type)
  end)

  local silent = {
    { "no network settings", {} },
    { "null network settings", { NetworkSettings = core.null } },
    { "no ports", { NetworkSettings = {} } },
    { "null ports", { NetworkSettings = { Ports = core.null } } },
    { "no published ports", { NetworkSettings = { Ports = {} } } },
  }
  for _, case in ipairs(silent) do
    it("is an empty array for a container with " .. case[1], function()
      local list = ports.of(case[2])
      assert.are.equal(0, #list)
      assert.is_true(core.is_array(list))
    end)
  end
end)
