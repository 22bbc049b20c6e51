-- A command of the shell, for specs that look at what a program says.

---Run a command.
---@param command string
---@return string output  what it writes, errors too
---@return integer status
return function(command)
  local pipe = assert(io.popen("(" .. command .. ") 2>&1; echo \"=$?\""))
  local output, status = pipe:read("*a"):match("^(.-)=(%d+)\n$")
  pipe:close()
  return output, tonumber(status)
end
