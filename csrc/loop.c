/* core.loop: everything that waits, behind one descriptor and one step. */
#include "loop.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exchange.h"
#include "supervise.h"

#define EVENTS_PER_STEP 256
#define IDLE_CONNECTIONS 16 /* kept for reuse, beyond those in use */
#define NANOSECONDS 1000000 /* in a millisecond */
#define DEPART_MS 5 /* to wait for a supervisor that has said its last word */

/* The registry key of the one loop of this state. */
static const char LOOP_KEY = 0;

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user,
                     void *unused) {
  Loop *l = user;
  char *owner = NULL;
  (void)unused;
  int mask = 0;
  if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) mask |= POLLER_IN;
  if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) mask |= POLLER_OUT;
  moondock_poller_watch(&l->poller, fd, mask);
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &owner);
  Exchange *x = (Exchange *)(void *)owner;
  if (x == NULL) return 0;
  x->fd = fd;
  if (x->kind->on_watch != NULL) x->kind->on_watch(x, mask);
  return 0;
}

int moondock_loop_on_close(void *user, curl_socket_t fd) {
  Loop *l = user;
  for (Link *at = l->open.next; at != &l->open; at = at->next) {
    Exchange *x = LINK_OWNER(at, Exchange, open);
    if (x->fd == fd && x->kind->on_close != NULL) x->kind->on_close(x);
  }
  return close(fd);
}

static int on_timer(CURLM *multi, long ms, void *user) {
  Loop *l = user;
  (void)multi;
  l->due = POLLER_NEVER;
  if (ms == 0) l->due = 1;
  if (ms > 0) l->due = moondock_poller_now() + (int64_t)ms * NANOSECONDS;
  moondock_loop_arm(l);
  return 0;
}

static int64_t loop_due(const Loop *l) {
  return link_empty(&l->busy) ? l->due : 1;
}

void moondock_loop_arm(Loop *l) {
  if (l->stepping || !l->nested) return;
  int64_t when = loop_due(l);
  if (when == l->armed) return;
  moondock_poller_arm(&l->poller, when);
  l->armed = when;
}

/* curl closes one idle connection when another becomes idle, by the limit of
** that moment. A burst of ends would leave as many connections as it had. */
bool moondock_loop_keeps(Loop *l) {
  return ++l->answers <= IDLE_CONNECTIONS;
}

void moondock_loop_count(Loop *l, int change) {
  l->active += (size_t)change;
  curl_multi_setopt(l->multi, CURLMOPT_MAXCONNECTS,
                    (long)l->active + IDLE_CONNECTIONS);
}

/* Fill an empty loop. 0, or -1 with errno: then it is empty again. */
static int loop_open(Loop *l) {
  l->pid = getpid();
  l->due = l->armed = POLLER_NEVER;
  if (moondock_poller_open(&l->poller) != 0) return -1;
  if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {
    l->multi = curl_multi_init();
    if (l->multi == NULL) curl_global_cleanup();
  }
  if (l->multi == NULL) {
    moondock_poller_close(&l->poller);
    errno = ENOMEM;
    return -1;
  }
  curl_multi_setopt(l->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(l->multi, CURLMOPT_SOCKETDATA, l);
  curl_multi_setopt(l->multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(l->multi, CURLMOPT_TIMERDATA, l);
  curl_multi_setopt(l->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
  moondock_loop_count(l, 0);
  return 0;
}

static void free_watches(Loop *l) {
  free(l->watches);
  l->watches = NULL;
  l->room = 0;
}

int moondock_loop_reserve(Loop *l) {
  size_t needed = l->departing_count + l->active + 1;
  if (needed <= l->departing_room) return 0;
  pid_t *more = realloc(l->departing, 2 * needed * sizeof *more);
  if (more == NULL) return -1;
  l->departing = more;
  l->departing_room = 2 * needed;
  return 0;
}

/* Take those that have ended; wait for the others at most `ms`. */
static void take_departed(Loop *l, int ms) {
  for (;;) {
    for (size_t i = l->departing_count; i-- > 0;) {
      if (!moondock_supervise_reap(l->departing[i])) continue;
      l->departing[i] = l->departing[--l->departing_count];
    }
    if (l->departing_count == 0 || ms-- <= 0) return;
    poll(NULL, 0, 1);
  }
}

void moondock_loop_depart(Loop *l, pid_t pid) {
  if (l->departing_count == l->departing_room) return;
  l->departing[l->departing_count++] = pid;
  take_departed(l, DEPART_MS);
}

static void forget_departing(Loop *l) {
  free(l->departing);
  l->departing = NULL;
  l->departing_count = l->departing_room = 0;
}

/* Release everything; exchanges that are alive lose their loop. */
static void loop_close(Loop *l) {
  while (!link_empty(&l->open)) {
    moondock_exchange_orphan(LINK_OWNER(l->open.next, Exchange, open));
  }
  if (l->multi != NULL) {
    curl_multi_cleanup(l->multi);
    curl_global_cleanup();
  }
  l->multi = NULL;
  moondock_poller_close(&l->poller);
  free_watches(l);
  take_departed(l, 2 * SUPERVISE_GRACE_MS);
  forget_departing(l);
}

/* Leave the parent's connections alone. Closing our copies of the poller's
** descriptors does not unregister anything that the parent watches. */
static void loop_leave(Loop *l) {
  l->multi = NULL;
  free_watches(l);
  forget_departing(l); /* the parent's children */
  moondock_poller_close(&l->poller);
  for (Link *at = l->open.next; at != &l->open; at = at->next) {
    moondock_exchange_forked(LINK_OWNER(at, Exchange, open));
  }
}

void moondock_loop_check(Loop *l) {
  if (l->pid == getpid()) return;
  loop_leave(l);
  loop_open(l);
}

/* A table by descriptor that has a place for `fd`. 0, or -1 with errno. */
static int reserve_watch(Loop *l, int fd) {
  size_t room = l->room ? l->room : 64;
  while (room <= (size_t)fd) room *= 2;
  if (room == l->room) return 0;
  Watch **watches = realloc(l->watches, room * sizeof *watches);
  if (watches == NULL) return -1;
  for (size_t i = l->room; i < room; i++) watches[i] = NULL;
  l->watches = watches;
  l->room = room;
  return 0;
}

int moondock_loop_watch(Loop *l, Watch *w, int what) {
  if (reserve_watch(l, w->fd) != 0) return -1;
  int status = moondock_poller_watch(&l->poller, w->fd, what);
  l->watches[w->fd] = status == 0 && what != 0 ? w : NULL;
  return status;
}

static void run_curl(Loop *l, curl_socket_t fd, int what) {
  int running;
  int mask = (what & POLLER_IN ? CURL_CSELECT_IN : 0) |
             (what & POLLER_OUT ? CURL_CSELECT_OUT : 0) |
             (what & POLLER_ERROR ? CURL_CSELECT_ERR | CURL_CSELECT_IN : 0);
  curl_multi_socket_action(l->multi, fd, mask, &running);
}

/* The deadline is forgotten before curl runs, since it may set the next. */
static void run_due(Loop *l) {
  if (l->due == POLLER_NEVER || l->due > moondock_poller_now()) return;
  l->due = POLLER_NEVER;
  run_curl(l, CURL_SOCKET_TIMEOUT, 0);
}

static void run_event(Loop *l, const PollerEvent *event) {
  if (event->fd == POLLER_TIMER) {
    l->armed = 0; /* it fired: whatever comes next must be set */
    return;
  }
  size_t fd = (size_t)event->fd;
  Watch *w = fd < l->room ? l->watches[fd] : NULL;
  if (w != NULL) {
    w->on_event(w, event->what);
  } else {
    run_curl(l, event->fd, event->what);
  }
}

/* Each exchange that put something off gets one turn. */
static void run_busy(Loop *l) {
  Link turn;
  link_head(&turn);
  while (!link_empty(&l->busy)) {
    Link *first = l->busy.next;
    link_remove(first);
    link_append(&turn, first);
  }
  while (!link_empty(&turn)) {
    Link *first = turn.next;
    link_remove(first);
    Exchange *x = LINK_OWNER(first, Exchange, busy);
    x->kind->on_turn(x);
  }
}

static void read_messages(Loop *l) {
  CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read(l->multi, &left)) != NULL) {
    char *owner = NULL;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &owner);
    Exchange *x = (Exchange *)(void *)owner;
    x->kind->on_done(x, message->data.result);
  }
}

/* How long the poller may wait: at most `ms`, and not past what is due. */
static int wait_time(const Loop *l, int ms) {
  if (!link_empty(&l->ready)) return 0;
  int64_t when = loop_due(l);
  if (when == POLLER_NEVER) return ms;
  int64_t left = when - moondock_poller_now();
  if (left <= 0) return 0;
  left = (left + NANOSECONDS - 1) / NANOSECONDS;
  return ms < 0 || left < ms ? (int)(left < INT_MAX ? left : INT_MAX) : ms;
}

/* Perform what is due, then look whether more came of it. */
static void loop_advance(Loop *l, int ms) {
  PollerEvent events[EVENTS_PER_STEP];
  ms = wait_time(l, ms);
  int n = moondock_poller_wait(&l->poller, events, EVENTS_PER_STEP, ms);
  l->stepping = true;
  l->answers = 0;
  for (int i = 0; i < n; i++) run_event(l, &events[i]);
  run_due(l);
  read_messages(l);
  run_busy(l);
  if (l->departing_count > 0) take_departed(l, 0);
  l->stepping = false;
  moondock_loop_arm(l);
}

Loop *moondock_checkloop(lua_State *L, int i) {
  Loop *l = luaL_checkudata(L, i, MOONDOCK_LOOP);
  moondock_loop_check(l);
  if (l->multi == NULL) luaL_argerror(L, i, "the loop is closed");
  return l;
}

static int loop_step(lua_State *L) {
  Loop *l = moondock_checkloop(L, 1);
  lua_Number ms = luaL_checknumber(L, 2);
  loop_advance(l, ms < INT_MAX ? (int)(ms < 0 ? -1 : ms) : INT_MAX);
  return 0;
}

static int loop_ready(lua_State *L) {
  Loop *l = luaL_checkudata(L, 1, MOONDOCK_LOOP);
  if (link_empty(&l->ready)) return 0;
  Link *first = l->ready.next;
  moondock_pushinteger(L, LINK_OWNER(first, Exchange, ready)->id);
  link_remove(first);
  return 1;
}

static int loop_fd(lua_State *L) {
  Loop *l = moondock_checkloop(L, 1);
  l->nested = true;
  moondock_loop_arm(l);
  lua_pushinteger(L, l->poller.fd);
  return 1;
}

static int loop_active(lua_State *L) {
  Loop *l = luaL_checkudata(L, 1, MOONDOCK_LOOP);
  lua_pushinteger(L, (lua_Integer)l->active);
  return 1;
}

/* In a forked child the parent's connections are left alone here too. */
static int loop_gc(lua_State *L) {
  Loop *l = luaL_checkudata(L, 1, MOONDOCK_LOOP);
  if (l->multi != NULL && l->pid != getpid()) loop_leave(l);
  loop_close(l);
  return 0;
}

/* Push a new, closed loop. [-0, +1, m] */
static Loop *loop_new(lua_State *L) {
  Loop *l = lua_newuserdatauv(L, sizeof *l, 0);
  memset(l, 0, sizeof *l);
  l->poller.fd = l->poller.timer = -1;
  link_head(&l->open);
  link_head(&l->ready);
  link_head(&l->busy);
  luaL_setmetatable(L, MOONDOCK_LOOP);
  return l;
}

static int core_loop(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &LOOP_KEY);
  Loop *l = lua_touserdata(L, -1);
  if (l != NULL) moondock_loop_check(l);
  if (l != NULL && l->multi != NULL) return 1;
  const char *problem = moondock_curl_load();
  if (problem != NULL) return moondock_exchange_refuse(L, problem);
  l = loop_new(L);
  if (loop_open(l) != 0) {
    return moondock_exchange_refuse(L, strerror(errno));
  }
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &LOOP_KEY);
  return 1;
}

static const luaL_Reg METHODS[] = {
  { "step", loop_step },     { "ready", loop_ready }, { "fd", loop_fd },
  { "active", loop_active }, { NULL, NULL },
};

static const luaL_Reg FUNCTIONS[] = {
  { "loop", core_loop },
  { NULL, NULL },
};

void moondock_open_loop(lua_State *L) {
  luaL_setfuncs(L, FUNCTIONS, 0);
  luaL_newmetatable(L, MOONDOCK_LOOP);
  lua_pushcfunction(L, loop_gc);
  lua_setfield(L, -2, "__gc");
  lua_newtable(L);
  luaL_setfuncs(L, METHODS, 0);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}
