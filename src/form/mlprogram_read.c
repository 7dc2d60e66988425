/* mlprogram_read.c: MIL protobuf to the SSA form, with exactly the types that the file states.
 * Operations are found by name in the table, at the version of the function's opset; operands by
 * their keys. Constants written in place become const instructions in front of the operation. A
 * write to a state and the read behind it become one coreml_update_state.
 */
#include "reading.h"

#include "ir/build_impl.h"

typedef struct Scope {
	Map names; /* Str -> Var */
	const struct Scope *outer;
	int depth;
} Scope;

enum { MAX_NESTING = 32 };

static bool read_block(Reading *r, const PB(Block) * pb, Block *b, const Scope *outer);

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
	Inst *i = inst_new(r->func, op_oldest(OP_const), name, 1, NOSPAN);
	i->out[0]->name = name;
	i->out[0]->type = type;
	i->out[0]->val = val;
	i->out[0]->from_const = true;
	inst_insert(b, 0, i);
	map_put(&s->names, KEY(name), i->out[0]);
	return i->out[0];
}

/* The same for a value written in place. */
static Var *
inline_const(Reading *r, Block *b, Scope *s, const char *op, const char *key, const PB(Value) * pb)
{
	const Type *type;
	const Tensor *val = read_value(r, pb, &type);

	return val ? new_const(r, b, s, op, key, type, val) : 0;
}

static bool
read_operand(Reading *r, Inst *i, Block *b, Scope *s, const char *key, const PB(Argument) * a)
{
	int column = op_param(i->op, key);

	if (column < 0 || i->op->param[column].kind == P_FN ||
	    i->op->param[column].kind == P_INTERNAL)
		return read_error(r, "%s has no operand '%s'", i->op->name, key);
	if (!a || !a->n_arguments)
		return i->op->param[column].kind == P_TUPLE
		           ? true
		           : read_error(r, "operand %s of %s has no value", key, i->op->name);
	if (a->n_arguments > 1 && i->op->param[column].kind != P_TUPLE)
		return read_error(r, "operand %s of %s has %zu values, expected one", key,
		                  i->op->name, a->n_arguments);
	Var **v = newn(r->arena, Var *, a->n_arguments);
	for (size_t k = 0; k < a->n_arguments; k++) {
		const PB(Argument__Binding) *bind = a->arguments[k];
		if (bind->binding_case == MIL_CASE(ARGUMENT__BINDING__BINDING_NAME)) {
			v[k] = lookup(s, name_of(r, bind->name));
			if (!v[k])
				return read_error(
				    r, "operand %s of %s is '%s', which is not defined before it",
				    key, i->op->name, bind->name);
		} else if (bind->binding_case == MIL_CASE(ARGUMENT__BINDING__BINDING_VALUE)) {
			v[k] = inline_const(r, b, s, i->name->s, key, bind->value);
			if (!v[k])
				return false;
		} else {
			return read_error(r, "operand %s of %s has no value", key, i->op->name);
		}
	}
	if (i->op->param[column].kind == P_TUPLE)
		inst_set_arg_list(i, column, v, (uint32_t)a->n_arguments);
	else
		inst_set_arg(i, column, v[0]);
	return true;
}

/* Everything but the name in the attributes of a constexpr operation is an operand. */
static bool
read_attributes(Reading *r, Inst *i, Block *b, Scope *s, const PB(Operation) * op)
{
	for (size_t k = 0; k < op->n_attributes; k++) {
		const char *key = op->attributes[k]->key;
		if (!strcmp(key, "name"))
			continue;
		int column = op_param(i->op, key);
		if (!(i->op->flags & CONSTEXPR) || column < 0)
			return read_error(r, "%s has no attribute '%s'", i->op->name, key);
		Var *v = inline_const(r, b, s, i->name->s, key, op->attributes[k]->value);
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
		Dim dim[TENSOR_MAX_RANK];
		for (int d = 0; d < val->rank; d++)
			dim[d] = val->dim[d];
		const Type *t = type_tensor(r->c->types, val->dtype, dim, (uint32_t)val->rank);
		inst_set_arg(i, (int)k, new_const(r, b, s, i->name->s, p->name, t, val));
	}
	return true;
}

static const PB(Value) * attribute(const PB(Operation) * op, const char *key)
{
	for (size_t k = 0; k < op->n_attributes; k++)
		if (!strcmp(op->attributes[k]->key, key))
			return op->attributes[k]->value;
	return 0;
}

/* The attribute `name`, else the first output's name. */
static const Str *
operation_name(Reading *r, const PB(Operation) * op)
{
	const PB(Value) *v = attribute(op, "name");

	if (v && v->value_case == MIL_CASE(VALUE__VALUE_IMMEDIATE_VALUE) &&
	    v->immediatevalue->value_case == MIL_CASE(VALUE__IMMEDIATE_VALUE__VALUE_TENSOR)) {
		const PB(TensorValue) *t = v->immediatevalue->tensor;
		if (t->value_case == MIL_CASE(TENSOR_VALUE__VALUE_STRINGS) &&
		    t->strings->n_values == 1)
			return name_of(r, t->strings->values[0]);
	}
	return name_of(r, op->n_outputs ? op->outputs[0]->name : op->type);
}

/* ---- operations ---- */

static bool
set_outputs(Reading *r, Inst *i, const PB(Operation) * op)
{
	for (size_t k = 0; k < op->n_outputs; k++) {
		i->out[k]->name = name_of(r, op->outputs[k]->name);
		i->out[k]->type = read_type(r, op->outputs[k]->type);
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
read_const(Reading *r, const PB(Operation) * op, Inst *i)
{
	const Type *type;
	const PB(Value) *pb = attribute(op, "val");

	if (i->nout != 1 || op->n_inputs || op->n_blocks)
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
read_nested(Reading *r, const PB(Operation) * op, Inst *i, const Scope *s)
{
	if (op->n_blocks != (i->op->flags & BLOCKS ? 2 : 0))
		return read_error(r, "%s has %zu nested blocks, expected %d", i->op->name,
		                  op->n_blocks, i->op->flags & BLOCKS ? 2 : 0);
	if (!op->n_blocks)
		return true;
	i->block = newn(r->arena, Block *, op->n_blocks);
	for (size_t k = 0; k < op->n_blocks; k++) {
		i->block[k] = block_new(r->func, i);
		i->nblock = (uint16_t)(k + 1);
		if (!read_block(r, op->blocks[k], i->block[k], s))
			return false;
	}
	return true;
}

static bool
read_operation(Reading *r, const PB(Operation) * op, const OpDef *def, Block *b, Scope *s)
{
	const Str *name = operation_name(r, op);
	Inst *i;

	r->op = name->s;
	if (op->n_outputs > UINT16_MAX)
		return read_error(r, "%s has %zu results, more than supported", op->type,
		                  op->n_outputs);
	i = inst_new(r->func, def, name, (uint32_t)op->n_outputs, NOSPAN);
	if (!set_outputs(r, i, op))
		return false;
	if (def->code == OP_const) {
		if (!read_const(r, op, i))
			return false;
		inst_insert(b, 0, i);
		return define_outputs(r, i, s);
	}
	for (size_t k = 0; k < op->n_inputs; k++)
		if (!read_operand(r, i, b, s, op->inputs[k]->key, op->inputs[k]->value))
			return false;
	if (!read_attributes(r, i, b, s, op) || !read_check_operands(r, i) ||
	    !add_defaults(r, i, b, s))
		return false;
	inst_insert(b, 0, i);
	for (uint32_t k = 0; k < i->nout; k++)
		i->out[k]->from_const = inst_from_const(i);
	if (!read_nested(r, op, i, s))
		return false;
	r->op = name->s;
	return read_check_results(r, i) && define_outputs(r, i, s);
}

/* ---- states ---- */

static const char *
named_input(const PB(Operation) * op, const char *key)
{
	for (size_t k = 0; k < op->n_inputs; k++) {
		const PB(Argument) *a = op->inputs[k]->value;
		if (!strcmp(op->inputs[k]->key, key) && a && a->n_arguments == 1 &&
		    a->arguments[0]->binding_case == MIL_CASE(ARGUMENT__BINDING__BINDING_NAME))
			return a->arguments[0]->name;
	}
	return 0;
}

static bool
is_read_of(const PB(Operation) * op, const char *state)
{
	const char *in = named_input(op, "input");

	return !strcmp(op->type, "read_state") && op->n_outputs == 1 && in && !strcmp(in, state);
}

/* write_state, with the read_state behind it when that reads the same state. */
static bool
read_state_write(Reading *r, const PB(Operation) * write, const PB(Operation) * read, Block *b,
                 Scope *s)
{
	const char *state = named_input(write, "input"), *data = named_input(write, "data");
	const Str *name = operation_name(r, read ? read : write);
	Var *to = state ? lookup(s, name_of(r, state)) : 0;
	Var *from = data ? lookup(s, name_of(r, data)) : 0;

	r->op = name->s;
	if (!to || !from)
		return read_error(
		    r, "write_state needs the operands input and data, defined before it");
	if (to->type->kind != TY_STATE || !type_compatible(to->type->elem, from->type))
		return read_error(r, "write_state puts a value of type %s into '%s' of type %s",
		                  type_str(r->c->types, from->type), state,
		                  type_str(r->c->types, to->type));
	const OpDef *def = op_oldest(OP_coreml_update_state);
	Inst *i = inst_new(r->func, def, name, 1, NOSPAN);
	inst_set_arg(i, op_param(def, "state"), to);
	inst_set_arg(i, op_param(def, "value"), from);
	i->out[0]->type = to->type->elem;
	i->out[0]->name = read ? name_of(r, read->outputs[0]->name) : name;
	/* Without a read its result has no name in the file; one that ends like this is taken off.
	 */
	size_t tail = strlen("_write_state");
	if (!read && name->len > tail && !strcmp(name->s + name->len - tail, "_write_state")) {
		i->name = intern(r->c->names, name->s, name->len - tail);
		i->out[0]->name = i->name;
	}
	inst_insert(b, 0, i);
	return read ? define_outputs(r, i, s) : true;
}

/* ---- blocks, functions, programs ---- */

static bool
read_operations(Reading *r, const PB(Block) * pb, Block *b, Scope *s)
{
	for (size_t k = 0; k < pb->n_operations; k++) {
		const PB(Operation) *op = pb->operations[k];
		r->op = op->n_outputs ? op->outputs[0]->name : op->type;
		if (!strcmp(op->type, "write_state")) {
			const char *state = named_input(op, "input");
			bool pair = k + 1 < pb->n_operations && state &&
			            is_read_of(pb->operations[k + 1], state);
			if (!read_state_write(r, op, pair ? pb->operations[k + 1] : 0, b, s))
				return false;
			k += pair;
			continue;
		}
		Opcode code = op_find(op->type, strlen(op->type));
		const OpDef *def = code ? op_for_opset(code, r->func->opset) : 0;
		if (!code || op_oldest(code)->flags & DIALECT) {
			const char *near = op_nearest(op->type);
			return read_error(r, "there is no operation '%s'%s%s%s", op->type,
			                  near ? "; did you mean '" : "", near ? near : "",
			                  near ? "'?" : "");
		}
		if (!def)
			return read_error(r, "%s is not in opset %s", op->type,
			                  opset_coreml(r->func->opset));
		if (!read_operation(r, op, def, b, s))
			return false;
	}
	r->op = 0;
	return true;
}

static bool
read_block(Reading *r, const PB(Block) * pb, Block *b, const Scope *outer)
{
	Scope s = {.outer = outer, .depth = outer ? outer->depth + 1 : 0};
	Var **out = newn(r->arena, Var *, pb->n_outputs + 1);

	if (s.depth > MAX_NESTING)
		return read_error(r, "blocks are nested more than %d deep", MAX_NESTING);
	map_init(&s.names, r->arena);
	for (uint32_t k = 0; k < b->nparam; k++)
		if (!define(r, &s, b->param[k]))
			return false;
	for (size_t k = 0; k < pb->n_inputs; k++) {
		const Type *t = read_type(r, pb->inputs[k]->type);
		if (!t || !define(r, &s, block_add_param(b, name_of(r, pb->inputs[k]->name), t)))
			return false;
	}
	if (!read_operations(r, pb, b, &s))
		return false;
	for (size_t k = 0; k < pb->n_outputs; k++) {
		out[k] = lookup(&s, name_of(r, pb->outputs[k]));
		if (!out[k])
			return read_error(r, "output '%s' of a block is not defined",
			                  pb->outputs[k]);
	}
	block_set_outputs(b, out, (uint32_t)pb->n_outputs);
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

static bool
read_function(Reading *r, const char *name, const PB(Function) * pb)
{
	Func *f = func_new(r->prog, name_of(r, name), NOSPAN);
	const PB(Block) *body = 0;

	r->func = f;
	f->opset = opset_from_coreml(pb->opset);
	if (f->opset == OPSET_NONE)
		return read_error(r, "the opset '%s' is unknown, expected CoreML5 to CoreML9",
		                  pb->opset);
	for (size_t k = 0; k < pb->n_block_specializations; k++)
		if (!strcmp(pb->block_specializations[k]->key, pb->opset))
			body = pb->block_specializations[k]->value;
	if (!body)
		return read_error(r, "there is no block for its opset %s", pb->opset);
	if (body->n_inputs)
		return read_error(r, "the body of a function has inputs of its own");
	for (size_t k = 0; k < pb->n_inputs; k++) {
		const Type *t = read_type(r, pb->inputs[k]->type);
		if (!t)
			return false;
		Var *v = block_add_param(f->body, name_of(r, pb->inputs[k]->name), t);
		v->is_param_state = t->kind == TY_STATE;
	}
	return read_block(r, body, f->body, 0);
}

static void
read_build_info(Reading *r, const PB(Program) * p)
{
	for (size_t k = 0; k < p->n_attributes; k++) {
		const PB(Value) *v = p->attributes[k]->value;
		if (strcmp(p->attributes[k]->key, "buildInfo") != 0 || !v ||
		    v->value_case != MIL_CASE(VALUE__VALUE_IMMEDIATE_VALUE) ||
		    v->immediatevalue->value_case !=
		        MIL_CASE(VALUE__IMMEDIATE_VALUE__VALUE_DICTIONARY))
			continue;
		const PB(DictionaryValue) *d = v->immediatevalue->dictionary;
		for (size_t i = 0; i < d->n_values; i++) {
			const Type *type;
			const Tensor *key = read_value(r, d->values[i]->key, &type);
			const Tensor *val = key ? read_value(r, d->values[i]->value, &type) : 0;
			if (val && key->dtype == DT_STRING && val->dtype == DT_STRING &&
			    key->count == 1 && val->count == 1)
				vec_push(r->arena, &r->m->build_info,
				         (MetaPair){(*(const Str *const *)key->data)->s,
				                    (*(const Str *const *)val->data)->s});
		}
	}
}

bool
read_program(Reading *r, const PB(Program) * p)
{
	if (!p->n_functions)
		return read_error(r, "the program has no functions");
	for (size_t k = 0; k < p->n_functions; k++) {
		if (!p->functions[k]->value || !*p->functions[k]->key)
			return read_error(r, "a function of the program is empty");
		if (!read_function(r, p->functions[k]->key, p->functions[k]->value))
			return false;
	}
	r->func = 0;
	read_build_info(r, p);
	return true;
}
