-- Where the programs are that specs run beside the library: next to the core.

---The path of a program that the Makefile built for the specs.
---@param name string
---@return string
return function(name)
  for template in package.cpath:gmatch "[^;]+" do
    local path = template:gsub("%?%.so$", name)
    local file = path ~= template and io.open(path)
    if file then
      file:close()
      return path
    end
  end
  error "build it first: make specs"
end
