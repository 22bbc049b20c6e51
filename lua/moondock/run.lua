-- Run a command in a container and return how it ended, with nothing lost and nothing left behind.
--
-- The order is what makes it right: the output is attached and the wait for the exit is registered
-- before the start, so that neither a quick process nor its removal can get ahead of us.

local call = require "moondock.call"
local capture = require "moondock.capture"
local duplex = require "moondock.duplex"
local errors = require "moondock.errors"
local flags = require "moondock.flags"
local mac_address = require "moondock.mac_address"
local object = require "moondock.object"
local recover = require "moondock.recover"
local remove = require "moondock.removal"
local sources = require "moondock.sources"
local task = require "moondock.task"
local told = require "moondock.told"
local values = require "moondock.flag_values"

local CLEANUP_SECONDS = 20
local UNSEEN_PAUSES = { 0.1, 0.2, 0.4, 0.8, 1.6 } -- seconds; a busy engine takes that long to create
local FIRST_LOOK, LAST_LOOK = 0.5, 30

local OWN = { detach = true, remove = true, pull = true, stdin = true, on_output = true,
  on_progress = true,
  timeout = true, check = true, auth = true, insecure_credentials = true, output_limit = true }

local PULLS = { missing = true, always = true, never = true }

---@class moondock.Result
---@field exit_code integer
---@field stdout string  of a terminal, all output
---@field stderr string
---@field duration number  seconds from the start to the exit
---@field oom_killed boolean  the kernel killed it for want of memory
---@field id string  the container's
---@field removed boolean
---@field truncated boolean  output in the middle was dropped, it was longer than output_limit

local function check_own(own)
  capture.check(own)
  for _, name in ipairs { "detach", "remove" } do
    if own[name] ~= nil then errors.check("option " .. name, own[name], "boolean") end
  end
  if own.on_progress ~= nil then
    errors.check("option on_progress", own.on_progress, "function")
  end
  if own.pull ~= nil and not PULLS[own.pull] then
    errors.blame(("option pull must be missing, always or never, not '%s'"):format(
      tostring(own.pull)))
  end
end

local names = 0

-- A name that nobody else has: by it a container is found whose create was never answered.
local function unique_name()
  names = names + 1
  local address = tostring({}):match("%x+$")
  local microseconds = math.floor(task.now() * 1e6 % 1e9)
  return ("moondock-%d-%s-%d-%d"):format(os.time(), address, microseconds, names)
end

-- The arguments in either form, as image, command, options of ours and options of the create call.
local function arguments(image, command, opts)
  image = values.id_of(image)
  if type(image) == "table" and command == nil and opts == nil then
    opts = image
    image, command = opts.image, opts.command
  end
  local own, theirs = object.split(opts, OWN)
  check_own(own)
  return image, command, own, theirs
end

local function pull(self)
  return self.client.images:pull(self.image, {
    platform = self.platform, auth = self.own.auth,
      insecure_credentials = self.own.insecure_credentials,
    on_progress = self.own.on_progress, timeout = self:remaining(),
  })
end

local function create(self)
  local ok, message, err = mac_address.complete(self.client, self.wire, self.limits)
  if not ok then return nil, message, err end
  return call.run(self.client, "ContainerCreate", {}, self.wire, { limits = self.limits })
end

-- Whether an engine that lacks an image means that of a mount.
local function is_of_mount(self, message)
  for _, mount in ipairs(told.objects(told.object(self.wire.body.HostConfig).Mounts)) do
    local source = mount.Type == "image" and mount.Source
    if source and source ~= self.image and message:find(source, 1, true) then return true end
  end
  return false
end

local function lacks_image(self, err)
  return err.kind == "not_found" and err.reason == "image" and not is_of_mount(self, err.message)
end

-- Create the container, pulling its image where it is missing.
local function create_with_image(self)
  local policy = self.own.pull or "missing"
  if policy == "always" then
    local image, message, err = pull(self)
    if not image then return nil, message, err end
  end
  local created, message, err = create(self)
  if created or policy == "never" or not lacks_image(self, err) then
    return created, message, err
  end
  local image
  image, message, err = pull(self)
  if not image then return nil, message, err end
  return create(self)
end

local function open(self, operation, opts)
  return call.open(self.client, operation, { self.id }, opts, { limits = self.limits })
end

local function start(self)
  local started, message, err = call.run(self.client, "ContainerStart", { self.id }, {},
    { limits = self.limits })
  if started then self.started = task.now() end
  return started, message, err
end

-- Register the output and the exit, and only then start.
local function begin(self)
  local message, err
  self.attached, message, err = open(self, "ContainerAttach",
    { stream = true, stdout = true, stderr = true,
    stdin = self.source and true or nil })
  if not self.attached then return nil, message, err end
  self.waiting, message, err = open(self, "ContainerWait", { condition = "next-exit" })
  if not self.waiting then return nil, message, err end
  return start(self)
end

-- Take the output to its end, feeding the input meanwhile.
local function drain(self)
  return self.output:drain(duplex.new(self.attached, { tty = self.tty, source = self.source }))
end

-- The exit code of a container that has ended, nil of one that runs.
local function code_of_ended(self)
  local details = call.run(self.client, "ContainerInspect", { self.id }, {},
    { limits = self.limits })
  local state = told.object(details and details.State)
  return state.Running == false and state.Status == "exited" and told.integer(state.ExitCode) or nil
end

-- The wait tells when the container ended. Podman's does not when that was too quick for it, so we
-- look for ourselves from time to time.
local function read_exit(self)
  local pause = FIRST_LOOK
  while not self.waiting:settle(task.now() + pause) do
    local code = code_of_ended(self)
    if code then
      self.duration = task.now() - self.started
      return code
    end
    pause = math.min(pause * 2, LAST_LOOK)
  end
  local reply, message, err = call.value(self.waiting)
  if not reply then return nil, message, err end
  reply, message, err = call.exit_of(reply)
  if not reply then return nil, message, err end
  self.duration = task.now() - self.started
  return reply.StatusCode
end

-- What the ended container says of itself, and what the attached connection missed.
local function look_back(self)
  local details = call.run(self.client, "ContainerInspect", { self.id }, {},
    { limits = self.limits })
  if not details then return end
  self.oom_killed = told.object(details.State).OOMKilled == true
  recover(self, details)
end

-- What is known so far, in the form of a result.
local function result_of(self)
  return self.output:into {
    exit_code = self.exit_code, duration = self.duration, id = self.id,
    oom_killed = self.oom_killed or false, removed = self.removed or false,
  }
end

local function perform(self)
  local ok, message, err = begin(self)
  if not ok then return nil, message, err end
  ok, message, err = drain(self)
  if not ok then return nil, message, err end
  self.exit_code, message, err = read_exit(self)
  if not self.exit_code then return nil, message, err end
  look_back(self)
  return true
end

-- Remove the container, with time of its own: a deadline that has passed must not leave it behind.
-- One that is to be kept is at least not left running when the run failed.
local function clean_up(self, failed)
  for _, exchange in ipairs { self.attached or false, self.waiting or false } do
    if exchange then exchange:close() end
  end
  local reserve = { timeout = CLEANUP_SECONDS }
  if self.own.remove ~= false or (failed and not self.started) then
    local done, _, err = remove(self.client, self.id, { force = true, v = true,
      timeout = CLEANUP_SECONDS })
    self.removed = (done or err.kind == "not_found") and true or false
    self.gone = done ~= nil
  elseif failed then
    call.run(self.client, "ContainerKill", { self.id }, reserve)
  end
end

local function run_attached(self)
  local fine, ok, message, err = task.pcall(perform, self)
  task.shield(clean_up, self, not (fine and ok))
  if not fine then error(ok, 0) end
  local command = { operation = "run", name = self.image, check = self.own.check,
    request = { operation = "ContainerCreate", body = self.wire.body } }
  return capture.judge(command, result_of(self), ok, message, err)
end

-- A create that was cancelled, cut or late may still have made the container, under our own name.
-- Podman may go on making what it has just removed, so it is asked once more.
local function remove_unseen(self)
  self.id = self.wire.name
  local removed, limit = nil, task.now() + CLEANUP_SECONDS
  for _, pause in ipairs(UNSEEN_PAUSES) do
    clean_up(self, true)
    if (removed and not self.gone) or task.now() > limit then return end
    removed = removed or self.gone
    task.sleep(pause)
  end
  clean_up(self, true)
end

local UNHEARD = { timeout = true, lost = true, cancelled = true }

-- Whether the engine may have done what we did not hear of. Ctrl-C raises a string of its own.
local function is_unheard(err)
  if errors.is(err) then return UNHEARD[err.kind] end
  return type(err) == "string" and err:find("interrupted!", 1, true) ~= nil
end

-- Create the container; nothing is left of it when its id was not heard.
local function create_surely(self)
  local fine, created, message, err = task.pcall(create_with_image, self)
  if fine and created then
    created, message, err = call.with_id("ContainerCreate", created, "Id")
    if not created then return nil, message, err end
    self.id = created.Id
    return created
  end
  if not fine then err = created end
  if self.own_name and is_unheard(err) then task.shield(remove_unseen, self) end
  if not fine then error(err, 0) end
  return nil, message, err
end

local function run_detached(self)
  local ok, message, err = start(self)
  if not ok then
    task.shield(clean_up, self, true)
    return nil, message, err
  end
  return self.client.containers:get(self.id)
end

local function check_detached(body, own)
  capture.check_detached(own)
  if body.AttachStdin and not body.OpenStdin or body.AttachStdout or body.AttachStderr then
    errors.blame "option attach conflicts with detach"
  end
  local policy = (body.HostConfig or {}).RestartPolicy
  if own.remove and policy and policy.Name ~= "no" and policy.Name ~= "" then
    errors.blame("option remove conflicts with restart: a container is removed, or started again")
  end
end

-- What the body needs for what we are about to do.
local function complete_body(body, own)
  if own.detach then
    check_detached(body, own)
    body.AttachStdin, body.StdinOnce = nil, nil
    if own.remove then body.HostConfig = object.with(body.HostConfig, { AutoRemove = true }) end
    return
  end
  body.AttachStdout, body.AttachStderr = true, true
  if own.stdin ~= nil then
    -- Without StdinOnce the end of our input would close the output, not the container's input.
    body.AttachStdin, body.OpenStdin, body.StdinOnce = true, true, true
  end
end

local Run = {}
Run.__index = Run

-- Seconds that are left of the whole, or nil where there is no limit.
function Run:remaining()
  return self.limits.deadline and math.max(0, self.limits.deadline - task.now())
end

---Run a command in a new container and wait for it. Like `docker run --rm`. A lower-case key is the
---long flag of `docker run`, one with a capital letter a field of the Engine's create body. The
---container is removed unless `remove = false`; with `detach = true` it is returned running, and
---stays.
---@param client moondock.Client
---@param image string|moondock.Image|moondock.RunOptions  or one table with everything by name
---@param command? string[]|string
---@param opts? moondock.RunOptions  timeout bounds the whole
---@return moondock.Result|moondock.Container|nil result, string? message, moondock.Error? err
local function run(client, image, command, opts)
  local own, theirs
  image, command, own, theirs = arguments(image, command, opts)
  local self = setmetatable({ client = client, own = own,
    limits = call.limits(client, "ContainerWait", { timeout = own.timeout }),
    output = capture.new(own) }, Run)
  self.wire = flags.create(image, command, theirs, OWN)
  local created, message, err = require("moondock.config_proxies").complete(client, self.wire)
  if not created then return nil, message, err end
  local body = self.wire.body
  complete_body(body, own)
  self.image, self.platform, self.tty = body.Image, self.wire.platform, body.Tty == true
  self.source = own.stdin ~= nil and sources.of("stdin", own.stdin) or nil
  if not self.wire.name and not own.detach then
    self.wire.name, self.own_name = unique_name(), true
  end
  created, message, err = create_surely(self)
  if not created then return nil, message, err end
  if own.detach then return run_detached(self) end
  return run_attached(self)
end

return run
