/* nd_index.c: a[key] and a[key] = v. Integers, slices, newaxis and the ellipsis make a view.
 * Integer and boolean arrays ("advanced" indices) are broadcast together; their axes stand in the
 * result where the indices stood when these were neighbours, and first otherwise. Beside one of
 * them an integer counts as advanced too.
 */
#include "nd_impl.h"

/* One advanced index, bound to an axis of the indexed array. */
typedef struct Picker {
	Nd idx; /* int64 */
	int axis;
	int64_t dim, stride;
} Picker;

typedef struct Plan {
	Nd view; /* what slices leave: data pointer and the axes of the result without the picked */
	int npick, at; /* at: the picked axes' place among view's axes */
	Picker pick[TENSOR_MAX_RANK + 1];
	int64_t dim[TENSOR_MAX_RANK]; /* of the picked axes */
	int rank;
	int64_t count;
	int64_t *offset; /* bytes from view.data, for each of `count` */
	bool mask;       /* one boolean array and nothing else */
} Plan;

static bool
is_advanced(const NdKey *k)
{
	return k->kind == NK_ARRAY || k->kind == NK_BOOL;
}

static bool
count_axes(const Nd *a, const NdKey *key, int nkey, int *used, bool *adv, NdErr *err)
{
	int n = 0, dots = 0;

	*adv = false;
	for (int i = 0; i < nkey; i++) {
		*adv |= is_advanced(&key[i]);
		dots += key[i].kind == NK_ELLIPSIS;
		if (key[i].kind == NK_BOOL)
			n += key[i].array.rank;
		else if (key[i].kind != NK_NEW && key[i].kind != NK_ELLIPSIS)
			n++;
	}
	*used = n;
	if (dots > 1)
		return nd_fail(err, "an index can only have a single ellipsis ('...')");
	if (n > a->rank)
		return nd_fail(err,
		               "too many indices for array: array is %d-dimensional, but %d were "
		               "indexed",
		               a->rank, n);
	return true;
}

bool
nd_index_fix(int64_t *i, int64_t dim, int axis, NdErr *err)
{
	if (*i < -dim || *i >= dim)
		return nd_fail(err, "index %lld is out of bounds for axis %d with size %lld",
		               (long long)*i, axis, (long long)dim);
	*i += *i < 0 ? dim : 0;
	return true;
}

static bool
view_axis(Nd *v, int64_t dim, int64_t stride, NdErr *err)
{
	if (v->rank == TENSOR_MAX_RANK)
		return nd_fail(err, "the result of this index has more than %d dimensions",
		               TENSOR_MAX_RANK);
	v->dim[v->rank] = dim;
	v->stride[v->rank++] = stride;
	return true;
}

/* Python's slice.indices(). */
static void
slice_fix(const NdKey *k, int64_t n, int64_t *start, int64_t *count)
{
	int64_t low = k->step < 0 ? -1 : 0, high = k->step < 0 ? n - 1 : n, a, b;

	a = !k->has_start ? (k->step < 0 ? high : low) : k->start;
	b = !k->has_stop ? (k->step < 0 ? low : high) : k->stop;
	if (k->has_start) {
		a = a < 0 ? (a < -n ? low : a + n) : a;
		a = MIN(MAX(a, low), high);
	}
	if (k->has_stop) {
		b = b < 0 ? (b < -n ? low : b + n) : b;
		b = MIN(MAX(b, low), high);
	}
	*start = a;
	if (k->step > 0)
		*count = b > a ? (b - a - 1) / k->step + 1 : 0;
	else
		*count = a > b ? (int64_t)((uint64_t)(a - b - 1) / (0 - (uint64_t)k->step)) + 1 : 0;
}

static int64_t
count_true(const Nd *m)
{
	int64_t n = 0;

	for (NdIter it = nd_iter(m); it.at; nd_step(&it))
		n += *it.at != 0;
	return n;
}

bool
nd_nonzero_list(const Nd *a, Nd *out, NdErr *err)
{
	Nd m;
	int64_t n, i = 0;
	int made = 0;
	bool ok;

	if (!nd_work(err, (double)nd_count(a), ND_SLOW) || !nd_astype(&m, a, DT_BOOL, err))
		return false;
	n = count_true(&m);
	while (made < a->rank && nd_new(&out[made], DT_INT64, &n, 1, err))
		made++;
	ok = made == a->rank;
	if (ok)
		for (NdIter it = nd_iter(&m); it.at; nd_step(&it)) {
			if (!*it.at)
				continue;
			for (int k = 0; k < a->rank; k++)
				((int64_t *)(void *)out[k].data)[i] = it.idx[k];
			i++;
		}
	while (!ok && made > 0)
		nd_release(&out[--made]);
	nd_release(&m);
	return ok;
}

static void
pick_add(Plan *p, Nd idx, int axis, int64_t dim, int64_t stride)
{
	Picker *k = &p->pick[p->npick++];

	k->idx = idx;
	k->axis = axis;
	k->dim = dim;
	k->stride = stride;
}

static bool
plan_mask(Plan *p, const Nd *a, const NdKey *k, int axis, NdErr *err)
{
	const Nd *m = &k->array;
	Nd idx[TENSOR_MAX_RANK];
	int64_t n;

	if (m->rank == 0) {
		n = nd_load_bool(m->dtype, m->data);
		if (!nd_new(&idx[0], DT_INT64, &n, 1, err))
			return false;
		pick_add(p, idx[0], axis, 1, 0);
		return true;
	}
	for (int i = 0; i < m->rank; i++)
		if (m->dim[i] != a->dim[axis + i])
			return nd_fail(
			    err,
			    "boolean index did not match indexed array along axis %d; size "
			    "of axis is %lld but size of corresponding boolean axis is %lld",
			    axis + i, (long long)a->dim[axis + i], (long long)m->dim[i]);
	if (!nd_nonzero_list(m, idx, err))
		return false;
	for (int i = 0; i < m->rank; i++)
		pick_add(p, idx[i], axis + i, a->dim[axis + i], a->stride[axis + i]);
	return true;
}

static bool
plan_array(Plan *p, const Nd *a, const Nd *array, int axis, NdErr *err)
{
	Nd idx;

	if (!nd_astype(&idx, array, DT_INT64, err))
		return false;
	pick_add(p, idx, axis, a->dim[axis], a->stride[axis]);
	return true;
}

static bool
plan_key(Plan *p, const Nd *a, const NdKey *k, int *axis, bool adv, NdErr *err)
{
	int64_t i = k->start, start, n;

	switch (k->kind) {
	case NK_INT:
		if (adv)
			pick_add(p, nd_scalar_i(DT_INT64, i), *axis, a->dim[*axis],
			         a->stride[*axis]);
		else if (nd_index_fix(&i, a->dim[*axis], *axis, err))
			p->view.data += i * a->stride[*axis];
		else
			return false;
		++*axis;
		return true;
	case NK_SLICE:
		slice_fix(k, a->dim[*axis], &start, &n);
		if (n)
			p->view.data += start * a->stride[*axis];
		/* a step that leaves the axis after one element may be huge */
		return view_axis(&p->view, n, n > 1 ? a->stride[*axis] * k->step : a->stride[*axis],
		                 err) &&
		       ++*axis;
	case NK_NEW:
		return view_axis(&p->view, 1, 0, err);
	case NK_ARRAY:
		return plan_array(p, a, &k->array, (*axis)++, err);
	case NK_BOOL:
		if (!plan_mask(p, a, k, *axis, err))
			return false;
		*axis += k->array.rank;
		return true;
	default:
		return true;
	}
}

/* Where the picked axes stand: at the first of them, or 0 when something lies between. */
static void
plan_place(Plan *p, bool *seen, bool *closed, bool adv_here)
{
	if (!adv_here) {
		*closed |= *seen;
		return;
	}
	if (!*seen)
		p->at = p->view.rank;
	else if (*closed)
		p->at = 0;
	*seen = true;
}

static bool
plan_offsets(Plan *p, NdErr *err)
{
	Nd shape = {0}, b;
	size_t bytes;

	for (int i = 0; i < p->npick; i++)
		if (!nd_broadcast_shapes(&shape, &p->pick[i].idx, shape.dim, &shape.rank, err))
			return nd_fail(
			    err,
			    "shape mismatch: indexing arrays could not be broadcast together "
			    "with shapes %s %s",
			    nd_shape(p->pick[0].idx.dim, p->pick[0].idx.rank).s,
			    nd_shape(p->pick[i].idx.dim, p->pick[i].idx.rank).s);
	p->rank = shape.rank;
	memcpy(p->dim, shape.dim, sizeof p->dim);
	if (!nd_size_bytes(DT_INT64, p->dim, p->rank, &bytes, err))
		return false;
	p->count = nd_count(&shape);
	if (!nd_work(err, (double)p->count * p->npick, ND_HEAVY))
		return false;
	p->offset = xcalloc((size_t)p->count + 1, sizeof *p->offset);
	for (int k = 0; k < p->npick; k++) {
		Picker *q = &p->pick[k];
		int64_t *o = p->offset;

		for (NdIter it = nd_iter(&q->idx); it.at; nd_step(&it))
			if (!nd_index_fix((int64_t *)(void *)it.at, q->dim, q->axis, err))
				return false;
		if (!nd_broadcast_to(&b, &q->idx, p->dim, p->rank, err))
			return false;
		for (NdIter it = nd_iter(&b); it.at; nd_step(&it))
			*o++ += *(int64_t *)(void *)it.at * q->stride;
		nd_release(&b);
	}
	return true;
}

static void
plan_free(Plan *p)
{
	for (int i = 0; i < p->npick; i++)
		nd_release(&p->pick[i].idx);
	xfree(p->offset);
	p->npick = 0;
	p->offset = 0;
}

static bool
plan_make(Plan *p, const Nd *a, const NdKey *key, int nkey, bool *adv, NdErr *err)
{
	int used, axis = 0;
	bool seen = false, closed = false, dots = false;

	p->npick = 0;
	p->offset = 0;
	p->at = 0;
	p->view = *a;
	p->view.rank = 0;
	if (!count_axes(a, key, nkey, &used, adv, err))
		return false;
	p->mask = nkey == 1 && key[0].kind == NK_BOOL;
	for (int i = 0; i <= nkey; i++) {
		bool rest = i == nkey;

		if (rest ? dots : key[i].kind != NK_ELLIPSIS) {
			if (rest)
				break;
			plan_place(p, &seen, &closed,
			           is_advanced(&key[i]) || (*adv && key[i].kind == NK_INT));
			if (!plan_key(p, a, &key[i], &axis, *adv, err))
				return false;
			continue;
		}
		/* the ellipsis, written or not: the axes that no key takes */
		dots = true;
		closed |= seen;
		for (int k = a->rank - used; k > 0; k--, axis++)
			if (!view_axis(&p->view, a->dim[axis], a->stride[axis], err))
				return false;
	}
	return !*adv || plan_offsets(p, err);
}

/* The result's shape. */
static bool
plan_shape(const Plan *p, Nd *s, NdErr *err)
{
	const Nd *v = &p->view;

	if (v->rank + p->rank > TENSOR_MAX_RANK)
		return nd_fail(
		    err, "the result of this index has %d dimensions, at most %d are possible",
		    v->rank + p->rank, TENSOR_MAX_RANK);
	s->rank = 0;
	for (int i = 0; i < p->at; i++)
		s->dim[s->rank++] = v->dim[i];
	for (int i = 0; i < p->rank; i++)
		s->dim[s->rank++] = p->dim[i];
	for (int i = p->at; i < v->rank; i++)
		s->dim[s->rank++] = v->dim[i];
	return true;
}

/* Copies between the picked parts of the array and `full`, which has the result's shape. */
static void
transfer(Plan *p, const Nd *full, bool out)
{
	Nd part = p->view, side = *full, pick;
	Nd *to = out ? &side : &part, *from = out ? &part : &side;
	int n = 0;
	int64_t i = 0;
	bool one;

	pick = *full;
	pick.rank = p->rank;
	for (int k = 0; k < p->rank; k++) {
		pick.dim[k] = full->dim[p->at + k];
		pick.stride[k] = full->stride[p->at + k];
	}
	for (int k = 0; k < full->rank; k++) {
		if (k >= p->at && k < p->at + p->rank)
			continue;
		side.dim[n] = full->dim[k];
		side.stride[n++] = full->stride[k];
	}
	side.rank = n;
	one = nd_count(&side) == 1;
	for (NdIter it = nd_iter(&pick); it.at; nd_step(&it), i++) {
		part.data = p->view.data + p->offset[i];
		side.data = it.at;
		if (one)
			nd_cast(from->dtype, to->dtype, to->data, 0, from->data, 0, 1);
		else
			nd_move(to, from);
	}
}

bool
nd_get(const Nd *a, const NdKey *key, int nkey, Nd *out, bool *view, bool *scalar, NdErr *err)
{
	Plan *p = xmalloc(sizeof *p);
	Nd s;
	bool adv, ok = plan_make(p, a, key, nkey, &adv, err);

	*scalar = nkey > 0;
	for (int i = 0; i < nkey; i++)
		*scalar = *scalar && key[i].kind == NK_INT;
	if (ok && !adv) {
		*view = true;
		*scalar = *scalar && p->view.rank == 0;
		*out = p->view;
		nd_retain(out);
	} else if (ok) {
		*view = false;
		*scalar = false;
		ok = plan_shape(p, &s, err) && nd_new(out, a->dtype, s.dim, s.rank, err) &&
		     nd_keep(out, nd_work(err, (double)nd_count(out), ND_HEAVY));
		if (ok)
			transfer(p, out, true);
	}
	plan_free(p);
	xfree(p);
	return ok;
}

static bool
set_picked(Plan *p, const Nd *v, NdErr *err)
{
	Nd s, full, own;
	const Nd *from = v;
	bool copy = nd_shares(&p->view, v), ok;

	if (!plan_shape(p, &s, err))
		return false;
	if (p->mask && v->rank == 1 && v->dim[0] != 1 && s.rank == 1 && v->dim[0] != s.dim[0])
		return nd_fail(err,
		               "NumPy boolean array indexing assignment cannot assign %lld input "
		               "values to the %lld output values where the mask is true",
		               (long long)v->dim[0], (long long)s.dim[0]);
	if (copy) {
		if (!nd_copy(&own, v, err))
			return false;
		from = &own;
	}
	full = *from;
	while (full.rank > s.rank && full.dim[0] == 1)
		full = nd_drop_axis(&full, 0);
	ok = nd_broadcast_to(&full, &full, s.dim, s.rank, err);
	if (ok) {
		ok = nd_work(err, (double)nd_count(&full), ND_HEAVY);
		if (ok)
			transfer(p, &full, false);
		nd_release(&full);
	} else {
		nd_fail(
		    err,
		    "shape mismatch: value array of shape %s could not be broadcast to indexing "
		    "result of shape %s",
		    nd_shape(v->dim, v->rank).s, nd_shape(s.dim, s.rank).s);
	}
	if (copy)
		nd_release(&own);
	return ok;
}

bool
nd_set(Nd *a, const NdKey *key, int nkey, const Nd *v, NdErr *err)
{
	Plan *p;
	bool adv, ok;

	if (!nd_writable(a, err))
		return false;
	if (nd_base(v->dtype) != nd_base(a->dtype) && !nd_can_cast(v->dtype, a->dtype, CAST_UNSAFE))
		return nd_fail(err, "cannot store %s values in an array of %s",
		               dtype_info[v->dtype].np, dtype_info[a->dtype].np);
	p = xmalloc(sizeof *p);
	ok = plan_make(p, a, key, nkey, &adv, err);
	if (ok)
		ok = adv ? set_picked(p, v, err) : nd_assign(&p->view, v, err);
	plan_free(p);
	xfree(p);
	return ok;
}
