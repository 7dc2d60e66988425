/* names_weight.c: names about constants: what they hold, and how they are packed. */
#include "names.h"

#include <math.h>

Tri
call_const(const Site *s, const char *const *arg)
{
	const Arg *a;

	if (!site_has(s, arg[0]))
		return TRI_YES;
	a = inst_args(s->inst, arg[0]);
	for (uint32_t i = 0; i < a->n; i++)
		if (!a->u[i]->var->val && !a->u[i]->var->from_const)
			return TRI_NO;
	return TRI_YES;
}

Tri
call_trivial(const Site *s, const char *const *arg)
{
	const Var *v = site_operand(s, arg[0]);
	double same = strcmp(arg[0], "beta") == 0 || strcmp(arg[0], "bias") == 0 ? 0 : 1;

	if (!v)
		return TRI_YES;
	if (!v->val)
		return v->from_const ? TRI_UNKNOWN : TRI_NO;
	if (v->val->unknown)
		return TRI_UNKNOWN;
	for (int64_t i = 0; i < v->val->count; i++)
		if (tensor_f(v->val, i) != same)
			return TRI_NO;
	return TRI_YES;
}

/* ---- packed weights ---- */

static const Inst *
maker(const Inst *i, const char *operand)
{
	const Var *v = op_param(i->op, operand) >= 0 ? inst_arg(i, operand) : NULL;
	return v ? v->def : NULL;
}

/* The operation that makes weight, or the site's own: where it is a constexpr one; else 0. */
static const Inst *
wrapped(const Site *s)
{
	const Inst *i = s->inst;

	if (i->op->flags & CONSTEXPR)
		return i;
	i = maker(i, "weight");
	return i && i->op->flags & CONSTEXPR ? i : NULL;
}

/* The same, but of a sparse weight the one that makes what is not zero, if there is one. */
static const Inst *
packed(const Site *s)
{
	const Inst *i = wrapped(s);
	const Inst *inner =
	    inst_is(i, OP_constexpr_sparse_to_dense) ? maker(i, "nonzero_data") : NULL;

	return inner && inner->op->flags & CONSTEXPR ? inner : i;
}

Tri
call_palettized(const Site *s, const char *const *arg)
{
	const Inst *i;

	if (!site_has(s, arg[0]))
		return TRI_ABSENT;
	i = maker(s->inst, arg[0]);
	if (inst_is(i, OP_constexpr_sparse_to_dense))
		i = maker(i, "nonzero_data");
	return inst_is(i, OP_constexpr_lut_to_dense) || inst_is(i, OP_constexpr_lut_to_sparse);
}

/* The scales of a constexpr operation, and what they belong to. */
static bool
scales(const Inst *i, const Type **scale, const Type **data)
{
	const Var *v = i && op_param(i->op, "scale") >= 0 ? inst_arg(i, "scale") : NULL;

	if (!v || !(i->op->flags & CONSTEXPR) || v->type->kind != TY_TENSOR)
		return false;
	*scale = v->type;
	*data = i->out[0]->type;
	return true;
}

Val
name_granularity(const Site *s)
{
	const Type *scale, *data;
	int axes = 0;

	if (!scales(packed(s), &scale, &data))
		return VAL(ABSENT);
	if (scale->count == 1)
		return val_text("per_tensor");
	if (scale->rank != data->rank) /* a vector, along the axis of the operation */
		return val_text("per_channel");
	for (uint32_t i = 0; i < scale->rank; i++) {
		axes += scale->dim[i] != 1;
		if (scale->dim[i] != 1 && scale->dim[i] != data->dim[i])
			return val_text("per_block");
	}
	return val_text(axes == 1 ? "per_channel" : "per_block");
}

Val
name_blockwise(const Site *s)
{
	Val v = name_granularity(s);
	return v.kind == VAL_TEXT ? val_bool(strcmp(v.s, "per_block") == 0) : v;
}

static const Var *
part(const Inst *i, const char *operand)
{
	return i && op_param(i->op, operand) >= 0 ? inst_arg(i, operand) : NULL;
}

/* The look-up table, and the shape (…, entries, vector) that newer ones have. */
static const Type *
table_of(const Site *s)
{
	const Var *lut = part(packed(s), "lut");

	return lut && lut->type->kind == TY_TENSOR ? lut->type : NULL;
}

Val
name_entries(const Site *s)
{
	const Type *t = table_of(s);

	if (!t || !t->rank)
		return VAL(ABSENT);
	return dim_val(t->rank == 1 ? t->dim[0] : t->dim[t->rank - 2]);
}

Val
name_vector(const Site *s)
{
	const Type *t = table_of(s);

	if (!t || !t->rank)
		return VAL(ABSENT);
	return t->rank == 1 ? val_int(1) : dim_val(t->dim[t->rank - 1]);
}

Val
name_nbits(const Site *s)
{
	const Inst *i = packed(s);
	Val n = name_entries(s);
	const Var *v;

	if (n.kind == VAL_INT)
		return val_int((int64_t)ceil(log2((double)MAX(n.i, 1))));
	v = part(i, "data");
	if (!v)
		v = part(i, "quantized_data");
	if (!v)
		v = part(i, "nonzero_data");
	if (!v || v->type->kind != TY_TENSOR || !(i->op->flags & CONSTEXPR) ||
	    dtype_is_float(v->type->dtype))
		return VAL(ABSENT);
	return val_int(dtype_bits(v->type->dtype));
}

Val
name_zero_point(const Site *s)
{
	bool own = site_is(s, OP_quantize, OP_dequantize, OP_none);
	const Inst *i = own ? s->inst : packed(s);
	const Var *v = part(i, i && op_param(i->op, "offset") >= 0 ? "offset" : "zero_point");
	double far = 0;

	if (!i || op_param(i->op, "scale") < 0)
		return VAL(ABSENT);
	if (!v)
		return val_int(0);
	if (!v->val || v->val->unknown)
		return VAL(UNKNOWN);
	for (int64_t k = 0; k < v->val->count; k++)
		if (fabs(tensor_f(v->val, k)) > fabs(far))
			far = tensor_f(v->val, k);
	return far == floor(far) ? val_int((int64_t)far) : val_real(far);
}

/* ---- what constants hold ---- */

/* Looked at once for all operations that take the constant. */
typedef struct Content {
	int64_t zeros; /* elements that are 0 */
	bool infinite; /* one is an infinity */
} Content;

/* Of halves and floats by their bits, which takes a fraction of the time of numbers. */
static void
look(const Tensor *t, Content *c)
{
	enum { CHUNK = 4096 };
	uint32_t word[CHUNK];
	uint16_t half[CHUNK];
	bool wide = t->dtype == DT_FP32;
	uint32_t sign = wide ? 0x80000000 : 0x8000, inf = wide ? 0x7f800000 : 0x7c00;

	for (int64_t at = 0; at < t->count; at += CHUNK) {
		int64_t n = MIN(t->count - at, CHUNK), zeros = 0, infinite = 0;
		tensor_read(t, at, n, wide ? (void *)word : (void *)half);
		for (int64_t i = 0; !wide && i < n; i++)
			word[i] = half[i];
		for (int64_t i = 0; i < n; i++) {
			zeros += (word[i] & ~sign) == 0;
			infinite += (word[i] & ~sign) == inf;
		}
		c->zeros += zeros;
		c->infinite |= infinite != 0;
	}
}

static Content
content_of(const Site *s, const Tensor *t)
{
	Map *facts = s->whole->facts;
	Content *known = facts ? map_get(facts, (uintptr_t)t) : NULL, c = {0};

	if (known)
		return *known;
	if (t->dtype == DT_FP16 || t->dtype == DT_FP32) {
		look(t, &c);
	} else {
		for (int64_t i = 0; i < t->count; i++) {
			double v = tensor_f(t, i);
			c.zeros += v == 0;
			c.infinite |= isinf(v);
		}
	}
	if (facts) {
		known = new (facts->arena, Content);
		*known = c;
		map_put(facts, (uintptr_t)t, known);
	}
	return c;
}

Val
name_zero_fraction(const Site *s)
{
	const Inst *i = wrapped(s);
	const Var *v = inst_is(i, OP_constexpr_sparse_to_dense) ? part(i, "mask")
	               : i                                      ? NULL
	                                                        : part(s->inst, "weight");
	const Type *whole = i ? i->out[0]->type : NULL;
	int64_t set = 0, n;

	if (!v || (!v->val && !v->from_const))
		return VAL(ABSENT);
	if (!v->val || v->val->unknown)
		return VAL(UNKNOWN);
	n = v->val->count;
	/* Masks of iOS16 hold eight elements in each byte. */
	if (whole && v->val->dtype == DT_UINT8) {
		n = whole->count;
		for (int64_t k = 0; k < v->val->count; k++)
			for (int64_t byte = tensor_i(v->val, k); byte; byte &= byte - 1)
				set++;
	} else {
		set = n - content_of(s, v->val).zeros;
	}
	return n > 0 ? val_real(1 - (double)set / (double)n) : VAL(ABSENT);
}

Val
name_no_inf_const(const Site *s)
{
	bool open = false;

	for each_operand(o, s->inst) {
		const Tensor *t = o.var->val;
		if (!t || !dtype_is_float(t->dtype))
			continue;
		open |= t->unknown;
		if (!t->unknown && content_of(s, t).infinite)
			return val_bool(false);
	}
	return open ? VAL(UNKNOWN) : val_bool(true);
}

Val
name_is_parameter(const Site *s)
{
	for (uint32_t i = 0; i < s->inst->nout; i++)
		for each_use(u, s->inst->out[i]) {
			bool parameter = false;
			for each_operand(o, u->user ? u->user : s->inst)
				parameter |= o.use == u && u->user->op->param[o.param].constant;
			if (!parameter)
				return val_bool(false);
		}
	return val_bool(true);
}

Val
name_alpha_per_channel(const Site *s)
{
	const Var *alpha = site_operand(s, "alpha");
	Val c = name_C(s);

	if (!alpha || alpha->type->kind != TY_TENSOR || !inst_is(s->inst, OP_prelu))
		return VAL(ABSENT);
	return c.kind == VAL_INT ? val_bool(alpha->type->count == c.i) : VAL(UNKNOWN);
}

Val
name_has_bias(const Site *s)
{
	return val_bool(site_operand(s, "bias"));
}

/* ---- bytes ---- */

enum { SMALL = 10 }; /* so many elements stand in the model itself */

static double
bytes_of(const Var *v)
{
	const Tensor *t = v->val;

	return t && t->count > SMALL && t->dtype != DT_STRING
	           ? ceil((double)t->count * dtype_bits(t->dtype) / 8)
	           : 0;
}

static double
operand_bytes(const Inst *i)
{
	double sum = 0;

	for each_operand(o, i) {
		const Inst *d = o.var->def;
		if (inst_is(d, OP_const))
			sum += bytes_of(o.var);
		else if (d && d->op->flags & CONSTEXPR)
			sum += operand_bytes(d);
	}
	return sum;
}

Val
name_layer_weight_bytes(const Site *s)
{
	double n = operand_bytes(s->inst);
	return n ? val_int((int64_t)n) : VAL(ABSENT);
}
