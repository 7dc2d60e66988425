/* canonicalize_inplace_pattern.c: a value goes into its state as soon as it is made.
 *
 *   %v = add(x=%x, y=%y)                        %v = add(x=%x, y=%y)
 *   %z = relu(x=%w)                         ->  %u = coreml_update_state(state=%s, value=%v)
 *   %u = coreml_update_state(state=%s, value=%v)    %z = relu(x=%w)
 */
#include "match.h"

static bool
moves(const Inst *maker)
{
	return maker->op->code != OP_read_state && maker->op->code != OP_coreml_update_state;
}

static void
move_updates(PassCtx *c, Block *b)
{
	for each_inst (i, b) {
		Inst *maker, *after;
		for (uint32_t k = 0; k < i->nblock; k++)
			move_updates(c, i->block[k]);
		if (!inst_is(i, OP_coreml_update_state))
			continue;
		maker = inst_arg(i, "value")->def;
		if (!maker || maker->parent != b || !moves(maker))
			continue;
		/* Updates with the same value keep their order. */
		for (after = maker->next; after != i && inst_is(after, OP_coreml_update_state) &&
		                          inst_arg(after, "value")->def == maker;)
			after = after->next;
		if (after != i)
			inst_move_before(i, after);
	}
}

bool
func_canonicalize_inplace_pattern(PassCtx *c, Func *f)
{
	move_updates(c, f->body);
	return true;
}
