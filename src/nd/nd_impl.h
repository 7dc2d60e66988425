/* nd_impl.h: what the nd_*.c files share among themselves and with the NumPy bindings (np_*.c).
 *
 * Arithmetic knows twelve element types: bool, float16 … float64 and the eight integers; less of it
 * two more, complex64 and complex128. int4 and uint1 … uint6 are stored and computed as int8 and
 * uint8 (nd_base). Kernels work on rows: NdLoop
 * walks several arrays of one shape together, with adjacent axes joined, and hands out the inner
 * rows.
 */
#ifndef MILC_ND_IMPL_H
#define MILC_ND_IMPL_H

#include "nd.h"

/*  id       C type */
#define ND_INTS(X)                                                                                 \
	X(INT8, int8_t)                                                                            \
	X(INT16, int16_t)                                                                          \
	X(INT32, int32_t)                                                                          \
	X(INT64, int64_t)                                                                          \
	X(UINT8, uint8_t)                                                                          \
	X(UINT16, uint16_t)                                                                        \
	X(UINT32, uint32_t)                                                                        \
	X(UINT64, uint64_t)
#define ND_FLOATS(X)                                                                               \
	X(FP32, float)                                                                             \
	X(FP64, double)

/* Writes the sentence; false always. */
bool nd_fail(NdErr *err, const char *fmt, ...) PRINTF(2, 3);
/* Every loop whose length a shape says counts its elements here first, by what they cost. */
bool nd_work(NdErr *err, double elements, double each);
#define ND_LIGHT (1. / 256) /* moved from row to row */
#define ND_HEAVY (1. / 64)  /* computed in rows */
#define ND_SLOW  (1. / 8)   /* one by one */

static inline DType
nd_base(DType t)
{
	return dtype_bits(t) % 8 == 0 ? t : dtype_info[t].kind == 'u' ? DT_UINT8 : DT_INT8;
}
static inline bool
nd_is_unsigned(DType t)
{
	return dtype_info[t].kind == 'u';
}
bool nd_is_numeric(DType t); /* one of the twelve, or stored as one */
DType nd_float_for_int(DType t); /* the smallest that holds its values, as NumPy sees it */
/* Bounds of an integer type. */
int64_t nd_int_min(DType t);
uint64_t nd_int_max(DType t);

/* ---- nd_core.c ---- */
bool nd_size_bytes(DType t, const int64_t *dim, int rank, size_t *out, NdErr *err);
/* New array whose axes lie in memory as order says: order[0] is the outermost axis. Its elements
 * are anything: the caller writes them all. */
bool nd_new_order(Nd *out, DType t, const int64_t *dim, int rank, const int *order, NdErr *err);
/* The axes from the largest step to the smallest, as NumPy's iterator sorts them for these n
 * arrays of equal rank ("K" order). */
void nd_axis_order(const Nd *const *a, int n, int rank, int *order);
/* Takes over memory that came from malloc. */
Nd nd_adopt(DType t, const int64_t *dim, int rank, void *data, size_t size);
/* A view on memory owned by something with its own end: drop(owner) when the last view goes. */
Nd nd_wrap_owned(DType t, const int64_t *dim, int rank, void *data, size_t size,
                 void (*drop)(void *), void *owner);
Nd nd_alias(const Nd *a); /* another reference to the same view */
/* Another view on a's elements; stride 0: they lie in C order. All views of another shape are made
 * here, so that the bytes of every array, and with them nd_count, fit an int64. */
bool nd_view(Nd *out, const Nd *a, const int64_t *dim, const int64_t *stride, int rank, NdErr *err);
Nd nd_drop_axis(const Nd *a, int axis); /* the same view without it, no new reference */
void nd_insert_axis(Nd *a, int axis);   /* of length 1; a has room for it */
/* ok; where not, a's reference ends. */
bool nd_keep(Nd *a, bool ok);
/* a's reference ends; `by`, if it was made, takes its place. Gives `made`. */
bool nd_replace(Nd *a, bool made, const Nd *by);
bool nd_shares(const Nd *a, const Nd *b);
bool nd_same_shape(const Nd *a, const Nd *b);
bool nd_same_layout(const Nd *a, const Nd *b);
void nd_fill(Nd *dst, const Nd *scalar); /* dst writable; scalar of rank 0, any dtype */
void nd_move(Nd *dst, const Nd *src); /* of one shape: converted, where nothing overlaps */
/* dst[...] = src, broadcast and converted; overlapping memory is fine. */
bool nd_assign(Nd *dst, const Nd *src, NdErr *err);
/* Like nd_copy and nd_astype, keeping the order of axes in memory. */
bool nd_convert(Nd *out, const Nd *a, DType t, NdErr *err);
void nd_swap_bytes(Nd *a); /* of each element */
/* (2,3)  (4,)  (): nd_shape(a->dim, a->rank).s is an argument of a message */
typedef struct NdShapeText {
	char s[96];
} NdShapeText;
NdShapeText nd_shape(const int64_t *dim, int rank);

/* ---- nd_cast.c ---- */
void nd_cast(DType from, DType to, char *dst, int64_t ds, const char *src, int64_t ss, int64_t n);
typedef enum Casting { CAST_SAME_KIND, CAST_UNSAFE } Casting;
bool nd_can_cast(DType from, DType to, Casting c);
double nd_load_f(DType t, const char *at);
int64_t nd_load_i(DType t, const char *at);
bool nd_load_bool(DType t, const char *at);
void nd_store_f(DType t, char *at, double v);
void nd_store_i(DType t, char *at, int64_t v);

/* ---- nd_complex.c ---- */
typedef struct Complex { /* an element of complex128 */
	double re, im;
} Complex;
bool nd_is_complex(DType t);
DType nd_part_type(DType t); /* of its parts; t itself where it has none */
/* A view on the real parts (of what is not complex: on itself), or the imaginary ones. */
bool nd_part_view(Nd *out, const Nd *a, bool imag, NdErr *err);
/* f of the real and of the imaginary parts, joined again. */
typedef bool NdPartFn(const Nd *part, const void *with, Nd *out, NdErr *err);
bool nd_by_parts(const Nd *a, NdPartFn *f, const void *with, Nd *out, NdErr *err);
void nd_cast_complex(DType from, DType to, char *dst, int64_t ds, const char *src, int64_t ss,
                     int64_t n);

/* ---- nd_loop.c ---- */
#define ND_MAX_OPERANDS 4
typedef struct NdLoop {
	int n, rank;   /* rank: of the outer axes that are left */
	int64_t count; /* of the inner row; 0: nothing to do */
	char *at[ND_MAX_OPERANDS];
	int64_t step[ND_MAX_OPERANDS]; /* of the inner row */
	int64_t dim[TENSOR_MAX_RANK], idx[TENSOR_MAX_RANK];
	int64_t stride[ND_MAX_OPERANDS][TENSOR_MAX_RANK];
} NdLoop;
/* The arrays have the same shape. for (nd_loop(&l, …); l.count; nd_loop_next(&l)) */
void nd_loop(NdLoop *l, const Nd *const *a, int n);
void nd_loop_next(NdLoop *l);

/* ---- nd_elementwise.c ---- */
/*  id       the ufunc */
#define ND_BINARY(B)                                                                               \
	B(ADD, "add")                                                                              \
	B(SUB, "subtract")                                                                         \
	B(MUL, "multiply")                                                                         \
	B(DIV, "divide")                                                                           \
	B(FLOORDIV, "floor_divide")                                                                \
	B(MOD, "remainder")                                                                        \
	B(POW, "power")                                                                            \
	B(LSHIFT, "left_shift")                                                                    \
	B(RSHIFT, "right_shift")                                                                   \
	B(AND, "bitwise_and")                                                                      \
	B(OR, "bitwise_or")                                                                        \
	B(XOR, "bitwise_xor")                                                                      \
	B(MAXIMUM, "maximum")                                                                      \
	B(MINIMUM, "minimum")                                                                      \
	B(ATAN2, "arctan2") /* of floats only, from here */                                        \
	B(HYPOT, "hypot")                                                                          \
	B(COPYSIGN, "copysign")                                                                    \
	B(LT, "less") /* comparisons from here */                                                  \
	B(LE, "less_equal")                                                                        \
	B(EQ, "equal")                                                                             \
	B(NE, "not_equal")                                                                         \
	B(GT, "greater")                                                                           \
	B(GE, "greater_equal")
typedef enum NdBin {
#define B(id, ufunc) NB_##id,
	ND_BINARY(B)
#undef B
	NB_COUNT
} NdBin;
/* a op b, broadcast; `common` as from nd_result_type. out may be a given array (in place): then
 * given is true and the casting rule same_kind holds. */
bool nd_binary(NdBin op, const Nd *a, const Nd *b, DType common, Nd *out, bool given, NdErr *err);

#define ND_UNARY(U)                                                                                \
	U(NEG, "negative")                                                                         \
	U(POS, "positive")                                                                         \
	U(INVERT, "invert")                                                                        \
	U(ABS, "absolute")                                                                         \
	U(SIGN, "sign")                                                                            \
	U(SQUARE, "square")                                                                        \
	U(FLOOR, "floor")                                                                          \
	U(CEIL, "ceil")                                                                            \
	U(TRUNC, "trunc")                                                                          \
	U(RINT, "rint")                                                                            \
	U(SQRT, "sqrt")                                                                            \
	U(EXP, "exp")                                                                              \
	U(EXP2, "exp2")                                                                            \
	U(EXPM1, "expm1")                                                                          \
	U(LOG, "log")                                                                              \
	U(LOG2, "log2")                                                                            \
	U(LOG10, "log10")                                                                          \
	U(LOG1P, "log1p")                                                                          \
	U(SIN, "sin")                                                                              \
	U(COS, "cos")                                                                              \
	U(TAN, "tan")                                                                              \
	U(ASIN, "arcsin")                                                                          \
	U(ACOS, "arccos")                                                                          \
	U(ATAN, "arctan")                                                                          \
	U(SINH, "sinh")                                                                            \
	U(COSH, "cosh")                                                                            \
	U(TANH, "tanh")                                                                            \
	U(ASINH, "arcsinh")                                                                        \
	U(ACOSH, "arccosh")                                                                        \
	U(ATANH, "arctanh")                                                                        \
	U(CBRT, "cbrt")                                                                            \
	U(RECIPROCAL, "reciprocal")                                                                \
	U(ISNAN, "isnan") /* bool results from here */                                             \
	U(ISINF, "isinf")                                                                          \
	U(ISFINITE, "isfinite")                                                                    \
	U(NOT, "logical_not")
typedef enum NdUn {
#define U(id, ufunc) NU_##id,
	ND_UNARY(U)
#undef U
	NU_COUNT
} NdUn;
bool nd_unary(NdUn op, const Nd *a, Nd *out, NdErr *err);
/* np.round */
bool nd_round(const Nd *a, int64_t decimals, Nd *out, NdErr *err);
/* cond, a, b are broadcast together; the result has type t. */
bool nd_where(const Nd *cond, const Nd *a, const Nd *b, DType t, Nd *out, NdErr *err);
/* lo, hi may be 0. */
bool nd_clip(const Nd *a, const Nd *lo, const Nd *hi, DType t, Nd *out, NdErr *err);

/* ---- nd_reduce.c ---- */
typedef enum NdRed {
	NR_SUM,
	NR_PROD,
	NR_MAX,
	NR_MIN,
	NR_ANY,
	NR_ALL,
} NdRed;
typedef struct NdAxes {
	bool all;
	bool in[TENSOR_MAX_RANK];
} NdAxes;
/* The result's type for elements of type t. */
DType nd_reduce_type(NdRed op, DType t);
/* dtype DT_NONE: that type. */
bool nd_reduce(NdRed op, const Nd *a, const NdAxes *ax, bool keep, DType t, Nd *out, NdErr *err);
bool nd_mean(const Nd *a, const NdAxes *ax, bool keep, DType t, Nd *out, NdErr *err);
bool nd_var(const Nd *a, const NdAxes *ax, bool keep, DType t, double ddof, bool root, Nd *out,
            NdErr *err);
bool nd_argreduce(bool max, const Nd *a, int axis, bool keep, Nd *out,
                  NdErr *err); /* axis < 0: flat */
/* The places of the elements in ascending order, NaN last, equal ones as they stand; the elements.
 */
bool nd_argsort(Nd *out, const Nd *a, int axis, NdErr *err);
bool nd_sort(Nd *out, const Nd *a, int axis, NdErr *err);
/* Where v's elements go in the ascending a (rank 1, of v's type): before equal ones, or behind. */
bool nd_searchsorted(Nd *out, const Nd *a, const Nd *v, bool right, NdErr *err);
/* How often each of 0 … n-1 stands in x (rank 1), or the sums of the weights (as long) there. */
bool nd_bincount(Nd *out, const Nd *x, const Nd *weights, int64_t n, NdErr *err);
bool nd_cumulate(bool prod, const Nd *a, int axis, DType t, Nd *out,
                 NdErr *err); /* axis < 0: flat */
bool nd_axis_fix(int64_t axis, int rank, int *out, NdErr *err);

/* ---- nd_index.c ---- */
typedef enum NdKeyKind { NK_INT, NK_SLICE, NK_NEW, NK_ELLIPSIS, NK_ARRAY, NK_BOOL } NdKeyKind;
typedef struct NdKey {
	NdKeyKind kind;
	bool has_start, has_stop; /* NK_SLICE */
	int64_t start, stop, step;
	Nd array; /* NK_ARRAY: integers; NK_BOOL: a mask (rank 0: a bool scalar) */
} NdKey;
#define ND_MAX_KEYS 64
/* *view tells whether the result shares a's memory; *scalar that only integers were given. */
bool nd_get(const Nd *a, const NdKey *key, int nkey, Nd *out, bool *view, bool *scalar, NdErr *err);
bool nd_set(Nd *a, const NdKey *key, int nkey, const Nd *v, NdErr *err);
/* Counts *i from the axis' start; false where it has no such place. */
bool nd_index_fix(int64_t *i, int64_t dim, int axis, NdErr *err);
bool nd_nonzero_list(const Nd *a, Nd *out, NdErr *err); /* out[rank] 1-d int64 arrays */

/* ---- nd_shape.c ---- */
bool nd_reshape(Nd *out, const Nd *a, const int64_t *dim, int rank, NdErr *err);
bool nd_transpose(Nd *out, const Nd *a, const int64_t *perm, int n, NdErr *err); /* perm 0: all */
bool nd_ravel(Nd *out, const Nd *a, NdErr *err);
bool nd_squeeze(Nd *out, const Nd *a, const int64_t *axis, int n, NdErr *err); /* n < 0: all */
bool nd_expand(Nd *out, const Nd *a, const int64_t *axis, int n, NdErr *err);
bool nd_concat(Nd *out, const Nd *a, size_t n, int64_t axis, DType t, NdErr *err);
bool nd_view_dtype(Nd *out, const Nd *a, DType t, NdErr *err);

/* ---- nd_decompose.c, nd_svd.c: stacks of matrices, in float64 ----
 * The first of the values is NaN where the steps do not converge. */
bool nd_qr(Nd out[2], const Nd *a, bool complete, NdErr *err); /* q, r */
bool nd_eigh(Nd out[2], const Nd *a, NdErr *err); /* values ascending, vectors; of its lower half */
bool nd_svd(Nd out[3], const Nd *a, bool full, NdErr *err); /* u, s, v' */

/* ---- nd_fft.c ---- */
bool nd_fft(Nd *out, const Nd *a, NdErr *err); /* along the last axis, complex128, not scaled */

/* ---- nd_linalg.c ---- */
bool nd_matmul(Nd *out, const Nd *a, const Nd *b, DType t, NdErr *err);
bool nd_dot(Nd *out, const Nd *a, const Nd *b, DType t, NdErr *err);
bool nd_einsum(Nd *out, const char *spec, const Nd *a, int n, DType t, NdErr *err);

#endif
