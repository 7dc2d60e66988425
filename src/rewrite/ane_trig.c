/* ane_trig.c: functions of angles that the engine lacks, by those that it has.
 *
 *   asin(x)   2 * atan(x / (1 + sqrt((1 - x) * (1 + x))))
 *   acos(x)   2 * atan(sqrt((1 - x) / (1 + x)))
 *   sinh(x)   (e * 0.5) * e - (f * 0.5) * f      e = exp(x * 0.5), f = exp(x * -0.5)
 *   cosh(x)   (e * 0.5) * e + (f * 0.5) * f
 *   atanh(x)  log((1 + x) / (1 - x)) * 0.5
 *   tan(x)    sin(x) / cos(x)                    these are native from H15 on
 *
 * atan, exp, log and sqrt are native (the ANE guide's matrix). The forms are those that stay in the
 * range of fp16 as far as the function does: no square of a large x, no infinity on the way at 1
 * and -1, and factors of (1 - x), which is exact near 1, rather than 1 - x * x. Near 0 the results
 * are right to the last bits of 1, not of themselves.
 *
 * Left alone: nothing; shapes may be any.
 */
#include "ane_rewrite.h"

typedef struct Form {
	PassCtx *c;
	Builder *b;
	Var *x;
} Form;

#define UNARY(op, x) ane_unary(f->c, f->b, OP_##op, (x))
#define BINARY(op, x, y) ane_binary(f->c, f->b, OP_##op, (x), (y))
#define NUMBER(op, x, y) ane_scalar(f->c, f->b, OP_##op, (x), (y))

static Var *
one_minus(const Form *f)
{
	return NUMBER(add, NUMBER(mul, f->x, -1), 1);
}

static Var *
one_plus(const Form *f)
{
	return NUMBER(add, f->x, 1);
}

static Var *
arc_sine(const Form *f)
{
	Var *minus = one_minus(f), *plus = one_plus(f);
	Var *root = UNARY(sqrt, BINARY(mul, minus, plus));

	return NUMBER(mul, UNARY(atan, BINARY(real_div, f->x, NUMBER(add, root, 1))), 2);
}

static Var *
arc_cosine(const Form *f)
{
	Var *minus = one_minus(f), *plus = one_plus(f);

	return NUMBER(mul, UNARY(atan, UNARY(sqrt, BINARY(real_div, minus, plus))), 2);
}

/* (exp(x) + sign * exp(-x)) / 2 */
static Var *
hyperbolic(const Form *f, Opcode op)
{
	Var *up = UNARY(exp, NUMBER(mul, f->x, 0.5)), *down = UNARY(exp, NUMBER(mul, f->x, -0.5));

	up = BINARY(mul, NUMBER(mul, up, 0.5), up);
	down = BINARY(mul, NUMBER(mul, down, 0.5), down);
	return ane_binary(f->c, f->b, op, up, down);
}

static Var *
area_tangent(const Form *f)
{
	Var *minus = one_minus(f), *plus = one_plus(f);

	return NUMBER(mul, UNARY(log, BINARY(real_div, plus, minus)), 0.5);
}

static Var *
tangent(const Form *f)
{
	Var *sine = UNARY(sin, f->x), *cosine = UNARY(cos, f->x);

	return BINARY(real_div, sine, cosine);
}

static Var *
build(const Form *f, Opcode op)
{
	switch (op) {
	case OP_asin: return arc_sine(f);
	case OP_acos: return arc_cosine(f);
	case OP_sinh: return hyperbolic(f, OP_sub);
	case OP_cosh: return hyperbolic(f, OP_add);
	case OP_atanh: return area_tangent(f);
	default: return tangent(f);
	}
}

bool
rewrite_ane_trig(PassCtx *c, Inst *i)
{
	Builder b = pass_builder_before(c, i);
	Form f = {c, &b, inst_arg(i, "x")};

	return ane_is_dtype(f.x) && ane_replace(c, i, build(&f, i->op->code), GONE(i));
}
