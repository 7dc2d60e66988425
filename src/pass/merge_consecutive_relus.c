/* merge_consecutive_relus.c: a relu of a relu goes.
 *
 *   %a = relu(x=%x)
 *   %b = relu(x=%a)  ->  %a = relu(x=%x)
 *   %c = exp(x=%b)       %c = exp(x=%a)
 */
#include "match.h"

bool
rewrite_merge_consecutive_relus(PassCtx *c, Inst *relu)
{
	Inst *child = inst_only_child(relu, relu->op->code);

	return child && pass_try_replace(c, child->out[0], relu->out[0], GONE(child));
}
