/* profile.c: see profile.h. */
#include "session.h"

#include "ops/flops.h"

static bool
extents_now(void *ctx, const Var *v, Extents *out)
{
	const Tensor *t = session_value(ctx, v).v.t;

	*out = t ? (Extents){t->rank, t->dim} : (Extents){0};
	return t;
}

static const OpProfile none;

static OpProfile *
row_of(Profile *p, const Inst *i)
{
	uintptr_t at = (uintptr_t)map_get(&p->at, KEY(i));

	if (!at) {
		vec_push(p->arena, &p->op, none);
		at = p->op.n;
		p->op.at[at - 1].inst = i;
		map_put(&p->at, KEY(i), (void *)at);
	}
	return &p->op.at[at - 1];
}

/* The result lies where the operand does. */
static bool
is_view(Session *s, const Inst *i)
{
	const Tensor *y = i->nout ? session_value(s, i->out[0]).v.t : NULL;

	for each_operand (o, i) {
		const Tensor *x = session_value(s, o.var).v.t;
		if (x && y && x->data && x->data == y->data)
			return true;
	}
	return false;
}

static double
bytes_of(Session *s, const Inst *i)
{
	double in = 0, out = 0;

	if (i->nblock || is_view(s, i))
		return 0;
	for (uint32_t k = 0; k < i->nout; k++) {
		const Tensor *y = session_value(s, i->out[k]).v.t;
		out += y ? (double)tensor_bytes(y) : 0;
	}
	for each_operand (o, i) {
		const Tensor *x = session_value(s, o.var).v.t;
		double n = x && x->dtype != DT_STRING ? (double)tensor_bytes(x) : 0;
		in += op_moves(i->op->code) ? MIN(n, out) : n;
	}
	return in + out;
}

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
profile_end(Session *s, const Inst *i, ProfileMark m)
{
	Profile *p = s->profile;
	double seconds = (now_ms() - m.start) / 1e3;
	OpProfile *row = row_of(p, i);
	double flops = op_flops(i, extents_now, s), bytes = bytes_of(s, i);

	row->calls++;
	row->seconds += MAX(seconds - p->inner, 0);
	row->flops += flops;
	row->bytes += bytes;
	p->inner = m.inner + seconds;
	p->peak = MAX(p->peak, s->heap.peak);
	p->threads = s->pool ? sys_pool_size(s->pool) : 1;
	if (p->events && p->event.n >= MOST_EVENTS)
		p->left_out++;
	else if (p->events)
		vec_push(p->arena, &p->event,
		         (ProfileEvent){i, (m.start - p->began) / 1e3, seconds, flops, bytes});
}

const Profile *
session_profile(const Session *s)
{
	return s->profile;
}
