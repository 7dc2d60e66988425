/* axes.c: the axes of blobs: what layers see of them, by the rows of axes.def, and the shapes of
 * inputs and outputs in networks of the first versions. lift.h has the rules.
 */
#include "lift.h"

AxesView
lift_view(const char *kind)
{
	static const struct {
		const char *name;
		AxesView view;
	} rows[] = {
#define AXES(name, view) {name, AXES_##view},
#include "axes.def"
	};
	size_t n = strcspn(kind, ".");

	for (size_t k = 0; k < countof(rows); k++)
		if (strlen(rows[k].name) == n && !strncmp(rows[k].name, kind, n))
			return rows[k].view;
	return AXES_NONE;
}

/* ---- shapes ---- */

static size_t
piece_length(const DimPiece *p)
{
	return p->of ? p->to - p->from : 1;
}

static Dim
piece_dim(const DimPiece *p, size_t k)
{
	return p->of ? p->of->type->dim[p->from + k] : p->number;
}

/* Some dimensions of a shape that is known only at run time. */
static Var *
run_time_piece(Lift *l, const DimPiece *p)
{
	int64_t from = p->from, to = p->to;
	Var *shape = lift_shape_of(l, p->of);

	return lift_op(l, OP_slice_by_index,
	               ARGS(VAR("x", shape), TENSOR("begin", lift_vec(l, &from, 1)),
	                    TENSOR("end", lift_vec(l, &to, 1))));
}

Var *
lift_pieces(Lift *l, const DimPiece *piece, size_t n)
{
	Operand *part = newn(l->arena, Operand, MAX(n, 1));
	uint32_t count = 0;

	for (size_t k = 0; k < n; k++) {
		if (piece_length(&piece[k]) == 0)
			continue;
		part[count++] =
		    (Operand){.kind = A_VAR,
		              .var = piece[k].of ? run_time_piece(l, &piece[k])
		                                 : lift_const(l, lift_vec(l, &piece[k].number, 1))};
		if (!part[count - 1].var)
			return NULL;
	}
	return lift_joined(l, part, count, 0);
}

/* One dimension that is not known is what remains of v. */
Var *
lift_reshaped(Lift *l, Var *v, const DimPiece *piece, size_t n)
{
	int64_t dim[TENSOR_MAX_RANK];
	size_t rank = 0, unknown = 0;

	if (!v)
		return NULL;
	for (size_t p = 0; p < n; p++)
		for (size_t k = 0; k < piece_length(&piece[p]) && rank < TENSOR_MAX_RANK; k++) {
			Dim d = piece_dim(&piece[p], k);
			bool known = dim_known(d) && d >= 0;
			dim[rank++] = known ? d : -1;
			unknown += !known;
		}
	if (unknown < 2)
		return lift_op(l, OP_reshape,
		               ARGS(VAR("x", v), TENSOR("shape", lift_vec(l, dim, rank))));
	return lift_op(l, OP_reshape, ARGS(VAR("x", v), VAR("shape", lift_pieces(l, piece, n))));
}

/* ---- what a layer sees ---- */

Var *
lift_as_images(Lift *l, Var *x)
{
	uint32_t rank = x ? x->type->rank : 0;
	int64_t batch;

	l->images = NULL;
	if (rank < 3 || rank == 4)
		return x;
	l->images = x;
	if (rank == 3)
		return lift_expanded(l, x, (int64_t[]){0}, 1);
	if (!shape_count(x->type->dim, (int)rank - 3, &batch))
		batch = -1; /* some of them are not known */
	return lift_reshaped(l, x, (DimPiece[]){{NULL, 0, 0, batch}, {x, rank - 3, rank, 0}}, 2);
}

Var *
lift_as_before(Lift *l, Var *y)
{
	Var *x = (Var *)(uintptr_t)l->images;

	if (!x || !y)
		return y;
	if (x->type->rank == 3)
		return lift_squeezed(l, y, (int64_t[]){0}, 1);
	return lift_reshaped(l, y, (DimPiece[]){{x, 0, x->type->rank - 3, 0}, {y, 1, 4, 0}}, 2);
}

Var *
lift_five(Lift *l, Var *v)
{
	static const int64_t front[] = {0, 1};
	uint32_t rank = v ? v->type->rank : 0;

	if (!l->short_blobs || rank < 3 || rank >= 5)
		return v;
	return lift_expanded(l, v, front, 5 - rank);
}

/* ---- inputs and outputs ---- */

Var *
lift_from_feature(Lift *l, const Feature *f, Var *v)
{
	static const int64_t batch = 0, around[] = {0, 2, 3}, behind[] = {3, 4};

	if (f->sequence)
		return f->rank == 3 ? lift_expanded(l, v, behind, 2) : v;
	if (f->kind == FEATURE_ARRAY && f->rank == 1)
		v = lift_expanded(l, v, around, 3);
	else if (f->kind == FEATURE_ARRAY)
		v = lift_expanded(l, v, &batch, 1);
	return l->short_blobs || !v ? v : lift_expanded(l, v, &batch, 1);
}

static bool
all_ones(const Type *t, uint32_t from, uint32_t to)
{
	for (uint32_t k = from; k < to; k++)
		if (t->dim[k] != 1)
			return false;
	return true;
}

Var *
lift_for_feature(Lift *l, const Feature *f, Var *v)
{
	uint32_t rank = v->type->rank, front = rank > 3 ? rank - 3 : 0;
	int64_t axes[5];
	size_t n = 0;

	if (!l->rank5 || rank < 3 || rank > 5)
		return v;
	if (f->kind == FEATURE_IMAGE) /* a program has them with a batch */
		return rank == 5 && v->type->dim[0] == 1 ? lift_squeezed(l, v, (int64_t[]){0}, 1)
		                                         : v;
	bool vector = f->has_shape && f->rank == 1 && all_ones(v->type, rank - 2, rank);
	bool sequence = l->short_blobs && !f->has_shape && rank == 5; /* a layer has made one */
	if (!all_ones(v->type, sequence, front)) {
		v = lift_five(l, v);
		rank = 5;
	} else {
		for (uint32_t k = sequence; k < front; k++)
			axes[n++] = k;
	}
	for (uint32_t k = rank - 2; vector && k < rank; k++)
		axes[n++] = k;
	return n ? lift_squeezed(l, v, axes, n) : v;
}
