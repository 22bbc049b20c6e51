local finder = require "moondock.detach_keys"

describe("detach keys", function()
  it("are found wherever they are cut, and what follows is dropped", function()
    local typed = "ls\r\16\16\17more"
    for cut = 1, #typed - 1 do
      local find = finder "ctrl-p,ctrl-q"
      local first, left = find(typed:sub(1, cut))
      local second = ""
      if not left then second, left = find(typed:sub(cut + 1)) end
      assert.is_true(left)
      assert.equal("ls\r\16", first .. second)
    end
  end)

  it("keep back only what may be their beginning", function()
    local find = finder "ctrl-p,ctrl-q"
    assert.same({ "a", false }, { find "a\16" })
    assert.same({ "\16b", false }, { find "b" })
    assert.same({ "", false }, { find "\16" })
    assert.same({ "\16", false }, { find "\16" })
    assert.same({ "", true }, { find "\17" })
  end)

  it("are characters and control keys", function()
    assert.same({ "1", true }, { finder "a,ctrl-X" "1a\24" })
    assert.same({ "", true }, { finder "ctrl-@" "\0" })
    assert.same({ "", true }, { finder "ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_" "\27\28\29\30\31" })
  end)

  it("may be none", function()
    assert.same({ "a\16\17", false }, { finder "" "a\16\17" })
  end)

  it("are refused when they are no keys", function()
    for _, text in ipairs { "ctrl-", "ctrl-1", "alt-x", "ab" } do
      assert.has_error(function() finder(text) end)
    end
  end)
end)
