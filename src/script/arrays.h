/* arrays.h: what the interpreter asks of NumPy. Values of the kinds V_ARRAY, V_NPSCALAR and V_DTYPE
 * mean nothing to the script folder: who has them hands interp_set_arrays() these functions. All
 * take an "np value" (V_ARRAY or V_NPSCALAR) where nothing else is said; functions that can fail
 * return false or -1 after they have reported.
 */
#ifndef MILC_ARRAYS_H
#define MILC_ARRAYS_H

#include "value.h"

/* F(result, name, parameters)
 *
 * binary, compare, equal: at least one of a, b is an np value; the other may be anything, and so
 *   the function itself reports operands that NumPy does not take. Host objects were refused
 *   before. equal is equality as a container needs it (list ==, in, dict keys); a dtype will do.
 * inplace: a op= b. An array a changes in place (*out is a itself); a NumPy scalar a, or a that is
 *   not NumPy's (a list += an array), gives a new value.
 * round: ndigits is V_UNSET where absent.
 * getattr: 1 found, 0 no such attribute (the caller reports it, with the near names of
 *   attr_names), -1 failed. setattr is for .shape = ….
 * lacks: "np.random" where that has the name in NumPy but not here; 0 where nothing has.
 * iter_item: item i of the first axis; the caller has checked 0 <= i < len.
 * str: print(a), "%s". repr: array([…]), np.float64(0.1), np.True_.
 * format: format(a, spec), also for an empty spec: a scalar's is that of its Python number;
 *   float_format and int_format of format.h serve it.
 * index: __index__ of integer scalars and rank-0 integer arrays (and bool ones where NumPy allows
 *   it): 1 done, 0 it has none (the caller reports), -1 failed. The result may be a V_BIG.
 * to_int, to_float: int(a) (truncates floats), float(a): 1 done, 0 not convertible, -1 failed.
 * item: the Python number or bool that a scalar or rank-0 array holds.
 * dtype_…: of V_DTYPE values: np.float32(3), np.float32.__name__, dtype.name, its text. */
#define ARRAY_OPS(F)                                                                               \
	F(bool, binary, (Interp *in, BinOp op, Value a, Value b, Value *out, Span at))             \
	F(bool, inplace, (Interp *in, BinOp op, Value a, Value b, Value *out, Span at))            \
	F(bool, compare, (Interp *in, CmpOp op, Value a, Value b, Value *out, Span at))            \
	F(bool, equal, (Interp *in, Value a, Value b, bool *out))                                  \
	F(bool, unary, (Interp *in, UnOp op, Value a, Value *out, Span at))                        \
	F(bool, abs, (Interp *in, Value a, Value *out, Span at))                                   \
	F(bool, round, (Interp *in, Value a, Value ndigits, Value *out, Span at))                  \
	F(int, getattr, (Interp *in, Value a, const Str *name, Value *out, Span at))               \
	F(bool, setattr, (Interp *in, Value a, const Str *name, Value x, Span at))                 \
	F(const char *const *, attr_names, (Value a, size_t *n)) /* also of a dtype */             \
	F(const char *, lacks, (Value v, const char *name))                                        \
	F(bool, getitem, (Interp *in, Value a, Value key, Value *out, Span at))                    \
	F(bool, setitem, (Interp *in, Value a, Value key, Value x, Span at))                       \
	F(bool, truth, (Interp *in, Value a, bool *out, Span at))                                  \
	F(bool, len, (Interp *in, Value a, int64_t *out, Span at))                                 \
	F(bool, iter_item, (Interp *in, Value a, int64_t i, Value *out, Span at))                  \
	F(bool, contains, (Interp *in, Value a, Value item, bool *out, Span at))                   \
	F(void, str, (Interp *in, Value a, Buf *out))                                              \
	F(void, repr, (Interp *in, Value a, Buf *out))                                             \
	F(bool, format, (Interp *in, Value a, const char *spec, size_t n, Buf *out, Span at))      \
	F(int, index, (Interp *in, Value a, Value *out, Span at))                                  \
	F(int, to_int, (Interp *in, Value a, Value *out, Span at))                                 \
	F(int, to_float, (Interp *in, Value a, double *out, Span at))                              \
	F(bool, item, (Interp *in, Value a, Value *out, Span at))                                  \
	F(bool, dtype_call, (Interp *in, DType t, const Args *args, Value *out))                   \
	F(int, dtype_getattr, (Interp *in, Value dtype, const Str *name, Value *out, Span at))     \
	F(void, dtype_repr, (Interp *in, Value dtype, bool repr, Buf *out))

typedef struct ArrayOps {
#define F(result, name, parameters) result(*name) parameters;
	ARRAY_OPS(F)
#undef F
} ArrayOps;

void interp_set_arrays(Interp *in, const ArrayOps *ops);
const ArrayOps *arrays(Interp *in);

#endif
