/* dead_code_elimination.c: takes out what nothing needs.
 *
 *   %a = exp(x)         %b = relu(x)
 *   %b = relu(x)   ->   } -> (%b)
 *   } -> (%b)
 *
 * An instruction goes when none of its results has a use. Going backwards, its operands lose theirs
 * first. A write to a state is a use of its own, wherever it stands.
 */
#include "rewrite.h"

static bool
is_used(const Inst *i)
{
	return !inst_is_unused(i) ||
	       ((i->nblock || i->op->flags & EFFECT) && inst_updates_state(i));
}

/* Empties the blocks of a dead instruction, so that they hold no uses of outer values. */
static void
empty_blocks(Inst *i)
{
	for (uint32_t k = 0; k < i->nblock; k++) {
		Block *b = i->block[k];
		block_set_outputs(b, 0, 0);
		while (b->last) {
			empty_blocks(b->last);
			inst_remove(b->last);
		}
	}
}

static void
sweep(Block *b)
{
	Inst *prev;

	for (Inst *i = b->last; i; i = prev) {
		prev = i->prev;
		if (is_used(i)) {
			for (uint32_t k = 0; k < i->nblock; k++)
				sweep(i->block[k]);
			continue;
		}
		empty_blocks(i);
		inst_remove(i);
	}
}

bool
func_dead_code_elimination(PassCtx *c, Func *f)
{
	(void)c;
	sweep(f->body);
	return true;
}
