-- What the attached connection of a run may have missed, from the container's log.
--
-- An engine under load closes what is attached before all output went through it: seen on 28.5 once
-- in a few hundred runs at once. Its log has it all the same, where there is one to read.

local call = require "moondock.call"
local stream = require "moondock.stream"
local told = require "moondock.told"

local TAIL = 100 -- lines; enough to see both sources
local READABLE = { ["json-file"] = true, ["local"] = true, journald = true }

-- The log by source; nil when it cannot be had, which is no failure of the run.
local function read_log(self, tail)
  local answer = call.open(self.client, "ContainerLogs", { self.id },
    { stdout = true, stderr = true, tail = tail }, { limits = self.limits })
  if not answer then return nil end
  local all, stdout, stderr = stream.logs(answer, self.tty):text()
  if not all then return nil end
  return self.tty and { tty = all } or { stdout = stdout, stderr = stderr }
end

local function has_end(output, log)
  for source, text in pairs(log) do
    if output[source]:ending(#text) ~= text then return false end
  end
  return true
end

-- Add what the log has beyond the output, if it begins like it: a log may have other bytes for what
-- is not UTF-8.
local function add_rest(output, source, text)
  local known, truncated = output[source]:text()
  if truncated or #text <= #known or text:sub(1, #known) ~= known then return end
  output:add(source, text:sub(#known + 1))
end

---Complete the output of a run whose container has ended. The last lines of the log tell whether
---something is missing.
---@param self table  client, id, tty, limits and output of the run
---@param details table  what inspect says
local function recover(self, details)
  local config = told.object(told.object(details.HostConfig).LogConfig)
  if not READABLE[config.Type] then return end
  if self.output.stdout.truncated or self.output.stderr.truncated then return end
  local last = read_log(self, TAIL)
  if not last or has_end(self.output, last) then return end
  for source, text in pairs(read_log(self, "all") or {}) do add_rest(self.output, source, text) end
end

return recover
