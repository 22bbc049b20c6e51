-- Why TLS failed: libcurl's numbers and OpenSSL's words, read into a closed set of reasons, each with
-- plain words and what to do.

local tls_errors = {}

tls_errors.REASONS = {
  untrusted = true, -- the server's certificate is of no authority that we trust
  expired = true, -- it has expired, or is not valid yet
  name = true, -- it is for other names
  client_certificate = true, -- the server wants one, or does not accept ours
  plain_server = true, -- we spoke TLS, the server does not
  tls_server = true, -- we did not speak TLS, the server does
  files = true, -- a file of certificates or keys cannot be used
  protocol = true, -- no version or cipher in common, or broken TLS
  closed = true, -- the server ended the connection in the handshake
}

-- libcurl's numbers.
local TLS, SENDING, RECEIVING, UNTRUSTED, WANTS_CERTIFICATE = 35, 55, 56, 60, 98
local BAD_FILES = { [58] = true, [77] = true }

-- OpenSSL's verdicts on a certificate; all others are of an authority that is not known.
local VERDICTS = {
  [9] = "expired", [10] = "expired", [11] = "expired", [12] = "expired",
  [62] = "name", [64] = "name",
}

-- Alerts of a server, by their numbers. Those about certificates are about ours.
local ALERTS = {
  [40] = "handshake failure", [42] = "bad certificate", [43] = "unsupported certificate",
  [44] = "certificate revoked", [45] = "certificate expired", [46] = "certificate unknown",
  [48] = "unknown ca", [49] = "access denied", [70] = "protocol version",
  [71] = "insufficient security", [112] = "unrecognized name", [116] = "certificate required",
}

local ALERT_REASONS = {
  [42] = "client_certificate", [43] = "client_certificate", [44] = "client_certificate",
  [45] = "client_certificate", [46] = "client_certificate", [48] = "client_certificate",
  [49] = "client_certificate", [112] = "name", [116] = "client_certificate",
}

local HANDSHAKE_FAILURE = 40

-- What OpenSSL says of bytes that it does not understand, in lower case. The first that is found
-- counts.
local WORDS = {
  { "wrong version number", "plain_server" },
  { "http request", "plain_server" },
  { "packet length too long", "plain_server" },
  { "ssl_error_syscall", "closed" },
  { "connection reset", "closed" },
  { "unexpected eof", "closed" },
}

local function by_words(message)
  local text = message:lower()
  for _, rule in ipairs(WORDS) do
    if text:find(rule[1], 1, true) then return rule[2] end
  end
  return "protocol"
end

-- The same alert says that a certificate is missing and that no cipher is shared.
local function by_alert(failure, tls)
  if failure.alert == HANDSHAKE_FAILURE and failure.demanded and not tls.cert then
    return "client_certificate"
  end
  return ALERT_REASONS[failure.alert] or "protocol"
end

local function of_certificate(failure)
  if failure.message:find("subject name", 1, true) then return "name" end
  return VERDICTS[failure.verify] or "untrusted"
end

-- Without an alert. Who asks for a certificate and hangs up before anything was asked of him does
-- not like what he got; the alert is lost when the connection is reset.
local function by_breaking(failure)
  local reason = failure.code == TLS and by_words(failure.message) or nil
  local early = reason == "closed"
    or (failure.phase == "connect" and (failure.code == SENDING or failure.code == RECEIVING))
  if early and failure.demanded then return "client_certificate" end
  return reason
end

-- With TLS 1.3 our handshake is over before the server has seen our certificate: its alert comes in
-- the place of the answer, or while we still send.
local function reason_of(failure, endpoint)
  local code, tls = failure.code, endpoint.tls or {}
  if not endpoint.encrypted then
    return code == TLS and failure.phase ~= "connect" and "tls_server" or nil
  end
  if code == UNTRUSTED then return of_certificate(failure) end
  if code == WANTS_CERTIFICATE then return "client_certificate" end
  if BAD_FILES[code] then return "files" end
  local broken = code == TLS or code == SENDING or code == RECEIVING
  if broken and (failure.alert or 0) > 0 then return by_alert(failure, tls) end
  return by_breaking(failure)
end

-- The server's words, else curl's.
local function words_of(failure)
  return ALERTS[failure.alert] or failure.message
end

local function head_of(path)
  local file = io.open(path, "rb")
  local text = file and file:read(16384)
  if file then file:close() end
  return text
end

-- libcurl says the same of a key that is missing, encrypted, no key, or that of another certificate.
local function why_unusable(path)
  local text = path and head_of(path)
  if not text then return "it cannot be read" end
  if text:find("ENCRYPTED", 1, true) then
    return "it is encrypted, and no pass phrase can be given; decrypt it with openssl pkey"
  elseif not text:find("-----BEGIN [%u ]*PRIVATE KEY") then
    return "there is no PEM key in it"
  end
  return "it is not the key of the certificate"
end

local function why_files(failure, tls)
  if failure.message:find("private key", 1, true) then
    local path = tls.key or tls.cert
    return ("the key %s cannot be used: %s"):format(path, why_unusable(path))
  elseif failure.code == 77 then
    return ("the CA file %s cannot be used: it must hold PEM certificates"):format(tls.ca)
  end
  return ("the client certificate %s cannot be used: %s"):format(tls.cert, failure.message)
end

local function quoted_names(names)
  local list = {}
  for name in (names or ""):gmatch("[^,]+") do
    list[#list + 1] = "'" .. name:gsub("^[^:]*:", "") .. "'"
  end
  return #list > 0 and table.concat(list, ", ") or "other names"
end

---The name that the server's certificate must have.
local function expected_name(endpoint)
  local tls = endpoint.tls or {}
  return tls.server_name or endpoint.base:match("//(%[[^%]]*%])")
    or endpoint.base:match("//([^:/]*)")
end

local EXPLAIN = {
  untrusted = function(failure, _, tls)
    local whose = tls.ca and ("the CA file " .. tls.ca .. " does not vouch for")
      or "no authority that this system trusts vouches for"
    return ("%s the engine's certificate (%s); give the engine's own CA as tls.ca, "
      .. "the ca.pem of DOCKER_CERT_PATH"):format(whose, failure.message)
  end,
  expired = function(failure)
    return ("the engine's certificate is out of date (%s); renew it, or check the clocks"):format(
      failure.message)
  end,
  name = function(failure, endpoint)
    return ("the engine's certificate is for %s, not for '%s'; use such a name as the host, "
      .. "or tls.server_name"):format(quoted_names(failure.names), expected_name(endpoint))
  end,
  client_certificate = function(failure, _, tls)
    if tls.cert then
      return ("the engine does not accept the client certificate %s (%s); it must be signed by the "
        .. "authority that the engine trusts"):format(tls.cert, words_of(failure))
    end
    return ("the engine wants a client certificate (%s); give tls.cert and tls.key, the cert.pem "
      .. "and key.pem of DOCKER_CERT_PATH"):format(words_of(failure))
  end,
  plain_server = function()
    return "the server there does not speak TLS; is the port right (engines use 2376 for TLS), or "
      .. "is the engine meant to be reached without TLS?"
  end,
  tls_server = function()
    return "the server there speaks TLS only; give tls = { ... }, or DOCKER_TLS_VERIFY=1 and "
      .. "DOCKER_CERT_PATH"
  end,
  files = function(failure, _, tls) return why_files(failure, tls) end,
  protocol = function(failure)
    return ("no TLS in common with the server there (%s); TLS 1.2 is the least"):format(
      words_of(failure))
  end,
  closed = function(failure)
    return ("the server there ended the connection within the TLS handshake (%s); does it speak "
      .. "TLS on this port?"):format(failure.message)
  end,
}

---Why the TLS of an exchange failed, in plain words; nil when it was not TLS.
---@param failure table  of the core
---@param endpoint moondock.Endpoint
---@return string? reason, string? why
function tls_errors.explain(failure, endpoint)
  local reason = reason_of(failure, endpoint)
  if reason then return reason, EXPLAIN[reason](failure, endpoint, endpoint.tls or {}) end
end

---Whether an answer says that plain HTTP was sent to a port for TLS: Go's servers (engines), nginx
---and Apache do, with a 400.
function tls_errors.wants_tls(status, body, endpoint)
  if status ~= 400 or endpoint.encrypted or endpoint.unix then return false end
  local text = body:lower()
  return text:find("http request to an https server", 1, true) ~= nil
    or text:find("plain http request was sent to https port", 1, true) ~= nil
    or text:find("speaking plain http to an ssl-enabled server port", 1, true) ~= nil
end

---What to do about that.
tls_errors.TLS_SERVER = EXPLAIN.tls_server()

return tls_errors
