/* handle_return_inputs_as_outputs.c: an input that is returned as it came leaves as a copy: a
 * NeuralNetwork's layers make its outputs.
 *
 *   main(%x) { … } -> (%x)
 *   becomes
 *   main(%x) { …
 *     %x_tmp = identity(x=%x)
 *     %x = identity(x=%x_tmp)
 *   } -> (%x)
 */
#include "match.h"

static void
copy_input(PassCtx *c, Builder *b, Var *v)
{
	Var *t = build_must(b, OP_identity, name_join(c, v->name, "_tmp"), ARGS(VAR("x", v)));
	Var *copy = build_must(b, OP_identity, v->name, ARGS(VAR("x", t)));

	for each_use (u, v)
		if (!u->user && u->block == b->block)
			use_set(u, copy);
}

bool
func_handle_return_inputs_as_outputs(PassCtx *c, Func *f)
{
	Builder b;

	builder_init(&b, c->prog, f);
	b.span = f->span;
	for (uint32_t k = 0; k < f->body->nparam; k++)
		if (var_leaves_block(f->body->param[k]))
			copy_input(c, &b, f->body->param[k]);
	return true;
}
