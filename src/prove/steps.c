/* steps.c: what can be tried to make a program smaller: see reduce.h. Each works on a copy, in
 * which instructions, outputs and inputs stand in the order that they have in the original. What
 * a copy is given that the next one shares, tensors, lies in ShrinkStep.kept.
 */
#include "reduce.h"

enum { MAX_CONST = 1 << 16 }; /* elements of a constant that stands for something else */

/* ---- lists ---- */

typedef VEC(Inst *) Insts;

static void
collect(Insts *all, Arena *a, Block *b)
{
	for (Inst *i = b->first; i; i = i->next) {
		if (i->op->code != OP_const)
			vec_push(a, all, i);
		for (uint32_t k = 0; k < i->nblock; k++)
			collect(all, a, i->block[k]);
	}
}

/* Of all functions, what is nested right behind what holds it; in the program's memory. */
static Insts
all_operations(Program *p)
{
	Insts all = {0};

	for (uint32_t k = 0; k < p->funcs.n; k++)
		collect(&all, p->arena, p->funcs.at[k]->body);
	return all;
}

static uint32_t
count_in(const Block *b)
{
	uint32_t n = 0;

	for (const Inst *i = b->first; i; i = i->next) {
		n += i->op->code != OP_const;
		for (uint32_t k = 0; k < i->nblock; k++)
			n += count_in(i->block[k]);
	}
	return n;
}

uint32_t
count_operations(const Program *p)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < p->funcs.n; k++)
		n += count_in(p->funcs.at[k]->body);
	return n;
}

Func *
default_function(const Program *p)
{
	for (uint32_t k = 0; k < p->funcs.n; k++)
		if (p->funcs.at[k]->name == p->default_func)
			return p->funcs.at[k];
	return p->funcs.at[0];
}

uint32_t
count_top(const Program *p)
{
	uint32_t n = 0;

	for (const Inst *i = default_function(p)->body->first; i; i = i->next)
		n += i->op->code != OP_const;
	return n;
}

uint32_t
count_outputs(const Program *p)
{
	return default_function(p)->body->nout;
}

uint32_t
count_inputs(const Program *p)
{
	return default_function(p)->body->nparam;
}

/* ---- what nothing needs ---- */

static bool
is_used(const Inst *i)
{
	for (uint32_t k = 0; k < i->nout; k++)
		if (i->out[k]->uses)
			return true;
	return false;
}

static void
sweep_block(Block *b)
{
	Inst *prev;

	for (Inst *i = b->last; i; i = prev) {
		prev = i->prev;
		if (!is_used(i) && !inst_updates_state(i)) {
			inst_remove(i);
			continue;
		}
		for (uint32_t k = 0; k < i->nblock; k++)
			sweep_block(i->block[k]);
	}
}

/* A function keeps one input. */
static void
sweep_inputs(Block *b)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < b->nparam; k++) {
		Var *v = b->param[k];
		if (!v->uses && !(n == 0 && k + 1 == b->nparam))
			continue;
		v->index = n;
		b->param[n++] = v;
	}
	b->nparam = n;
}

void
sweep_program(Program *p)
{
	for (uint32_t k = 0; k < p->funcs.n; k++) {
		Func *f = p->funcs.at[k];
		sweep_block(f->body);
		f->param_span = NULL; /* one for each input that was there */
		sweep_inputs(f->body);
	}
}

/* ---- types and known values ---- */

static bool settle_block(Builder *b, Block *block);

/* Parameters of a loop are what its variables begin with, unless they are more general already. */
static void
settle_params(const Inst *i)
{
	const Arg *start = &i->arg[op_column(i->op, ARG_loop_vars)];

	for (uint32_t k = 0; k < i->nblock; k++)
		for (uint32_t j = 0; j < i->block[k]->nparam && j < start->n; j++) {
			Var *v = i->block[k]->param[j];
			const Var *from = start->u[j]->var;
			bool known = v->val && from->val && tensor_same_numbers(v->val, from->val);
			if (!type_is_subtype(from->type, v->type))
				v->type = from->type;
			v->val = known ? from->val : NULL;
			v->symval = NULL;
		}
}

/* What the body gives a variable can be its value in the next turn. */
static bool
turns(const Inst *i)
{
	const Block *body = i->block[1];

	for (uint32_t j = 0; j < body->nparam && j < body->nout; j++) {
		const Var *v = body->param[j], *out = body->out[j]->var;
		if (!type_is_subtype(out->type, v->type) ||
		    (v->val && !(out->val && tensor_same_numbers(out->val, v->val))))
			return false;
	}
	return true;
}

static bool
settle_inst(Builder *b, Inst *i)
{
	bool loop = i->op->code == OP_while_loop;

	if (loop)
		settle_params(i);
	for (uint32_t k = 0; k < i->nblock; k++)
		if (!settle_block(b, i->block[k]))
			return false;
	b->span = i->span;
	return (!loop || turns(i)) && build_reinfer(b, i);
}

static bool
settle_block(Builder *b, Block *block)
{
	for (Inst *i = block->first; i; i = i->next)
		if (!settle_inst(b, i))
			return false;
	return true;
}

bool
settle_program(Program *p)
{
	for (uint32_t k = 0; k < p->funcs.n; k++) {
		Builder b;
		builder_init(&b, p, p->funcs.at[k]);
		if (!settle_block(&b, p->funcs.at[k]->body))
			return false;
	}
	return true;
}

/* ---- functions, ends, outputs ---- */

bool
step_drop_function(const ShrinkStep *s, Program *p)
{
	if (p->funcs.n < 2 || p->funcs.at[s->from] == default_function(p))
		return false;
	p->funcs.n--;
	memmove(p->funcs.at + s->from, p->funcs.at + s->from + 1,
	        (p->funcs.n - s->from) * sizeof *p->funcs.at);
	return true;
}

typedef struct Outputs {
	Arena *arena;
	VEC(Var *) at;
} Outputs;

static void
add_output(Outputs *o, Var *v)
{
	for (uint32_t k = 0; k < o->at.n; k++)
		if (o->at.at[k] == v)
			return;
	vec_push(o->arena, &o->at, v);
}

static bool
is_computed(const Var *v, const Block *top)
{
	return v->def && v->def->parent == top && v->def->op->code != OP_const;
}

/* Values that stay and that the instruction needs, or what is nested in it. */
static void
add_needed(Outputs *o, const Inst *i, const Block *top, const bool *gone)
{
	for each_operand (x, i)
		if (is_computed(x.var, top) && !gone[x.var->id])
			add_output(o, x.var);
	for (uint32_t k = 0; k < i->nblock; k++) {
		const Block *b = i->block[k];
		for (const Inst *j = b->first; j; j = j->next)
			add_needed(o, j, top, gone);
		for (uint32_t n = 0; n < b->nout; n++) {
			Var *v = b->out[n]->var;
			if (is_computed(v, top) && !gone[v->id])
				add_output(o, v);
		}
	}
}

/* The first s->from operations stay. */
bool
step_cut_tail(const ShrinkStep *s, Program *p)
{
	Func *f = default_function(p);
	Block *b = f->body;
	Outputs o = {.arena = p->arena};
	bool *gone = newn(p->arena, bool, (size_t)f->nvar + 1);
	Inst *i = b->first, *first;
	uint32_t n = 0;

	for (; i && (i->op->code == OP_const || n++ < s->from); i = i->next)
		;
	first = i;
	for (; i; i = i->next)
		for (uint32_t k = 0; k < i->nout; k++)
			gone[i->out[k]->id] = i->op->code != OP_const;
	for (uint32_t k = 0; k < b->nout; k++)
		if (!gone[b->out[k]->var->id])
			add_output(&o, b->out[k]->var);
	for (i = first; i; i = i->next)
		if (i->op->code != OP_const)
			add_needed(&o, i, b, gone);
	if (!first || !o.at.n)
		return false;
	block_set_outputs(b, o.at.at, o.at.n);
	for (Inst *prev, *last = b->last; last; last = prev) {
		prev = last == first ? NULL : last->prev;
		if (last->op->code != OP_const)
			inst_remove(last);
	}
	return true;
}

bool
step_drop_outputs(const ShrinkStep *s, Program *p)
{
	Block *b = default_function(p)->body;
	Var **out = newn(p->arena, Var *, b->nout);
	uint32_t n = 0;

	for (uint32_t k = 0; k < b->nout; k++)
		if (k < s->from || k >= s->to)
			out[n++] = b->out[k]->var;
	if (!n)
		return false;
	block_set_outputs(b, out, n);
	return true;
}

void
drop_classify(Program *p)
{
	for (uint32_t k = 0; k < p->funcs.n; k++) {
		Block *b = p->funcs.at[k]->body;
		Inst *i = b->last;
		Outputs o = {.arena = p->arena};
		if (!inst_is(i, OP_classify))
			continue;
		for (uint32_t n = 0; n < b->nout; n++)
			add_output(&o, b->out[n]->var->def == i ? inst_arg(i, "probabilities")
			                                        : b->out[n]->var);
		block_set_outputs(b, o.at.at, o.at.n);
		if (!is_used(i))
			inst_remove(i);
	}
}

/* ---- operations ---- */

Var *
new_const(Inst *before, const Str *name, const Tensor *t)
{
	Builder b;

	builder_init(&b, before->parent->func->prog, before->parent->func);
	b.block = before->parent;
	b.before = before;
	b.span = before->span;
	b.no_fold = true;
	return build_const(&b, name, t);
}

static bool
is_input_type(const Type *t)
{
	return t->kind == TY_TENSOR &&
	       (t->dtype == DT_FP32 || t->dtype == DT_FP16 || t->dtype == DT_INT32);
}

static Var *
new_input(Func *f, const Var *v)
{
	const Str *name = v->name;

	if (!is_input_type(v->type) || v->type->rank == 0 || !name)
		return NULL;
	for (uint32_t k = 0; k < f->body->nparam; k++)
		if (f->body->param[k]->name == name)
			name = intern_printf(f->prog->names, "%s_in", name->s);
	f->param_span = NULL;
	return block_add_param(f->body, name, v->type);
}

const Tensor *
filled(Arena *a, const Type *t)
{
	if (t->kind != TY_TENSOR || t->count < 0 || t->count > MAX_CONST || t->dtype == DT_STRING)
		return NULL;
	return tensor_filled(a, t->dtype, t->dim, (int)t->rank, 1);
}

/* What may stand for a result of i. */
static Var *
substitute(const ShrinkStep *s, Inst *i, Var *v)
{
	const Tensor *t;

	if (v->val)
		return new_const(i, v->name, tensor_copy(s->kept, v->val));
	if (s->how == HOW_OPERAND) {
		Var *found = NULL;
		for each_operand (o, i)
			if (o.var->type == v->type && (!found || found->val))
				found = o.var;
		return found;
	}
	if (s->how == HOW_INPUT)
		return new_input(i->parent->func, v);
	t = filled(s->kept, v->type);
	return t ? new_const(i, v->name, t) : NULL;
}

static bool
drop_operation(const ShrinkStep *s, Inst *i)
{
	for (uint32_t k = 0; k < i->nout; k++) {
		Var *v = i->out[k];
		Var *by = v->uses ? substitute(s, i, v) : NULL;
		if (v->uses && !by)
			return false;
		if (by)
			var_replace(v, by);
	}
	inst_remove(i);
	return true;
}

/* Those that nothing can stand for stay. */
bool
step_drop_operations(const ShrinkStep *s, Program *p)
{
	Insts all = all_operations(p);
	bool any = false;

	for (uint32_t k = MIN(s->to, all.n); k > s->from; k--)
		any |= drop_operation(s, all.at[k - 1]);
	return any;
}

/* ---- blocks ---- */

static void
move_out(Inst *holder, Block *b)
{
	while (b->first)
		inst_move_before(b->first, holder);
}

/* All that a block at the top of a function gives is given by the function too: what is looked for
 * may hang on a result that nothing outside needs. */
static void
give_all(Program *p, const Inst *holder, const Block *b)
{
	Block *body = holder->parent;
	Outputs o = {.arena = p->arena};

	if (body->parent)
		return;
	for (uint32_t k = 0; k < body->nout; k++)
		add_output(&o, body->out[k]->var);
	for (uint32_t k = 0; k < b->nout; k++)
		if (b->out[k]->var->def && b->out[k]->var->def->op->code != OP_const)
			add_output(&o, b->out[k]->var);
	block_set_outputs(body, o.at.at, o.at.n);
}

/* A branch of a cond, or one turn of a loop: block s->how & 1; with 2 its results are outputs. */
bool
step_unnest(const ShrinkStep *s, Program *p)
{
	Insts all = all_operations(p);
	Inst *i = s->from < all.n ? all.at[s->from] : NULL;
	bool loop = i && i->op->code == OP_while_loop;
	int which = s->how & 1;
	Block *b;
	const Arg *start;

	if (!i || (!loop && i->op->code != OP_cond) || (loop && which != 1))
		return false;
	b = i->block[which];
	if (b->nout != i->nout)
		return false;
	if (loop) {
		start = &i->arg[op_column(i->op, ARG_loop_vars)];
		for (uint32_t k = 0; k < b->nparam && k < start->n; k++)
			var_replace(b->param[k], start->u[k]->var);
	}
	move_out(i, b);
	for (uint32_t k = 0; k < i->nout; k++)
		var_replace(i->out[k], b->out[k]->var);
	if (s->how & 2)
		give_all(p, i, b);
	inst_remove(i);
	return true;
}
