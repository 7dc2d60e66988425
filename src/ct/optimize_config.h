/* optimize_config.h: a class of configurations is a row, and so is each of its fields. The rows
 * stand in optimize_classes.c; optimize_config.c makes the objects of them. */
#ifndef MILC_OPTIMIZE_CONFIG_H
#define MILC_OPTIMIZE_CONFIG_H

#include "optimize.h"

/* What a field may hold; O_: None too. */
typedef enum FieldKind {
	F_ANY,
	F_STR,
	F_INT,
	O_INT,
	F_BOOL,
	F_FLOAT,
	O_FLOAT,
	F_DTYPE,
	F_GRANULARITY,
	O_BLOCK, /* a size, or one for each axis */
	O_RATIO, /* a list or tuple */
	O_SIZE,  /* an int from 0 on */
	NO_READ, /* no dictionary can have it */
} FieldKind;

typedef struct Field {
	const char *name;
	FieldKind kind;
	FieldKind read; /* as what a dictionary's value is read */
	const char *text; /* the default: a text, or with NULL: */
	VKind is;
	double number;
} Field;

typedef struct Config Config;
typedef struct ConfigClass {
	HostType type;
	Native make;
	const Field *field;
	uint32_t n;
	bool (*check)(Interp *in, const Value *v, Span at); /* of the fields together */
	void (*finish)(Interp *in, Config *c);              /* once all are there */
	bool (*fill)(Interp *in, const Config *c, Span at, OpCompress *out);
} ConfigClass;
struct Config {
	const ConfigClass *class;
	Value v[MAX_FIELDS];
	DType first_type; /* which nbits and signed are of */
};
extern const ConfigClass config_classes[WORK_COUNT];

static inline bool
is_whole(Value v) /* an int of Python's; a bool is one */
{
	return v.kind == V_INT || v.kind == V_BOOL;
}

static inline int64_t
whole(Value v)
{
	return v.kind == V_BOOL ? v.b : v.i;
}

static inline bool
is_fraction(Value v) /* np.float64 is a float too */
{
	return v.kind == V_FLOAT || (v.kind == V_NPSCALAR && ARRAY_OF(v)->dtype == DT_FP64);
}

static inline double
fraction(Value v)
{
	return v.kind == V_FLOAT ? v.f : nd_f(ARRAY_OF(v), NULL);
}

/* What the rows name. */
BuiltinFn make_config;
int config_getattr(Interp *in, HostObj *self, const Str *name, Value *out);
bool config_setattr(Interp *in, HostObj *self, const Str *name, Value x, Span at);
void config_repr(Interp *in, HostObj *self, Buf *out);
int config_equal(Interp *in, HostObj *a, Value b);
void config_mark(Interp *in, HostObj *self);

#endif
