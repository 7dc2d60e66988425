/* ane_finite_mask.c: minus infinity in a mask before a softmax is a finite number.
 *
 *   %s = add(x=%scores, y=[0, -inf])        ->  %s = add(x=%scores, y=[0, -4e4])
 *   %s = select(cond=%p, a=-inf, b=%x)      ->  %s = select(cond=%p, a=-4e4, b=%x)
 *   %w = softmax(x=%s)                          %w = softmax(x=%s)
 *
 * and so where more is added between, or where the select makes the mask that is added. The engine
 * mishandles -inf (Apple's list of common issues), and what fills with it was seen to leave it
 * (more-ane-transformers, FluidAudio's candidates). -4e4 is a number of fp16 and so far below any
 * score that its exponential is 0 as well; in single precision it is -1e30. The option `value` says
 * another one.
 *
 * Left alone: masks that other operations see, rows of a constant that mask everything (there -inf
 * gives no number, and a finite one an average), +inf, masks that are inputs. A row that a select
 * masks altogether gave no number and gives an average afterwards.
 */
#include "ane_rewrite.h"

#include <math.h>
#include <stdlib.h>

enum { MAX_STEPS = 16 }; /* of additions before the softmax */

typedef struct Fate {
	int axis;   /* of the softmax, counted from the end: 1 is the last; 0: none was met */
	bool moved; /* or axes changed their places on the way */
} Fate;

static bool ends_in_softmax(const Var *v, Fate *f, int depth);

/* The user of a mask is a softmax, or makes another mask of it. */
static bool
leads_to_softmax(const Inst *i, const Var *v, Fate *f, int depth)
{
	int axis;

	switch (i->op->code) {
	case OP_softmax:
		axis = ane_axis(i, "axis", v->type->rank);
		if (axis < 0 || (f->axis && f->axis != (int)v->type->rank - axis))
			return false;
		f->axis = (int)v->type->rank - axis;
		return true;
	case OP_expand_dims:
	case OP_squeeze:
	case OP_reshape:
	case OP_transpose:
		f->moved = true;
		return ends_in_softmax(i->out[0], f, depth + 1);
	case OP_cast:
		return var_is_float(i->out[0]) && ends_in_softmax(i->out[0], f, depth + 1);
	case OP_add:
		return ends_in_softmax(i->out[0], f, depth + 1);
	default:
		return false;
	}
}

/* All that uses v is a softmax, through additions and what changes shapes. */
static bool
ends_in_softmax(const Var *v, Fate *f, int depth)
{
	if (!v->uses || depth > MAX_STEPS)
		return false;
	for (const Use *u = v->uses; u; u = u->next)
		if (!u->user || !leads_to_softmax(u->user, v, f, depth))
			return false;
	return f->axis > 0;
}

/* Along the softmax's axis, counted from the end, each row has a number that is not -inf. A mask
 * with 1 there is one number for all of the row. */
static bool
rows_stay(const Tensor *t, int from_end)
{
	int axis = t->rank - from_end;
	int64_t n = axis < 0 ? 1 : t->dim[axis], inner = 1;

	for (int k = MAX(axis, -1) + 1; k < t->rank; k++)
		inner *= t->dim[k];
	if (axis < 0) /* each element is a row of its own */
		inner = 1;
	for (int64_t o = 0; n > 0 && o < t->count / (n * inner); o++)
		for (int64_t r = 0; r < inner; r++) {
			int64_t k = 0;
			while (k < n && tensor_f(t, (o * n + k) * inner + r) == -INFINITY)
				k++;
			if (k == n)
				return false;
		}
	return true;
}

static bool
has_infinity(const Tensor *t)
{
	bool any = false;

	for (int64_t k = 0; k < t->count; k++) {
		double v = tensor_f(t, k);
		if (v == INFINITY)
			return false;
		any = any || v == -INFINITY;
	}
	return any;
}

static const Tensor *
without_infinity(PassCtx *c, const Tensor *t)
{
	const char *text = pass_option(c, "value");
	double value = text ? strtod(text, NULL) : t->dtype == DT_FP16 ? -4e4 : -1e30;
	Tensor *r = tensor_new(c->prog->arena, t->dtype, t->dim, t->rank);

	for (int64_t k = 0; k < t->count; k++) {
		double v = tensor_f(t, k);
		tensor_set_f(r, k, v == -INFINITY ? value : v);
	}
	return r;
}

/* The operand of i that is a constant with -inf, or 0. */
static const char *
infinite_operand(const Inst *i)
{
	static const char *const of_add[] = {"x", "y"}, *const of_select[] = {"a", "b"};
	const char *const *name = inst_is(i, OP_add) ? of_add : of_select;

	for (int k = 0; k < 2; k++) {
		const Var *v = inst_arg(i, name[k]);
		if (var_is_const(v) && ane_is_dtype(v) && has_infinity(v->val))
			return name[k];
	}
	return NULL;
}

bool
rewrite_ane_finite_mask(PassCtx *c, Inst *i)
{
	Fate f = {0};
	const char *name = infinite_operand(i);
	const Tensor *t;
	Builder b;

	if (!name || !ends_in_softmax(i->out[0], &f, 0))
		return false;
	t = inst_val(i, name);
	if (inst_is(i, OP_add) && (f.moved || !rows_stay(t, f.axis)))
		return false;
	b = pass_builder_before(c, i);
	return ane_replace(c, i,
	                   rewrite_again(&b, i, name_new(c, i->op->name),
	                                 (Operand[]){TENSOR(name, without_infinity(c, t))}, 1),
	                   GONE(i));
}
