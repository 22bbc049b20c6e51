-- A stream in both directions: what runs in a container, with its input and its output.

local errors = require "moondock.errors"
local interact = require "moondock.interact"
local sources = require "moondock.sources"
local stream = require "moondock.stream"
local task = require "moondock.task"

-- The engine notices an end a little after its output ended.
local EXIT_SECONDS = 10 -- busy engines notice an end late
local RESIZE_SECONDS = 10
local DETACH_KEYS = "ctrl-p,ctrl-q"
local END_OF_FILE = "\4" -- Ctrl-D
local PAUSE_SHORTEST, PAUSE_LONGEST = 0.005, 0.2

---A process and its terminal or its pipes. It reads like a log, `source, bytes`, and can be written
---to meanwhile: one task may read while another writes.
---@class moondock.Duplex: moondock.LogStream
---@field tty boolean  a terminal: all output has the source "tty"
local Duplex = stream.class("moondock.Duplex", stream.LogStream)

-- What writing gives when nobody will read it.
local function not_taken(self)
  if self.outcome and self.outcome ~= "complete" then return stream.after_end(self) end
  return errors.refuse(self.exchange.request, { kind = "lost", phase = "send",
    message = "the other end takes no more input" })
end

local function check_input(self)
  if not self.input then
    errors.blame("this stream has no input: "
      .. "make the exec with interactive = true, attach with stdin = true")
  end
end

---Send bytes; waits until all of them were accepted. What is sent may still be on its way then. When
---the process takes no more input that is an error of kind `lost`, and its output can still be read.
---A program without tasks that writes much and reads nothing waits for ever, as soon as the process
---waits to be read: give `stdin` instead, or write in a task of its own.
---@param bytes string
---@return true? ok, string? message, moondock.Error? err
function Duplex:write(bytes)
  errors.check("what is written", bytes, "string")
  check_input(self)
  if self.input_ended then errors.blame("the input of this stream was ended by close_write") end
  if self.outcome then return not_taken(self) end
  local ok, message, err = self.exchange:write(bytes)
  if ok then return true end
  if ok == false then return not_taken(self) end
  return stream.fail(self, message, err)
end

---End the input, and go on reading. Safe to call twice. The process sees the end of its standard
---input. A terminal has no such end, and the engine would end its output as well: write "\4" (Ctrl-D)
---to it instead.
---@return true
function Duplex:close_write()
  check_input(self)
  self.input_ended = true
  if not self.outcome then self.exchange:finish() end
  return true
end

-- Ask until the process has ended, or `deadline` has passed.
local function await_exit(self, deadline, limits)
  local pause = PAUSE_SHORTEST
  while true do
    local code, message, err = self.ask(limits)
    if code then return code end
    if message then return nil, message, err end
    if deadline and task.now() + pause > deadline then return nil end
    task.sleep(pause)
    pause = math.min(pause * 2, PAUSE_LONGEST)
  end
end

---The exit code of the process; nil alone while it runs. Once the output has ended, the engine is
---given a moment to notice the end. A process may close its output and go on.
---@param opts? { timeout?: number }  timeout: seconds, 10 unless given
---@return integer? code, string? message, moondock.Error? err
function Duplex:exit_code(opts)
  local timeout = opts and errors.check("option timeout", opts.timeout, "number or nil")
    or EXIT_SECONDS
  local patient = self.outcome == "complete"
  local deadline = task.now() + timeout
  return await_exit(self, patient and deadline or task.now(), { deadline = deadline,
    total = timeout })
end

---Set the size of the terminal at the other end, in characters.
---@param rows integer
---@param columns integer
---@return true? ok, string? message, moondock.Error? err
function Duplex:resize(rows, columns)
  return self.set_size { h = rows, w = columns, timeout = RESIZE_SECONDS }
end

---Give the stream to the person at this program's terminal, until it ends: keys go there, output
---comes here, and a terminal at the other end gets the size of this one, also when that changes.
---Between two terminals this one is raw meanwhile, so that Ctrl-C goes there too; however the program
---ends, it gets its settings back. Without a terminal, standard input is sent to its end. The detach
---keys close the stream and leave the process running.
---@param opts? { detach_keys?: string }  "ctrl-p,ctrl-q" unless given, "" for none
---@return true? ok, string? message, moondock.Error? err
function Duplex:interact(opts)
  opts = errors.check_options("interact", opts or {}, { detach_keys = true })
  local keys = errors.check("option detach_keys", opts.detach_keys or DETACH_KEYS, "string")
  return interact(self, keys)
end

-- What stands for the end of a terminal's input, after a last line that may have no end.
local function end_of_file(last)
  return last == "\n" and END_OF_FILE or END_OF_FILE .. END_OF_FILE
end

-- A source as a person would type it. To end a terminal's input by half would end its output too.
local function typed(source)
  local last, over = "\n", false
  return function()
    if over then return nil end
    local bytes, message, err = source()
    if message then return nil, message, err end
    if bytes and bytes ~= "" then last = bytes:sub(-1) end
    over = bytes == nil
    return bytes or end_of_file(last)
  end
end

local duplex = { Duplex = Duplex, await_exit = await_exit }

---Make an accepted answer a duplex stream.
---@param answer moondock.Exchange
---@param more { tty: boolean, input: boolean, source?: function, only?: string, ask: function, resize: function }
---source: gives the input while the stream is read; only: the output that was asked for, where the
---engine may send both; ask: a function of limits that returns the exit
---code, nil while there is none; resize: a function of rows and columns
---@return moondock.Duplex
function duplex.new(answer, more)
  local self = stream.logs(answer, more.tty)
  self.tty, self.input = more.tty, more.input and not more.source
  self.ask, self.set_size, self.only = more.ask, more.resize, more.only
  answer.request.upload = more.source and more.tty and typed(more.source) or more.source
  answer.request.keep_open = more.tty
  return setmetatable(self, Duplex)
end

---What an option `stdin` asks for: whether there is input, and where it comes from, if not from
---`write`.
---@return boolean input, function? source
function duplex.input(value)
  if value == nil or type(value) == "boolean" then return value == true end
  return true, (sources.of("stdin", value))
end

return duplex
