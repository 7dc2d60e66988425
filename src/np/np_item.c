/* np_item.c: a[key] and a[key] = x: what a script writes between the brackets, as keys of
 * nd_index.c.
 */
#include "np_impl.h"

static int64_t
clamp(Big v)
{
	return v > INT64_MAX ? INT64_MAX : v < -INT64_MAX ? -INT64_MAX : (int64_t)v;
}

static bool
slice_part(Interp *in, Value v, bool *has, int64_t *out, Span at)
{
	Big b;

	*has = !np_absent(v);
	if (!*has)
		return true;
	if (!is_index(in, v, &b))
		return fail(in, at, "slice indices must be integers or None, not %s", type_name(v));
	*out = clamp(b);
	return true;
}

static bool
slice_key(Interp *in, Value v, NdKey *k, Span at)
{
	const SliceObj *s = SLICE_OF(v);
	bool step;

	k->kind = NK_SLICE;
	k->step = 1;
	if (!slice_part(in, s->start, &k->has_start, &k->start, at) ||
	    !slice_part(in, s->stop, &k->has_stop, &k->stop, at) ||
	    !slice_part(in, s->step, &step, &k->step, at))
		return false;
	return k->step != 0 || fail(in, at, "slice step cannot be zero");
}

static bool
bad_key(Interp *in, Value v, Span at)
{
	return fail(in, at,
	            "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and "
	            "integer or boolean arrays are valid indices, not %s",
	            type_name(v));
}

static bool
array_key(Interp *in, Value v, NdKey *k, Span at)
{
	DType t;

	if (!np_array_of(in, v, DT_NONE, &k->array, at))
		return false;
	t = nd_base(k->array.dtype);
	if (t == DT_BOOL) {
		k->kind = NK_BOOL;
	} else if (dtype_is_int(t)) {
		k->kind = NK_ARRAY;
		if (!k->array.rank) {
			k->kind = NK_INT;
			k->start = nd_load_i(t, k->array.data);
			nd_release(&k->array);
		}
	} else if (!is_np(v) && nd_count(&k->array) == 0) { /* [] selects nothing */
		k->kind = NK_ARRAY;
		k->array.dtype = DT_INT64;
	} else {
		nd_release(&k->array);
		return fail(in, at,
		            "arrays used as indices must be of integer (or boolean) type, not %s",
		            dtype_info[t].np);
	}
	return true;
}

static bool
one_key(Interp *in, Value v, NdKey *k, Span at)
{
	Big b;

	switch (v.kind) {
	case V_NONE:
		k->kind = NK_NEW;
		return true;
	case V_ELLIPSIS:
		k->kind = NK_ELLIPSIS;
		return true;
	case V_SLICE:
		return slice_key(in, v, k, at);
	case V_ARRAY:
	case V_NPSCALAR:
	case V_LIST:
	case V_TUPLE:
	case V_BOOL:
		return array_key(in, v, k, at);
	default:
		if (!is_index(in, v, &b))
			return bad_key(in, v, at);
		k->kind = NK_INT;
		k->start = clamp(b);
		return true;
	}
}

static void
keys_free(NdKey *k, int n)
{
	while (n-- > 0)
		if (k[n].kind == NK_ARRAY || k[n].kind == NK_BOOL)
			nd_release(&k[n].array);
}

static bool
keys_of(Interp *in, Value key, NdKey *k, int *n, Span at)
{
	const Value *v = &key;
	uint32_t count = 1;

	*n = 0;
	if (key.kind == V_TUPLE) {
		v = SEQ_OF(key)->at;
		count = SEQ_OF(key)->n;
	}
	if (count > ND_MAX_KEYS)
		return fail(in, at, "an index of %u entries, at most %d are possible", count,
		            ND_MAX_KEYS);
	for (; *n < (int)count; ++*n) {
		k[*n].kind = NK_NEW;
		if (!one_key(in, v[*n], &k[*n], at)) {
			keys_free(k, *n);
			return false;
		}
	}
	return true;
}

/* No key takes an axis: such an index makes an array of a scalar. */
static bool
adds_axes(const NdKey *k, int n)
{
	bool ok = true;

	for (int i = 0; i < n; i++)
		ok = ok && (k[i].kind == NK_NEW || k[i].kind == NK_ELLIPSIS ||
		            (k[i].kind == NK_BOOL && !k[i].array.rank));
	return ok;
}

bool
np_getitem(Interp *in, Value a, Value key, Value *out, Span at)
{
	NdKey k[ND_MAX_KEYS];
	int n;
	bool view, scalar, ok;
	Nd r;
	NdErr err = NP_ERR(in);

	if (!keys_of(in, key, k, &n, at))
		return false;
	ok = a.kind != V_NPSCALAR || adds_axes(k, n) ||
	     fail(in, at, "invalid index to scalar variable: a %s has no items", type_name(a));
	ok = ok && (nd_get(ARRAY_OF(a), k, n, &r, &view, &scalar, &err) || np_err(in, at, &err));
	keys_free(k, n);
	if (!ok)
		return false;
	if (scalar || (n == 0 && r.rank == 0)) {
		ok = np_give_element(in, r.dtype, r.data, out);
		nd_release(&r);
		return ok;
	}
	if (view && a.kind == V_NPSCALAR) { /* a scalar never changes */
		Nd own;

		ok = nd_copy(&own, &r, &err) || np_err(in, at, &err);
		nd_release(&r);
		return ok && np_give(in, &own, out);
	}
	return view ? np_give(in, &r, out) : np_give_scalar(in, &r, out);
}

bool
np_setitem(Interp *in, Value a, Value key, Value x, Span at)
{
	NdKey k[ND_MAX_KEYS];
	int n;
	bool ok;
	Nd v;
	NdErr err = NP_ERR(in);

	if (a.kind == V_NPSCALAR)
		return fail(in, at, "'%s' object does not support item assignment", type_name(a));
	if (!np_array_of(in, x, is_np(x) ? DT_NONE : ARRAY_OF(a)->dtype, &v, at))
		return false;
	ok = keys_of(in, key, k, &n, at);
	if (ok) {
		ok = nd_set(ARRAY_OF(a), k, n, &v, &err) || np_err(in, at, &err);
		keys_free(k, n);
	}
	nd_release(&v);
	return ok && interp_steps(in, 1);
}
