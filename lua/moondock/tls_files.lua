-- The files of an encrypted connection: whose they are, and whether they can be used.

local config = require "moondock.config"
local errors = require "moondock.errors"

---@class moondock.Tls
---@field ca? string  path of the authorities' certificates, in place of the system's
---@field cert? string  path of the client's certificate
---@field key? string  path of its private key
---@field verify? boolean  whether the engine must prove who it is
---@field server_name? string  the name in the engine's certificate, where it is not the host's

local tls_files = {}

local PARTS = { "ca", "cert", "key" }

local function refuse(path, source, why)
  path = path:gsub("%c", "?")
  return errors.fail { kind = "config",
    message = ("cannot use the TLS file %s (from %s): %s"):format(path, source, why) }
end

-- A PEM key that wants a passphrase, in its two forms.
local function is_encrypted(bytes)
  return bytes:find("-----BEGIN ENCRYPTED ", 1, true) or bytes:find("4,ENCRYPTED", 1, true)
end

local function problem(part, path, bytes)
  if path:find("%c") then return "its path has control characters" end
  if not bytes:find("-----BEGIN ", 1, true) then return "it has no PEM data" end
  if part == "key" and is_encrypted(bytes) then
    return "the private key is encrypted, and nobody can be asked for its passphrase; "
      .. "decrypt it with: openssl pkey -in FILE -out FILE"
  end
end

-- True when the file can be used, false when it is not there, else the failure triple.
local function usable(part, path, source)
  local bytes, why = config.read(path)
  if bytes == false then return false end
  why = why or problem(part, path, bytes)
  if why then return refuse(path, source, why) end
  return true
end

-- All of `paths` that are there; when `must_be`, all of them.
local function checked(paths, source, must_be)
  local found = { verify = true }
  for _, part in ipairs(PARTS) do
    local path = paths[part]
    local ok, message, err
    if path then ok, message, err = usable(part, path, source) end
    if message then return nil, message, err end
    if path and not ok and must_be then return refuse(path, source, "no such file") end
    found[part] = ok and path or nil
  end
  return found
end

---The files of a folder: ca.pem, cert.pem and key.pem. A certificate without its key is refused, and
---so is a key without its certificate.
---@param source string  who named the folder
---@param must_be boolean  whether all three have to be there
---@return moondock.Tls? tls, string? message, moondock.Error? err
function tls_files.of_folder(folder, source, must_be)
  local paths = {}
  for _, part in ipairs(PARTS) do paths[part] = folder .. "/" .. part .. ".pem" end
  local found, message, err = checked(paths, source, must_be)
  if not found then return nil, message, err end
  if (found.cert == nil) ~= (found.key == nil) then
    local missing = found.cert and "key" or "cert"
    return refuse(paths[missing], source, "no such file, but its counterpart is there")
  end
  return found
end

---Whose variable asks for TLS, if any does.
---@return string? name
function tls_files.variable()
  for _, name in ipairs { "DOCKER_TLS_VERIFY", "DOCKER_TLS" } do
    if config.environment(name) then return name end
  end
end

---What environment and configuration say: the files of DOCKER_CERT_PATH, which must all be there,
---else those of the CLI's folder, as far as they are there.
---@return moondock.Tls? tls, string? message, moondock.Error? err
function tls_files.of_environment()
  local folder = config.environment "DOCKER_CERT_PATH"
  if folder then return tls_files.of_folder(folder, "DOCKER_CERT_PATH", true) end
  folder = config.folder()
  if not folder then return { verify = true } end
  return tls_files.of_folder(folder, "the CLI's folder", false)
end

local OPTIONS = { ca = "string", cert = "string", key = "string", verify = "boolean",
  server_name = "string" }

---Raise unless `option` is a right option `tls`.
---@param option boolean|table|nil
function tls_files.check(option)
  if type(option) ~= "table" then
    return errors.check("option tls", option, "table or boolean or nil")
  end
  errors.check_options("tls", option, OPTIONS)
  for name, kind in pairs(OPTIONS) do
    local value = option[name]
    if value ~= nil then errors.check("option tls." .. name, value, kind) end
    if value == "" then errors.blame(("option tls.%s must not be empty"):format(name)) end
  end
  if (option.cert == nil) ~= (option.key == nil) then
    errors.blame "option tls needs cert and key together"
  end
end

---What option `tls` says; its files must be there.
---@param option table
---@return moondock.Tls? tls, string? message, moondock.Error? err
function tls_files.given(option)
  local found, message, err = checked(option, "option tls", true)
  if not found then return nil, message, err end
  found.verify = option.verify ~= false
  found.server_name = option.server_name
  return found
end

return tls_files
