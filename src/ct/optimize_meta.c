/* optimize_meta.c: get_weights_metadata(): what the weights of a model are like, and who uses
 * them. */
#include "optimize.h"

#include <math.h>
#include <stdlib.h>

typedef struct OpMeta {
	Value op_type, name, params;
} OpMeta;
typedef struct WeightMeta {
	Value val, sparsity, unique, children; /* children: a list of OpMeta, or None */
} WeightMeta;

/* ---- dictionaries of other classes: OrderedDict, and one that prints line by line ---- */

static Value *
dict_of(HostObj *self)
{
	return self->data;
}

static void
all_str(Interp *in, HostObj *self, Buf *out)
{
	const DictObj *d = DICT_OF(*dict_of(self));

	for (uint32_t i = 0; i < d->nentry; i++) {
		if (d->entry[i].key.kind == V_UNSET)
			continue;
		value_str(in, d->entry[i].key, out);
		buf_puts(out, "\n");
		value_str(in, d->entry[i].val, out);
		buf_puts(out, "\n");
	}
}

static void
ordered_repr(Interp *in, HostObj *self, Buf *out)
{
	const DictObj *d = DICT_OF(*dict_of(self));
	bool any = false;

	buf_printf(out, "%s(", self->type->name);
	for (uint32_t i = 0; i < d->nentry; i++) {
		if (d->entry[i].key.kind == V_UNSET)
			continue;
		buf_puts(out, any ? ", (" : "[(");
		any = true;
		value_repr(in, d->entry[i].key, out);
		buf_puts(out, ", ");
		value_repr(in, d->entry[i].val, out);
		buf_puts(out, ")");
	}
	buf_puts(out, any ? "])" : ")");
}

static bool
ordered_getitem(Interp *in, HostObj *self, Value key, Value *out, Span at)
{
	return value_getitem(in, *dict_of(self), key, out, at);
}

static bool
ordered_setitem(Interp *in, HostObj *self, Value key, Value v, Span at)
{
	return dict_set(in, *dict_of(self), key, v, at);
}

static bool
ordered_iter(Interp *in, HostObj *self, VKind *as, Value *list)
{
	*as = V_LIST;
	return value_to_list(in, *dict_of(self), list, NOSPAN);
}

/* Its methods are those of the dictionary. */
static int
ordered_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	return value_findattr(in, *dict_of(self), name, out, NOSPAN);
}

static void
ordered_mark(Interp *in, HostObj *self)
{
	interp_mark(in, *dict_of(self));
}

#define ORDERED                                                                                    \
	.getattr = ordered_getattr, .getitem = ordered_getitem, .setitem = ordered_setitem,        \
	.iter = ordered_iter, .repr = ordered_repr, .mark = ordered_mark
static const HostType ordered_type = {
    .name = "OrderedDict", .module = "collections", ORDERED};
static const HostType all_type = {.name = "_MetaDataDict",
                                  .module = "coremltools.optimize.coreml._config",
                                  .str = all_str,
                                  ORDERED};

static Value
ordered_new(Interp *in, const HostType *type)
{
	Value *d = new (interp_arena(in), Value);

	*d = vdict(in);
	return vhost(in, type, d);
}

/* ---- one user ---- */

static void
op_repr(Interp *in, HostObj *self, Buf *out)
{
	const OpMeta *m = self->data;

	buf_puts(out, "CoreMLOpMetaData(op_type=");
	value_repr(in, m->op_type, out);
	buf_puts(out, ", name=");
	value_repr(in, m->name, out);
	buf_puts(out, ", params_name_mapping=");
	value_repr(in, m->params, out);
	buf_puts(out, ")");
}

static void
op_str(Interp *in, HostObj *self, Buf *out)
{
	const OpMeta *m = self->data;
	Value params = m->params.kind == V_DICT ? m->params : *dict_of(HOST_OF(m->params));
	const DictObj *d = DICT_OF(params);

	value_str(in, m->op_type, out);
	buf_puts(out, "(name=");
	value_str(in, m->name, out);
	for (uint32_t i = 0; i < d->nentry; i++) {
		if (d->entry[i].key.kind == V_UNSET)
			continue;
		buf_puts(out, ", ");
		value_str(in, d->entry[i].key, out);
		buf_puts(out, "=");
		value_str(in, d->entry[i].val, out);
	}
	buf_puts(out, ", ...)");
}

static int
op_getattr(UNUSED Interp *in, HostObj *self, const Str *name, Value *out)
{
	const OpMeta *m = self->data;

	if (str_is(name, "op_type"))
		*out = m->op_type;
	else if (str_is(name, "name"))
		*out = m->name;
	else if (str_is(name, "params_name_mapping"))
		*out = m->params;
	else
		return 0;
	return 1;
}

static void
op_mark(Interp *in, HostObj *self)
{
	const OpMeta *m = self->data;

	interp_mark(in, m->op_type);
	interp_mark(in, m->name);
	interp_mark(in, m->params);
}

static const HostType op_type = {.name = "CoreMLOpMetaData",
                                 .module = "coremltools.optimize.coreml."
                                           "_post_training_quantization",
                                 .getattr = op_getattr,
                                 .repr = op_repr,
                                 .str = op_str,
                                 .mark = op_mark};

NATIVE_EXTERN(make_op_meta)
{
	OpMeta *m = new (interp_arena(in), OpMeta);

	*m = (OpMeta){args->v[0], args->v[1], args->v[2]};
	if (m->op_type.kind != V_STR || m->name.kind != V_STR ||
	    (m->params.kind != V_DICT && !is_host(m->params, &ordered_type)))
		return fail(in, args->span,
		            "CoreMLOpMetaData takes a str, a str and a dict, found '%s', '%s' and "
		            "'%s'",
		            type_name(m->op_type), type_name(m->name), type_name(m->params));
	*out = vhost(in, &op_type, m);
	return true;
}

/* ---- one weight ---- */

static void
weight_repr(Interp *in, HostObj *self, Buf *out)
{
	const WeightMeta *m = self->data;

	buf_puts(out, "CoreMLWeightMetaData(val=");
	value_repr(in, m->val, out);
	buf_puts(out, ", sparsity=");
	value_repr(in, m->sparsity, out);
	buf_puts(out, ", unique_values=");
	value_repr(in, m->unique, out);
	buf_puts(out, ", child_ops=");
	value_repr(in, m->children, out);
	buf_puts(out, ")");
}

static void
weight_str(Interp *in, HostObj *self, Buf *out)
{
	const WeightMeta *m = self->data;
	const Nd *nd = ARRAY_OF(m->val);

	buf_puts(out, "[  \n  val: np.ndarray(shape=(");
	for (int k = 0; k < nd->rank; k++)
		buf_printf(out, "%s%lld", k ? ", " : "", (long long)nd->dim[k]);
	buf_printf(out, "%s), dtype=%s)\n  sparsity: ", nd->rank == 1 ? "," : "",
	           dtype_info[nd->dtype].np);
	value_str(in, m->sparsity, out);
	buf_puts(out, "\n  unique_values: ");
	value_str(in, m->unique, out);
	buf_puts(out, "\n");
	if (m->children.kind == V_LIST) {
		buf_puts(out, "  child_ops: [\n");
		for (uint32_t i = 0; i < SEQ_OF(m->children)->n; i++) {
			buf_puts(out, "    ");
			value_str(in, SEQ_OF(m->children)->at[i], out);
			buf_puts(out, "\n");
		}
		buf_puts(out, "  ]\n");
	}
	buf_puts(out, "]");
}

static int
weight_getattr(UNUSED Interp *in, HostObj *self, const Str *name, Value *out)
{
	const WeightMeta *m = self->data;

	if (str_is(name, "val"))
		*out = m->val;
	else if (str_is(name, "sparsity"))
		*out = m->sparsity;
	else if (str_is(name, "unique_values"))
		*out = m->unique;
	else if (str_is(name, "child_ops"))
		*out = m->children;
	else
		return 0;
	return 1;
}

static void
weight_mark(Interp *in, HostObj *self)
{
	const WeightMeta *m = self->data;

	interp_mark(in, m->val);
	interp_mark(in, m->sparsity);
	interp_mark(in, m->unique);
	interp_mark(in, m->children);
}

static const HostType weight_type = {.name = "CoreMLWeightMetaData",
                                     .module = "coremltools.optimize.coreml."
                                               "_post_training_quantization",
                                     .getattr = weight_getattr,
                                     .repr = weight_repr,
                                     .str = weight_str,
                                     .mark = weight_mark};

static int
by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y) + (x != x) - (y != y);
}

/* What np.unique() finds, and the share of |x| <= 1e-12, as a fraction of the type of NumPy; nan of
 * nothing. The least number of a signed type counts, which NumPy's abs() leaves negative. */
static void
count_values(Interp *in, const Nd *nd, Value *sparsity, Value *unique)
{
	size_t n = (size_t)nd_count(nd), i = 0, zeros = 0, different = 0;
	double *x = xcalloc(MAX(n, 1), sizeof *x);
	float least = (float)1e-12;
	bool is_signed = dtype_info[nd->dtype].kind == 'i';
	double lowest = is_signed ? -ldexp(1, (int)(8 * dtype_size(nd->dtype)) - 1) : 0;
	Nd share;

	for (NdIter it = nd_iter(nd); it.at; nd_step(&it))
		x[i++] = nd_f(nd, it.idx);
	if (nd->dtype == DT_FP16)
		least = 0;
	qsort(x, n, sizeof *x, by_number);
	for (i = 0; i < n; i++) {
		zeros += nd->dtype == DT_FP64 ? x[i] >= -1e-12 && x[i] <= 1e-12
		                              : x[i] >= -(double)least && x[i] <= (double)least;
		zeros += is_signed && x[i] == lowest;
		different += !i || by_number(&x[i - 1], &x[i]) != 0;
	}
	share = nd_scalar_f(DT_FP64, n ? (double)zeros / (double)n : (double)NAN);
	*sparsity = vnpscalar(in, &share);
	*unique = vint((int64_t)different);
	xfree(x);
}

static bool
weight_new(Interp *in, const Value *v, Span at, Value *out)
{
	WeightMeta *m = new (interp_arena(in), WeightMeta);
	Value sparsity, unique;

	if (v[0].kind != V_ARRAY)
		return fail(in, at, "CoreMLWeightMetaData takes an array, found '%s'",
		            type_name(v[0]));
	count_values(in, ARRAY_OF(v[0]), &sparsity, &unique);
	*m = (WeightMeta){v[0], v[1].kind == V_UNSET ? sparsity : v[1],
	                  v[2].kind == V_UNSET ? unique : v[2],
	                  v[3].kind == V_UNSET ? VNONE : v[3]};
	if (m->children.kind != V_NONE && m->children.kind != V_LIST)
		return fail(in, at, "child_ops must be a list, found '%s'", type_name(m->children));
	*out = vhost(in, &weight_type, m);
	return true;
}

NATIVE_EXTERN(make_weight_meta)
{
	return weight_new(in, args->v, args->span, out);
}

static bool
is_weight(const Var *v, int64_t least)
{
	return v->val && v->type->kind == TY_TENSOR && v->type->rank &&
	       v->type->dtype != DT_STRING && v->val->count >= least;
}

static Value
user_meta(Interp *in, const Inst *i, int64_t least)
{
	OpMeta *m = new (interp_arena(in), OpMeta);
	Value v;

	*m = (OpMeta){vstrz(in, i->op->name), vstr_of(in, i->name), VNONE};
	v = vhost(in, &op_type, m);
	interp_push(in, v);
	m->params = ordered_new(in, &ordered_type);
	for each_operand (o, i)
		if (is_weight(o.var, least) && o.var->def)
			dict_set(in, *dict_of(HOST_OF(m->params)),
			         vstrz(in, i->op->param[o.param].name),
			         vstr_of(in, o.var->def->name), NOSPAN);
	interp_pop(in, 1);
	return v;
}

/* The users in the order of the program, each once. */
static Value
users_meta(Interp *in, const Var *v, int64_t least)
{
	Value list = vlist(in, NULL, 0);
	VEC(const Inst *) users = {0};
	Arena a = {0};

	interp_push(in, list);
	for each_use (u, v) {
		uint32_t k = 0;
		for (; k < users.n && users.at[k] != u->user; k++)
			;
		if (u->user && k == users.n)
			vec_push(&a, &users, u->user);
	}
	for (uint32_t i = 1; i < users.n; i++)
		for (uint32_t k = i; k > 0 && users.at[k]->parent == users.at[k - 1]->parent &&
		                     inst_before(users.at[k], users.at[k - 1]);
		     k--) {
			const Inst *swap = users.at[k];
			users.at[k] = users.at[k - 1];
			users.at[k - 1] = swap;
		}
	for (uint32_t i = 0; i < users.n; i++)
		vlist_push(in, list, user_meta(in, users.at[i], least));
	arena_free(&a);
	interp_pop(in, 1);
	return list;
}

static bool
metadata_of_block(Interp *in, const Block *b, int64_t least, Span at, Value dict)
{
	Value v[4] = {VNONE, VUNSET, VUNSET, VNONE}, meta;

	for (const Inst *i = b->first; i; i = i->next)
		for (uint32_t k = 0; k < i->nblock; k++)
			if (!metadata_of_block(in, i->block[k], least, at, dict))
				return false;
	for (const Inst *i = b->first; i; i = i->next) {
		if (!inst_is(i, OP_const) || !is_weight(i->out[0], least))
			continue;
		v[0] = bind_tensor(in, i->out[0]->val, true);
		interp_push(in, v[0]);
		v[3] = users_meta(in, i->out[0], least);
		interp_push(in, v[3]);
		if (!weight_new(in, v, at, &meta) ||
		    !dict_set(in, dict, vstr_of(in, i->name), meta, at))
			return false;
		interp_pop(in, 2);
	}
	return true;
}

NATIVE_EXTERN(weights_metadata)
{
	int64_t least = 2048;
	Model *m;

	if (args->v[0].kind == V_POISON) {
		*out = VPOISON;
		return true;
	}
	if (given(args->v[1]) &&
	    !as_int(in, args->v[1], &least, "weight_threshold", args->span))
		return false;
	m = optimize_fresh(in, args->v[0], "get_weights_metadata", args->span);
	if (!m)
		return false;
	*out = ordered_new(in, &all_type);
	interp_push(in, *out);
	for (uint32_t k = 0; k < m->prog->funcs.n; k++)
		if (!metadata_of_block(in, m->prog->funcs.at[k]->body, least, args->span,
		                *dict_of(HOST_OF(*out))))
			return false;
	interp_pop(in, 1);
	return true;
}
