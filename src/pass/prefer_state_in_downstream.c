/* prefer_state_in_downstream.c: behind the update of a state its value is read from the state.
 *
 *   %u = coreml_update_state(state=%s, value=%v)      %u = coreml_update_state(…)
 *   %y = relu(x=%v)                               ->  %y = relu(x=%u)
 *
 * Not when only other updates use the value, nor for an input that leaves as an output.
 */
#include "match.h"

/* Something else than an update of a state takes v. */
static bool
has_other_user(const Var *v)
{
	for (const Use *u = v->uses; u; u = u->next)
		if (u->user && !inst_is(u->user, OP_coreml_update_state))
			return true;
	return false;
}

bool
rewrite_prefer_state_in_downstream(PassCtx *c, Inst *update)
{
	Var *v = inst_arg(update, "value"), *state = update->out[0];
	Block *b = update->parent;

	if (!has_other_user(v) || (v->param_of == b && var_leaves_block(v)) ||
	    !var_keeps_weights(c, v, state))
		return false;
	if (var_is_function_output(v) && v->def) {
		state->name = v->name;
		v->name = name_new(c, v->name->s);
	}
	if (update->next)
		var_replace_after(update->next, v, state);
	for (uint32_t k = 0; k < b->nout; k++)
		if (b->out[k]->var == v)
			use_set(b->out[k], state);
	func_changed(b->func);
	return true;
}
