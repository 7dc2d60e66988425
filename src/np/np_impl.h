/* np_impl.h: shared by the files that bind nd_*.c to scripts (np.c, np_*.c, random.c, files.c). */
#ifndef MILC_NP_IMPL_H
#define MILC_NP_IMPL_H

#include "script/core.h"
#include "nd/nd_impl.h"
#include "np.h"
#include "script/arrays.h"

/* The function of a row (script/value.h), whose arguments are seen through c alone. It gives false
 * after a report, or with what is to be reported in err. */
#define NP_FN(name) NP_FN_AS(static, name)
#define NP_FN_AS(scope, name)                                                                      \
	static bool name##_with(const Args *c, NdErr *err);                                        \
	scope bool name(Interp *in, UNUSED Value self, const Args *c, UNUSED Value *out)           \
	{                                                                                          \
		NdErr err = NP_ERR(in);                                                            \
		return name##_with(c, &err) || np_done_by_lib(in) || np_err(in, c->span, &err);    \
	}                                                                                          \
	static bool name##_with(const Args *c, UNUSED NdErr *err)

/* np_create.c, np_shape.c, np_math.c, np_attr.c, files.c: ended by a row without a name */
extern const Native np_create_rows[], np_shape_rows[], np_math_rows[], np_ufunc_rows[],
    np_method_rows[], np_reduce_rows[], np_file_rows[], np_info_rows[];

/* What one run of a script changes. */
typedef struct NpState {
	ArrayOps ops; /* what interp_set_arrays got: the state is found by it */
	NdPrint print;
	bool formatter; /* a function of the script writes the elements */
	bool done;      /* np_lib_extra() has made the result of a function that gives false */
	Interp *in;
	void *random; /* the state of the module's own generator */
} NpState;
static inline NpState *
np_state(Interp *in)
{
	return (NpState *)(uintptr_t)arrays(in);
}

static inline bool
np_done_by_lib(Interp *in)
{
	bool done = np_state(in)->done;

	np_state(in)->done = false;
	return done;
}

/* Each of the operations of arrays.h is one function: np_binary(), np_inplace() … */
#define F(result, name, parameters) result np_##name parameters;
ARRAY_OPS(F)
#undef F

/* ---- np_value.c ---- */
/* What arrays cost is counted as the script's steps and held against its memory. */
bool np_work(void *in, uint64_t steps, size_t bytes);
/* What is wrong means to NumPy what its row says. */
void np_means(NdErr *err, const char *fmt, va_list ap);
#define NP_ERR(in)                                                                                 \
	{                                                                                          \
		.work = np_work, .means = np_means, .who = (in)                                    \
	}
bool np_err(Interp *in, Span at, const NdErr *err); /* reports it; false */
/* Hands the array to the script: counts its bytes, owns the reference from here on. Rank 0 becomes
 * a scalar with np_give_scalar. */
bool np_give(Interp *in, Nd *nd, Value *out);
bool np_give_scalar(Interp *in, Nd *nd, Value *out);
/* A scalar with a copy of the element. */
bool np_give_element(Interp *in, DType t, const char *at, Value *out);
/* Argument i as np.asarray takes it, or *v in the type `want`; 0 after a report. What is made for
 * that takes the argument's place and lives as long as the call. */
const Nd *np_arg(const Args *c, int i);
const Nd *np_as(const Args *c, Value *v, DType want);
/* Puts the array into *v until the call ends. */
const Nd *np_hold(const Args *c, Nd *a, Value *v);
/* What a function gives: np_done gives rank 0 as a scalar, np_made an array, np_like a scalar only
 * where argument 0 is one. */
bool np_done(const Args *c, Nd *r);
bool np_made(const Args *c, Nd *r);
bool np_like(const Args *c, Nd *r);
/* As np.asarray: a new reference. want DT_NONE: the type that the values call for. */
bool np_array_of(Interp *in, Value v, DType want, Nd *out, Span at);
/* An operand: Python numbers are weak. */
bool np_operand(Interp *in, Value v, Nd *out, Weak *weak, Span at);
/* Common type of operands; a weak int is checked against it and rebuilt in it. What divides (op
 * NB_DIV) does so in floats, which hold every int. */
bool np_common(Interp *in, NdBin op, Nd *a, Weak wa, Value va, Nd *b, Weak wb, Value vb, DType *t,
               Span at);
/* Both operands in their common type, new references. */
bool np_operands(Interp *in, NdBin op, Value a, Value b, Nd *x, Nd *y, DType *t, Span at);
/* a op b; sign 0: operands of any kind, which np.asarray takes or refuses. */
bool np_apply(Interp *in, NdBin op, const char *sign, Value a, Value b, Value *out, Span at);
/* Whether the int lies within the integer type's bounds; *n: it. */
bool np_int_fits(Value v, DType t, Int *n);
/* The Python value of an element. */
Value np_python(Interp *in, DType t, const char *at);
Value np_shape_value(Interp *in, const Nd *a); /* a.shape */
bool np_tolist(Interp *in, const Nd *a, const char *at, int axis, Value *out);
/* int or tuple of at most TENSOR_MAX_RANK ints: a shape or axes. */
bool np_ints(const Args *c, Value v, int64_t *out, int *n, const char *what);
bool np_axes(const Args *c, Value v, int rank, NdAxes *ax);
/* Where NumPy takes no bool for an axis. */
bool np_axis_no_bool(const Args *c, Value v);
bool np_axis(const Args *c, Value v, int rank, int *axis);
bool np_dtype_arg(const Args *c, Value v, DType otherwise, DType *t);
bool np_flag(const Args *c, Value v, bool otherwise, bool *out);
/* *out stays as it is where there is no argument. */
bool np_int(const Args *c, Value v, int64_t *out, const char *what);
bool np_double(const Args *c, Value v, double *out, const char *what);
static inline bool
np_absent(Value v)
{
	return v.kind == V_UNSET || v.kind == V_NONE;
}
/* False where that argument was given (order "C" is none), after the library has looked to the
 * whole call, or has failed. */
bool np_without(const Args *c, int index, const char *name);
bool np_lib_extra(const Args *c);
/* All items of a list or tuple as arrays. *out from xcalloc. */
bool np_array_list(const Args *c, Value v, Nd **out, size_t *n);
void np_array_list_free(Nd *a, size_t n);

/* ---- np_lib.c: what is written in Python (library/numpy._lib.py), and the functions that it uses
 * ---- */
Value np_kernels(Interp *in, void *ctx);
/* A member of np, an attribute or method of the array a: 1 found, 0 no such name, -1 failed. */
int np_lib_member(Interp *in, const Str *name, Value *out);
int np_lib_method(Interp *in, const char *module, const char *table, Value self, const Str *name,
                  Value *out); /* of the dict `table` of functions */
int np_lib_getattr(Interp *in, Value a, const Str *name, Value *out);
int np_lib_setattr(Interp *in, Value a, const Str *name, Value x);
const char *np_lib_near(Interp *in, const char *name);
bool np_formatted(Interp *in, Value a, bool repr, Buf *out); /* false: nothing does */
bool np_ufunc(Interp *in, const Str *name, Value *out);

/* ---- random.c, files.c ---- */
/* The state of the module's own generator, and np.random over it. */
void *np_random_state(Interp *in);
Value np_random_module(Interp *in, void *state);
Value safetensors_module(Interp *in, void *ctx);

#endif
