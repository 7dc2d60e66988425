/* ane_rank4.c: an operation on five axes or more works on four, some of which are two in one.
 *
 *   %y = add(x=%a, y=%b)                          both (2, 3, 4, 5, 6)
 *     ->
 *   %0 = reshape(x=%a, shape=[6, 4, 5, 6])
 *   %1 = reshape(x=%b, shape=[6, 4, 5, 6])
 *   %2 = add(x=%0, y=%1)
 *   %y = reshape(x=%2, shape=[2, 3, 4, 5, 6])
 *
 * Reshapes in a row merge, so that of a chain only the first and the last are left, at best none
 * that sees five axes. Axes are neighbours that the operation treats alike: both in all operands or
 * in none, both reduced or neither, together before and after a transpose. On FluidAudio's models
 * this moved everything to the engine, of which nothing was there; Core ML ends at rank 5.
 *
 * Left alone: shapes with symbols, operations other than those on elements, transposes, reductions,
 * softmax, layer_norm, concat, slices, matmul; transposes that mix more than five axes.
 */
#include "ane_rank4.h"

#include "pass/transpose_ops.h"

/* Axes k and k + 1 of an operand can be one where those of the result are (A, B). */
static bool
together(const int64_t *operand, const int64_t *whole, int k)
{
	return whole[k] == 1 || whole[k + 1] == 1 || (operand[k] == 1 && operand[k + 1] == 1) ||
	       (operand[k] == whole[k] && operand[k + 1] == whole[k + 1]);
}

/* Its dimensions with ones in front up to the rank. */
static bool
widen(const Merge *m, const Var *v, int64_t *dim)
{
	int lead = m->rank - (int)v->type->rank;

	for (int k = 0; k < lead; k++)
		dim[k] = 1;
	return lead >= 0 && ane_dims(v, dim + lead);
}

static bool
restrict_to(Merge *m, const Var *v)
{
	int64_t dim[TENSOR_MAX_RANK];

	if (!v || v->type->kind != TY_TENSOR || !widen(m, v, dim))
		return false;
	for (int k = 0; k + 1 < m->rank; k++)
		m->may[k] = m->may[k] && together(dim, m->dim, k);
	return true;
}

bool
rank4_group(Merge *m)
{
	int left = m->rank;

	for (int k = 0; k < m->rank; k++)
		m->group[k] = k == 0 ? 0 : m->group[k - 1] + 1;
	for (int k = 0; k + 1 < m->rank && left > 4; k++)
		if (m->may[k]) {
			for (int n = k + 1; n < m->rank; n++)
				m->group[n]--;
			left--;
		}
	m->ngroup = left;
	return left <= 4;
}

Var *
rank4_merged(const Merge *m, Var *v)
{
	int64_t dim[TENSOR_MAX_RANK], out[TENSOR_MAX_RANK];

	if (!v || v->type->rank == 0 || !widen(m, v, dim))
		return v;
	for (int k = 0; k < m->ngroup; k++)
		out[k] = 1;
	for (int k = 0; k < m->rank; k++)
		out[m->group[k]] *= dim[k];
	return ane_reshape(m->c, m->b, v, out, m->ngroup);
}

bool
rank4_finish(const Merge *m, Inst *i, Var *y)
{
	int64_t dim[TENSOR_MAX_RANK];

	return ane_dims(i->out[0], dim) &&
	       ane_replace(m->c, i, ane_reshape(m->c, m->b, y, dim, (int)i->out[0]->type->rank),
	                   GONE(i));
}

static void
all_may(Merge *m)
{
	for (int k = 0; k < m->rank; k++)
		m->may[k] = true;
}

/* Axes that the operation singles out are alone. */
static void
alone(Merge *m, int64_t axis)
{
	if (axis > 0)
		m->may[axis - 1] = m->may[axis - 1] && m->dim[axis - 1] == 1;
	m->may[axis] = axis + 1 < m->rank && m->may[axis] && m->dim[axis + 1] == 1;
}

/* ---- on elements ---- */

static bool
elements(Merge *m, Inst *i, const char *const *name, int n)
{
	Operand over[3];

	all_may(m);
	for (int k = 0; k < n; k++)
		if (inst_arg(i, name[k])->type->rank && !restrict_to(m, inst_arg(i, name[k])))
			return false;
	if (!rank4_group(m))
		return false;
	for (int k = 0; k < n; k++)
		over[k] = (Operand)VAR(name[k], rank4_merged(m, inst_arg(i, name[k])));
	return rank4_finish(
	    m, i, rewrite_again(m->b, i, name_new(m->c, i->op->name), over, (uint32_t)n));
}

/* ---- along axes ---- */

static bool
reduction(Merge *m, Inst *i)
{
	int64_t axes[TENSOR_MAX_RANK], seen = -1;
	int n = inst_arg(i, "axes") ? val_ints(inst_arg(i, "axes"), axes, TENSOR_MAX_RANK) : -1;
	bool on[TENSOR_MAX_RANK] = {false};
	Var *x;

	if (n <= 0)
		return false;
	for (int k = 0; k < n; k++)
		on[axis_from_front(axes[k], (uint32_t)m->rank)] = true;
	all_may(m);
	for (int k = 0; k + 1 < m->rank; k++)
		m->may[k] = on[k] == on[k + 1];
	if (!rank4_group(m))
		return false;
	n = 0;
	for (int k = 0; k < m->rank; k++)
		if (on[k] && m->group[k] != seen)
			axes[n++] = seen = m->group[k];
	x = rank4_merged(m, inst_arg(i, "x"));
	return rank4_finish(m, i,
	                    rewrite_again(m->b, i, name_new(m->c, i->op->name),
	                                  (Operand[]){VAR("x", x), INTSC(m->c, "axes", axes, n),
	                                              BOOLC(m->b, "keep_dims", true)},
	                                  3));
}

static bool
softmax(Merge *m, Inst *i)
{
	int axis = ane_axis(i, "axis", (uint32_t)m->rank);

	all_may(m);
	if (axis < 0)
		return false;
	alone(m, axis);
	return rank4_group(m) && rank4_finish(m, i,
	                          ane_softmax(m->c, m->b, rank4_merged(m, inst_arg(i, "x")),
	                                      m->group[axis]));
}

static bool
layer_norm(Merge *m, Inst *i)
{
	int64_t axes[TENSOR_MAX_RANK];
	int n = val_ints(inst_arg(i, "axes"), axes, TENSOR_MAX_RANK);
	Var *x;

	all_may(m);
	for (int k = 0; k < n; k++) {
		axes[k] = axis_from_front(axes[k], (uint32_t)m->rank);
		m->may[axes[k]] = false;
		if (axes[k] > 0)
			m->may[axes[k] - 1] = false;
	}
	if (n <= 0 || !rank4_group(m))
		return false;
	for (int k = 0; k < n; k++)
		axes[k] = m->group[axes[k]];
	x = rank4_merged(m, inst_arg(i, "x"));
	return rank4_finish(
	    m, i,
	    rewrite_again(m->b, i, name_new(m->c, "layer_norm"),
	                  (Operand[]){VAR("x", x), INTSC(m->c, "axes", axes, n)}, 2));
}

/* The axis and what stands behind it are one row after the other in all of the parts. */
static bool
concat(Merge *m, Inst *i)
{
	const Arg *a = inst_args(i, "values");
	int axis = ane_axis(i, "axis", (uint32_t)m->rank);
	VEC(Var *) part = {0};

	if (axis < 0 || ane_flag(i, "interleave"))
		return false;
	all_may(m);
	if (axis > 0)
		m->may[axis - 1] = m->dim[axis - 1] == 1;
	for (uint32_t k = 0; k < a->n; k++)
		if (!type_all_known(arg_at(a, k)->type))
			return false;
	if (!rank4_group(m))
		return false;
	for (uint32_t k = 0; k < a->n; k++)
		vec_push(m->c->arena, &part, rank4_merged(m, arg_at(a, k)));
	return rank4_finish(m, i, ane_concat(m->c, m->b, part.at, part.n, m->group[axis]));
}

static bool
matmul(Merge *m, Inst *i)
{
	static const char *const name[] = {"x", "y"};
	int64_t x[TENSOR_MAX_RANK], y[TENSOR_MAX_RANK];
	Operand over[2];

	if (!widen(m, inst_arg(i, "x"), x) || !widen(m, inst_arg(i, "y"), y))
		return false;
	all_may(m);
	for (int k = 0; k + 1 < m->rank; k++)
		m->may[k] = k + 1 < m->rank - 2 && together(x, m->dim, k) &&
		            together(y, m->dim, k);
	if (!rank4_group(m))
		return false;
	for (int k = 0; k < 2; k++)
		over[k] = (Operand)VAR(name[k], rank4_merged(m, inst_arg(i, name[k])));
	return rank4_finish(m, i, rewrite_again(m->b, i, name_new(m->c, "matmul"), over, 2));
}

/* expand_dims and squeeze count as reshapes, which merge. */
static bool
reshape(Merge *m, Inst *i)
{
	Var *x = inst_arg(i, "x");

	return type_all_known(x->type) && rank4_finish(m, i, x);
}

static bool
begin(Merge *m, const Var *v)
{
	m->rank = (int)v->type->rank;
	return v->type->kind == TY_TENSOR && m->rank > 4 && ane_dims(v, m->dim);
}

/* Some value has more than four axes. */
static bool
is_high(const Inst *i)
{
	const Var *x = inst_argn(i, 0);

	return (x && x->type->kind == TY_TENSOR && x->type->rank > 4) ||
	       (i->out[0]->type->kind == TY_TENSOR && i->out[0]->type->rank > 4);
}

static bool
along_axes(Merge *m, Inst *i)
{
	const Var *x = inst_is(i, OP_concat) ? i->out[0] : inst_argn(i, 0);

	if (!x || !begin(m, x))
		return false;
	switch (i->op->code) {
	case OP_concat: return concat(m, i);
	case OP_softmax: return softmax(m, i);
	case OP_layer_norm: return layer_norm(m, i);
	case OP_transpose: return rank4_transpose(m, i);
	case OP_slice_by_index: return rank4_slice(m, i);
	default: return i->op->flags & REDUCES && reduction(m, i);
	}
}

static bool
rewrite(PassCtx *c, Inst *i)
{
	static const char *const one[] = {"x"}, *const two[] = {"x", "y"},
	                         *const three[] = {"cond", "a", "b"};
	Builder b = pass_builder_before(c, i);
	Merge m = {.c = c, .b = &b};

	if (i->nout != 1 || i->op->flags & CONSTEXPR || !is_high(i))
		return false;
	switch (i->op->code) {
	case OP_expand_dims:
	case OP_squeeze: return reshape(&m, i);
	case OP_matmul: return begin(&m, i->out[0]) && matmul(&m, i);
	case OP_select: return begin(&m, i->out[0]) && elements(&m, i, three, 3);
	case OP_cast: /* at the edge of a program it stays there */
		return inst_is(inst_argn(i, 0)->def, OP_reshape) && begin(&m, i->out[0]) &&
		       elements(&m, i, one, 1);
	case OP_inverse: return begin(&m, i->out[0]) && elements(&m, i, one, 1);
	default: break;
	}
	if (strcmp(i->op->family, "elementwise_binary") == 0)
		return begin(&m, i->out[0]) && elements(&m, i, two, 2);
	if (transpose_op_is_unary(i))
		return begin(&m, i->out[0]) && elements(&m, i, one, 1);
	return along_axes(&m, i);
}

bool
pass_ane_rank4(PassCtx *c)
{
	ane_each(c, rewrite);
	return true;
}
