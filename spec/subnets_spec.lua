local subnets = require "moondock.subnets"

describe("an address", function()
  it("is read in all its forms", function()
    assert.same({ 10, 0, 255, 1 }, subnets.address "10.0.255.1")
    local full = { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff }
    for _, text in ipairs { "2001:db8::ff", "2001:0db8:0:0:0:0:0:ff", "2001:DB8::0:0.0.0.255" } do
      assert.same(full, subnets.address(text), text)
    end
    assert.equal(16, #subnets.address "::")
    assert.equal(1, subnets.address "::1"[16])
  end)

  it("is written in its shortest form", function()
    for text, short in pairs { ["10.0.255.1"] = "10.0.255.1", ["2001:0DB8:0:0:1:0:0:1"] = "2001:db8::1:0:0:1",
      ["1:0:0:2:0:0:0:3"] = "1:0:0:2::3", ["0:0:0:0:0:0:0:0"] = "::", ["::1"] = "::1",
      ["1:2:3:4:5:6:7::"] = "1:2:3:4:5:6:7:0",
      ["fe80::"] = "fe80::", ["::ffff:1.2.3.4"] = "1.2.3.4", ["::1.2.3.4"] = "::102:304" } do
      assert.equal(short, subnets.written(text))
    end
    assert.is_nil(subnets.written "x")
  end)

  it("is refused when it is none", function()
    for _, text in ipairs { "", "10", "10.0.0", "10.0.0.256", "10.0.0.0.1", "a.b.c.d", "10.0.0.1/8", ":::", "1:2",
      "1::2::3", "12345::", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8:9", "g::", ":1" } do
      assert.is_nil(subnets.address(text), text)
    end
  end)
end)

describe("a subnet", function()
  local function contains(subnet, address)
    local bytes, prefix = subnets.parse(subnet)
    return subnets.contains(bytes, prefix, subnets.address(address))
  end

  it("contains what its prefix says", function()
    assert.is_true(contains("10.1.0.0/16", "10.1.255.255"))
    assert.is_false(contains("10.1.0.0/16", "10.2.0.0"))
    assert.is_true(contains("10.1.64.0/18", "10.1.127.255"))
    assert.is_false(contains("10.1.64.0/18", "10.1.128.0"))
    assert.is_true(contains("0.0.0.0/0", "200.1.2.3"))
    assert.is_true(contains("10.1.2.3/32", "10.1.2.3"))
    assert.is_false(contains("10.1.2.3/32", "10.1.2.2"))
    assert.is_true(contains("fd00::/7", "fc00::1"))
    assert.is_false(contains("fd00::/8", "fc00::1"))
    assert.is_false(contains("10.0.0.0/8", "::ffff:10.0.0.1"))
  end)

  it("is refused when it is none", function()
    for _, text in ipairs { "10.1.0.0", "10.1.0.0/", "10.1.0.0/33", "::/129", "/8", "x/8", "10.0.0.0/8/8" } do
      assert.is_nil(subnets.parse(text), text)
    end
  end)
end)
