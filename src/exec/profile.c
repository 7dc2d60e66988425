/* profile.c: see profile.h. */
#include "group.h"

#include "ops/flops.h"

/* A step that was done: its operands and results are still there. */
typedef struct Done {
	Session *s;
	const StepGroup *group; /* of several operations; 0: it is one */
} Done;

/* What lies between the operations of a group has a type and a shape only. */
static const Tensor *
value_of(const Done *d, const Var *v)
{
	for (uint32_t k = 0; d->group && v->def && k < d->group->nparts; k++)
		if (d->group->part[k].step->inst == v->def)
			return &d->group->plan.result[k];
	return session_slot(d->s, v).v.t;
}

static bool
extents_now(void *ctx, const Var *v, Extents *out)
{
	const Tensor *t = value_of(ctx, v);

	*out = t ? (Extents){t->rank, t->dim} : (Extents){0};
	return t;
}

/* ---- rows ---- */

/* Each value once; what the step makes itself is no operand of it. */
static void
find_operands(StepProfile *row, Arena *a)
{
	Arena scratch = {0};
	Map seen;

	map_init(&seen, &scratch);
	for (uint32_t k = 0; k < row->n; k++)
		for (uint32_t o = 0; o < row->inst[k]->nout; o++)
			map_put(&seen, KEY(row->inst[k]->out[o]), row);
	for (uint32_t k = 0; k < row->n && !row->inst[k]->nblock; k++)
		for each_operand (o, row->inst[k]) {
			if (map_get(&seen, KEY(o.var)))
				continue;
			map_put(&seen, KEY(o.var), row);
			vec_push(a, &row->operand, (ProfileOperand){o.var, k});
		}
	arena_free(&scratch);
}

static const StepProfile none;

static uint32_t
row_of(Profile *p, const Step *t, const StepGroup *g)
{
	const void *key = g ? (const void *)g : t->inst;
	uintptr_t at = (uintptr_t)map_get(&p->at, KEY(key));
	StepProfile *row;

	if (at)
		return (uint32_t)at - 1;
	vec_push(p->arena, &p->step, none);
	at = p->step.n;
	map_put(&p->at, KEY(key), (void *)at);
	row = &p->step.at[at - 1];
	row->n = g ? g->nparts : 1;
	row->kernel = g && g->kernel;
	row->inst = newn(p->arena, const Inst *, row->n);
	for (uint32_t k = 0; k < row->n; k++)
		row->inst[k] = g ? g->part[k].step->inst : t->inst;
	find_operands(row, p->arena);
	return (uint32_t)at - 1;
}

/* ---- bytes ---- */

/* The result lies where the operand does: not in its place, which it has taken over. */
static bool
is_view(Session *s, const StepProfile *row)
{
	const Inst *i = row->inst[0];
	Slot y = i->nout ? session_slot(s, i->out[0]) : (Slot){{0, 0}, 0};

	for (uint32_t k = 0; y.v.t && y.v.t->data && k < row->operand.n; k++) {
		Slot x = session_slot(s, row->operand.at[k].var);
		if (x.v.t && x.v.t->data == y.v.t->data &&
		    (!y.box || y.box == x.box || y.box->buffer != y.v.t->data))
			return true;
	}
	return false;
}

static double
value_bytes(const Done *d, const Var *v)
{
	const Tensor *t = value_of(d, v);

	return t && t->dtype != DT_STRING ? (double)tensor_bytes(t) : 0;
}

static double
result_bytes(const Done *d, const Inst *i)
{
	double sum = 0;

	for (uint32_t k = 0; k < i->nout; k++)
		sum += value_bytes(d, i->out[k]);
	return sum;
}

static double
bytes_of(const Done *d, const StepProfile *row)
{
	double sum = 0;

	if (row->inst[0]->nblock || (!d->group && is_view(d->s, row)))
		return 0;
	for (uint32_t k = 0; k < row->n; k++)
		if (!d->group || d->group->part[k].out || k + 1 == row->n)
			sum += result_bytes(d, row->inst[k]);
	for (uint32_t k = 0; k < row->operand.n; k++) {
		const Inst *i = row->inst[row->operand.at[k].user];
		double n = value_bytes(d, row->operand.at[k].var);
		sum += op_moves(i->op->code) ? MIN(n, result_bytes(d, i)) : n;
	}
	return sum;
}

/* ---- calls ---- */

Profile *
profile_new(Arena *a, bool events)
{
	Profile *p = new (a, Profile);

	p->arena = a;
	p->events = events;
	map_init(&p->at, a);
	return p;
}

ProfileMark
profile_begin(Profile *p)
{
	ProfileMark m = {now_ms(), p->inner};

	if (p->began == 0)
		p->began = m.start;
	p->inner = 0;
	return m;
}

void
profile_end(Session *s, const Step *t, const StepGroup *g, ProfileMark m)
{
	Profile *p = s->profile;
	double seconds = (now_ms() - m.start) / 1e3;
	Done d = {s, g && g->nparts > 1 ? g : NULL};
	uint32_t at = row_of(p, t, d.group);
	StepProfile *row = &p->step.at[at];
	double flops = 0, bytes = bytes_of(&d, row);

	for (uint32_t k = 0; k < row->n; k++)
		flops += op_flops(row->inst[k], extents_now, &d);
	row->calls++;
	row->seconds += MAX(seconds - p->inner, 0);
	row->flops += flops;
	row->bytes += bytes;
	p->peak = MAX(p->peak, s->heap.peak);
	p->threads = s->pool ? sys_pool_size(s->pool) : 1;
	if (p->events && p->event.n >= MOST_EVENTS)
		p->left_out++;
	else if (p->events)
		vec_push(p->arena, &p->event,
		         (ProfileEvent){at, (m.start - p->began) / 1e3, seconds, flops, bytes});
	/* What this took is not the time of the loop around it either. */
	p->inner = m.inner + (now_ms() - m.start) / 1e3;
}

const Profile *
session_profile(const Session *s)
{
	return s->profile;
}
