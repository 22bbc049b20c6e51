local core = require "moondock.core"

local BLOCK = 512
local END = ("\0"):rep(2 * BLOCK)

local function octal(n, digits)
  return ("%0" .. digits .. "o"):format(n)
end

local function field(text, size)
  return text .. ("\0"):rep(size - #text)
end

local function checksum(block, signed)
  local sum = 8 * 32
  for i = 1, BLOCK do
    local byte = block:byte(i)
    if i <= 148 or i > 156 then sum = sum + (signed and byte > 127 and byte - 256 or byte) end
  end
  return sum
end

local function sealed(block, signed)
  return block:sub(1, 148) .. octal(checksum(block, signed), 6) .. "\0 " .. block:sub(157)
end

-- A header: name, type and size (a number or the field itself); `more` is put at byte 257.
local function header(name, kind, size, more, signed)
  if type(size) == "number" then size = octal(size, 11) end
  local block = field(name, 100) .. "0000644\0" .. "0000000\0" .. "0000000\0" .. field(size, 12)
    .. "00000000000\0" .. (" "):rep(8) .. kind .. ("\0"):rep(100) .. (more or "ustar\00000")
  return sealed(field(block, BLOCK), signed)
end

local function padded(data)
  return data .. ("\0"):rep(-#data % BLOCK)
end

local function entry(name, data, kind)
  return header(name, kind or "0", #data) .. padded(data)
end

local function pax(key, value)
  local length = #key + #value + 3
  local n = length + #tostring(length)
  n = length + #tostring(n)
  return entry("PaxHeaders/x", ("%d %s=%s\n"):format(n, key, value), "x")
end

-- Feed pieces: what left, whether it was whole, message, kind, rest.
local function judge(pieces)
  local verdict, out = core.tar_verdict(), {}
  for i, piece in ipairs(pieces) do out[i] = verdict:feed(piece) end
  return table.concat(out), verdict:finish()
end

local function pieces_of(text, next_size)
  local pieces, at = {}, 1
  while at <= #text do
    local n = next_size()
    pieces[#pieces + 1] = text:sub(at, at + n - 1)
    at = at + n
  end
  return pieces
end

local function one() return 1 end
local function random() return math.random(1, 700) end

-- The same verdict however the bytes are cut.
local function verdict_of(text)
  local expected = { judge { text } }
  for _, next_size in ipairs { random, random, random, #text < 300000 and one or random } do
    assert.same(expected, { judge(pieces_of(text, next_size)) })
  end
  return (unpack or table.unpack)(expected, 1, 5) -- luacheck: ignore
end

local function is_whole(text)
  local out, whole, message = verdict_of(text)
  assert.is_true(out == text)
  assert.is_nil(message)
  assert.is_true(whole)
end

local SAMPLE = entry("dir/", "", "5") .. entry("a", "hello") .. entry("b", ("x"):rep(1024))
  .. entry("empty", "") .. entry("{c}", ("{"):rep(513))

describe("core.tar_verdict", function()
  it("finds archives whole, and lets all of them pass", function()
    is_whole(SAMPLE .. END)
    is_whole(END)
  end)

  it("takes zeros after the end for padding, and one block of them for an end", function()
    is_whole(SAMPLE .. END .. ("\0"):rep(8192))
    is_whole(SAMPLE .. END .. ("\0"):rep(100))
    is_whole(SAMPLE .. END:sub(1, BLOCK))
    is_whole(SAMPLE .. END:sub(1, BLOCK + 7))
  end)

  it("lets a chunk of data pass as it is", function()
    local verdict = core.tar_verdict()
    verdict:feed(header("a", "0", 2 ^ 20))
    local chunk = ("x"):rep(65536)
    assert.equal(chunk, (verdict:feed(chunk)))
    assert.equal("", (verdict:feed "")) -- nothing is held, nothing leaves
  end)

  it("holds a header back until it is whole", function()
    local verdict = core.tar_verdict()
    local head = header("a", "0", 5)
    assert.equal("", (verdict:feed(head:sub(1, 511))))
    assert.equal(head .. "he", (verdict:feed(head:sub(512) .. "he")))
    assert.equal("llo", (verdict:feed "llo"))
  end)

  describe("reads sizes", function()
    local data = padded(("d"):rep(700))
    local sizes = {
      ["with blanks around them"] = "   1274 ", ["with a final zero"] = "00000001274\0",
      ["of twelve digits"] = "000000001274", ["in base 256"] = "\128" .. ("\0"):rep(9) .. "\2\188",
    }
    for what, size in pairs(sizes) do
      it(what, function() is_whole(header("a", "0", size) .. data .. END) end)
    end

    it("that are missing as zero", function()
      is_whole(header("a", "0", "") .. END)
      is_whole(header("a", "0", "            ") .. END)
    end)

    it("of eight gigabytes and more", function()
      local _, whole, message = judge { header("a", "0", "\128" .. ("\0"):rep(6) .. "\2\0\0\0\0") .. "x" }
      assert.is_nil(whole)
      assert.equal("archive cut in an entry, 8589934591 bytes before its end", message)
    end)

    it("and refuses what is none", function()
      for _, size in ipairs { "0000000127x", "-1", "\255" .. ("\255"):rep(11), "\191" .. ("\255"):rep(11) } do
        local out, whole, message, kind = verdict_of(SAMPLE .. header("a", "0", size) .. END)
        assert.is_true(out == SAMPLE)
        assert.is_nil(whole)
        assert.matches('^expected the header of an archive\'s entry, found "a', message)
        assert.equal("protocol", kind)
      end
    end)

    it("from an extended header, for the entry after it alone", function()
      local long = entry("././@LongLink", ("n"):rep(200), "L")
      local data9 = padded(("d"):rep(900))
      is_whole(pax("size", "900") .. header("a", "0", 0) .. data9 .. SAMPLE .. END)
      is_whole(pax("size", "900") .. long .. header("a", "0", 0) .. data9 .. SAMPLE .. END)
      is_whole(pax("path", ("p"):rep(300)) .. SAMPLE .. END)
      is_whole(pax("sizes", "900") .. SAMPLE .. END)
      is_whole(pax("xsize", "900") .. SAMPLE .. END)
      is_whole(pax("size", "900") .. header("l", "1", 0) .. SAMPLE .. END)
      local many = "20 comment=size=90\n\n14 mtime=1.25\n12 size=900\n"
      is_whole(entry("x", many, "x") .. header("a", "0", 0) .. data9 .. SAMPLE .. END)
    end)

    it("not from an extended header that is broken", function()
      for _, broken in ipairs { "x", "3 s", "999999999999999999999999999 size=5\n", " size=5\n", "0 size=5\n" } do
        is_whole(entry("x", broken, "x") .. SAMPLE .. END)
      end
    end)
  end)

  it("ignores the size of what has no data", function()
    for _, kind in ipairs { "1", "2", "3", "4", "5", "6" } do
      is_whole(header("l", kind, 4096) .. SAMPLE .. END)
    end
  end)

  it("knows files of every other type", function()
    for _, kind in ipairs { "\0", "0", "7", "g", "L", "K", "D", "V" } do
      is_whole(entry("f", ("x"):rep(1000), kind) .. SAMPLE .. END)
    end
  end)

  it("passes the map of an old sparse file", function()
    local function sparse(extended)
      local head = header("s", "S", 600)
      head = head:sub(1, 482) .. extended .. head:sub(484)
      return sealed(head:sub(1, 148) .. (" "):rep(8) .. head:sub(157))
    end
    local data = padded(("x"):rep(600))
    local more, last = ("m"):rep(504) .. "\1" .. ("\0"):rep(7), ("m"):rep(504) .. ("\0"):rep(8)
    is_whole(sparse "\0" .. data .. END)
    is_whole(sparse "\1" .. last .. data .. SAMPLE .. END)
    is_whole(sparse "\1" .. more .. more .. last .. data .. SAMPLE .. END)
    local _, whole, _, kind = verdict_of(sparse "\1" .. more)
    assert.is_nil(whole)
    assert.equal("truncated", kind)
  end)

  it("takes a checksum of signed bytes", function()
    is_whole(header("caf\195\169", "0", 0, nil, true) .. END)
  end)

  it("says at every place whether the archive was cut", function()
    local text = SAMPLE .. END
    for i = 0, #text do
      local out, whole, message, kind = judge { text:sub(1, i) }
      if i >= #SAMPLE + BLOCK then
        assert.is_true(whole)
      else
        assert.is_nil(whole)
        assert.matches("^archive cut ", message)
        assert.equal("truncated", kind)
      end
      assert.is_true(out == text:sub(1, #out) and i - #out < BLOCK)
    end
  end)

  it("names the place of a cut", function()
    local function message_of(text) return (select(3, judge { text })) end
    assert.equal("archive cut before its end mark", message_of "")
    assert.equal("archive cut before its end mark", message_of(SAMPLE))
    assert.equal("archive cut in a header, after 3 of 512 bytes", message_of(SAMPLE .. "abc"))
    assert.equal("archive cut in an entry, 1020 bytes before its end", message_of(header("a", "0", 1000) .. "data"))
    assert.equal("archive cut in an entry, 24 bytes before its end",
      message_of(header("a", "0", 1000) .. ("d"):rep(1000)))
  end)

  describe("keeps an error's text apart", function()
    local TEXT = '{"message":"the disk broke"}\n'
    local LONG = '{"message":"' .. ("long "):rep(1000) .. '"}\n'

    for _, text in ipairs { TEXT, LONG } do
      it(("of %d bytes"):format(#text), function()
        local places = { [""] = "", [SAMPLE] = "", [SAMPLE .. END] = "", [SAMPLE .. END:sub(1, BLOCK)] = "",
          [header("a", "0", 1000) .. ("d"):rep(1000)] = "" }
        for archive in pairs(places) do
          local out, whole, _, _, rest = verdict_of(archive .. text)
          assert.is_true(out == archive)
          assert.is_nil(whole)
          assert.equal(text, rest:sub(-#text))
        end
      end)
    end

    it("or gives it with the last of the data, where it cannot be told from them", function()
      for _, missing in ipairs { 1, 5, 28, 30, 400, 600 } do
        local data = ("d"):rep(1000 - missing)
        local _, whole, _, _, rest = verdict_of(SAMPLE .. header("a", "0", 1000) .. data .. TEXT)
        assert.is_nil(whole)
        assert.equal(TEXT, rest:sub(-#TEXT))
      end
    end)

    it("up to a limit, and then says that it is over", function()
      local verdict, chunk, fed = core.tar_verdict(), ("x"):rep(1000), 0
      repeat
        local out, over = verdict:feed(chunk)
        assert.equal("", out)
        fed = fed + #chunk
      until over
      assert.is_true(fed >= 65536 and fed < 67000)
      verdict:feed(chunk)
      local _, message, kind, rest = verdict:finish()
      assert.matches('^expected the header of an archive\'s entry, found "xxx.*%.%.%."$', message)
      assert.equal("protocol", kind)
      assert.equal(65536, #rest)
    end)
  end)

  it("quotes what follows an end", function()
    local out, _, message, kind = verdict_of(SAMPLE .. END .. "\0\0more")
    assert.is_true(out == SAMPLE .. END .. "\0\0")
    assert.equal('expected nothing more after an archive, found "more"', message)
    assert.equal("protocol", kind)
  end)

  it("finds no bit of a header wrong that it does not refuse", function()
    local head = header("a", "0", 5)
    for _, i in ipairs { 1, 90, 125, 136, 150, 157, 300, 512 } do
      local broken = head:sub(1, i - 1) .. string.char((head:byte(i) + 1) % 256) .. head:sub(i + 1)
      local out, whole, _, kind = verdict_of(broken .. padded "hello" .. END)
      assert.equal("", out)
      assert.is_nil(whole)
      assert.equal("protocol", kind)
    end
  end)

  it("checks its arguments", function()
    assert.has_error(function() core.tar_verdict().feed({}, "") end)
    assert.has_error(function() core.tar_verdict():feed({}) end)
    assert.has_error(function() core.tar_verdict().finish {} end)
  end)

  describe("agrees with tar about", function()
    local folder = os.tmpname()

    setup(function()
      os.remove(folder)
      assert(os.execute(([[
        mkdir -p %s/d/deep && cd %s && echo hello >d/a && ln -s a d/link && ln d/a d/hard && mkfifo d/pipe &&
        touch d/empty d/deep/%s && head -c 20000 /dev/zero >d/big && truncate -s 1M d/holes &&
        for i in $(seq 0 30); do printf x | dd of=d/holes bs=1 seek=$((i * 20000)) conv=notrunc 2>/dev/null; done
        printf '{"message":"no"}' >'d/{json}']]):format(folder, folder, ("long"):rep(50))))
    end)
    teardown(function() os.execute("rm -rf " .. folder) end)

    local forms = { "--format=gnu", "--format=posix", "--format=ustar --exclude=long*", "--format=v7 --exclude=long*",
      "--format=gnu -S", "--format=posix -S", "--format=posix -S --sparse-version=0.0",
      "--format=posix -S --sparse-version=0.1", "--format=gnu -b1", "--format=gnu --numeric-owner -b1" }
    for _, form in ipairs(forms) do
      it(form, function()
        local pipe = assert(io.popen(("cd %s && tar -c %s d 2>/dev/null"):format(folder, form)))
        local text = pipe:read "*a"
        pipe:close()
        assert.is_true(#text > 30000)
        is_whole(text)
      end)
    end
  end)
end)
