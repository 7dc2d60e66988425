/* values.c: what handlers make and ask: constants, casts and operations, names, and what is known
 * of a value. After the first failure nothing is built.
 */
#include "aten.h"
#include "nd/nd.h"

/* ---- building ---- */

Var **
aten_ops(AtenCtx *c, Opcode op, const Str *name, const Operand *arg, uint32_t narg, uint32_t *n)
{
	Operand *there = newn(c->arena, Operand, narg);
	uint32_t nthere = 0;
	Var **out;

	*n = 0;
	if (c->failed)
		return NULL;
	for (uint32_t i = 0; i < narg; i++) {
		bool absent = (arg[i].kind == A_VAR && !arg[i].var) ||
		              (arg[i].kind == A_TENSOR && !arg[i].tensor);
		if (!absent)
			there[nthere++] = arg[i];
	}
	if (!build_op(c->b, op, name, there, nthere, &out, n)) {
		c->failed = true;
		*n = 0;
		return NULL;
	}
	return out;
}

Var *
aten_op(AtenCtx *c, Opcode op, const Str *name, const Operand *arg, uint32_t narg)
{
	uint32_t n;
	Var **out = aten_ops(c, op, name, arg, narg, &n);

	return n ? out[0] : NULL;
}

const Tensor *
aten_bools(AtenCtx *c, const bool *v, uint32_t n)
{
	Tensor *t = v ? tensor_new(c->arena, DT_BOOL, &(int64_t){n}, 1) : NULL;

	for (uint32_t i = 0; t && i < n; i++)
		tensor_set_i(t, i, v[i]);
	return t;
}

const Operand *
aten_items(AtenCtx *c, Var *const *v, uint32_t n)
{
	Operand *item = newn(c->arena, Operand, n);

	for (uint32_t i = 0; i < n; i++)
		item[i] = (Operand){.kind = A_VAR, .var = v[i]};
	return item;
}

Var *
aten_const(AtenCtx *c, const Tensor *t, const Str *name)
{
	return c->failed ? NULL : build_const(c->b, name, t);
}

Var *
aten_literal(AtenCtx *c, const Tensor *t)
{
	return aten_const(c, t, intern_cstr(c->b->prog->names, "literal"));
}

Var *
flt(AtenCtx *c, double v)
{
	return aten_literal(c, tensor_scalar_f(c->arena, DT_FP32, v));
}

Var *
num(AtenCtx *c, int64_t v)
{
	return aten_literal(c, tensor_scalar_i(c->arena, DT_INT32, v));
}

Var *
ints(AtenCtx *c, const int64_t *v, uint32_t n)
{
	return aten_literal(c, tensor_vector_i(c->arena, DT_INT32, v, n));
}

Var *
cast_named(AtenCtx *c, Var *v, DType t, const Str *name)
{
	return aten_op(c, OP_cast, name, ARGS(X(v), STR("dtype", dtype_info[t].mil)));
}

Var *
cast(AtenCtx *c, Var *v, DType t)
{
	return cast_named(c, v, t, NULL);
}

Var *
as_type(AtenCtx *c, Var *v, DType t)
{
	return dtype_of(v) == t ? v : cast(c, v, t);
}

DType
common_type(DType a, DType b)
{
	if (dtype_is_float(a) && dtype_info[b].kind == 'i')
		return a;
	if (dtype_is_float(b) && dtype_info[a].kind == 'i')
		return b;
	return nd_promote(a, b);
}

const Str *
name_with(AtenCtx *c, const Str *name, const char *end)
{
	return name ? intern_printf(c->b->prog->names, "%s%s", name->s, end) : NULL;
}

const Str *
name_with_number(AtenCtx *c, const Str *name, const char *end, int64_t i)
{
	return name ? intern_printf(c->b->prog->names, "%s%s%lld", name->s, end, (long long)i)
	            : NULL;
}

/* v as type t, under a name of its own: the counters of automatic names stay. */
static Var *
promoted(AtenCtx *c, Var *v, DType t)
{
	const Str *name = name_with(c, v->name, "_promoted");

	if (v->val)
		return aten_const(c, tensor_cast(c->arena, v->val, t), name);
	return cast_named(c, v, t, name);
}

void
promote(AtenCtx *c, Var **v, uint32_t n)
{
	DType t;

	if (c->failed || !n)
		return;
	t = dtype_of(v[0]);
	for (uint32_t i = 1; i < n && t != DT_NONE; i++)
		t = common_type(t, dtype_of(v[i]));
	if (t == DT_NONE)
		aten_fail(c, "its operands have no common element type, expected numbers");
	for (uint32_t i = 0; i < n && !c->failed; i++)
		if (dtype_of(v[i]) != t)
			v[i] = promoted(c, v[i], t);
}

Var *
renamed(AtenCtx *c, Var *v)
{
	if (v && !c->failed)
		v->name = c->node->name;
	return v;
}

/* ---- asking ---- */

DType
dtype_of(const Var *v)
{
	const Type *t = v ? v->type : NULL;

	return t && t->kind == TY_STATE ? t->elem->dtype : t ? t->dtype : DT_NONE;
}

uint32_t
rank_of(const Var *v)
{
	return v && v->type->kind == TY_TENSOR ? v->type->rank : 0;
}

Dim
dim_of(const Var *v, int64_t axis)
{
	uint32_t rank = rank_of(v);

	if (axis < 0)
		axis += rank;
	return axis >= 0 && axis < rank ? v->type->dim[axis] : 0;
}

bool
dims_known(const Var *v)
{
	return v && type_all_known(v->type);
}

bool
is_const_var(const Var *v)
{
	return (v && v->val) || is_constexpr_var(v);
}

bool
is_constexpr_var(const Var *v)
{
	return v && v->def && v->def->op->flags & CONSTEXPR;
}

bool
is_complex(const Var *v)
{
	return dtype_of(v) == DT_COMPLEX64;
}

bool
has_shape(const Var *v, const Dim *dim, uint32_t rank)
{
	if (rank_of(v) != rank)
		return false;
	for (uint32_t i = 0; i < rank; i++)
		if (v->type->dim[i] != dim[i])
			return false;
	return true;
}

bool
same_shape(const Var *a, const Var *b)
{
	return a && b && has_shape(a, b->type->dim, rank_of(b));
}

int64_t
axis_of(AtenCtx *c, int64_t axis, uint32_t rank)
{
	int64_t r = rank ? rank : 1;

	if (axis < -r || axis >= r) {
		aten_fail(c, "there is no dimension %lld in a tensor of rank %u", (long long)axis,
		          rank);
		return 0;
	}
	return axis < 0 ? axis + r : axis;
}

bool
ios(const AtenCtx *c, Opset at_least)
{
	return c->opset >= at_least;
}
