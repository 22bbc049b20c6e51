local core = require "moondock.core"

-- From FIPS 180-2 and the NIST's example vectors.
local KNOWN = {
  [""] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq =
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  [("a"):rep(1000000)] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
}

-- What the machine's own program says of each of these.
local function sha256sum(texts)
  local folder = os.tmpname()
  os.remove(folder)
  assert(os.execute("mkdir -m 700 " .. folder))
  for i, text in ipairs(texts) do
    local file = assert(io.open(("%s/%03d"):format(folder, i), "wb"))
    file:write(text)
    file:close()
  end
  local digests = {}
  local pipe = assert(io.popen("cd " .. folder .. " && sha256sum *; rm -rf " .. folder))
  for line in pipe:lines() do digests[#digests + 1] = line:match "^%x+" end
  pipe:close()
  return digests
end

describe("sha256", function()
  for text, digest in pairs(KNOWN) do
    it(("of %q"):format(#text < 60 and text or #text .. " bytes"), function()
      assert.equal(digest, core.sha256(text))
    end)
  end

  it("is that of sha256sum for every length around the blocks", function()
    local texts = {}
    for n = 0, 200 do
      local bytes = {}
      for i = 1, n do bytes[i] = string.char((i * 37 + n * 11) % 256) end
      texts[#texts + 1] = table.concat(bytes)
    end
    local digests = sha256sum(texts)
    assert.equal(#texts, #digests)
    for i, text in ipairs(texts) do assert.equal(digests[i], core.sha256(text)) end
  end)

  it("wants text", function()
    assert.has_error(function() core.sha256 {} end)
    assert.has_error(function() core.sha256() end)
  end)
end)
