/* control_flow.c: type rules of constants, branches, loops and lists. The builder makes the nested
 * blocks before it asks these rules, and checks loop variables against what the body returns. */
#include "shapes.h"

/* The builder gives a constant its value; asked again, the type follows from it. */
bool
infer_const(Infer *c)
{
	const Var *v = c->inst->out[0];

	if (v->val)
		return set_shape(c, 0, v->val->dtype, v->val->dim, (uint32_t)v->val->rank);
	return infer_set_type(c, 0, v->type);
}

/* cond may be smaller than what it selects from, but not larger: the result is as a and b are. */
static bool
cond_fits(const Type *cond, const Type *r)
{
	for (uint32_t i = 1; i <= cond->rank; i++) {
		Dim d = cond->dim[cond->rank - i], to = i <= r->rank ? r->dim[r->rank - i] : 1;
		if (d != 1 && d != to && dim_known(d) && dim_known(to))
			return false;
	}
	return true;
}

bool
infer_select(Infer *c)
{
	const Type *cond = type_known(c, "cond"), *a = type_known(c, "a"), *r;

	r = rule_broadcast_type(c, "a", "b", a->dtype);
	if (!r)
		return false;
	infer_set_type(c, 0, r);
	if (cond_fits(cond, r))
		return true;
	return op_clash_both(c, "cond", "a", "b",
	                     "'cond' has shape %s, but selects from values of shape %s",
	                     shape_of(c, cond), shape_of(c, r));
}

/* The types of a nested block's outputs become the results'. */
static void
set_outputs(Infer *c, const Block *b)
{
	infer_outputs(c, b->nout);
	for (uint32_t i = 0; i < b->nout; i++)
		infer_set_type(c, i, b->out[i]->var->type);
}

/* The values of the branch taken, if all are known. */
static void
cond_values(Infer *c, const Block *taken)
{
	for (uint32_t i = 0; i < taken->nout; i++)
		if (!taken->out[i]->var->val)
			return;
	for (uint32_t i = 0; i < taken->nout; i++)
		infer_set_val(c, i, taken->out[i]->var->val);
}

bool
infer_cond(Infer *c)
{
	const Block *yes = c->inst->block[0], *no = c->inst->block[1];
	const Tensor *pred = infer_val(c, "pred");

	if (infer_type(c, "pred")->count != 1)
		diag_warning(c->b->prog->diag, c->b->span,
		             "'pred' of cond has shape %s: Core ML takes a branch by one bool",
		             shape_str(c->types, infer_type(c, "pred")->dim,
		                       infer_type(c, "pred")->rank));
	if (yes->nout != no->nout)
		return op_error(c, "_false_fn",
		                "the true branch has %u results, but the false branch has %u",
		                yes->nout, no->nout);
	for (uint32_t i = 0; i < yes->nout; i++) {
		const Type *t = yes->out[i]->var->type, *f = no->out[i]->var->type;
		if (!type_compatible(t, f))
			return op_error(c, "_false_fn",
			                "result %u is %s in the true branch, but %s in the false "
			                "branch",
			                i, type_str(c->types, t), type_str(c->types, f));
	}
	set_outputs(c, yes);
	if (pred)
		cond_values(c, tensor_i(pred, 0) ? yes : no);
	return true;
}

bool
infer_while_loop(Infer *c)
{
	const Block *cond = c->inst->block[0];
	const Type *t = cond->nout ? cond->out[0]->var->type : NULL;

	if (t && t->kind == TY_ERROR)
		return false;
	if (cond->nout != 1 || t->kind != TY_TENSOR || t->dtype != DT_BOOL || t->count != 1)
		return op_error(c, "_cond", "the condition of a loop must be one bool, not %s",
		                cond->nout == 1 ? type_str(c->types, t) : "several values");
	set_outputs(c, c->inst->block[1]);
	return true;
}

/* ---- lists ---- */

static const Type *
list_type(Infer *c)
{
	return type_known(c, "ls");
}

/* The result is a list like t, of elements elem. */
static bool
set_list(Infer *c, const Type *elem, Dim length, bool dynamic)
{
	if (elem->rank > 4)
		return op_error(c, NULL, "elements of a list have at most rank 4, not %u",
		                elem->rank);
	return infer_set_type(c, 0, type_list(c->types, elem, length, dynamic));
}

/* A dimension of elem_shape: a number, or the name of a symbol. */
static bool
elem_dimension(Infer *c, const Var *v, Dim *out)
{
	const Str *name;

	if (!v->val || v->val->rank != 0)
		return op_error(c, "elem_shape",
		                "'elem_shape' must be made of constant numbers and names");
	if (v->val->dtype != DT_STRING) {
		*out = tensor_i(v->val, 0);
		if (*out < 0)
			return op_error(c, "elem_shape", "'elem_shape' has the negative size %lld",
			                (long long)*out);
		return true;
	}
	name = *(const Str *const *)v->val->data;
	*out = sym_find(c->types, name);
	if (*out == 0)
		*out = sym_new(c->types, name);
	return true;
}

bool
infer_make_list(Infer *c)
{
	const Arg *shape = inst_args(c->inst, "elem_shape");
	Dim *dim = newn(c->arena, Dim, (size_t)shape->n + 1), length = 0;
	const char *name = infer_str(c, "dtype");
	DType d = dtype_from_mil(name);
	const Tensor *n = infer_val(c, "init_length");
	bool dynamic = infer_bool(c, "dynamic_length", true);

	if (d == DT_NONE)
		return op_error(c, "dtype", "there is no type \"%s\"", name);
	if (!rule_scalar(c, "init_length"))
		return false;
	for (uint32_t i = 0; i < shape->n; i++)
		if (!elem_dimension(c, shape->u[i]->var, &dim[i]))
			return false;
	/* A length that only the run knows is no constant of any list_length. */
	length = n ? tensor_i(n, 0) : dim_fresh(c);
	if (n && length < 0)
		return op_error(c, "init_length", "'init_length' is %lld, expected 0 or more",
		                (long long)length);
	return set_list(c, type_tensor(c->types, d, dim, shape->n), length, dynamic);
}

bool
infer_list_length(Infer *c)
{
	const Type *ls = list_type(c);

	infer_set_type(c, 0, type_scalar(c->types, DT_INT32));
	if (!ls->dynamic_length && dim_known(ls->length))
		infer_set_val(c, 0, tensor_scalar_i(c->arena, DT_INT32, ls->length));
	return true;
}

static bool
check_element(Infer *c, const Type *elem)
{
	const Type *want = list_type(c)->elem;

	if (type_is_subtype(elem, want))
		return true;
	return op_clash_both(c, "value", "ls", "value", "the list holds %s, but the value is %s",
	                     type_str(c->types, want), type_str(c->types, elem));
}

/* The list after an element was written: the first write gives an open type. */
static bool
written_list(Infer *c, const Type *elem)
{
	const Type *ls = list_type(c);

	if (!check_element(c, elem))
		return false;
	if (ls->elem->kind != TY_UNKNOWN)
		elem = ls->elem;
	return set_list(c, elem, ls->length, ls->dynamic_length);
}

bool
infer_list_write(Infer *c)
{
	return rule_scalar(c, "index") && written_list(c, type_known(c, "value"));
}

bool
infer_list_scatter(Infer *c)
{
	const Type *at = type_known(c, "indices"), *v = type_known(c, "value");

	if (!rank_between(c, "indices", 1, 1) || !rank_between(c, "value", 1, -1))
		return false;
	if (at->dim[0] != v->dim[0])
		return op_error(c, "value", "%s values cannot go to %s indices",
		                dim_str(c->types, v->dim[0]), dim_str(c->types, at->dim[0]));
	return written_list(c, type_tensor(c->types, v->dtype, v->dim + 1, v->rank - 1));
}

static bool
element_known(Infer *c)
{
	if (list_type(c)->elem->kind == TY_TENSOR)
		return true;
	return op_error(c, "ls",
	                "nothing was written to the list yet, so its element type is not known");
}

bool
infer_list_read(Infer *c)
{
	if (!element_known(c) || !rule_scalar(c, "index"))
		return false;
	return infer_set_type(c, 0, list_type(c)->elem);
}

bool
infer_list_gather(Infer *c)
{
	const Type *e = list_type(c)->elem, *at = type_known(c, "indices");
	Dim *dim;

	if (!element_known(c) || !rank_between(c, "indices", 1, 1))
		return false;
	dim = newn(c->arena, Dim, (size_t)e->rank + 1);
	dim[0] = at->dim[0];
	for (uint32_t i = 0; i < e->rank; i++)
		dim[i + 1] = e->dim[i];
	return set_shape(c, 0, e->dtype, dim, e->rank + 1);
}
