/* match.c: see match.h. */
#include "match.h"

#include <math.h>

/* ---- visiting ---- */

typedef struct Scan {
	PassCtx *c;
	RewriteFn *fn;
	bool nested, repeat;
	bool wanted[OP_COUNT];
} Scan;

static bool scan_block(const Scan *s, Block *b);

/* Round after round until nothing changes. A pass takes away or tidies with each change, so that
 * it needs fewer rounds than there are instructions; one that undoes its work would not end. */
static void
scan_rounds(const Scan *s, Block *b)
{
	uint64_t left = 1000 + 10 * (uint64_t)b->ninst;

	while (!s->c->failed && scan_block(s, b) && s->repeat)
		if (left-- == 0) {
			diag_error(s->c->prog->diag, NOSPAN,
			           "pass %s does not come to an end with this program: "
			           "--passes=-%s leaves it out",
			           s->c->name, s->c->name);
			s->c->failed = true;
		}
}

static void
scan_nested(const Scan *s, Inst *i)
{
	for (uint32_t k = 0; k < i->nblock; k++)
		scan_rounds(s, i->block[k]);
}

static bool
scan_block(const Scan *s, Block *b)
{
	Arena *a = s->c->arena;
	VEC(Inst *) found = {0};
	ArenaMark mark = arena_mark(a);
	bool changed = false;

	for (Inst *i = b->first; i; i = i->next)
		if ((i->nblock && s->nested) || s->wanted[i->op->code])
			vec_push(a, &found, i);
	for (uint32_t k = 0; k < found.n; k++) {
		Inst *i = found.at[k];
		if (i->parent != b) /* removed on the way */
			continue;
		if (i->nblock && s->nested)
			scan_nested(s, i);
		if (i->parent == b && s->wanted[i->op->code])
			changed |= s->fn(s->c, i);
	}
	arena_release(a, mark);
	return changed;
}

static void
scan_program(PassCtx *c, const Opcode *ops, RewriteFn *fn, bool nested, bool repeat)
{
	Scan s = {.c = c, .fn = fn, .nested = nested, .repeat = repeat};

	for (const Opcode *op = ops; *op != OP_none; op++)
		s.wanted[*op] = true;
	for (uint32_t f = 0; f < c->prog->funcs.n; f++) {
		Func *fu = c->prog->funcs.at[f];
		uint32_t n = 0;
		for (const Opcode *op = ops; *op != OP_none; op++)
			n += fu->nop[*op];
		if (n)
			scan_rounds(&s, fu->body);
	}
}

void
rewrite_rounds(PassCtx *c, const Opcode *ops, RewriteFn *fn)
{
	scan_program(c, ops, fn, true, true);
}

void
rewrite_once(PassCtx *c, const Opcode *ops, RewriteFn *fn)
{
	scan_program(c, ops, fn, true, false);
}

void
rewrite_top(PassCtx *c, const Opcode *ops, RewriteFn *fn)
{
	scan_program(c, ops, fn, false, true);
}

/* ---- values ---- */

bool
var_leaves_block(const Var *v)
{
	const Block *b = var_block(v);

	for (const Use *u = v->uses; u; u = u->next)
		if (!u->user && u->block == b)
			return true;
	return false;
}

uint32_t
var_nchild(const Var *v, uint32_t limit)
{
	uint32_t n = 0;

	for (const Use *u = v->uses; u && n < limit; u = u->next)
		n += u->user != NULL;
	return n;
}

Inst *
var_only_child(const Var *v)
{
	Inst *child = NULL;

	for (const Use *u = v->uses; u; u = u->next) {
		if (!u->user)
			continue;
		if (child)
			return NULL;
		child = u->user;
	}
	return child;
}

Inst *
inst_only_child(const Inst *i, Opcode op)
{
	Inst *child = i->nout == 1 ? var_only_child(i->out[0]) : NULL;

	return inst_is(child, op) ? child : NULL;
}

Inst *
inst_follow(const Inst *i, Opcode op)
{
	return i && i->nout == 1 && !var_leaves_block(i->out[0]) ? inst_only_child(i, op) : NULL;
}

Inst *
inst_follow_number(const Inst *i, Opcode op, double x)
{
	Inst *next = inst_follow(i, op);

	return next && val_is_near(other_operand(next, i->out[0]), x, 1e-3) ? next : NULL;
}

Inst *
inst_follow_half(const Inst *i, const Var *x, bool late, Inst **half)
{
	Inst *m = inst_follow(i, OP_mul), *end;
	Var *other = m ? other_operand(m, i->out[0]) : NULL;

	*half = m;
	if (!m)
		return NULL;
	if (val_is_near(other, 0.5, 1e-3)) {
		end = inst_follow(m, OP_mul);
		return end && other_operand(end, m->out[0]) == x ? end : NULL;
	}
	if (late && other == x)
		return inst_follow_number(m, OP_mul, 0.5);
	*half = other->def;
	if (!inst_is(*half, OP_mul) || inst_follow(*half, OP_mul) != m ||
	    !val_is_near(other_operand(*half, x), 0.5, 1e-3))
		return NULL;
	return inst_argn(*half, 0) == x || inst_argn(*half, 1) == x ? m : NULL;
}

/* a stands before b, wherever the two are nested. */
static bool
precedes(const Inst *a, const Inst *b)
{
	for (const Inst *x = a; x; x = x->parent->parent)
		for (const Inst *y = b; y; y = y->parent->parent)
			if (x->parent == y->parent)
				return x != y && inst_before(x, y);
	return false;
}

bool
var_children(const Var *v, Inst **child, uint32_t n)
{
	uint32_t k = 0;

	if (var_nchild(v, n + 1) != n)
		return false;
	for (const Use *u = v->uses; u; u = u->next) {
		uint32_t at = k;
		if (!u->user)
			continue;
		for (; at > 0 && precedes(u->user, child[at - 1]); at--)
			child[at] = child[at - 1];
		child[at] = u->user;
		k++;
	}
	return true;
}

bool
var_is_float(const Var *v)
{
	return v->type->kind == TY_TENSOR && dtype_is_float(v->type->dtype);
}

bool
var_has_rank(const Var *v, uint32_t rank)
{
	return v->type->kind == TY_TENSOR && v->type->rank == rank;
}

bool
shape_is_known(const Var *v)
{
	return v->type->kind == TY_TENSOR && v->type->count >= 0;
}

static bool
is_number(const Tensor *t)
{
	return t->dtype != DT_STRING && t->dtype != DT_COMPLEX64;
}

bool
val_is_near(const Var *v, double x, double tol)
{
	if (!v || !v->val || v->type->kind != TY_TENSOR || v->val->count != 1 || !is_number(v->val))
		return false;
	return fabs(tensor_f(v->val, 0) - x) < tol;
}

bool
val_all_equal(const Tensor *t, double x)
{
	if (!is_number(t))
		return false;
	for (int64_t k = 0; k < t->count; k++)
		if (tensor_f(t, k) != x)
			return false;
	return true;
}

Var *
other_operand(const Inst *i, const Var *v)
{
	Var *x = inst_argn(i, 0), *y = inst_argn(i, 1);

	return x == v ? y : x;
}

int
val_ints(const Var *v, int64_t *out, int max)
{
	if (!v || !v->val || v->type->kind != TY_TENSOR || v->val->rank > 1 ||
	    v->val->count > max || !is_number(v->val))
		return -1;
	for (int64_t k = 0; k < v->val->count; k++)
		out[k] = tensor_i(v->val, k);
	return (int)v->val->count;
}

bool
val_ints_are(const Var *v, const int64_t *want, int n)
{
	int64_t have[8];

	return val_ints(v, have, 8) == n && memcmp(have, want, (size_t)n * sizeof *want) == 0;
}

/* ---- replacing ---- */

enum { NEAR_STEPS = 64 };

typedef struct Search {
	Arena *arena;
	Map reached; /* made of by's operands, and by itself */
	Map visited;
	VEC(const Var *) todo;
} Search;

static void
push_operands(Search *s, const Inst *i)
{
	for each_operand (o, i)
		vec_push(s->arena, &s->todo, o.var);
}

/* Everything above `by`, or with steps the nearest of it. */
static void
reach(Search *s, const Var *by, uint32_t steps)
{
	vec_push(s->arena, &s->todo, by);
	for (uint32_t at = 0; at < s->todo.n && steps; at++, steps--) {
		const Var *v = s->todo.at[at];
		if (map_get(&s->reached, KEY(v)))
			continue;
		map_put(&s->reached, KEY(v), s);
		if (v->def && !(v->def->op->flags & CONSTEXPR) && v->def->op->code != OP_shape)
			push_operands(s, v->def);
	}
	s->todo.n = 0;
}

/* All weights above old are reached; false also when `steps` do not suffice to say so. */
static bool
covered(Search *s, const Var *old, uint32_t steps)
{
	vec_push(s->arena, &s->todo, old);
	for (uint32_t at = 0; at < s->todo.n; at++) {
		const Var *v = s->todo.at[at];
		if (map_get(&s->reached, KEY(v)) || map_get(&s->visited, KEY(v)))
			continue;
		if (v->def && v->def->op->flags & CONSTEXPR)
			return false;
		if (steps-- == 0)
			return false;
		map_put(&s->visited, KEY(v), s);
		if (v->def && v->def->op->code != OP_shape)
			push_operands(s, v->def);
	}
	return true;
}

static bool
search(Arena *a, const Var *old, const Var *by, uint32_t steps)
{
	Search s = {.arena = a};

	map_init(&s.reached, a);
	map_init(&s.visited, a);
	reach(&s, by, steps);
	return covered(&s, old, steps);
}

bool
var_keeps_weights(PassCtx *c, const Var *old, const Var *by)
{
	ArenaMark mark;
	bool ok;

	if (!var_block(old)->func->nconstexpr)
		return true;
	mark = arena_mark(c->arena);
	/* What takes part in a pattern is close by; only the rest is worth the whole way up. */
	ok = search(c->arena, old, by, NEAR_STEPS) || search(c->arena, old, by, UINT32_MAX);
	arena_release(c->arena, mark);
	return ok;
}

bool
pass_try_replace(PassCtx *c, Var *old, Var *by, Inst *const *gone, uint32_t n)
{
	if (!by || !var_keeps_weights(c, old, by) ||
	    (var_is_function_output(old) && old->name != by->name && var_is_function_input(by)))
		return false;
	return pass_replace(old, by, gone, n);
}

bool
pass_replace_or_drop(PassCtx *c, Inst *i, Var *by)
{
	if (pass_try_replace(c, i->out[0], by, GONE(i)))
		return true;
	if (by)
		rewrite_remove(by->def);
	return false;
}

bool
pass_fuse_as(PassCtx *c, Inst *end, const Str *name, Opcode op, const Operand *arg, uint32_t narg,
             Inst *const *gone, uint32_t ngone)
{
	Builder b = pass_builder_before(c, end);

	return pass_replace(end->out[0], build1(&b, op, name, arg, narg), gone, ngone);
}

bool
pass_fuse(PassCtx *c, Inst *end, Opcode op, const Operand *arg, uint32_t narg, Inst *const *gone,
          uint32_t ngone)
{
	return pass_fuse_as(c, end, end->out[0]->name, op, arg, narg, gone, ngone);
}

Var *
build_ints(PassCtx *c, Builder *b, Opcode op, const Str *name, Var *x, const char *param,
           const int64_t *v, int n)
{
	if (!name)
		name = name_new(c, op_oldest(op)->name);
	return build1(b, op, name, ARGS(VAR("x", x), INTSC(c, param, v, n)));
}

static const Operand *
override(const Operand *over, uint32_t n, const char *param)
{
	for (uint32_t k = 0; k < n; k++)
		if (strcmp(over[k].name, param) == 0)
			return &over[k];
	return NULL;
}

/* The operands of a tuple parameter as a list. */
static Operand
list_operand(Builder *b, const char *name, const Arg *a)
{
	Operand o = {.kind = A_LIST, .name = name};
	Operand *item = newn(b->prog->arena, Operand, MAX(a->n, 1));

	for (uint32_t k = 0; k < a->n; k++)
		item[k] = (Operand){.kind = A_VAR, .name = name, .var = arg_at(a, k)};
	o.list.item = item;
	o.list.n = a->n;
	return o;
}

Var *
rewrite_again(Builder *b, const Inst *i, const Str *name, const Operand *over, uint32_t nover)
{
	Operand arg[MAX_PARAMS];
	uint32_t n = 0;

	for (uint32_t p = 0; p < i->op->nparam; p++) {
		const Param *q = &i->op->param[p];
		const Operand *o = override(over, nover, q->name);
		if (o && o->kind == A_VAR && !o->var)
			continue;
		if (o)
			arg[n++] = *o;
		else if (i->arg[p].n && q->kind == P_TUPLE)
			arg[n++] = list_operand(b, q->name, &i->arg[p]);
		else if (i->arg[p].n)
			arg[n++] = (Operand)VAR(q->name, inst_argn(i, (int)p));
	}
	return build1(b, i->op->code, name, arg, n);
}

Builder
builder_at(PassCtx *c, Inst *before, const Inst *at)
{
	Builder b = pass_builder_before(c, before);

	b.span = at->span;
	return b;
}

bool
pass_absorb_as(PassCtx *c, Inst *i, Inst *end, const Str *name, const Operand *over, uint32_t nover,
               Inst *const *gone, uint32_t ngone)
{
	Builder b = builder_at(c, i, end);

	return pass_try_replace(c, end->out[0], rewrite_again(&b, i, name, over, nover), gone,
	                        ngone);
}

bool
pass_absorb(PassCtx *c, Inst *i, Inst *end, const Operand *over, uint32_t nover, Inst *const *gone,
            uint32_t ngone)
{
	return pass_absorb_as(c, i, end, end->out[0]->name, over, nover, gone, ngone);
}

const Str *
name_new(PassCtx *c, const char *stem)
{
	return intern_printf(c->prog->names, "%s_new_%u", stem, (unsigned)c->prog->next_new++);
}

Tensor *
ints_tensor(PassCtx *c, const int64_t *v, int n)
{
	for (int k = 0; k < n; k++)
		if (v[k] != (int32_t)v[k])
			return NULL;
	return tensor_vector_i(c->prog->arena, DT_INT32, v, n);
}

bool
func_has_nested(const Func *f, bool live)
{
	if (!f->nop[OP_cond] && !f->nop[OP_while_loop])
		return false;
	for (const Inst *i = f->body->first; i; i = i->next)
		for (uint32_t k = 0; k < i->nout && i->nblock; k++)
			if (!live || i->out[k]->uses)
				return true;
	return false;
}
