/* session.c: see exec.h. Between runs constants, plans and states are kept, and outputs until the
 * next one. */
#include "session.h"

#include "base/sys.h"

/* ---- errors ---- */

bool
run_fail(Session *s, const Inst *i, const char *fmt, ...)
{
	const Str *name = i && i->nout && i->out[0]->name ? i->out[0]->name : i ? i->name : NULL;

	s->status = RUN_WRONG;
	s->at = i ? i->span : s->func->span;
	buf_clear(&s->err);
	if (i)
		buf_printf(&s->err, "%s (%s): ", name ? name->s : "?", i->op->name);
	WITH_ARGS(fmt, ap, buf_vprintf(&s->err, fmt, ap));
	return false;
}

const char *
session_error(const Session *s, Span *at)
{
	*at = s->at;
	return s->err.at;
}

/* ---- memory ---- */

int64_t
memory_room(const Session *s)
{
	size_t used = s->heap.bytes + s->constants + s->nwork, all;

	if (!s->opt.memory)
		return INT64_MAX;
	if (!add_size(used, s->given, &all) || all > s->opt.memory)
		return -1;
	return (int64_t)MIN(s->opt.memory - all, (uint64_t)INT64_MAX);
}

bool
memory_left(const Session *s, size_t more)
{
	int64_t room = memory_room(s);

	return room >= 0 && more <= (size_t)room;
}

bool
memory_fail(Session *s, const Inst *i)
{
	run_fail(s, i, "the run needs more than %llu bytes of memory",
	         (unsigned long long)s->opt.memory);
	s->status = RUN_MEMORY;
	return false;
}

/* ---- runs ---- */

Session *
session_new(const Func *f, const SessionOptions *o)
{
	Session *s = xcalloc(1, sizeof *s);

	s->func = f;
	if (o)
		s->opt = *o;
	if (!s->opt.max_steps)
		s->opt.max_steps = 200000000;
	s->slot = newn(&s->arena, Slot, (size_t)f->nvar + 1);
	s->blocks = newn(&s->arena, const Blocks *, (size_t)f->nvar + 1);
	if (s->opt.profile)
		s->profile = profile_new(&s->arena, s->opt.events);
	s->isa = s->opt.isa ? isa_named(s->opt.isa) : NULL;
	if (!s->isa)
		s->isa = isa_best();
	if (!s->opt.threads)
		s->opt.threads = sys_cores();
	if (s->opt.threads > 1 && !s->opt.reference)
		s->pool = sys_pool_new(s->opt.threads);
	s->plan_turn = 1;
	session_plan(s);
	return s;
}

/* A copy in the arena, or, without one, the value itself, which stays until the next run. */
static bool
take_output(Session *s, Arena *a, const Var *v, const Str *name, Slot from, NamedTensor *out)
{
	if (!from.v.t)
		return run_fail(s, v->def, "output '%s' is no tensor", v->name->s);
	if (a && !memory_left(s, tensor_bytes(from.v.t)))
		return memory_fail(s, v->def);
	if (!a)
		vec_push(&s->tmp, &s->held, slot_share(from));
	*out = (NamedTensor){name, a ? tensor_copy(a, from.v.t) : from.v.t};
	return true;
}

/* A dictionary is two tensors: its values, and its keys. */
static bool
take_outputs(Session *s, Arena *a, NamedTensor **out, uint32_t *nout)
{
	const Block *b = s->func->body;
	uint32_t n = 0;

	*out = newn(a ? a : &s->tmp, NamedTensor, 2 * MAX(b->nout, 1));
	for (uint32_t i = 0; i < b->nout; i++) {
		const Var *v = b->out[i]->var;
		const Str *name = v->name;
		const Tensor *keys;
		if (!take_output(s, a, v, name, session_value(s, v), &(*out)[n++]))
			return false;
		if (v->type->kind != TY_DICT)
			continue;
		name = intern_printf(s->func->prog->names, "%s.keys", name->s);
		keys = inst_val(v->def, "classes");
		if (!take_output(s, a, v, name, (Slot){{keys, NULL}, NULL}, &(*out)[n++]))
			return false;
	}
	*nout = n;
	return true;
}

/* ---- between runs ---- */

/* Of the values only states stay; those that lie in an input's memory get their own. After a run
 * that failed nothing does. */
static void
keep_states(Session *s)
{
	const Block *b = s->func->body;
	Slot *kept = newn(&s->tmp, Slot, MAX(b->nparam, 1));

	for (uint32_t i = 0; i < b->nparam; i++) {
		Slot *slot = &s->slot[b->param[i]->id];
		if (b->param[i]->type->kind == TY_STATE && s->status == RUN_OK)
			kept[i] = slot->box ? *slot : slot_own(&s->heap, slot->v.t);
		*slot = (Slot){{0, 0}, 0};
	}
	for (uint32_t i = 0; i < s->func->nvar; i++)
		if (s->slot[i].box)
			slot_clear(&s->heap, &s->slot[i]);
	for (uint32_t i = 0; i < b->nparam; i++)
		s->slot[b->param[i]->id] = kept[i];
	if (s->status != RUN_OK) {
		memset(&s->held, 0, sizeof s->held);
		heap_free(&s->heap);
	}
}

/* What the run before has left for its outputs. */
static void
release_outputs(Session *s)
{
	for (uint32_t i = 0; i < s->held.n; i++)
		slot_clear(&s->heap, &s->held.at[i]);
	memset(&s->held, 0, sizeof s->held);
	arena_free(&s->tmp);
}

RunStatus
session_run(Session *s, const NamedTensor *in, uint32_t nin, Arena *a, NamedTensor **out,
            uint32_t *nout)
{
	bool ok;

	release_outputs(s);
	s->status = RUN_OK;
	s->given = 0;
	s->steps = 0;
	s->seed = s->opt.seed;
	s->told = now_ms();
	memset(&s->bounds, 0, sizeof s->bounds);
	s->heap.peak = s->heap.bytes;
	ok = inputs_bind(s, in, nin) && code_run(s, s->code) && take_outputs(s, a, out, nout);
	if (!ok && s->status == RUN_OK)
		die("a run failed without a reason");
	keep_states(s);
	return s->status;
}

const Tensor *
session_state(const Session *s, const Str *name)
{
	const Block *b = s->func->body;

	for (uint32_t i = 0; i < b->nparam; i++)
		if (b->param[i]->name == name && b->param[i]->type->kind == TY_STATE)
			return s->slot[b->param[i]->id].v.t;
	return NULL;
}

void
session_free(Session *s)
{
	if (!s)
		return;
	sys_pool_free(s->pool);
	heap_free(&s->heap);
	arena_free(&s->plans);
	arena_free(&s->tmp);
	arena_free(&s->arena);
	xfree(s->work);
	buf_free(&s->err);
	xfree(s);
}
