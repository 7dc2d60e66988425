/* text_flexible.c: the attribute FlexibleShapeInformation of a function in MIL text, which the
 * description of the model has in a package:
 *
 *   (("DefaultShapes", {{"x", [1, 8]}}), ("RangeDims", {{"x", [[1, 1], [1, 512]]}}))
 *   (("DefaultShapes", {{"x", [1, 8]}}), ("EnumeratedShapes", {{"543d0f94", {{"x", [1, 8]}}}, …}))
 */
#include <stdlib.h>

#include "text_parse.h"

static Feature *
feature(MilText *t, const Str *name)
{
	Feature *f = map_get(&t->func->flexible, KEY(name));

	if (!f) {
		f = new (t->c->arena, Feature);
		f->name = name;
		map_put(&t->func->flexible, KEY(name), f);
	}
	return f;
}

static bool
take_number(MilText *t, int64_t *out)
{
	if (t->token != TEXT_INT)
		return text_fail(t, "expected an integer");
	*out = strtoll(t->lex.at, NULL, 10);
	if (*out < -1 || *out > INT32_MAX)
		return text_fail(t, "expected a size from 0 to 2147483647, or -1");
	text_next(t);
	return true;
}

/* "[a, b]"; at most a tensor's dimensions. */
static bool
take_shape(MilText *t, int64_t *dim, uint32_t *rank)
{
	if (!text_expect(t, '[', "'['"))
		return false;
	for (*rank = 0; text_more(t, ']', *rank); ++*rank) {
		if (*rank == TENSOR_MAX_RANK)
			return text_fail(t, "a shape has more than %d dimensions", TENSOR_MAX_RANK);
		if (!take_number(t, &dim[*rank]))
			return false;
	}
	return !t->failed;
}

static bool
take_default(MilText *t, Feature *f)
{
	int64_t dim[TENSOR_MAX_RANK];

	if (!take_shape(t, dim, &f->rank))
		return false;
	f->has_shape = true;
	f->shape = arena_dup(t->c->arena, dim, f->rank * sizeof *dim);
	return true;
}

/* "[[1, 1], [1, 512]]" */
static bool
take_ranges(MilText *t, Feature *f)
{
	int64_t pair[TENSOR_MAX_RANK];
	uint32_t n;

	if (!text_expect(t, '[', "'['"))
		return false;
	f->range = newn(t->c->arena, DimRange, TENSOR_MAX_RANK);
	for (f->nrange = 0; text_more(t, ']', f->nrange); f->nrange++) {
		if (f->nrange == TENSOR_MAX_RANK)
			return text_fail(t, "a shape has more than %d dimensions", TENSOR_MAX_RANK);
		if (!take_shape(t, pair, &n))
			return false;
		if (n != 2)
			return text_fail(t, "expected two bounds of a dimension");
		f->range[f->nrange] = (DimRange){.lower = pair[0], .upper = pair[1]};
	}
	return !t->failed;
}

static bool
take_choice(MilText *t, Feature *f)
{
	int64_t dim[TENSOR_MAX_RANK], *all;
	uint32_t rank;

	if (!take_shape(t, dim, &rank))
		return false;
	if (f->nenum && rank != f->rank)
		return text_fail(t, "the shapes of '%s' have different ranks", f->name->s);
	if ((f->nenum & (f->nenum - 1)) == 0) { /* full: twice as many */
		all = newn(t->c->arena, int64_t, 2 * (f->nenum + 1) * (size_t)rank + 1);
		if (f->nenum)
			memcpy(all, f->enumerated, f->nenum * (size_t)rank * sizeof *all);
		f->enumerated = all;
	}
	memcpy(f->enumerated + f->nenum++ * (size_t)rank, dim, rank * sizeof *dim);
	f->rank = rank;
	return true;
}

/* "{{"x", …}, …}": something for each input. */
static bool
take_inputs(MilText *t, bool (*take)(MilText *, Feature *))
{
	const Str *name;

	if (!text_expect(t, '{', "'{'"))
		return false;
	for (uint32_t n = 0; text_more(t, '}', n); n++)
		if (!text_expect(t, '{', "'{'") || !text_string(t, &name) ||
		    !text_expect(t, ',', "','") || !take(t, feature(t, name)) ||
		    !text_expect(t, '}', "'}'"))
			return false;
	return !t->failed;
}

/* The same under a key for each choice. */
static bool
take_choices(MilText *t)
{
	const Str *key;

	if (!text_expect(t, '{', "'{'"))
		return false;
	for (uint32_t n = 0; text_more(t, '}', n); n++)
		if (!text_expect(t, '{', "'{'") || !text_string(t, &key) ||
		    !text_expect(t, ',', "','") || !take_inputs(t, take_choice) ||
		    !text_expect(t, '}', "'}'"))
			return false;
	return !t->failed;
}

static bool
take_part(MilText *t)
{
	const Str *what;
	bool ok;

	if (!text_expect(t, '(', "'('") || !text_string(t, &what) || !text_expect(t, ',', "','"))
		return false;
	if (!strcmp(what->s, "DefaultShapes"))
		ok = take_inputs(t, take_default);
	else if (!strcmp(what->s, "RangeDims"))
		ok = take_inputs(t, take_ranges);
	else if (!strcmp(what->s, "EnumeratedShapes"))
		ok = take_choices(t);
	else
		return text_fail(t, "FlexibleShapeInformation has '%s': expected DefaultShapes, "
		                    "RangeDims or EnumeratedShapes", what->s);
	return ok && text_expect(t, ')', "')'");
}

bool
text_flexible(MilText *t)
{
	if (!text_type(t) || !text_expect(t, '(', "'('") || !text_expect(t, '(', "'('"))
		return false;
	for (uint32_t n = 0; text_more(t, ')', n); n++)
		if (!take_part(t))
			return false;
	return !t->failed && text_expect(t, ')', "')'");
}
