/* run.c: the walk of a run. Steps are done one after the other; what nobody needs any more is freed
 * at once (plan.c), so that memory follows the widest point of the program and not its length, nor
 * how often a loop turns. Values known at compile time are taken as they are. Branches, loops and
 * states are handled here; everything else is its row's evaluator.
 */
#include "group.h"

#include <stdio.h>

/* ---- values ---- */

/* The value of a constant, converted once if it only names what it is cast from. */
static const Tensor *
const_value(Session *s, const Var *v)
{
	Slot *slot = &s->slot[v->id];

	if (v->val->data || v->val->count == 0)
		return v->val;
	if (!slot->v.t) {
		slot->v.t = tensor_copy(&s->arena, v->val);
		s->constants += tensor_bytes(v->val);
	}
	return slot->v.t;
}

Slot
session_slot(Session *s, const Var *v)
{
	if (v->val)
		return (Slot){{const_value(s, v), NULL}, NULL};
	return s->slot[v->id];
}

Slot
session_value(Session *s, const Var *v)
{
	if (!v->val)
		slot_unblock(&s->heap, &s->slot[v->id]);
	return session_slot(s, v);
}

void
value_bind(Session *s, const Var *v, Slot value)
{
	if (v->val) {
		slot_clear(&s->heap, &value);
		return;
	}
	slot_clear(&s->heap, &s->slot[v->id]);
	s->slot[v->id] = value;
	if (s->opt.watch && value.v.t)
		s->opt.watch(s->opt.watch_ctx, v, value.v.t);
}

static void
drop(Session *s, const Dying *d)
{
	for (uint32_t i = 0; d && i < d->vars.n; i++)
		if (!d->vars.at[i]->val)
			slot_clear(&s->heap, &s->slot[d->vars.at[i]->id]);
}

/* Runs a nested block and takes its outputs, each with a reference. */
static bool
run_nested(Session *s, const Code *c, Slot *out)
{
	if (!code_run(s, c))
		return false;
	for (uint32_t i = 0; i < c->block->nout; i++)
		out[i] = slot_share(session_value(s, c->block->out[i]->var));
	drop(s, c->dying);
	return true;
}

/* ---- branches and loops ---- */

static bool
is_true(const Tensor *t)
{
	return t && t->count > 0 && tensor_i(t, 0) != 0;
}

static bool
run_cond(Session *s, const Step *t)
{
	const Inst *i = t->inst;
	bool pred = is_true(session_value(s, inst_argc(i, ARG_pred)).v.t);
	const Code *c = t->code[pred ? 0 : 1];
	Slot *out = xcalloc(MAX(c->block->nout, 1), sizeof *out);
	bool ok = run_nested(s, c, out);

	for (uint32_t k = 0; ok && k < i->nout; k++)
		value_bind(s, i->out[k], out[k]);
	xfree(out);
	return ok;
}

/* A turn of a loop is as much as its operations, and one more. */
static bool
count_turn(Session *s, const Step *t)
{
	s->steps += 1 + t->code[0]->n + t->code[1]->n;
	if (s->steps <= s->opt.max_steps)
		return true;
	run_fail(s, t->inst, "the run did not end after %llu operations in loops",
	         (unsigned long long)s->opt.max_steps);
	s->status = RUN_STEPS;
	return false;
}

/* Turn n: the loop variables in `cur` become their next values. False: the end, or an error. */
static bool
loop_turn(Session *s, const Step *t, uint64_t n, Slot *cur, bool *ok)
{
	const Block *cond = t->code[0]->block, *body = t->code[1]->block;
	Slot again = {{0, 0}, 0};
	bool go;

	if (s->opt.turn)
		s->opt.turn(s->opt.watch_ctx, t->inst, n);
	for (uint32_t k = 0; k < cond->nparam; k++)
		value_bind(s, cond->param[k], slot_share(cur[k]));
	*ok = run_nested(s, t->code[0], &again);
	go = *ok && is_true(again.v.t);
	slot_clear(&s->heap, &again);
	if (!go || !(*ok = count_turn(s, t)))
		return false;
	for (uint32_t k = 0; k < body->nparam; k++) {
		value_bind(s, body->param[k], cur[k]);
		cur[k] = (Slot){{0, 0}, 0};
	}
	*ok = run_nested(s, t->code[1], cur);
	return *ok;
}

static bool
run_while(Session *s, const Step *t)
{
	const Inst *i = t->inst;
	const Arg *vars = &i->arg[op_column(i->op, ARG_loop_vars)];
	Slot *cur;
	bool ok = true;

	if (i->block[0]->nout != 1 || i->block[0]->nparam != vars->n ||
	    i->block[1]->nparam != vars->n || i->block[1]->nout != vars->n || i->nout != vars->n)
		die("the blocks of a while_loop do not fit its %u variables", (unsigned)vars->n);
	cur = xcalloc(MAX(vars->n, 1), sizeof *cur);
	for (uint32_t k = 0; k < vars->n; k++)
		cur[k] = slot_share(session_value(s, vars->u[k]->var));
	for (uint64_t n = 1; loop_turn(s, t, n, cur, &ok); n++)
		;
	for (uint32_t k = 0; ok && k < i->nout; k++)
		value_bind(s, i->out[k], cur[k]);
	xfree(cur);
	return ok;
}

/* ---- states ---- */

static bool
run_read_state(Session *s, const Step *t)
{
	Slot *state = &s->slot[inst_argc(t->inst, ARG_input)->id];
	Slot value = t->last_read ? *state : slot_share(*state);

	if (t->last_read) /* what it is updated to may be made in its memory */
		*state = (Slot){{0, 0}, 0};
	value_bind(s, t->inst->out[0], value);
	return true;
}

static bool
run_update_state(Session *s, const Step *t)
{
	const Inst *i = t->inst;
	Slot v = slot_share(session_value(s, inst_argc(i, ARG_value)));
	Slot *state = &s->slot[inst_argc(i, ARG_state)->id];

	slot_clear(&s->heap, state);
	*state = v;
	if (i->nout)
		value_bind(s, i->out[0], slot_share(v));
	return true;
}

/* ---- everything else ---- */

/* Whether there is room for the results, as far as their types say how large they are. One of the
 * size of an operand may share its memory. */
static bool
results_fit(Session *s, const Step *t)
{
	for (uint32_t k = 0; s->opt.memory && k < t->inst->nout; k++) {
		const Type *ty = t->inst->out[k]->type;
		size_t bytes = dtype_size(ty->dtype), n;
		bool shared = false;
		if (ty->kind != TY_TENSOR)
			continue;
		for (uint32_t i = 0; i < ty->rank && bytes; i++) {
			int64_t d = bound_dim(s, ty->dim[i]);
			if (d < 0)
				bytes = 0;
			else if (!mul_size(bytes, (size_t)d, &bytes))
				bytes = SIZE_MAX;
		}
		for (uint32_t j = 0; j < t->nin && !shared; j++) {
			const Tensor *x = s->in[j].v.t;
			shared = x && mul_size((size_t)x->count, dtype_size(x->dtype), &n) &&
			         n == bytes;
		}
		if (!shared && !memory_left(s, bytes))
			return memory_fail(s, t->inst);
	}
	return true;
}

/* The memory of b goes over to the results. */
static bool
adopt_results(Session *s, const Step *t, Box *b, const RtValue *out)
{
	const Inst *i = t->inst;
	Slot *to = xcalloc(MAX(i->nout, 1), sizeof *to);

	for (uint32_t k = 0; k < i->nout; k++)
		if (!out[k].t && !out[k].list)
			die("the evaluator of %s left result %u out", i->op->name, k);
	slots_adopt(&s->heap, b, out, i->nout, s->in, t->nin, to);
	for (uint32_t k = 0; k < i->nout; k++)
		value_bind(s, i->out[k], to[k]);
	xfree(to);
	return memory_left(s, 0) || memory_fail(s, i);
}

static bool
run_unknown(Session *s, const Inst *i)
{
	const char *near = op_nearest(i->op->name);

	if (near && !strcmp(near, i->op->name)) /* one of scripts, which no file has */
		near = NULL;
	return run_fail(s, i,
	                near ? "milc does not know the operation '%s'; did you mean '%s'?"
	                     : "milc does not know the operation '%s'",
	                i->op->name, near);
}

static bool
run_reference(Session *s, const Step *t, Eval *e)
{
	if (t->inst->op->flags & OPAQUE)
		return run_unknown(s, t->inst);
	if (!t->inst->op->eval)
		return run_fail(s, t->inst, "%s cannot be run yet on the CPU", t->inst->op->name);
	if (!results_fit(s, t))
		return false;
	e->room = (size_t)MAX(memory_room(s), 1);
	if (t->inst->op->eval(e))
		return true;
	return e->full ? memory_fail(s, t->inst) : run_fail(s, t->inst, "%s", e->err);
}

static bool
run_eval(Session *s, const Step *t)
{
	const Inst *i = t->inst;
	Box *b = box_new(&s->heap);
	Eval e = {.arena = &b->arena, .row = i->op, .arg = t->arg, .nout = i->nout,
	          .seed = &s->seed};

	for (uint32_t k = 0; k < t->nin; k++) {
		s->in[k] = session_value(s, t->in[k]);
		s->value[k] = s->in[k].v;
	}
	step_bind(t, s->value);
	if (i->nout && i->out[0]->type->kind == TY_TENSOR)
		e.out_dtype = i->out[0]->type->dtype;
	e.out = newn(&b->arena, RtValue, MAX(i->nout, 1));
	if (!run_reference(s, t, &e))
		return false;
	return adopt_results(s, t, b, e.out);
}

/* ---- the walk ---- */

static bool (*const run_step[])(Session *, const Step *) = {
    [STEP_EVAL] = run_eval,
    [STEP_COND] = run_cond,
    [STEP_WHILE] = run_while,
    [STEP_READ_STATE] = run_read_state,
    [STEP_UPDATE_STATE] = run_update_state,
};

/* Twice a second, while somebody looks: at the clock only after a while, or a large step. */
static void
tell(Session *s, const Step *t)
{
	enum { LARGE = 1 << 16, OFTEN = 64 };
	const Type *ty = t->inst->nout ? t->inst->out[0]->type : NULL;
	double now;
	char text[80];

	if (++s->untold % OFTEN && ty && ty->kind == TY_TENSOR && ty->count >= 0 &&
	    ty->count < LARGE)
		return;
	now = now_ms();
	if (now - s->told < 500)
		return;
	s->told = now;
	if (s->steps)
		snprintf(text, sizeof text, "running, %llu operations in loops",
		         (unsigned long long)s->steps);
	else
		snprintf(text, sizeof text, "running");
	talk_progress(&s->opt.talk, text);
}

/* Does the step, or the group that begins with it, which *by says then. */
static bool
run_next(Session *s, const Step *t, const StepGroup **by)
{
	StepGroup *const group[] = {t->stack, t->group, t->alone};
	bool done = false;

	for (size_t k = 0; k < countof(group) && !done; k++) {
		*by = group[k];
		if (group[k] && !group_run(s, group[k], &done))
			return false;
	}
	if (done)
		return true;
	*by = NULL;
	return run_step[t->kind](s, t);
}

bool
code_run(Session *s, const Code *c)
{
	ProfileMark mark = {0, 0};
	uint32_t n;

	for (const Step *t = c->step; t < c->step + c->n; t += n) {
		const StepGroup *by = NULL;
		if (s->profile && t->kind != STEP_KNOWN)
			mark = profile_begin(s->profile);
		if (t->kind != STEP_KNOWN && !run_next(s, t, &by))
			return false;
		if (s->profile && t->kind != STEP_KNOWN)
			profile_end(s, t, by, mark);
		n = by ? by->n : 1;
		for (uint32_t i = 0; i < n; i++)
			drop(s, t[i].dying);
		if (s->opt.talk.progress)
			tell(s, t);
	}
	return true;
}
