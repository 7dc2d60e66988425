/* flops.c: see flops.h. */
#include "flops.h"

typedef struct Sizes {
	const Inst *inst;
	ExtentsFn *of;
	void *ctx;
} Sizes;

bool
extents_of_type(void *unused, const Var *v, Extents *out)
{
	const Type *t = v->type->kind == TY_STATE ? v->type->elem : v->type;

	(void)unused;
	*out = (Extents){(int)t->rank, t->dim};
	return t->kind == TY_TENSOR;
}

/* Elements; 0 where that is not known. */
static double
count(const Sizes *s, const Var *v)
{
	Extents e;
	double n = 1;

	if (!v || !s->of(s->ctx, v, &e))
		return 0;
	for (int k = 0; k < e.rank; k++)
		n *= e.dim[k] > 0 ? (double)e.dim[k] : 0;
	return n;
}

/* One dimension, from the last one for -1. */
static double
size(const Sizes *s, const Var *v, int at)
{
	Extents e;

	if (!v || !s->of(s->ctx, v, &e))
		return 0;
	at += at < 0 ? e.rank : 0;
	if (at < 0 || at >= e.rank)
		return 1;
	return e.dim[at] > 0 ? (double)e.dim[at] : 0;
}

static double
results(const Sizes *s)
{
	double n = 0;

	for (uint32_t k = 0; k < s->inst->nout; k++)
		n += count(s, s->inst->out[k]);
	return n;
}

static double
convolution(const Sizes *s)
{
	const Inst *i = s->inst;
	const Var *x = inst_argc(i, ARG_x), *w = inst_argc(i, ARG_weight);
	bool transposed = i->op->code == OP_conv_transpose;
	/* weight: [Cout, Cin / groups, kernel], of a transposed one [Cin, Cout / groups, kernel] */
	double taps = size(s, w, 0) > 0 ? count(s, w) / size(s, w, 0) : 0;

	return 2 * taps * (transposed ? count(s, x) : count(s, i->out[0]));
}

static double
product(const Sizes *s)
{
	const Inst *i = s->inst;
	const Tensor *turned = inst_is(i, OP_matmul) ? inst_val(i, "transpose_x") : NULL;
	double inner = inst_is(i, OP_linear)
	                   ? size(s, inst_argc(i, ARG_weight), 1)
	                   : size(s, inst_argc(i, ARG_x), turned && tensor_i(turned, 0) ? -2 : -1);

	return 2 * inner * count(s, i->out[0]);
}

static double
attention(const Sizes *s)
{
	const Var *q = inst_arg(s->inst, "query"), *v = inst_arg(s->inst, "value");
	double width = size(s, q, -1), keys = size(s, v, -2);
	double scores = width > 0 ? count(s, q) / width * keys : 0;

	return 2 * scores * width + 5 * scores + 2 * scores * size(s, v, -1);
}

static double
recurrent(const Sizes *s)
{
	const Var *x = inst_argc(s->inst, ARG_x);
	double steps = size(s, x, 0) * size(s, x, 1), weights = 0;

	for each_operand (o, s->inst)
		if (o.var->val && o.var->type->rank == 2)
			weights += count(s, o.var);
	return 2 * steps * weights;
}

/* einsum: every letter once. */
static double
letters(const Sizes *s)
{
	const Arg *in = inst_args(s->inst, "values");
	const Tensor *t = inst_val(s->inst, "equation");
	const char *e = t ? (*(const Str *const *)t->data)->s : "";
	bool seen[256] = {0};
	double n = 2;

	for (uint32_t k = 0, at = 0; *e && *e != '-'; e++) {
		if (*e == ',') {
			k++, at = 0;
		} else if (*e != ' ' && k < in->n) {
			if (!seen[(unsigned char)*e])
				n *= size(s, in->u[k]->var, (int)at);
			seen[(unsigned char)*e] = true;
			at++;
		}
	}
	return n;
}

static double
pool(const Sizes *s)
{
	const Tensor *kernel = inst_val(s->inst, "kernel_sizes");
	double n = results(s);

	for (int64_t d = 0; kernel && d < kernel->count; d++)
		n *= (double)tensor_i(kernel, d);
	return kernel ? n : 0;
}

static double
five_each(const Sizes *s)
{
	return 5 * results(s);
}

static double
seven_each(const Sizes *s)
{
	return 7 * results(s);
}

static double
nothing(const Sizes *s)
{
	(void)s;
	return 0;
}

typedef double HowMany(const Sizes *s);
static HowMany *const how[OP_COUNT] = {
#define FLOPS(op, how) [OP_##op] = how,
#include "flops.def"
#undef FLOPS
};

double
op_flops(const Inst *i, ExtentsFn *of, void *ctx)
{
	Sizes s = {i, of, ctx};

	if (how[i->op->code])
		return how[i->op->code](&s);
	if (i->op->flags & REDUCES)
		return count(&s, inst_argn(i, 0));
	return results(&s);
}

bool
op_moves(Opcode code)
{
	return how[code] == nothing;
}
