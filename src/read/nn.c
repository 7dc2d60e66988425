/* nn.c: NeuralNetworks lifted to the SSA form. */
#include "internal.h"

bool
read_nn(ReadCtx *c, const SPEC(Model) *spec, Model *m)
{
	(void)spec;
	(void)m;
	diag_error(c->diag, NOSPAN, "'%s' is a NeuralNetwork, which cannot be read yet", c->path);
	return false;
}
