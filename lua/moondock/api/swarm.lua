-- The swarm that an engine belongs to.

local call = require "moondock.call"
local errors = require "moondock.errors"
local object = require "moondock.object"
local swarm_flags = require "moondock.swarm_flags"
local told = require "moondock.told"
local versioned = require "moondock.versioned"

---The swarm of an engine, of which it may be a manager, a worker, or no member at all.
---@class moondock.Swarm
---@field client moondock.Client
local Swarm = object.collection "Swarm"

---Begin a swarm of which this engine is the first manager. Like `docker swarm init`.
---POST /swarm/init
---A lower-case key is the long flag of `docker swarm init`, one with a capital letter a field of the
---Engine's body.
---@param opts? moondock.SwarmInitOptions
---@return string? node_id, string? message, moondock.Error? err
function Swarm:init(opts)
  return call.run(self.client, "SwarmInit", {}, swarm_flags.init(opts))
end

---Make this engine a node of an existing swarm. Like `docker swarm join`.  POST /swarm/join
---@param remote string|string[]  "address:2377" of a manager, or several
---@param opts moondock.SwarmJoinOptions
---@return true? ok, string? message, moondock.Error? err
function Swarm:join(remote, opts)
  return call.run(self.client, "SwarmJoin", {}, swarm_flags.join(remote, opts))
end

---Leave the swarm; a manager only with `force`. Like `docker swarm leave`.  POST /swarm/leave
---@param opts? { force?: boolean, timeout?: number, dry_run?: boolean }
---@return true? ok, string? message, moondock.Error? err
function Swarm:leave(opts)
  return call.run(self.client, "SwarmLeave", {}, opts)
end

---Everything about the swarm, its join tokens too. Like `docker swarm ca` and `join-token`.
---GET /swarm
---@param opts? moondock.CallOptions
---@return docker.Swarm? details, string? message, moondock.Error? err
function Swarm:inspect(opts)
  return call.run(self.client, "SwarmInspect", {}, opts)
end

local OWN = { timeout = true, raw = true, insecure_credentials = true, rotateWorkerToken = true,
  rotateManagerToken = true, rotateManagerUnlockKey = true }

---Change the swarm: read, change, send, and again from the start when another was faster. Like
---`docker swarm update`.  POST /swarm/update
---@param change moondock.SwarmUpdateOptions|fun(spec: docker.SwarmSpec): docker.SwarmSpec?
---a function changes the spec or returns another, and may be called several times; a table takes
---fields of the Engine too
---@param opts? { rotateWorkerToken?: boolean, rotateManagerToken?: boolean, rotateManagerUnlockKey?: boolean, insecure_credentials?: boolean, timeout?: number, dry_run?: boolean }
---@return true? ok, string? message, moondock.Error? err
function Swarm:update(change, opts)
  local apply, calls = versioned.change(change, opts, swarm_flags.SPEC, OWN)
  return versioned.update(self, { inspect = "SwarmInspect", update = "SwarmUpdate", path = {} },
    apply, calls)
end

local ROTATE = { worker = { rotateWorkerToken = true }, manager = { rotateManagerToken = true } }

---What nodes need to join, perhaps made anew before. Like `docker swarm join-token`.  GET /swarm
---@param opts? { rotate?: "worker"|"manager", timeout?: number, dry_run?: boolean }
---@return docker.JoinTokens? tokens, string? message, moondock.Error? err
function Swarm:tokens(opts)
  opts = errors.check_options("tokens", opts or {}, { rotate = true, timeout = true })
  if opts.rotate ~= nil then
    if not ROTATE[opts.rotate] then errors.blame "option rotate must be 'worker' or 'manager'" end
    local ok, message, err = self:update(ROTATE[opts.rotate], { timeout = opts.timeout })
    if not ok then return nil, message, err end
  end
  local details, message, err = self:inspect { timeout = opts.timeout }
  if not details then return nil, message, err end
  if next(told.object(details.JoinTokens)) ~= nil then return details.JoinTokens end
  return errors.fail { kind = "protocol", operation = "SwarmInspect", detail = details,
    message = "SwarmInspect: the engine did not tell the tokens" }
end

---The key that unlocks managers of a locking swarm after a restart, perhaps made anew before; empty
---where the swarm does not lock. Like `docker swarm unlock-key`.  GET /swarm/unlockkey
---@param opts? { rotate?: boolean, timeout?: number, dry_run?: boolean }
---@return string? key, string? message, moondock.Error? err
function Swarm:unlock_key(opts)
  opts = errors.check_options("unlock_key", opts or {}, { rotate = true, timeout = true })
  if opts.rotate then
    local ok, message, err = self:update({ rotateManagerUnlockKey = true },
      { timeout = opts.timeout })
    if not ok then return nil, message, err end
  end
  local reply, message, err = call.run(self.client, "SwarmUnlockkey", {},
    { timeout = opts.timeout })
  if not reply then return nil, message, err end
  return told.text(reply.UnlockKey) or ""
end

---Unlock this manager after its restart. Like `docker swarm unlock`.  POST /swarm/unlock
---@param key string
---@param opts? { insecure_credentials?: boolean, timeout?: number, dry_run?: boolean }
---@return true? ok, string? message, moondock.Error? err
function Swarm:unlock(key, opts)
  errors.check("key", key, "string")
  return call.run(self.client, "SwarmUnlock", {}, object.with(opts, { UnlockKey = key }))
end

return { Swarm = Swarm }
