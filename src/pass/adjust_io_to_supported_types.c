/* adjust_io_to_supported_types.c: inputs and outputs get types that can be passed to a model.
 *
 *   main(bool %x) {                      main(fp32 %x) {
 *     %y = logical_not(x=%x)               %x_to_bool = cast(x=%x, dtype="bool")
 *   } -> (%y)                              %y__pre__output__fp32__cast = logical_not(…)
 *                                   ->     %y = cast(x=%y__pre__output__fp32__cast, dtype="fp32")
 *                                        } -> (%y)
 *
 * Integers become int32, all else fp32. main's interface takes fp32, int32, from iOS16 fp16 and
 * from iOS26 int8; other functions take all that the runtime computes in, and get no casts. An
 * input whose type the runtime does not have at all just changes its type.
 */
#include "match.h"

static uint32_t
interface_types(const PassCtx *c, Opset o)
{
	uint32_t m = M(FP32) | M(INT32);

	for (uint32_t k = 0; c->opt && k < c->opt->ninput && o >= IOS17; k++)
		if (c->opt->input[k].uint8) /* grayscale_use_uint8 */
			m |= M(UINT8);

	if (o >= IOS16)
		m |= M(FP16);
	if (o >= IOS26)
		m |= M(INT8);
	return m;
}

static uint32_t
runtime_types(Opset o)
{
	uint32_t m = M(FP16) | M(FP32) | M(INT32) | M(STRING) | M(BOOL);

	if (o >= IOS17)
		m |= M(INT8) | M(UINT8) | M(INT16) | M(UINT16);
	return m;
}

static bool
fits(const Type *t, uint32_t types)
{
	return t->kind != TY_TENSOR || types & 1u << t->dtype;
}

static DType
wide(DType t)
{
	return dtype_is_int(t) ? DT_INT32 : DT_FP32;
}

/* A cast of the input back to the type it was declared with, which all its users get. */
static void
cast_input(PassCtx *c, Func *f, Var *v, DType declared)
{
	char suffix[24] = "_to_";
	Block *b = f->body;
	Var *cast;

	strcat(suffix, dtype_info[declared].mil);
	cast = rewrite_cast(c, b, b->first, f->param_span ? f->param_span[v->index] : f->span, v,
	                    declared, name_join(c, v->name, suffix));
	var_replace_but(v, cast);
}

static bool
adjust_input(PassCtx *c, Func *f, Var *v, bool is_main)
{
	DType declared = v->type->dtype;
	Span at = f->param_span ? f->param_span[v->index] : f->span;
	bool casts = is_main && declared != DT_STRING &&
	             runtime_types(f->opset) & 1u << declared;

	if (casts && var_leaves_block(v))
		return diag_error(
		    c->prog->diag, at,
		    "input '%s' is returned as it is, but %s cannot be passed for opset %s "
		    "and a cast would need its name: return mb.identity(x=%s)",
		    v->name->s, dtype_info[declared].mil, opset_name(f->opset), v->name->s);
	v->type = type_with_dtype(c->prog->types, v->type, wide(declared));
	diag_warning(c->prog->diag, at,
	             "input '%s' is %s, which cannot be passed for opset %s: it becomes %s",
	             v->name->s, dtype_info[declared].mil, opset_name(f->opset),
	             dtype_info[wide(declared)].mil);
	if (casts)
		cast_input(c, f, v, declared);
	return true;
}

/* The cast that leaves the function instead of v, under its name. */
static Var *
cast_output(PassCtx *c, Func *f, Var *v)
{
	DType from = v->type->dtype, to = wide(from);
	const Str *name = v->name;
	char suffix[48];

	diag_warning(c->prog->diag, v->def ? v->def->span : f->span,
	             "output '%s' is %s, which cannot be passed for opset %s: it becomes %s",
	             name->s, dtype_info[from].mil, opset_name(f->opset), dtype_info[to].mil);
	strcat(strcat(strcpy(suffix, "__pre__output__"), dtype_info[to].mil), "__cast");
	if (v->def) {
		v->name = name_join(c, name, suffix);
		v->def->name = v->name;
	}
	return rewrite_cast(c, f->body, NULL, v->def ? v->def->span : f->span, v, to, name);
}

static bool
adjust_outputs(PassCtx *c, Func *f)
{
	Block *b = f->body;
	uint32_t types = interface_types(c, f->opset), n = b->nout;
	Var **out = newn(c->arena, Var *, MAX(n, 1));
	bool changed = false;

	for (uint32_t k = 0; k < n; k++) {
		out[k] = b->out[k]->var;
		if (fits(out[k]->type, types) || inst_is(out[k]->def, OP_classify))
			continue;
		if (out[k]->type->dtype == DT_STRING)
			return diag_error(c->prog->diag, out[k]->def ? out[k]->def->span : f->span,
			                  "output '%s' is a string, but a model returns numbers",
			                  out[k]->name->s);
		out[k] = cast_output(c, f, out[k]);
		changed = true;
	}
	if (changed)
		block_set_outputs(b, out, n);
	return true;
}

bool
func_adjust_io_to_supported_types(PassCtx *c, Func *f)
{
	bool is_main = str_is(f->name, "main");
	uint32_t types = is_main ? interface_types(c, f->opset) : runtime_types(f->opset);

	for (uint32_t p = 0; p < f->body->nparam; p++)
		if (!fits(f->body->param[p]->type, types) &&
		    !adjust_input(c, f, f->body->param[p], is_main))
			return false;
	return !is_main || adjust_outputs(c, f);
}
