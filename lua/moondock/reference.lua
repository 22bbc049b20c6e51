-- Image references: repository, tag, digest, and the registry that they belong to.

local errors = require "moondock.errors"

local HUB = "docker.io"
local HUB_NAMES = { ["docker.io"] = true, ["index.docker.io"] = true,
  ["registry-1.docker.io"] = true,
  ["registry.hub.docker.com"] = true }

---@class moondock.Reference
---@field repository string  with its registry, as written: "host:5000/team/web"
---@field tag? string
---@field digest? string  "sha256:..."
local reference = {}

---Split `text`. First the digest after "@", then the tag: what follows the last ":" behind the last
---"/".
---@return moondock.Reference
function reference.parse(text)
  errors.check("image reference", text, "string")
  local rest, digest = text:match("^([^@]*)@(.+)$")
  rest = rest or text
  local repository, tag = rest:match("^(.*):([^/:]*)$")
  repository = repository or rest
  local path = repository:match("^[^/]*/(.*)$") or repository -- a port is the registry's alone
  if repository == "" or repository:find("[%s%c?#]") or path:find(":", 1, true) or tag == "" then
    errors.blame(("bad image reference '%s': expected [host[:port]/]name[:tag][@digest]"):format(
      (text:gsub("%c", "?"))))
  end
  return { repository = repository, tag = tag, digest = digest }
end

---Where an image that is to be made is put: the options `repo` and `tag`, apart. Engines ignore a tag
---without a repository, and differ in which of two tags they take.
---@param opts { repo?: string, tag?: string }
---@return string? repository, string? tag
function reference.target(opts)
  if opts.tag and not opts.repo then
    errors.blame "option tag needs the option repo: an image has no tag without a repository"
  end
  if type(opts.repo) ~= "string" then return opts.repo, opts.tag end
  local parts = reference.parse(opts.repo)
  if not parts.tag or parts.digest then return opts.repo, opts.tag end
  if opts.tag and opts.tag ~= parts.tag then
    errors.blame(("option repo names a tag, '%s', and option tag another"):format(opts.repo))
  end
  return parts.repository, parts.tag
end

---The key that credentials are kept under: a host with its port; one name for all of the Hub's.
---@param server string  a host, or a URL as older config files have it
---@return string
function reference.registry_key(server)
  local host = server:gsub("^%a[%w+.-]*://", ""):gsub("/.*$", ""):lower()
  return HUB_NAMES[host] and HUB or host
end

---The registry of a repository: its first part where that has a "." or ":" or is localhost, else
---the Hub.
---@param repository string
---@return string
function reference.registry(repository)
  local first = repository:match("^([^/]+)/")
  if first and (first:find("[.:]") or first == "localhost") then
    return reference.registry_key(first)
  end
  return HUB
end

return reference
