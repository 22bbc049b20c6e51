-- Tasks of services: the collection and its handles.

local call = require "moondock.call"
local logs = require "moondock.logs"
local object = require "moondock.object"

---A task, by id: one container that a service wants, with its fate.
---@class moondock.ServiceTask: moondock.Object, docker.Task
---@field id string
local Task = object.handle("Task", "ID")

---Everything the swarm knows about the task. Like `docker inspect --type task`.  GET /tasks/{id}
---@param opts? moondock.CallOptions
---@return docker.Task? details, string? message, moondock.Error? err
function Task:inspect(opts)
  return self:call("TaskInspect", opts)
end

local function has_terminal(self)
  local details, message, err = self:inspect()
  if not details then return nil, message, err end
  local container = type(details.Spec) == "table" and details.Spec.ContainerSpec
  return type(container) == "table" and container.TTY == true
end

---What the task wrote. Like `docker service logs` with a task.  GET /tasks/{id}/logs
---@param opts? { follow?: boolean, stdout?: boolean, stderr?: boolean, since?: number|string, tail?: integer|string, timestamps?: boolean, details?: boolean, timeout?: number, idle_timeout?: number, dry_run?: boolean }
---stdout and stderr are both on unless one is named
---@return moondock.LogStream? logs, string? message, moondock.Error? err
function Task:logs(opts)
  return logs.open(self, "TaskLogs", opts, has_terminal)
end

---The tasks of a swarm.
---@class moondock.Tasks
---@field client moondock.Client
local Tasks = object.collection "Tasks"

---List tasks, past ones too. One request. Like `docker service ps` and `docker node ps`.  GET /tasks
---@param opts? { filters?: moondock.Filters, timeout?: number, dry_run?: boolean }  filters: service, node, name, id, label, desired-state
---@return moondock.ServiceTask[]? list, string? message, moondock.Error? err
function Tasks:list(opts)
  local records, message, err = object.list_of(call.run(self.client, "TaskList", {}, opts))
  if not records then return nil, message, err end
  return object.bind_all(Task, self.client, records)
end

---A handle by id; nothing is sent.
---@param id string
---@return moondock.ServiceTask
function Tasks:get(id)
  return object.get(Task, self.client, id)
end

return { Task = Task, Tasks = Tasks }
