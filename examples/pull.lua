-- Pulls an image and shows the progress of each layer as it comes. The tag is `latest` unless the
-- reference names one.
--
--   lua examples/pull.lua
--   lua examples/pull.lua busybox:musl

local docker = require "moondock"

local last = {}

-- One line for each layer and status; within a download, one for each quarter.
local function on_progress(value)
  local detail = type(value.progressDetail) == "table" and value.progressDetail or {}
  local text = value.status
  if detail.current and detail.total and detail.total > 0 then
    text = ("%s %3d %%"):format(text, math.floor(4 * detail.current / detail.total) * 25)
  end
  local layer = value.id or ""
  if text and last[layer] ~= text then
    print(layer, text)
    last[layer] = text
  end
end

local client = assert(docker.connect())
local image = assert(client.images:pull(arg[1] or "alpine", { on_progress = on_progress }))
local details = assert(image:inspect())
print(("%s: %s/%s, %.1f MB, %s"):format(image.id, details.Os, details.Architecture,
  details.Size / 1e6, image.Digest or details.Id))
