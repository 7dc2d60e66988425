/* script_eval.c: the arithmetic of constants (script.h): what torch's constant propagation computes
 * of numbers, bools and strings.
 */
#include <math.h>

#include "script.h"

typedef enum EvalOp {
	V_ADD,
	V_SUB,
	V_MUL,
	V_DIV,
	V_FLOORDIV,
	V_MOD,
	V_POW,
	V_MIN,
	V_MAX,
	V_AND,
	V_OR,
	V_XOR,
	V_SHL,
	V_SHR,
	V_EQ, /* from here on, the result is a bool */
	V_NE,
	V_LT,
	V_LE,
	V_GT,
	V_GE,
	V_IS,
	V_ISNOT, /* from here on, of one operand */
	V_NEG,
	V_NOT,
	V_INVERT,
	V_INT,
	V_FLOAT,
	V_BOOL,
	V_ABS,
	V_CEIL,
	V_FLOOR,
	V_SQRT,
	V_LOG,
	V_EXP,
	V_DEVICE,
	V_LEN,
} EvalOp;
static const struct {
	const char *name;
	EvalOp op;
} ops[] = {
    {"aten::add", V_ADD},         {"aten::sub", V_SUB},        {"aten::mul", V_MUL},
    {"aten::div", V_DIV},         {"aten::floordiv", V_FLOORDIV}, {"aten::remainder", V_MOD},
    {"aten::pow", V_POW},         {"prim::min", V_MIN},        {"prim::max", V_MAX},
    {"aten::__and__", V_AND},     {"aten::__or__", V_OR},      {"aten::__xor__", V_XOR},
    {"aten::__lshift__", V_SHL},  {"aten::__rshift__", V_SHR}, {"aten::eq", V_EQ},
    {"aten::ne", V_NE},           {"aten::lt", V_LT},          {"aten::le", V_LE},
    {"aten::gt", V_GT},           {"aten::ge", V_GE},          {"aten::__is__", V_IS},
    {"aten::__isnot__", V_ISNOT}, {"aten::neg", V_NEG},        {"aten::__not__", V_NOT},
    {"aten::bitwise_not", V_INVERT}, {"aten::Int", V_INT},     {"aten::Float", V_FLOAT},
    {"aten::Bool", V_BOOL},       {"prim::abs", V_ABS},        {"aten::ceil", V_CEIL},
    {"aten::floor", V_FLOOR},     {"aten::sqrt", V_SQRT},      {"aten::log", V_LOG},
    {"aten::exp", V_EXP},         {"aten::device", V_DEVICE},  {"aten::len", V_LEN},
};

bool
literal_equal(const TArg *a, const TArg *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case T_NONE:
		return true;
	case T_BOOL:
	case T_INT:
		return a->i == b->i;
	case T_FLOAT:
		return a->f[0] == b->f[0];
	case T_COMPLEX:
		return a->f[0] == b->f[0] && a->f[1] == b->f[1];
	case T_STR:
	case T_VALUE:
		return a->s == b->s;
	case T_TENSOR:
		return a->tensor == b->tensor;
	case T_LIST:
		if (a->list.n != b->list.n || a->list.tuple != b->list.tuple)
			return false;
		for (uint32_t i = 0; i < a->list.n; i++)
			if (!literal_equal(&a->list.item[i], &b->list.item[i]))
				return false;
		return true;
	}
	return false;
}

static double
as_float(const TArg *a)
{
	return a->kind == T_FLOAT ? a->f[0] : (double)a->i;
}

static bool
is_number(const TArg *a)
{
	return a->kind == T_INT || a->kind == T_FLOAT || a->kind == T_BOOL;
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	int64_t q = a / b;

	return q - (a % b != 0 && (a < 0) != (b < 0));
}

static bool
of_ints(EvalOp op, int64_t a, int64_t b, int64_t *out)
{
	switch (op) {
	case V_ADD:
		return !__builtin_add_overflow(a, b, out);
	case V_SUB:
		return !__builtin_sub_overflow(a, b, out);
	case V_MUL:
		return !__builtin_mul_overflow(a, b, out);
	case V_FLOORDIV:
	case V_MOD:
		if (b == 0 || (a == INT64_MIN && b == -1))
			return false;
		*out = op == V_MOD ? a - floor_div(a, b) * b : floor_div(a, b);
		return true;
	case V_MIN:
		*out = MIN(a, b);
		return true;
	case V_MAX:
		*out = MAX(a, b);
		return true;
	case V_AND:
		*out = a & b;
		return true;
	case V_OR:
		*out = a | b;
		return true;
	case V_XOR:
		*out = a ^ b;
		return true;
	case V_SHL:
	case V_SHR:
		if (b < 0 || b > 62 || a < 0 || (op == V_SHL && a > INT64_MAX >> b))
			return false;
		*out = op == V_SHL ? a << b : a >> b;
		return true;
	default:
		return false;
	}
}

static bool
of_floats(EvalOp op, double a, double b, double *out)
{
	switch (op) {
	case V_ADD:
		*out = a + b;
		return true;
	case V_SUB:
		*out = a - b;
		return true;
	case V_MUL:
		*out = a * b;
		return true;
	case V_DIV:
		*out = a / b;
		return b != 0;
	case V_FLOORDIV:
		*out = floor(a / b);
		return b != 0;
	case V_MOD:
		*out = fmod(a, b);
		*out += *out != 0 && (*out < 0) != (b < 0) ? b : 0;
		return b != 0;
	case V_POW:
		*out = pow(a, b);
		return true;
	case V_MIN:
		*out = MIN(a, b);
		return true;
	case V_MAX:
		*out = MAX(a, b);
		return true;
	default:
		return false;
	}
}

static bool
compare(EvalOp op, const TArg *a, const TArg *b, bool *out)
{
	double x, y;
	bool ints = a->kind != T_FLOAT && b->kind != T_FLOAT;

	if (op == V_IS || op == V_ISNOT) {
		if (a->kind != T_NONE && b->kind != T_NONE)
			return false;
		*out = (a->kind == b->kind) == (op == V_IS);
		return true;
	}
	if (!is_number(a) || !is_number(b)) {
		if ((op != V_EQ && op != V_NE) || a->kind != T_STR || b->kind != T_STR)
			return false;
		*out = (a->s == b->s) == (op == V_EQ);
		return true;
	}
	x = as_float(a);
	y = as_float(b);
	switch (op) {
	case V_EQ:
	case V_NE:
		*out = (ints ? a->i == b->i : x == y) == (op == V_EQ);
		return true;
	case V_LT:
		*out = ints ? a->i < b->i : x < y;
		return true;
	case V_LE:
		*out = ints ? a->i <= b->i : x <= y;
		return true;
	case V_GT:
		*out = ints ? a->i > b->i : x > y;
		return true;
	default:
		*out = ints ? a->i >= b->i : x >= y;
		return true;
	}
}

static bool
whole(double d, TArg *out)
{
	if (!(d > -9.2e18 && d < 9.2e18))
		return false;
	*out = targ_int((int64_t)d);
	return true;
}

static bool
of_one(EvalOp op, const TArg *a, TArg *out)
{
	double d = is_number(a) ? as_float(a) : 0;
	bool real = a->kind == T_FLOAT;

	if (op == V_DEVICE || op == V_LEN) {
		*out = op == V_LEN && a->kind == T_STR ? targ_int(utf8_count(a->s->s, a->s->len))
		                                       : *a;
		return a->kind == T_STR;
	}
	if (!is_number(a))
		return false;
	*out = (TArg){.kind = T_FLOAT};
	switch (op) {
	case V_NEG:
	case V_ABS:
		if (real)
			out->f[0] = op == V_ABS ? fabs(d) : -d;
		else if (a->i == INT64_MIN)
			return false;
		else
			*out = targ_int(op == V_ABS && a->i > 0 ? a->i : -a->i);
		return true;
	case V_NOT:
	case V_BOOL:
		*out = (TArg){.kind = T_BOOL, .i = (d != 0) == (op == V_BOOL)};
		return true;
	case V_INVERT:
		*out = targ_int(~a->i);
		return a->kind == T_INT;
	case V_INT:
		if (!real)
			*out = targ_int(a->i);
		return !real || whole(trunc(d), out);
	case V_FLOAT:
		out->f[0] = d;
		return true;
	case V_CEIL:
	case V_FLOOR:
		if (!real)
			*out = targ_int(a->i);
		return !real || whole(op == V_CEIL ? ceil(d) : floor(d), out);
	case V_SQRT:
		out->f[0] = sqrt(d);
		return d >= 0;
	case V_LOG:
		out->f[0] = log(d);
		return d > 0;
	case V_EXP:
		out->f[0] = exp(d);
		return true;
	default:
		return false;
	}
}

static bool
of_two(EvalOp op, const TArg *a, const TArg *b, TArg *out)
{
	bool real = a->kind == T_FLOAT || b->kind == T_FLOAT || op == V_DIV || op == V_POW, yes;

	if (op >= V_EQ) {
		*out = (TArg){.kind = T_BOOL};
		if (!compare(op, a, b, &yes))
			return false;
		out->i = yes;
		return true;
	}
	if (!is_number(a) || !is_number(b))
		return false;
	*out = (TArg){.kind = real ? T_FLOAT : T_INT};
	if (real)
		return of_floats(op, as_float(a), as_float(b), &out->f[0]);
	return of_ints(op, a->i, b->i, &out->i);
}

/* (a, b) */
static bool
of_members(Script *s, const TArg *const *a, uint32_t n, bool tuple, TArg *out)
{
	*out = (TArg){.kind = T_LIST};
	out->list.tuple = tuple;
	out->list.n = n;
	out->list.item = newn(s->arena, TArg, n + 1);
	for (uint32_t i = 0; i < n; i++)
		out->list.item[i] = *a[i];
	return true;
}

static bool
of_index(const TArg *tuple, const TArg *index, TArg *out)
{
	int64_t i = index->i;

	if (tuple->kind != T_LIST || index->kind != T_INT)
		return false;
	i += i < 0 ? tuple->list.n : 0;
	if (i < 0 || i >= tuple->list.n)
		return false;
	*out = tuple->list.item[i];
	return true;
}

static bool
of_operation(const JNode *n, const TArg *const *a, TArg *out)
{
	const Ty *t = n->out[0]->type;

	for (size_t i = 0; i < countof(ops); i++) {
		if (!str_is(n->op, ops[i].name))
			continue;
		if ((ops[i].op >= V_NEG) != (n->nin == 1))
			return false;
		if (!(n->nin == 1 ? of_one(ops[i].op, a[0], out)
		                  : of_two(ops[i].op, a[0], a[1], out)))
			return false;
		if (out->kind == T_INT && t->kind == TY_BOOL)
			out->kind = T_BOOL;
		return out->kind != T_INT || t->kind != TY_FLOAT;
	}
	return false;
}

bool
eval_with(Script *s, const JNode *n, const TArg *const *a, TArg *out)
{
	if (n->nout != 1)
		return false;
	if (n->kind == J_TUPLE || n->kind == J_LIST)
		return of_members(s, a, n->nin, n->kind == J_TUPLE, out);
	if (n->nin < 1 || n->nin > 2)
		return false;
	if (n->kind == J_CAST) {
		*out = *a[0];
		return true;
	}
	if (n->nin == 2 && (n->kind == J_TUPLE_INDEX || is_op(n, "aten::__getitem__")))
		return of_index(a[0], a[1], out);
	return n->kind == J_OP && of_operation(n, a, out);
}

bool
eval_node(Script *s, const JNode *n, TArg *out)
{
	const TArg **a = newn(s->arena, const TArg *, n->nin + 1);

	for (uint32_t i = 0; i < n->nin; i++)
		if (!(a[i] = literal_of(jv(n->in[i]))))
			return false;
	return eval_with(s, n, a, out);
}
