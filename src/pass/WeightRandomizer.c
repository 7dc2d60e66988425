/* WeightRandomizer.c: constants that are weights get random values of the same type, so that a
 * model can be shown without giving its weights away.
 *
 *   %w = const(val=[0.5, 0.25])  ->  %w = const(val=[0.73, 0.11])
 *
 * The same each time. In no pipeline.
 */
#include "match.h"

enum { SMALL = 10 }; /* elements: fewer are parameters rather than weights */

bool
rewrite_WeightRandomizer(PassCtx *c, Inst *i)
{
	const Tensor *t = i->out[0]->val;
	uint64_t state = i->out[0]->id;
	Tensor *r;

	if (i->out[0]->type->kind != TY_TENSOR || t->count < SMALL || !dtype_is_float(t->dtype))
		return false;
	r = tensor_new(c->prog->arena, t->dtype, t->dim, t->rank);
	for (int64_t k = 0; k < r->count; k++)
		tensor_set_f(r, k, splitmix_unit(&state));
	i->out[0]->val = r;
	return true;
}
