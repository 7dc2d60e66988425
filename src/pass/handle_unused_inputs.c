/* handle_unused_inputs.c: an input that nothing takes gets a user, so that it stays in the model.
 *
 *   main(%x, %y) {                   main(%x, %y) {
 *     %z = relu(x=%x)          ->      %z = relu(x=%x)
 *   } -> (%z)                          %y_tmp = identity(x=%y)
 *                                    } -> (%z)
 */
#include "match.h"

bool
func_handle_unused_inputs(PassCtx *c, Func *f)
{
	Builder b;

	builder_init(&b, c->prog, f);
	b.span = f->span;
	for (uint32_t k = 0; k < f->body->nparam; k++) {
		Var *v = f->body->param[k];
		if (v->type->kind != TY_STATE && var_nchild(v, 1) == 0)
			build_must(&b, OP_identity, name_join(c, v->name, "_tmp"),
			           ARGS(VAR("x", v)));
	}
	return true;
}
