/* nn.c: the lowering of a program to the layers of a NeuralNetwork. */
#include "spec.h"

bool
emit_nn(const Model *m, EmitCtx *c, Buf *spec)
{
	(void)spec;
	diag_error(c->diag, c->span,
	    "a NeuralNetwork cannot be written yet: convert '%s' with convert_to=\"mlprogram\"",
	    m->prog && m->prog->funcs.n ? m->prog->funcs.at[0]->name->s : "main");
	return false;
}
