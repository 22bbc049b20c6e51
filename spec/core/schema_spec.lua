local core = require "moondock.core"

local function sorted(list)
  local copy = {}
  for i, v in ipairs(list) do copy[i] = v end
  table.sort(copy)
  return copy
end

describe("the operation table", function()
  it("has the 108 operations of the specification and four that it forgot", function()
    local extra = {}
    for _, name in ipairs(core.operations()) do
      if core.operation(name).extra then extra[#extra + 1] = name end
    end
    assert.equal(112, #core.operations())
    assert.same({ "BuildCancel", "CheckpointCreate", "CheckpointDelete", "CheckpointList" },
      sorted(extra))
  end)

  it("is sorted, so that every name can be found", function()
    assert.same(sorted(core.operations()), core.operations())
    for _, name in ipairs(core.operations()) do
      assert.equal(name, core.operation(name).name)
    end
  end)

  it("describes an operation", function()
    local operation = core.operation "ContainerDelete"
    assert.equal("DELETE", operation.method)
    assert.equal("/containers/{id}", operation.path)
    assert.equal("none", operation.reply)
    assert.is_nil(operation.body)
    assert.is_nil(operation.since)
    assert.same({ name = "force", place = "query", type = "boolean", required = false },
      operation.parameters[1])
  end)

  it("suggests a name for an unknown operation", function()
    local operation, message = core.operation "ContainerDelet"
    assert.is_nil(operation)
    assert.equal("unknown operation 'ContainerDelet'; did you mean 'ContainerDelete'?", message)
  end)

  local SINCE = { ImageAttestations = 55, VolumeUpdate = 42 }

  it("knows which operations came later", function()
    for _, name in ipairs(core.operations()) do
      assert.equal(SINCE[name], core.operation(name).since, name)
      assert.is_nil(core.operation(name).last, name)
    end
  end)

  local PARAMETERS = {
    { "ContainerStop", "signal", 42 }, { "ContainerRestart", "signal", 42 },
    { "ContainerCreate", "platform" }, { "ContainerStats", "one-shot" },
    { "ContainerLogs", "details" }, { "ContainerLogs", "until" },
    { "ContainerAttachWebsocket", "stdout", 42 },
    { "BuildPrune", "keep-storage" }, { "BuildPrune", "reserved-space", 48 },
    { "ImageGet", "platform", 48 }, { "ImageGetAll", "platform", 48 },
    { "ImageLoad", "platform", 48 }, { "ImageHistory", "platform", 48 },
    { "ImageInspect", "manifests", 48 }, { "ImageInspect", "platform", 49 },
    { "ImageList", "identity", 54 }, { "ImageList", "manifests", 47 },
    { "ImageList", "shared-size", 42 }, { "ImagePush", "platform", 46 },
    { "ImageDelete", "platforms", 50 }, { "ServiceList", "status" },
    { "SystemDataUsage", "type", 42 }, { "SystemDataUsage", "verbose", 52 },
  }

  for _, case in ipairs(PARAMETERS) do
    it("dates " .. case[1] .. "." .. case[2], function()
      local found
      for _, parameter in ipairs(core.operation(case[1]).parameters) do
        if parameter.name == case[2] then found = parameter end
      end
      assert.is_table(found)
      assert.equal(case[3], found.since)
      assert.is_nil(found.last)
    end)
  end

  local REPLIES = {
    ContainerLogs = "frames", ContainerAttach = "upgrade", ExecStart = "upgrade",
    ContainerArchive = "tar", ContainerExport = "tar", ContainerArchiveInfo = "none",
    ContainerStats = "values", ImageCreate = "values", ImagePush = "values",
    PluginPull = "values", SystemEvents = "values", SystemPing = "text",
    SystemPingHead = "none", ImageCommit = "json", ServiceCreate = "json",
    ServiceUpdate = "json", PluginDelete = "json", SwarmInit = "json", SwarmJoin = "none",
    ImageTag = "none", ContainerStart = "none", ContainerWait = "json", PluginSet = "none",
  }

  for name, reply in pairs(REPLIES) do
    it("knows that the answer of " .. name .. " is " .. reply, function()
      assert.equal(reply, core.operation(name).reply)
    end)
  end

  it("knows which JSON operations answer with", function()
    for name, answer in pairs { ContainerInspect = "object", VolumeList = "object", ContainerWait = "object",
      ContainerList = "array", ContainerChanges = "array", CheckpointList = "array", SwarmInit = "string" } do
      assert.equal(answer, core.operation(name).answer)
    end
    for _, name in ipairs(core.operations()) do
      local operation = core.operation(name)
      assert.equal(operation.reply == "json", operation.answer ~= nil, name)
    end
  end)

  it("knows the bodies", function()
    assert.equal("object", core.operation "ContainerCreate".body)
    assert.equal("array", core.operation "PluginSet".body)
    assert.equal("tar", core.operation "ImageLoad".body)
    assert.same({ "Spec" }, core.operation "VolumeUpdate".fields)
  end)
end)
