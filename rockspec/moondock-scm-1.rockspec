-- Written by tools/rockspec.lua (`make rockspec`): do not edit the lists.
package = "moondock"
version = "scm-1"
source = { url = "git+https://github.com/moondock/moondock.git" }
description = {
  summary = "Docker Engine SDK: containers and images, as functions and objects",
  detailed = "Containers, images, logs, exec and the rest of the Engine API, in C on libcurl.",
  license = "MIT",
}
dependencies = { "lua >= 5.1, < 5.5", "lua-cjson >= 2.1" }
-- Only the library is looked for: the headers lie where the compiler looks, in a
-- folder that depends on the distribution. CURL_DIR names another installation.
external_dependencies = { CURL = { library = "curl" } }
build = {
  type = "builtin",
  modules = {
    ["moondock.core"] = {
      sources = {
        "csrc/advice.c",
        "csrc/body.c",
        "csrc/buffer.c",
        "csrc/exchange.c",
        "csrc/frames.c",
        "csrc/half_close.c",
        "csrc/handshake.c",
        "csrc/head.c",
        "csrc/json_parse.c",
        "csrc/json_put.c",
        "csrc/json_read.c",
        "csrc/json_scan.c",
        "csrc/json_text.c",
        "csrc/json_write.c",
        "csrc/loop.c",
        "csrc/module.c",
        "csrc/operation.c",
        "csrc/options.c",
        "csrc/poller_epoll.c",
        "csrc/query.c",
        "csrc/request.c",
        "csrc/salvage.c",
        "csrc/schema.c",
        "csrc/schema_data.c",
        "csrc/text.c",
        "csrc/time.c",
        "csrc/transfer.c",
        "csrc/upgrade.c",
      },
      libraries = { "curl" },
      incdirs = { "$(CURL_INCDIR)" },
      libdirs = { "$(CURL_LIBDIR)" },
    },
    ["moondock.api.containers"] = "lua/moondock/api/containers.lua",
    ["moondock.api.images"] = "lua/moondock/api/images.lua",
    ["moondock.call"] = "lua/moondock/call.lua",
    ["moondock.client"] = "lua/moondock/client.lua",
    ["moondock.credentials"] = "lua/moondock/credentials.lua",
    ["moondock.endpoint"] = "lua/moondock/endpoint.lua",
    ["moondock.errors"] = "lua/moondock/errors.lua",
    ["moondock.exchange"] = "lua/moondock/exchange.lua",
    ["moondock.flags"] = "lua/moondock/flags.lua",
    ["moondock"] = "lua/moondock/init.lua",
    ["moondock.object"] = "lua/moondock/object.lua",
    ["moondock.output"] = "lua/moondock/output.lua",
    ["moondock.parallel"] = "lua/moondock/parallel.lua",
    ["moondock.ports"] = "lua/moondock/ports.lua",
    ["moondock.reference"] = "lua/moondock/reference.lua",
    ["moondock.run"] = "lua/moondock/run.lua",
    ["moondock.stream"] = "lua/moondock/stream.lua",
    ["moondock.task"] = "lua/moondock/task.lua",
    ["moondock.timers"] = "lua/moondock/timers.lua",
    ["moondock.version"] = "lua/moondock/version.lua",
    ["moondock.words"] = "lua/moondock/words.lua",
  },
}
