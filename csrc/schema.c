/* Look-ups in the operation table of schema.h. */
#include "schema.h"

#include <string.h>
#include <strings.h>

const Operation *moondock_operation(const char *name) {
  size_t low = 0, high = moondock_operation_count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    int order = strcmp(name, moondock_operations[middle].name);
    if (order == 0) return &moondock_operations[middle];
    if (order < 0) high = middle;
    else low = middle + 1;
  }
  return NULL;
}

const Parameter *moondock_parameter(const Operation *o, const char *s,
                                    size_t n) {
  for (unsigned i = 0; i < o->count; i++) {
    const char *name = o->parameters[i].name;
    if (strncmp(name, s, n) == 0 && name[n] == '\0') return &o->parameters[i];
  }
  return NULL;
}

/* memcmp, and the shorter one first. */
static int compare(const char *s, size_t n, const Field *f) {
  int order = memcmp(s, f->name, n < f->length ? n : f->length);
  if (order != 0) return order;
  return n < f->length ? -1 : n > f->length;
}

const Field *moondock_field(const Shape *shape, const char *s, size_t n) {
  size_t low = 0, high = shape->count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    int order = compare(s, n, &shape->fields[middle]);
    if (order == 0) return &shape->fields[middle];
    if (order < 0) high = middle;
    else low = middle + 1;
  }
  return NULL;
}

const Field *moondock_field_any_case(const Shape *shape, const char *s,
                                     size_t n) {
  for (unsigned i = 0; i < shape->count; i++) {
    const Field *f = &shape->fields[i];
    if (f->length == n && strncasecmp(f->name, s, n) == 0) return f;
  }
  return NULL;
}
