-- What the Engine API specifications leave out or get wrong, put right before they are merged.
--
-- The principle: a gate must never refuse what an engine would have obeyed. So where the text
-- merely documents something late, or drops it while engines still read it, the engine's own code
-- decides. Every entry says why.

local FIRST, LAST = 41, 56

-- Body fields: shape, field, type, why; `since` and `last` when not all versions have it.
local FIELDS = {
  { "AuthConfig", "auth", "string", "engines read the form of config.json" },
  { "AuthConfig", "identitytoken", "string", "what a token login answers is sent back here" },
  { "AuthConfig", "registrytoken", "string", "bearer tokens for a registry" },
  { "AuthConfig", "email", "string", "old config.json files carry it; no engine needs it" },
  { "ContainerConfig", "Cmd", "words", "a single string is one word" },
  { "ContainerConfig", "Entrypoint", "words", "a single string is one word" },
  { "ContainerConfig", "StopSignal", "digits", "a signal has a number, too" },
  { "ContainerConfig", "User", "digits", "a user may be a bare uid" },
  { "ContainerExec", "User", "digits", "a user may be a bare uid" },
  { "TaskSpec.ContainerSpec", "User", "digits", "a user may be a bare uid" },
  { "TaskSpec.ContainerSpec", "StopSignal", "digits", "a signal has a number, too" },
  { "TaskSpec.ContainerSpec.Secrets[].File", "UID", "digits", "ids are strings on the wire" },
  { "TaskSpec.ContainerSpec.Secrets[].File", "GID", "digits", "ids are strings on the wire" },
  { "TaskSpec.ContainerSpec.Configs[].File", "UID", "digits", "ids are strings on the wire" },
  { "TaskSpec.ContainerSpec.Configs[].File", "GID", "digits", "ids are strings on the wire" },
  { "PortBinding", "HostPort", "digits", "a port is a string on the wire" },
  { "Mount", "ClusterOptions", "{any}", "mounts of type cluster", since = 42 },
  { "TaskSpec.PluginSpec", "Privileges", "[&PluginPrivilege]", "the engine's name for it" },
  { "TaskSpec.PluginSpec", "Env", "[string]", "engines read it, the text forgot it" },
  { "NetworkCreate", "CheckDuplicate", "boolean", "always true since engine 25, so harmless" },
  { "SwarmInit", "AutoLockManagers", "boolean", "engines read it, the text forgot it" },
  { "SwarmInit", "Availability", "string", "engines read it, the text forgot it" },
  { "SwarmJoin", "Availability", "string", "engines read it, the text forgot it" },
  { "ClusterVolumeSpec.AccessMode", "BlockVolume", "{any}", "forgotten", since = 42 },
}

-- Fields that the text writes one level too deep (an indentation slip).
local RAISED = {
  shape = "ClusterVolumeSpec", from = "AccessMode",
  "AccessibilityRequirements", "Availability", "CapacityRange", "Secrets",
}

-- Parameters: operation, name, why; `encoding` says how the value is written.
local PARAMETERS = {
  -- Time: numbers, RFC 3339 and durations, all sent as seconds and nanoseconds.
  { "ContainerLogs", "since", "fractions work", encoding = "TIME" },
  { "ContainerLogs", "until", "fractions work", encoding = "TIME" },
  { "ServiceLogs", "since", "fractions work", encoding = "TIME" },
  { "TaskLogs", "since", "fractions work", encoding = "TIME" },
  { "SystemEvents", "since", "fractions work", encoding = "TIME" },
  { "SystemEvents", "until", "fractions work", encoding = "TIME" },
  -- A misspelt value means "all" to engines.
  { "ContainerLogs", "tail", "anything else means all", encoding = "TAIL" },
  { "ServiceLogs", "tail", "anything else means all", encoding = "TAIL" },
  { "TaskLogs", "tail", "anything else means all", encoding = "TAIL" },
  { "ContainerWait", "condition", "engines before 1.42 take an unknown one for not-running",
    choices = "not-running, next-exit, removed" },
  -- Lists on the wire, although the text says string: the key is repeated.
  { "ImageBuild", "t", "several tags", encoding = "LIST" },
  { "ImageBuild", "extrahosts", "several hosts", encoding = "LIST" },
  { "ImageCommit", "changes", "several instructions", encoding = "LIST" },
  -- JSON text inside a query value.
  { "ImageBuild", "buildargs", "null means: named, not set", encoding = "JSON",
    json = "{string}" },
  { "ImageBuild", "labels", "a JSON object", encoding = "JSON", json = "{string}" },
  { "ImageBuild", "cachefrom", "a JSON array", encoding = "JSON", json = "[string]" },
  { "ImageBuild", "outputs", "a JSON array", encoding = "JSON", json = "[&BuildOutput]" },
  { "ImageBuild", "ulimits", "forgotten by the text", type = "string", encoding = "JSON",
    json = "[&BuildUlimit]" },
  -- Platforms: text in some places, JSON in others.
  { "ContainerCreate", "platform", "os/arch/variant", encoding = "PLATFORM" },
  { "ImageBuild", "platform", "os/arch/variant", encoding = "PLATFORM" },
  { "ImageCreate", "platform", "os/arch/variant", encoding = "PLATFORM" },
  { "ImageHistory", "platform", "JSON", encoding = "JSON", json = "&OCIPlatform" },
  { "ImageInspect", "platform", "JSON", encoding = "JSON", json = "&OCIPlatform" },
  { "ImagePush", "platform", "JSON", encoding = "JSON", json = "&OCIPlatform" },
  { "ImageGet", "platform", "several", encoding = "JSON_LIST", json = "&OCIPlatform" },
  { "ImageGetAll", "platform", "several", encoding = "JSON_LIST", json = "&OCIPlatform" },
  { "ImageLoad", "platform", "several", encoding = "JSON_LIST", json = "&OCIPlatform" },
  { "ImageAttestations", "platform", "several", encoding = "JSON_LIST", json = "&OCIPlatform" },
  { "ImageDelete", "platforms", "several", encoding = "JSON_LIST", json = "&OCIPlatform" },
  -- Switches that the text calls strings.
  { "ImageBuild", "pull", "engines read a switch", encoding = "FLAG" },
  { "PutContainerArchive", "noOverwriteDirNonDir", "1, true or True", encoding = "FLAG" },
  { "PutContainerArchive", "copyUIDGID", "1, true or True", encoding = "FLAG" },
  -- Read by engines, absent from the text.
  { "ContainerLogs", "details", "forgotten", type = "boolean" },
  { "ContainerStart", "checkpoint", "with experimental engines", type = "string" },
  { "ContainerStart", "checkpoint-dir", "with experimental engines", type = "string" },
  { "ImageBuild", "buildid", "the name for BuildCancel", type = "string" },
  { "ImageBuild", "cgroupparent", "forgotten", type = "string" },
  { "ImageBuild", "cpusetmems", "forgotten", type = "string" },
  { "ImageBuild", "isolation", "forgotten", type = "string" },
  { "ImageBuild", "securityopt", "forgotten", type = "array" },
  { "ImageBuild", "session", "the id of a BuildKit session", type = "string" },
  { "BuildPrune", "keep-storage", "engines still read it after 1.51", type = "integer" },
  { "DistributionInspect", "X-Registry-Auth", "forgotten", header = true },
  { "GetPluginPrivileges", "X-Registry-Auth", "forgotten", header = true },
  { "ImageSearch", "X-Registry-Auth", "forgotten", header = true },
  { "PluginPush", "X-Registry-Auth", "forgotten", header = true },
  -- The caller adds it; engines before 29 insist on it, later ones do not.
  { "ImagePush", "X-Registry-Auth", "not the user's to give", header = true, required = false },
  -- The type of the bytes is not an option.
  { "ImageBuild", "Content-type", "set by the builder of the request", drop = true },
}

-- Shapes of JSON parameters that the specifications do not define.
local DEFINITIONS = {
  BuildOutput = { Type = "string", Attrs = "{string}" },
  BuildUlimit = { Name = "string", Soft = "integer", Hard = "integer" },
  OCIPlatform = {
    architecture = "string", os = "string", variant = "string",
    ["os.version"] = "string", ["os.features"] = "[string]",
  },
}

-- Real operations that the specifications do not have.
local OPERATIONS = {
  { "get", "/containers/{id}/checkpoints", "CheckpointList", query = { dir = "string" } },
  { "post", "/containers/{id}/checkpoints", "CheckpointCreate",
    body = { CheckpointID = "string", CheckpointDir = "string", Exit = "boolean" } },
  { "delete", "/containers/{id}/checkpoints/{checkpoint}", "CheckpointDelete",
    query = { dir = "string" } },
  { "post", "/build/cancel", "BuildCancel", query = { id = "string" } },
}

-- What answers hold, where it is not one JSON value or nothing.
local REPLIES = {
  CheckpointList = "array",
  ContainerArchive = "tar", ContainerExport = "tar", ImageGet = "tar", ImageGetAll = "tar",
  ContainerAttach = "upgrade", ContainerAttachWebsocket = "upgrade", ExecStart = "upgrade",
  Session = "upgrade",
  ContainerLogs = "frames", ServiceLogs = "frames", TaskLogs = "frames",
  ContainerStats = "values", SystemEvents = "values", ImageBuild = "values",
  ImageCreate = "values", ImageLoad = "values", ImagePush = "values",
  PluginPull = "values", PluginPush = "values", PluginUpgrade = "values",
  SystemPing = "text", SystemPingHead = "none",
}

-- Secrets -----------------------------------------------------------------------------------------

-- What is secret: where (a shape, an operation whose parameter it is, "*" for every shape, "" for
-- answers), name, mark, why. The name "" is the whole body; "Parent.Name" counts under that parent.
--
-- credential: masked, and not sent in the clear to another machine. whole: masked. names: of
-- NAME=VALUE texts or a map, the values are masked.
local SECRETS = {
  { "*", "Env", "names", "passwords of what runs in containers" },
  { "*", "DriverOpts", "names", "drivers take passwords, as that of a CIFS share" },
  { "Driver", "Options", "names", "the same" },
  { "IPAM", "Options", "names", "the same" },
  { "NetworkCreate", "Options", "names", "the same" },
  { "Mount.VolumeOptions.DriverConfig", "Options", "names", "the same" },
  { "SwarmSpec.CAConfig.ExternalCAs", "Options", "names", "the same" },
  { "SwarmSpec.TaskDefaults.LogDriver", "Options", "names", "tokens of log services" },
  { "TaskSpec.LogDriver", "Options", "names", "tokens of log services" },
  { "HostConfig.LogConfig", "Config", "names", "tokens of log services" },
  { "BuildOutput", "Attrs", "names", "exporters take credentials" },
  { "PluginSet", "", "names", "settings of a plugin are its environment" },
  { "ImageBuild", "buildargs", "names", "proxies with passwords, tokens" },
  { "ImageBuild", "X-Registry-Config", "credential", "passwords" },
  { "ImageCommit", "changes", "whole", "ENV instructions" },
  { "ImageCreate", "changes", "whole", "ENV instructions" },
  { "*", "X-Registry-Auth", "credential", "a password" },
  { "SystemAuth", "password", "credential", "a password" },
  { "SystemAuth", "auth", "credential", "name and password" },
  { "SystemAuth", "identitytoken", "credential", "stands for a password" },
  { "SystemAuth", "registrytoken", "credential", "stands for a password" },
  { "SecretCreate", "Data", "credential", "the secret" },
  { "SecretUpdate", "Data", "credential", "the secret" },
  { "ConfigCreate", "Data", "whole", "configuration files have passwords in them" },
  { "ConfigUpdate", "Data", "whole", "configuration files have passwords in them" },
  { "SwarmJoin", "JoinToken", "credential", "lets a machine in" },
  { "SwarmUnlock", "UnlockKey", "credential", "opens the managers' store" },
  { "SwarmSpec.CAConfig", "SigningCAKey", "credential", "a private key" },
  { "", "Env", "names", "what was sent comes back" },
  { "", "DriverOpts", "names", "what was sent comes back" },
  { "", "Options", "names", "of volumes, networks and drivers" },
  { "", "LogConfig.Config", "names", "what was sent comes back" },
  { "", "Spec.Data", "whole", "of a config" },
  { "", "CreatedBy", "whole", "the history of an image has build arguments and ENV in it" },
  { "", "JoinTokens", "whole", "let machines in" },
  { "", "UnlockKey", "whole", "opens the managers' store" },
  { "", "SigningCAKey", "whole", "a private key" },
  { "", "IdentityToken", "whole", "stands for a password" },
}

-- Applying ----------------------------------------------------------------------------------------

-- "string", "[T]" (array), "{T}" (map), "&Name" (definition) as the specification writes them.
local function schema(text)
  local inner = text:match "^%[(.*)%]$"
  if inner then return { type = "array", items = schema(inner) } end
  inner = text:match "^{(.*)}$"
  if inner then return { type = "object", additionalProperties = schema(inner) } end
  inner = text:match "^&(.*)$"
  if inner then return { ["$ref"] = "#/definitions/" .. inner } end
  return { type = text ~= "any" and text or nil }
end

local function object(fields)
  local properties = {}
  for name, text in pairs(fields) do properties[name] = schema(text) end
  return { type = "object", properties = properties }
end

local function operation(document, id)
  for _, item in pairs(document.paths) do
    for _, source in pairs(item) do
      if type(source) == "table" and source.operationId == id then return source end
    end
  end
end

local function body(document, id)
  for _, parameter in ipairs((operation(document, id) or {}).parameters or {}) do
    if parameter["in"] == "body" then return parameter.schema end
  end
end

-- The table of properties of a schema; that of its own part when it is made of several.
local function properties(node)
  if node.properties then return node.properties end
  for _, part in ipairs(node.allOf or {}) do
    if part.properties then return part.properties end
  end
end

local function shape(document, path)
  local name, rest = path:match "^([^.]+)(.*)$"
  local node = document.definitions[name] or body(document, name)
  for step, list in rest:gmatch "%.([^.%[]+)(%[?)" do
    node = node and properties(node)[step]
    if node and list == "[" then node = node.items end
  end
  return node
end

local function repair_field(document, minor, entry)
  local node = shape(document, entry[1])
  if node == nil or minor < (entry.since or FIRST) or minor > (entry.last or LAST) then return end
  if node["$ref"] then node = document.definitions[node["$ref"]:match "[^/]+$"] end
  properties(node)[entry[2]] = schema(entry[3])
end

local function raise_fields(document)
  local node = document.definitions[RAISED.shape]
  if not node then return end
  local from = properties(node)[RAISED.from].properties
  for _, name in ipairs(RAISED) do
    properties(node)[name], from[name] = from[name] or properties(node)[name], nil
  end
end

local function find(list, name)
  for i, item in ipairs(list) do
    if item.name == name then return item, i end
  end
end

local function repair_parameter(document, entry)
  local source = operation(document, entry[1])
  if not source then return end
  local known, at = find(source.parameters, entry[2])
  if entry.drop then return at and table.remove(source.parameters, at) end
  -- An encoding alone does not make a parameter older than the text says.
  if not known and not (entry.type or entry.header) then return end
  if not known then
    known = { name = entry[2], ["in"] = entry.header and "header" or "query", type = "string" }
    table.insert(source.parameters, known)
  end
  known.type = entry.type or known.type
  known.encoding = entry.encoding
  known.choices = entry.choices
  known.json = entry.json and schema(entry.json)
  if entry.required ~= nil then known.required = entry.required end
end

local function add_operation(document, entry)
  local parameters = {}
  for name, kind in pairs(entry.query or {}) do
    table.insert(parameters, { name = name, ["in"] = "query", type = kind })
  end
  if entry.body then
    table.insert(parameters, { name = "body", ["in"] = "body", schema = object(entry.body) })
  end
  document.paths[entry[2]] = document.paths[entry[2]] or {}
  document.paths[entry[2]][entry[1]] =
    { operationId = entry[3], parameters = parameters, responses = {}, extra = true }
end

-- Put one version's document right, in place.
local function apply(document, minor)
  raise_fields(document)
  for name, fields in pairs(DEFINITIONS) do document.definitions[name] = object(fields) end
  for _, entry in ipairs(OPERATIONS) do add_operation(document, entry) end
  for _, entry in ipairs(FIELDS) do repair_field(document, minor, entry) end
  for _, entry in ipairs(PARAMETERS) do repair_parameter(document, entry) end
end

return { apply = apply, replies = REPLIES, secrets = SECRETS }
