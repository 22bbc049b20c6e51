local address = require "moondock.address"

local function text_of(bytes)
  return bytes and table.concat(bytes, ".") or "none"
end

describe("an address", function()
  local zeros = ("0."):rep(15)
  local cases = {
    { "10.0.0.1", "10.0.0.1" }, { "255.255.255.255", "255.255.255.255" }, { "0.0.0.0", "0.0.0.0" },
    { "::1", zeros .. "1" }, { "::", zeros .. "0" },
    { "fe80::1:2", "254.128" .. (".0"):rep(11) .. ".1.0.2" },
    { "1:2:3:4:5:6:7:8", "0.1.0.2.0.3.0.4.0.5.0.6.0.7.0.8" },
    { "1:2:3:4:5:6:7::", "0.1.0.2.0.3.0.4.0.5.0.6.0.7.0.0" },
    { "::ffff:10.0.0.1", "10.0.0.1" }, { "::FFFF:0a00:1", "10.0.0.1" },
    { "64:ff9b::10.0.0.1", "0.100.255.155" .. (".0"):rep(8) .. ".10.0.0.1" },
    { "" }, { "10.0.0" }, { "10.0.0.1.2" }, { "10.0.0.256" }, { "10.0.0.01" }, { "10.0.0.x" },
    { ":" }, { ":::" }, { "1::2::3" }, { "1:2:3:4:5:6:7" }, { "1:2:3:4:5:6:7:8:9" },
    { "12345::" }, { "g::" }, { "fe80::1%eth0" }, { "::10.0.0.1:1" }, { "localhost" }, { "1:" },
    { "1:2:3:4:5:6:7:8::" }, { "[::1]" },
  }
  for _, case in ipairs(cases) do
    it(("'%s' is %s"):format(case[1], case[2] or "none"), function()
      assert.equal(case[2] or "none", text_of(address.parse(case[1])))
    end)
  end

  it("is this machine's own in 127.0.0.0/8 and as ::1, in either clothes", function()
    for _, text in ipairs { "127.0.0.1", "127.255.1.2", "::1", "::ffff:127.0.0.1" } do
      assert.is_true(address.is_loopback(address.parse(text)), text)
    end
    for _, text in ipairs { "128.0.0.1", "126.0.0.1", "::", "::2", "1::1", "10.127.0.1" } do
      assert.is_false(address.is_loopback(address.parse(text)), text)
    end
  end)
end)

describe("a network", function()
  local cases = {
    { "10.0.0.0/8", "10.255.0.1", true }, { "10.0.0.0/8", "11.0.0.1", false },
    { "10.1.2.3/8", "10.9.9.9", true }, { "0.0.0.0/0", "1.2.3.4", true },
    { "10.213.4.4/30", "10.213.4.7", true }, { "10.213.4.4/30", "10.213.4.8", false },
    { "10.0.0.1/32", "10.0.0.1", true }, { "10.0.0.1/32", "10.0.0.2", false },
    { "10.0.0.0/8", "::ffff:10.0.0.1", true }, { "10.0.0.0/8", "a00::1", false },
    { "fe80::/10", "febf::1", true }, { "fe80::/10", "fec0::1", false },
    { "::/0", "2001:db8::1", true }, { "::/0", "10.0.0.1", false },
    { "::ffff:10.0.0.0/104", "10.1.1.1", true }, { "2001:db8::/33", "2001:db8:8000::", false },
  }
  for _, case in ipairs(cases) do
    it(("%s %s %s"):format(case[1], case[3] and "holds" or "does not hold", case[2]), function()
      local network, bits = address.network(case[1])
      assert.equal(case[3], address.contains(network, bits, address.parse(case[2])))
    end)
  end

  it("is nothing else", function()
    for _, text in ipairs { "10.0.0.0", "10.0.0.0/33", "10.0.0/8", "::/129",
      "/8", "10.0.0.0/", "a/8", "x.example/8" } do
      assert.is_nil(address.network(text), text)
    end
  end)
end)
