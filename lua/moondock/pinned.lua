-- The image of a service by its digest, so that all nodes run the same one, whatever its tag means
-- later.

local call = require "moondock.call"
local core = require "moondock.core"
local errors = require "moondock.errors"
local reference = require "moondock.reference"
local told = require "moondock.told"

-- Nodes tell the variant of an arm processor, images do not.
local PLAIN = { arm = "" }

-- Where the image runs; attestations call their platform unknown.
local function platforms_of(details)
  local list = core.array()
  for _, platform in ipairs(told.objects(details.Platforms)) do
    local system, architecture = told.text(platform.os), told.text(platform.architecture)
    if system ~= "unknown" and architecture ~= "unknown" then
      list[#list + 1] = { Architecture = PLAIN[architecture] or architecture, OS = system }
    end
  end
  return list
end

local function put_platforms(template, platforms)
  if #platforms == 0 then return end
  if type(template.Placement) ~= "table" then template.Placement = {} end
  template.Placement.Platforms = platforms
end

---Ask the registry for the digest of the spec's image, and put it in. GET /distribution/{name}/json
---@param spec table  of a service
---@param extra { limits: moondock.Limits, headers?: string[] }
---@return true? ok, string? message, moondock.Error? err
return function(client, spec, extra)
  local container = told.object(spec.TaskTemplate).ContainerSpec
  if type(container) ~= "table" or type(container.Image) ~= "string" then
    errors.blame "option resolve_image needs an image"
  end
  if reference.parse(container.Image).digest then return true end
  local details, message, err = call.run(client, "DistributionInspect", { container.Image }, nil,
    extra)
  if not details then return nil, message, err end
  local digest = told.text(told.object(details.Descriptor).digest)
  if not digest then
    return errors.fail { kind = "protocol", operation = "DistributionInspect",
      message = "the engine did not tell the digest of " .. container.Image }
  end
  container.Image = container.Image .. "@" .. digest
  put_platforms(spec.TaskTemplate, platforms_of(details))
  return true
end
