/* fuse_layernorm_or_instancenorm.c: normalization written out becomes one op. With m the mean of x
 * and v the mean of (x - m)^2, over the same axes, the forms are:
 *
 *   1  r = rsqrt(v + eps) * gamma;  y = x * r + (beta - m * r)
 *   2  y = (x - m) / pow(v + eps, 0.5) * gamma + beta
 *   3  r = rsqrt(v + eps);  y = x * r + (m * r) * -1
 *   4  as 1, with sums times 1/n: m = sum(x) / n, v = sum(x * x) / n - m * m
 *   5  y = ((x - m) * rsqrt(v + eps) + beta) * gamma, over axis 1; or without beta and gamma
 *
 *   %y = layer_norm(x=%x, axes, gamma, beta, epsilon)
 *   %y = instance_norm(x=%x, gamma, beta, epsilon)        for height and width of rank 4
 *
 * norm_match.c finds the forms.
 */
#include "norm_match.h"

#include <stdlib.h>

typedef struct Axes {
	int64_t at[TENSOR_MAX_RANK]; /* from the end, ascending */
	int n;
} Axes;

static int
ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static bool
are(const Axes *a, int64_t from, int n)
{
	if (a->n != n)
		return false;
	for (int k = 0; k < n; k++)
		if (a->at[k] != from + k)
			return false;
	return true;
}

static bool
has_val_rank(const Tensor *t, int rank)
{
	return t && t->rank == rank;
}

/* A tensor with at most one dimension that is not 1, and that of so many elements. */
static bool
is_vector(const Tensor *t, int64_t n)
{
	int wide = 0;

	if (!t || t->count != n)
		return false;
	for (int k = 0; k < t->rank; k++)
		wide += t->dim[k] != 1;
	return wide == 1;
}

static bool
is_layer_norm(const NormMatch *m, const Axes *a, uint32_t rank)
{
	if (rank == 4 && are(a, -3, 1))
		return (!m->gamma && !m->beta) ||
		       (has_val_rank(m->gamma, 1) && has_val_rank(m->beta, 1));
	return has_val_rank(m->gamma, a->n) && has_val_rank(m->beta, a->n) && are(a, -a->n, a->n);
}

/* Images with channels last are transposed for the time of it. */
static Var *
instance_norm(PassCtx *c, Builder *b, const NormMatch *m, bool last, const Str *name)
{
	static const int64_t first_perm[] = {0, 3, 1, 2}, last_perm[] = {0, 2, 3, 1};
	Arena *a = c->prog->arena;
	Var *x = m->x;

	if (last)
		x = build_ints(c, b, OP_transpose, name_join(c, name, "_transpose_nhwc_nchw"), x,
		               "perm", first_perm, 4);
	x = build1(b, OP_instance_norm, last ? name_join(c, name, "_instancenorm") : name,
	           ARGS(VAR("x", x), TENSOR("gamma", tensor_flat(a, m->gamma)),
	                TENSOR("beta", tensor_flat(a, m->beta)), VAR("epsilon", m->epsilon)));
	return last ? build_ints(c, b, OP_transpose, name, x, "perm", last_perm, 4) : x;
}

static Var *
layer_norm(Builder *b, const NormMatch *m, const Str *name)
{
	Var *axes = inst_arg(m->reduce, "axes");

	if (!m->gamma)
		return build1(b, OP_layer_norm, name,
		              ARGS(VAR("x", m->x), VAR("axes", axes), VAR("epsilon", m->epsilon)));
	return build1(b, OP_layer_norm, name,
	              ARGS(VAR("x", m->x), VAR("axes", axes), TENSOR("gamma", m->gamma),
	                   TENSOR("beta", m->beta), VAR("epsilon", m->epsilon)));
}

static bool
replace(PassCtx *c, const NormMatch *m)
{
	const Type *t = m->x->type;
	const Str *name = m->end->out[0]->name;
	bool first = false, last = false, layers;
	Axes a;
	Builder b;
	Var *y;

	a.n = val_ints(inst_arg(m->reduce, "axes"), a.at, TENSOR_MAX_RANK);
	for (int k = 0; k < a.n; k++)
		a.at[k] -= a.at[k] >= 0 ? (int64_t)t->rank : 0;
	qsort(a.at, (size_t)MAX(a.n, 0), sizeof *a.at, ascending);
	layers = is_layer_norm(m, &a, t->rank);
	if (t->rank == 4 && m->gamma && m->beta) {
		first = are(&a, -2, 2) && is_vector(m->gamma, t->dim[1]) &&
		        is_vector(m->beta, t->dim[1]);
		last = are(&a, -3, 2) && is_vector(m->gamma, t->dim[3]) &&
		       is_vector(m->beta, t->dim[3]);
	}
	if (!layers && !first && !last)
		return false;
	b = builder_at(c, m->end, m->end);
	y = first || last ? instance_norm(c, &b, m, last, name) : layer_norm(&b, m, name);
	return pass_try_replace(c, m->end->out[0], y, m->part, m->npart);
}

bool
rewrite_fuse_layernorm_or_instancenorm(PassCtx *c, Inst *reduce)
{
	NormMatch m;

	return norm_match(c, &m, reduce) && replace(c, &m);
}
