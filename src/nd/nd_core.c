/* nd_core.c: buffers, views and copies. Every array is a strided view over a counted buffer; a
 * buffer owns malloc'ed bytes, or looks at memory that belongs to a mapped file.
 * The bytes of a new array lie in one block with the buffer.
 */
#include "nd_impl.h"

#include <stdio.h>
#include <stdlib.h>

/* What nd.h calls an NdBuffer always is the head of one of these. */
typedef struct Owned {
	NdBuffer buf;
	void (*drop)(void *owner); /* 0: data came from malloc, or is not ours (buf.mapped) */
	void *owner;
} Owned;

enum { BESIDE = (sizeof(Owned) + 15) / 16 * 16 }; /* where data in the same block begins */

bool
nd_fail(NdErr *err, const char *fmt, ...)
{
	WITH_ARGS(fmt, ap, vsnprintf(err->text, sizeof err->text, fmt, ap));
	if (err->means)
		WITH_ARGS(fmt, ap, err->means(err, fmt, ap));
	err->machine = false;
	return false;
}

bool
nd_work(NdErr *err, double elements, double each)
{
	if (!err->work || err->work(err->who, (uint64_t)MIN(elements * each, 1e18), 0))
		return true;
	err->text[0] = 0;
	return false;
}

void
nd_retain(Nd *a)
{
	a->buf->refs++;
}

void
nd_release(Nd *a)
{
	NdBuffer *b = a->buf;

	a->buf = 0;
	if (!b || --b->refs)
		return;
	if (((Owned *)b)->drop)
		((Owned *)b)->drop(((Owned *)b)->owner);
	else if (b->data == (char *)b + BESIDE) {
		xfree_array(b, BESIDE + b->size);
		return;
	} else if (!b->mapped) {
		xfree(b->data);
	}
	xfree(b);
}

/* With its bytes in the same block; 0: no memory. */
static NdBuffer *
buffer_with(size_t size, bool clear)
{
	size_t total;
	Owned *o = add_size(size, BESIDE, &total) ? xtry_array(total, clear) : NULL;

	if (!o)
		return NULL;
	*o = (Owned){.buf = {.refs = 1, .data = (char *)o + BESIDE, .size = size}};
	return &o->buf;
}

static NdBuffer *
buffer_new(void *data, size_t size)
{
	Owned *o = xcalloc(1, sizeof *o);

	o->buf.refs = 1;
	o->buf.data = data;
	o->buf.size = size;
	return &o->buf;
}

static void
set_shape(Nd *a, DType t, const int64_t *dim, int rank)
{
	int64_t step = (int64_t)dtype_size(t);

	a->dtype = t;
	a->rank = rank;
	for (int i = rank - 1; i >= 0; i--) {
		a->dim[i] = dim[i];
		a->stride[i] = step;
		step *= dim[i] > 0 ? dim[i] : 1;
	}
}

/* Bytes of such an array as if no dimension were 0, since strides are computed from that; SIZE_MAX
 * where an int64 does not count them. */
static bool
extent(DType t, const int64_t *dim, int rank, size_t *out, bool *zero, NdErr *err)
{
	size_t n = dtype_size(t);
	bool ok = true;

	*zero = false;
	if (rank > TENSOR_MAX_RANK)
		return nd_fail(err,
		               "an array of %d dimensions was asked for, at most %d are possible",
		               rank, TENSOR_MAX_RANK);
	for (int i = 0; i < rank; i++) {
		if (dim[i] < 0)
			return nd_fail(err, "negative dimensions are not allowed, found %lld",
			               (long long)dim[i]);
		*zero |= dim[i] == 0;
		if (dim[i] > 0)
			ok = ok && mul_size(n, (size_t)dim[i], &n);
	}
	*out = ok && n <= INT64_MAX ? n : SIZE_MAX;
	return true;
}

bool
nd_size_bytes(DType t, const int64_t *dim, int rank, size_t *out, NdErr *err)
{
	size_t n;
	bool zero;

	if (!extent(t, dim, rank, &n, &zero, err))
		return false;
	if (n > ND_MAX_BYTES)
		return nd_fail(err, "unable to allocate an array with shape %s and data type %s",
		               nd_shape(dim, rank).s, dtype_info[t].np);
	*out = zero ? 0 : n;
	return true;
}

bool
nd_view(Nd *out, const Nd *a, const int64_t *dim, const int64_t *stride, int rank, NdErr *err)
{
	Nd r = *a;
	size_t n;
	bool zero;

	if (!extent(a->dtype, dim, rank, &n, &zero, err))
		return false;
	if (n == SIZE_MAX)
		return nd_fail(err,
		               "array is too big: an array with shape %s and data type %s has more "
		               "bytes than can be counted",
		               nd_shape(dim, rank).s, dtype_info[a->dtype].np);
	set_shape(&r, a->dtype, dim, rank);
	if (stride && rank)
		memcpy(r.stride, stride, (size_t)rank * sizeof *stride);
	nd_retain(&r);
	*out = r;
	return true;
}

static bool
new_array(Nd *out, DType t, const int64_t *dim, int rank, bool clear, NdErr *err)
{
	NdBuffer *buf;
	size_t n;

	if (!nd_size_bytes(t, dim, rank, &n, err))
		return false;
	if (err->work && !err->work(err->who, n / 1024, n)) {
		err->text[0] = 0;
		return false;
	}
	buf = buffer_with(n, clear);
	if (!buf) {
		nd_fail(err, "no memory for an array with shape %s and data type %s",
		        nd_shape(dim, rank).s, dtype_info[t].np);
		err->machine = true;
		return false;
	}
	set_shape(out, t, dim, rank);
	out->buf = buf;
	out->data = buf->data;
	return true;
}

bool
nd_new(Nd *out, DType t, const int64_t *dim, int rank, NdErr *err)
{
	return new_array(out, t, dim, rank, true, err);
}

Nd
nd_adopt(DType t, const int64_t *dim, int rank, void *data, size_t size)
{
	Nd a;

	set_shape(&a, t, dim, rank);
	a.buf = buffer_new(data, size);
	a.data = data;
	return a;
}

static void
keep(UNUSED void *owner)
{
}

Nd
nd_wrap(DType t, const int64_t *dim, int rank, void *data, bool mapped)
{
	int64_t n = 0;

	if (!shape_count(dim, rank, &n))
		die("nd_wrap: shape overflows");
	/* mapped: nobody frees it, and a write copies first. What is not mapped is not freed here
	 * either, but may be written. */
	return nd_wrap_owned(t, dim, rank, data, (size_t)n * dtype_size(t), mapped ? 0 : keep, 0);
}

Nd
nd_wrap_owned(DType t, const int64_t *dim, int rank, void *data, size_t size, void (*drop)(void *),
              void *owner)
{
	Nd a = nd_adopt(t, dim, rank, data, size);

	a.buf->mapped = true;
	((Owned *)a.buf)->drop = drop;
	((Owned *)a.buf)->owner = owner;
	return a;
}

Nd
nd_alias(const Nd *a)
{
	Nd b = *a;

	nd_retain(&b);
	return b;
}

Nd
nd_drop_axis(const Nd *a, int axis)
{
	Nd v = *a;

	for (int i = axis; i + 1 < a->rank; i++) {
		v.dim[i] = a->dim[i + 1];
		v.stride[i] = a->stride[i + 1];
	}
	v.rank--;
	return v;
}

void
nd_insert_axis(Nd *a, int axis)
{
	size_t more = (size_t)(a->rank++ - axis) * sizeof *a->dim;

	memmove(a->dim + axis + 1, a->dim + axis, more);
	memmove(a->stride + axis + 1, a->stride + axis, more);
	a->dim[axis] = 1;
	a->stride[axis] = 0;
}

bool
nd_keep(Nd *a, bool ok)
{
	if (!ok)
		nd_release(a);
	return ok;
}

bool
nd_replace(Nd *a, bool made, const Nd *by)
{
	nd_release(a);
	if (made)
		*a = *by;
	return made;
}

bool
nd_new_order(Nd *out, DType t, const int64_t *dim, int rank, const int *order, NdErr *err)
{
	int64_t step = (int64_t)dtype_size(t);

	if (!new_array(out, t, dim, rank, false, err))
		return false;
	for (int i = rank - 1; i >= 0; i--) {
		out->stride[order[i]] = step;
		step *= dim[order[i]] > 0 ? dim[order[i]] : 1;
	}
	return true;
}

/* +1: axis x should lie outside y, -1: inside, 0: the arrays do not say. */
static int
axis_order(const Nd *const *a, int n, int x, int y)
{
	bool said = false, outside = true;

	for (int i = 0; i < n; i++) {
		int64_t sx = llabs(a[i]->stride[x]), sy = llabs(a[i]->stride[y]);

		if (!sx || !sy || a[i]->dim[x] == 1 || a[i]->dim[y] == 1)
			continue;
		/* among contradicting arrays the order of the shape wins: x was before y */
		if (sy <= sx)
			return 1;
		said = true;
		outside = false;
	}
	return !said ? 0 : outside ? 1 : -1;
}

void
nd_axis_order(const Nd *const *a, int n, int rank, int *order)
{
	/* Insertion sort from the innermost axis outwards; ties leave an axis where it was. */
	for (int i = 0; i < rank; i++)
		order[i] = i;
	for (int i = rank - 2; i >= 0; i--) {
		int x = order[i], to = i;

		for (int j = i + 1; j < rank; j++) {
			int c = axis_order(a, n, x, order[j]);

			if (c > 0)
				break;
			if (c < 0)
				to = j;
		}
		for (int j = i; j < to; j++)
			order[j] = order[j + 1];
		order[to] = x;
	}
}

Nd
nd_scalar_f(DType t, double v)
{
	Nd a = nd_adopt(t, 0, 0, xcalloc(1, 16), dtype_size(t));

	nd_store_f(t, a.data, v);
	return a;
}

Nd
nd_scalar_i(DType t, int64_t v)
{
	Nd a = nd_adopt(t, 0, 0, xcalloc(1, 16), dtype_size(t));

	nd_store_i(t, a.data, v);
	return a;
}

int64_t
nd_count(const Nd *a)
{
	int64_t n = 1;

	for (int i = 0; i < a->rank; i++)
		n *= a->dim[i];
	return n;
}

bool
nd_contiguous(const Nd *a)
{
	int64_t step = (int64_t)dtype_size(a->dtype);

	if (nd_count(a) == 0)
		return true;
	for (int i = a->rank - 1; i >= 0; i--) {
		if (a->dim[i] != 1 && a->stride[i] != step)
			return false;
		step *= a->dim[i];
	}
	return true;
}

bool
nd_shares(const Nd *a, const Nd *b)
{
	return a->buf == b->buf;
}

bool
nd_same_shape(const Nd *a, const Nd *b)
{
	return a->rank == b->rank && memcmp(a->dim, b->dim, (size_t)a->rank * sizeof *a->dim) == 0;
}

bool
nd_same_layout(const Nd *a, const Nd *b)
{
	if (a->data != b->data || a->dtype != b->dtype || !nd_same_shape(a, b))
		return false;
	for (int i = 0; i < a->rank; i++)
		if (a->dim[i] > 1 && a->stride[i] != b->stride[i])
			return false;
	return true;
}

bool
nd_writable(Nd *a, NdErr *err)
{
	NdBuffer *b = a->buf;
	NdBuffer *own;
	void *copy;

	for (int i = 0; i < a->rank; i++) /* np.broadcast_to's result is read-only */
		if (b->readonly || (a->dim[i] > 1 && a->stride[i] == 0))
			return nd_fail(err, "assignment destination is read-only");
	if (b->guard) {
		NdGuard *g = b->guard;
		b->guard = 0;
		g->before_write(g);
	}
	/* our own mappings are private: the kernel copies the pages that are written */
	if (!b->mapped || ((Owned *)b)->drop)
		return true;
	copy = xmalloc(b->size ? b->size : 1);
	memcpy(copy, b->data, b->size);
	own = buffer_new(copy, b->size);
	a->data = (char *)copy + (a->data - (char *)b->data);
	nd_release(a);
	a->buf = own;
	return true;
}

bool
nd_copy(Nd *out, const Nd *a, NdErr *err)
{
	return nd_astype(out, a, a->dtype, err);
}

bool
nd_astype(Nd *out, const Nd *a, DType t, NdErr *err)
{
	return nd_new(out, t, a->dim, a->rank, err) && nd_assign(out, a, err);
}

bool
nd_convert(Nd *out, const Nd *a, DType t, NdErr *err)
{
	int order[TENSOR_MAX_RANK];

	nd_axis_order(&a, 1, a->rank, order);
	return nd_new_order(out, t, a->dim, a->rank, order, err) && nd_assign(out, a, err);
}

void
nd_fill(Nd *dst, const Nd *scalar)
{
	const Nd *a[1] = {dst};
	char one[8] = {0};
	size_t size = dtype_size(dst->dtype);
	NdLoop l;

	nd_cast(scalar->dtype, dst->dtype, one, 0, scalar->data, 0, 1);
	for (nd_loop(&l, a, 1); l.count; nd_loop_next(&l)) {
		char *p = l.at[0];

		for (int64_t i = 0; i < l.count; i++, p += l.step[0])
			memcpy(p, one, size);
	}
}

/* The axis whose neighbours lie next to each other; -1: there is at most one element. */
static int
fastest_axis(const Nd *a)
{
	int best = -1;

	for (int k = a->rank - 1; k >= 0; k--)
		if (a->dim[k] > 1 && (best < 0 || llabs(a->stride[k]) < llabs(a->stride[best])))
			best = k;
	return best;
}

static void
move_box(Nd *dst, const Nd *src)
{
	const Nd *a[2] = {dst, src};
	NdLoop l;

	for (nd_loop(&l, a, 2); l.count; nd_loop_next(&l))
		nd_cast(src->dtype, dst->dtype, l.at[0], l.step[0], l.at[1], l.step[1], l.count);
}

/* In boxes that fit a cache, halved along the longest axis: of what is read in another order than
 * it is written in, each line of memory is fetched once. */
static void
move_in_boxes(Nd dst, Nd src)
{
	enum { BOX = 4096 }; /* elements */
	int longest = 0;
	int64_t half;

	for (int k = 1; k < dst.rank; k++)
		if (dst.dim[k] > dst.dim[longest])
			longest = k;
	if (nd_count(&dst) <= BOX) {
		move_box(&dst, &src);
		return;
	}
	half = dst.dim[longest] / 2;
	Nd d = dst, s = src;
	d.dim[longest] = s.dim[longest] = half;
	move_in_boxes(d, s);
	d.dim[longest] = s.dim[longest] = dst.dim[longest] - half;
	d.data += half * d.stride[longest];
	s.data += half * s.stride[longest];
	move_in_boxes(d, s);
}

void
nd_move(Nd *dst, const Nd *src)
{
	if (fastest_axis(dst) == fastest_axis(src))
		move_box(dst, src);
	else
		move_in_boxes(*dst, *src);
}

static bool
assign_plain(Nd *dst, const Nd *src, NdErr *err)
{
	Nd from;

	if (!nd_work(err, (double)nd_count(dst), ND_LIGHT) ||
	    !nd_broadcast_to(&from, src, dst->dim, dst->rank, err))
		return false;
	nd_move(dst, &from);
	nd_release(&from);
	return true;
}

bool
nd_assign(Nd *dst, const Nd *src, NdErr *err)
{
	Nd cut = *src, tmp = {0};
	bool ok;

	/* leading axes of length 1 too many are dropped, as NumPy does */
	while (cut.rank > dst->rank && cut.dim[0] == 1)
		cut = nd_drop_axis(&cut, 0);
	ok = cut.rank <= dst->rank;
	for (int i = 1; ok && i <= cut.rank; i++)
		ok = cut.dim[cut.rank - i] == 1 || cut.dim[cut.rank - i] == dst->dim[dst->rank - i];
	if (!ok)
		return nd_fail(err, "could not broadcast input array from shape %s into shape %s",
		               nd_shape(src->dim, src->rank).s, nd_shape(dst->dim, dst->rank).s);
	if (!nd_can_cast(src->dtype, dst->dtype, CAST_UNSAFE))
		return nd_fail(err, "cannot store %s values in an array of %s",
		               dtype_info[src->dtype].np, dtype_info[dst->dtype].np);
	if (!nd_shares(dst, src) || nd_same_layout(dst, &cut))
		return assign_plain(dst, &cut, err);
	ok = nd_copy(&tmp, &cut, err) && assign_plain(dst, &tmp, err);
	nd_release(&tmp);
	return ok;
}

enum { LARGE = 1 << 18 }; /* elements that are worth not copying */

Tensor *
nd_to_tensor(Arena *arena, const Nd *nd)
{
	DType t = nd->dtype;
	Nd dst;
	Tensor *r;
	NdErr err = {0};

	bool aligned = (uintptr_t)nd->data % dtype_size(t) == 0;

	if (nd->rank && nd_contiguous(nd) && (aligned || nd_count(nd) >= LARGE)) {
		r = tensor_view(arena, t, nd->dim, nd->rank, nd->data);
		if (aligned)
			return r;
		/* A large array inside a file: read piece by piece, as a lazy cast is. */
		const Tensor *inside = r;
		r = arena_dup(arena, inside, sizeof *r);
		r->data = 0;
		r->cast_from = inside;
		return r;
	}
	r = tensor_new(arena, t, nd->dim, nd->rank);
	dst = nd_wrap(t, nd->dim, nd->rank, r->data, true);
	if (!nd_assign(&dst, nd, &err))
		die("nd_to_tensor: %s", err.text);
	nd_release(&dst);
	return r;
}

Nd
nd_from_tensor(const Tensor *t)
{
	if (!t->data && t->count)
		die("nd_from_tensor: the elements are not there yet");
	return nd_wrap(t->dtype, t->dim, t->rank, t->data, true);
}

static const char *
element(const Nd *a, const int64_t *idx)
{
	const char *p = a->data;

	for (int i = 0; i < a->rank; i++)
		p += idx[i] * a->stride[i];
	return p;
}

double
nd_f(const Nd *a, const int64_t *idx)
{
	return nd_load_f(a->dtype, element(a, idx));
}

int64_t
nd_i(const Nd *a, const int64_t *idx)
{
	return nd_load_i(a->dtype, element(a, idx));
}

NdIter
nd_iter(const Nd *a)
{
	NdIter it = {.nd = a, .at = nd_count(a) ? a->data : 0};

	return it;
}

void
nd_step(NdIter *it)
{
	const Nd *a = it->nd;

	for (int i = a->rank - 1; i >= 0; i--) {
		it->at += a->stride[i];
		if (++it->idx[i] < a->dim[i])
			return;
		it->at -= a->stride[i] * a->dim[i];
		it->idx[i] = 0;
	}
	it->at = 0;
}

NdShapeText
nd_shape(const int64_t *dim, int rank)
{
	NdShapeText t;
	Buf b = {0};

	for (int i = 0; i < rank; i++)
		buf_printf(&b, i ? ",%lld" : "(%lld", (long long)dim[i]);
	snprintf(t.s, sizeof t.s, "%s%s", rank ? b.at : "(", rank == 1 ? ",)" : ")");
	buf_free(&b);
	return t;
}

void
nd_swap_bytes(Nd *a)
{
	size_t size = dtype_size(a->dtype);

	for (NdIter it = nd_iter(a); it.at && size > 1; nd_step(&it))
		for (size_t i = 0; i < size / 2; i++) {
			char c = it.at[i];

			it.at[i] = it.at[size - 1 - i];
			it.at[size - 1 - i] = c;
		}
}
