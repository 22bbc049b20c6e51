-- Lists the images with their sizes and ages, as `docker images` does, and the disk space that all of
-- them take together.
--
--   lua examples/list_images.lua

local docker = require "moondock"

local client = assert(docker.connect())
local images = assert(client.images:list())

for _, image in ipairs(images) do
  -- An image without a name has null or an empty list of tags, depending on the engine.
  local tags = type(image.RepoTags) == "table" and image.RepoTags or {}
  print(("%-12s  %9.1f MB  %s  %s"):format(image.Id:match("^sha256:(.*)"):sub(1, 12),
    image.Size / 1e6, os.date("%Y-%m-%d", image.Created), tags[1] or "<none>"))
end

-- The sum is LayersSize up to API 1.51, and a part of ImageUsage from 1.52 on.
local usage = assert(client:df())
local total = usage.LayersSize or usage.ImageUsage.TotalSize
print(("%d images, %.1f MB with shared layers counted once"):format(#images, total / 1e6))
