-- What registries say about images that need not be here.

local call = require "moondock.call"
local credentials = require "moondock.credentials"
local object = require "moondock.object"
local reference = require "moondock.reference"

---The registries, as the engine reaches them.
---@class moondock.Distribution
---@field client moondock.Client
local Distribution = object.collection "Distribution"

local OWN = { auth = true, insecure_credentials = true }

---The digest that an image has in its registry now, and its platforms; nothing is pulled.
---GET /distribution/{name}/json
---@param name string  [host[:port]/]name[:tag][@digest]
---@param opts? { auth?: moondock.Auth|false, insecure_credentials?: boolean, timeout?: number, dry_run?: boolean }
---@return docker.DistributionInspect? details, string? message, moondock.Error? err
function Distribution:inspect(name, opts)
  local mine, theirs = object.split(opts, OWN)
  local parts = reference.parse(name)
  local limits = call.limits(self.client, "DistributionInspect", theirs)
  local headers, message, err = credentials.request_headers(self.client, parts.repository, mine,
    false, limits)
  if not headers then return nil, message, err end
  return call.run(self.client, "DistributionInspect", { name }, theirs,
    { headers = headers, limits = limits })
end

return { Distribution = Distribution }
