# moondock: build, test, demo. `make help` lists the targets.

LUA ?= lua5.4
BUILD ?= build/$(LUA)
CFLAGS ?= -O2 -g
LUA_CFLAGS != pkg-config --cflags $(LUA) 2>/dev/null
CURL_CFLAGS != pkg-config --cflags libcurl 2>/dev/null
CURL_LIBS != pkg-config --libs libcurl 2>/dev/null || echo -lcurl
WARN := -std=gnu11 -Wall -Wextra -Werror -fvisibility=hidden

SOURCES := $(wildcard csrc/*.c)
OBJECTS := $(SOURCES:csrc/%.c=$(BUILD)/obj/%.o)
CORE := $(BUILD)/moondock/core.so

all: $(CORE) ## Build the C module into build/

$(CORE): $(OBJECTS)
	@mkdir -p $(@D)
	$(CC) -shared $(CFLAGS) $(LDFLAGS) -o $@ $^ $(CURL_LIBS)

$(BUILD)/obj/%.o: csrc/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(WARN) -fPIC $(CFLAGS) $(LUA_CFLAGS) $(CURL_CFLAGS) -MMD -c -o $@ $<

server: $(BUILD)/server ## Build the scripted server that the core specs talk to

$(BUILD)/server: spec/core/server.c
	@mkdir -p $(@D)
	$(CC) $(WARN) $(CFLAGS) -pthread -o $@ $<

-include $(OBJECTS:.o=.d)

env: ## Print export lines that make require "moondock" work from any directory
	@echo 'export LUA_PATH="$(CURDIR)/lua/?.lua;$(CURDIR)/lua/?/init.lua;$${LUA_PATH:-;}"'
	@echo 'export LUA_CPATH="$(CURDIR)/$(BUILD)/?.so;$${LUA_CPATH:-;}"'

schema: ## Rewrite csrc/schema_data.c from the specifications in $ENGINE_API
	lua5.4 tools/schema.lua

clean: ## Remove what was built
	rm -rf build

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

.PHONY: all env schema clean help
.PHONY: all server env clean help
