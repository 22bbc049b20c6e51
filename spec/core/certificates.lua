-- Certificates for specs, made by openssl in a folder of their own.

local background = require "spec.core.background"

local Certificates = {}
Certificates.__index = Certificates

local certificates = {}

---A new folder for certificates.
function certificates.new()
  return setmetatable({ folder = background.folder() }, Certificates)
end

function Certificates:remove()
  background.remove(self.folder)
end

function Certificates:path(name)
  return ("%s/%s.pem"):format(self.folder, name)
end

function Certificates:write(name, text)
  local file = assert(io.open(self:path(name), "wb"))
  assert(file:write(text))
  file:close()
  return self:path(name)
end

local function openssl(command, ...)
  local done = os.execute(("openssl " .. command .. " 2>/dev/null"):format(...))
  assert(done == true or done == 0, command)
end

local KEY = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"

---An authority: returns the path of its certificate.
function Certificates:authority(name)
  openssl("req -x509 %s -days 30 -subj /CN=%s -keyout %s -out %s", KEY, name,
    self:path(name .. "-key"), self:path(name))
  return self:path(name)
end

---A certificate signed by the authority `by`: the paths of it and of its key. `names` is like
---"DNS:localhost,IP:127.0.0.1"; `days` may be negative; `usage` is serverAuth or clientAuth.
function Certificates:issue(by, name, names, usage, days)
  local request, extensions = self:path(name .. "-request"), self:path(name .. "-extensions")
  self:write(name .. "-extensions", ("subjectAltName=%s\nextendedKeyUsage=%s\n"):format(names,
    usage or "serverAuth"))
  openssl("req %s -subj /CN=%s -keyout %s -out %s", KEY, name, self:path(name .. "-key"), request)
  openssl("x509 -req -in %s -CA %s -CAkey %s -CAcreateserial -days %d -extfile %s -out %s", request,
    self:path(by), self:path(by .. "-key"), days or 30, extensions, self:path(name))
  return self:path(name), self:path(name .. "-key")
end

---The key of `name` behind a pass phrase: its path.
function Certificates:encrypt(name, phrase)
  openssl("pkcs8 -topk8 -in %s -passout pass:%s -out %s", self:path(name .. "-key"), phrase,
    self:path(name .. "-locked"))
  return self:path(name .. "-locked")
end

return certificates
