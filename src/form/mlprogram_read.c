/* mlprogram_read.c: MIL protobuf to the SSA form, with exactly the types that the file states.
 * Operations are found by name in the table, at the version of the function's opset; operands by
 * their keys. Constants written in place become const instructions in front of the operation. A
 * write to a state and the read behind it become one coreml_update_state.
 */
#include "reading.h"

#include "ir/build_impl.h"
#include "pb/pb.h"

typedef struct Scope {
	Map names; /* Str -> Var */
	const struct Scope *outer;
	int depth;
} Scope;

static bool read_block(Reading *r, const Msg *pb, Block *b, const Scope *outer);

static const Str *
name_of(Reading *r, const char *s)
{
	return intern_cstr(r->c->names, s ? s : "");
}

static Var *
lookup(const Scope *s, const Str *name)
{
	for (; s; s = s->outer) {
		Var *v = map_get(&s->names, KEY(name));
		if (v)
			return v;
	}
	return 0;
}

static bool
define(Reading *r, Scope *s, Var *v)
{
	if (v->name->len == 0)
		return read_error(r, "a value has no name");
	if (r->all && !read_is_identifier(v->name))
		r->bad = !read_error(r,
		                     "the name '%s' of a value is no identifier: expected letters, "
		                     "digits, '_' and '@', no digit in front",
		                     v->name->s);
	if (map_get(&s->names, KEY(v->name)))
		return read_error(r, "value '%s' is defined twice", v->name->s);
	map_put(&s->names, KEY(v->name), v);
	return true;
}

/* ---- operands ---- */

/* A const instruction at the end of b, for an operand; its name is free in the scope. */
static Var *
new_const(Reading *r, Block *b, Scope *s, const char *op, const char *key, const Type *type,
          const Tensor *val)
{
	const Str *name = intern_printf(r->c->names, "%s_%s", op, key);

	for (uint32_t n = 0; lookup(s, name); n++)
		name = intern_printf(r->c->names, "%s_%s_%u", op, key, n);
	Inst *i = inst_new(r->func, op_oldest(OP_const), name, 1, r->place);
	i->out[0]->type = type;
	i->out[0]->val = val;
	i->out[0]->from_const = true;
	inst_insert(b, 0, i);
	map_put(&s->names, KEY(name), i->out[0]);
	return i->out[0];
}

/* The same for a value written in place. */
static Var *
inline_const(Reading *r, Block *b, Scope *s, const char *op, const char *key, const Msg *pb)
{
	const Type *type;
	const Tensor *val = read_value(r, pb, &type);

	Var *v = val ? new_const(r, b, s, op, key, type, val) : 0;
	if (v)
		v->in_place = true;
	return v;
}

/* A name, or a value written in place. 0 after reporting. */
static Var *
read_binding(Reading *r, const Msg *bind, const Inst *i, Block *b, Scope *s, const char *key)
{
	const char *name = msg_get_string(bind, "name");
	Var *v;

	if (msg_has(bind, "value"))
		return inline_const(r, b, s, i->name->s, key, msg_get(bind, "value"));
	if (!msg_has(bind, "name"))
		return read_none(r, "operand %s of %s has no value", key, i->op->name);
	v = lookup(s, name_of(r, name));
	if (!v)
		read_error(r, "operand %s of %s is '%s', which is not defined before it", key,
		           i->op->name, name);
	return v;
}

static bool
read_operand(Reading *r, Inst *i, Block *b, Scope *s, const char *key, const Msg *a)
{
	int column = op_param(i->op, key);
	size_t n = msg_count(a, "arguments");
	bool tuple;

	if (column < 0 || i->op->param[column].kind == P_FN ||
	    i->op->param[column].kind == P_INTERNAL)
		return read_error(r, "%s has no operand '%s'", i->op->name, key);
	tuple = i->op->param[column].kind == P_TUPLE;
	if (!n)
		return tuple || read_error(r, "operand %s of %s has no value", key, i->op->name);
	if (n > 1 && !tuple)
		return read_error(r, "operand %s of %s has %zu values, expected one", key,
		                  i->op->name, n);
	Var **v = newn(r->arena, Var *, n);
	for (size_t k = 0; k < n; k++)
		if (!(v[k] = read_binding(r, msg_at(a, "arguments", k), i, b, s, key)))
			return false;
	if (tuple)
		inst_set_arg_list(i, column, v, (uint32_t)n);
	else
		inst_set_arg(i, column, v[0]);
	return true;
}

/* Everything but the name in the attributes of a constexpr operation is an operand. */
static bool
read_attributes(Reading *r, Inst *i, Block *b, Scope *s, const Msg *op)
{
	for (size_t k = 0; k < msg_count(op, "attributes"); k++) {
		const Msg *entry = msg_at(op, "attributes", k);
		const char *key = msg_get_string(entry, "key");
		if (!strcmp(key, "name"))
			continue;
		int column = op_param(i->op, key);
		if (!(i->op->flags & (CONSTEXPR | OPAQUE)) || column < 0)
			return read_error(r, "%s has no attribute '%s'", i->op->name, key);
		Var *v = inline_const(r, b, s, i->name->s, key, msg_get(entry, "value"));
		if (!v)
			return false;
		inst_set_arg(i, column, v);
	}
	return true;
}

/* Operands that the file leaves out get their default, as type rules and evaluators expect. */
static bool
add_defaults(Reading *r, Inst *i, Block *b, Scope *s)
{
	Builder builder;
	Infer c = {.b = &builder, .inst = i, .types = r->c->types, .arena = r->arena};
	uint32_t before = r->c->diag->nerror;

	builder_init(&builder, r->prog, r->func);
	for (uint32_t k = 0; k < i->op->nparam; k++) {
		const Param *p = &i->op->param[k];
		if (i->arg[k].n || !p->dflt || p->kind == P_FN || p->kind == P_INTERNAL)
			continue;
		const Tensor *val = default_literal(&c, p);
		if (!val && r->c->diag->nerror != before)
			return false;
		if (!val)
			continue;
		const Type *t =
		    type_tensor(r->c->types, val->dtype, val->dim, (uint32_t)val->rank);
		Var *v = new_const(r, b, s, i->name->s, p->name, t, val);
		v->unsaid = true;
		if (r->strict)
			diag_warning(r->c->diag, r->place,
			             "%s leaves out its optional parameter %s: some loaders, such "
			             "as those of watchOS, refuse that",
			             i->op->name, p->name);
		inst_set_arg(i, (int)k, v);
	}
	return true;
}

/* The attribute `name`, or 0. */
static const Str *
name_attribute(Reading *r, const Msg *op)
{
	const Msg *v = read_immediate(msg_entry(op, "attributes", "name"), "tensor");
	const Msg *text = msg_get(v, "strings");

	return msg_count(text, "values") == 1 ? name_of(r, msg_string_at(text, "values", 0)) : 0;
}

/* It, else the first output's name. */
static const Str *
operation_name(Reading *r, const Msg *op)
{
	const Str *name = name_attribute(r, op);
	const Msg *out = msg_at(op, "outputs", 0);

	if (name)
		return name;
	return name_of(r, out ? msg_get_string(out, "name") : msg_get_string(op, "type"));
}

/* ---- which operation ---- */

static bool
row_fits(const OpDef *d, const Msg *op)
{
	static const char *const lists[] = {"inputs", "attributes"};

	for (size_t l = 0; l < countof(lists); l++)
		for (size_t k = 0; k < msg_count(op, lists[l]); k++) {
			const char *key = msg_get_string(msg_at(op, lists[l], k), "key");
			if (strcmp(key, "name") != 0 && op_param(d, key) < 0)
				return false;
		}
	return true;
}

/* An operation that is not in the table: a row made of what stands there. It may do anything, so it
 * has an effect, and only its names and types are known. */
static const OpDef *
opaque_row(Reading *r, const Msg *op)
{
	size_t nin = msg_count(op, "inputs"), nattr = msg_count(op, "attributes");
	OpDef *d = new (r->arena, OpDef);

	d->name = msg_get_string(op, "type");
	d->family = "opaque";
	d->since = r->func->opset;
	d->flags = EFFECT | OPAQUE | VARIADIC_OUT | (msg_count(op, "blocks") ? BLOCKS : 0);
	for (size_t k = 0; k < nin + nattr; k++) {
		const char *key = k < nin
		                      ? msg_get_string(msg_at(op, "inputs", k), "key")
		                      : msg_get_string(msg_at(op, "attributes", k - nin), "key");
		if (k >= nin && !strcmp(key, "name"))
			continue;
		if (d->nparam == MAX_PARAMS)
			return read_none(r, "%s has more than %d operands and attributes", d->name,
			                 MAX_PARAMS);
		d->param[d->nparam++] = (Param){.name = key,
		                                .kind = k < nin ? P_TUPLE : P_TENSOR,
		                                .constant = k >= nin,
		                                .optional = true,
		                                .mask = M_ANY};
	}
	return d;
}

/* The newest version that the opset has and whose operands are those of the file: files that were
 * made with an older operation under a newer opset say so only by these. */
static const OpDef *
find_row(Reading *r, const Msg *op)
{
	const char *type = msg_get_string(op, "type");
	Opcode code = op_find(type, strlen(type));
	const OpDef *newest, *d;

	if (!code || op_oldest(code)->flags & DIALECT) {
		if (r->all && strcmp(type, "custom_layer") != 0)
			r->bad = !read_error(r, "the operation %s is unknown", type);
		return opaque_row(r, op);
	}
	d = newest = op_for_opset(code, r->func->opset);
	if (!d)
		return read_none(r, "%s is not in opset %s", type, opset_coreml(r->func->opset));
	while (!row_fits(d, op) && d->since > op_oldest(code)->since)
		d = op_for_opset(code, d->since - 1);
	return row_fits(d, op) ? d : newest;
}

/* ---- operations ---- */

static bool
set_outputs(Reading *r, Inst *i, const Msg *op)
{
	for (uint32_t k = 0; k < i->nout; k++) {
		const Msg *out = msg_at(op, "outputs", k);
		i->out[k]->name = name_of(r, msg_get_string(out, "name"));
		i->out[k]->type = read_type(r, msg_get(out, "type"));
		if (!i->out[k]->type)
			return false;
	}
	return true;
}

static bool
define_outputs(Reading *r, Inst *i, Scope *s)
{
	for (uint32_t k = 0; k < i->nout; k++)
		if (!define(r, s, i->out[k]))
			return false;
	return true;
}

static bool
read_const(Reading *r, const Msg *op, Inst *i)
{
	const Type *type;
	const Msg *pb = msg_entry(op, "attributes", "val");

	if (i->nout != 1 || msg_count(op, "inputs") || msg_count(op, "blocks"))
		return read_error(r, "const '%s' must have one result and nothing else",
		                  i->name->s);
	if (!pb)
		return read_error(r, "const '%s' has no attribute val", i->name->s);
	const Tensor *val = read_value(r, pb, &type);
	if (!val)
		return false;
	if (!type_compatible(type, i->out[0]->type))
		return read_error(r, "const '%s' is declared as %s, but its value is %s",
		                  i->name->s, type_str(r->c->types, i->out[0]->type),
		                  type_str(r->c->types, type));
	i->out[0]->type = type;
	i->out[0]->val = val;
	i->out[0]->from_const = true;
	return true;
}

static bool
read_nested(Reading *r, const Msg *op, Inst *i, const Scope *s)
{
	size_t n = msg_count(op, "blocks");
	Span place = r->place;

	if (!(i->op->flags & OPAQUE) && n != (i->op->flags & BLOCKS ? 2 : 0))
		return read_error(r, "%s has %zu nested blocks, expected %d", i->op->name, n,
		                  i->op->flags & BLOCKS ? 2 : 0);
	i->block = newn(r->arena, Block *, n + 1);
	for (size_t k = 0; k < n; k++) {
		i->block[k] = block_new(r->func, i);
		i->nblock = (uint32_t)(k + 1);
		if (!read_block(r, msg_at(op, "blocks", k), i->block[k], s))
			return false;
	}
	r->place = place;
	return true;
}

static bool
read_operands(Reading *r, Inst *i, Block *b, Scope *s, const Msg *op)
{
	bool good = true;

	for (size_t k = 0; k < msg_count(op, "inputs"); k++) {
		const Msg *in = msg_at(op, "inputs", k);
		good &= read_operand(r, i, b, s, msg_get_string(in, "key"), msg_get(in, "value"));
		if (!good && read_stops(r))
			return false;
	}
	return read_attributes(r, i, b, s, op) && good;
}

/* An operand is what another operation should have made: what can be wrong was said there. */
static bool
has_broken_operand(const Inst *i)
{
	for each_operand (o, i)
		if (o.var->type->kind == TY_ERROR)
			return true;
	return false;
}

static bool
read_operation(Reading *r, const Msg *op, const OpDef *def, Block *b, Scope *s)
{
	size_t nout = msg_count(op, "outputs");
	bool open = def->flags & OPAQUE; /* anything goes */
	Inst *i;

	i = inst_new(r->func, def, operation_name(r, op), (uint32_t)nout, r->place);
	i->unnamed = !name_attribute(r, op);
	if (!set_outputs(r, i, op))
		return false;
	if (def->code == OP_const) {
		if (!read_const(r, op, i))
			return false;
		inst_insert(b, 0, i);
		return define_outputs(r, i, s);
	}
	if (!read_operands(r, i, b, s, op))
		return false;
	open |= r->all && has_broken_operand(i);
	if (!open && (!read_check_operands(r, i) || !add_defaults(r, i, b, s)))
		return false;
	inst_insert(b, 0, i);
	for (uint32_t k = 0; k < i->nout; k++)
		i->out[k]->from_const = !open && inst_from_const(i);
	if (!read_nested(r, op, i, s))
		return false;
	return (open || read_check_results(r, i)) && define_outputs(r, i, s);
}

/* ---- states ---- */

static const char *
named_input(const Msg *op, const char *key)
{
	const Msg *a = msg_entry(op, "inputs", key), *only = msg_at(a, "arguments", 0);

	if (msg_count(a, "arguments") != 1 || !msg_has(only, "name"))
		return 0;
	return msg_get_string(only, "name");
}

static bool
is_op(const Msg *op, const char *type)
{
	return !strcmp(msg_get_string(op, "type"), type);
}

static bool
is_read_of(const Msg *op, const char *state)
{
	const char *in = named_input(op, "input");

	return is_op(op, "read_state") && msg_count(op, "outputs") == 1 && in && !strcmp(in, state);
}

/* write_state, with the read_state behind it when that reads the same state. */
static bool
read_state_write(Reading *r, const Msg *write, const Msg *read, Block *b, Scope *s)
{
	const char *state = named_input(write, "input"), *data = named_input(write, "data");
	const Str *name = operation_name(r, read ? read : write);
	Var *to = state ? lookup(s, name_of(r, state)) : 0;
	Var *from = data ? lookup(s, name_of(r, data)) : 0;

	if (!to || !from)
		return read_error(
		    r, "write_state needs the operands input and data, defined before it");
	if (to->type->kind != TY_STATE || !type_compatible(to->type->elem, from->type))
		return read_error(r, "write_state puts a value of type %s into '%s' of type %s",
		                  type_str(r->c->types, from->type), state,
		                  type_str(r->c->types, to->type));
	const OpDef *def = op_oldest(OP_coreml_update_state);
	Inst *i = inst_new(r->func, def, name, 1, r->place);
	inst_set_arg(i, op_param(def, "state"), to);
	inst_set_arg(i, op_param(def, "value"), from);
	i->out[0]->type = to->type->elem;
	i->out[0]->name =
	    read ? name_of(r, msg_get_string(msg_at(read, "outputs", 0), "name")) : name;
	/* Without a read its result has no name in the file; one that ends like this is taken off.
	 */
	static const char tail[] = "_write_state";
	if (!read && ends_with(name->s, name->len, tail)) {
		i->name = intern(r->c->names, name->s, name->len - strlen(tail));
		i->out[0]->name = i->name;
	}
	inst_insert(b, 0, i);
	return read ? define_outputs(r, i, s) : true;
}

/* ---- going on behind what is wrong ---- */

/* A value that was to be made here. */
static Var *
stand_in(Reading *r, const Str *name, const Type *type)
{
	Var *v = new (r->arena, Var);
	v->name = name;
	v->type = type ? type : r->c->types->error;
	v->param_of = r->func->body;
	return v;
}

/* What an operation that was given up should have made, with the types that the file says; of its
 * values none is known. */
static void
give_up(Reading *r, const Msg *op, Scope *s)
{
	Diag *d = r->c->diag;
	uint32_t nerror = d->nerror;
	bool muted = d->muted;

	d->muted = true;
	for (size_t k = 0; k < msg_count(op, "outputs"); k++) {
		const Msg *out = msg_at(op, "outputs", k);
		const Str *name = name_of(r, msg_get_string(out, "name"));
		bool typed = !is_op(op, "const") && !is_op(op, "write_state");
		const Type *type = typed ? read_type(r, msg_get(out, "type")) : NULL;
		if (!map_get(&s->names, KEY(name)))
			map_put(&s->names, KEY(name), stand_in(r, name, type));
	}
	d->muted = muted;
	d->nerror = nerror;
}

/* ---- blocks, functions, programs ---- */

static bool
read_operations(Reading *r, const Msg *pb, Block *b, Scope *s, Span place)
{
	size_t n = msg_count(pb, "operations");

	for (size_t k = 0; k < n; k++) {
		const Msg *op = msg_at(pb, "operations", k), *next = 0;
		size_t nop = r->nop;
		if (r->m->origin && r->m->origin->at)
			r->place = r->m->origin->at[r->nop++];
		else
			r->place = diag_object(r->c->diag, place, "operation",
			                       operation_name(r, op)->s);
		if (is_op(op, "write_state")) {
			const char *state = named_input(op, "input");
			next = msg_at(pb, "operations", k + 1);
			next = next && state && is_read_of(next, state) ? next : 0;
			if (!read_state_write(r, op, next, b, s)) {
				if (read_stops(r))
					return false;
				give_up(r, next ? next : op, s);
			}
			k += next != 0;
			r->nop += next != 0;
			continue;
		}
		const OpDef *def = find_row(r, op);
		if (def && read_operation(r, op, def, b, s))
			continue;
		if (read_stops(r))
			return false;
		give_up(r, op, s);
		r->nop = nop + read_count_operations(op);
	}
	r->place = place;
	return true;
}

static bool
read_inputs(Reading *r, const Msg *pb, Block *b)
{
	for (size_t k = 0; k < msg_count(pb, "inputs"); k++) {
		const Msg *in = msg_at(pb, "inputs", k);
		const Type *t = read_type(r, msg_get(in, "type"));
		if (!t && read_stops(r))
			return false;
		block_add_param(b, name_of(r, msg_get_string(in, "name")),
		                t ? t : r->c->types->error);
	}
	return true;
}

static bool
read_block(Reading *r, const Msg *pb, Block *b, const Scope *outer)
{
	Scope s = {.outer = outer, .depth = outer ? outer->depth + 1 : 0};
	size_t nout = msg_count(pb, "outputs");
	Var **out = newn(r->arena, Var *, nout + 1);

	if (s.depth > PB_MAX_BLOCKS)
		return read_error(r, "blocks are nested more than %d deep", PB_MAX_BLOCKS);
	map_init(&s.names, r->arena);
	if (!read_inputs(r, pb, b))
		return false;
	for (uint32_t k = 0; k < b->nparam; k++)
		if (!define(r, &s, b->param[k]) && read_stops(r))
			return false;
	if (!read_operations(r, pb, b, &s, r->place))
		return false;
	for (size_t k = 0; k < nout; k++) {
		const Str *name = name_of(r, msg_string_at(pb, "outputs", k));
		out[k] = lookup(&s, name);
		if (out[k])
			continue;
		read_error(r, "output '%s' of a block is not defined", name->s);
		if (read_stops(r))
			return false;
		out[k] = stand_in(r, name, NULL);
	}
	block_set_outputs(b, out, (uint32_t)nout);
	return true;
}

static Opset
opset_from_coreml(const char *name)
{
	for (Opset o = IOS13; o <= IOS26; o++)
		if (!strcmp(opset_coreml(o), name))
			return o;
	return OPSET_NONE;
}

bool
read_function(Reading *r, const char *name, const Msg *pb)
{
	const char *opset = msg_get_string(pb, "opset");
	const Msg *body = msg_entry(pb, "block_specializations", opset);

	r->place = diag_object(r->c->diag, r->place, "function", name);
	Func *f = r->func = func_new(r->prog, name_of(r, name), r->place);
	f->opset = opset_from_coreml(opset);
	if (f->opset == OPSET_NONE)
		return read_error(r, "the opset '%s' is unknown, expected CoreML5 to CoreML9",
		                  opset);
	f->opset = MAX(f->opset, r->c->least);
	if (!body)
		return read_error(r, "there is no block for its opset %s", opset);
	if (msg_count(body, "inputs"))
		return read_error(r, "the body of a function has inputs of its own");
	return read_inputs(r, pb, f->body) && read_block(r, body, f->body, 0);
}
