/* nd_cast.c: elements from one type to another as NumPy's astype does it (integers wrap, floats
 * are cut towards zero, what does not fit becomes what the x86 instructions give), and single
 * elements as C numbers.
 */
#include "nd_impl.h"
#include "tensor/elems.h"

bool
nd_is_numeric(DType t)
{
	t = nd_base(t);
	return t >= DT_BOOL && t <= DT_UINT64;
}

int64_t
nd_int_min(DType t)
{
	return nd_is_unsigned(t) ? 0 : -((int64_t)1 << (dtype_size(t) * 8 - 2)) * 2;
}

uint64_t
nd_int_max(DType t)
{
	unsigned bits = (unsigned)dtype_size(t) * 8;

	return UINT64_MAX >> (64 - bits + !nd_is_unsigned(t));
}

static uint64_t
to_u64(double v)
{
	if (v < 0x1p63)
		return (uint64_t)elems_trunc(v);
	return (uint64_t)elems_trunc(v - 0x1p63) ^ (uint64_t)1 << 63;
}

#define F_INT8(v)   (int8_t) elems_trunc_32(v)
#define F_INT16(v)  (int16_t) elems_trunc_32(v)
#define F_INT32(v)  elems_trunc_32(v)
#define F_INT64(v)  elems_trunc(v)
#define F_UINT8(v)  (uint8_t) elems_trunc_32(v)
#define F_UINT16(v) (uint16_t) elems_trunc_32(v)
#define F_UINT32(v) (uint32_t) elems_trunc(v)
#define F_UINT64(v) to_u64(v)

typedef struct Row {
	char *dst;
	int64_t ds;
	const char *src;
	int64_t ss, n;
} Row;

/* What is read of the row stands in variables: the elements might be any memory. */
#define EACH_STEP(D, S, DS, SS, expr)                                                              \
	for (int64_t i = 0; i < n; i++) {                                                          \
		S v;                                                                               \
		D w;                                                                               \
		memcpy(&v, s + i * (SS), sizeof v);                                                \
		w = (expr);                                                                        \
		memcpy(d + i * (DS), &w, sizeof w);                                                \
	}
#define EACH(D, S, expr)                                                                           \
	do {                                                                                       \
		char *d = r->dst;                                                                  \
		const char *s = r->src;                                                            \
		const int64_t n = r->n, ds = r->ds, ss = r->ss;                                    \
		if (ds == (int64_t)sizeof(D) && ss == (int64_t)sizeof(S))                          \
			EACH_STEP(D, S, (int64_t)sizeof(D), (int64_t)sizeof(S), expr)              \
		else                                                                               \
			EACH_STEP(D, S, ds, ss, expr)                                              \
	} while (0)

/* From an integer type S to everything. */
#define FROM_INT(ID, S)                                                                            \
	static void from_##ID(DType to, const Row *r)                                              \
	{                                                                                          \
		switch (to) {                                                                      \
		case DT_BOOL:                                                                      \
			EACH(uint8_t, S, v != 0);                                                  \
			break;                                                                     \
		case DT_FP16:                                                                      \
			EACH(uint16_t, S, half_from_float((float)v));                              \
			break;                                                                     \
		case DT_FP32:                                                                      \
			EACH(float, S, (float)v);                                                  \
			break;                                                                     \
		case DT_FP64:                                                                      \
			EACH(double, S, (double)v);                                                \
			break;                                                                     \
		case DT_INT8:                                                                      \
		case DT_UINT8:                                                                     \
			EACH(uint8_t, S, (uint8_t)v);                                              \
			break;                                                                     \
		case DT_INT16:                                                                     \
		case DT_UINT16:                                                                    \
			EACH(uint16_t, S, (uint16_t)v);                                            \
			break;                                                                     \
		case DT_INT32:                                                                     \
		case DT_UINT32:                                                                    \
			EACH(uint32_t, S, (uint32_t)v);                                            \
			break;                                                                     \
		default:                                                                           \
			EACH(uint64_t, S, (uint64_t)v);                                            \
			break;                                                                     \
		}                                                                                  \
	}
ND_INTS(FROM_INT)
FROM_INT(BOOL, uint8_t)

/* From a float whose bits are S. */
#define VALUE(v)                                                                                   \
	_Generic((v), uint16_t: (double)half_to_float((uint16_t)(v)), default: (double)(v))
#define TO_INT(ID, T)                                                                              \
	case DT_##ID:                                                                              \
		EACH(T, Bits, F_##ID(VALUE(v)));                                                   \
		break;
#define FROM_FLOAT(ID, S)                                                                          \
	static void from_##ID(DType to, const Row *r)                                              \
	{                                                                                          \
		typedef S Bits;                                                                    \
		switch (to) {                                                                      \
			ND_INTS(TO_INT)                                                            \
		case DT_BOOL:                                                                      \
			EACH(uint8_t, S, VALUE(v) != 0);                                           \
			break;                                                                     \
		case DT_FP16:                                                                      \
			EACH(uint16_t, S, half_from_double(VALUE(v)));                             \
			break;                                                                     \
		case DT_FP32:                                                                      \
			EACH(float, S, (float)VALUE(v));                                           \
			break;                                                                     \
		default:                                                                           \
			EACH(double, S, VALUE(v));                                                 \
			break;                                                                     \
		}                                                                                  \
	}
FROM_FLOAT(FP16, uint16_t)
FROM_FLOAT(FP32, float)
FROM_FLOAT(FP64, double)

static void
cast_same(size_t size, const Row *r)
{
	if (r->ds == (int64_t)size && r->ss == (int64_t)size) {
		memmove(r->dst, r->src, (size_t)r->n * size);
		return;
	}
	switch (size) {
	case 1:
		EACH(uint8_t, uint8_t, v);
		break;
	case 2:
		EACH(uint16_t, uint16_t, v);
		break;
	case 4:
		EACH(uint32_t, uint32_t, v);
		break;
	case sizeof(Complex):
		EACH(Complex, Complex, v);
		break;
	default:
		EACH(uint64_t, uint64_t, v);
		break;
	}
}

/* Between rows of float16 and float32, many at a time. */
static bool
cast_halves(DType from, DType to, const Row *r)
{
	bool narrow = from == DT_FP32 && to == DT_FP16, wide = from == DT_FP16 && to == DT_FP32;

	if (!(narrow || wide) || r->ds != (int64_t)dtype_size(to) ||
	    r->ss != (int64_t)dtype_size(from) ||
	    ((uintptr_t)r->dst | (uintptr_t)r->src) % _Alignof(float))
		return false;
	if (narrow)
		half_from_floats((void *)r->dst, (const void *)r->src, (size_t)r->n);
	else
		half_to_floats((void *)r->dst, (const void *)r->src, (size_t)r->n);
	return true;
}

void
nd_cast(DType from, DType to, char *dst, int64_t ds, const char *src, int64_t ss, int64_t n)
{
	static void (*const table[DT_COUNT])(DType, const Row *) = {[DT_BOOL] = from_BOOL,
	                                                            [DT_FP16] = from_FP16,
	                                                            [DT_FP32] = from_FP32,
	                                                            [DT_FP64] = from_FP64,
#define ROW(ID, T) [DT_##ID] = from_##ID,
	                                                            ND_INTS(ROW)
#undef ROW
	};
	Row r = {dst, ds, src, ss, n};

	from = nd_base(from);
	to = nd_base(to);
	if (from == to)
		cast_same(dtype_size(from), &r);
	else if (nd_is_complex(from) || nd_is_complex(to))
		nd_cast_complex(from, to, dst, ds, src, ss, n);
	else if (cast_halves(from, to, &r))
		return;
	else if (!table[from])
		die("nd_cast: %s to %s", dtype_info[from].np, dtype_info[to].np);
	else
		table[from](to, &r);
}

bool
nd_can_cast(DType from, DType to, Casting c)
{
	int order[256] = {['b'] = 0, ['u'] = 1, ['i'] = 2, ['f'] = 3, ['c'] = 4};

	from = nd_base(from);
	to = nd_base(to);
	if (from == to)
		return true;
	if (!nd_is_numeric(nd_part_type(from)) || !nd_is_numeric(nd_part_type(to)))
		return false;
	if (c == CAST_UNSAFE || nd_promote(from, to) == to)
		return true;
	return order[(unsigned char)dtype_info[from].kind] <=
	       order[(unsigned char)dtype_info[to].kind];
}

double
nd_load_f(DType t, const char *at)
{
	double v = 0;
	float f;

	if (t == DT_FP32) { /* the usual ones; einsum loads each element so */
		memcpy(&f, at, sizeof f);
		return (double)f;
	}
	if (t == DT_FP64)
		memcpy(&v, at, sizeof v);
	else if (nd_is_numeric(nd_part_type(t)))
		nd_cast(t, DT_FP64, (char *)&v, 8, at, 0, 1);
	return v;
}

int64_t
nd_load_i(DType t, const char *at)
{
	int64_t v = 0;

	if (t == DT_INT64)
		memcpy(&v, at, sizeof v);
	else if (nd_is_numeric(nd_part_type(t)))
		nd_cast(t, DT_INT64, (char *)&v, 8, at, 0, 1);
	return v;
}

bool
nd_load_bool(DType t, const char *at)
{
	uint8_t v = 0;

	if (t == DT_STRING)
		return *(const Str *const *)(const void *)at &&
		       (*(const Str *const *)(const void *)at)->len;
	nd_cast(t, DT_BOOL, (char *)&v, 1, at, 0, 1);
	return v;
}

void
nd_store_f(DType t, char *at, double v)
{
	nd_cast(DT_FP64, t, at, 0, (const char *)&v, 0, 1);
}

void
nd_store_i(DType t, char *at, int64_t v)
{
	nd_cast(DT_INT64, t, at, 0, (const char *)&v, 0, 1);
}
