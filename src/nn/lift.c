/* lift.c: layers lifted to a program: the walk over the layers, blobs, ops. */
#include "lift.h"

#include <math.h>

enum { MAX_LIFTED = 1 << 17 };

/* ---- messages ---- */

bool
lift_fail(Lift *l, const char *fmt, ...)
{
	WITH_ARGS(fmt, ap, diag_vreport(l->c->diag, DIAG_ERROR, l->b->span, fmt, ap));
	return false;
}

void *
lift_none(Lift *l, const char *fmt, ...)
{
	WITH_ARGS(fmt, ap, diag_vreport(l->c->diag, DIAG_ERROR, l->b->span, fmt, ap));
	return NULL;
}

bool
lift_lacks(Lift *l, const char *fmt, ...)
{
	Buf b = {0};

	l->lacks->now = true;
	if (map_get(&l->lacks->said, KEY(l->layer)))
		return false;
	map_put(&l->lacks->said, KEY(l->layer), l);
	WITH_ARGS(fmt, ap, buf_vprintf(&b, fmt, ap));
	vec_push(l->arena, &l->lacks->list,
	         (struct Lack){l->b->span, arena_strdup(l->arena, b.at)});
	buf_free(&b);
	return false;
}

/* ---- blobs ---- */

size_t
lift_ninput(const Lift *l)
{
	return msg_count(l->layer, "input");
}

size_t
lift_noutput(const Lift *l)
{
	return msg_count(l->layer, "output");
}

int64_t
lift_number(const Lift *l, const char *field)
{
	return msg_get_int(l->params, field);
}

Var *
lift_find(const Lift *l, const Str *name)
{
	for (const Env *e = l->env; e; e = e->outer) {
		Var *v = map_get(&e->vars, KEY(name));
		if (v)
			return v;
	}
	return NULL;
}

bool
lift_is_missing(Lift *l, const Str *name)
{
	bool missing = map_get(&l->lacks->missing, KEY(name)) != NULL;

	l->lacks->now = l->lacks->now || missing;
	return missing;
}

/* The layer at hand was left out, so what it makes is missing. */
static void
leave_out(Lift *l)
{
	for (size_t k = 0; k < lift_noutput(l); k++)
		map_put(&l->lacks->missing,
		        KEY(intern_cstr(l->c->names, msg_string_at(l->layer, "output", k))), l);
	l->lacks->now = false;
}

void
lift_bind(Lift *l, const Str *name, Var *v)
{
	map_put(&l->env->vars, KEY(name), v);
}

Var *
lift_input(Lift *l, size_t i)
{
	const Str *name = intern_cstr(l->c->names, msg_string_at(l->layer, "input", i));
	Var *v = lift_find(l, name);

	if (lift_is_missing(l, name))
		return NULL;
	if (!v)
		return lift_none(l, "its input '%s' is not made by any layer before it", name->s);
	if (l->view == AXES_IMAGES && i == 0)
		return lift_as_images(l, v);
	return l->view == AXES_ALL ? lift_five(l, v) : v;
}

Operand *
lift_items(Lift *l)
{
	size_t n = lift_ninput(l);
	Operand *item = newn(l->arena, Operand, MAX(n, 1));

	if (n == 0)
		return lift_none(l, "it has no inputs");
	for (size_t k = 0; k < n; k++) {
		item[k] = (Operand){.kind = A_VAR, .var = lift_input(l, k)};
		if (!item[k].var)
			return NULL;
	}
	return item;
}

const Str *
lift_free_name(Lift *l, const Str *stem)
{
	return name_claimed(l->c->names, l->taken, stem);
}

void
lift_new(Lift *l, const Str *name, Var *v)
{
	v->name = lift_free_name(l, name);
	if (v->def && v->def->nout == 1)
		inst_name_set(v->def, v->name);
	lift_bind(l, name, v);
}

bool
lift_output(Lift *l, size_t i, Var *v)
{
	const Str *name;

	if (l->view == AXES_IMAGES)
		v = lift_as_before(l, v);
	if (!v)
		return false;
	name = intern_cstr(l->c->names, msg_string_at(l->layer, "output", i));
	if (name->len == 0)
		return lift_fail(l, "its output %zu has no name", i);
	if (v->type->kind == TY_TENSOR && v->type->rank == 0)
		v = lift_expanded(l, v, (int64_t[]){0}, 1);
	if (!v)
		return false;
	if (v->def && v->id >= l->fresh)
		lift_new(l, name, v);
	else
		lift_bind(l, name, v);
	return true;
}

bool
lift_outputs(Lift *l, Var *const *v, uint32_t n)
{
	for (uint32_t k = 0; k < n; k++)
		if (!lift_output(l, k, v[k]))
			return false;
	return true;
}

bool
lift_result(Lift *l, Var *v)
{
	return lift_output(l, 0, v);
}

/* ---- types of operands ---- */

static bool
allowed(const Param *p, DType t)
{
	return p->mask == M_ANY || p->mask >> t & 1;
}

/* The type that stands for t in a parameter: t itself, or the first that it takes. */
static DType
nearest_type(const Param *p, DType t)
{
	static const DType order[] = {DT_FP32, DT_INT32, DT_BOOL};

	if (allowed(p, t))
		return t;
	for (size_t k = 0; k < countof(order); k++)
		if (allowed(p, order[k]))
			return order[k];
	return t;
}

/* One type for two: the same, integers if neither has fractions, else floats. */
static DType
common_type(DType a, DType b)
{
	if (a == DT_NONE || a == b)
		return b;
	return dtype_is_float(a) || dtype_is_float(b) ? DT_FP32 : DT_INT32;
}

static bool
is_whole(const Tensor *t)
{
	for (int64_t k = 0; k < t->count; k++) {
		double v = tensor_f(t, k);
		if (!isfinite(v) || v != rint(v) || fabs(v) > INT32_MAX)
			return false;
	}
	return true;
}

/* Types of the groups of an op, by letter. A value that is no tensor has none. */
static void
group_types(const OpDef *op, const Operand *arg, uint32_t n, DType type['Z' + 1])
{
	for (uint32_t k = 0; k < n; k++) {
		const Param *p = &op->param[op_param(op, arg[k].name)];
		if (arg[k].kind == A_VAR && p->group && arg[k].var->type->kind == TY_TENSOR)
			type[(unsigned char)p->group] =
			    common_type(type[(unsigned char)p->group],
			                nearest_type(p, arg[k].var->type->dtype));
	}
	for (uint32_t k = 0; k < n; k++) {
		const Param *p = &op->param[op_param(op, arg[k].name)];
		if (arg[k].kind != A_TENSOR || !p->group || arg[k].tensor->dtype == DT_STRING)
			continue;
		if (type[(unsigned char)p->group] == DT_INT32 && !is_whole(arg[k].tensor))
			type[(unsigned char)p->group] = DT_FP32;
	}
}

static bool
fit_list(Lift *l, Operand *o)
{
	Operand *item = newn(l->arena, Operand, MAX(o->list.n, 1));
	DType t = DT_NONE;

	for (uint32_t k = 0; k < o->list.n; k++) {
		item[k] = o->list.item[k];
		if (item[k].kind == A_VAR && item[k].var->type->kind == TY_TENSOR)
			t = common_type(t, item[k].var->type->dtype);
	}
	for (uint32_t k = 0; k < o->list.n; k++)
		if (item[k].kind == A_VAR && item[k].var->type->kind == TY_TENSOR &&
		    !(item[k].var = lift_as(l, item[k].var, t)))
			return false;
	o->list.item = item;
	return true;
}

/* Casts operands to what the op takes. */
static bool
fit_operands(Lift *l, const OpDef *op, Operand *arg, uint32_t n)
{
	DType group['Z' + 1] = {DT_NONE};

	if (!operands_there(arg, n))
		return false;
	group_types(op, arg, n, group);
	for (uint32_t k = 0; k < n; k++) {
		const Param *p = &op->param[op_param(op, arg[k].name)];
		DType t = p->group ? group[(unsigned char)p->group] : DT_NONE;
		if (arg[k].kind == A_LIST && op->code != OP_while_loop && !fit_list(l, &arg[k]))
			return false;
		if (p->kind != P_TENSOR)
			continue;
		if (arg[k].kind == A_VAR && arg[k].var->type->kind == TY_TENSOR) {
			DType own = arg[k].var->type->dtype;
			t = t == DT_NONE ? nearest_type(p, own) : nearest_type(p, t);
			arg[k].var = lift_as(l, arg[k].var, t);
			if (!arg[k].var)
				return false;
		} else if (arg[k].kind == A_TENSOR && arg[k].tensor->dtype != DT_STRING) {
			t = nearest_type(p, t == DT_NONE ? arg[k].tensor->dtype : t);
			if (arg[k].tensor->dtype != t)
				arg[k].tensor = tensor_cast(l->arena, arg[k].tensor, t);
		}
	}
	return true;
}

bool
lift_ops(Lift *l, Opcode op, const Operand *arg, uint32_t n, Var ***outs, uint32_t *nout)
{
	const OpDef *d = op_for_opset(op, l->b->opset);
	Operand *fit = arena_dup(l->arena, arg, n * sizeof *arg);
	const Str *name;

	if (d && !fit_operands(l, d, fit, n))
		return false;
	name = l->layer && *msg_get_string(l->layer, "name")
	           ? intern_cstr(l->c->names, msg_get_string(l->layer, "name"))
	           : intern_cstr(l->c->names, op_oldest(op)->name);
	return build_op(l->b, op, lift_free_name(l, name), fit, n, outs, nout);
}

Var *
lift_op(Lift *l, Opcode op, const Operand *arg, uint32_t n)
{
	Var **outs;
	uint32_t nout;

	if (!lift_ops(l, op, arg, n, &outs, &nout))
		return NULL;
	return outs[0];
}

bool
lift_to(Lift *l, Opcode op, const Operand *arg, uint32_t n)
{
	return lift_result(l, lift_op(l, op, arg, n));
}

Var *
lift_x(Lift *l, Opcode op, Var *x)
{
	return lift_op(l, op, ARGS(VAR("x", x)));
}

Var *
lift_xy(Lift *l, Opcode op, Var *x, Var *y)
{
	return lift_op(l, op, ARGS(VAR("x", x), VAR("y", y)));
}

Var *
lift_xt(Lift *l, Opcode op, Var *x, const Tensor *y)
{
	return lift_op(l, op, ARGS(VAR("x", x), TENSOR("y", y)));
}

const Tensor *
lift_one(Lift *l, double v)
{
	return tensor_scalar_f(l->arena, DT_FP32, v);
}

Var *
lift_as(Lift *l, Var *v, DType t)
{
	if (!v || v->type->dtype == t)
		return v;
	return lift_op(l, OP_cast, ARGS(VAR("x", v), OPSTR(l, "dtype", dtype_info[t].mil)));
}

Var *
lift_float_var(Lift *l, Var *v)
{
	return lift_as(l, v, DT_FP32);
}

Var *
lift_const(Lift *l, const Tensor *t)
{
	return build_const(l->b, lift_free_name(l, intern_cstr(l->c->names, "const")), t);
}

/* Division and powers of integers are those of floats. */
Var *
lift_binary_op(Lift *l, Opcode op, Var *x, Var *y)
{
	DType t;

	if (!x || !y)
		return NULL;
	t = common_type(x->type->dtype, y->type->dtype);
	if (t == DT_BOOL && op != OP_logical_and)
		t = DT_INT32;
	if (op == OP_real_div || op == OP_pow)
		t = DT_FP32;
	x = lift_as(l, x, t);
	y = lift_as(l, y, t);
	return lift_op(l, op, ARGS(VAR("x", x), VAR("y", y)));
}

bool
lift_rank(Lift *l, const Var *v, uint32_t low, uint32_t high)
{
	if (v->type->rank >= low && v->type->rank <= high)
		return true;
	if (low == high)
		return lift_fail(l, "its input has rank %u, expected %u", v->type->rank, low);
	return lift_fail(l, "its input has rank %u, expected %u to %u", v->type->rank, low, high);
}

Var *
lift_shape_of(Lift *l, Var *v)
{
	return lift_x(l, OP_shape, v);
}

Var *
lift_scalar(Lift *l, Var *v, const char *what)
{
	if (!v || v->type->rank == 0)
		return v;
	if (v->type->count != 1)
		return lift_none(l, "its %s is %s, expected one number", what,
		                 type_str(l->c->types, v->type));
	return lift_x(l, OP_squeeze, v);
}

Var *
lift_joined(Lift *l, const Operand *part, uint32_t n, int64_t axis)
{
	return lift_op(
	    l, OP_concat,
	    ARGS({.kind = A_LIST, .name = "values", .list = {part, n}}, OPINT(l, "axis", axis)));
}

Var *
lift_squeezed(Lift *l, Var *v, const int64_t *axes, size_t n)
{
	return lift_op(l, OP_squeeze, ARGS(VAR("x", v), TENSOR("axes", lift_vec(l, axes, n))));
}

Var *
lift_expanded(Lift *l, Var *v, const int64_t *axes, size_t n)
{
	return lift_op(l, OP_expand_dims, ARGS(VAR("x", v), TENSOR("axes", lift_vec(l, axes, n))));
}

/* ---- the walk ---- */

/* Which layer it is: "unary", "activation.ReLU"; its place is inside that of its network. */
static bool
find_kind(Lift *l, Span network)
{
	const char *name = msg_get_string(l->layer, "name"), *inner;

	l->b->span = diag_object(l->c->diag, network, "layer", name);
	l->kind = msg_case(l->layer, "convolution");
	if (!l->kind)
		return lift_fail(l, "it has no parameters that say what it does");
	l->params = msg_get(l->layer, l->kind);
	if (!strcmp(l->kind, "activation")) {
		inner = msg_case(l->params, "linear");
		if (!inner)
			return lift_fail(l, "it does not say which activation it is");
		l->params = msg_get(l->params, inner);
		l->kind = arena_printf(l->arena, "activation.%s", inner);
	}
	l->b->span = diag_object(l->c->diag, network, "layer",
	                         arena_printf(l->arena, "%s (%s)", name, l->kind));
	return true;
}

static bool
lift_layer(Lift *l)
{
	if (++l->count > MAX_LIFTED)
		return lift_fail(l, "more than %d layers, counting those in loops again",
		                 MAX_LIFTED);
	l->fresh = l->b->func->nvar;
	l->view = lift_view(l->kind);
	l->images = NULL;
	return lift_by_table(l);
}

/* The round of a loop may be over behind a layer: then the rest is left, or it depends. */
static bool
lift_each(Lift *l, const Msg *net, size_t first, Span place)
{
	size_t n = msg_count(net, "layers");

	for (size_t k = first; k < n; k++) {
		l->layer = msg_at(net, "layers", k);
		if (!(find_kind(l, place) && lift_layer(l))) {
			if (!l->lacks->now)
				return false;
			leave_out(l);
		}
		int over = lift_round_over(l);
		if (over > 0 || (over < 0 && k + 1 == n))
			return true;
		if (over < 0)
			return lift_rest(l, net, k + 1);
	}
	return true;
}

bool
lift_layers(Lift *l, const Msg *net, size_t first)
{
	Lift outer = *l;
	Span place = l->b->span;
	bool ok;

	if (l->depth >= MAX_NETS)
		return lift_fail(l, "networks are nested more than %d deep", MAX_NETS);
	l->depth++;
	ok = lift_each(l, net, first, place);
	outer.count = l->count;
	*l = outer;
	if (ok)
		l->b->span = place;
	return ok;
}
