-- What went wrong with a request, in words for people: the kind of an answer, and the explanation of
-- a failure of the transport.

local errors = require "moondock.errors"
local lazy = require "moondock.lazy"
local tls_errors = lazy "moondock.tls_errors"

local failures = {}

-- The words without the blanks and line ends around them.
local function trimmed(text)
  local first = text:find "%S"
  return first and text:match("^.*%S", first) or ""
end

---The engine's own words in an error that was decoded, in whichever form it came, without blanks
---around them: some end with a new line.
---@return string? words
function failures.words_of(value)
  if type(value) ~= "table" then return nil end
  for _, key in ipairs { "message", "cause", "error" } do
    local words = type(value[key]) == "string" and trimmed(value[key]) or ""
    if words ~= "" then return words end
  end
  return failures.words_of(value.errorDetail)
end

local STATUS_KINDS = {
  [400] = "invalid", [401] = "unauthorized", [403] = "forbidden", [404] = "not_found",
  [405] = "not_implemented", [406] = "invalid", [408] = "timeout", [409] = "conflict",
  [412] = "conflict", [413] = "invalid", [422] = "invalid", [429] = "rate_limited",
  [501] = "not_implemented", [502] = "unavailable", [503] = "unavailable", [504] = "timeout",
}

-- What statuses that tell may be as well: 403 of networks, 400 and 503 of swarms.
local ALSO = { [400] = { version = true, conflict = true }, [503] = { conflict = true },
  [403] = { conflict = true, unavailable = true } }

local LOOKED_AT = 4096 -- bytes at either end of a long text

-- What engines say in a status that does not tell, or inside a stream: the first pattern that is
-- found names the kind. Docker answers 500 where it should not, Podman nearly always does. All
-- patterns in lower case.
local WORDS = {
  { "client version [%d.]+ is too", "version" },
  { "cannot be connected to network endpoints", "version" }, -- a create; several need API 1.44
  { "returned a non%-zero code: %d", "exit" }, -- a build's command
  { "did not complete successfully: exit code: %d", "exit" },
  { "executor failed running .*: exit code: %d", "exit" },
  { "while running runtime: exit status %d", "exit" },
  { "toomanyrequests", "rate_limited" },
  { "too many requests", "rate_limited" },
  { "rate limit", "rate_limited" },
  { "unauthorized", "unauthorized" },
  { "no basic auth credentials", "unauthorized" },
  { "authentication required", "unauthorized" },
  { "incorrect username or password", "unauthorized" },
  { "pull access denied", "not_found" },
  { "exec: .*permission denied", "invalid" }, -- a program that may not be run
  { "denied", "forbidden" },
  { "repositories: no such file or directory", "invalid" }, -- an archive without images
  { "loading tar component manifest%.json", "invalid" }, -- the same of Podman
  { "invalid name or id supplied", "invalid" },
  { "no such ", "not_found" },
  { "manifest unknown", "not_found" },
  { "name unknown", "not_found" },
  { "manifest for .* not found", "not_found" },
  { "image not known", "not_found" },
  { "layer not known", "not_found" }, -- Podman's, of a container
  { "does not exist locally", "not_found" },
  { "file not found in build context", "not_found" },
  { "checkpoint .* does not exist", "not_found" },
  { "cannot locate specified dockerfile", "not_found" },
  { "executable file not found", "invalid" },
  { "%f[%a]not found$", "not_found" },
  { ": not found", "not_found" },
  { "update out of sequence", "conflict" },
  { "this node is not a swarm manager", "unavailable" },
  { "does not have a leader", "unavailable" },
  { "lost leader status", "unavailable" },
  { "already in use", "conflict" },
  { "already exists", "conflict" },
  { "is already used", "conflict" },
  { "is already connected", "conflict" },
  { "is being used", "conflict" },
  { "is not connected to network", "conflict" },
  { "is not paused", "conflict" },
  { "already allocated", "conflict" }, -- a port
  { "has active endpoints", "conflict" }, -- a network
  { "is in use by ", "conflict" }, -- a secret, a network of services
  { "code = failedprecondition", "conflict" }, -- a swarm's "in the wrong state"
  { "already part of a swarm", "conflict" },
  { "is participating as a manager", "conflict" }, -- and would leave
  { "pool overlaps", "conflict" }, -- a network's addresses
  { "container state improper", "conflict" },
  { "is not running", "conflict" },
  { "by id with more than one tag", "conflict" }, -- Podman's, of a removal
  { "invalid reference format", "invalid" },
  { "invalid tag format", "invalid" },
  { "^invalid mode", "invalid" }, -- of a volume
  { "does not belong to any of this network", "invalid" },
  { "unable to find user", "invalid" },
  { "dockerfile parse error", "invalid" },
  { "target stage .* could not be found", "invalid" },
  { "unknown instruction", "invalid" },
  { "no from statement found", "invalid" },
  { "invalid ulimit type", "invalid" },
  { "is an invalid %l+ filter", "invalid" },
  { "invalid mount option", "invalid" },
  { "failed to parse value as time or duration", "invalid" }, -- the filter `until` of a prune
  { "constraint expected", "invalid" },
  { "setting .* not found in the plugin configuration", "invalid" },
  { "no active sessions", "not_implemented" }, -- of BuildKit, where a build needs one
  { "filesystem does not support", "not_implemented" },
  { "invalid environment variable", "invalid" },
  { "unsupported driver ", "not_found" }, -- Podman's, of a network
  { "required plugin missing", "not_found" }, -- of a volume
  { "invalid log driver", "invalid" },
  { "invalid signal", "invalid" },
  { "unknown capability", "invalid" },
  { "invalid %-%-%l", "invalid" }, -- the flag of a security option
  { "sysctl .* is not allowed", "invalid" },
  { "sysctl .* is not in a separate kernel namespace", "invalid" },
  { "must be lowercase", "invalid" }, -- a repository
  { "cwd must be an absolute path", "invalid" },
  { "^ps: error", "invalid" }, -- arguments of `top`
  { "invalid tar header", "invalid" },
  { "names must match %[", "invalid" },
  { "must not be more than 255 characters", "invalid" },
  { "64%-byte hexadecimal ", "invalid" }, -- a repository
  { "is an invalid filter", "invalid" },
  { "^invalid filter", "invalid" },
  { "^invalid %l+ filter: ", "invalid" }, -- the role or the membership of a node
  { "unsupported image filter", "invalid" },
  { "non%-boolean value", "invalid" },
  { "unknown container state", "invalid" },
  { "strconv%.%a+: parsing ", "invalid" },
  { "invalid desired%-state filter", "invalid" },
  { "negative tail values", "invalid" },
  { "invalid instruction", "invalid" },
  { "dockerfile cannot be empty", "invalid" },
  { "file with no instructions", "invalid" },
  { "^no contents in ", "invalid" }, -- Podman's two of the same
  { "no stages to build", "invalid" },
  { "^from requires either one", "invalid" }, -- this and the next three are Podman's of a Dockerfile
  { "unknown type .* in healthcheck", "invalid" },
  { "unknown user error looking up user", "invalid" },
  { "invalid image name ", "invalid" },
  { "no stage or image found with that name", "not_found" },
  { "^unable to import tarball: invalid change ", "invalid" },
  { "the target .* was not found in the provided dockerfile", "invalid" },
  { "option requires buildkit", "not_implemented" },
  { "extraction point is not a directory", "invalid" },
  { "exists but is not a directory", "invalid" },
  { "lstat .*: not a directory", "invalid" },
  { "mount path must be absolute", "invalid" },
  { "must be an absolute path", "invalid" },
  { "invalid option type", "invalid" }, -- Podman's, of the mode of a volume
  { "error setting rlimit", "invalid" },
  { "wrong rlimit value", "invalid" },
  { "ulimit soft limit must be ", "invalid" },
  { "sethostname: invalid argument", "invalid" },
  { "shares: invalid argument", "invalid" },
  { "maximum allowed cpu%-shares", "invalid" },
  { "requested cpus are not available", "invalid" },
  { "minimum memoryswap limit", "invalid" },
  { "invalid ipc mode", "invalid" },
  { "unrecognized namespace mode", "invalid" },
  { "namespace mode container requires", "invalid" },
  { "invalid isolation", "invalid" },
  { "is not a valid restart policy", "invalid" },
  { "%-%-storage%-opt is supported only ", "not_implemented" },
  { "invalid mac address", "invalid" },
  { "invalid ip address", "invalid" },
  { "bad nameserver address", "invalid" },
  { "unable to parse host entry", "invalid" },
  { "port number must be ", "invalid" },
  { "invalid cidr address", "invalid" },
  { "requested address is out of range", "invalid" },
  { "not in subnet ", "invalid" },
  { "not in any subnet", "invalid" },
  { "unable to find group", "invalid" },
  { "invalid detach keys", "invalid" },
  { "invalid join token", "invalid" },
  { "is not logging output", "not_implemented" }, -- Podman's, of the log driver none
  { "payload does not match any of the supported image formats", "invalid" },
  { "cannot overwrite directory ", "invalid" }, -- by what an archive has in its place
  { "copier: put: .*: file exists", "invalid" }, -- Podman's
  { "^invalid entry name ", "invalid" }, -- of an archive, one that leads out of it
  { "processing tar file.*: not a directory", "invalid" }, -- a folder of an archive is a file
  { "openat .*: not a directory", "invalid" },
  { "copier: put: .*: not a directory", "invalid" },
  { "no image was generated", "invalid" }, -- of a Dockerfile that does nothing
  { "could not be recognized as url", "invalid" },
  { "timeout waiting for exec session ready", "conflict" }, -- one that was not started
  { "cannot resize a %l+ %l+", "conflict" }, -- of an exec that has ended
  { "conflicts with a valid network mode", "forbidden" }, -- Podman's, of a network named host
}

local function kind_by_words(message)
  if #message > 2 * LOOKED_AT then
    message = message:sub(1, LOOKED_AT) .. "\n" .. message:sub(-LOOKED_AT)
  end
  local text = message:lower()
  for _, rule in ipairs(WORDS) do
    if text:find(rule[1]) then return rule[2] end
  end
end

-- The whole answer to a path that the engine does not have: Docker's, and Podman's two.
local function is_of_no_path(words)
  return words == "page not found" or words == "Not Found"
    or words:find "^Path %S+ is not supported$" ~= nil
end

-- The whole answer to a resize of an exec that has ended: containerd's words, handed on. One that
-- there never was is called an instance.
local function has_ended(words)
  return words == "no such exec" or words:find("process does not exist ", 1, true) ~= nil
end

---The kind of an answer. A status that tells is believed; 400 and 5xx are read, since engines use
---them for much else, 403 is, which is Docker's conflict where networks are concerned, and so is 404,
---since it may be the path that is missing.
---@param archive? boolean  what was sent is an archive, whose end may be missing
function failures.kind_of(status, message, archive)
  if archive and message:lower():find("unexpected eof", 1, true) then return "invalid" end
  if status == 404 and has_ended(message) then return "conflict" end
  if status == 400 and message:find "^No such container: " then return "not_found" end -- another one
  if status == 503 and message:lower():find "does not support service" then
    return "not_implemented" -- Podman, of all that is swarm
  end
  if status == 409 and message:find "^preparing container %x+ for attach: " then
    return kind_by_words(message) or "server" -- Podman starts what is attached to
  end
  local word = ALSO[status] and kind_by_words(message)
  if word and ALSO[status][word] then return word end
  if status == 404 and is_of_no_path(message) then return "not_implemented" end
  if status and status ~= 500 and STATUS_KINDS[status] then return STATUS_KINDS[status] end
  if status and status < 400 then return "protocol" end
  return kind_by_words(message) or (status and status < 500 and "invalid") or "server"
end

---What is missing, where the words of an answer tell it: "image", or nil.
function failures.reason_of(message)
  return message:lower():find("no such image", 1, true) and "image" or nil
end

---Whether an engine refuses for want of rights, which better credentials may give.
function failures.is_denial(kind, words)
  return kind == "unauthorized" or kind == "forbidden"
    or words:lower():find("denied", 1, true) ~= nil
end

local CONNECT_REASONS = {
  [1] = "permission", [2] = "missing_socket", [13] = "permission", [20] = "missing_socket",
  [101] = "unreachable", [110] = "unreachable", [111] = "refused", [113] = "unreachable",
}

local CONNECT_TEXTS = {
  missing_socket = "no such socket; is the engine running?",
  permission = "permission denied; may this user use the socket (group docker)?",
  refused = "connection refused; is the engine running and listening there?",
  name = "the host name is not known",
  unreachable = "the host cannot be reached",
}

local function cannot_connect(endpoint, why)
  return ("cannot connect to the engine at %s (from %s): %s"):format(endpoint.name, endpoint.source,
    why)
end

local function connect_reason(failure)
  if failure.code == 6 or failure.code == 5 then return "name" end
  return CONNECT_REASONS[failure.errno] or "unreachable"
end

-- The usual sockets, when nothing was said: all that were looked for, or those that are there
-- beside the chosen one.
local function tried_text(endpoint, reason)
  local paths = {}
  for _, socket in ipairs(endpoint.tried or {}) do
    local is_chosen = socket.path == endpoint.unix
    if reason == "missing_socket" or (socket.exists and not is_chosen) then
      paths[#paths + 1] = socket.path
    end
  end
  if #paths == 0 then return "" end
  local what = reason == "missing_socket" and "looked for" or "there is also"
  return (" (no host or context was given; %s %s)"):format(what, table.concat(paths, ", "))
end

---The error of a connection that could not be made. `endpoint` says where and who chose it.
function failures.of_connect(failure, endpoint, request)
  local reason = connect_reason(failure)
  local message = cannot_connect(endpoint, CONNECT_TEXTS[reason])
  if reason == "unreachable" and failure.message then
    message = ("%s (%s)"):format(message, failure.message)
  end
  return errors.refuse(request, { kind = "connect", reason = reason, phase = "connect",
    message = message .. tried_text(endpoint, reason), endpoint = endpoint.name,
    source = endpoint.source })
end

local WANTS_USER = "it wants a user name and password, or others than given: "
  .. "http://user:password@host:port"

local PROXY_TEXTS = {
  [401] = WANTS_USER, -- of tinyproxy
  [403] = "it does not allow connections there; TLS, exec and attach need its method CONNECT for "
    .. "that port",
  [405] = "it does not allow the method CONNECT, which TLS, exec and attach need",
  [407] = WANTS_USER,
}

---The error of a proxy that does not lead to the engine: `status` is its answer, else `words` say
---why.
function failures.of_proxy(endpoint, request, status, words)
  local why = PROXY_TEXTS[status] or words or "it cannot reach the engine"
  if status then why = ("%s (it answered %d)"):format(why, status) end
  return errors.refuse(request, { kind = "connect", reason = "proxy", phase = "connect",
    message = cannot_connect(endpoint, ("the proxy %s: %s; proxy = false and NO_PROXY go around it")
      :format(endpoint.proxy_name, why)) })
end

-- An engine names itself and its version in every answer; what comes without is the proxy's own.
local PROXY_STATUS = { [401] = true, [403] = true, [500] = true, [502] = true, [503] = true,
  [504] = true }

---Whether the head of an answer is the proxy's own. One for HTTP forwards plain requests; TLS,
---upgrades and SOCKS go through tunnels.
function failures.is_of_proxy(endpoint, request, status, headers)
  local forwards = endpoint.proxy and endpoint.proxy:find "^http:" and not endpoint.encrypted
  if not forwards or request.reply == "upgrade" then return false end
  if status == 407 then return true end
  return PROXY_STATUS[status] ~= nil and headers.server ~= nil and not headers["api-version"]
    and not headers["libpod-api-version"]
end

---The error of plain HTTP that was sent to a port for TLS.
function failures.of_tls_server(endpoint, request)
  return errors.refuse(request, { kind = "tls", reason = "tls_server", phase = "answer",
    message = cannot_connect(endpoint, tls_errors.TLS_SERVER) })
end

---The error of a time limit that passed in `phase`; `words` tell more.
function failures.of_timeout(phase, seconds, endpoint, request, words)
  words = words and words ~= "" and (" (%s)"):format(words) or ""
  local what = request.operation or ((request.method or "") .. " " .. (request.path or ""))
  local name = endpoint.name
  if phase == "connect" then name = ("%s (from %s)"):format(name, endpoint.source) end
  return errors.refuse(request, { kind = "timeout", phase = phase,
    message = ("%s: timeout in phase '%s' after %g seconds, engine %s%s"):format(what, phase,
      seconds, name, words) })
end

local PHASE_TEXTS = {
  send = "while the request was being sent",
  answer = "before the answer came",
  body = "in the middle of the answer",
}

-- libcurl's numbers.
local CODE_KINDS = { [1] = "protocol", [8] = "protocol", [27] = "protocol", [61] = "protocol" }
local IMPOSSIBLE, TIMEOUT, NO_ANSWER = 4, 28, 52

-- Whether the failure is the proxy's. What fails on the way before it has let us through is.
local function is_proxys(failure, endpoint)
  return endpoint.proxy ~= nil and failure.phase == "connect"
end

-- curl's words of a limit, and of the proxy, whose name alone it does not tell.
local function timeout_words(failure, endpoint)
  if not endpoint.proxy then return failure.message end
  return ("%s, proxy %s"):format(failure.message, endpoint.proxy_name)
end

-- A server that expects TLS may end a plain connection without a word, and the alert of one that
-- refuses our certificate may get lost.
local function tls_hint(failure, endpoint)
  if failure.reused or failure.phase == "body" or endpoint.unix then return "" end
  if failure.demanded then return "; it asked for a client certificate, does it accept ours?" end
  return failure.code == NO_ANSWER and not endpoint.encrypted and "; does it expect TLS?" or ""
end

---The error of an exchange that broke. A connection that never came up is `of_connect`.
function failures.of_failure(failure, endpoint, request)
  if failure.code == TIMEOUT then
    return failures.of_timeout("connect", endpoint.connect_timeout or 0, endpoint, request,
      timeout_words(failure, endpoint))
  end
  local reason, why = tls_errors.explain(failure, endpoint)
  if reason then
    return errors.refuse(request, { kind = "tls", reason = reason, phase = failure.phase,
      message = cannot_connect(endpoint, why) })
  elseif is_proxys(failure, endpoint) then
    local status = failure.gateway or 0
    return failures.of_proxy(endpoint, request, status >= 300 and status or nil, failure.message)
  elseif failure.phase == "connect" then
    return failures.of_connect(failure, endpoint, request)
  elseif failure.code == IMPOSSIBLE then
    return errors.refuse(request, { kind = "not_implemented", phase = failure.phase,
      message = ("%s (engine %s)"):format(failure.message, endpoint.name) })
  end
  local kind = CODE_KINDS[failure.code] or "lost"
  local what = kind == "lost" and "lost the connection to" or "cannot understand"
  return errors.refuse(request, { kind = kind, phase = failure.phase,
    message = ("%s the engine at %s %s: %s%s"):format(what, endpoint.name,
      PHASE_TEXTS[failure.phase] or "", failure.message, tls_hint(failure, endpoint)) })
end

return failures
