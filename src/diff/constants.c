/* constants.c: how two constants differ: in type, or by the largest difference of their elements,
 * with the elements themselves where they are few. Large ones are read in pieces.
 */
#include "differ.h"

#include <math.h>

enum { FEW = 8, PIECE = 4096 };

/* An element as text. */
static const char *
element_text(Arena *a, const Tensor *t, int64_t i)
{
	if (t->dtype == DT_STRING)
		return arena_printf(a, "\"%s\"", ((const Str *const *)t->data)[i]->s);
	if (t->dtype == DT_BOOL)
		return tensor_i(t, i) ? "true" : "false";
	if (dtype_is_float(t->dtype))
		return arena_printf(a, "%.9g", tensor_f(t, i));
	return arena_printf(a, "%lld", (long long)tensor_i(t, i));
}

/* The elements, if they are few; else the type with its shape. */
static const char *
value_text(Diff *d, const Type *type, const Tensor *t)
{
	const char *text = type_str(d->c->types, type);
	Buf b = {0};

	if (t->dtype == DT_COMPLEX64 || t->count > FEW)
		return text;
	if (t->rank == 0)
		return element_text(d->arena, t, 0);
	buf_byte(&b, '[');
	for (int64_t i = 0; i < t->count; i++)
		buf_printf(&b, "%s%s", i ? ", " : "", element_text(d->arena, t, i));
	buf_byte(&b, ']');
	return buf_keep(&b, d->arena);
}

typedef struct Difference {
	int64_t count, at;
	double most;
} Difference;

static double
difference(double x, double y)
{
	if (isnan(x) && isnan(y))
		return 0;
	return x == y ? 0 : isnan(x) || isnan(y) ? INFINITY : fabs(x - y);
}

static void
compare_piece(const Tensor *a, const Tensor *b, int64_t from, int64_t n, Difference *out)
{
	union {
		double align;
		char byte[PIECE * sizeof(double)];
	} p, q;
	int64_t dim[1] = {n};
	Tensor x = {.dtype = a->dtype, .rank = 1, .dim = dim, .count = n, .data = p.byte};
	Tensor y = {.dtype = b->dtype, .rank = 1, .dim = dim, .count = n, .data = q.byte};

	tensor_read(a, from, n, p.byte);
	tensor_read(b, from, n, q.byte);
	if (a->dtype == b->dtype && !memcmp(p.byte, q.byte, (size_t)n * dtype_size(a->dtype)))
		return;
	for (int64_t i = 0; i < n; i++) {
		double v = difference(tensor_f(&x, i), tensor_f(&y, i));
		if (v == 0)
			continue;
		if (!out->count++ || v > out->most) {
			out->most = v;
			out->at = from + i;
		}
	}
}

const char *
elements_text(Diff *d, const Tensor *a, const Tensor *b, double *most)
{
	Difference out = {0};

	*most = NAN;
	if (a->dtype == DT_STRING || b->dtype == DT_STRING || a->dtype == DT_COMPLEX64 ||
	    b->dtype == DT_COMPLEX64)
		return NULL;
	for (int64_t i = 0; i < a->count; i += PIECE)
		compare_piece(a, b, i, MIN(a->count - i, PIECE), &out);
	if (!out.count)
		return NULL;
	*most = out.most;
	return arena_printf(d->arena, "largest difference %.6g at %s, %lld of %lld elements",
	                    out.most, tensor_index_text(d->arena, a, out.at), (long long)out.count,
	                    (long long)a->count);
}

static bool
same_shape(const Tensor *a, const Tensor *b)
{
	return a->rank == b->rank &&
	       (!a->rank || !memcmp(a->dim, b->dim, (size_t)a->rank * sizeof *a->dim));
}

void
diff_values(Diff *d, const char *place, const char *what, const Type *ta, const Tensor *a,
            const Type *tb, const Tensor *b)
{
	Change c = {.kind = CHANGE_OTHER, .place = place, .what = what, .most = NAN};
	const char *text;

	if (a == b || tensor_equal(a, b))
		return;
	c.before = value_text(d, ta, a);
	c.after = value_text(d, tb, b);
	text = same_shape(a, b) ? elements_text(d, a, b, &c.most) : NULL;
	if (a->count > FEW && text) {
		if (ta == tb)
			c.before = NULL;
		c.after = ta == tb ? text : arena_printf(d->arena, "%s, %s", c.after, text);
	}
	change_add(d, c);
}

void
diff_results(Diff *d, const NamedTensor *a, uint32_t na, const NamedTensor *b, uint32_t nb)
{
	for (uint32_t i = 0; i < na; i++) {
		const char *place = place_in(d, "results", "output", a[i].name->s);
		const Tensor *x = a[i].t, *y = i < nb ? b[i].t : NULL;
		for (uint32_t j = 0; j < nb; j++)
			if (b[j].name == a[i].name)
				y = b[j].t;
		if (y)
			diff_values(
			    d, place, NULL,
			    type_tensor(d->c->types, x->dtype, x->dim, (uint32_t)x->rank), x,
			    type_tensor(d->c->types, y->dtype, y->dim, (uint32_t)y->rank), y);
	}
}
