/* tensor.h: element types and dense arrays. The lowest layer: the compiler's constants, the
 * script's arrays and the runtime's buffers all speak in these types.
 *
 * A Tensor is row-major and contiguous; elements are little-endian as in memory. Sub-byte types
 * (int4, uint1 … uint6) hold one element per byte in memory; they are packed only in files.
 */
#ifndef MILC_TENSOR_H
#define MILC_TENSOR_H

#include "base/base.h"

/*  id       MIL name   numpy name  bits kind  TensorValue enum   blob code
 *  kind: b bool, f float, i signed, u unsigned, s string, c complex; codes: 0: has none */
#define DTYPES(D)                                                                                  \
	D(BOOL, "bool", "bool", 8, 'b', 1, 0)                                                      \
	D(FP16, "fp16", "float16", 16, 'f', 10, 1)                                                 \
	D(FP32, "fp32", "float32", 32, 'f', 11, 2)                                                 \
	D(FP64, "fp64", "float64", 64, 'f', 12, 0)                                                 \
	D(INT8, "int8", "int8", 8, 'i', 21, 4)                                                     \
	D(INT16, "int16", "int16", 16, 'i', 22, 6)                                                 \
	D(INT32, "int32", "int32", 32, 'i', 23, 14)                                                \
	D(INT64, "int64", "int64", 64, 'i', 24, 0)                                                 \
	D(UINT8, "uint8", "uint8", 8, 'u', 31, 3)                                                  \
	D(UINT16, "uint16", "uint16", 16, 'u', 32, 7)                                              \
	D(UINT32, "uint32", "uint32", 32, 'u', 33, 15)                                             \
	D(UINT64, "uint64", "uint64", 64, 'u', 34, 0)                                              \
	D(INT4, "int4", "int4", 4, 'i', 25, 8)                                                     \
	D(UINT1, "uint1", "uint1", 1, 'u', 37, 9)                                                  \
	D(UINT2, "uint2", "uint2", 2, 'u', 36, 10)                                                 \
	D(UINT3, "uint3", "uint3", 3, 'u', 39, 12)                                                 \
	D(UINT4, "uint4", "uint4", 4, 'u', 35, 11)                                                 \
	D(UINT6, "uint6", "uint6", 6, 'u', 38, 13)                                                 \
	D(STRING, "string", "str", 8 * sizeof(const Str *), 's', 2, 0)                             \
	D(COMPLEX64, "complex64", "complex64", 64, 'c', 0, 0)                                      \
	D(COMPLEX128, "complex128", "complex128", 128, 'c', 0, 0)                                  \
	D(BF16, "bf16", "bfloat16", 16, 'f', 13, 5)                                                \
	D(FP8E4M3FN, "fp8e4m3fn", "float8_e4m3fn", 8, 'f', 40, 16)                                 \
	D(FP8E5M2, "fp8e5m2", "float8_e5m2", 8, 'f', 41, 17)

typedef enum DType {
	DT_NONE, /* no type: absent or in error */
#define D(id, mil, np, bits, kind, pb, blob) DT_##id,
	DTYPES(D)
#undef D
	DT_COUNT
} DType;

typedef struct DTypeInfo {
	const char *mil, *np;
	uint8_t bits; /* 4 for int4, which takes a byte in memory */
	char kind;
	uint8_t pb, blob;
} DTypeInfo;
extern const DTypeInfo dtype_info[DT_COUNT];

static inline size_t
dtype_size(DType t)
{
	return (dtype_info[t].bits + 7u) / 8;
}
static inline int
dtype_bits(DType t)
{
	return dtype_info[t].bits;
}
static inline bool
dtype_is_float(DType t)
{
	return dtype_info[t].kind == 'f';
}
static inline bool
dtype_is_int(DType t) /* bool is not */
{
	return dtype_info[t].kind == 'i' || dtype_info[t].kind == 'u';
}
DType dtype_from_mil(const char *name);   /* "fp16"; DT_NONE if unknown */
/* "float16", "half", "f2", "<f2", ">f2" (then *swap); DT_NONE if it is none. */
DType dtype_from_numpy(const char *name, bool *swap);
DType dtype_from_pb(int code);

/* Round to nearest even; NaN stays NaN; half_from_float overflows to infinity. */
uint16_t half_from_float(float f);
uint16_t half_from_double(double d); /* one rounding */
float half_to_float(uint16_t h);
void half_from_floats(uint16_t *dst, const float *src, size_t n); /* F16C where the CPU has it */
void half_to_floats(float *dst, const uint16_t *src, size_t n);
/* The largest magnitude of floats at any address; NaN is larger than nothing. */
float floats_largest(const void *src, size_t n);

#define TENSOR_MAX_RANK 32

typedef struct Tensor Tensor;
struct Tensor {
	DType dtype;
	int16_t rank;
	bool unknown;       /* zeros in place of numbers whose file is not there */
	const int64_t *dim; /* rank entries, each >= 0 */
	int64_t count;      /* product of dim; 1 for rank 0 */
	void *data;         /* 0 while only `cast_from` is known */
	const Tensor *cast_from; /* same shape: the value is this one, converted with tensor_cast's
	                            rule. Lets a mapped 1 GiB weight become fp16 chunk by chunk. */
	const float *factor;     /* … and then each of so many rows times its factor; or 0 */
	int64_t nfactor;
	uint64_t hash; /* of type, shape and bytes; 0 = not computed. tensor_hash() fills it */
};
_Static_assert(sizeof(void *) != 8 || sizeof(Tensor) == 64, "each constant of a program has one");

/* Count of a shape; false if a dim is negative or it overflows, also where a dim of 0 makes it
 * empty, since the strides of the others must be numbers too. */
bool shape_count(const int64_t *dim, int rank, int64_t *out);
/* Zeroed data in the arena. The shape is copied. */
Tensor *tensor_new(Arena *a, DType t, const int64_t *dim, int rank);
Tensor *tensor_filled(Arena *a, DType t, const int64_t *dim, int rank, double v);
/* Refers to data that outlives the tensor (a mapped file, an array's buffer). */
Tensor *tensor_view(Arena *a, DType t, const int64_t *dim, int rank, void *data);
Tensor *tensor_scalar_f(Arena *a, DType t, double v);
Tensor *tensor_scalar_i(Arena *a, DType t, int64_t v);
Tensor *tensor_scalar_bool(Arena *a, bool v);
Tensor *tensor_scalar_str(Arena *a, const Str *s);
Tensor *tensor_vector_i(Arena *a, DType t, const int64_t *v, int64_t n);

/* The elements, converted now if they were not yet (memory from a). */
const void *tensor_data(Arena *a, const Tensor *t);
static inline size_t
tensor_bytes(const Tensor *t)
{
	return (size_t)t->count * dtype_size(t->dtype);
}
/* Elements [at, at+n) in t's own dtype, converted on the way if need be: for streaming writers. */
void tensor_read(const Tensor *t, int64_t at, int64_t n, void *dst);
/* Element i as a number. Strings: die. */
double tensor_f(const Tensor *t, int64_t i);
int64_t tensor_i(const Tensor *t, int64_t i);
void tensor_set_f(Tensor *t, int64_t i, double v);
void tensor_set_i(Tensor *t, int64_t i, int64_t v);
/* The peer's cast: float to int truncates; to bool is != 0; finite fp32/fp64 beyond the fp16 range
 * saturates to +-65504, infinities stay; int narrowing wraps as NumPy's astype. Lazy for large
 * float-to-float casts (cast_from). */
Tensor *tensor_cast(Arena *a, const Tensor *t, DType to);
/* fp32: each of its rows (which divide it evenly) times its factor. Lazy for large ones. */
Tensor *tensor_rows_times(Arena *a, const Tensor *t, int64_t rows, const float *factor);
Tensor *tensor_copy(Arena *a, const Tensor *t); /* with the numbers in its own memory */
Tensor *tensor_reshape(Arena *a, const Tensor *t, const int64_t *dim, int rank); /* same count */
bool tensor_equal(const Tensor *a, const Tensor *b); /* dtype, shape, bytes (NaN equals itself) */
/* As NumPy's array_equal compares: no NaN is the same as any, and -0.0 is the same as 0.0. */
bool tensor_same_numbers(const Tensor *a, const Tensor *b);
uint64_t tensor_hash(const Tensor *t);

/* Indices of element i: "[3, 1]", "[]" of a scalar. */
const char *tensor_index_text(Arena *a, const Tensor *t, int64_t i);

/* Inputs and outputs go by name. */
typedef struct NamedTensor {
	const Str *name;
	const Tensor *t;
} NamedTensor;

#endif
