/* attention.c: scaled_dot_product_attention, softmax(q k' / sqrt(width) + mask) v, for a head and a
 * block of queries at a time.
 *
 * A block is computed turned over: keys are rows, the queries of the block columns. So the products
 * of K with the queries are laid out as the next product, of the turned V with them, wants its
 * second operand; and softmax runs down the columns, TILE_COLS queries at a time. Its sums have
 * four chains, one for each key mod 4, added as (0 + 2) + (1 + 3). A few queries (decoding) are
 * done a row at a time, from K and V as they lie in memory.
 */
#include "tile.h"
#include "vmath.h"
#include "plan.h"

#include <math.h>

enum {
	FEW_QUERIES = 3,
	BLOCK = TILE_COLS,
	SUMS = 4,
	HEAD_AXES = 8, /* that count the heads, at most */
};

/* Where the mask has no axis of its own, or one of 1, its stride is 0. */
typedef struct Attention {
	int64_t heads, queries, keys, width, values;
	bool half, masked;
	int naxis; /* of the heads */
	int64_t dim[HEAD_AXES], mask_stride[HEAD_AXES], mask_row;
	DType mask;
	float scale;
} Attention;

typedef struct Attend {
	const Attention *a;
	const KernelCall *call;
	const Tensor *q, *k, *v, *mask;
	void *out;
	int64_t head, parts; /* a head's queries are shared out in so many jobs */
	/* scratch */
	float *keys, *values, *query, *score, *result, *masks, *mask_rows;
} Attend;

static Mat
matrix(const Tensor *t, int64_t cols)
{
	return (Mat){.data = t->data, .row = cols, .col = 1, .half = t->dtype == DT_FP16};
}

/* ---- the mask ---- */

static bool
plan_mask(Attention *a, const Tensor *q, const Tensor *mask)
{
	int64_t stride[TENSOR_MAX_RANK] = {0}, step = 1;

	if (!mask)
		return true;
	if (mask->rank < 1 || mask->dim[mask->rank - 1] != a->keys ||
	    (mask->dtype != DT_BOOL && !is_floats(mask)))
		return false;
	for (int i = 1; i <= mask->rank; i++) {
		int64_t d = mask->dim[mask->rank - i];
		if (i > 1 && d != 1) {
			if (i > q->rank || d != q->dim[q->rank - i])
				return false;
			stride[q->rank - i] = step;
		}
		step *= d;
	}
	a->masked = true;
	a->mask = mask->dtype;
	a->mask_row = stride[q->rank - 2];
	memcpy(a->mask_stride, stride, (size_t)a->naxis * sizeof *stride);
	return true;
}

/* Where the mask of a head's first query begins. */
static int64_t
mask_at(const Attention *a, int64_t head)
{
	int64_t at = 0;

	for (int i = a->naxis - 1; i >= 0; i--) {
		at += head % a->dim[i] * a->mask_stride[i];
		head /= a->dim[i];
	}
	return at;
}

/* Numbers of the mask to add, for all keys of one query. */
static void
mask_line(const Attend *j, int64_t at, float *to)
{
	const Attention *a = j->a;
	const Mat m = {.data = j->mask->data, .half = a->mask == DT_FP16};

	if (a->mask == DT_BOOL)
		for (int64_t i = 0; i < a->keys; i++)
			to[i] = ((const uint8_t *)j->mask->data)[at + i] ? 0 : -INFINITY;
	else
		load_line(to, &m, at, 1, a->keys, a->keys);
}

/* The same for a block of queries, turned over. */
static void
mask_block(const Attend *j, int64_t first, int64_t n)
{
	const Attention *a = j->a;
	int64_t at = mask_at(a, j->head) + first * a->mask_row;
	Mat m = {.data = j->mask->data, .half = a->mask == DT_FP16};
	int64_t far = a->mask_row;

	if (a->mask == DT_BOOL) {
		for (int64_t i = 0; i < n; i++)
			mask_line(j, at + i * far, j->mask_rows + i * a->keys);
		m.data = j->mask_rows;
		at = 0;
		far = a->keys;
	}
	pack_strip(j->masks, &m, at, far, 1, (int)n, BLOCK, a->keys);
}

/* ---- many queries ---- */

/* score * scale + mask, which goes back to where the score was; and the largest of each query. */
static V
scale_scores(const Attend *j, float *s)
{
	const Attention *a = j->a;
	const V scale = v_set1(a->scale);
	const float *m = j->masks + (s - j->score);
	V most = v_set1(-INFINITY);

	for (int64_t k = 0; k < a->keys; k++) {
		V x = v_load(s + k * BLOCK);
		if (!a->masked)
			x = v_mul(x, scale);
		else if (a->mask_row)
			x = v_fma(x, scale, v_load(m + k * BLOCK));
		else
			x = v_fma(x, scale, v_set1(j->mask_rows[k]));
		v_store(s + k * BLOCK, x);
		most = v_max(x, most);
	}
	return most;
}

/* Scores become exp(score - most); the sums of them. */
static V
exponents(float *s, int64_t keys, V most)
{
	V sum[SUMS] = {v_zero(), v_zero(), v_zero(), v_zero()};
	int64_t k = 0;

	for (; k + SUMS <= keys; k += SUMS)
#pragma GCC unroll 4
		for (int i = 0; i < SUMS; i++) {
			V x = v_exp_below(v_sub(v_load(s + (k + i) * BLOCK), most));
			v_store(s + (k + i) * BLOCK, x);
			sum[i] = v_add(sum[i], x);
		}
	for (int i = 0; k < keys; k++, i++) {
		V x = v_exp_below(v_sub(v_load(s + k * BLOCK), most));
		v_store(s + k * BLOCK, x);
		sum[i] = v_add(sum[i], x);
	}
	return v_add(v_add(sum[0], sum[2]), v_add(sum[1], sum[3]));
}

static void
store_line(const Attend *j, int64_t row, const float *line)
{
	const Attention *a = j->a;

	if (a->half)
		v_store_halves((uint16_t *)j->out + row * a->values, line, (size_t)a->values);
	else
		memcpy((float *)j->out + row * a->values, line, (size_t)a->values * sizeof *line);
}

/* Queries [first, first + n) of the job's head. */
static void
block(const Attend *j, int64_t first, int64_t n)
{
	const Attention *a = j->a;
	int64_t row = j->head * a->queries + first;
	Mat q = matrix(j->q, a->width), turned = {.data = j->result, .row = 1, .col = BLOCK};
	Tiles t = {.m = a->keys, .n = BLOCK, .k = a->width, .a = j->keys, .b = j->query};
	float *line = j->query; /* done with by then; the planner has seen to its size */

	pack_strip(j->query, &q, row * a->width, a->width, 1, (int)n, BLOCK, a->width);
	t.a_far = TILE_ROWS * a->width;
	t.c = j->score;
	t.row = BLOCK;
	tiles(&t);
	if (a->masked && a->mask_row)
		mask_block(j, first, n);
	t = (Tiles){.m = a->values, .n = BLOCK, .k = a->keys, .a = j->values, .b = j->score};
	t.a_far = TILE_ROWS * a->keys;
	t.c = j->result;
	t.row = BLOCK;
	for (int p = 0; p < BLOCK; p += LANES) {
		V sum = exponents(j->score + p, a->keys, scale_scores(j, j->score + p));
		v_store(j->result + a->values * BLOCK + p, v_div(v_set1(1), sum));
	}
	tiles(&t);
	for (int64_t i = 0; i < a->values; i++)
		for (int p = 0; p < BLOCK; p += LANES) {
			float *r = j->result + i * BLOCK + p;
			v_store(r, v_mul(v_load(r), v_load(j->result + a->values * BLOCK + p)));
		}
	for (int64_t i = 0; i < n; i++) {
		load_line(line, &turned, i, BLOCK, a->values, a->values);
		store_line(j, row + i, line);
	}
}

/* Floats of each thread's scratch; places them where `at` is given. */
static size_t
place(const Attention *a, Attend *j, float *at)
{
	size_t keys = (size_t)a->keys, longest = (size_t)MAX(a->width, a->values);
	size_t n[7] = {packed_rows(a->keys, a->width) / sizeof(float),
	               packed_rows(a->values, a->keys) / sizeof(float),
	               longest * BLOCK,
	               keys * BLOCK,
	               ((size_t)a->values + 1) * BLOCK,
	               a->masked && a->mask_row ? keys * BLOCK : 0,
	               !a->masked                                  ? 0
	               : !a->mask_row || a->queries <= FEW_QUERIES ? keys
	               : a->mask == DT_BOOL                        ? keys * BLOCK
	                                                           : 0};
	float **to[7] = {&j->keys,   &j->values, &j->query,    &j->score,
	                 &j->result, &j->masks,  &j->mask_rows};
	size_t all = 0;

	if (a->queries <= FEW_QUERIES) {
		n[0] = n[1] = n[5] = 0;
		n[2] = (size_t)a->width;
		n[3] = keys;
		n[4] = (size_t)a->values;
	}
	for (int i = 0; i < 7; i++) {
		*to[i] = at ? at + all : NULL;
		all += (n[i] + LANES - 1) / LANES * LANES;
	}
	return all;
}

static Attend
job_begin(const Attend *from, int64_t i, unsigned thread)
{
	const KernelCall *c = from->call;
	Attend j = *from;

	j.head = i;
	place(j.a, &j, kernel_scratch(c, thread));
	return j;
}

static void
head_job(void *ctx, int64_t i, unsigned thread)
{
	const Attend *from = ctx;
	const Attention *a = from->a;
	Attend j = job_begin(from, i / from->parts, thread);
	int64_t blocks = (a->queries + BLOCK - 1) / BLOCK, part = i % j.parts;
	int64_t end = MIN(blocks * (part + 1) / j.parts * BLOCK, a->queries);
	Mat k = matrix(j.k, a->width), v = matrix(j.v, a->values);

	k.data = (const char *)k.data + j.head * a->keys * a->width * (k.half ? 2 : 4);
	v.data = (const char *)v.data + j.head * a->keys * a->values * (v.half ? 2 : 4);
	pack_rows(j.keys, k, a->keys, a->width);
	pack_rows(j.values, (Mat){v.data, 1, a->values, v.half}, a->values, a->keys);
	if (a->masked && !a->mask_row)
		mask_line(&j, mask_at(a, j.head), j.mask_rows);
	for (int64_t q = blocks * part / j.parts * BLOCK; q < end; q += BLOCK)
		block(&j, q, MIN(end - q, BLOCK));
}

/* ---- few queries ---- */

static void
softmax_line(float *s, int64_t n)
{
	V most = v_set1(-INFINITY), sum = v_zero(), scale;
	int64_t i;

	for (i = 0; i + LANES <= n; i += LANES)
		most = v_max(v_load(s + i), most);
	most = v_set1(v_largest(most));
	for (; i < n; i++)
		most = v_max(v_set1(s[i]), most);
	for (i = 0; i + LANES <= n; i += LANES) {
		V x = v_exp_below(v_sub(v_load(s + i), most));
		v_store(s + i, x);
		sum = v_add(sum, x);
	}
	if (i < n) {
		size_t left = (size_t)(n - i);
		v_store_n(s + i, v_exp_below(v_sub(v_load_n(s + i, left), most)), left);
		sum = v_add(sum, v_load_n(s + i, left));
	}
	scale = v_div(v_set1(1), v_set1(v_sum(sum)));
	for (i = 0; i + LANES <= n; i += LANES)
		v_store(s + i, v_mul(v_load(s + i), scale));
	if (i < n)
		v_store_n(s + i, v_mul(v_load_n(s + i, (size_t)(n - i)), scale), (size_t)(n - i));
}

static void
query_job(void *ctx, int64_t i, unsigned thread)
{
	const Attend *from = ctx;
	const Attention *a = from->a;
	Attend j = job_begin(from, i / a->queries, thread);
	int64_t query = i % a->queries;
	Mat q = matrix(j.q, a->width), v = matrix(j.v, a->values);
	Mat k = {.data = j.k->data, .row = 1, .col = a->width, .half = j.k->dtype == DT_FP16};

	load_line(j.query, &q, i * a->width, 1, a->width, a->width);
	memset(j.score, 0, (size_t)a->keys * sizeof *j.score);
	row_dots(j.query, &k, j.head * a->keys * a->width, a->keys, a->width, j.score);
	if (a->masked)
		mask_line(&j, mask_at(a, j.head) + query * a->mask_row, j.mask_rows);
	for (int64_t s = 0; s < a->keys; s++)
		j.score[s] = j.score[s] * a->scale + (a->masked ? j.mask_rows[s] : 0);
	softmax_line(j.score, a->keys);
	memset(j.result, 0, (size_t)a->values * sizeof *j.result);
	row_times(j.score, &v, j.head * a->keys * a->values, a->values, a->keys, j.result);
	store_line(&j, i, j.result);
}

/* ---- the kernel ---- */

static bool
plan_attention(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *q = eval_arg(e, ARG_query), *k = eval_arg(e, ARG_key);
	const Tensor *v = eval_arg(e, ARG_value);
	Attention *a = KERNEL_NOTE_OF(Attention, plan);
	int last = q->rank - 1;
	Attend none;

	(void)known;
	if (!is_floats(q) || k->dtype != q->dtype || v->dtype != q->dtype || q->rank < 3 ||
	    last - 1 > HEAD_AXES || k->rank != q->rank || v->rank != q->rank ||
	    k->dim[last] != q->dim[last] || k->dim[last - 1] != v->dim[last - 1] ||
	    memcmp(q->dim, k->dim, sizeof *q->dim * (size_t)(last - 1)) != 0 ||
	    memcmp(q->dim, v->dim, sizeof *q->dim * (size_t)(last - 1)) != 0)
		return false;
	*a = (Attention){.naxis = last - 1, .queries = q->dim[last - 1], .width = q->dim[last]};
	a->keys = k->dim[last - 1];
	a->values = v->dim[last];
	a->half = q->dtype == DT_FP16;
	a->scale = (float)(1 / sqrt((double)a->width));
	memcpy(a->dim, q->dim, sizeof *q->dim * (size_t)a->naxis);
	a->heads = dims_count(q->dim, 0, a->naxis);
	if (q->count == 0 || k->count == 0 || v->count == 0 ||
	    !plan_mask(a, q, eval_arg(e, ARG_attn_mask)))
		return false;
	plan->dtype[0] = q->dtype;
	plan->rank[0] = q->rank;
	memcpy(plan->dim[0], q->dim, sizeof *q->dim * (size_t)q->rank);
	plan->dim[0][last] = a->values;
	plan->work_each = place(a, &none, NULL) * sizeof(float);
	plan->cost = (double)a->heads * (double)a->queries * (double)a->keys *
	             ((double)(a->width + a->values) / 40 + 0.5);
	return true;
}

static void
run_attention(const KernelCall *c)
{
	const Attention *a = KERNEL_NOTE_OF(const Attention, c->plan);
	unsigned threads = kernel_threads(c->plan, c->pool);
	int64_t most = (a->queries + 255) / 256;
	Attend j = {.a = a, .call = c, .out = c->e->out[0].t->data};

	j.q = eval_arg(c->e, ARG_query);
	j.k = eval_arg(c->e, ARG_key);
	j.v = eval_arg(c->e, ARG_value);
	j.mask = eval_arg(c->e, ARG_attn_mask);
	if (a->queries <= FEW_QUERIES) {
		kernel_share(c, a->heads * a->queries, query_job, &j);
		return;
	}
	/* each job packs the keys and values for itself */
	j.parts = threads == 1 ? 1 : MIN(most, (2 * threads + a->heads - 1) / a->heads);
	kernel_share(c, a->heads * j.parts, head_job, &j);
}
const Kernel FAST(kernel_scaled_dot_product_attention) = {.plan = plan_attention,
                                                        .run = run_attention};
