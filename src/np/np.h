/* np.h: what the values' core asks of NumPy (np*.c). All take V_ARRAY, V_NPSCALAR or V_DTYPE values
 * where it says "np value"; functions that can fail return false after they have reported.
 *
 * "false/-1 after reporting, with Python's facts": "the truth value of an array with 4 elements is
 * ambiguous …", and so on.
 */
#ifndef MILC_NP_H
#define MILC_NP_H

#include "syntax/ops_enum.h"
#include "script/value.h"

static inline bool
is_np(Value v)
{
	return v.kind == V_ARRAY || v.kind == V_NPSCALAR;
}

/* At least one of a, b is an array or a NumPy scalar; the other may be anything, and so the
 * function itself reports operands that NumPy does not take. Host objects were refused before. */
bool np_binary(Interp *in, BinOp op, Value a, Value b, Value *out, Span at);
/* a op= b. An array a changes in place (*out is a itself); a NumPy scalar a, or a that is not
 * NumPy's (a list += an array), gives a new value. */
bool np_inplace(Interp *in, BinOp op, Value a, Value b, Value *out, Span at);
bool np_compare(Interp *in, CmpOp op, Value a, Value b, Value *out, Span at);
bool np_unary(Interp *in, UnOp op, Value a, Value *out, Span at);
/* abs(), round(x, ndigits) (ndigits V_UNSET if absent), divmod(): builtins on np values. */
bool np_abs(Interp *in, Value a, Value *out, Span at);
bool np_round(Interp *in, Value a, Value ndigits, Value *out, Span at);

/* An np value's attributes and methods. 1 found, 0 no such attribute (the caller reports it, with
 * the near names of np_attr_names), -1 failed. */
int np_getattr(Interp *in, Value a, const Str *name, Value *out, Span at);
bool np_setattr(Interp *in, Value a, const Str *name, Value x, Span at); /* .shape = … */
const char *const *np_attr_names(Value a, size_t *n); /* also for V_DTYPE */
/* "np.random" where that has `name` in NumPy but not here; 0 where nothing has. */
const char *np_lacks(Value v, const char *name);
bool np_getitem(Interp *in, Value a, Value key, Value *out, Span at);
bool np_setitem(Interp *in, Value a, Value key, Value x, Span at);

bool np_truth(Interp *in, Value a, bool *out, Span at);
bool np_len(Interp *in, Value a, int64_t *out, Span at); /* "len() of unsized object" */
/* Item i of the first axis. The caller has checked 0 <= i < np_len. */
bool np_iter_item(Interp *in, Value a, int64_t i, Value *out, Span at);
bool np_contains(Interp *in, Value a, Value item, bool *out, Span at);
/* Equality as a container needs it (list ==, in, dict keys): np_compare(EQ) and its truth. At least
 * one side is an np value or a dtype. */
bool np_equal(Interp *in, Value a, Value b, bool *out);

void np_str(Interp *in, Value a, Buf *out);  /* print(a), "%s" */
void np_repr(Interp *in, Value a, Buf *out); /* array([…]), np.float64(0.1), np.True_ */
/* format(a, spec), also for an empty spec: a scalar's is that of its Python number;
 * float_format and int_format of format.h serve it. */
bool np_format(Interp *in, Value a, const char *spec, size_t n, Buf *out, Span at);

/* __index__ : integer scalars and rank-0 integer arrays (and bool ones where NumPy allows it).
 * 1 done, 0 it has none (the caller reports), -1 failed. The result may be a V_BIG (uint64). */
int np_index(Interp *in, Value a, Value *out, Span at);
/* int(a) (truncates floats) and float(a): 1 done, 0 not convertible, -1 failed. */
int np_int(Interp *in, Value a, Value *out, Span at);
int np_float(Interp *in, Value a, double *out, Span at);
/* The Python number or bool that a scalar or rank-0 array holds (.item()). */
bool np_item(Interp *in, Value a, Value *out, Span at);

/* V_DTYPE values: np.float32(3), np.float32.__name__, dtype.name / kind / itemsize / type. */
bool np_dtype_call(Interp *in, DType t, const Args *args, Value *out);
int np_dtype_getattr(Interp *in, Value dtype, const Str *name, Value *out, Span at);
void np_dtype_repr(Interp *in, Value dtype, bool repr, Buf *out);

/* The modules, made by the table in modules.c. */
Value np_module(Interp *in, void *ctx);
Value safetensors_module(Interp *in, void *ctx);

#endif
