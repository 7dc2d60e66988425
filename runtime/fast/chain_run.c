/* chain_run.c: pieces of chains: operands are loaded and spread, ops done one after the other in
 * places of the scratch that stay in the first-level cache. */
#include "chain_run.h"

#include "vec.h"

/* Truth values as 0 and 1, and back: as many at a time as the compiler needs to know. */
static void
load_truths(float *restrict to, const uint8_t *restrict b, int64_t n)
{
	int64_t i = 0;

	for (; i + LANES <= n; i += LANES)
		for (int k = 0; k < LANES; k++)
			to[i + k] = b[i + k] != 0;
	for (; i < n; i++)
		to[i] = b[i] != 0;
}

static void
store_truths(uint8_t *restrict b, const float *restrict x, int64_t n)
{
	int64_t i = 0;

	for (; i + LANES <= n; i += LANES)
		for (int k = 0; k < LANES; k++)
			b[i + k] = x[i + k] != 0;
	for (; i < n; i++)
		b[i] = x[i] != 0;
}

/* n elements as floats, one after the other in memory. */
static void
load(float *to, DType t, const void *data, int64_t at, int64_t n)
{
	if (t == DT_FP16)
		v_load_halves(to, (const uint16_t *)data + at, (size_t)n);
	else if (t == DT_FP32)
		memcpy(to, (const float *)data + at, (size_t)n * sizeof *to);
	else
		load_truths(to, (const uint8_t *)data + at, n);
}

static void
fill(float *to, float v, int64_t n)
{
	V x = v_set1(v);
	int64_t i = 0;

	for (; i + LANES <= n; i += LANES)
		v_store(to + i, x);
	if (i < n)
		v_store_n(to + i, x, (size_t)(n - i));
}

static float
number(const ChainOperand *o, int64_t at)
{
	float v;

	load(&v, o->dtype, o->data, at, 1);
	return v;
}

/* Where a walk over the result's elements stands in an operand. */
typedef struct Walk {
	int64_t index[CHAIN_AXES], at;
} Walk;

static void
walk_to(const ChainOperand *o, int64_t at, Walk *w)
{
	w->at = 0;
	for (int k = o->rank - 1; k >= 0; k--) {
		w->index[k] = at % o->dim[k];
		at /= o->dim[k];
		w->at += w->index[k] * o->stride[k];
	}
}

/* To the beginning of the next line along the last axis. */
static void
walk_line(const ChainOperand *o, Walk *w)
{
	int k = o->rank - 1;

	w->at -= w->index[k] * o->stride[k];
	w->index[k] = 0;
	for (k--; k >= 0; k--) {
		w->at += o->stride[k];
		if (++w->index[k] < o->dim[k])
			return;
		w->at -= o->dim[k] * o->stride[k];
		w->index[k] = 0;
	}
}

/* The operand's numbers for elements [at, at+n): where they are, or in `to`. */
static const float *
operand(const ChainOperand *o, int64_t at, int64_t n, float *to, bool *one)
{
	int64_t last, stride, done, run;
	bool repeats;
	Walk w = {.at = 0};

	*one = o->one;
	if (o->one && o->dtype == DT_FP32)
		return o->data;
	if (o->one) {
		*to = number(o, 0);
		return to;
	}
	if (o->whole && o->dtype == DT_FP32)
		return (const float *)o->data + at;
	if (o->whole) {
		load(to, o->dtype, o->data, at, n);
		return to;
	}
	walk_to(o, at, &w);
	last = o->dim[o->rank - 1];
	stride = o->stride[o->rank - 1];
	if (last - w.index[o->rank - 1] >= n && (stride == 0 || o->dtype == DT_FP32)) {
		*one = stride == 0;
		if (o->dtype == DT_FP32)
			return (const float *)o->data + w.at;
		*to = number(o, w.at);
		return to;
	}
	/* Short lines are repeated, once there, if no other comes in between. */
	repeats = o->rank > 1 && o->stride[o->rank - 2] == 0 &&
	          (o->rank == 2 ||
	           (o->dim[o->rank - 2] - w.index[o->rank - 2]) * last - w.index[o->rank - 1] >= n);
	for (done = 0; done < n; done += run) {
		int64_t whole = done / last * last;
		run = MIN(last - w.index[o->rank - 1], n - done);
		if (whole && repeats) {
			run = MIN(whole, n - done);
			memcpy(to + done, to + done - whole, (size_t)run * sizeof *to);
			continue;
		}
		if (stride == 0)
			fill(to + done, number(o, w.at), run);
		else
			load(to + done, o->dtype, o->data, w.at, run);
		walk_line(o, &w);
	}
	return to;
}

/* A value as its type holds it. */
static void
store(const ChainOp *op, const float *x, int64_t at, int64_t n)
{
	if (op->dtype == DT_FP16)
		v_store_halves((uint16_t *)op->out + at, x, (size_t)n);
	else if (op->dtype == DT_FP32 && x != (float *)op->out + at)
		memcpy((float *)op->out + at, x, (size_t)n * sizeof *x);
	else if (op->dtype == DT_BOOL)
		store_truths((uint8_t *)op->out + at, x, n);
}

static void
round_halves(float *to, const float *x, int64_t n)
{
	int64_t i = 0;

	for (; i + LANES <= n; i += LANES)
		v_store(to + i, v_round_half(v_load(x + i)));
	if (i < n)
		v_store_n(to + i, v_round_half(v_load_n(x + i, (size_t)(n - i))), (size_t)(n - i));
}

static void
run_piece(const Chain *c, int64_t at, int64_t n, const float *first, float *scratch)
{
	float *spread = scratch + CHAIN_VALUES * CHAIN_PIECE;
	float *rounded = spread + MAP_OPERANDS * CHAIN_PIECE;
	const float *value[CHAIN_VALUES];

	if (first && c->first_dtype == DT_FP16) {
		round_halves(rounded, first, n);
		first = rounded;
	}
	for (const ChainOp *op = c->op; op < c->op + c->nop; op++) {
		const float *x[MAP_OPERANDS];
		float *to = scratch + op->to * CHAIN_PIECE;
		unsigned one = c->past ? MAP_PAST : 0;
		for (uint32_t k = 0; k < op->n; k++) {
			bool single = false;
			x[k] = op->x[k] == CHAIN_FIRST ? first
			       : op->x[k] & CHAIN_VALUE
			           ? value[op->x[k] - CHAIN_VALUE]
			           : operand(&c->operand[op->x[k]], at, n, spread + k * CHAIN_PIECE,
			                     &single);
			one |= (unsigned)single << k;
		}
		if (op->out && op->dtype == DT_FP32)
			to = (float *)op->out + at;
		op->fn(to, x, one, (size_t)n, op->param);
		if (op->dtype == DT_FP16 && op + 1 < c->op + c->nop)
			round_halves(to, to, n);
		if (op->out)
			store(op, to, at, n);
		value[op->to] = to;
	}
}

void
chain_run(const Chain *c, int64_t at, int64_t n, const float *first, void *scratch)
{
	for (int64_t i = 0; i < n; i += CHAIN_PIECE)
		run_piece(c, at + i, MIN(n - i, CHAIN_PIECE), first ? first + i : NULL, scratch);
	if (c->past)
		v_stream_end();
}

/* ---- the rows of fast.def ---- */

typedef bool DescribeFn(const Eval *, const bool *known, MapOp *);
static DescribeFn *const describe[OP_COUNT] = {
#define KERNEL(op, name)
#define MAP(op, name) [OP_##op] = FAST(map_##name),
#include "runtime/fast.def"
#undef MAP
#undef KERNEL
};

static bool
maps(Opcode code)
{
	return describe[code] != NULL;
}

static bool
map(Opcode code, const Eval *e, const bool *known, MapOp *m)
{
	*m = (MapOp){.dtype = DT_NONE};
	return describe[code] && describe[code](e, known, m);
}

const ChainApi FAST(chain_api) = {maps, map, chain_run};
