local build_trace = require "moondock.build_trace"
local core = require "moondock.core"

local function integer(value)
  local bytes = {}
  repeat
    local low = value % 128
    value = math.floor(value / 128)
    bytes[#bytes + 1] = string.char(value > 0 and low + 128 or low)
  until value == 0
  return table.concat(bytes)
end

-- A field with an integer or with bytes.
local function field(number, value)
  if type(value) == "number" then return integer(number * 8) .. integer(value) end
  return integer(number * 8 + 2) .. integer(#value) .. value
end

local function read(bytes, id)
  return build_trace { id = id or "moby.buildkit.trace", aux = core.base64(bytes, "standard") }
end

describe("the trace of a build", function()
  local TIME = field(1, 1700000000) .. field(2, 500000000)

  it("has steps", function()
    local vertex = field(1, "sha256:a") .. field(2, "sha256:b") .. field(2, "sha256:c") .. field(3, "[2/2] RUN x")
      .. field(4, 1) .. field(5, TIME) .. field(6, field(1, 1700000002)) .. field(7, "it broke") .. field(8, "group")
    local trace = read(field(1, vertex) .. field(1, field(1, "sha256:b")))
    assert.same({ digest = "sha256:a", inputs = { "sha256:b", "sha256:c" }, name = "[2/2] RUN x", cached = true,
      started = 1700000000.5, completed = 1700000002, error = "it broke" }, trace.vertexes[1])
    assert.same({ digest = "sha256:b", inputs = {} }, trace.vertexes[2])
    assert.same({}, trace.logs)
  end)

  it("has output, progress and warnings", function()
    local trace = read(field(3, field(1, "v") .. field(2, TIME) .. field(3, 2) .. field(4, ("x"):rep(300)))
      .. field(2, field(1, "layer") .. field(2, "v") .. field(3, "extracting") .. field(4, 3000000000)
        .. field(5, 2 ^ 40) .. field(6, TIME))
      .. field(4, field(1, "v") .. field(2, 1) .. field(3, "short") .. field(4, "one") .. field(4, "two")
        .. field(5, "https://example.com") .. field(6, "source") .. field(7, "range")))
    assert.same({ vertex = "v", timestamp = 1700000000.5, stream = 2, msg = ("x"):rep(300) }, trace.logs[1])
    assert.same({ ID = "layer", vertex = "v", name = "extracting", current = 3000000000, total = 2 ^ 40,
      timestamp = 1700000000.5 }, trace.statuses[1])
    assert.same({ vertex = "v", level = 1, short = "short", detail = { "one", "two" }, url = "https://example.com" },
      trace.warnings[1])
  end)

  it("skips what is of no interest", function()
    local vertex = integer(9 * 8 + 1) .. "12345678" .. integer(4 * 8 + 5) .. "1234" .. field(99, "new")
      .. field(1, "sha256:a")
    assert.same({ digest = "sha256:a", inputs = {} }, read(field(1, vertex)).vertexes[1])
  end)

  it("is nil where there is none, or one that cannot be read", function()
    assert.is_nil(read("", "moby.image.id"))
    assert.is_nil(build_trace { id = "moby.buildkit.trace", aux = { ID = "x" } })
    assert.is_nil(build_trace { id = "moby.buildkit.trace", aux = "no base64!" })
    assert.is_nil(build_trace { stream = "Step 1" })
    for _, bytes in ipairs { "\10", "\10\5ab", "\10\255\255\255\255\255\255\255\255\255\1a", "\11", "\255",
      ("\255"):rep(20), field(1, "\10\9x"), field(1, field(5, "\255")), field(1, 7) } do
      assert.is_nil(read(bytes))
    end
    assert.same({ vertexes = {}, statuses = {}, logs = {}, warnings = {} }, read "")
  end)

  it("never raises, whatever comes", function()
    math.randomseed(11)
    local alphabet = { 10, 18, 26, 34, 8, 16, 1, 0, 2, 127, 128, 255 }
    for _ = 1, 3000 do
      local bytes = {}
      for i = 1, math.random(0, 30) do bytes[i] = string.char(alphabet[math.random(#alphabet)]) end
      read(table.concat(bytes))
    end
  end)
end)
