/* iter.h: the small objects that value.h leaves open: ranges, slices, and iterators (V_ITER). Each
 * kind of iterator is an IterType; its state is a few Values, which the collector sees, and two
 * numbers. The views of a dict (dict_keys …) are V_ITER objects too: iterable, but no iterators.
 */
#ifndef MILC_ITER_H
#define MILC_ITER_H

#include "interp.h"

/* V_RANGE. step is never 0. */
typedef struct RangeObj {
	Obj obj;
	int64_t start, stop, step;
} RangeObj;

/* V_SLICE. Each is V_NONE where it was left out. */
typedef struct SliceObj {
	Obj obj;
	Value start, stop, step;
} SliceObj;

typedef struct IterObj IterObj;
typedef struct IterType {
	const char *name; /* Python's type name: "zip", "generator", "dict_keys" */
	/* 1 and an item, 0 at the end (and on every later call), -1 failed. May run script code.
	 * 0: a dict's view, of which only value_iter() makes an iterator. */
	int (*next)(Interp *in, IterObj *it, Value *out, Span at);
	void (*mark)(Interp *in, IterObj *it); /* what `data` holds; 0: nothing */
	void (*free)(IterObj *it);             /* of data; 0: nothing */
	const Native *methods;                 /* may be 0 */
} IterType;

#define ITER_STATE 3
struct IterObj {
	Obj obj;
	const IterType *type;
	Value v[ITER_STATE]; /* marked by the collector */
	int64_t i, n;
	void *data;
};

#define ITER_OF(v) ((IterObj *)(v).o)
#define RANGE_OF(v) ((RangeObj *)(v).o)
#define SLICE_OF(v) ((SliceObj *)(v).o)
#define BUILTIN_OF(v) ((BuiltinObj *)(v).o)
#define MODULE_OF(v) ((ModuleObj *)(v).o)
#define BIG_OF(v) ((BigObj *)(v).o) /* work on it with bignum.h */

/* A new iterator with v[0] = first; the maker fills in the rest. An interpreter's lazy generator
 * expression is one of these with its own IterType ("generator"), its frame in data. */
Value viter(Interp *in, const IterType *type, Value first);
Value vrange(Interp *in, int64_t start, int64_t stop, int64_t step);
Value vslice(Interp *in, Value start, Value stop, Value step); /* V_NONE where left out */
int64_t range_len(const RangeObj *r);

#endif
