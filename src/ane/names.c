/* names.c: the table of names, and what their formulas share. */
#include "names.h"

static const CondName names[] = {
#define NAME(name, say, formula)  {#name, name_##name, false, false, say, formula},
#define WHOLE(name, say, formula) {#name, name_##name, false, true, say, formula},
#define PARAM(name, say, formula) {#name, NULL, false, false, say, formula},
#define OPEN(name, say, why)      {#name, NULL, true, true, say, why},
#define CALL(name, takes, n, say, formula)
#include "names.def"
};

static const CondCall calls[] = {
#define NAME(name, say, formula)
#define PARAM(name, say, formula)
#define OPEN(name, say, why)
#define CALL(name, takes, n, say, formula)                                                         \
	{#name, call_##name, TAKES_##takes, false, n, say, formula},
#define CALL_WHOLE(name, takes, n, say, formula)                                                   \
	{#name, call_##name, TAKES_##takes, true, n, say, formula},
#include "names.def"
};

const CondName *
cond_names(size_t *n)
{
	*n = countof(names);
	return names;
}

const CondCall *
cond_calls(size_t *n)
{
	*n = countof(calls);
	return calls;
}

/* ---- operands ---- */

static bool
is_tensor(const Type *t)
{
	return t->kind == TY_TENSOR || t->kind == TY_STATE;
}

static bool
is_constant(const Var *v)
{
	return v->val || v->from_const;
}

bool
site_next(const Site *s, SiteTensor *t)
{
	while (!t->results && operand_next(s->inst, &t->operand)) {
		t->v = t->operand.var;
		if (is_tensor(t->v->type) && !is_constant(t->v))
			return true;
	}
	t->results = true;
	while (t->nth < s->inst->nout) {
		t->v = s->inst->out[t->nth++];
		if (is_tensor(t->v->type))
			return true;
	}
	return false;
}

const Var *
site_input(const Site *s)
{
	SiteTensor t = {0};

	return site_next(s, &t) ? t.v : NULL;
}

bool
site_has(const Site *s, const char *param)
{
	return op_param(s->inst->op, param) >= 0;
}

Var *
site_operand(const Site *s, const char *name)
{
	return site_has(s, name) ? inst_arg(s->inst, name) : NULL;
}

bool
site_is(const Site *s, Opcode a, Opcode b, Opcode c)
{
	Opcode op = s->inst->op->code;
	return op == a || op == b || op == c;
}

bool
site_channels_first(const Site *s)
{
	switch (s->inst->op->code) {
	case OP_conv:
	case OP_conv_transpose:
	case OP_avg_pool:
	case OP_max_pool:
	case OP_l2_pool:
	case OP_prelu:
	case OP_batch_norm:
	case OP_instance_norm:
	case OP_local_response_norm:
	case OP_upsample_bilinear:
	case OP_upsample_nearest_neighbor:
		return true;
	default:
		return false;
	}
}

/* ---- sizes and values ---- */

Val
dim_val(Dim d)
{
	return dim_known(d) ? val_int(d) : VAL(UNKNOWN);
}

int
var_rank(const Var *v)
{
	const Type *t = v ? tensor_part(v->type) : NULL;

	return t && t->kind == TY_TENSOR ? (int)t->rank : -1;
}

bool
var_fact(const Site *s, const Var *v, bool (*fact)(const Var *v))
{
	static const bool known[2] = {false, true};
	Map *facts = s->whole->facts;
	const bool *found = facts ? map_get(facts, (uintptr_t)v) : NULL;

	if (found)
		return *found;
	found = &known[fact(v)];
	if (facts)
		map_put(facts, (uintptr_t)v, (void *)(uintptr_t)found);
	return *found;
}

bool
rank_is_open(const Site *s, const Var *v)
{
	const Type *t = var_rank(v) == 1 ? tensor_part(v->type) : NULL;
	return t && dim_is_variadic(s->inst->parent->func->prog->types, t->dim[0]);
}

Val
var_size(const Var *v, int at)
{
	int rank = var_rank(v);

	if (rank < 0)
		return VAL(ABSENT);
	at += at < 0 ? rank : 0;
	return at >= 0 && at < rank ? dim_val(tensor_part(v->type)->dim[at]) : val_int(1);
}

Val
val_product(Val a, Val b)
{
	if (a.kind == VAL_ABSENT || b.kind == VAL_ABSENT)
		return VAL(ABSENT);
	if (a.kind != VAL_INT || b.kind != VAL_INT)
		return VAL(UNKNOWN);
	if (a.i && b.i > INT64_MAX / a.i)
		return val_real((double)a.i * (double)b.i);
	return val_int(a.i * b.i);
}

static Val
element(Arena *a, const Tensor *t, int64_t i)
{
	const Str *const *text;

	if (t->unknown || i < 0 || i >= t->count)
		return VAL(UNKNOWN);
	if (t->dtype == DT_STRING) {
		text = tensor_data(a, t);
		return val_text(text[i]->s);
	}
	if (t->dtype == DT_BOOL)
		return val_bool(tensor_i(t, i));
	return dtype_is_float(t->dtype) ? val_real(tensor_f(t, i)) : val_int(tensor_i(t, i));
}

enum { MOST_ELEMENTS = 64 };

Val
site_param(const Site *s, const char *name)
{
	int column = op_param(s->inst->op, name);
	const Arg *arg = column >= 0 ? &s->inst->arg[column] : NULL;
	const Tensor *t;
	Val *v;

	if (!arg)
		return VAL(ABSENT);
	if (!arg->n)
		return VAL(NONE);
	if (s->inst->op->param[column].kind == P_TUPLE) {
		v = newn(s->arena, Val, arg->n);
		return (Val){.kind = VAL_LIST, .at = v, .n = arg->n};
	}
	t = arg->u[0]->var->val;
	if (!t || t->count > MOST_ELEMENTS)
		return VAL(UNKNOWN);
	if (!t->rank)
		return element(s->arena, t, 0);
	v = newn(s->arena, Val, (size_t)t->count);
	for (int64_t i = 0; i < t->count; i++)
		v[i] = element(s->arena, t, i);
	return (Val){.kind = VAL_LIST, .at = v, .n = (uint32_t)t->count};
}

Val
site_element(const Site *s, const char *param, int at, Val without)
{
	Val v = site_param(s, param);

	if (v.kind == VAL_NONE || v.kind == VAL_ABSENT)
		return without;
	if (v.kind != VAL_LIST)
		return VAL(UNKNOWN);
	at += at < 0 ? (int)v.n : 0;
	return at >= 0 && (uint32_t)at < v.n ? v.at[at] : without;
}
