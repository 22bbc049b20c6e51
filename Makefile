# moondock: build, test, demo. `make help` lists the targets.

LUA ?= lua5.4
BUILD ?= build/$(LUA)
PREFIX ?= /usr/local
CFLAGS ?= -O2 -g
LUA_CFLAGS != pkg-config --cflags $(LUA) 2>/dev/null
CURL_CFLAGS != pkg-config --cflags libcurl 2>/dev/null
# On Linux libcurl is loaded with the first connection; elsewhere, or with LINK_CURL=1, it is linked.
ifneq ($(shell uname -s)$(LINK_CURL),Linux)
CURL_LIBS != pkg-config --libs libcurl 2>/dev/null || echo -lcurl
CURL_CFLAGS += -DMOONDOCK_LINK_CURL
endif
WARN := -std=gnu11 -Wall -Wextra -Werror -fvisibility=hidden
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LUAS := lua5.1 luajit lua5.3 lua5.4

SOURCES := $(wildcard csrc/*.c)
OBJECTS := $(SOURCES:csrc/%.c=$(BUILD)/obj/%.o)
CORE := $(BUILD)/moondock/core.so

all: $(CORE) ## Build the C module into build/

$(CORE): $(OBJECTS)
	@mkdir -p $(@D)
	$(CC) -shared $(CFLAGS) $(LDFLAGS) -o $@ $^ $(CURL_LIBS)

$(BUILD)/obj/%.o: csrc/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(WARN) -fPIC $(CFLAGS) $(LUA_CFLAGS) $(CURL_CFLAGS) -MMD -MP -c -o $@ $<

server: $(BUILD)/server

$(BUILD)/server: spec/core/server.c
	@mkdir -p $(@D)
	$(CC) $(WARN) $(CFLAGS) -pthread -o $@ $<

$(BUILD)/pty: spec/core/pty.c
	@mkdir -p $(@D)
	$(CC) $(WARN) $(CFLAGS) -o $@ $< -lutil

$(BUILD)/forker.so: spec/core/forker.c
	@mkdir -p $(@D)
	$(CC) $(WARN) -shared -fPIC $(CFLAGS) $(LUA_CFLAGS) -o $@ $<

# It runs where no library is. Only live specs need it.
$(BUILD)/plugin: spec/live/plugin.c
	@mkdir -p $(@D)
	$(CC) $(WARN) -O2 -static -o $@ $< || echo "no static C library: no plugin for the live specs"

# What the specs need besides the Lua files.
specs: all server $(BUILD)/pty $(BUILD)/forker.so $(BUILD)/plugin

-include $(OBJECTS:.o=.d)

env: ## Print export lines that make require "moondock" work from any directory
	@echo 'export LUA_PATH="$(CURDIR)/lua/?.lua;$(CURDIR)/lua/?/init.lua;$${LUA_PATH:-;}"'
	@echo 'export LUA_CPATH="$(CURDIR)/$(BUILD)/?.so;$${LUA_CPATH:-;}"'

deps: ## Install what build, engines and tests need (Debian packages)
	@LUA=$(LUA) tools/deps build engine test

build-deps:
	@LUA=$(LUA) tools/deps build

demo: build-deps ## Run the demo, on your engine or on a private one
	@$(MAKE) -s all
	@LUA=$(LUA) BUILD=$(BUILD) tools/demo

test: deps ## Run all specs, on every Lua and on all three engines (ARGS: see tools/test)
	@LUA=$(LUA) tools/test $(ARGS)

asan: deps ## Run the specs under AddressSanitizer and UBSan
	@LUA=$(LUA) MOONDOCK_UNDER=asan tools/test $(ARGS)

valgrind: deps ## Run the specs that need no engine under valgrind
	@LUA=$(LUA) MOONDOCK_UNDER=valgrind tools/test pure $(ARGS)

stress: deps ## Run the specs with the collector at its hardest
	@LUA=$(LUA) LUAS=$(LUA) MOONDOCK_GC_STRESS=1 tools/test pure oldest newest $(ARGS)

# The sanitized core stays mapped, so that reports name its functions.
asan-build: build/unpreload.so
	@$(MAKE) -s BUILD=build/$(LUA)-asan CFLAGS="-O1 -g $(SANITIZE)" LDFLAGS=-Wl,-z,nodelete specs

build/unpreload.so: tools/unpreload.c
	@mkdir -p $(@D)
	$(CC) -shared -fPIC -O2 -o $@ $<

lint: ## luacheck, shell syntax, and C warnings of gcc and clang for every Lua
	luacheck -q lua spec tools examples docs bench rockspec .luacheckrc
	@for script in $$(grep -d skip -lE '^#!.*(bash|/sh)' tools/* .ci/run); do bash -n $$script || exit 1; done
	@for lua in $(LUAS); do for cc in gcc clang; do \
	  echo "$$cc $$lua"; \
	  $(MAKE) -s LUA=$$lua BUILD=build/$$lua-$$cc CC=$$cc CFLAGS=-O2 all || exit 1; \
	done; done
	@echo "gcc $(LUA), libcurl linked"
	@$(MAKE) -s LINK_CURL=1 BUILD=build/$(LUA)-linked CFLAGS=-O2 all

coverage: all ## Check that every operation has a documented method and a spec (ARGS=--list: show them)
	@LUA_CPATH="$(CURDIR)/$(BUILD)/?.so;;" $(LUA) tools/coverage.lua $(ARGS)

.PHONY: coverage

check: lint coverage ## lint, coverage, the operation table where its source is, and test
	@if [ -n "$$ENGINE_API" ]; then lua5.4 tools/schema.lua --check; fi
	@$(MAKE) -s test

schema: ## Rewrite csrc/schema_data.c from the specifications in $ENGINE_API
	lua5.4 tools/schema.lua

types: ## Rewrite lua/moondock/types.lua from the specifications in $ENGINE_API
	lua5.4 tools/types.lua

rockspec: ## Rewrite the lists of files in the rockspec
	lua5.4 tools/rockspec.lua

docs: ## Make the reference and its site (build/docs); fails where a public method is not described
	@command -v cmark-gfm >/dev/null || tools/deps docs
	@lua5.4 tools/docs.lua

bench: all ## Compare with the peers and plain libcurl (ARGS: see bench/run)
	@bench/run $(ARGS)

install: all ## Install under PREFIX (/usr/local), below DESTDIR
	@set -e; version=$$($(LUA) -e 'print((_VERSION:match "%d.%d"))'); \
	share="$(DESTDIR)$(PREFIX)/share/lua/$$version"; lib="$(DESTDIR)$(PREFIX)/lib/lua/$$version"; \
	(cd lua && find moondock -name '*.lua') | while read -r file; do \
	  install -D -m 644 "lua/$$file" "$$share/$$file"; \
	done; \
	install -D -m 755 $(CORE) "$$lib/moondock/core.so"; \
	echo "installed into $$share and $$lib"

clean: ## Remove what was built
	rm -rf build moondock csrc/*.o

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

.PHONY: all server specs env deps build-deps demo test asan valgrind stress asan-build lint check schema types rockspec \
	bench docs install clean help
