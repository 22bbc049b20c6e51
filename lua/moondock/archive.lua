-- Answers that are tar archives. Engines answer 200 first: when they fail later, they write the
-- JSON text of their error where more of the archive was due, or just stop, and end the answer well.

local core = require "moondock.core"
local errors = require "moondock.errors"
local failures = require "moondock.failures"

local archive = {}

---An exchange that ends well only when its archive is whole.
local Archive = {}
Archive.__index = Archive

function Archive:close(outcome, err)
  self.exchange:close(outcome, err)
end

-- The first field of an error's text.
local KEYS = { message = true, cause = true, error = true, errorDetail = true }

-- The engine's words where an error's text ends what came.
local function words_in(rest)
  local from, _, key = rest:find '{%s*"(%a+)"%s*:'
  while from do
    local ok, value = false, nil
    if KEYS[key] then ok, value = core.decode(rest:sub(from)) end
    local words = ok and failures.words_of(value)
    if words then return words, value end
    from, _, key = rest:find('{%s*"(%a+)"%s*:', from + 1)
  end
end

-- The end of the answer: nil, or the failure triple.
local function judge(self)
  local whole, message, kind, rest = self.verdict:finish()
  if whole then return nil end
  local words, detail = words_in(rest)
  if words then
    message = ("%s (%s, in its archive)"):format(words, self.request.operation)
    kind = failures.kind_of(nil, words)
  end
  return errors.refuse(self.request, { kind = kind, message = message, detail = detail,
    status = self.exchange.status })
end

-- What was asked for of bytes that may be more: a header leaves only when it is whole.
local function at_most(self, bytes, max)
  if not max or #bytes <= max then return bytes end
  self.left = bytes:sub(math.floor(max) + 1)
  return bytes:sub(1, math.floor(max))
end

---The next bytes of the archive; nil at its end, or the failure triple.
function Archive:read(max)
  local left = self.left
  if left and (max or 1) >= 1 then
    self.left = nil
    return at_most(self, left, max)
  end
  while true do
    local chunk, message, err = self.exchange:read(max)
    if message then return nil, message, err end
    if not chunk then return judge(self) end
    local bytes, hopeless = self.verdict:feed(chunk)
    if bytes ~= "" then return at_most(self, bytes, max) end
    if hopeless then return judge(self) end
  end
end

---The answer, read with a verdict. One that was compressed at the caller's wish is left as it is.
function archive.checked(answer)
  if answer.headers["content-encoding"] then return answer end
  return setmetatable({ exchange = answer, request = answer.request, verdict = core.tar_verdict() },
    Archive)
end

return archive
