/* record.h: what describes inputs and outputs in a script: objects that are their attributes, and
 * which attribute stands where.
 */
#ifndef MILC_RECORD_H
#define MILC_RECORD_H

#include "bind.h"

typedef struct RecordDef {
	HostType type;
	const char *const *field; /* ended by 0 */
	bool fixed; /* they cannot be set */
} RecordDef;
typedef struct Record {
	Span span; /* of the call that made it */
	Value at[];
} Record;
#define RECORD(class, fields, fixed, ...)                                                          \
	{{.name = class, .module = "coremltools.converters.mil.input_types",                       \
	  .setattr = record_setattr, .mark = record_mark, __VA_ARGS__}, fields, fixed}

Value record_new(Interp *in, const RecordDef *def, Span at); /* all attributes None */
int record_getattr(Interp *in, HostObj *self, const Str *name, Value *out);
bool record_setattr(Interp *in, HostObj *self, const Str *name, Value v, Span at);
void record_mark(Interp *in, HostObj *self);
static inline Record *
record_of(Value v)
{
	return HOST_OF(v)->data;
}
static inline bool
is_record(Value v, const RecordDef *def)
{
	return is_host(v, &def->type);
}

/* ---- shapes.c ---- */
extern const RecordDef range_def, shape_def, enumerated_def;
enum { RANGE_LOWER, RANGE_UPPER, RANGE_DEFAULT, RANGE_SYMBOL };
enum { SHAPE_SHAPE, SHAPE_SYMBOLIC, SHAPE_DEFAULT };
enum { ENUM_SHAPES, ENUM_SYMBOLIC, ENUM_DEFAULT };
/* What stands for a shape as ct.Shape or ct.EnumeratedShapes. */
bool shape_from(Interp *in, Value v, Span at, Value *out);
bool shape_is_symbolic(Value shape); /* a ct.Shape */

/* ---- inputs.c ---- */
extern const RecordDef tensor_def, image_def, state_def, classifier_def;
/* What all but the last begin with, */
enum { FEATURE_NAME, FEATURE_SHAPE, FEATURE_DTYPE };
/* and what else each has. */
enum { TENSOR_DEFAULT = FEATURE_DTYPE + 1 };
enum {
	IMAGE_SCALE = FEATURE_DTYPE + 1,
	IMAGE_COLOR,
	IMAGE_BIAS,
	IMAGE_FIRST,
	IMAGE_UINT8,
};
/* The default_value of a ct.TensorType, which a script may have changed since. */
bool tensor_default(Interp *in, const Record *r, InputSpec *s);
enum { STATE_WRAPPED = FEATURE_DTYPE + 1 };
enum { CLASS_LABELS, CLASS_FEATURE, CLASS_PROBS };

#endif
