/* activations.c: the passes that have operations compute on integers: their operands are quantized
 * and dequantized again, and so are the results of what computes on such operands.
 *
 *   %y = conv(x=%x, …)
 *   becomes
 *   %q = quantize(input=%x, scale=%s, zero_point=%z)
 *   %d = dequantize(input=%q, scale=%s, zero_point=%z)
 *   %y = conv(x=%d, …)
 *
 * Scale and zero point are those of a range that was measured: the option activation_stats has one
 * for each value, by its name. The option config says what becomes of which operations.
 */
#include "compress.h"
#include "pass/match.h"

typedef struct Activations {
	PassCtx *c;
	const Compression *config;
	const ValueRanges *stats;
	bool failed;
} Activations;

static bool
begin(PassCtx *c, Activations *a)
{
	*a = (Activations){c, pass_value(c, "config"), pass_value(c, "activation_stats"), false};
	if (a->config && a->stats)
		return true;
	return diag_error(c->prog->diag, c->opt ? c->opt->span : NOSPAN,
	                  "pass %s needs the options config, a "
	                  "ct.optimize.coreml.OptimizationConfig(…), and activation_stats, the "
	                  "ranges of values: a script can say them",
	                  c->name);
}

/* The ends of the range, as the peer has them. */
static const Tensor *
range_of(Activations *a, const Var *v)
{
	for (uint32_t k = a->stats->all.n; k-- > 0;) {
		const ValueRange *r = &a->stats->all.at[k];
		Tensor *t;
		if (r->name != v->name)
			continue;
		t = tensor_new(a->c->prog->arena, DT_FP16, (int64_t[]){2}, 1);
		tensor_set_f(t, 0, r->low);
		tensor_set_f(t, 1, r->high);
		return t;
	}
	a->failed = true;
	diag_error(a->c->prog->diag, a->stats->span,
	           "activation_stats has no range of '%s', which pass %s quantizes", v->name->s,
	           a->c->name);
	return NULL;
}

/* quantize and dequantize of v; 0 after reporting. A zero point of 0 is said where `zero`. */
static Var *
there_and_back(Activations *a, Builder *b, Var *v, const OpCompress *how, DType to, bool zero)
{
	const Tensor *range = range_of(a, v), *scale, *offset = NULL;
	Arena *arena = a->c->prog->arena;
	uint32_t n;
	Linear l;
	Var *q;

	if (!range)
		return NULL;
	l = linear_quantize(arena, range, to, how->symmetric, (int64_t[]){1});
	scale = tensor_scalar_f(arena, v->type->dtype, tensor_f(l.scale, 0));
	if (l.offset || zero)
		offset = tensor_scalar_i(arena, to, l.offset ? tensor_i(l.offset, 0) : 0);
	if (!offset && tensor_f(scale, 0) == 0)
		scale = tensor_scalar_f(arena, v->type->dtype, 1);
	if (tensor_f(scale, 0) == 0) {
		a->failed = true;
		diag_error(a->c->prog->diag, a->stats->span,
		           "activation_stats says that '%s' goes from %g to %g, which is too "
		           "little for a scale",
		           v->name->s, tensor_f(range, 0), tensor_f(range, 1));
		return NULL;
	}
	n = offset ? 4 : 3;
	q = build_must(b, OP_quantize, name_new(a->c, "quantize"),
	               (const Operand[]){VAR("input", v), TENSOR("scale", scale),
	                                 STRC(b, "output_dtype", dtype_info[to].mil),
	                                 TENSOR("zero_point", offset)},
	               n);
	return build_must(b, OP_dequantize, name_new(a->c, "dequantize"),
	                  (const Operand[]){VAR("input", q), TENSOR("scale", scale),
	                                    TENSOR("zero_point", offset)},
	                  n - 1);
}

static bool
takes_integers(const Inst *i)
{
	return inst_is(i, OP_conv) || inst_is(i, OP_linear) || inst_is(i, OP_add) ||
	       inst_is(i, OP_avg_pool) || inst_is(i, OP_max_pool);
}

/* ---- before ---- */

static bool
is_computed(const Var *v)
{
	return var_is_float(v) && !var_is_const(v);
}

static void
quantize_operands(Activations *a, Inst *i)
{
	const OpCompress *how = takes_integers(i) ? compress_of(a->config, i) : NULL;
	const OpSelector *chosen = pass_value(a->c, "op_selector");
	bool add = inst_is(i, OP_add);
	Builder b;

	if (!how || !is_computed(inst_arg(i, "x")) || (add && !is_computed(inst_arg(i, "y"))) ||
	    (chosen && !chosen->select(chosen->ctx, i)))
		return;
	if (dtype_bits(how->dtype) != 8) {
		a->failed = true;
		diag_error(a->c->prog->diag, a->config->span,
		           "pass %s makes values int8 or uint8, and the configuration of %s '%s' "
		           "says %s",
		           a->c->name, i->op->name, i->name->s, dtype_info[how->dtype].mil);
		return;
	}
	b = pass_builder_before(a->c, i);
	for (int k = 0; k < (add ? 2 : 1) && !a->failed; k++) {
		const char *param = k ? "y" : "x";
		Var *v = there_and_back(a, &b, inst_arg(i, param), how, how->dtype, false);
		if (v)
			inst_set_arg(i, op_param(i->op, param), v);
	}
}

static void
quantize_block_operands(Activations *a, Block *b)
{
	for each_inst (i, b) {
		for (uint32_t k = 0; k < i->nblock; k++)
			quantize_block_operands(a, i->block[k]);
		if (!a->failed)
			quantize_operands(a, i);
	}
}

bool
pass_insert_prefix_quantize_dequantize_pair(PassCtx *c)
{
	Activations a;

	if (!begin(c, &a))
		return false;
	for (uint32_t k = 0; k < c->prog->funcs.n && !a.failed; k++) {
		Func *f = c->prog->funcs.at[k];
		if (f->opset >= IOS17)
			quantize_block_operands(&a, f->body);
		else
			diag_warning(c->prog->diag, f->span,
			             "pass %s leaves function %s as it is: it is for %s, and "
			             "values are quantized from iOS17 on",
			             c->name, f->name->s, opset_name(f->opset));
	}
	return !a.failed;
}

/* ---- behind ---- */

static bool
is_activation(const Inst *i)
{
	switch (i->op->code) {
	case OP_leaky_relu:
	case OP_tanh:
	case OP_scaled_tanh:
	case OP_sigmoid:
	case OP_sigmoid_hard:
	case OP_relu:
	case OP_relu6: return true;
	default: return false;
	}
}

/* The user that comes first; 0: there is none. */
static Inst *
first_user(const Var *v)
{
	Inst *first = NULL;

	for each_use (u, v)
		if (u->user && u->user->parent == v->def->parent &&
		    (!first || inst_before(u->user, first)))
			first = u->user;
	return first;
}

/* The operation behind a dequantize whose result is to be quantized; 0: none. */
static Inst *
end_of_pattern(const Activations *a, const Inst *dequantize)
{
	Inst *core = var_only_child(dequantize->out[0]), *next;

	if (!core || !takes_integers(core) || core->parent != dequantize->parent ||
	    !compress_of(a->config, core) || inst_only_child(core, OP_quantize) ||
	    (inst_is(core, OP_add) && (!inst_is(inst_arg(core, "x")->def, OP_dequantize) ||
	                               !inst_is(inst_arg(core, "y")->def, OP_dequantize))))
		return NULL;
	next = first_user(core->out[0]);
	if (!next || !is_activation(next) || !first_user(next->out[0]))
		return next ? core : NULL;
	return inst_only_child(next, OP_quantize) ? NULL : next;
}

static void
quantize_result(Activations *a, const Inst *dequantize)
{
	Inst *end = end_of_pattern(a, dequantize);
	Var *old = end ? end->out[0] : NULL, *v, *q;
	const OpCompress *how;
	Builder b;

	if (!end)
		return;
	how = compress_of(a->config, var_only_child(dequantize->out[0]));
	b = builder_at(a->c, end->next, end);
	v = there_and_back(a, &b, old, how,
	                   dtype_info[how->dtype].kind == 'i' ? DT_INT8 : DT_UINT8, true);
	if (!v)
		return;
	q = v->def->arg[op_param(v->def->op, "input")].u[0]->var;
	if (var_is_function_output(old)) {
		v->name = old->name;
		old->name = name_new(a->c, end->op->name);
	}
	for each_use (u, old)
		if (u->user != q->def)
			use_set(u, v);
}

static void
quantize_block_results(Activations *a, Block *b)
{
	VEC(Inst *) from = {0};

	for each_inst (i, b) {
		for (uint32_t k = 0; k < i->nblock; k++)
			quantize_block_results(a, i->block[k]);
		if (inst_is(i, OP_dequantize)) /* those that are made are none */
			vec_push(a->c->arena, &from, i);
	}
	for (uint32_t k = 0; k < from.n && !a->failed; k++)
		quantize_result(a, from.at[k]);
}

bool
pass_insert_suffix_quantize_dequantize_pair(PassCtx *c)
{
	Activations a;

	if (!begin(c, &a))
		return false;
	for (uint32_t k = 0; k < c->prog->funcs.n; k++)
		quantize_block_results(&a, c->prog->funcs.at[k]->body);
	return !a.failed;
}
