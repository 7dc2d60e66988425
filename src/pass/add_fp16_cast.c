/* add_fp16_cast.c: float work is done in fp16: each fp32 operand of an op is cast to fp16, each
 * fp16 result back to fp32 (cast_types.h shows it).
 *
 * Left alone: ops that have no fp16 form (casts, control flow, lists, states), ops with a finite
 * constant operand beyond the range of fp16, operands that only take fp32, and from iOS17 on the
 * parameters of activations (alpha, beta) and of log, rsqrt and inverse (epsilon), which may stay
 * fp32 beside an fp16 x.
 * Option skip_ops_by_type=a,b: ops of these types are left alone too; so are those that op_selector
 * does not take.
 */
#include "cast_types.h"

#include <math.h>

enum { MAX_HALF = 65504, UNDERFLOW_LIMIT = 400 };

static DType
target(PassCtx *c, const Inst *i, int p)
{
	const Param *q = &i->op->param[p];

	(void)c;
	if (q->kind == P_TENSOR ? !(q->mask & M(FP16)) : q->kind != P_TUPLE)
		return DT_NONE;
	return i->op->flags & MIXED && p > 0 && i->parent->func->opset >= IOS17 ? DT_NONE : DT_FP16;
}

/* A finite number that fp16 cannot hold. Beyond 1e38 it stands for infinity and may become that. */
static bool
is_too_large(float v)
{
	return fabsf(v) > MAX_HALF && fabsf(v) < 1e38f;
}

static bool
overflows(const Tensor *t)
{
	float buf[4096], v;

	for (int64_t at = 0, n; at < t->count; at += n) {
		const char *part = (const char *)buf;
		n = MIN(t->count - at, (int64_t)countof(buf));
		if (t->data)
			part = (const char *)t->data + (size_t)at * sizeof v;
		else
			tensor_read(t, at, n, buf);
		if (floats_largest(part, (size_t)n) <= MAX_HALF)
			continue;
		for (int64_t k = 0; k < n; k++) {
			memcpy(&v, part + k * sizeof v, sizeof v);
			if (is_too_large(v))
				return true;
		}
	}
	return false;
}

static bool
skipped_by_option(const PassCtx *c, const char *op)
{
	const char *s = pass_option(c, "skip_ops_by_type");
	size_t n = strlen(op);

	for (; s && *s; s += *s == ',') {
		size_t len = strcspn(s, ",");
		if (len == n && memcmp(s, op, n) == 0)
			return true;
		s += len;
	}
	return false;
}

static bool
wanted(PassCtx *c, const Inst *i, const OpSelector *selector)
{
	if (i->op->flags & NO_HALF)
		return false;
	for each_operand (o, i)
		if (var_is_const(o.var) && o.var->type->kind == TY_TENSOR &&
		    o.var->type->dtype == DT_FP32 && overflows(o.var->val))
			return false;
	return selector ? selector->select(selector->ctx, i) : !skipped_by_option(c, i->op->name);
}

/* A small constant such as an epsilon must not become 0: it becomes the least fp16 above it. */
static const Tensor *
adjust(PassCtx *c, const Tensor *cast, const Tensor *t)
{
	const double least_half = 0x1p-24, least_float = 0x1p-149;
	Tensor *fixed = NULL;
	float v[UNDERFLOW_LIMIT];

	if (t->count >= UNDERFLOW_LIMIT)
		return cast;
	tensor_read(t, 0, t->count, v);
	for (int64_t k = 0; k < t->count; k++) {
		if (!(fabsf(v[k]) > least_float && fabsf(v[k]) < 2 * least_half &&
		      fabs(tensor_f(cast, k)) <= least_half))
			continue;
		if (!fixed) {
			fixed = tensor_new(c->prog->arena, DT_FP16, t->dim, t->rank);
			memcpy(fixed->data, tensor_data(c->prog->arena, cast),
			       (size_t)t->count * sizeof(uint16_t));
		}
		tensor_set_f(fixed, k, v[k] > 0 ? least_half : -least_half);
	}
	return fixed ? fixed : cast;
}

bool
pass_add_fp16_cast(PassCtx *c)
{
	static const CastRule rule = {DT_FP32, target, wanted, true, adjust};

	return cast_types(c, &rule);
}
