/* session.c: see exec.h. Between runs only constants and states are kept: states are copied, since
 * what a run left in them may lie in its inputs, or in another state. */
#include "session.h"

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
	if (s->opt.profile)
		s->profile = profile_new(&s->arena, s->opt.events);
	s->threads.n = 1;
	session_plan(s);
	return s;
}

static bool
take_output(Session *s, Arena *a, const Var *v, const Str *name, const Tensor *t, NamedTensor *out)
{
	if (!t)
		return run_fail(s, v->def, "output '%s' is no tensor", v->name->s);
	if (!memory_left(s, tensor_bytes(t)))
		return memory_fail(s, v->def);
	*out = (NamedTensor){name, tensor_copy(a, t)};
	return true;
}

/* A dictionary is two tensors: its values, and its keys. */
static bool
take_outputs(Session *s, Arena *a, NamedTensor **out, uint32_t *nout)
{
	const Block *b = s->func->body;
	uint32_t n = 0;

	*out = newn(a, NamedTensor, 2 * MAX(b->nout, 1));
	for (uint32_t i = 0; i < b->nout; i++) {
		const Var *v = b->out[i]->var;
		const Str *name = v->name;
		if (!take_output(s, a, v, name, session_value(s, v).v.t, &(*out)[n++]))
			return false;
		if (v->type->kind != TY_DICT)
			continue;
		name = intern_printf(s->func->prog->names, "%s.keys", name->s);
		if (!take_output(s, a, v, name, inst_val(v->def, "classes"), &(*out)[n++]))
			return false;
	}
	*nout = n;
	return true;
}

/* Clears all values but the states of a run that went well. Constants stay. */
static void
keep_states(Session *s, bool ok)
{
	const Block *b = s->func->body;
	Arena *to = &s->state[!s->turn];
	Slot *kept = newn(&s->tmp, Slot, MAX(b->nparam, 1));

	for (uint32_t i = 0; ok && i < b->nparam; i++) {
		if (b->param[i]->type->kind == TY_STATE)
			kept[i].v.t = tensor_copy(to, s->slot[b->param[i]->id].v.t);
	}
	heap_free(&s->heap);
	arena_free(&s->state[s->turn]);
	s->turn = !s->turn;
	for (uint32_t i = 0; i < s->func->nvar; i++)
		if (s->slot[i].box)
			s->slot[i] = (Slot){{0, 0}, 0};
	for (uint32_t i = 0; i < b->nparam; i++)
		s->slot[b->param[i]->id] = kept[i];
}

RunStatus
session_run(Session *s, const NamedTensor *in, uint32_t nin, Arena *a, NamedTensor **out,
            uint32_t *nout)
{
	bool ok;

	s->status = RUN_OK;
	s->given = 0;
	s->steps = 0;
	s->seed = s->opt.seed;
	s->told = now_ms();
	memset(&s->bounds, 0, sizeof s->bounds);
	s->heap.peak = 0;
	ok = inputs_bind(s, in, nin) && code_run(s, s->code) && take_outputs(s, a, out, nout);
	keep_states(s, ok);
	arena_free(&s->tmp);
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
	heap_free(&s->heap);
	arena_free(&s->state[0]);
	arena_free(&s->state[1]);
	arena_free(&s->tmp);
	arena_free(&s->arena);
	xfree(s->work);
	buf_free(&s->err);
	xfree(s);
}
