/* defaults.c: values of operands that are left out. Most rows give a Python literal; the others a
 * few words, each of which has a row and a function here. Literals have the types that such a
 * value would have in a call: a float is fp32 whatever the type of x.
 */
#include <stdlib.h>

#include "ir/build_impl.h"

/* The number, so many times for each spatial axis. */
static const Tensor *
for_spatial(Infer *c, int64_t times, double v)
{
	const Type *x = infer_type(c, "x");
	int64_t n = x->kind == TY_TENSOR && x->rank > 2 ? times * (x->rank - 2) : 0;

	return tensor_filled(c->arena, DT_INT32, &n, 1, v);
}

static const Tensor *
ones_spatial(Infer *c)
{
	return for_spatial(c, 1, 1);
}

static const Tensor *
zeros_2_spatial(Infer *c)
{
	return for_spatial(c, 2, 0);
}

static const Tensor *
zeros_of_weight(Infer *c)
{
	const Type *w = infer_type(c, "weight");

	if (w->rank < 1 || !dim_known(w->dim[0])) {
		op_error(c, "weight",
		         "the default of 'bias' needs a weight of shape (out, in), but this has "
		         "shape %s",
		         shape_str(c->types, w->dim, w->rank));
		return NULL;
	}
	/* A weight without elements may have as many rows as it likes. */
	if ((uint64_t)w->dim[0] > SIZE_MAX / 8 ||
	    !arena_has(c->arena, (size_t)w->dim[0] * dtype_size(w->dtype))) {
		op_error(c, "weight",
		         "the default of 'bias' has %lld elements, more than --max-memory has room "
		         "for",
		         (long long)w->dim[0]);
		return NULL;
	}
	return tensor_filled(c->arena, w->dtype, w->dim, 1, 0);
}

static const Tensor *
all_boxes(Infer *c)
{
	const Type *boxes = infer_type(c, "boxes"), *x = infer_type(c, "x");
	Tensor *r;

	if (boxes->rank < 1 || !dim_known(boxes->dim[0])) {
		op_error(c, "boxes",
		         "'box_indices' can be left out only when the number of boxes is known, "
		         "but 'boxes' has shape %s",
		         shape_str(c->types, boxes->dim, boxes->rank));
		return NULL;
	}
	if (x->rank > 0 && dim_known(x->dim[0]) && boxes->dim[0] > x->dim[0]) {
		op_error(c, "boxes",
		         "%lld boxes for a batch of %lld: without 'box_indices' box i belongs to "
		         "image i, so there cannot be more boxes than images",
		         (long long)boxes->dim[0], (long long)x->dim[0]);
		return NULL;
	}
	r = tensor_new(c->arena, DT_INT32, boxes->dim, 1);
	for (int64_t i = 0; i < r->count; i++)
		tensor_set_i(r, i, i);
	return r;
}

static const Tensor *
all_axes(Infer *c)
{
	op_error(c, NULL, "%s needs 'axes': the list of the axes to normalize, such as [-1]",
	         c->inst->op->name);
	return NULL;
}

static const Tensor *
int32_with_indices(Infer *c)
{
	if (!infer_bool(c, "return_indices", true))
		return NULL;
	return build_str(c->b, "int32");
}

static const struct DefaultRow {
	const char *words;
	const Tensor *(*make)(Infer *);
} rows[] = {
    {"ones[spatial]", ones_spatial},
    {"zeros[2*spatial]", zeros_2_spatial},
    {"zeros[weight.shape[0]] of weight dtype", zeros_of_weight},
    {"[0..boxes.shape[0]-1]", all_boxes},
    {"[0..rank-1]", all_axes},
    {"int32 if return_indices", int32_with_indices},
};

/* Defaults that a row gives in words rather than as a literal ("ones[spatial]"). The table
 * has one row per such text; each is a function of the required operands. 0: absent after all.
 * Numbers in x's type go without: fp16 rounds the smallest to 0, as the peer does. */
static const Tensor *
default_operand(Infer *c, const char *words)
{
	if (strstr(words, " cast to x dtype"))
		return tensor_scalar_f(c->arena, infer_type(c, "x")->dtype, strtod(words, NULL));
	for (size_t i = 0; i < countof(rows); i++)
		if (strcmp(rows[i].words, words) == 0)
			return rows[i].make(c);
	die("%s: no default '%s'", c->inst->op->name, words);
}

const Tensor *
default_literal(Infer *c, const Param *p)
{
	const char *s = p->dflt;
	char *end;
	long i;
	double f;

	if (strchr(s, '[') || strchr(s, ' '))
		return default_operand(c, s);
	if (p->mask == M_STR)
		return build_str(c->b, s);
	if (strcmp(s, "True") == 0 || strcmp(s, "False") == 0)
		return tensor_scalar_bool(c->arena, *s == 'T');
	i = strtol(s, &end, 10);
	if (*end == 0)
		return tensor_scalar_i(c->arena, DT_INT32, i);
	f = strtod(s, &end);
	if (*end != 0)
		die("%s: default '%s' of '%s' is no literal", c->inst->op->name, s, p->name);
	return tensor_scalar_f(c->arena, DT_FP32, f);
}
