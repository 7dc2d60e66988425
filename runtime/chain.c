/* chain.c: making chains: which places values stay in, how operands are spread. */
#include "chain.h"

/* Elements of the shape, which is known now. */
static bool
measure(Chain *c)
{
	BlockShape s;

	c->span = c->count = dims_count(c->dim, 0, c->rank);
	if (!c->blocks)
		return true;
	if (c->rank != 4 || !blocks_shape(c->dim, c->blocks, &s))
		return false;
	c->span = s.count;
	return true;
}

bool
chain_begin(Chain *c, Arena *a, const Tensor *first, const Blocks *blocks)
{
	*c = (Chain){.rank = -1, .blocks = blocks};
	c->dim = newn(a, int64_t, TENSOR_MAX_RANK);
	c->op = newn(a, ChainOp, CHAIN_OPS);
	c->operand = newn(a, ChainOperand, CHAIN_OPERANDS);
	if (!first)
		return true;
	c->first = true;
	c->first_dtype = first->dtype;
	c->rank = first->rank;
	memcpy(c->dim, first->dim, (size_t)first->rank * sizeof *c->dim);
	return measure(c);
}

/* Adds an axis of an operand outside of those it has, together with the one before where the two
 * are one walk. */
static bool
add_axis(ChainOperand *o, int64_t dim, int64_t stride)
{
	int64_t *d = &o->dim[MAX(o->rank - 1, 0)], *s = &o->stride[MAX(o->rank - 1, 0)];

	if (dim == 1)
		return true;
	if (o->rank && stride == *s * *d && (*s != 0) == (stride != 0)) {
		*d *= dim;
		return true;
	}
	if (o->rank == CHAIN_AXES)
		return false;
	o->dim[o->rank] = dim;
	o->stride[o->rank++] = stride;
	return true;
}

/* The axes were added from the last to the first. */
static void
turn_axes(ChainOperand *o)
{
	for (int i = 0, k = o->rank - 1; i < k; i++, k--) {
		int64_t d = o->dim[i], s = o->stride[i];
		o->dim[i] = o->dim[k];
		o->stride[i] = o->stride[k];
		o->dim[k] = d;
		o->stride[k] = s;
	}
}

/* As NumPy broadcasts t. False: it does not, to this shape. */
static bool
spread(const Chain *c, const Tensor *t, ChainOperand *o)
{
	int64_t stride = 1;

	if (t->rank > c->rank)
		return false;
	for (int i = c->rank - 1; i >= 0; i--) {
		int k = i - (c->rank - t->rank);
		int64_t d = k >= 0 ? t->dim[k] : 1;
		if ((d != c->dim[i] && d != 1) || !add_axis(o, c->dim[i], d == 1 ? 0 : stride))
			return false;
		stride *= d;
	}
	o->one = t->count == 1;
	o->whole = t->count == c->count;
	turn_axes(o);
	return true;
}

/* Numbers for all channels of the result, those that fill up its last block among them. */
static int64_t
own_numbers(const Chain *c)
{
	int64_t n = MAX(c->dim[1], 1);

	return c->blocks ? blocks_of(n) * BLOCK_WIDTH : n;
}

/* A number for each channel; in blocks images have them `image` apart. */
static bool
channels(const Chain *c, int64_t image, ChainOperand *o)
{
	BlockShape s;
	bool ok = c->rank > 1;

	if (c->blocks) {
		ok = blocks_shape(c->dim, c->blocks, &s) && add_axis(o, BLOCK_WIDTH, 1) &&
		     add_axis(o, s.plane / BLOCK_WIDTH, 0) && add_axis(o, s.blocks, BLOCK_WIDTH) &&
		     add_axis(o, s.images, image);
	} else {
		for (int i = c->rank - 1; ok && i >= 0; i--)
			ok = add_axis(o, c->dim[i], i == 1);
		o->one = ok && c->dim[1] == 1;
	}
	turn_axes(o);
	return ok;
}

/* Constant numbers for channels, that do not fill the last block, in memory that does. */
static void
own_channels(const Chain *c, Arena *a, const Tensor *t, ChainOperand *o)
{
	float *to = newn(a, float, (size_t)own_numbers(c));

	for (int64_t i = 0; i < t->count; i++)
		to[i] = (float)tensor_f(t, i);
	o->data = to;
	o->dtype = DT_FP32;
	o->own = true;
}

/* Where the whole lies in blocks: one number, a number for each channel, or what lies in blocks
 * itself. */
static bool
spread_blocks(const Chain *c, Arena *a, const Tensor *t, bool known, ChainOperand *o)
{
	int64_t dim[4] = {1, 1, 1, 1}, all = c->dim[1];

	if (t->rank > 4)
		return false;
	o->one = t->count == 1;
	memcpy(dim + 4 - t->rank, t->dim, (size_t)t->rank * sizeof *dim);
	o->whole = !o->one && memcmp(dim, c->dim, sizeof dim) == 0;
	if (o->one || o->whole)
		return !o->whole || !known;
	if (dim[1] != all || dim[2] != 1 || dim[3] != 1 || (dim[0] != 1 && dim[0] != c->dim[0]))
		return false;
	if (all % BLOCK_WIDTH && (!known || dim[0] != 1))
		return false;
	if (all % BLOCK_WIDTH)
		own_channels(c, a, t, o);
	return channels(c, dim[0] == 1 ? 0 : all, o);
}

static bool
add_operand(Chain *c, Arena *a, const ChainPart *p, uint32_t part, const MapOp *m, uint32_t k,
            uint8_t *x)
{
	const Tensor *t;
	ChainOperand o = {.part = part};
	bool known;
	int from;

	t = eval_arg(p->e, m->operand[k]);
	if (!t)
		return false;
	o.arg = operand_place(p->e->row, p->e->arg, m->operand[k]);
	from = p->from[o.arg];
	if (from == CHAIN_KERNEL || from >= 0) {
		*x = from >= 0 ? (uint8_t)(CHAIN_VALUE + c->op[from].to) : (uint8_t)CHAIN_FIRST;
		return m->kind[k] == MAP_SPREAD;
	}
	o.dtype = t->dtype;
	if (o.dtype != DT_FP32 && o.dtype != DT_FP16 && o.dtype != DT_BOOL)
		return false;
	known = p->known[op_column(p->e->row, m->operand[k])];
	if (m->kind[k] == MAP_CHANNEL && (c->rank < 2 || t->count != c->dim[1]))
		return false;
	if (m->kind[k] == MAP_CHANNEL && c->blocks && t->count % BLOCK_WIDTH) {
		if (!known)
			return false;
		own_channels(c, a, t, &o);
	}
	if (m->kind[k] == MAP_CHANNEL ? !channels(c, 0, &o)
	    : c->blocks               ? !spread_blocks(c, a, t, known, &o)
	                              : !spread(c, t, &o))
		return false;
	if (c->noperand == CHAIN_OPERANDS)
		return false;
	*x = (uint8_t)c->noperand;
	c->operand[c->noperand++] = o;
	return true;
}

static bool
add_own(Chain *c, Arena *a, const Eval *e, const MapOp *m, uint8_t *x)
{
	float *to[MAP_OPERANDS];
	uint32_t n = 0;

	for (uint32_t k = 0; k < m->n; k++) {
		ChainOperand o = {.dtype = DT_FP32};
		if (m->kind[k] != MAP_OWN)
			continue;
		if (!channels(c, 0, &o) || c->noperand == CHAIN_OPERANDS)
			return false;
		to[n] = newn(a, float, (size_t)own_numbers(c));
		o.data = to[n++];
		o.own = true;
		x[k] = (uint8_t)c->noperand;
		c->operand[c->noperand++] = o;
	}
	if (n)
		m->own(e, c->dim[1], to);
	return true;
}

/* A place whose value nobody needs behind part i; operands of part i may lie there. */
static int
free_place(const Chain *c, const ChainPart *parts, uint32_t i)
{
	for (int place = 0; place < CHAIN_VALUES; place++) {
		bool used = false;
		for (uint32_t k = 0; k < i && !used; k++)
			used = c->op[k].to == place && parts[k].last > i;
		if (!used)
			return place;
	}
	return -1;
}

/* The shape of the operands together; false where they do not fit. */
static bool
shape_of(const ChainPart *p, const MapOp *m, int64_t *dim, int *rank)
{
	*rank = 0;
	for (uint32_t k = 0; k < m->n; k++)
		if (m->kind[k] == MAP_SPREAD)
			*rank = MAX(*rank, eval_arg(p->e, m->operand[k])->rank);
	for (int i = 0; i < *rank; i++) {
		dim[i] = 1;
		for (uint32_t k = 0; k < m->n; k++) {
			const Tensor *t =
			    m->kind[k] == MAP_SPREAD ? eval_arg(p->e, m->operand[k]) : NULL;
			int at = t ? i - (*rank - t->rank) : -1;
			if (at < 0 || t->dim[at] == 1 || t->dim[at] == dim[i])
				continue;
			if (dim[i] != 1)
				return false;
			dim[i] = t->dim[at];
		}
	}
	return true;
}

/* It is the chain's, or becomes it. */
static bool
same_shape(Chain *c, const ChainPart *p, const MapOp *m)
{
	int64_t dim[TENSOR_MAX_RANK];
	int rank;

	if (!shape_of(p, m, dim, &rank))
		return false;
	if (c->rank < 0) {
		c->rank = rank;
		memcpy(c->dim, dim, sizeof dim);
		if (!measure(c))
			return false;
	}
	return rank == c->rank && memcmp(dim, c->dim, (size_t)rank * sizeof *dim) == 0;
}

static bool
add_part(Chain *c, const Isa *isa, Arena *a, ChainPart *parts, uint32_t i)
{
	ChainPart *p = &parts[i];
	int place = free_place(c, parts, i);
	ChainOp op = {.to = (uint8_t)place};
	MapOp m;

	if (i == CHAIN_OPS || place < 0 || !isa->chain->map(p->e->row->code, p->e, p->known, &m))
		return false;
	if (!same_shape(c, p, &m))
		return false;
	for (uint32_t k = 0; k < m.n; k++)
		if (m.kind[k] != MAP_OWN && !add_operand(c, a, p, i, &m, k, &op.x[k]))
			return false;
	if (!add_own(c, a, p->e, &m, op.x))
		return false;
	op.fn = m.fn;
	op.n = (uint8_t)m.n;
	op.dtype = m.dtype;
	memcpy(op.param, m.param, sizeof op.param);
	c->op[c->nop++] = op;
	p->result = (Tensor){.dtype = m.dtype, .rank = c->rank, .dim = c->dim, .count = c->count};
	return true;
}

bool
chain_add(Chain *c, const Isa *isa, Arena *a, ChainPart *parts, uint32_t i)
{
	uint32_t before = c->noperand;

	if (add_part(c, isa, a, parts, i))
		return true;
	c->noperand = before;
	return false;
}

Chain *
chain_keep(Arena *a, const Chain *c)
{
	Chain *k = arena_dup(a, c, sizeof *c);

	k->dim = arena_dup(a, c->dim, (size_t)c->rank * sizeof *c->dim);
	k->op = arena_dup(a, c->op, c->nop * sizeof *c->op);
	k->operand = arena_dup(a, c->operand, c->noperand * sizeof *c->operand);
	for (uint32_t i = 0; i < k->noperand; i++) {
		ChainOperand *o = &k->operand[i];
		if (o->own)
			o->data = arena_dup(a, o->data, (size_t)own_numbers(c) * sizeof(float));
	}
	return k;
}

enum { JOB = 32 * CHAIN_PIECE };
typedef struct All {
	const KernelCall *call;
	const Isa *isa;
} All;

void
chain_plan(const Chain *c, KernelPlan *p)
{
	p->work_each = CHAIN_SCRATCH;
	p->cost = 0.4 * (double)c->span * (double)c->nop;
}

static void
chain_job(void *ctx, int64_t i, unsigned thread)
{
	const All *all = ctx;
	const Chain *c = all->call->then;

	all->isa->chain->run(c, i * JOB, MIN(c->span - i * JOB, JOB), NULL,
	                     kernel_scratch(all->call, thread));
}

void
chain_run_all(const KernelCall *call, const Isa *isa)
{
	All all = {call, isa};

	kernel_share(call, (call->then->span + JOB - 1) / JOB, chain_job, &all);
}
