/* rank0_expand_dims_swap.c: arithmetic on a scalar that becomes a vector is done on the vector.
 *
 *   %a = add(x=%s, y=2)                      %e = expand_dims(x=%s, axes=[0])
 *   %y = expand_dims(x=%a, axes=[0])         %f = expand_dims(x=2, axes=[0])
 *   %z = floor_div(x=%a, y=3)          ->    %y = add(x=%e, y=%f)
 *                                            %q = squeeze(x=%y)
 *                                            %z = floor_div(x=%q, y=3)
 *
 * %s is not known and of rank 0. The squeeze is for other users, when there are any.
 */
#include "match.h"

/* The one expand_dims among the users of v, if all of it is as the pattern wants; 0 otherwise. */
static Inst *
find_expand(const Var *v)
{
	Inst *expand = NULL;
	int64_t axis;

	for (const Use *u = v->uses; u; u = u->next) {
		if (!inst_is(u->user, OP_expand_dims))
			continue;
		if (expand)
			return NULL;
		expand = u->user;
	}
	if (!expand || val_ints(inst_arg(expand, "axes"), &axis, 1) != 1 || axis != 0)
		return NULL;
	return expand;
}

bool
rewrite_rank0_expand_dims_swap(PassCtx *c, Inst *i)
{
	Var *x = inst_argn(i, 0), *y = inst_argn(i, 1), *v = i->out[0], *wide;
	const int64_t axis = 0;
	Inst *expand;
	Builder b;

	if (!var_has_rank(x, 0) || !var_has_rank(y, 0) || !x->val == !y->val ||
	    var_leaves_block(v) || !(expand = find_expand(v)))
		return false;
	b = pass_builder_before(c, i);
	x = build_ints(c, &b, OP_expand_dims, NULL, x, "axes", &axis, 1);
	y = build_ints(c, &b, OP_expand_dims, NULL, y, "axes", &axis, 1);
	wide = rewrite_again(&b, i, expand->out[0]->name, ARGS(VAR("x", x), VAR("y", y)));
	if (!pass_replace(expand->out[0], wide, GONE(expand)))
		return false;
	if (v->uses)
		var_replace(v, build_must(&b, OP_squeeze, name_new(c, "squeeze"),
		                          ARGS(VAR("x", wide))));
	rewrite_remove(i);
	return true;
}
