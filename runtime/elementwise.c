/* elementwise.c: see elementwise.h. */
#include "elementwise.h"

#define LOAD(T, expr)                                                                              \
	do {                                                                                       \
		const T *p = (const T *)data + at;                                                 \
		for (size_t i = 0; i < n; i++)                                                     \
			dst[i] = (expr);                                                           \
	} while (0)

static void
load_half(double *dst, const uint16_t *p, size_t n)
{
	float f[EW_CHUNK];

	for (size_t done = 0, k; done < n; done += k) {
		k = MIN(n - done, (size_t)EW_CHUNK);
		half_to_floats(f, p + done, k);
		for (size_t i = 0; i < k; i++)
			dst[done + i] = f[i];
	}
}

void
ew_load(double *dst, const Tensor *t, const void *data, int64_t at, int step, size_t n)
{
	if (step == 0 && n > 1) {
		ew_load(dst, t, data, at, 1, 1);
		for (size_t i = 1; i < n; i++)
			dst[i] = dst[0];
		return;
	}
	switch (t->dtype) {
	case DT_FP32: LOAD(float, (double)p[i]); break;
	case DT_FP16: load_half(dst, (const uint16_t *)data + at, n); break;
	case DT_FP64: LOAD(double, p[i]); break;
	case DT_INT32: LOAD(int32_t, p[i]); break;
	case DT_BOOL: LOAD(uint8_t, p[i] != 0); break;
	default:
		for (size_t i = 0; i < n; i++)
			dst[i] = tensor_f(t, at + (int64_t)i);
	}
}

void
ew_load_int(int64_t *dst, const Tensor *t, const void *data, int64_t at, int step, size_t n)
{
	if (step == 0 && n > 1) {
		ew_load_int(dst, t, data, at, 1, 1);
		for (size_t i = 1; i < n; i++)
			dst[i] = dst[0];
		return;
	}
	switch (t->dtype) {
	case DT_INT32: LOAD(int32_t, p[i]); break;
	case DT_BOOL: LOAD(uint8_t, p[i] != 0); break;
	default:
		for (size_t i = 0; i < n; i++)
			dst[i] = tensor_i(t, at + (int64_t)i);
	}
}

int32_t
ew_int32(double v)
{
	if (!(v > -2147483649.0 && v < 2147483648.0))
		return INT32_MIN;
	return (int32_t)v;
}

#define STORE(T, expr)                                                                             \
	do {                                                                                       \
		T *p = (T *)t->data + at;                                                          \
		for (size_t i = 0; i < n; i++)                                                     \
			p[i] = (expr);                                                             \
	} while (0)

void
ew_store(Tensor *t, int64_t at, const double *src, size_t n)
{
	switch (t->dtype) {
	case DT_FP32: STORE(float, (float)src[i]); break;
	case DT_FP16: STORE(uint16_t, half_from_double(src[i])); break;
	case DT_FP64: STORE(double, src[i]); break;
	case DT_INT32: STORE(int32_t, ew_int32(src[i])); break;
	case DT_BOOL: STORE(uint8_t, src[i] != 0); break;
	default:
		for (size_t i = 0; i < n; i++)
			tensor_set_f(t, at + (int64_t)i, src[i]);
	}
}

void
ew_store_int(Tensor *t, int64_t at, const int64_t *src, size_t n)
{
	switch (t->dtype) {
	case DT_INT32: STORE(int32_t, (int32_t)(uint32_t)src[i]); break;
	case DT_BOOL: STORE(uint8_t, src[i] != 0); break;
	default:
		for (size_t i = 0; i < n; i++)
			tensor_set_i(t, at + (int64_t)i, src[i]);
	}
}

/* Dimension i of the result, of operand t seen with the result's rank. */
static int64_t
dim_of(const Tensor *t, int rank, int i)
{
	int k = i - (rank - t->rank);

	return k < 0 ? 1 : t->dim[k];
}

static bool
broadcast_dims(Broadcast *b, Eval *e, const Tensor *const *t, int n)
{
	b->rank = 0;
	for (int k = 0; k < n; k++)
		b->rank = MAX(b->rank, t[k]->rank);
	for (int i = 0; i < b->rank; i++) {
		b->dim[i] = 1;
		for (int k = 0; k < n; k++) {
			int64_t d = dim_of(t[k], b->rank, i);
			if (d == 1 || d == b->dim[i])
				continue;
			if (b->dim[i] != 1)
				return eval_fail(e,
				                 "sizes %lld and %lld of a dimension cannot be "
				                 "broadcast together",
				                 (long long)b->dim[i], (long long)d);
			b->dim[i] = d;
		}
	}
	return true;
}

/* Neighbouring dimensions in which every operand goes on alike become one. */
static void
join_dims(Broadcast *b)
{
	int n = 0;

	for (int i = 0; i < b->rank; i++) {
		bool join = n > 0;
		if (b->dim[i] == 1)
			continue;
		for (int k = 0; join && k < b->noperand; k++)
			join = b->stride[k][n - 1] == b->stride[k][i] * b->dim[i];
		if (join)
			n--;
		b->cdim[n] = join ? b->cdim[n] * b->dim[i] : b->dim[i];
		for (int k = 0; k < b->noperand; k++)
			b->stride[k][n] = b->stride[k][i];
		n++;
	}
	if (n == 0) {
		b->cdim[0] = 1;
		for (int k = 0; k < b->noperand; k++)
			b->stride[k][0] = 0;
		n = 1;
	}
	b->crank = n;
}

bool
broadcast_init(Broadcast *b, Eval *e, const Tensor *const *t, int n)
{
	memset(b, 0, sizeof *b);
	b->noperand = n;
	if (!broadcast_dims(b, e, t, n))
		return false;
	if (!shape_count(b->dim, b->rank, &b->count))
		milc_nomem();
	for (int k = 0; k < n; k++) {
		int64_t s = 1;
		for (int i = b->rank - 1; i >= 0; i--) {
			int64_t d = dim_of(t[k], b->rank, i);
			b->stride[k][i] = d == 1 ? 0 : s;
			s *= d;
		}
	}
	join_dims(b);
	b->left = b->count;
	return true;
}

size_t
broadcast_next(Broadcast *b, size_t max, int64_t *off, int *step)
{
	int last = b->crank - 1;
	int64_t n = MIN((int64_t)max, b->cdim[last] - b->at[last]);

	if (b->left == 0)
		return 0;
	for (int k = 0; k < b->noperand; k++) {
		off[k] = b->off[k];
		step[k] = b->stride[k][last] != 0;
		b->off[k] += n * b->stride[k][last];
	}
	b->left -= n;
	b->at[last] += n;
	for (int i = last; i >= 0 && b->at[i] == b->cdim[i]; i--) {
		b->at[i] = 0;
		for (int k = 0; k < b->noperand; k++)
			b->off[k] +=
			    (i > 0 ? b->stride[k][i - 1] : 0) - b->cdim[i] * b->stride[k][i];
		if (i > 0)
			b->at[i - 1]++;
	}
	return (size_t)n;
}

static void
unary_int(const Tensor *x, const void *data, Tensor *y, EwUnaryInt *g)
{
	int64_t v[EW_CHUNK];

	for (int64_t at = 0; at < x->count; at += EW_CHUNK) {
		size_t n = (size_t)MIN(x->count - at, EW_CHUNK);
		ew_load_int(v, x, data, at, 1, n);
		g(v, n, 0, 0);
		ew_store_int(y, at, v, n);
	}
}

bool
ew_unary(Eval *e, EwUnary *f, EwUnaryInt *g, ArgName a, ArgName b)
{
	const Tensor *x = eval_arg(e, ARG_x);
	const void *data = tensor_data(e->arena, x);
	double pa = a ? eval_double(e, a, 0) : 0, pb = b ? eval_double(e, b, 0) : 0;
	Tensor *y = eval_new(e, 0, x->dtype, x->dim, x->rank);
	double v[EW_CHUNK];

	if (g && !dtype_is_float(x->dtype)) {
		unary_int(x, data, y, g);
		return true;
	}
	for (int64_t at = 0; at < x->count; at += EW_CHUNK) {
		size_t n = (size_t)MIN(x->count - at, EW_CHUNK);
		ew_load(v, x, data, at, 1, n);
		f(v, n, pa, pb);
		ew_store(y, at, v, n);
	}
	return true;
}
