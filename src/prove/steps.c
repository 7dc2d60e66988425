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

static Func *
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

/* Some way to write to a state is in it. */
static bool
has_effect(const Inst *i)
{
	if (i->op->code == OP_coreml_update_state)
		return true;
	for (uint32_t k = 0; k < i->nblock; k++)
		for (const Inst *j = i->block[k]->first; j; j = j->next)
			if (has_effect(j))
				return true;
	return false;
}

static void
sweep_block(Block *b)
{
	Inst *prev;

	for (Inst *i = b->last; i; i = prev) {
		prev = i->prev;
		if (!is_used(i) && !has_effect(i)) {
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

/* ---- operations ---- */

static Var *
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

static const Tensor *
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

/* The branch s->how of a cond, or one turn of a loop. */
bool
step_unnest(const ShrinkStep *s, Program *p)
{
	Insts all = all_operations(p);
	Inst *i = s->from < all.n ? all.at[s->from] : NULL;
	bool loop = i && i->op->code == OP_while_loop;
	Block *b;
	const Arg *start;

	if (!i || (!loop && i->op->code != OP_cond) || (loop && s->how != 1))
		return false;
	b = i->block[s->how];
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
	inst_remove(i);
	return true;
}

/* ---- sizes ---- */

/* How many results there are hangs on operands of these. */
static bool
is_held(const Inst *constant)
{
	for (const Use *u = constant->out[0]->uses; u; u = u->next)
		if (u->user && u->user->op->flags & VARIADIC_OUT && !u->user->nblock)
			return true;
	return false;
}

static bool
has_size(const Type *t, int64_t size)
{
	for (uint32_t k = 0; t->kind == TY_TENSOR && k < t->rank; k++)
		if (t->dim[k] == size)
			return true;
	return false;
}

static const Type *
resized_type(Program *p, const Type *t, int64_t from, int64_t to)
{
	Dim dim[TENSOR_MAX_RANK];

	if (t->kind == TY_STATE)
		return type_state(p->types, resized_type(p, t->elem, from, to));
	if (!has_size(t, from))
		return t;
	for (uint32_t k = 0; k < t->rank; k++)
		dim[k] = t->dim[k] == from ? to : t->dim[k];
	return type_tensor(p->types, t->dtype, dim, t->rank);
}

/* The first elements of each axis. */
static Tensor *
cut(Arena *a, const Tensor *t, const Type *now)
{
	Tensor *x = tensor_new(a, t->dtype, now->dim, t->rank);
	size_t size = dtype_size(t->dtype);
	const char *from = tensor_data(a, t);
	int64_t at[TENSOR_MAX_RANK] = {0};

	for (int64_t i = 0; i < x->count; i++) {
		int64_t k = 0;
		for (int d = 0; d < t->rank; d++)
			k = k * t->dim[d] + at[d];
		memcpy((char *)x->data + (size_t)i * size, from + (size_t)k * size, size);
		for (int d = t->rank; d-- > 0 && ++at[d] == x->dim[d];)
			at[d] = 0;
	}
	return x;
}

/* Shapes stand in vectors of int32: their elements are the sizes. */
static Tensor *
replaced(Arena *a, const Tensor *t, int64_t from, int64_t to)
{
	Tensor *x = NULL;

	for (int64_t k = 0; k < t->count; k++)
		if (tensor_i(t, k) == from) {
			x = x ? x : tensor_copy(a, t);
			tensor_set_i(x, k, to);
		}
	return x;
}

static void
resize_const(const ShrinkStep *s, Program *p, Inst *i)
{
	Var *v = i->out[0];
	const Tensor *t = v->val;
	bool shape = t->dtype == DT_INT32 && t->rank <= 1;
	const Type *now = resized_type(p, v->type, s->from, s->to);

	if (v->type->kind != TY_TENSOR || t->dtype == DT_STRING || is_held(i))
		return;
	if (shape) {
		t = replaced(s->kept, t, s->from, s->to);
		v->val = t ? t : v->val;
	} else if (now != v->type) {
		v->val = cut(s->kept, t, now);
		v->type = now;
	}
}

static void
resize_block(const ShrinkStep *s, Program *p, Block *b)
{
	for (Inst *i = b->first; i; i = i->next) {
		if (i->op->code == OP_const)
			resize_const(s, p, i);
		for (uint32_t k = 0; k < i->nblock; k++)
			resize_block(s, p, i->block[k]);
	}
}

bool
step_resize(const ShrinkStep *s, Program *p)
{
	for (uint32_t k = 0; k < p->funcs.n; k++) {
		Block *b = p->funcs.at[k]->body;
		for (uint32_t n = 0; n < b->nparam; n++)
			b->param[n]->type = resized_type(p, b->param[n]->type, s->from, s->to);
		resize_block(s, p, b);
	}
	return true;
}

static uint32_t
add_sizes(const Type *t, int64_t *size, uint32_t n, uint32_t most)
{
	t = t->kind == TY_STATE ? t->elem : t;
	for (uint32_t k = 0; t->kind == TY_TENSOR && k < t->rank; k++) {
		uint32_t at = 0;
		if (!dim_known(t->dim[k]) || t->dim[k] < 2)
			continue;
		while (at < n && size[at] > t->dim[k])
			at++;
		if ((at < n && size[at] == t->dim[k]) || n == most)
			continue;
		memmove(size + at + 1, size + at, (n - at) * sizeof *size);
		size[at] = t->dim[k];
		n++;
	}
	return n;
}

uint32_t
find_sizes(const Program *p, int64_t *size, uint32_t most)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < p->funcs.n; k++) {
		const Block *b = p->funcs.at[k]->body;
		for (uint32_t j = 0; j < b->nparam; j++)
			n = add_sizes(b->param[j]->type, size, n, most);
		for (const Inst *i = b->first; i; i = i->next)
			if (i->op->code == OP_const)
				n = add_sizes(i->out[0]->type, size, n, most);
	}
	return n;
}

/* ---- values ---- */

/* All but one, so that something can still be given. */
bool
step_fix_inputs(const ShrinkStep *s, Program *p)
{
	Block *b = default_function(p)->body;
	uint32_t used = 0;
	bool any = false;

	for (uint32_t k = 0; k < b->nparam; k++)
		used += b->param[k]->uses != NULL;
	for (uint32_t k = MIN(s->to, b->nparam); k > s->from && used > 1 && b->first; k--) {
		Var *v = b->param[k - 1];
		const Tensor *t = v->uses ? filled(s->kept, v->type) : NULL;
		if (!t)
			continue;
		var_replace(v, new_const(b->first, v->name, t));
		used--;
		any = true;
	}
	return any;
}

static bool
is_plain(const Inst *i)
{
	const Tensor *t = i->out[0]->val;

	if (i->op->code != OP_const || t->count < 2 || !dtype_is_float(t->dtype))
		return true;
	for (int64_t k = 1; k < t->count; k++)
		if (tensor_f(t, k) != tensor_f(t, 0))
			return false;
	return true;
}

/* Of constants at the top of functions. */
static void
collect_constants(Insts *all, Arena *a, const Program *p)
{
	for (uint32_t k = 0; k < p->funcs.n; k++)
		for (Inst *i = p->funcs.at[k]->body->first; i; i = i->next)
			if (!is_plain(i))
				vec_push(a, all, i);
}

uint32_t
count_constants(const Program *p)
{
	Arena a = {0};
	Insts all = {0};

	collect_constants(&all, &a, p);
	arena_free(&a);
	return all.n;
}

bool
step_plain_constants(const ShrinkStep *s, Program *p)
{
	Insts all = {0};
	bool any = false;

	collect_constants(&all, p->arena, p);
	for (uint32_t k = s->from; k < s->to && k < all.n; k++) {
		Var *v = all.at[k]->out[0];
		v->val = tensor_filled(s->kept, v->val->dtype, v->val->dim, v->val->rank, 1);
		any = true;
	}
	return any;
}
