local words = require "moondock.words"

describe("words", function()
  local cases = {
    { "nothing into no words", "", {} },
    { "blanks into no words", " \t\n ", {} },
    { "at blanks of any kind and number", "  a b\tc\n d ", { "a", "b", "c", "d" } },
    { "not inside double quotes", [[echo "hello world"]], { "echo", "hello world" } },
    { "not inside single quotes", [[echo 'hello world']], { "echo", "hello world" } },
    { "at no border of a quoted part", [[a"b c"'d e'f]], { "ab cd ef" } },
    { "and keeps an empty quoted word", [[a "" '' b]], { "a", "", "", "b" } },
    { "and keeps a backslash inside single quotes", [['a\b']], { [[a\b]] } },
    { "and takes the backslash as an escape outside", [[a\ b \"c\" \\]], { "a b", '"c"', "\\" } },
    { "and escapes only what is special inside double quotes", [["\"\\\$\`\n"]], { [["\$`\n]] } },
    { "without expanding anything", "$HOME ~ * `id` a=b", { "$HOME", "~", "*", "`id`", "a=b" } },
    { "and lets the other quote be", [["it's" 'say "x"']], { "it's", 'say "x"' } },
    { "and keeps bytes above ASCII", "caf\195\169 \226\130\172",
      { "caf\195\169", "\226\130\172" } },
  }
  for _, case in ipairs(cases) do
    it("splits " .. case[1], function()
      assert.are.same(case[3], words(case[2]))
    end)
  end

  it("says where the quote is that is never closed", function()
    assert.error_matches(function() words [[sh -c 'echo]] end,
      "words: the ' at position 7 is never closed")
    assert.error_matches(function() words [["\"]] end, [[words: the " at position 1]])
  end)

  it("refuses a backslash at the very end", function()
    assert.error_matches(function() words [[a \]] end, "nothing follows the last backslash")
  end)

  it("refuses what is no text", function()
    assert.error_matches(function() words(nil) end, "text must be a string, not nil")
  end)
end)
