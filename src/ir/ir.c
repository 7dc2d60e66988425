/* ir.c: making instructions and blocks, putting them in order, and asking about them. Uses are in
 * use.c, deep copies in clone.c.
 *
 * An instruction, its argument slots, its outputs and their pointers are one piece of memory, so
 * that building one is one allocation. Each slot array starts with room for one operand; longer
 * lists get an array of their own (use.c).
 */
#include "ir.h"

enum { ORDER_BITS = 40 }; /* distance between neighbours; order 0 means: renumber first */
#define ORDER_START (UINT64_C(1) << 62)

Program *
program_new(Arena *a, Interner *names, Types *types, Diag *diag)
{
	Program *p = new (a, Program);

	p->arena = a;
	p->names = names;
	p->types = types;
	p->diag = diag;
	p->default_func = intern_cstr(names, "main");
	p->no_arg = new (a, Arg);
	return p;
}

Func *
func_new(Program *p, const Str *name, Span span)
{
	Func *f = new (p->arena, Func);

	f->prog = p;
	f->name = name;
	f->span = span;
	f->nop = newn(p->arena, uint32_t, OP_COUNT);
	f->body = block_new(f, NULL);
	if (name)
		vec_push(p->arena, &p->funcs, f);
	return f;
}

void
program_put(Program *p, Func *f)
{
	f->prog = p;
	for (uint32_t k = 0; k < p->funcs.n; k++)
		if (p->funcs.at[k]->name == f->name) {
			p->funcs.at[k] = f;
			return;
		}
	vec_push(p->arena, &p->funcs, f);
}

Block *
block_new(Func *f, Inst *parent)
{
	Block *b = new (f->prog->arena, Block);

	b->func = f;
	b->parent = parent;
	return b;
}

Var *
block_add_param(Block *b, const Str *name, const Type *t)
{
	Arena *a = b->func->prog->arena;
	Var *v = new (a, Var);

	if ((b->nparam & (b->nparam - 1)) == 0) { /* full at every power of two */
		uint32_t cap = MAX(b->nparam, 1);
		b->param = vec_grow(a, b->param, b->nparam, &cap, sizeof *b->param);
	}
	v->name = name;
	v->type = t;
	v->param_of = b;
	v->id = b->func->nvar++;
	v->index = b->nparam;
	b->param[b->nparam++] = v;
	return v;
}

/* Instructions lie side by side, apart from their operands: walks over a long program read nothing
 * but them, one after the other, and that is what caches are fast at. */
static Inst *
take_inst(Program *p)
{
	if (p->pool_left == 0) {
		p->pool_size = p->pool_size ? MIN(p->pool_size * 2, 4096) : 16;
		p->pool = newn(p->arena, Inst, p->pool_size);
		p->pool_left = p->pool_size;
	}
	p->pool_left--;
	return p->pool++;
}

Inst *
inst_new(Func *f, const OpDef *op, const Str *name, uint32_t nout, Span span)
{
	struct Slots {
		Arg arg;
		Use *ptr;
		Use use;
	};
	size_t narg = op->code == OP_const ? 0 : op->nparam;
	char *at = arena_alloc(f->prog->arena,
	                       narg * sizeof(struct Slots) + nout * (sizeof(Var) + sizeof(Var *)));
	Inst *i = take_inst(f->prog);
	Use *use;
	Use **ptr;
	Var *var;

	i->op = op;
	i->name = name;
	i->span = span;
	i->arg = narg ? (Arg *)at : f->prog->no_arg;
	use = (Use *)(at += narg * sizeof(Arg));
	ptr = (Use **)(at += narg * sizeof(Use));
	var = (Var *)(at += narg * sizeof(Use *));
	i->out = (Var **)(at + nout * sizeof(Var));
	i->nout = nout;
	for (size_t k = 0; k < narg; k++) {
		use[k].user = i;
		ptr[k] = &use[k];
		i->arg[k].u = &ptr[k];
	}
	for (uint32_t k = 0; k < nout; k++) {
		var[k].def = i;
		var[k].name = name;
		var[k].index = k;
		var[k].id = f->nvar++;
		i->out[k] = &var[k];
	}
	return i;
}

/* ---- order ---- */

static uint64_t
order_between(const Inst *prev, const Inst *next)
{
	const uint64_t step = UINT64_C(1) << ORDER_BITS;

	if ((prev && prev->order == 0) || (next && next->order == 0))
		return 0;
	if (!prev && !next)
		return ORDER_START;
	if (!next)
		return prev->order > UINT64_MAX - step ? 0 : prev->order + step;
	if (!prev)
		return next->order > step ? next->order - step : 0;
	return next->order - prev->order < 2 ? 0 : prev->order + (next->order - prev->order) / 2;
}

static void
renumber(Block *b)
{
	uint64_t order = ORDER_START;

	for (Inst *i = b->first; i; i = i->next, order += UINT64_C(1) << ORDER_BITS)
		i->order = order;
}

bool
inst_before(const Inst *a, const Inst *b)
{
	if (a->parent != b->parent)
		die("%s and %s are in different blocks", a->op->name, b->op->name);
	if (a->order == 0 || b->order == 0)
		renumber(a->parent);
	return a->order < b->order;
}

bool
inst_updates_state(const Inst *i)
{
	if (i->op->code == OP_coreml_update_state)
		return true;
	for (uint32_t k = 0; k < i->nblock; k++)
		for (const Inst *j = i->block[k]->first; j; j = j->next)
			if (inst_updates_state(j))
				return true;
	return false;
}

static void
link_before(Block *b, Inst *before, Inst *i)
{
	i->parent = b;
	i->next = before;
	i->prev = before ? before->prev : b->last;
	*(i->prev ? &i->prev->next : &b->first) = i;
	*(before ? &before->prev : &b->last) = i;
	i->order = order_between(i->prev, before);
	b->ninst++;
}

static void
unlink_inst(Inst *i)
{
	Block *b = i->parent;

	*(i->prev ? &i->prev->next : &b->first) = i->next;
	*(i->next ? &i->next->prev : &b->last) = i->prev;
	i->prev = i->next = NULL;
	i->parent = NULL;
	b->ninst--;
}

static void
count(Func *f, const Inst *i, uint32_t n)
{
	f->nop[i->op->code] += n;
	if (i->op->flags & CONSTEXPR)
		f->nconstexpr += n;
}

void
inst_insert(Block *b, Inst *before, Inst *i)
{
	if (before && before->parent != b)
		die("%s is not in the block of the insertion", before->op->name);
	link_before(b, before, i);
	count(b->func, i, 1);
	b->func->prog->edits++;
	if (i->op->code == OP_const) {
		const Type *t = i->out[0]->type;
		b->func->nlarge += !t || t->count >= LARGE_CONST;
	}
}

void
inst_move_before(Inst *i, Inst *before)
{
	Func *from = i->parent->func, *to = before->parent->func;

	if (i == before)
		return;
	unlink_inst(i);
	link_before(before->parent, before, i);
	count(from, i, -1u);
	count(to, i, 1);
	to->prog->edits++;
}

/* Drops the operand uses of i and of all that is nested in it. */
static void
drop_uses(Inst *i)
{
	for (uint32_t k = 0; k < i->op->nparam; k++)
		inst_set_arg(i, (int)k, NULL);
	for (uint32_t k = 0; k < i->nblock; k++)
		block_discard(i->block[k]);
}

void
block_discard(Block *b)
{
	block_set_outputs(b, NULL, 0);
	for each_inst (i, b) {
		drop_uses(i);
		count(b->func, i, -1u);
	}
	b->first = b->last = NULL;
	b->ninst = 0;
}

void
inst_remove(Inst *i)
{
	for (uint32_t k = 0; k < i->nout; k++)
		if (i->out[k]->uses)
			die("%s %s is removed while its output %u is in use", i->op->name,
			    i->name ? i->name->s : "?", (unsigned)k);
	count(i->parent->func, i, -1u);
	i->parent->func->prog->edits++;
	drop_uses(i);
	unlink_inst(i);
}

void
inst_name_set(Inst *i, const Str *name)
{
	i->name = name;
}

/* ---- asking ---- */

Var *
arg_at(const Arg *a, uint32_t i)
{
	return i < a->n ? a->u[i]->var : NULL;
}

Var *
inst_argn(const Inst *i, int param)
{
	return arg_at(&i->arg[param], 0);
}

Var *
inst_argc(const Inst *i, ArgName arg)
{
	int k = op_column(i->op, arg);

	return k < 0 ? NULL : inst_argn(i, k);
}

int
inst_column(const Inst *i, const char *param)
{
	int k = op_param(i->op, param);

	if (k < 0)
		die("%s has no parameter %s", i->op->name, param);
	return k;
}

Arg *
inst_args(const Inst *i, const char *param)
{
	return &i->arg[inst_column(i, param)];
}

Var *
inst_arg(const Inst *i, const char *param)
{
	return arg_at(inst_args(i, param), 0);
}

const Tensor *
inst_val(const Inst *i, const char *param)
{
	const Var *v = inst_arg(i, param);

	return v ? v->val : NULL;
}

int64_t
inst_int(const Inst *i, const char *param)
{
	const Tensor *t = inst_val(i, param);

	return t ? tensor_i(t, 0) : 0;
}

bool
inst_attribute(const Inst *i, uint32_t param)
{
	if (i->op->flags & OPAQUE)
		return i->op->param[param].constant;
	return i->op->flags & CONSTEXPR && i->op->since < IOS18;
}

bool
use_is_held(const Use *u)
{
	const Inst *i = u->user;

	if (!i || i->op->flags & CONSTEXPR)
		return i != NULL;
	if (i->op->flags & OPAQUE)
		for each_operand (o, i)
			if (o.use == u)
				return i->op->param[o.param].constant;
	return false;
}

bool
inst_is(const Inst *i, Opcode op)
{
	return i && i->op->code == op;
}

Block *
var_block(const Var *v)
{
	return v->def ? v->def->parent : v->param_of;
}

bool
var_is_const(const Var *v)
{
	return inst_is(v->def, OP_const);
}

bool
block_encloses(const Block *outer, const Block *inner)
{
	while (inner && inner != outer)
		inner = inner->parent ? inner->parent->parent : NULL;
	return inner != NULL;
}
