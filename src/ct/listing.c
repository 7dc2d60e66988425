/* listing.c: programs, functions, operations and Vars as print() shows them to a script: one line
 * for each operation, small constants at their place of use. This is a text for people; the text
 * of the compiler is ir/print.c.
 */
#include "bind.h"

#include <stdlib.h>

#define SMALL 10 /* elements; a larger constant is shown by its name */

/* "(2, 3, fp32" without the parenthesis that closes it. */
static void
put_tensor(Types *types, const Type *t, Buf *out)
{
	const char *shape = shape_str(types, t->dim, t->rank);

	buf_put(out, shape, strlen(shape) - 1);
	buf_printf(out, t->rank > 1 ? ", %s" : "%s", dtype_info[t->dtype].mil);
}

static void
put_list(Types *types, const Type *t, Buf *out)
{
	if (t->dynamic_length)
		buf_puts(out, "List[?, ");
	else
		buf_printf(out, "List[%lld, ", (long long)t->length);
	if (t->elem->kind != TY_TENSOR) {
		buf_puts(out, "unknown");
	} else if (t->elem->rank == 0) {
		buf_puts(out, t->elem->dtype == DT_STRING ? "str" : "int");
	} else {
		put_tensor(types, t->elem, out);
		buf_byte(out, ')');
	}
	buf_byte(out, ']');
}

#define FEW 10 /* elements of an unknown value that get a symbol each when it is joined */

/* The value is made of symbols: joined from few elements, or picked from such a value. */
static bool
symbolic(const Var *v, int depth)
{
	const Inst *i = v->def;
	const Arg *a;

	if (v->symval || v->val)
		return true;
	if (!i || depth == 0)
		return false;
	switch (i->op->code) {
	case OP_concat:
	case OP_stack:
		a = &i->arg[op_param(i->op, "values")];
		for (uint32_t k = 0; k < a->n; k++) {
			const Var *x = arg_at(a, k);
			bool few = i->op->code == OP_concat && x->type->count >= 0 &&
			           x->type->count <= FEW;
			if (!few && !symbolic(x, depth - 1))
				return false;
		}
		return true;
	case OP_gather:
		return inst_val(i, "indices") && symbolic(inst_arg(i, "x"), depth - 1);
	case OP_slice_by_index:
		return inst_val(i, "begin") && inst_val(i, "end") &&
		       symbolic(inst_arg(i, "x"), depth - 1);
	case OP_reshape:
		return inst_val(i, "shape") && symbolic(inst_arg(i, "x"), depth - 1);
	case OP_split:
	case OP_identity:
		return symbolic(inst_arg(i, "x"), depth - 1);
	default:
		return false;
	}
}

/* "(2, 3, fp32)*" */
void
list_shape(Bind *bd, const Var *v, Buf *out)
{
	const Type *t = tensor_part(v->type);

	if (t->kind == TY_LIST) {
		put_list(bd->types, t, out);
	} else if (t->kind != TY_TENSOR) {
		buf_puts(out, type_str(bd->types, v->type));
	} else {
		put_tensor(bd->types, t, out);
		buf_printf(out, ")%s", v->val ? "*" : symbolic(v, 64) ? "^" : "");
	}
}

const char *
list_kind(const Var *v)
{
	const Type *t = tensor_part(v->type);

	return t->kind == TY_LIST            ? "(List)"
	       : t->kind != TY_TENSOR        ? ""
	       : v->type->kind == TY_STATE   ? "(State)"
	       : t->rank                     ? "(Tensor)"
	                                     : "(Scalar)";
}

void
list_var(Bind *bd, const Var *v, Buf *out)
{
	buf_printf(out, "%%%s: ", v->name->s);
	list_shape(bd, v, out);
	buf_puts(out, list_kind(v));
}

/* A constant as Python shows it: nested lists, or a string in quotes. */
static void
put_value(Interp *in, const Tensor *t, Buf *out)
{
	const char *text = map_get(bind_of(in)->texts, (uint64_t)(uintptr_t)t);
	Value v, fn, list;

	if (text) {
		buf_puts(out, text);
		return;
	}
	v = bind_tensor(in, t, true);
	if (t->dtype == DT_STRING && t->rank == 0) {
		buf_printf(out, "\"%s\"", ((const Str *const *)t->data)[0]->s);
		return;
	}
	if ((v.kind == V_ARRAY || v.kind == V_NPSCALAR) &&
	    value_getattr(in, v, intern_cstr(interp_names(in), "tolist"), &fn, NOSPAN) &&
	    interp_call(in, fn, &(Args){0}, &list))
		v = list;
	value_repr(in, v, out);
}

/* A default is Python's number, which fp32 has rounded. */
static bool
put_default(Interp *in, const Param *p, const Var *v, Buf *out)
{
	char *end;
	double d;

	if (!p->dflt || !v->val || v->val->rank || v->val->dtype != DT_FP32)
		return false;
	d = strtod(p->dflt, &end);
	if (end == p->dflt || *end || (float)d != (float)tensor_f(v->val, 0))
		return false;
	value_repr(in, vfloat(d), out);
	return true;
}

static void
put_operand(Interp *in, const Param *p, const Var *v, Buf *out)
{
	if (var_is_const(v) && put_default(in, p, v, out))
		return;
	if (var_is_const(v) && v->val &&
	    (v->val->count <= SMALL || v->val->dtype == DT_STRING ||
	     map_get(bind_of(in)->texts, (uint64_t)(uintptr_t)v->val)))
		put_value(in, v->val, out);
	else
		buf_printf(out, "%%%s", v->name->s);
}

static void
put_operands(Interp *in, const Inst *i, Buf *out)
{
	for (uint32_t k = 0; k < i->op->nparam; k++) {
		const Param *p = &i->op->param[k];
		const Arg *a = &i->arg[k];

		if (a->n == 0 || p->kind == P_FN || p->kind == P_INTERNAL)
			continue;
		buf_printf(out, "%s=", p->name);
		if (p->kind != P_TUPLE) {
			put_operand(in, p, arg_at(a, 0), out);
		} else {
			for (uint32_t n = 0; n < a->n; n++)
				buf_printf(out, n ? ", %%%s" : "(%%%s", arg_at(a, n)->name->s);
			buf_byte(out, ')');
		}
		buf_puts(out, ", ");
	}
}

void
list_block(Interp *in, const Block *b, int indent, bool attrs, Buf *out)
{
	buf_printf(out, "%*s%s(", indent, "", block_name(interp_arena(in), b));
	for (uint32_t k = 0; b->parent && k < b->nparam; k++) {
		buf_puts(out, k ? ", " : "");
		list_var(bind_of(in), b->param[k], out);
	}
	buf_puts(out, ") {\n");
	for (const Inst *i = b->first; i; i = i->next)
		list_inst(in, i, indent + 2, attrs, out);
	buf_printf(out, "%*s} -> (", indent, "");
	for (uint32_t k = 0; k < b->nout; k++)
		buf_printf(out, k ? ", %%%s" : "%%%s", b->out[k]->var->name->s);
	buf_puts(out, ")\n");
}

void
list_inst(Interp *in, const Inst *i, int indent, bool attrs, Buf *out)
{
	if (inst_is(i, OP_const))
		return;
	buf_printf(out, "%*s", indent, "");
	for (uint32_t k = 0; k < i->nout; k++) {
		buf_puts(out, k ? ", " : "");
		list_var(bind_of(in), i->out[k], out);
	}
	buf_printf(out, " = %s", i->op->name);
	if (attrs)
		list_scopes(in, i, out);
	buf_byte(out, '(');
	put_operands(in, i, out);
	buf_printf(out, "name=\"%s\")\n", i->name ? i->name->s : "");
	for (uint32_t k = 0; k < i->nblock; k++)
		list_block(in, i->block[k], indent + 2, attrs, out);
}

void
list_func(Interp *in, const Func *f, const char *name, bool attrs, Buf *out)
{
	int head = (int)(strlen(name) + strlen(opset_coreml(f->opset))) + 3;

	buf_printf(out, "%s[%s](", name, opset_coreml(f->opset));
	for (uint32_t k = 0; k < f->body->nparam; k++) {
		if (k)
			buf_printf(out, ",\n%*s", head, "");
		list_var(bind_of(in), f->body->param[k], out);
	}
	buf_puts(out, ") {\n");
	list_block(in, f->body, 2, attrs, out);
	buf_puts(out, "}\n");
}

void
list_program(Interp *in, const Program *p, bool attrs, Buf *out)
{
	for (uint32_t k = 0; k < p->funcs.n; k++) {
		buf_byte(out, '\n');
		list_func(in, p->funcs.at[k], p->funcs.at[k]->name->s, attrs, out);
	}
}
