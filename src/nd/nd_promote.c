/* nd_promote.c: which type two operands meet in (NEP 50), and how their shapes meet.
 */
#include "nd_impl.h"

static DType
signed_int(unsigned size)
{
	static const DType t[9] = {[1] = DT_INT8, [2] = DT_INT16, [4] = DT_INT32, [8] = DT_INT64};

	return t[size];
}

DType
nd_float_for_int(DType t)
{
	return dtype_size(t) == 1 ? DT_FP16 : dtype_size(t) == 2 ? DT_FP32 : DT_FP64;
}

static DType
larger(DType a, DType b)
{
	return dtype_size(a) >= dtype_size(b) ? a : b;
}

DType
nd_promote(DType a, DType b)
{
	unsigned us, ss;

	a = nd_base(a);
	b = nd_base(b);
	if (a == b)
		return a;
	if (nd_is_complex(a) || nd_is_complex(b)) {
		DType t = nd_promote(nd_part_type(a), nd_part_type(b));

		return t == DT_FP64 ? DT_COMPLEX128 : t ? DT_COMPLEX64 : DT_NONE;
	}
	if (!nd_is_numeric(a) || !nd_is_numeric(b))
		return DT_NONE;
	if (a == DT_BOOL || b == DT_BOOL)
		return a == DT_BOOL ? b : a;
	if (dtype_is_float(a) && dtype_is_float(b))
		return larger(a, b);
	if (dtype_is_float(a))
		return larger(a, nd_float_for_int(b));
	if (dtype_is_float(b))
		return larger(nd_float_for_int(a), b);
	if (nd_is_unsigned(a) == nd_is_unsigned(b))
		return larger(a, b);
	us = (unsigned)dtype_size(nd_is_unsigned(a) ? a : b);
	ss = (unsigned)dtype_size(nd_is_unsigned(a) ? b : a);
	if (us < ss)
		return signed_int(ss);
	return us == 8 ? DT_FP64 : signed_int(us * 2);
}

static DType
weak_type(Weak w)
{
	return w == WEAK_BOOL ? DT_BOOL : w == WEAK_INT ? DT_INT64 : DT_FP64;
}

DType
nd_result_type(DType a, Weak wa, DType b, Weak wb)
{
	DType t;
	Weak w;

	if (wa == WEAK_BOOL) {
		a = DT_BOOL;
		wa = wb == STRONG ? STRONG : wa;
	}
	if (wb == WEAK_BOOL) {
		b = DT_BOOL;
		wb = wa == STRONG ? STRONG : wb;
	}
	if (!wa && !wb)
		return nd_promote(a, b);
	if (wa && wb)
		return nd_promote(weak_type(wa), weak_type(wb));
	t = nd_base(wa ? b : a);
	w = wa ? wa : wb;
	if (nd_is_complex(t))
		return t;
	if (!nd_is_numeric(t))
		return DT_NONE;
	if (w == WEAK_FLOAT)
		return dtype_is_float(t) ? t : DT_FP64;
	return t == DT_BOOL ? DT_INT64 : t;
}

bool
nd_broadcast_shapes(const Nd *a, const Nd *b, int64_t *dim, int *rank, NdErr *err)
{
	int r = MAX(a->rank, b->rank);

	for (int i = 1; i <= r; i++) {
		int64_t da = i <= a->rank ? a->dim[a->rank - i] : 1;
		int64_t db = i <= b->rank ? b->dim[b->rank - i] : 1;

		if (da != db && da != 1 && db != 1)
			return nd_fail(err,
			               "operands could not be broadcast together with shapes %s %s",
			               nd_shape(a->dim, a->rank).s, nd_shape(b->dim, b->rank).s);
		dim[r - i] = da == 1 ? db : da;
	}
	*rank = r;
	return true;
}

bool
nd_broadcast_to(Nd *out, const Nd *a, const int64_t *dim, int rank, NdErr *err)
{
	int64_t stride[TENSOR_MAX_RANK];
	bool ok = rank >= a->rank && rank <= TENSOR_MAX_RANK;

	for (int i = 1; ok && i <= rank; i++) {
		int64_t da = i <= a->rank ? a->dim[a->rank - i] : 1;

		ok = da == dim[rank - i] || (da == 1 && dim[rank - i] >= 0);
		stride[rank - i] = i <= a->rank && da == dim[rank - i] ? a->stride[a->rank - i] : 0;
	}
	if (!ok)
		return nd_fail(err, "cannot broadcast an array of shape %s to shape %s",
		               nd_shape(a->dim, a->rank).s, nd_shape(dim, rank).s);
	return nd_view(out, a, dim, stride, rank, err);
}
