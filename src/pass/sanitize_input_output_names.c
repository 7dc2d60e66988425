/* sanitize_input_output_names.c: the inputs and outputs of main get names that a model may have.
 *
 *   main(%a.1) { %1 = relu(x=%a.1) } -> (%1)
 *   becomes
 *   main(%a_1) { %var_1 = relu(x=%a_1) } -> (%var_1)
 */
#include "sanitize.h"

#include <stdlib.h>

static int
by_place(const void *a, const void *b)
{
	const Var *x = *(Var *const *)a, *y = *(Var *const *)b;

	if (x->def != y->def)
		return inst_before(x->def, y->def) ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

bool
func_sanitize_input_output_names(PassCtx *c, Func *f)
{
	Block *b = f->body;
	Sanitizer s = {.c = c, .prefix = "var_"};
	Var **out = newn(c->arena, Var *, MAX(b->nout, 1));
	uint32_t n = 0;

	if (!str_is(f->name, "main"))
		return true;
	nameset_init(&s.met, c->arena, c->prog->names);
	for (uint32_t k = 0; k < b->nparam; k++)
		sanitize_input(&s, b->param[k]);
	for (uint32_t k = 0; k < b->nout; k++)
		if (b->out[k]->var->def)
			out[n++] = b->out[k]->var;
	qsort(out, n, sizeof *out, by_place);
	for (uint32_t k = 0; k < n; k++)
		if (k == 0 || out[k] != out[k - 1])
			sanitize_output(&s, out[k], true);
	if (s.changed)
		func_changed(f);
	return true;
}
