/* shape.c: see shape.h. */
#include "shape.h"

static void
put_dim(Buf *b, int64_t lower, int64_t upper)
{
	if (lower == upper)
		buf_printf(b, "%lld", (long long)lower);
	else if (upper < 0)
		buf_printf(b, "%lld…", (long long)lower);
	else
		buf_printf(b, "%lld…%lld", (long long)lower, (long long)upper);
}

/* "(1, 1…4)", or one of the listed shapes; what nobody bounds is "?". */
static void
put_shape(Buf *b, const Type *t, const Feature *f, uint32_t lead, const int64_t *listed)
{
	buf_byte(b, '(');
	for (uint32_t i = 0; i < t->rank; i++) {
		buf_puts(b, i ? ", " : "");
		if (listed && i >= lead)
			put_dim(b, listed[i - lead], listed[i - lead]);
		else if (dim_known(t->dim[i]))
			put_dim(b, t->dim[i], t->dim[i]);
		else if (f && i >= lead && f->nrange)
			put_dim(b, f->range[i - lead].lower, f->range[i - lead].upper);
		else
			buf_byte(b, '?');
	}
	buf_puts(b, t->rank == 1 ? ",)" : ")");
}

static const char *
expected_shapes(const Type *t, const Feature *f, uint32_t lead, Arena *a)
{
	Buf b = {0};

	if (f && f->nenum)
		buf_puts(&b, "one of ");
	for (uint32_t i = 0; f && i < f->nenum; i++) {
		buf_puts(&b, i ? ", " : "");
		put_shape(&b, t, f, lead, f->enumerated + (size_t)i * f->rank);
	}
	if (!f || !f->nenum)
		put_shape(&b, t, f, lead, NULL);
	return buf_keep(&b, a);
}

static bool
in_bounds(const Feature *f, const int64_t *dim)
{
	bool listed = f->nenum == 0;

	for (uint32_t i = 0; i < f->nrange; i++)
		if (dim[i] < f->range[i].lower ||
		    (f->range[i].upper >= 0 && dim[i] > f->range[i].upper))
			return false;
	for (uint32_t i = 0; !listed && i < f->nenum; i++)
		listed =
		    memcmp(f->enumerated + (size_t)i * f->rank, dim, f->rank * sizeof *dim) == 0;
	return listed;
}

const char *
shape_expected(const Type *ty, const Feature *f, uint32_t lead, const Tensor *t, Arena *a)
{
	bool ok = (uint32_t)t->rank == ty->rank;

	for (uint32_t i = 0; ok && i < ty->rank; i++)
		ok = !dim_known(ty->dim[i]) || ty->dim[i] == t->dim[i];
	return ok && (!f || in_bounds(f, t->dim + lead)) ? NULL : expected_shapes(ty, f, lead, a);
}
