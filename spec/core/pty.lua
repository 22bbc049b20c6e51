-- Programs in front of a pseudo-terminal, and what a spec needs to run one.
local program = require "spec.core.program"

local pty = {}

---The interpreter that runs the specs.
pty.lua = os.getenv "LUA" or "lua5.4"

function pty.quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

---The output of a shell command.
function pty.shell(command)
  local pipe = assert(io.popen("(" .. command .. ") 2>&1"))
  local output = pipe:read "*a"
  pipe:close()
  return output
end

---Play `script` in front of `command`: its output, and how it ended ("0", "s9").
function pty.play(script, command)
  local output = pty.shell(program "pty" .. " " .. pty.quote(script) .. " " .. pty.quote("exec " .. command))
  local before, status = output:match "^(.*)=(s?%d+)\n$"
  return before or output, status
end

---A command that runs a chunk of Lua.
function pty.chunk(text)
  return pty.lua .. " -e " .. pty.quote(text)
end

return pty
