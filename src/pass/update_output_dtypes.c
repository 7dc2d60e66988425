/* update_output_dtypes.c: outputs get the types that the caller asked for, by their order. Only a
 * PyTorch file has such: ct.convert of a script's own program ignores outputs=, and says so.
 *
 *   main(%x) { %y: fp32 = … } -> (%y)
 *   main(%x) { %y_type_fp32: fp32 = …; %y: fp16 = cast(%y_type_fp32, "fp16") } -> (%y)
 */
#include "pass.h"

static Var *
converted(PassCtx *c, Var *v, DType to)
{
	Func *f = c->prog->funcs.at[0];
	Builder b;
	Var *out;

	builder_init(&b, c->prog, f);
	b.opset = f->opset;
	b.span = v->def->span;
	out = build1(&b, OP_cast, v->name,
	             ARGS(VAR("x", v), STRC(&b, "dtype", dtype_info[to].mil)));
	if (out)
		v->name = intern_printf(c->prog->names, "%s_type_%s", v->name->s,
		                        dtype_info[v->type->dtype].mil);
	return out;
}

bool
pass_update_output_dtypes(PassCtx *c)
{
	const ConvertOptions *o = c->opt;
	Block *body;
	Var **out;
	bool changed = false;

	if (!o || !o->source || !o->noutput || c->prog->funcs.n != 1)
		return true;
	body = c->prog->funcs.at[0]->body;
	out = newn(c->arena, Var *, body->nout);
	for (uint32_t i = 0; i < body->nout; i++) {
		Var *v = out[i] = body->out[i]->var, *made;
		DType want = i < o->noutput ? o->output[i].dtype : DT_NONE;
		if (want == DT_NONE || v->type->kind != TY_TENSOR || v->type->dtype == want)
			continue;
		if (!v->def) {
			diag_warning(c->prog->diag, o->span,
			             "output '%s' is an input too: its type stays %s", v->name->s,
			             dtype_info[v->type->dtype].mil);
			continue;
		}
		made = converted(c, v, want);
		if (!made)
			continue;
		out[i] = made;
		changed = true;
	}
	if (changed)
		block_set_outputs(body, out, body->nout);
	return true;
}
