/* ane_rank4_move.c: see ane_rank4.h: transposes and slices.
 *
 *   transpose(x=%x, perm=[0, 3, 4, 1, 2])   ->  reshape to (a, b * c, d * e), perm [0, 2, 1], and
 *                                               reshape
 *   transpose(x=%x, perm=[4, 2, 0, 3, 1])   ->  two transposes that move four axes each
 */
#include "ane_rank4.h"

typedef struct Order { /* of the axes that have more than one element */
	int n;
	int64_t dim[TENSOR_MAX_RANK]; /* in the order of x */
	int to[TENSOR_MAX_RANK];      /* the result's axis k is axis to[k] of x */
} Order;

/* Without axes of size 1, and with those that stay neighbours as one. */
static void
simplify(Order *o)
{
	int64_t dim[TENSOR_MAX_RANK];
	int start[TENSOR_MAX_RANK], place[TENSOR_MAX_RANK], n = 0;

	for (int k = 0; k < o->n; k++) {
		if (k && o->to[k] == o->to[k - 1] + 1) {
			dim[n - 1] *= o->dim[o->to[k]];
			continue;
		}
		start[n] = o->to[k];
		dim[n++] = o->dim[o->to[k]];
	}
	for (int k = 0; k < n; k++) {
		place[k] = 0;
		for (int j = 0; j < n; j++)
			place[k] += start[j] < start[k];
	}
	for (int k = 0; k < n; k++) {
		o->to[k] = place[k];
		o->dim[place[k]] = dim[k];
	}
	o->n = n;
}

static Order
order_of(const int64_t *dim, const int *to, int n)
{
	Order o = {0};
	int at[TENSOR_MAX_RANK] = {0};

	for (int k = 0; k < n; k++)
		if (dim[k] != 1) {
			at[k] = o.n;
			o.dim[o.n++] = dim[k];
		}
	o.n = 0;
	for (int k = 0; k < n; k++)
		if (dim[to[k]] != 1)
			o.to[o.n++] = at[to[k]];
	simplify(&o);
	return o;
}

static Var *
turned(const Merge *m, Var *x, const Order *o)
{
	int64_t perm[TENSOR_MAX_RANK];

	if (o->n < 2)
		return x;
	for (int k = 0; k < o->n; k++)
		perm[k] = o->to[k];
	return ane_transpose(m->c, m->b, ane_reshape(m->c, m->b, x, o->dim, o->n), perm, o->n);
}

/* The number-th order of five axes, of 5^5 of which most name one twice. */
static bool
five(int number, int *to)
{
	bool seen[5] = {false};

	for (int k = 0; k < 5; k++, number /= 5) {
		to[k] = number % 5;
		if (seen[to[k]])
			return false;
		seen[to[k]] = true;
	}
	return true;
}

/* Five axes that all change their neighbours: in two steps, if there are such. */
static bool
two_steps(const Order *o, Order *first, Order *second)
{
	int64_t middle[5];
	int to[5], rest[5];

	for (int number = 0; number < 5 * 5 * 5 * 5 * 5; number++) {
		if (!five(number, to))
			continue;
		for (int k = 0; k < 5; k++)
			middle[k] = o->dim[to[k]];
		for (int k = 0; k < 5; k++)
			for (int j = 0; j < 5; j++)
				if (to[j] == o->to[k])
					rest[k] = j;
		*first = order_of(o->dim, to, 5);
		*second = order_of(middle, rest, 5);
		if (first->n <= 4 && second->n <= 4)
			return true;
	}
	return false;
}

bool
rank4_transpose(Merge *m, Inst *i)
{
	int64_t perm[TENSOR_MAX_RANK];
	int to[TENSOR_MAX_RANK];
	Var *x = inst_arg(i, "x");
	Order o, second = {0};

	if (val_ints(inst_arg(i, "perm"), perm, TENSOR_MAX_RANK) != m->rank)
		return false;
	for (int k = 0; k < m->rank; k++)
		to[k] = (int)axis_from_front(perm[k], (uint32_t)m->rank);
	o = order_of(m->dim, to, m->rank);
	if (o.n == 5 && !two_steps(&(Order){5, {o.dim[0], o.dim[1], o.dim[2], o.dim[3], o.dim[4]},
	                                    {o.to[0], o.to[1], o.to[2], o.to[3], o.to[4]}},
	                           &o, &second))
		return false;
	if (o.n > 4)
		return false;
	return rank4_finish(m, i, turned(m, turned(m, x, &o), &second));
}

/* ---- slices ---- */

typedef struct Slice {
	int64_t begin[TENSOR_MAX_RANK], end[TENSOR_MAX_RANK], stride[TENSOR_MAX_RANK];
	int64_t from_start[TENSOR_MAX_RANK], to_end[TENSOR_MAX_RANK]; /* masks */
} Slice;

static bool
read_ints(const Inst *i, const char *name, int64_t *out, int n, int64_t dflt)
{
	if (inst_arg(i, name))
		return val_ints(inst_arg(i, name), out, TENSOR_MAX_RANK) == n;
	for (int k = 0; k < n; k++)
		out[k] = dflt;
	return true;
}

/* An axis that is squeezed keeps the one element: the reshape at the end takes it away. */
static bool
read_slice(const Inst *i, Slice *s, int n)
{
	int64_t squeeze[TENSOR_MAX_RANK];

	if (!read_ints(i, "begin", s->begin, n, 0) || !read_ints(i, "end", s->end, n, 0) ||
	    !read_ints(i, "stride", s->stride, n, 1) ||
	    !read_ints(i, "begin_mask", s->from_start, n, 0) ||
	    !read_ints(i, "end_mask", s->to_end, n, 0) ||
	    !read_ints(i, "squeeze_mask", squeeze, n, 0))
		return false;
	for (int k = 0; k < n; k++)
		if (squeeze[k]) {
			int64_t at = s->from_start[k] ? 0 : s->begin[k];
			s->begin[k] = at;
			s->end[k] = at + 1;
			s->stride[k] = 1;
			s->from_start[k] = 0;
			s->to_end[k] = at == -1;
		}
	return true;
}

static bool
is_whole(const Slice *s, int k, int64_t dim)
{
	return s->stride[k] == 1 && (s->from_start[k] || s->begin[k] == 0) &&
	       (s->to_end[k] || s->end[k] == dim);
}

static Tensor *
mask(const Merge *m, const int64_t *v)
{
	Tensor *t = tensor_new(m->c->prog->arena, DT_BOOL, (int64_t[]){m->ngroup}, 1);

	for (int k = 0; k < m->ngroup; k++)
		tensor_set_i(t, k, v[k] != 0);
	return t;
}

bool
rank4_slice(Merge *m, Inst *i)
{
	Slice s, out = {0};
	Var *y;

	if (!read_slice(i, &s, m->rank))
		return false;
	for (int k = 0; k + 1 < m->rank; k++)
		m->may[k] = is_whole(&s, k, m->dim[k]) && is_whole(&s, k + 1, m->dim[k + 1]);
	if (!rank4_group(m))
		return false;
	for (int k = 0; k < m->ngroup; k++)
		out.from_start[k] = out.to_end[k] = out.stride[k] = out.end[k] = 1;
	for (int k = 0; k < m->rank; k++) {
		int g = m->group[k];
		if (is_whole(&s, k, m->dim[k])) /* alone, or with others like it */
			continue;
		out.begin[g] = s.begin[k];
		out.end[g] = s.end[k];
		out.stride[g] = s.stride[k];
		out.from_start[g] = s.from_start[k];
		out.to_end[g] = s.to_end[k];
	}
	y = rank4_merged(m, inst_arg(i, "x"));
	y = build1(m->b, OP_slice_by_index, name_new(m->c, "slice_by_index"),
	           ARGS(VAR("x", y),
	                INTSC(m->c, "begin", out.begin, m->ngroup),
	                INTSC(m->c, "end", out.end, m->ngroup),
	                INTSC(m->c, "stride", out.stride, m->ngroup),
	                TENSOR("begin_mask", mask(m, out.from_start)),
	                TENSOR("end_mask", mask(m, out.to_end))));
	return rank4_finish(m, i, y);
}
