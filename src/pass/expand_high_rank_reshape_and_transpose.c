/* expand_high_rank_reshape_and_transpose.c: a transpose of rank 6 or more, between reshapes, is
 * done in steps of lower rank.
 *
 *   %a = reshape(x=%x, shape=[1, 2, 3, 2, 2, 2, 4])
 *   %b = transpose(x=%a, perm=[0, 4, 5, 3, 6, 1, 2])
 *   %y = reshape(x=%b, shape=[…])                        rank at most 5
 *
 * Axes that stay neighbours are one axis. If then less than six are left, one transpose of the
 * grouped shape does it. Otherwise each of them in turn is brought to its place: (what is in place,
 * what lies before it, it, what lies behind it) -> transpose(perm=[0, 2, 1, 3]).
 */
#include "match.h"

typedef struct Groups {
	int n;
	int64_t size[TENSOR_MAX_RANK]; /* in the order of the operand */
	int64_t perm[TENSOR_MAX_RANK];
} Groups;

/* Runs of axes that the permutation keeps together. */
static void
group(Groups *g, const int64_t *perm, int rank, const Dim *dim)
{
	int64_t first[TENSOR_MAX_RANK], size[TENSOR_MAX_RANK];

	g->n = 0;
	for (int k = 0; k < rank; k++) {
		if (k == 0 || perm[k] != perm[k - 1] + 1) {
			first[g->n] = perm[k];
			size[g->n++] = 1;
		}
		size[g->n - 1] *= dim[perm[k]];
	}
	for (int k = 0; k < g->n; k++) {
		int64_t place = 0;
		for (int j = 0; j < g->n; j++)
			place += first[j] < first[k];
		g->perm[k] = place;
		g->size[place] = size[k];
	}
}

/* The product of the sizes of groups [from, to) that are not in place yet. */
static int64_t
rest(const Groups *g, const bool *placed, int from, int to)
{
	int64_t n = 1;

	for (int k = from; k < to; k++)
		n *= placed[k] ? 1 : g->size[k];
	return n;
}

static Var *
in_steps(PassCtx *c, Builder *b, Var *x, const Groups *g)
{
	static const int64_t swap[] = {0, 2, 1, 3};
	bool placed[TENSOR_MAX_RANK] = {false};
	int64_t lead = 1;

	for (int k = 0; k < g->n; k++) {
		int axis = (int)g->perm[k];
		placed[axis] = true;
		int64_t shape[] = {lead, rest(g, placed, 0, axis), g->size[axis],
		                   rest(g, placed, axis + 1, g->n)};
		x = build_ints(c, b, OP_reshape, NULL, x, "shape", shape, 4);
		x = build_ints(c, b, OP_transpose, NULL, x, "perm", swap, 4);
		lead *= g->size[axis];
	}
	return x;
}

bool
rewrite_expand_high_rank_reshape_and_transpose(PassCtx *c, Inst *first)
{
	Inst *transpose = inst_follow(first, OP_transpose);
	Inst *last = inst_follow(transpose, OP_reshape);
	const Type *t = first->out[0]->type;
	int64_t perm[TENSOR_MAX_RANK];
	Groups g;
	Builder b;
	Var *x = inst_argn(first, 0);

	if (t->rank < 6 || t->rank > TENSOR_MAX_RANK || t->count < 0 || !last ||
	    last->out[0]->type->rank > 5 || !inst_val(last, "shape") ||
	    val_ints(inst_arg(transpose, "perm"), perm, TENSOR_MAX_RANK) != (int)t->rank)
		return false;
	for (uint32_t k = 0; k < t->rank; k++)
		perm[k] = axis_from_front(perm[k], t->rank);
	group(&g, perm, (int)t->rank, t->dim);
	b = builder_at(c, last, last);
	if (g.n < 6) {
		x = build_ints(c, &b, OP_reshape, NULL, x, "shape", g.size, g.n);
		x = build_ints(c, &b, OP_transpose, NULL, x, "perm", g.perm, g.n);
	} else {
		x = in_steps(c, &b, x, &g);
	}
	x = build1(&b, OP_reshape, name_new(c, "reshape"),
	           ARGS(VAR("x", x), VAR("shape", inst_arg(last, "shape"))));
	return pass_try_replace(c, last->out[0], x, GONE(first, transpose, last));
}
