/* matmul.c: linear, matmul and einsum as products of matrices. Transposes are strides. An operand
 * that is one constant matrix is packed once. */
#include "gemm.h"
#include "plan.h"

enum { BATCH_AXES = 6 };

/* `many` products: the axes that count them, how far the matrices lie apart along each. */
typedef struct Products {
	Gemm g;
	int64_t many;
	int naxis;
	int64_t dim[BATCH_AXES], x[BATCH_AXES], y[BATCH_AXES], out[BATCH_AXES];
	bool keep_a, keep_b;
	bool turned; /* a is made of y, b of x */
} Products;

/* An axis of the batch; those added later count faster. False: there are too many. */
static bool
add_axis(Products *p, int64_t dim, int64_t x, int64_t y, int64_t out)
{
	if (dim == 1)
		return true;
	if (p->naxis == BATCH_AXES)
		return false;
	p->dim[p->naxis] = dim;
	p->x[p->naxis] = x;
	p->y[p->naxis] = y;
	p->out[p->naxis++] = out;
	p->many *= dim;
	return true;
}

static bool
is_one(const int64_t *stride, int n)
{
	for (int i = 0; i < n; i++)
		if (stride[i])
			return false;
	return true;
}

static void
turn_over(Products *p, bool *known_x, bool *known_y)
{
	bool known = *known_x;

	*known_x = *known_y;
	*known_y = known;
	for (int i = 0; i < p->naxis; i++) {
		int64_t x = p->x[i];
		p->x[i] = p->y[i];
		p->y[i] = x;
	}
}

/* Scratch and what is kept, when everything else is known. */
static bool
finish_plan(Products *p, bool known_x, bool known_y, KernelPlan *plan)
{
	const GemmApi *api = &FAST(gemm_api);
	Gemm g;

	if (p->many == 0 || p->g.k == 0)
		return false;
	p->turned = api->narrow(&p->g);
	if (p->turned)
		turn_over(p, &known_x, &known_y);
	g = p->g;
	if (!api->few_rows(g.m, g.b)) {
		p->keep_b = known_y && is_one(p->y, p->naxis);
		p->keep_a = known_x && !p->keep_b && is_one(p->x, p->naxis);
	}
	if (p->keep_b)
		plan->keep = api->packed_b(g.n, g.k);
	if (p->keep_a)
		plan->keep = api->packed_a(g.m, g.k);
	plan->keep_as = p->keep_a ? 1 : 2;
	g.packed_b = p->keep_b ? (const float *)1 : NULL;
	g.packed_a = p->keep_a ? (const float *)1 : NULL;
	api->scratch(&g, p->many, plan);
	return true;
}

static void
keep(const Eval *e, const KernelPlan *plan, void *kept, const Tensor *x, const Tensor *y)
{
	const Products *p = KERNEL_NOTE_OF(Products, plan);
	Mat a = p->g.a, b = p->g.b;

	(void)e;
	a.data = (p->turned ? y : x)->data;
	b.data = (p->turned ? x : y)->data;
	if (p->keep_a)
		FAST(gemm_api).pack_a(kept, a, p->g.m, p->g.k);
	else
		FAST(gemm_api).pack_b(kept, b, p->g.n, p->g.k);
}

static const void *
element(const void *data, bool half, int64_t at)
{
	return (const char *)data + at * (half ? 2 : 4);
}

static void
each(const void *ctx, int64_t i, Gemm *g)
{
	const Products *p = ctx;
	int64_t x = 0, y = 0, out = 0;

	for (int k = p->naxis - 1; k >= 0; k--) {
		int64_t at = i % p->dim[k];
		i /= p->dim[k];
		x += at * p->x[k];
		y += at * p->y[k];
		out += at * p->out[k];
	}
	g->a.data = element(g->a.data, g->a.half, x);
	g->b.data = element(g->b.data, g->b.half, y);
	g->c = (void *)(uintptr_t)element(g->c, g->half, out);
	g->at = out;
}

static void
run_products(const KernelCall *c, const Tensor *x, const Tensor *y, const float *bias)
{
	const Products *p = KERNEL_NOTE_OF(const Products, c->plan);
	Gemm g = p->g;

	g.a.data = (p->turned ? y : x)->data;
	g.b.data = (p->turned ? x : y)->data;
	g.c = c->e->out[0].t->data;
	g.bias = bias;
	g.packed_a = p->keep_a ? c->kept : NULL;
	g.packed_b = p->keep_b ? c->kept : NULL;
	FAST(gemm_api).run(c, &g, p->many, each, p);
}

/* ---- linear ---- */

static bool
plan_linear(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x), *w = eval_arg(e, ARG_weight);
	const Tensor *bias = eval_arg(e, ARG_bias);
	Products *p = KERNEL_NOTE_OF(Products, plan);
	int last = x->rank - 1;

	if (!is_floats(x) || !is_floats(w) || w->rank != 2 || last < 0 || x->dim[last] != w->dim[1])
		return false;
	if (bias && (!is_floats(bias) || bias->count != w->dim[0]))
		return false;
	*p = (Products){.many = 1};
	p->g = (Gemm){.n = w->dim[0], .k = w->dim[1], .row = w->dim[0]};
	p->g.m = dims_count(x->dim, 0, last);
	p->g.a = (Mat){.row = p->g.k, .col = 1, .half = x->dtype == DT_FP16};
	p->g.b = (Mat){.row = 1, .col = p->g.k, .half = w->dtype == DT_FP16};
	plan->dtype[0] = e->out_dtype ? e->out_dtype : x->dtype;
	if (plan->dtype[0] != DT_FP32 && plan->dtype[0] != DT_FP16)
		return false;
	p->g.half = plan->dtype[0] == DT_FP16;
	plan->rank[0] = x->rank;
	memcpy(plan->dim[0], x->dim, (size_t)x->rank * sizeof *x->dim);
	plan->dim[0][last] = w->dim[0];
	if (!finish_plan(p, false, known[op_column(e->row, ARG_weight)], plan))
		return false;
	plan->work = kernel_aligned(plan->work);
	plan->work += (size_t)w->dim[0] * sizeof(float); /* halves of the bias */
	return true;
}

static void
keep_linear(const Eval *e, const KernelPlan *plan, void *kept)
{
	keep(e, plan, kept, eval_arg(e, ARG_x), eval_arg(e, ARG_weight));
}

static void
run_linear(const KernelCall *c)
{
	const Tensor *bias = eval_arg(c->e, ARG_bias);
	const float *numbers = bias ? bias->data : NULL;

	if (bias && bias->dtype == DT_FP16) {
		float *to = (float *)(void *)((char *)c->work + c->plan->work) - bias->count;
		half_to_floats(to, bias->data, (size_t)bias->count);
		numbers = to;
	}
	run_products(c, eval_arg(c->e, ARG_x), eval_arg(c->e, ARG_weight), numbers);
}
const Kernel FAST(kernel_linear) = {
    .plan = plan_linear, .keep = keep_linear, .run = run_linear, .then = true};

/* ---- matmul ---- */

/* A vector x is a row, a vector y a column. */
static Mat
side(const Eval *e, const Tensor *t, ArgName transpose, bool left, int64_t *rows, int64_t *cols)
{
	bool flip = eval_bool(e, transpose, false) && t->rank > 1;
	int64_t r = t->rank > 1 ? t->dim[t->rank - 2] : left ? 1 : t->dim[0];
	int64_t c = t->rank > 1 || left ? t->dim[t->rank - 1] : 1;

	*rows = flip ? c : r;
	*cols = flip ? r : c;
	return (Mat){.row = flip ? 1 : c, .col = flip ? c : 1, .half = t->dtype == DT_FP16};
}

/* How far matrices lie apart along axis i of `rank` axes of a batch; 0: they are the same ones. */
static int64_t
batch_stride(const Tensor *t, int rank, int i, int64_t *dim)
{
	int k = i - (rank - MAX(t->rank - 2, 0));

	*dim = k >= 0 ? t->dim[k] : 1;
	return *dim == 1 ? 0 : dims_count(t->dim, k + 1, t->rank);
}

static bool
broadcast(const Tensor *x, const Tensor *y, int rank, int64_t *dim, int64_t *sx, int64_t *sy)
{
	for (int i = 0; i < rank; i++) {
		int64_t dx, dy;
		sx[i] = batch_stride(x, rank, i, &dx);
		sy[i] = batch_stride(y, rank, i, &dy);
		if (dx != dy && dx != 1 && dy != 1)
			return false;
		dim[i] = dx == 1 ? dy : dx;
	}
	return true;
}

static bool
plan_matmul(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x), *y = eval_arg(e, ARG_y);
	Products *p = KERNEL_NOTE_OF(Products, plan);
	int64_t k, *dim = plan->dim[0], sx[TENSOR_MAX_RANK], sy[TENSOR_MAX_RANK], so;
	int rank = MAX(x->rank, y->rank) - 2, last;

	if (!is_floats(x) || !is_floats(y) || x->rank < 1 || y->rank < 1)
		return false;
	*p = (Products){.many = 1};
	p->g.a = side(e, x, ARG_transpose_x, true, &p->g.m, &p->g.k);
	p->g.b = side(e, y, ARG_transpose_y, false, &k, &p->g.n);
	if (k != p->g.k)
		return false;
	plan->dtype[0] = e->out_dtype ? e->out_dtype : x->dtype;
	if (plan->dtype[0] != DT_FP32 && plan->dtype[0] != DT_FP16)
		return false;
	p->g.half = plan->dtype[0] == DT_FP16;
	p->g.row = p->g.n;
	rank = MAX(rank, 0);
	if (!broadcast(x, y, rank, dim, sx, sy))
		return false;
	so = p->g.m * p->g.n * dims_count(dim, 0, rank);
	for (int i = 0; i < rank; i++) {
		so = dim[i] ? so / dim[i] : 0;
		if (!add_axis(p, dim[i], sx[i], sy[i], so))
			return false;
	}
	last = rank;
	if (x->rank > 1)
		dim[last++] = p->g.m;
	if (y->rank > 1)
		dim[last++] = p->g.n;
	plan->rank[0] = last;
	return finish_plan(p, known[op_column(e->row, ARG_x)], known[op_column(e->row, ARG_y)],
	                   plan);
}

static void
keep_matmul(const Eval *e, const KernelPlan *plan, void *kept)
{
	keep(e, plan, kept, eval_arg(e, ARG_x), eval_arg(e, ARG_y));
}

static void
run_matmul(const KernelCall *c)
{
	run_products(c, eval_arg(c->e, ARG_x), eval_arg(c->e, ARG_y), NULL);
}
const Kernel FAST(kernel_matmul) = {
    .plan = plan_matmul, .keep = keep_matmul, .run = run_matmul, .then = true};

/* ---- einsum: bnhk,bkhm->bnhm, or without b ---- */

/* A shape with b; false: it has another rank. */
static bool
with_batch(const Tensor *t, int64_t *dim)
{
	if (!is_floats(t) || t->rank < 3 || t->rank > 4)
		return false;
	dim[0] = 1;
	memcpy(dim + 4 - t->rank, t->dim, (size_t)t->rank * sizeof *dim);
	return true;
}

static bool
plan_einsum(const Eval *e, const bool *known, KernelPlan *plan)
{
	const EvalArg *v = eval_operand(e, ARG_values);
	const Tensor *tx = v->n == 2 ? v->v[0].t : NULL, *ty = v->n == 2 ? v->v[1].t : NULL;
	Products *p = KERNEL_NOTE_OF(Products, plan);
	int64_t x[4], y[4], out[4];

	(void)known;
	if (!tx || !ty || tx->rank != ty->rank || !with_batch(tx, x) || !with_batch(ty, y) ||
	    x[3] != y[1])
		return false;
	plan->dtype[0] = e->out_dtype ? e->out_dtype : tx->dtype;
	if (plan->dtype[0] != DT_FP32 && plan->dtype[0] != DT_FP16)
		return false;
	for (int i = 0; i < 4; i += 2) {
		if (x[i] != y[i] && x[i] != 1 && y[i] != 1)
			return false;
		out[i] = x[i] == 1 ? y[i] : x[i];
	}
	out[1] = x[1];
	out[3] = y[3];
	plan->rank[0] = tx->rank;
	memcpy(plan->dim[0], out + 4 - tx->rank, (size_t)tx->rank * sizeof *out);
	*p = (Products){.many = 1, .g = {.m = x[1], .n = y[3], .k = x[3], .row = out[2] * out[3]}};
	p->g.a = (Mat){.row = x[2] * x[3], .col = 1, .half = tx->dtype == DT_FP16};
	p->g.b = (Mat){.row = y[2] * y[3], .col = 1, .half = ty->dtype == DT_FP16};
	p->g.half = plan->dtype[0] == DT_FP16;
	return add_axis(p, out[0], x[0] == 1 ? 0 : x[1] * p->g.a.row,
	                y[0] == 1 ? 0 : y[1] * p->g.b.row, out[1] * p->g.row) &&
	       add_axis(p, out[2], x[2] == 1 ? 0 : x[3], y[2] == 1 ? 0 : y[3], out[3]) &&
	       finish_plan(p, false, false, plan);
}

static void
run_einsum(const KernelCall *c)
{
	const RtValue *v = eval_operand(c->e, ARG_values)->v;

	run_products(c, v[0].t, v[1].t, NULL);
}
const Kernel FAST(kernel_einsum) = {.plan = plan_einsum, .run = run_einsum, .then = true};
