/* lift.c: NeuralNetworks lifted to the SSA form: the walk over the layers, blobs, ops, and the
 * layers that emit/nn.def describes, read backwards. nn.h says how it works.
 */
#include "lift.h"

#include <math.h>
#include <stdio.h>

enum { MAX_LIFTED = 1 << 17 };

/* ---- messages ---- */

bool
lift_fail(Lift *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_vreport(l->c->diag, DIAG_ERROR, l->b->span, fmt, ap);
	va_end(ap);
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

void
lift_bind(Lift *l, const Str *name, Var *v)
{
	map_put(&l->env->vars, KEY(name), v);
}

Var *
lift_input(Lift *l, size_t i)
{
	const char *name = msg_string_at(l->layer, "input", i);
	Var *v = lift_find(l, intern_cstr(l->c->names, name));

	if (!v)
		lift_fail(l, "its input '%s' is not made by any layer before it", name);
	return v;
}

/* The map has, for each name, the number that is to be tried next behind it. */
static const Str *
free_name(Lift *l, const Str *stem)
{
	uintptr_t next = (uintptr_t)map_get(l->taken, KEY(stem));
	const Str *s = stem;

	for (; map_get(l->taken, KEY(s)); next++)
		s = intern_printf(l->c->names, "%s_%llu", stem->s, (unsigned long long)next);
	if (s != stem)
		map_put(l->taken, KEY(stem), (void *)next);
	map_put(l->taken, KEY(s), (void *)(uintptr_t)1);
	return s;
}

void
lift_new(Lift *l, const Str *name, Var *v)
{
	v->name = free_name(l, name);
	if (v->def && v->def->nout == 1)
		inst_name_set(v->def, v->name);
	lift_bind(l, name, v);
}

bool
lift_output(Lift *l, size_t i, Var *v)
{
	const Str *name;

	if (!v)
		return false;
	name = intern_cstr(l->c->names, msg_string_at(l->layer, "output", i));
	if (name->len == 0)
		return lift_fail(l, "its output %zu has no name", i);
	if (v->type->kind == TY_TENSOR && v->type->rank == 0)
		v = lift_op(l, OP_expand_dims,
		    ARGS(VAR("x", v), TENSOR("axes", lift_vec(l, (int64_t[]){0}, 1))));
	if (!v)
		return false;
	if (v->def && v->id >= l->fresh)
		lift_new(l, name, v);
	else
		lift_bind(l, name, v);
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
			type[(unsigned char)p->group] = common_type(type[(unsigned char)p->group],
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
		if (item[k].kind == A_VAR && !item[k].var)
			return false;
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

	for (uint32_t k = 0; k < n; k++)
		if (arg[k].kind == A_VAR && !arg[k].var)
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
	return build_op(l->b, op, free_name(l, name), fit, n, outs, nout);
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
	return build_const(l->b, free_name(l, intern_cstr(l->c->names, "const")), t);
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

/* ---- rows of emit/nn.def ---- */

typedef struct Row {
	Opcode op;
	const char *inputs, *layer, *fields;
} Row;
static const Row rows[] = {
#define LAYER(op, inputs, layer, fields) {OP_##op, inputs, layer, fields},
#define LOWER(op, fn)
#include "nn.def"
#undef LAYER
#undef LOWER
};

typedef struct Lifting {
	const char *layer;
	bool (*fn)(Lift *);
	size_t min, max, outputs;
} Lifting;
static const Lifting liftings[] = {
#define LIFT(layer, fn, min, max, outputs) {layer, fn, min, max, outputs},
#include "liftings.def"
#undef LIFT
};

static const char *
next_word(const char *s, char *word, size_t size)
{
	size_t n = strcspn(s, ",");

	snprintf(word, size, "%.*s", (int)n, s);
	return s[n] ? s + n + 1 : s + n;
}

/* A field as the operand `param` wants it; see emit/nn.h. False: the entry is a fixed number. */
static bool
field_operand(Lift *l, const OpDef *op, char *entry, Operand *o)
{
	bool negate = entry[0] == '!';
	char *field = entry + negate, *value = strpbrk(field, ":=");
	const Param *p;

	if (value && *value == ':')
		return false;
	if (value)
		*value++ = '\0';
	p = &op->param[op_param(op, value ? value : field)];
	*o = (Operand){.kind = A_TENSOR, .name = p->name};
	if (p->mask == M_BOOL && !msg_repeated(l->params, field))
		o->tensor = tensor_scalar_bool(l->arena, !msg_get_int(l->params, field) == negate);
	else if (msg_repeated(l->params, field))
		o->tensor = p->mask == M_BOOL ? lift_bools(l, field) : lift_ints(l, field);
	else
		o->tensor = p->mask & M_FLT ? lift_float(l, field) : lift_int(l, field);
	return true;
}

static size_t
row_ninput(const Row *r)
{
	size_t n = 1;

	for (const char *s = r->inputs; *s; s++)
		n += *s == ',';
	return n;
}

/* All inputs are the elements of one tuple. */
static bool
tuple_input(Lift *l, const char *name, Operand *arg)
{
	size_t nin = lift_ninput(l);
	Operand *item = newn(l->arena, Operand, MAX(nin, 1));

	if (nin == 0)
		return lift_fail(l, "it has no inputs");
	for (size_t k = 0; k < nin; k++) {
		item[k] = (Operand){.kind = A_VAR, .var = lift_input(l, k)};
		if (!item[k].var)
			return false;
	}
	*arg = (Operand){.kind = A_LIST, .name = name, .list = {item, (uint32_t)nin}};
	return true;
}

static bool
row_inputs(Lift *l, const OpDef *op, const Row *r, Operand *arg, uint32_t *narg)
{
	size_t nin = lift_ninput(l), want = row_ninput(r);
	const char *s = r->inputs;
	const Param *p;
	char word[80];

	for (size_t k = 0; *s; k++) {
		s = next_word(s, word, sizeof word);
		p = &op->param[op_param(op, word)];
		if (p->kind == P_TUPLE)
			return tuple_input(l, p->name, &arg[(*narg)++]);
		if (nin != want)
			return lift_fail(l, "it has %zu inputs, expected %zu", nin, want);
		Var *v = lift_input(l, k);
		if (!v)
			return false;
		arg[(*narg)++] = (Operand){.kind = A_VAR, .name = p->name, .var = v};
	}
	return true;
}

static bool
lift_row(Lift *l, const Row *r)
{
	const OpDef *op = op_for_opset(r->op, l->b->opset);
	Operand arg[MAX_PARAMS];
	uint32_t n = 0, nout;
	char word[80];
	Var **outs;

	if (!row_inputs(l, op, r, arg, &n))
		return false;
	for (const char *s = r->fields; *s;) {
		s = next_word(s, word, sizeof word);
		n += field_operand(l, op, word, &arg[n]);
	}
	if (!lift_ops(l, r->op, arg, n, &outs, &nout))
		return false;
	if (nout != lift_noutput(l))
		return lift_fail(l, "it has %zu outputs, expected %u", lift_noutput(l), nout);
	for (uint32_t k = 0; k < nout; k++)
		if (!lift_output(l, k, outs[k]))
			return false;
	return true;
}

/* ---- the walk ---- */

static bool
lift_with(Lift *l, const Lifting *how)
{
	size_t nin = lift_ninput(l), nout = lift_noutput(l);

	if (how->min == how->max && nin != how->min)
		return lift_fail(l, "it has %zu inputs, expected %zu", nin, how->min);
	if (nin < how->min || (nin > how->max && how->max != MANY))
		return lift_fail(l, "it has %zu inputs, expected %s%zu", nin,
		                 nin < how->min ? "at least " : "at most ",
		                 nin < how->min ? how->min : how->max);
	if (how->outputs == MANY ? nout == 0 : how->outputs && nout != how->outputs)
		return lift_fail(l, "it has %zu outputs, expected %zu", nout,
		    how->outputs == MANY ? (size_t)1 : how->outputs);
	return how->fn(l);
}

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
	for (size_t k = 0; k < countof(liftings); k++)
		if (!strcmp(liftings[k].layer, l->kind))
			return lift_with(l, &liftings[k]);
	for (size_t k = 0; k < countof(rows); k++)
		if (!strcmp(rows[k].layer, l->kind))
			return lift_row(l, &rows[k]);
	return lift_fail(l, "layers of this kind are not yet supported");
}

bool
lift_network(Lift *l, const Msg *net)
{
	Lift outer = *l;
	Span place = l->b->span;
	bool ok = true;

	if (l->depth >= MAX_NETS)
		return lift_fail(l, "networks are nested more than %d deep", MAX_NETS);
	l->depth++;
	for (size_t k = 0; ok && k < msg_count(net, "layers"); k++) {
		l->layer = msg_at(net, "layers", k);
		ok = find_kind(l, place) && lift_layer(l);
	}
	outer.count = l->count;
	*l = outer;
	if (ok)
		l->b->span = place;
	return ok;
}
