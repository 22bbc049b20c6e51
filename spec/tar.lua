-- Small tar archives for specs: files, folders, links.

local function field(text, size)
  return text .. ("\0"):rep(size - #text)
end

local function header(name, size, kind, mode, target)
  local head = field(name, 100) .. ("%07o\0"):format(mode) .. "0000000\0" .. "0000000\0"
    .. ("%011o\0"):format(size) .. "00000000000\0" .. (" "):rep(8) .. kind .. field(target or "", 100)
    .. "ustar\0" .. "00" .. ("\0"):rep(247)
  local sum = 0
  for i = 1, 512 do sum = sum + head:byte(i) end
  return head:sub(1, 148) .. ("%06o\0 "):format(sum) .. head:sub(157)
end

local function entry(name, data)
  if name:sub(-1) == "/" then return header(name, 0, "5", 493) end
  return header(name, #data, "0", 493) .. data .. ("\0"):rep(-#data % 512)
end

---An archive of `files`: contents by path; a path that ends in "/" is a folder.
return function(files)
  local names, parts = {}, {}
  for name in pairs(files) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do parts[i] = entry(name, files[name]) end
  return table.concat(parts) .. ("\0"):rep(1024)
end
