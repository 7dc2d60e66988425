/* op.c: operations as scripts see them: operands by name, results, blocks. What was removed from
 * its block keeps its operands for those who look.
 */
#include "bind.h"

static Inst *
inst_of(Value v)
{
	return HOST_OF(v)->data;
}

Value
bind_inst(Interp *in, Inst *i)
{
	for (uint32_t k = 0; k < i->nout; k++)
		i->out[k]->held = true;
	return vhost(in, &inst_type, i);
}

/* ---- operands ---- */

Value
inst_operand(Interp *in, const Inst *i, uint32_t k)
{
	const Arg *a = &i->arg[k];

	if (i->op->param[k].kind == P_TUPLE)
		return bind_vars(in, a->u, a->n);
	return a->n ? bind_var(in, arg_at(a, 0)) : VNONE;
}

/* A dict of the operands that are there, in the order of the op's row. */
static Value
inst_inputs(Interp *in, const Inst *i)
{
	const Value *gone = map_get(bind_of(in)->gone, KEY(i));
	Value d = vdict(in);

	if (gone)
		return *gone;
	for (uint32_t k = 0; k < i->op->nparam; k++)
		if (i->arg[k].n)
			dict_set(in, d, vstrz(in, i->op->param[k].name), inst_operand(in, i, k),
			         NOSPAN);
	return d;
}

void
inst_remember(Interp *in, const Inst *i)
{
	Value *v = new(interp_arena(in), Value);

	*v = inst_inputs(in, i);
	interp_pin(in, *v);
	map_put(bind_of(in)->gone, KEY(i), v);
}

/* What mb.const was given: no Var of the program, as it is no operand in a file. */
static int
constant_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	const Inst *i = self->data;

	if (str_is(name, "val") || str_is(name, "sym_val"))
		*out = bind_tensor(in, i->out[0]->val, true);
	else if (str_is(name, "name"))
		*out = vstrz(in, arena_printf(interp_arena(in), "%s_val", i->name->s));
	else if (str_is(name, "op"))
		*out = VNONE;
	else
		return 0;
	return 1;
}

static const HostType constant_type = {
    .name = "InternalVar",
    .module = "coremltools.converters.mil.mil.var",
    .getattr = constant_getattr,
    .equal = same_data,
    .hash = data_hash,
};

/* An operand by its name: op.x. 1, or 0: the op has no such parameter. */
static int
named_operand(Interp *in, const Inst *i, const Str *name, Value *out)
{
	int k = op_param(i->op, name->s);

	if (inst_is(i, OP_const) && str_is(name, "val")) {
		*out = vhost(in, &constant_type, (void *)(uintptr_t)i);
		return 1;
	}
	if (k < 0)
		return 0;
	*out = inst_operand(in, i, (uint32_t)k);
	if (!i->arg[k].n && !dict_get(in, inst_inputs(in, i), vstr_of(in, name), out))
		*out = VNONE;
	return 1;
}

/* ---- attributes ---- */

static Value
inst_outputs(Interp *in, const Inst *i)
{
	Value list = vlist(in, NULL, 0);

	for (uint32_t k = 0; k < i->nout; k++)
		vlist_push(in, list, bind_var(in, i->out[k]));
	return list;
}

static Value
inst_blocks(Interp *in, const Inst *i)
{
	Value list = vlist(in, NULL, 0);

	for (uint32_t k = 0; k < i->nblock; k++)
		vlist_push(in, list, bind_block(in, i->block[k]));
	return list;
}

static int
inst_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	const Inst *i = self->data;

	if (str_is(name, "name"))
		*out = i->name ? vstr_of(in, i->name) : VNONE;
	else if (str_is(name, "op_type"))
		*out = vstrz(in, i->op->name);
	else if (str_is(name, "outputs"))
		*out = inst_outputs(in, i);
	else if (str_is(name, "inputs"))
		*out = inst_inputs(in, i);
	else if (str_is(name, "blocks"))
		*out = inst_blocks(in, i);
	else if (str_is(name, "enclosing_block"))
		*out = i->parent ? bind_block(in, i->parent) : VNONE;
	else if (str_is(name, "opset_version"))
		*out = enum_item(in, &enum_target, (int)i->op->since);
	else if (str_is(name, "scopes"))
		*out = bind_scopes(in, i);
	else
		return named_operand(in, i, name, out);
	return 1;
}

static bool
inst_setattr(Interp *in, HostObj *self, const Str *name, Value x, Span at)
{
	Inst *i = self->data;
	const Str *s;

	if (str_is(name, "scopes"))
		return scopes_set(in, i, x, at);
	if (!str_is(name, "name"))
		return fail(in, at,
		            "the attribute '%s' of an operation cannot be set: op.set_inputs(%s=…) "
		            "changes an operand",
		            name->s, name->s);
	if (!as_str(in, x, &s, "the name of an operation", at))
		return false;
	bind_edit_inst(in, i);
	inst_name_set(i, s);
	return true;
}

/* ---- methods ---- */

NATIVE(inst_flat)
{
	const Inst *i = inst_of(self);

	*out = vlist(in, NULL, 0);
	for each_operand (o, i)
		vlist_push(in, *out, bind_var(in, o.var));
	return true;
}

NATIVE(inst_indented)
{
	Buf b = {0};
	bool attrs;
	int indent;

	if (!text_args(in, args, &indent, &attrs))
		return false;
	list_inst(in, inst_of(self), indent, attrs, &b);
	*out = text_value(in, &b);
	return true;
}

static void
inst_repr(Interp *in, HostObj *self, Buf *out)
{
	list_inst(in, self->data, 2, false, out);
}

static const Native inst_methods[] = {
    {"get_flattened_inputs", "", inst_flat, AS_FUNCTION},
    {"set_inputs", NULL, inst_set_inputs, AS_FUNCTION},
    {"type_value_inference", "overwrite_output=", inst_infer, AS_FUNCTION},
    {"remove_from_block", "", inst_remove_from_block, AS_FUNCTION},
    {"indented_str", "indent=,print_attr=", inst_indented, AS_FUNCTION},
    NATIVE_END,
};

const HostType inst_type = {
    .name = "Operation",
    .module = "coremltools.converters.mil.mil.operation",
    .methods = inst_methods,
    .getattr = inst_getattr,
    .setattr = inst_setattr,
    .repr = inst_repr,
    .equal = same_data,
    .hash = data_hash,
};
