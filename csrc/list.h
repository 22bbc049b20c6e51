/* An intrusive list: the links live inside the things that are listed, so
** that adding and removing never allocates and never fails. */
#ifndef MOONDOCK_LIST_H
#define MOONDOCK_LIST_H

#include <stdbool.h>
#include <stddef.h>

typedef struct Link {
  struct Link *next; /* NULL while in no list */
  struct Link *prev;
} Link;

/* The thing that holds `link` as its field `field`. */
#define LINK_OWNER(link, type, field) \
  ((type *)(void *)((char *)(link) - offsetof(type, field)))

static inline void link_head(Link *head) {
  head->next = head->prev = head;
}

static inline bool link_empty(const Link *head) {
  return head->next == head;
}

/* Put `link` last, unless it is in a list already. */
static inline void link_append(Link *head, Link *link) {
  if (link->next != NULL) return;
  link->next = head;
  link->prev = head->prev;
  head->prev->next = link;
  head->prev = link;
}

/* Take `link` out of its list, if it is in one. */
static inline void link_remove(Link *link) {
  if (link->next == NULL) return;
  link->prev->next = link->next;
  link->next->prev = link->prev;
  link->next = link->prev = NULL;
}

#endif
