-- tools/engine and tools/registry: what they refuse, and that nothing stays behind.

local sh = require "spec.shell"

-- What the engine has outside its folder, at the index that it got with its last start: others take
-- the places that are free. `is_there` tells whether its own are still there, by what no other has: the
-- number of the link and when the folder was made.
local function places(state)
  local index = sh("cat " .. state .. "/index"):gsub("%s", "")
  local list = ("{ cat /sys/class/net/md%sh/ifindex; stat -c %%w /run/md%s; } 2>/dev/null"):format(index, index)
  local ours = {}
  for line in sh(list):gmatch "[^\n]+" do ours[line] = true end
  assert(next(ours), "nothing is at index " .. index)
  return { index = index, is_there = function()
    for line in sh(list):gmatch "[^\n]+" do
      if ours[line] and line ~= "-" then return true end
    end
    return false
  end }
end

describe("tools/engine", function()
  it("refuses a name that would leave its folder", function()
    local output, status = sh "tools/engine start ../x oldest"
    assert.equal(2, status)
    assert.matches("bad name", output)
  end)

  it("refuses a kind it does not know", function()
    local _, status = sh "tools/engine start x-spec ancient"
    assert.equal(2, status)
  end)

  it("has no host for an engine that does not run", function()
    local _, status = sh "tools/engine host nobody-spec"
    assert.equal(1, status)
  end)

  it("stops what does not run without a complaint", function()
    local output, status = sh "tools/engine stop nobody-spec"
    assert.equal(0, status)
    assert.equal("", output)
  end)

  it("runs Podman as on a machine of its own, and leaves nothing behind", function()
    local folder = os.tmpname()
    os.remove(folder)
    local engine = "TMPDIR=" .. folder .. " tools/engine "
    sh("mkdir -p " .. folder)
    finally(function() sh(engine .. "stop spec; rm -rf " .. folder) end)
    local output, status = sh(engine .. "start spec podman --tcp")
    if status == 3 then return pending(output) end
    assert.equal(0, status, output)
    assert.equal(0, select(2, sh(engine .. "image spec")))
    local state = sh("echo " .. folder .. "/moondock-engines-*/spec"):gsub("%s", "")
    local function start_container()
      local address = sh(engine .. "tcp spec"):gsub("%s", ""):gsub("^tcp", "http")
      local id = sh(("curl -sf -H 'Content-Type: application/json' %s/v1.41/containers/create "
        .. "-d '{\"Image\":\"moondock/busybox\",\"Cmd\":[\"sleep\",\"600\"]}'"):format(address)):match '"Id":"(%x+)"'
      local answer, failed = sh(("curl -s --fail-with-body -X POST %s/v1.41/containers/%s/start"):format(address, id))
      assert.equal(0, failed, answer)
      assert.equal(0, select(2, sh("pgrep -f -- '[c]onmon.*" .. id .. "'")))
      return id
    end
    local first = start_container()
    sh("kill -9 $(cat " .. state .. "/pid)")
    assert.equal(0, select(2, sh(engine .. "start spec podman --tcp")))
    assert.equal(0, select(2, sh(engine .. "image spec")))
    local second = start_container()
    local place = places(state)
    assert.equal(0, select(2, sh(engine .. "stop spec")))
    for _, id in ipairs { first, second } do
      assert.equal("", (sh("pgrep -af -- '[c]onmon.*" .. id .. "'")))
      assert.equal("", (sh("find /sys/fs/cgroup -name '*" .. id .. "*'")))
    end
    assert.equal("", (sh("ls -A " .. folder)))
    assert.equal("", (sh("grep " .. folder .. " /proc/mounts")))
    assert.is_false(place.is_there())
  end)

  it("clears away a killed engine and leaves nothing behind", function()
    local folder = os.tmpname()
    os.remove(folder)
    local engine = "TMPDIR=" .. folder .. " tools/engine "
    sh("mkdir -p " .. folder)
    finally(function() sh(engine .. "stop spec; rm -rf " .. folder) end)
    assert.equal(0, select(2, sh(engine .. "start spec oldest")))
    local state = sh("echo " .. folder .. "/moondock-engines-*/spec"):gsub("%s", "")
    -- What another engine's containerd looks like from outside its container.
    local other = sh(("unshare --mount bash -c 'exec -a /run/md%s/containerd/ sleep 60' "
      .. ">/dev/null 2>&1 & echo $!"):format(places(state).index)):gsub("%s", "")
    finally(function() sh("kill " .. other .. "; " .. engine .. "stop spec; rm -rf " .. folder) end)
    sh("kill -9 $(cat " .. state .. "/pid)")
    assert.equal(0, select(2, sh(engine .. "start spec oldest")))
    local place = places(state)
    assert.equal(0, select(2, sh(engine .. "stop spec")))
    assert.equal("", (sh("ls -A " .. folder)))
    assert.equal("", (sh("grep " .. folder .. " /proc/mounts")))
    assert.equal("", (sh("pgrep -a dockerd | grep " .. folder)))
    assert.is_false(place.is_there())
    assert.equal(0, select(2, sh("kill -0 " .. other)))
  end)

  it("cuts an engine off, which gives no answer then, and mends it", function()
    local folder = os.tmpname()
    os.remove(folder)
    local engine = "TMPDIR=" .. folder .. " tools/engine "
    sh("mkdir -p " .. folder)
    finally(function() sh(engine .. "stop spec; rm -rf " .. folder) end)
    assert.equal(0, select(2, sh(engine .. "start spec oldest --tcp")))
    local url = sh(engine .. "tcp spec"):gsub("%s", ""):gsub("^tcp", "http") .. "/_ping"
    local ping = "curl -s -o /dev/null "
    assert.equal(0, select(2, sh(ping .. "-m 10 " .. url)))
    assert.same({ "", 0 }, { sh(engine .. "cut spec") })
    assert.equal(28, select(2, sh(ping .. "-m 4 " .. url))) -- curl's number of a time limit
    assert.same({ "", 0 }, { sh(engine .. "mend spec") })
    assert.equal(0, select(2, sh(ping .. "-m 10 " .. url)))
  end)
end)


describe("tools/registry", function()
  it("keeps two side by side, one of them with a password", function()
    local folder = os.tmpname()
    os.remove(folder)
    local registry = "TMPDIR=" .. folder .. " tools/registry "
    sh("mkdir -p " .. folder)
    finally(function() sh(registry .. "stop open auth; rm -rf " .. folder) end)
    local open = sh(registry .. "start open"):gsub("%s", "")
    local auth = sh(registry .. "start auth --auth me:secret"):gsub("%s", "")
    local status = "curl -s -o /dev/null -w '%{http_code}' "
    assert.equal("200", (sh(status .. "http://" .. open .. "/v2/")))
    assert.equal("401", (sh(status .. "http://" .. auth .. "/v2/")))
    assert.equal("200", (sh(status .. "-u me:secret http://" .. auth .. "/v2/")))
    assert.equal(0, select(2, sh(registry .. "stop open auth")))
    assert.equal("", (sh("ls -A " .. folder)))
  end)

  it("has a token service when there is an identity token, which ends with it", function()
    local folder = os.tmpname()
    os.remove(folder)
    local registry = "TMPDIR=" .. folder .. " tools/registry "
    sh("mkdir -p " .. folder)
    finally(function() sh(registry .. "stop token; rm -rf " .. folder) end)
    local host = sh(registry .. "start token --auth me:secret --identity abc"):gsub("%s", "")
    local realm = sh("curl -sI http://" .. host .. "/v2/"):match 'realm="([^"]+)"'
    local status = "curl -s -o /dev/null -w '%{http_code}' "
    assert.equal("401", (sh(status .. realm)))
    assert.equal("401", (sh(status .. "-d refresh_token=x " .. realm)))
    local access = sh("curl -s -d refresh_token=abc " .. realm):match '"access_token": "([^"]+)"'
    assert.equal("200", (sh(status .. "-H 'Authorization: Bearer " .. access .. "' http://" .. host
      .. "/v2/")))
    assert.matches('"refresh_token": "abc"', (sh("curl -s -u me:secret " .. realm)))
    assert.equal(0, select(2, sh(registry .. "stop token")))
    assert.equal("", (sh("ls -A " .. folder)))
    assert.not_equal(0, select(2, sh(status .. realm)))
  end)

  it("speaks HTTPS alone when told so", function()
    local folder = os.tmpname()
    os.remove(folder)
    local registry = "TMPDIR=" .. folder .. " tools/registry "
    sh("mkdir -p " .. folder)
    finally(function() sh(registry .. "stop tls; rm -rf " .. folder) end)
    local tls = sh(registry .. "start tls --tls --auth me:secret"):gsub("%s", "")
    local status = "curl -s -o /dev/null -w '%{http_code}' "
    assert.equal("400", (sh(status .. "http://" .. tls .. "/v2/")))
    assert.equal("401", (sh(status .. "-k https://" .. tls .. "/v2/")))
    local certificate = sh("ls " .. folder .. "/moondock-registries-*/tls/cert.pem"):gsub("%s", "")
    assert.equal("200", (sh(status .. "--cacert " .. certificate .. " -u me:secret https://" .. tls
      .. "/v2/")))
    assert.equal(0, select(2, sh(registry .. "stop tls")))
    assert.equal("", (sh("ls -A " .. folder)))
  end)
end)
