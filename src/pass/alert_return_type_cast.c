/* alert_return_type_cast.c: changes nothing; says which outputs a NeuralNetwork will return as fp32
 * though they are not.
 *
 *   %y = argmax(x=%x)          warning: output 'y' is int32, …
 */
#include "pass.h"

bool
func_alert_return_type_cast(PassCtx *c, Func *f)
{
	for (uint32_t k = 0; k < f->body->nout; k++) {
		const Var *v = f->body->out[k]->var;
		if (v->type->kind != TY_TENSOR || v->type->dtype == DT_FP32 ||
		    v->type->dtype == DT_STRING) /* which is refused */
			continue;
		diag_warning(c->prog->diag, v->def ? v->def->span : f->span,
		             "output '%s' of %s is %s: a NeuralNetwork returns it as fp32",
		             v->name->s, f->name->s, dtype_info[v->type->dtype].mil);
	}
	return true;
}
