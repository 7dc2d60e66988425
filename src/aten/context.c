/* context.c: what handlers work with: operands by name, numbers that must be known, and the binding
 * of results. After the first failure everything here gives nothing. Operations are built in
 * values.c.
 */
#include <math.h>

#include "aten.h"

static const Tv nothing = {.kind = TV_NONE};

void
aten_fail(AtenCtx *c, const char *fmt, ...)
{
	va_list ap;

	if (c->failed)
		return;
	c->failed = true;
	va_start(ap, fmt);
	diag_vreport(c->diag, DIAG_ERROR, c->node ? c->node->at : c->g->at, fmt, ap);
	va_end(ap);
}

/* ---- operands ---- */

static Tv
int_value(const AtenCtx *c, int64_t i)
{
	if (i == INT64_MAX && !c->exported)
		return nothing;
	return (Tv){.kind = TV_INT, .i = MAX(MIN(i, INT32_MAX), INT32_MIN)};
}

static Tv
float_value(const AtenCtx *c, double f)
{
	if (isinf(f) && !c->exported)
		f = f < 0 ? -3.4e38 : 3.4e38;
	return (Tv){.kind = TV_FLOAT, .f = (double)(float)f};
}

/* In TorchScript a literal is a node of the graph, which has a name. */
static Var *
literal_of_file(AtenCtx *c, const Tensor *t)
{
	return c->exported ? aten_const(c, t, NULL) : aten_literal(c, t);
}

static Tv
literal(AtenCtx *c, const TArg *a)
{
	const Tv *known;

	switch (a->kind) {
	case T_NONE:
		return nothing;
	case T_BOOL:
		return (Tv){.kind = TV_BOOL, .i = a->i};
	case T_INT:
		return int_value(c, a->i);
	case T_FLOAT:
		return float_value(c, a->f[0]);
	case T_STR:
		return (Tv){.kind = TV_STR, .s = a->s};
	case T_VALUE:
		known = map_get(&c->value, KEY(a->s));
		if (!known)
			aten_fail(c, "the value '%s' is used before it is made", a->s->s);
		return known ? *known : nothing;
	case T_TENSOR:
		return tv_of_var(literal_of_file(c, a->tensor->t));
	case T_LIST: {
		Tv *item = newn(c->arena, Tv, a->list.n);
		for (uint32_t i = 0; i < a->list.n; i++)
			item[i] = literal(c, &a->list.item[i]);
		return (Tv){.kind = TV_LIST, .list = {item, a->list.n}};
	}
	case T_COMPLEX:
		aten_fail(c, "a complex number stands here, which no operand can be: make it of "
		             "two tensors with torch.complex");
	}
	return nothing;
}

const Tv *
tv_of(AtenCtx *c, const TArg *a)
{
	Tv *v;

	if (a->kind == T_VALUE && (v = map_get(&c->value, KEY(a->s))))
		return v;
	v = new (c->arena, Tv);
	*v = literal(c, a);
	return v;
}

const Tv *
operand_at(AtenCtx *c, uint32_t i)
{
	return i < c->node->nin ? tv_of(c, &c->node->in[i]) : &nothing;
}

const Tv *
operand_of(AtenCtx *c, const char *name)
{
	int i = schema_arg(c->node->schema, name);

	return i < 0 ? &nothing : operand_at(c, (uint32_t)i);
}

bool
operand_is_there(AtenCtx *c, const char *name)
{
	return operand_of(c, name)->kind != TV_NONE;
}

/* ---- as values of the program ---- */

/* The common element type of numbers; DT_NONE: they are none. */
static DType
list_dtype(const Tv *v)
{
	DType t = DT_BOOL;

	for (uint32_t i = 0; i < v->list.n; i++) {
		TvKind k = v->list.item[i].kind;
		if (!tv_is_number(&v->list.item[i]))
			return DT_NONE;
		if (k == TV_FLOAT || t == DT_FP32)
			t = DT_FP32;
		else if (k == TV_INT)
			t = DT_INT32;
	}
	return v->list.n ? t : DT_INT32;
}

static double
number_of(const Tv *v)
{
	return v->kind == TV_FLOAT ? v->f : (double)v->i;
}

const Tensor *
tv_tensor(AtenCtx *c, const Tv *v)
{
	DType t;
	Tensor *x;
	int64_t n;

	switch (v->kind) {
	case TV_BOOL:
		return tensor_scalar_bool(c->arena, v->i);
	case TV_INT:
		return tensor_scalar_i(c->arena, DT_INT32, v->i);
	case TV_FLOAT:
		return tensor_scalar_f(c->arena, DT_FP32, v->f);
	case TV_STR:
		return tensor_scalar_str(c->arena, v->s);
	case TV_LIST:
		break;
	default:
		return NULL;
	}
	t = list_dtype(v);
	if (t == DT_NONE)
		return NULL;
	n = v->list.n;
	x = tensor_new(c->arena, t, &n, 1);
	for (int64_t i = 0; i < n; i++)
		tensor_set_f(x, i, number_of(&v->list.item[i]));
	return x;
}

Var *
tv_var(AtenCtx *c, const Tv *v, const char *what)
{
	const Tensor *t;

	if (c->failed)
		return NULL;
	if (v->kind == TV_VAR)
		return v->var;
	if (v->made)
		return v->made;
	t = tv_tensor(c, v);
	if (t)
		return literal_of_file(c, t);
	if (v->kind == TV_LIST)
		aten_fail(c, "the operand '%s' is a list of tensors, expected one tensor", what);
	else
		aten_fail(c, "the operand '%s' is %s, expected a tensor", what,
		          v->kind == TV_NONE ? "None" : "no tensor");
	return NULL;
}

Var *
tv_var_or_none(AtenCtx *c, const Tv *v)
{
	return v->kind == TV_NONE ? NULL : tv_var(c, v, "?");
}

Var *
operand(AtenCtx *c, const char *name)
{
	return tv_var(c, operand_of(c, name), name);
}

Var *
operand_or_none(AtenCtx *c, const char *name)
{
	const Tv *v = operand_of(c, name);

	return v->kind == TV_NONE ? NULL : tv_var(c, v, name);
}

Var *
operand_n(AtenCtx *c, uint32_t i)
{
	const SchemaArg *a = c->node->schema ? c->node->schema->arg : NULL;

	return tv_var(c, operand_at(c, i), a && i < c->node->nin ? a[i].name->s : "?");
}

Var **
tv_vars(AtenCtx *c, const Tv *v, uint32_t *n, const char *what)
{
	bool list = v->kind == TV_LIST;
	Var **out;

	*n = list ? v->list.n : v->kind != TV_NONE;
	out = newn(c->arena, Var *, *n);
	for (uint32_t i = 0; i < *n; i++)
		out[i] = tv_var(c, list ? &v->list.item[i] : v, what);
	return out;
}

/* ---- numbers that must be known ---- */

bool
tv_known(const Tv *v)
{
	if (v->kind == TV_VAR)
		return v->var->val != NULL;
	for (uint32_t i = 0; v->kind == TV_LIST && i < v->list.n; i++)
		if (!tv_known(&v->list.item[i]))
			return false;
	return v->kind != TV_OBJECT;
}

Tv
tv_element(const Tensor *t, int64_t i)
{
	if (dtype_is_float(t->dtype))
		return (Tv){.kind = TV_FLOAT, .f = tensor_f(t, i)};
	return (Tv){.kind = t->dtype == DT_BOOL ? TV_BOOL : TV_INT, .i = tensor_i(t, i)};
}

/* A number or a value of one known element. */
static bool
scalar(AtenCtx *c, const Tv *v, const char *what, Tv *out)
{
	const Tensor *t = v->kind == TV_VAR ? v->var->val : NULL;

	*out = *v;
	if (c->failed)
		return false;
	if (t && t->count == 1 && t->dtype != DT_STRING)
		*out = tv_element(t, 0);
	if (tv_is_number(out))
		return true;
	aten_fail(c, v->kind == TV_VAR && !t
	                 ? "the operand '%s' is known at run time alone, expected a constant"
	                 : "the operand '%s' is no number, expected one",
	          what);
	return false;
}

int64_t
tv_int(AtenCtx *c, const Tv *v, const char *what)
{
	Tv one;

	if (!scalar(c, v, what, &one))
		return 0;
	return one.kind == TV_FLOAT ? (int64_t)one.f : one.i;
}

double
tv_float(AtenCtx *c, const Tv *v, const char *what)
{
	Tv one;

	return scalar(c, v, what, &one) ? number_of(&one) : 0;
}

bool
tv_bool(AtenCtx *c, const Tv *v, const char *what)
{
	return tv_float(c, v, what) != 0;
}

const char *
tv_str(AtenCtx *c, const Tv *v, const char *what)
{
	const Tensor *t = v->kind == TV_VAR ? v->var->val : NULL;

	if (v->kind == TV_STR)
		return v->s->s;
	if (t && t->dtype == DT_STRING)
		return (*(const Str *const *)t->data)->s;
	aten_fail(c, "the operand '%s' is no string, expected one", what);
	return "";
}

int64_t *
tv_ints(AtenCtx *c, const Tv *v, uint32_t *n, const char *what)
{
	const Tensor *t = v->kind == TV_VAR ? v->var->val : NULL;
	int64_t *out;

	*n = 0;
	if (c->failed)
		return NULL;
	if (v->kind == TV_LIST) {
		out = newn(c->arena, int64_t, v->list.n);
		for (uint32_t i = 0; i < v->list.n; i++)
			out[i] = tv_int(c, &v->list.item[i], what);
		*n = v->list.n;
		return out;
	}
	if (t && t->rank == 1 && t->dtype != DT_STRING) {
		out = newn(c->arena, int64_t, t->count);
		for (int64_t i = 0; i < t->count; i++)
			out[i] = tensor_i(t, i);
		*n = (uint32_t)t->count;
		return out;
	}
	out = newn(c->arena, int64_t, 1);
	out[0] = tv_int(c, v, what);
	*n = !c->failed;
	return out;
}

int64_t
int_operand(AtenCtx *c, const char *name, int64_t dflt)
{
	const Tv *v = operand_of(c, name);

	return v->kind == TV_NONE ? dflt : tv_int(c, v, name);
}

double
float_operand(AtenCtx *c, const char *name, double dflt)
{
	const Tv *v = operand_of(c, name);

	return v->kind == TV_NONE ? dflt : tv_float(c, v, name);
}

bool
bool_operand(AtenCtx *c, const char *name, bool dflt)
{
	const Tv *v = operand_of(c, name);

	return v->kind == TV_NONE ? dflt : tv_bool(c, v, name);
}

const char *
str_operand(AtenCtx *c, const char *name, const char *dflt)
{
	const Tv *v = operand_of(c, name);

	return v->kind == TV_NONE ? dflt : tv_str(c, v, name);
}

int64_t *
ints_operand(AtenCtx *c, const char *name, uint32_t *n)
{
	const Tv *v = operand_of(c, name);

	*n = 0;
	return v->kind == TV_NONE ? NULL : tv_ints(c, v, n, name);
}

DType
dtype_operand(AtenCtx *c, const char *name, DType dflt)
{
	const Tv *v = operand_of(c, name);
	DType t = v->kind == TV_NONE ? dflt : dtype_of_c10(tv_int(c, v, name));

	if (t == DT_NONE && v->kind != TV_NONE)
		aten_fail(c, "the operand '%s' names no element type that a program can have",
		          name);
	return t == DT_INT64 ? DT_INT32 : t == DT_FP64 ? DT_FP32 : t;
}

Var *
tv_vector(AtenCtx *c, const Tv *v, const char *what)
{
	uint32_t n;
	int64_t *i = tv_ints(c, v, &n, what);

	return ints(c, i, n);
}

Var *
shape_operand(AtenCtx *c, const Tv *v, const char *what)
{
	Var **item;
	uint32_t n;

	if (v->kind == TV_VAR)
		return v->var;
	if (v->kind != TV_LIST || tv_known(v))
		return tv_vector(c, v, what);
	item = tv_vars(c, v, &n, what);
	for (uint32_t i = 0; i < n && !c->failed; i++)
		item[i] = as_type(c, item[i], DT_INT32);
	return OP(concat, VALUES(item, n), INT("axis", 0));
}

Var *
size_operand(AtenCtx *c)
{
	return shape_operand(c, operand_of(c, "size"), "size");
}

/* ---- results ---- */

void
bind_value(AtenCtx *c, const Str *name, Tv v)
{
	Tv *kept;

	if (!name || c->failed)
		return;
	kept = new (c->arena, Tv);
	*kept = v;
	map_put(&c->value, KEY(name), kept);
}

void
result_tv(AtenCtx *c, uint32_t i, Tv v)
{
	const TOut *o = i < c->node->nout ? &c->node->out[i] : NULL;

	if (!o || c->failed)
		return;
	bind_value(c, o->name, v);
	for (uint32_t k = 0; k < o->nitem && v.kind == TV_LIST; k++)
		if (k < v.list.n)
			bind_value(c, o->item[k], v.list.item[k]);
}

void
result(AtenCtx *c, Var *v)
{
	result_tv(c, 0, tv_of_var(v));
}

void
result_list(AtenCtx *c, Var *const *v, uint32_t n)
{
	Tv *item = newn(c->arena, Tv, n);

	for (uint32_t i = 0; i < n; i++)
		item[i] = tv_of_var(v[i]);
	result_tv(c, 0, (Tv){.kind = TV_LIST, .list = {item, n}});
}

void
results(AtenCtx *c, Var *const *v, uint32_t n)
{
	if (c->node->nout == 1 && (n != 1 || c->node->out[0].nitem)) {
		result_list(c, v, n);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		result_tv(c, i, tv_of_var(v[i]));
}
