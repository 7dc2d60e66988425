/* alert_return_type_cast.c: changes nothing; says which outputs a NeuralNetwork will return as fp32
 * though they are not.
 *
 *   %y = argmax(x=%x)          warning: output 'y' is int32, …
 */
#include "pass.h"

bool
pass_alert_return_type_cast(PassCtx *c)
{
	for (uint32_t f = 0; f < c->prog->funcs.n; f++) {
		const Func *fu = c->prog->funcs.at[f];
		for (uint32_t k = 0; k < fu->body->nout; k++) {
			const Var *v = fu->body->out[k]->var;
			if (v->type->kind != TY_TENSOR || v->type->dtype == DT_FP32)
				continue;
			diag_warning(c->prog->diag, v->def ? v->def->span : fu->span,
			             "output '%s' of %s is %s: a NeuralNetwork returns it as fp32",
			             v->name->s, fu->name->s, dtype_info[v->type->dtype].mil);
		}
	}
	return true;
}
