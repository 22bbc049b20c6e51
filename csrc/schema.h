/* The operation table: what every call of the Engine API takes, in which
** versions, and how. The data are generated; see tools/schema.lua. */
#ifndef MOONDOCK_SCHEMA_H
#define MOONDOCK_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

/* The type of a value in a body; from TYPE_SHAPE on, a shape. */
enum {
  TYPE_ANY,
  TYPE_BOOLEAN,
  TYPE_INTEGER,
  TYPE_FLOAT,
  TYPE_STRING,
  TYPE_DIGITS, /* a string; an integer is written as one */
  TYPE_WORDS,  /* an array of strings, or one string */
  TYPE_SHAPE
};

enum { SHAPE_OBJECT, SHAPE_MAP, SHAPE_ARRAY };

/* Versions are minor numbers; 0 is "from the first" and "still there". */
typedef struct Field {
  const char *name;
  uint16_t type;
  uint8_t length; /* of the name */
  uint8_t since;
  uint8_t last;
} Field;

typedef struct Shape {
  const char *name;
  const Field *fields; /* sorted by name */
  uint16_t count;
  uint16_t element; /* type of the values of a map or an array */
  uint8_t kind;
} Shape;

enum { PLACE_QUERY, PLACE_HEADER };

/* How a parameter is written. */
enum {
  VALUE_BOOLEAN,   /* 1 or 0 */
  VALUE_INTEGER,
  VALUE_TEXT,
  VALUE_FLAG,      /* a boolean, or text */
  VALUE_LIST,      /* the key is repeated */
  VALUE_FILTERS,   /* {"key":["value"]} */
  VALUE_TIME,      /* seconds and nanoseconds */
  VALUE_TAIL,      /* an integer or "all" */
  VALUE_PLATFORM,  /* os/arch/variant */
  VALUE_JSON,      /* JSON text of `type` */
  VALUE_JSON_LIST  /* the same, the key is repeated */
};

typedef struct Parameter {
  const char *name;
  const char *choices; /* what a text may be, or NULL: anything */
  uint8_t place;
  uint8_t value;
  uint16_t type;
  uint8_t required;
  uint8_t since;
  uint8_t last;
} Parameter;

enum { BODY_NONE, BODY_JSON, BODY_TAR };

enum {
  REPLY_NONE,
  REPLY_OBJECT, /* of JSON, as what follows */
  REPLY_ARRAY,
  REPLY_STRING,
  REPLY_VALUES,
  REPLY_FRAMES,
  REPLY_TAR,
  REPLY_TEXT,
  REPLY_UPGRADE
};

enum {
  OPERATION_UNVERSIONED = 1, /* its path never has a version */
  OPERATION_SLASHES = 2,     /* its path value may have slashes */
  OPERATION_EXTRA = 4        /* real, but in no specification */
};

typedef struct Operation {
  const char *name;
  const char *method;
  const char *path;
  const Parameter *parameters; /* sorted by name */
  uint8_t count;
  uint16_t type; /* of the JSON body */
  uint8_t body;
  uint8_t reply;
  uint8_t flags;
  uint8_t since;
  uint8_t last;
} Operation;

/* What is done with a value that is secret. */
enum {
  SECRET_NAMES = 1,  /* values are masked, names are not */
  SECRET_WHOLE,      /* masked */
  SECRET_CREDENTIAL  /* masked, and not sent in the clear to another machine */
};

/* A field of a shape, a parameter of an operation, or with "" in place of the
** shape a name in answers. A name of "" is the whole body of an operation. */
typedef struct Secret {
  const char *of;
  const char *name;
  uint8_t mark;
} Secret;

extern const Secret moondock_secrets[];
extern const size_t moondock_secret_count;

extern const Shape moondock_shapes[];
extern const Operation moondock_operations[];
extern const size_t moondock_operation_count;

/* The shape that a type is, or NULL for a scalar. */
static inline const Shape *moondock_shape(unsigned type) {
  return type < TYPE_SHAPE ? NULL : &moondock_shapes[type - TYPE_SHAPE];
}

/* The operation, parameter or field of that exact name, or NULL. */
const Operation *moondock_operation(const char *name);
const Parameter *moondock_parameter(const Operation *o, const char *s,
                                    size_t n);
const Field *moondock_field(const Shape *shape, const char *s, size_t n);

/* The field of that name whatever the letter case, as engines read it. */
const Field *moondock_field_any_case(const Shape *shape, const char *s,
                                     size_t n);

#endif
