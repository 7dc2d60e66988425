/* names_shape.c: names about sizes, types and where a value comes from and goes to. */
#include "names.h"

#include <math.h>

/* ---- axes of the input: batch, depth, channels, height, width ---- */

typedef enum Axis { AXIS_B, AXIS_D, AXIS_C, AXIS_H, AXIS_W } Axis;

/* Which axis of a tensor of that rank is meant; -1: none, which counts as 1. */
static int
axis_of(const Site *s, Axis a, int rank)
{
	static const int8_t at[6][5] = {
	    {-1, -1, -1, -1, -1}, {-1, -1, -1, -1, 0}, {-1, -1, -1, 0, 1},
	    {-1, -1, 0, 1, 2},    {0, -1, 1, 2, 3},    {0, 1, 2, 3, 4},
	};
	static const int8_t first[5] = {0, -1, 1, -1, 2};

	if (rank > 5) /* refused anyhow: the last five */
		return rank - 5 + at[5][a];
	return rank == 3 && site_channels_first(s) ? first[a] : at[rank][a];
}

static Val
axis_size(const Site *s, Axis a)
{
	const Var *v = site_input(s);
	int rank = var_rank(v), at;

	if (rank < 0)
		return VAL(ABSENT);
	if (rank_is_open(s, v))
		return VAL(UNKNOWN);
	at = axis_of(s, a, rank);
	return at < 0 ? val_int(1) : var_size(v, at);
}

Val
name_B(const Site *s)
{
	return axis_size(s, AXIS_B);
}

Val
name_C(const Site *s)
{
	return axis_size(s, AXIS_C);
}

Val
name_H(const Site *s)
{
	return axis_size(s, AXIS_H);
}

Val
name_W(const Site *s)
{
	return axis_size(s, AXIS_W);
}

Val
name_D(const Site *s)
{
	const Var *x = site_input(s);
	Val axes, product = val_int(1);

	if (!inst_is(s->inst, OP_layer_norm))
		return axis_size(s, AXIS_D);
	axes = site_param(s, "axes");
	for (uint32_t i = 0; axes.kind == VAL_LIST && i < axes.n; i++)
		product =
		    val_product(product, axes.at[i].kind == VAL_INT ? var_size(x, (int)axes.at[i].i)
		                                                    : VAL(UNKNOWN));
	return axes.kind == VAL_LIST ? product : VAL(UNKNOWN);
}

/* ---- ranks and sizes of all ---- */

Val
name_rank(const Site *s)
{
	SiteTensor t = {0};
	int most = -1;

	while (site_next(s, &t)) {
		if (rank_is_open(s, t.v))
			return VAL(UNKNOWN);
		most = MAX(most, var_rank(t.v));
	}
	return most < 0 ? VAL(ABSENT) : val_int(most);
}

static Val
rank_of(const Site *s, const Var *v)
{
	if (var_rank(v) < 0)
		return VAL(ABSENT);
	return rank_is_open(s, v) ? VAL(UNKNOWN) : val_int(var_rank(v));
}

Val
name_rank_in(const Site *s)
{
	return rank_of(s, site_input(s));
}

Val
name_rank_out(const Site *s)
{
	return rank_of(s, s->inst->nout ? s->inst->out[0] : NULL);
}

Val
name_last_dim(const Site *s)
{
	const Var *state = site_operand(s, site_has(s, "state") ? "state" : "input");
	const Var *v = state && state->type->kind == TY_STATE ? state : site_input(s);

	return var_size(v, -1);
}

static Val
extreme(const Site *s, int sign)
{
	SiteTensor t = {0};
	int64_t best = 1;
	bool any = false, open = false, tensors = false;

	while (site_next(s, &t)) {
		tensors |= var_rank(t.v) >= 0;
		for (int i = 0; i < var_rank(t.v); i++) {
			Val v = var_size(t.v, i);
			open |= v.kind != VAL_INT;
			if (v.kind == VAL_INT && (!any || sign * v.i > sign * best))
				best = v.i, any = true;
		}
	}
	return !tensors ? VAL(ABSENT) : open ? VAL(UNKNOWN) : val_int(best);
}

Val
name_max_dim(const Site *s)
{
	return extreme(s, 1);
}

Val
name_min_dim(const Site *s)
{
	return extreme(s, -1);
}

Val
name_static_shape(const Site *s)
{
	SiteTensor t = {0};
	bool fixed = true;

	while (site_next(s, &t))
		for (int i = 0; i < var_rank(t.v); i++)
			fixed &= var_size(t.v, i).kind == VAL_INT;
	return val_bool(fixed || strcmp(s->whole->flex, "enumerated") == 0);
}

Val
name_last_dim_kept(const Site *s)
{
	const Var *in = site_input(s);
	Val perm, last;
	int rank = var_rank(in);
	Dim a, b;

	if (inst_is(s->inst, OP_transpose)) {
		perm = site_param(s, "perm");
		if (perm.kind == VAL_LIST && !perm.n)
			return val_bool(true);
		if (perm.kind != VAL_LIST || perm.at[perm.n - 1].kind != VAL_INT)
			return VAL(UNKNOWN);
		last = perm.at[perm.n - 1];
		return val_bool(last.i == -1 || last.i == (int64_t)perm.n - 1);
	}
	if (rank < 0 || var_rank(s->inst->out[0]) < 0)
		return VAL(ABSENT);
	if (!inst_is(s->inst, OP_reshape))
		return VAL(ABSENT);
	a = rank ? tensor_part(in->type)->dim[rank - 1] : 1;
	rank = var_rank(s->inst->out[0]);
	b = rank ? s->inst->out[0]->type->dim[rank - 1] : 1;
	return a == b                         ? val_bool(true)
	       : dim_known(a) && dim_known(b) ? val_bool(false)
	                                      : VAL(UNKNOWN);
}

/* Sizes equal, but for axis `but` (-1: none excepted). */
static Tri
same_sizes(const Site *s, const Var *a, const Var *b, int but)
{
	int rank = var_rank(a);
	Tri all = TRI_YES;

	if (rank_is_open(s, a) || rank_is_open(s, b))
		return TRI_UNKNOWN;
	if (rank != var_rank(b))
		return TRI_NO;
	for (int i = 0; i < rank; i++) {
		Dim x = tensor_part(a->type)->dim[i], y = tensor_part(b->type)->dim[i];
		if (i == but || x == y)
			continue;
		if (dim_known(x) && dim_known(y))
			return TRI_NO;
		all = TRI_UNKNOWN;
	}
	return all;
}

Val
name_same_other_dims(const Site *s)
{
	const Arg *arg;
	Val axis;
	Tri all = TRI_YES;
	int at;

	if (!inst_is(s->inst, OP_concat))
		return VAL(ABSENT);
	arg = inst_args(s->inst, "values");
	axis = site_param(s, "axis");
	if (axis.kind != VAL_INT || !arg->n)
		return VAL(UNKNOWN);
	at = (int)axis.i + (axis.i < 0 ? var_rank(arg->u[0]->var) : 0);
	for (uint32_t i = 1; i < arg->n; i++) {
		Tri t = same_sizes(s, arg->u[0]->var, arg->u[i]->var, at);
		if (t == TRI_NO)
			return val_bool(false);
		all = MAX(all, t);
	}
	return val_tri(all);
}

Tri
call_same_shape(const Site *s, const char *const *arg)
{
	const Var *a = site_operand(s, arg[0]), *b = site_operand(s, arg[1]);

	return a && b ? same_sizes(s, a, b, -1) : TRI_ABSENT;
}

/* Its operands are brought to one shape. */
static bool
broadcasts(const Site *s)
{
	return inst_is(s->inst, OP_select) ||
	       strcmp(s->inst->op->family, "elementwise_binary") == 0;
}

Val
name_bcast_ok(const Site *s)
{
	uint32_t deep = 0, one = 0, open = 0;

	if (s->family != 13 || !broadcasts(s))
		return val_bool(true);
	for each_operand(o, s->inst) {
		Val d = var_rank(o.var) == 5 ? var_size(o.var, 1) : VAL(ABSENT);
		open += d.kind == VAL_UNKNOWN;
		one += d.kind == VAL_INT && d.i == 1;
		deep += d.kind == VAL_INT && d.i != 1;
	}
	if (one && deep)
		return val_bool(false);
	return open && one + deep + open > 1 ? VAL(UNKNOWN) : val_bool(true);
}

/* ---- types ---- */

static Val
dtype_of(const Var *v)
{
	const Type *t = v ? tensor_part(v->type) : NULL;
	return t && t->kind == TY_TENSOR ? val_text(dtype_info[t->dtype].mil) : VAL(ABSENT);
}

/* Constants of integers are sizes and axes, mostly: they are none of the work. */
static DType
type_of_work(const Site *s)
{
	DType found = DT_NONE;
	const Type *t;

	for each_operand(o, s->inst) {
		t = tensor_part(o.var->type);
		if (t->kind != TY_TENSOR || t->dtype == DT_STRING)
			continue;
		if (t->dtype == DT_BOOL)
			found = DT_BOOL;
		else if (dtype_is_float(t->dtype) || !(o.var->val || o.var->from_const))
			return t->dtype;
	}
	t = s->inst->nout ? tensor_part(s->inst->out[0]->type) : NULL;
	return found || !t || t->kind != TY_TENSOR ? found : t->dtype;
}

Val
name_dtype(const Site *s)
{
	DType t = type_of_work(s);
	return t ? val_text(dtype_info[t].mil) : VAL(ABSENT);
}

Val
name_odtype(const Site *s)
{
	return dtype_of(s->inst->nout ? s->inst->out[0] : NULL);
}

Val
name_bytes_per_elem(const Site *s)
{
	DType t = type_of_work(s);
	return t ? val_int((int64_t)dtype_size(t)) : VAL(ABSENT);
}

Val
name_coord_dtype(const Site *s)
{
	return dtype_of(site_operand(s, "coordinates"));
}

Val
name_index_bits(const Site *s)
{
	const Var *v = inst_is(s->inst, OP_topk) && s->inst->nout > 1 ? s->inst->out[1]
	                                                              : site_operand(s, "indices");
	const Type *t = v ? v->type : NULL;

	return t && t->kind == TY_TENSOR ? val_int(dtype_bits(t->dtype)) : VAL(ABSENT);
}

/* ---- where values come from and go to ---- */

static bool
is_feature(const Site *s, const Var *v)
{
	if (v->param_of == s->whole->func->body)
		return true;
	for each_use(u, v)
		if (!u->user && u->block == s->whole->func->body)
			return true;
	return false;
}

static bool
result_is_output(const Site *s, const Var *v)
{
	return v->def == s->inst && is_feature(s, v);
}

/* An operand that is an input of the function, or a result that is one of its outputs. */
static bool
next_feature(const Site *s, SiteTensor *t)
{
	while (site_next(s, t))
		if (t->v->def == s->inst ? result_is_output(s, t->v)
		                         : t->v->param_of == s->whole->func->body)
			return true;
	return false;
}

Val
name_at_boundary(const Site *s)
{
	SiteTensor t = {0};
	return val_bool(next_feature(s, &t));
}

Val
name_is_io(const Site *s)
{
	return name_at_boundary(s);
}

Val
name_io_dtype(const Site *s)
{
	SiteTensor t = {0};
	Val found = VAL(ABSENT);

	while (next_feature(s, &t)) {
		DType d = tensor_part(t.v->type)->dtype;
		if (d != DT_FP16)
			return val_text(dtype_info[d].mil);
		found = val_text("fp16");
	}
	return found;
}

static bool
leaves_block(const Var *v)
{
	for each_use(u, v)
		if (!u->user)
			return true;
	return false;
}

Val
name_bool_internal(const Site *s)
{
	SiteTensor t = {0};
	bool crosses = false;

	while (site_next(s, &t)) {
		if (tensor_part(t.v->type)->dtype != DT_BOOL)
			continue;
		crosses |= t.v->param_of || var_fact(s, t.v, leaves_block);
	}
	return val_bool(!crosses);
}

Val
name_consumer(const Site *s)
{
	const char *found = NULL;

	for (uint32_t i = 0; i < s->inst->nout; i++)
		for each_use(u, s->inst->out[i]) {
			const char *user = u->user ? u->user->op->name : "output";
			if (found && strcmp(found, user) != 0)
				return VAL(UNKNOWN);
			found = user;
		}
	return found ? val_text(found) : VAL(UNKNOWN);
}

Tri
call_feeds(const Site *s, const char *const *arg)
{
	for (uint32_t i = 0; i < s->inst->nout; i++)
		for each_use(u, s->inst->out[i])
			if (u->user && strcmp(u->user->op->name, arg[0]) == 0)
				return TRI_YES;
	return TRI_NO;
}

Val
name_max_operand_bytes(const Site *s)
{
	SiteTensor t = {0};
	double most = -1;

	while (site_next(s, &t)) {
		const Type *ty = tensor_part(t.v->type);
		if (ty->kind != TY_TENSOR)
			continue;
		if (ty->count < 0)
			return VAL(UNKNOWN);
		most = MAX(most, ceil((double)ty->count * dtype_bits(ty->dtype) / 8));
	}
	return most < 0 ? VAL(ABSENT) : val_int((int64_t)most);
}

Val
name_fan_in(const Site *s)
{
	Val v = site_is(s, OP_concat, OP_stack, OP_none) ? site_param(s, "values") : VAL(ABSENT);
	return v.kind == VAL_LIST ? val_int(v.n) : v;
}
