/* arith.c: see arith.h. */
#include "arith.h"

double
dtype_round(DType t, double x)
{
	if (t == DT_FP16)
		return half_to_float(half_from_float((float)x));
	return t == DT_FP32 ? (double)(float)x : x;
}

Tensor *
tensor_scaled(Arena *a, const Tensor *t, double k)
{
	return tensor_scaled_rows(a, t, 1, &k);
}

Tensor *
tensor_plus(Arena *a, const Tensor *t, const Tensor *y)
{
	Tensor *r = tensor_new(a, t->dtype, t->dim, t->rank);

	for (int64_t k = 0; k < t->count; k++)
		tensor_set_f(r, k, tensor_f(t, k) + tensor_f(y, y->count == 1 ? 0 : k));
	return r;
}

Tensor *
tensor_scaled_rows(Arena *a, const Tensor *t, int64_t rows, const double *factor)
{
	int64_t n = rows ? t->count / rows : 0;
	Tensor *r;

	if (t->dtype == DT_FP32 && n) {
		float *f = newn(a, float, (size_t)rows);
		for (int64_t i = 0; i < rows; i++)
			f[i] = (float)factor[i];
		return tensor_rows_times(a, t, rows, f);
	}
	r = tensor_new(a, t->dtype, t->dim, t->rank);
	for (int64_t k = 0; k < n * rows; k++)
		tensor_set_f(r, k, tensor_f(t, k) * factor[k / n]);
	return r;
}

Tensor *
tensor_flat(Arena *a, const Tensor *t)
{
	return tensor_reshape(a, t, &t->count, 1);
}

Tensor *
tensor_transposed(Arena *a, const Tensor *t, const int64_t *perm)
{
	int64_t dim[TENSOR_MAX_RANK], step[TENSOR_MAX_RANK], at[TENSOR_MAX_RANK] = {0};
	size_t size = dtype_size(t->dtype);
	const char *from = tensor_data(a, t);
	Tensor *r;

	for (int k = 0; k < t->rank; k++) {
		int64_t s = 1;
		for (int j = (int)perm[k] + 1; j < t->rank; j++)
			s *= t->dim[j];
		dim[k] = t->dim[perm[k]];
		step[k] = s;
	}
	r = tensor_new(a, t->dtype, dim, t->rank);
	for (int64_t k = 0; k < r->count; k++) {
		int64_t src = 0;
		for (int j = 0; j < t->rank; j++)
			src += at[j] * step[j];
		memcpy((char *)r->data + (size_t)k * size, from + (size_t)src * size, size);
		for (int j = t->rank - 1; j >= 0 && ++at[j] == dim[j]; j--)
			at[j] = 0;
	}
	return r;
}
