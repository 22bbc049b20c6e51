local config = require "moondock.config"
local lfs = require "lfs"

describe("the CLI's configuration", function()
  local folder

  before_each(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(lfs.mkdir(folder))
  end)

  after_each(function()
    os.remove(folder .. "/config.json")
    lfs.rmdir(folder .. "/config.json")
    lfs.rmdir(folder)
  end)

  -- The module looks at the environment through os.getenv.
  local function with_environment(values, fn)
    local real = os.getenv
    os.getenv = function(name) return values[name] end -- luacheck: ignore 122
    local ok, why = pcall(fn)
    os.getenv = real -- luacheck: ignore 122
    assert(ok, why)
  end

  local function write(bytes)
    local file = assert(io.open(folder .. "/config.json", "wb"))
    file:write(bytes)
    file:close()
  end

  it("lies in DOCKER_CONFIG, else in the home folder", function()
    with_environment({ DOCKER_CONFIG = "/a", HOME = "/h" }, function()
      assert.are.equal("/a", config.folder())
    end)
    with_environment({ DOCKER_CONFIG = "", HOME = "/h" }, function()
      assert.are.equal("/h/.docker", config.folder())
    end)
    with_environment({}, function()
      assert.is_nil(config.folder())
      assert.are.same({}, config.load())
    end)
  end)

  it("is empty where there is no file", function()
    with_environment({ DOCKER_CONFIG = folder }, function() assert.are.same({}, config.load()) end)
    with_environment({ DOCKER_CONFIG = folder .. "/not/there" }, function()
      assert.are.same({}, config.load())
    end)
  end)

  for _, bytes in ipairs { "", " \r\n" } do
    it(("is empty where the file holds %d blanks"):format(#bytes), function()
      write(bytes)
      with_environment({ DOCKER_CONFIG = folder }, function() assert.are.same({}, config.load()) end)
    end)
  end

  it("is read", function()
    write [[{"currentContext":"far","auths":{}}]]
    with_environment({ DOCKER_CONFIG = folder }, function()
      assert.are.equal("far", config.load().currentContext)
    end)
  end)

  for what, bytes in pairs { ["an array"] = "[]", ["a text"] = '"x"', ["half"] = '{"a":' } do
    it("is refused when it holds " .. what, function()
      write(bytes)
      with_environment({ DOCKER_CONFIG = folder }, function()
        local value, message, err = config.load()
        assert.is_nil(value)
        assert.are.equal("config", err.kind)
        assert.matches(folder .. "/config.json", message, 1, true)
      end)
    end)
  end

  it("is refused when it cannot be read", function()
    assert(lfs.mkdir(folder .. "/config.json"))
    with_environment({ DOCKER_CONFIG = folder }, function()
      local value, message, err = config.load()
      assert.is_nil(value)
      assert.are.equal("config", err.kind)
      assert.matches("cannot read", message)
    end)
  end)
end)
