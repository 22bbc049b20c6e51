/* Time arguments: numbers, RFC 3339 text, "sec.nanos" text and durations before
** now become "sec.nnnnnnnnn". All arithmetic is in integers, so that nothing is
** rounded on any Lua. */
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NANOS 1000000000
#define LAST_SECOND 253402300799 /* 9999-12-31T23:59:59Z */
#define QUOTED 40                /* bytes of a refused text in its message */

typedef struct Time {
  int64_t sec;
  int64_t nanos; /* 0 to NANOS - 1 */
} Time;

/* What is left of the text that is being read. A Lua string ends with a zero,
** which no rule accepts. */
typedef struct Cursor {
  const char *p;
  const char *end;
} Cursor;

#define FORMS                                                             \
  "use seconds since 1970 (a number, or text like \"1700000000.5\"), "    \
  "RFC 3339 with a zone (\"2024-01-31T12:00:00Z\") or a duration before " \
  "now (\"1h30m\"; units h, m, s, ms, us, ns)"

static const char NO_FORM[] = FORMS;
static const char NEGATIVE[] = "it must not be negative; " FORMS;
static const char RANGE[] = "it must lie between the years 1970 and 9999, and "
                            "count seconds (not milliseconds)";
static const char ZONE[] = "a date needs its time of day and its zone: "
                           "\"2024-01-31T12:00:00Z\" or "
                           "\"2024-01-31T12:00:00+02:00\"";
static const char CALENDAR[] = "no such date or time of day";
static const char UNIT[] = "the units of a duration are h, m, s, ms, us and ns "
                           "(\"1h30m\", \"1.5h\", \"500ms\")";
static const char EARLY[] = "the duration reaches back before 1970";

static int is_digit(char c) {
  return c >= '0' && c <= '9';
}

static int take(Cursor *c, char wanted) {
  if (*c->p != wanted) return 0;
  c->p++;
  return 1;
}

/* Read digits as long as the number stays within 15; returns how many. */
static int take_number(Cursor *c, int64_t *n) {
  int count = 0;
  for (*n = 0; is_digit(*c->p) && count < 15; c->p++, count++)
    *n = *n * 10 + (*c->p - '0');
  return count;
}

/* Read exactly `count` digits. */
static int take_digits(Cursor *c, int count, int64_t *n) {
  *n = 0;
  for (; count > 0 && is_digit(*c->p); count--) *n = *n * 10 + (*c->p++ - '0');
  return count == 0;
}

/* Read the digits after a point as billionths; further digits are dropped.
** Returns how many were read. */
static int take_fraction(Cursor *c, int64_t *billionths) {
  int64_t weight = NANOS / 10;
  const char *start = c->p;
  for (*billionths = 0; is_digit(*c->p); c->p++, weight /= 10)
    *billionths += (*c->p - '0') * weight;
  return (int)(c->p - start);
}

/* Read "12" or "12.5" into a whole part and billionths. */
static int take_decimal(Cursor *c, int64_t *whole, int64_t *billionths) {
  *billionths = 0;
  if (take_number(c, whole) == 0) return 0;
  return !take(c, '.') || take_fraction(c, billionths) > 0;
}

static const char *check_range(const Time *t) {
  return t->sec >= 0 && t->sec <= LAST_SECOND ? NULL : RANGE;
}

static int64_t days_in_month(int64_t year, int64_t month) {
  static const char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return days[month - 1] + (month == 2 && leap);
}

/* Days from 1970-01-01; years begin in March, so that the leap day is last. */
static int64_t days_since_epoch(int64_t year, int64_t month, int64_t day) {
  int64_t y = month > 2 ? year : year - 1;
  int64_t m = month > 2 ? month - 3 : month + 9;
  return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 719469;
}

/* Read "Z" or "+hh:mm" as seconds east of Greenwich. */
static const char *take_zone(Cursor *c, int64_t *east) {
  int64_t hours, minutes, sign = *c->p == '-' ? -1 : 1;
  *east = 0;
  if (take(c, 'Z') || take(c, 'z')) return NULL;
  if (!take(c, '+') && !take(c, '-')) return ZONE;
  if (!take_digits(c, 2, &hours) || !take(c, ':')) return ZONE;
  if (!take_digits(c, 2, &minutes)) return ZONE;
  if (hours > 23 || minutes > 59) return CALENDAR;
  *east = sign * (hours * 3600 + minutes * 60);
  return NULL;
}

/* Read "hh:mm:ss" and a fraction. */
static const char *take_clock(Cursor *c, Time *t) {
  int64_t hour, minute, second;
  if (!take_digits(c, 2, &hour) || !take(c, ':')) return ZONE;
  if (!take_digits(c, 2, &minute) || !take(c, ':')) return ZONE;
  if (!take_digits(c, 2, &second)) return ZONE;
  if (hour > 23 || minute > 59 || second > 59) return CALENDAR;
  t->sec = hour * 3600 + minute * 60 + second;
  t->nanos = 0;
  return !take(c, '.') || take_fraction(c, &t->nanos) > 0 ? NULL : NO_FORM;
}

/* Read RFC 3339, of which "yyyy-" has been seen. */
static const char *read_date(Cursor *c, Time *t) {
  int64_t year, month, day, east;
  if (!take_digits(c, 4, &year) || !take(c, '-')) return NO_FORM;
  if (!take_digits(c, 2, &month) || !take(c, '-')) return NO_FORM;
  if (!take_digits(c, 2, &day)) return NO_FORM;
  if (month < 1 || month > 12) return CALENDAR;
  if (day < 1 || day > days_in_month(year, month)) return CALENDAR;
  if (!take(c, 'T') && !take(c, 't') && !take(c, ' ')) return ZONE;
  const char *problem = take_clock(c, t);
  if (problem == NULL) problem = take_zone(c, &east);
  if (problem != NULL) return problem;
  t->sec += days_since_epoch(year, month, day) * 86400 - east;
  return c->p == c->end ? NULL : NO_FORM;
}

/* Read a unit as nanoseconds; 0 when there is none. */
static int64_t take_unit(Cursor *c) {
  static const struct {
    const char *name;
    int64_t nanos;
  } units[] = {
    {"ns", 1},
    {"us", 1000},
    {"\302\265s", 1000}, /* micro sign */
    {"\316\274s", 1000}, /* Greek mu */
    {"ms", 1000000},
    {"s", NANOS},
    {"m", 60 * (int64_t)NANOS},
    {"h", 3600 * (int64_t)NANOS},
  };
  for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
    size_t n = strlen(units[i].name);
    if (strncmp(c->p, units[i].name, n) != 0) continue;
    c->p += n;
    return units[i].nanos;
  }
  return 0;
}

/* Take the duration `whole.billionths` times `unit` from `t`. */
static void step_back(Time *t, int64_t whole, int64_t billionths,
                      int64_t unit) {
  int64_t per_second = unit < NANOS ? NANOS / unit : 1;
  int64_t seconds = unit < NANOS ? whole / per_second : whole * (unit / NANOS);
  int64_t nanos = unit < NANOS ? whole % per_second * unit : 0;
  int64_t part = unit < NANOS ? billionths * unit / NANOS
                              : billionths * (unit / NANOS);
  nanos += part;
  t->sec -= seconds + nanos / NANOS;
  t->nanos -= nanos % NANOS;
  if (t->nanos < 0) {
    t->nanos += NANOS;
    t->sec--;
  }
}

/* Read a duration and take it from `t`. */
static const char *read_duration(Cursor *c, Time *t) {
  while (c->p < c->end) {
    int64_t whole, billionths;
    if (!take_decimal(c, &whole, &billionths)) return UNIT;
    int64_t unit = take_unit(c);
    if (unit == 0) return UNIT;
    step_back(t, whole, billionths, unit);
    if (t->sec < 0) return EARLY;
  }
  return NULL;
}

/* Read "sec" or "sec.nanos", or nothing. */
static int read_seconds(Cursor *c, Time *t) {
  Cursor start = *c;
  if (take_decimal(c, &t->sec, &t->nanos) && c->p == c->end) return 1;
  *c = start;
  return 0;
}

/* Read any text; `t` is now at first. Returns what is wrong, or NULL. */
static const char *read_text(Cursor *c, Time *t) {
  Time now = *t;
  int digits = 0;
  if (*c->p == '-') return NEGATIVE;
  if (read_seconds(c, t)) return check_range(t);
  *t = now;
  while (is_digit(c->p[digits])) digits++;
  if (digits == 0) return NO_FORM;
  if (digits > 15) return RANGE;
  const char *problem =
      c->p[digits] == '-' ? read_date(c, t) : read_duration(c, t);
  return problem ? problem : check_range(t);
}

/* Split a float at its point. The fewest decimals that give the same float
** back are taken, so that 0.1 stays 0.1; the point depends on the locale. */
static void split_number(lua_Number n, Time *t) {
  char text[48];
  for (int decimals = 0; decimals <= 9; decimals++) {
    snprintf(text, sizeof text, "%.*f", decimals, (double)n);
    if (strtod(text, NULL) == (double)n) break;
  }
  Cursor c = {text, text + strlen(text)};
  t->nanos = 0;
  take_number(&c, &t->sec);
  while (c.p < c.end && !is_digit(*c.p)) c.p++;
  take_fraction(&c, &t->nanos);
}

static const char *read_number(lua_Number n, Time *t) {
  if (n != n) return NO_FORM;
  if (n < 0) return NEGATIVE;
  if (n > LAST_SECOND) return RANGE;
  split_number(n, t);
  return check_range(t);
}

/* Read the value at `index`; `t` is now at first. Returns what is wrong, or
** NULL. [-0, +0, m] */
static const char *read_value(lua_State *L, int index, Time *t) {
  if (lua_type(L, index) == LUA_TNUMBER)
    return read_number(lua_tonumber(L, index), t);
  if (lua_type(L, index) != LUA_TSTRING) return NO_FORM;
  size_t n;
  const char *text = lua_tolstring(L, index, &n);
  Cursor c = {text, text + n};
  return read_text(&c, t);
}

/* Push the message for the value at `index`. [-0, +1, m] */
static void push_problem(lua_State *L, int index, const char *problem) {
  char quote[MOONDOCK_QUOTE_ROOM(QUOTED)];
  size_t n;
  if (lua_type(L, index) == LUA_TSTRING) {
    const char *text = lua_tolstring(L, index, &n);
    moondock_quote(quote, text, n, QUOTED);
  } else if (lua_type(L, index) == LUA_TNUMBER) {
    snprintf(quote, sizeof quote, "%.14g", (double)lua_tonumber(L, index));
  } else {
    snprintf(quote, sizeof quote, "(%s)", luaL_typename(L, index));
  }
  lua_pushfstring(L, "invalid time %s: %s", quote, problem);
}

static void wall_clock(Time *t) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  t->sec = now.tv_sec;
  t->nanos = now.tv_nsec;
}

static void print_time(const Time *t, char *text, size_t room) {
  snprintf(text, room, "%lld.%09lld", (long long)t->sec, (long long)t->nanos);
}

int moondock_time_argument(lua_State *L, int index, Buffer *out) {
  char text[48];
  Time t;
  wall_clock(&t);
  const char *problem = read_value(L, index, &t);
  if (problem != NULL) {
    push_problem(L, index, problem);
    return -1;
  }
  print_time(&t, text, sizeof text);
  if (moondock_buffer_append(out, text, strlen(text)) == 0) return 0;
  lua_pushliteral(L, "the buffer is full");
  return -1;
}

static int push_failure(lua_State *L, int index, const char *problem) {
  lua_pushnil(L);
  push_problem(L, index, problem);
  return 2;
}

/* Raise unless the argument is a number or text; a number stays one, where
** luaL_checkstring would make it text and round it. */
static void check_time(lua_State *L, int index) {
  int type = lua_type(L, index);
  luaL_argcheck(L, type == LUA_TNUMBER || type == LUA_TSTRING, index,
                "number or string expected");
}

/* core.time(value, now?) */
int moondock_time(lua_State *L) {
  char text[48];
  Time t;
  check_time(L, 1);
  wall_clock(&t);
  if (!lua_isnoneornil(L, 2)) {
    check_time(L, 2);
    const char *problem = read_value(L, 2, &t);
    if (problem != NULL) return push_failure(L, 2, problem);
  }
  const char *problem = read_value(L, 1, &t);
  if (problem != NULL) return push_failure(L, 1, problem);
  print_time(&t, text, sizeof text);
  lua_pushstring(L, text);
  return 1;
}

/* core.now() */
int moondock_now(lua_State *L) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  lua_pushnumber(L, (lua_Number)now.tv_sec + (lua_Number)now.tv_nsec / NANOS);
  return 1;
}
