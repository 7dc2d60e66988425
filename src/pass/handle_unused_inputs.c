/* handle_unused_inputs.c: an input that nothing takes gets a user, so that it stays in the model.
 *
 *   main(%x, %y) {                   main(%x, %y) {
 *     %z = relu(x=%x)          ->      %z = relu(x=%x)
 *   } -> (%z)                          %y_tmp = identity(x=%y)
 *                                    } -> (%z)
 */
#include "match.h"

bool
pass_handle_unused_inputs(PassCtx *c)
{
	for (uint32_t f = 0; f < c->prog->funcs.n; f++) {
		Func *fu = c->prog->funcs.at[f];
		Builder b;
		builder_init(&b, c->prog, fu);
		b.span = fu->span;
		for (uint32_t k = 0; k < fu->body->nparam; k++) {
			Var *v = fu->body->param[k];
			if (v->type->kind != TY_STATE && var_nchild(v, 1) == 0)
				build_must(&b, OP_identity, name_join(c, v->name, "_tmp"),
				       ARGS(VAR("x", v)));
		}
	}
	return true;
}
