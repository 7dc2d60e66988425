/* custom.c: layers that an app computes. Nobody knows what they do unless the reader has a program
 * for their class: then what it does stands in their place. It takes the layer's inputs, and then
 * as many of its weights as it has parameters left; it gives the layer's outputs. What a script
 * registered as a custom operation becomes such a layer.
 */
#include "lift.h"
#include "lower.h"

static bool
dims_fit(const Type *want, uint32_t from, const Type *have, uint32_t at, uint32_t n)
{
	for (uint32_t k = 0; k < n; k++) {
		Dim a = want->dim[from + k], b = have->dim[at + k];
		if (dim_known(a) && a != b)
			return false;
	}
	return true;
}

static bool
ones_in_front(const Type *t, uint32_t n)
{
	for (uint32_t k = 0; k < n; k++)
		if (t->dim[k] != 1)
			return false;
	return true;
}

/* v as the program's parameter has it: of its type, with more or fewer dimensions of 1 in front. */
static Var *
as_param(Lift *l, size_t i, Var *v, const Type *want)
{
	static const int64_t front[TENSOR_MAX_RANK] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
	                                               11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
	                                               22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
	uint32_t have = v->type->rank, rank = want->rank, less, more;

	less = have > rank ? have - rank : 0;
	more = rank > have ? rank - have : 0;
	if (want->kind != TY_TENSOR || !ones_in_front(v->type, less) ||
	    !ones_in_front(want, more) || !dims_fit(want, more, v->type, less, rank - more))
		return lift_none(l, "its input %zu is %s, but the program for its class takes %s",
		                 i, type_str(l->c->types, v->type), type_str(l->c->types, want));
	if (less)
		v = lift_squeezed(l, v, front, less);
	if (more)
		v = lift_expanded(l, v, front, more);
	return lift_as(l, v, want->dtype);
}

static bool
parameters(Lift *l, const Func *f, Var **in)
{
	size_t n = lift_ninput(l), nweights = msg_count(l->params, "weights");
	const Block *b = f->body;
	const Tensor *w;

	if (b->nparam < n || b->nparam > n + nweights)
		return lift_fail(
		    l,
		    "the program for its class takes %u values, expected its %zu inputs, "
		    "or with its weights up to %zu",
		    b->nparam, n, n + nweights);
	for (uint32_t k = 0; k < b->nparam; k++) {
		if (k < n) {
			in[k] = lift_input(l, k);
		} else {
			w = lift_custom_weights(l, k - n, b->param[k]->type);
			in[k] = w ? lift_const(l, w) : NULL;
		}
		if (!in[k] || !(in[k] = as_param(l, k, in[k], b->param[k]->type)))
			return false;
	}
	return true;
}

/* What the program calls its values may be taken. */
static void
name_again(Lift *l, Block *b, uint32_t first)
{
	for each_inst (i, b) {
		for (uint32_t k = 0; k < i->nout && i->out[k]->id >= first; k++) {
			i->out[k]->name = lift_free_name(l, i->out[k]->name);
			if (i->nout == 1)
				inst_name_set(i, i->out[k]->name);
		}
		for (uint32_t k = 0; k < i->nblock && i->nout && i->out[0]->id >= first; k++)
			name_again(l, i->block[k], 0);
	}
}

bool
lift_custom(Lift *l)
{
	const char *class = msg_get_string(l->params, "className");
	const Func *f = NULL;
	Var **in, **out;
	uint32_t first;

	if (l->c->custom && !l->c->custom(l->c, class, &f))
		return false;
	if (!f)
		return lift_lacks(l,
		                  "its class '%s' is part of an app: --custom %s=SCRIPT.mil gives "
		                  "a program in its place",
		                  class, *class ? class : "CLASS");
	in = newn(l->arena, Var *, (size_t)f->body->nparam + 1);
	out = newn(l->arena, Var *, (size_t)f->body->nout + 1);
	if (f->body->nout != lift_noutput(l))
		return lift_fail(l, "it has %zu outputs, but the program for its class gives %u",
		                 lift_noutput(l), f->body->nout);
	if (!parameters(l, f, in))
		return false;
	l->b->func->opset = MAX(l->b->func->opset, f->opset);
	first = l->b->func->nvar;
	block_inline(l->b->block, f, in, out);
	name_again(l, l->b->block, first);
	return lift_outputs(l, out, f->body->nout);
}

/* ---- from an operation of a script ---- */

/* The value of an operand that the layer has as a parameter, by the field of its type. */
static bool
put_parameter(Nn *n, const Inst *i, Msg *params, const char *name)
{
	const Tensor *t = inst_val(i, name);
	Msg *entry, *value;

	if (!t || t->count != 1)
		return nn_fail(n, i,
		               "the parameter '%s' of the custom layer %s must be a single value "
		               "that is known",
		               name, i->name->s);
	entry = msg_sub(params, "parameters");
	msg_string(entry, "key", name);
	value = msg_sub(entry, "value");
	if (t->dtype == DT_STRING)
		msg_string(value, "stringValue", nn_word(i, name));
	else if (dtype_is_float(t->dtype))
		msg_float(value, "doubleValue", tensor_f(t, 0));
	else if (t->dtype == DT_BOOL)
		msg_int(value, "boolValue", tensor_i(t, 0) != 0);
	else
		msg_int(value, "intValue", tensor_i(t, 0));
	return true;
}

bool
lower_custom(Nn *n, const Inst *i)
{
	const CustomOp *c = op_custom(i->op);
	Blob *in = newn(n->arena, Blob, MAX(c->ninput, 1)), *out = newn(n->arena, Blob, i->nout);
	Msg *params;

	if (!c->ninput)
		return nn_fail(n, i, "the custom layer %s has no inputs: its bindings need "
		                     "\"input_order\"",
		               i->name->s);
	for (uint32_t k = 0; k < c->ninput; k++) {
		const Var *v = inst_arg(i, c->input[k]);
		if (!v)
			return nn_fail(n, i, "the custom layer %s lacks its input '%s'", i->name->s,
			               c->input[k]);
		in[k] = nn_blob(n, v);
	}
	for (uint32_t k = 0; k < i->nout; k++)
		out[k] = nn_name(n, i->out[k]);
	params = nn_layer(n, out[0], "custom", in, c->ninput, out, i->nout);
	msg_string(params, "className", c->class_name ? c->class_name : i->name->s);
	for (uint32_t k = 0; k < c->nweight; k++)
		nn_weights(n, params, "weights", c->weight[k], false);
	for (uint32_t k = 0; k < c->nparameter; k++)
		if (!put_parameter(n, i, params, c->parameter[k]))
			return false;
	msg_string(params, "description", c->description);
	return true;
}
