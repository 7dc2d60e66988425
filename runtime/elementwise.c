/* elementwise.c: see elementwise.h. */
#include "elementwise.h"

#include "tensor/elems.h"

void
ew_load(double *dst, const Tensor *t, const void *data, int64_t at, int step, size_t n)
{
	const char *p = (const char *)data + (size_t)at * dtype_size(t->dtype);

	if (step == 0 && n > 1) {
		ew_load(dst, t, data, at, 1, 1);
		for (size_t i = 1; i < n; i++)
			dst[i] = dst[0];
	} else if (dtype_is_float(t->dtype)) {
		elems_load_f(t->dtype, p, dst, n);
	} else {
		elems_cast(DT_FP64, (char *)dst, t->dtype, p, n);
	}
}

void
ew_load_int(int64_t *dst, const Tensor *t, const void *data, int64_t at, int step, size_t n)
{
	const char *p = (const char *)data + (size_t)at * dtype_size(t->dtype);

	if (step == 0 && n > 1) {
		ew_load_int(dst, t, data, at, 1, 1);
		for (size_t i = 1; i < n; i++)
			dst[i] = dst[0];
	} else {
		elems_cast(DT_INT64, (char *)dst, t->dtype, p, n);
	}
}

void
ew_store(Tensor *t, int64_t at, const double *src, size_t n)
{
	uint16_t *half = (uint16_t *)t->data + at;

	if (t->dtype != DT_FP16) {
		elems_store_f(t->dtype, (char *)t->data + (size_t)at * dtype_size(t->dtype), src,
		              n);
		return;
	}
	for (size_t i = 0; i < n; i++) /* overflows, which a cast does not */
		half[i] = half_from_double(src[i]);
}

void
ew_store_int(Tensor *t, int64_t at, const int64_t *src, size_t n)
{
	elems_store_i(t->dtype, (char *)t->data + (size_t)at * dtype_size(t->dtype), src, n, false);
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
