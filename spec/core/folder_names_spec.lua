local core = require "moondock.core"
local server = require "spec.core.server"

describe("the names of a folder", function()
  local folder

  before_each(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(os.execute("mkdir -m 700 " .. folder))
  end)

  after_each(function() os.execute("rm -rf " .. folder) end)

  it("are none where it is empty", function()
    assert.same({}, core.folder_names(folder))
  end)

  it("are those of files and folders, hidden ones too", function()
    assert(os.execute(("mkdir %s/sub && touch %s/sub/deep %s/b '%s/a b' %s/.hidden"):format(folder,
      folder, folder, folder, folder)))
    local names = assert(core.folder_names(folder))
    table.sort(names)
    assert.same({ ".hidden", "a b", "b", "sub" }, names)
  end)

  it("cannot be had of what is no folder", function()
    local names, message, number = core.folder_names(folder .. "/missing")
    assert.is_nil(names)
    assert.equal(folder .. "/missing: No such file or directory", message)
    assert.equal(2, number)
    assert(os.execute("touch " .. folder .. "/file"))
    names, message, number = core.folder_names(folder .. "/file")
    assert.is_nil(names)
    assert.matches("Not a directory", message)
    assert.equal(20, number)
  end)

  it("leave no descriptor open", function()
    local before = server.descriptors()
    for _ = 1, 100 do
      core.folder_names(folder)
      core.folder_names(folder .. "/missing")
    end
    assert.equal(before, server.descriptors())
  end)
end)
