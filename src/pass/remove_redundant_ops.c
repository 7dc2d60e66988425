/* remove_redundant_ops.c: of several instructions that do the same to the same operands one stays.
 *
 *   %a = relu(x=%x)           %a = relu(x=%x)
 *   %b = relu(x=%x)       ->  %c = add(x=%a, y=%a)
 *   %c = add(x=%a, y=%b)
 *
 * Candidates are users of one value, of one opcode, all in one block. Operands are the same when
 * they are the same value or equal constants of less than 100 elements. Outputs of the block,
 * random ops and ops with blocks or several results stay.
 */
#include "match.h"

#include <stdlib.h>

enum { SMALL = 100 };

typedef struct Candidate {
	Inst *inst;
	uint64_t hash;
	struct Candidate *next; /* with the same hash */
} Candidate;

static bool
is_eligible(const Inst *i)
{
	return i->nblock == 0 && strncmp(i->op->name, "random", 6) != 0;
}

static bool
is_small(const Tensor *t)
{
	return t && t->count < SMALL;
}

/* Equal for what is the same number, as 0.0 and -0.0. */
static uint64_t
hash_value(const Tensor *t)
{
	uint64_t h = (uint64_t)t->count;

	if (!dtype_is_float(t->dtype))
		return tensor_hash(t);
	for (int64_t k = 0; k < t->count; k++) {
		double x = tensor_f(t, k) + 0.0;
		h = hash_bytes(&x, sizeof x, h);
	}
	return h;
}

static uint64_t
hash_operands(const Inst *i)
{
	uint64_t h = i->op->code;

	for each_operand (o, i) {
		uint64_t key = is_small(o.var->val) ? hash_value(o.var->val) : KEY(o.var);
		h = (h ^ key ^ o.param << 8 ^ o.next) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	return h;
}

static bool
same_operand(const Var *a, const Var *b)
{
	if (a == b)
		return true;
	return a->type == b->type && is_small(a->val) && is_small(b->val) &&
	       tensor_same_numbers(a->val, b->val);
}

static bool
same_operands(const Inst *a, const Inst *b)
{
	if (a->op != b->op)
		return false;
	for (uint32_t p = 0; p < a->op->nparam; p++) {
		if (a->arg[p].n != b->arg[p].n)
			return false;
		for (uint32_t k = 0; k < a->arg[p].n; k++)
			if (!same_operand(arg_at(&a->arg[p], k), arg_at(&b->arg[p], k)))
				return false;
	}
	return true;
}

static int
by_place(const void *a, const void *b)
{
	const Inst *x = *(Inst *const *)a, *y = *(Inst *const *)b;

	if (x == y)
		return 0;
	if (x->parent != y->parent) /* their opcodes are left alone; any fixed order will do */
		return x->out[0]->id < y->out[0]->id ? -1 : 1;
	return inst_before(x, y) ? -1 : 1;
}

/* Merges i into an earlier one that does the same; false: there is none. */
static bool
merge(PassCtx *c, Map *seen, Inst *i)
{
	uint64_t hash = hash_operands(i);
	Candidate *first = map_get(seen, hash), *e;

	for (e = first; e; e = e->next) {
		if (!same_operands(e->inst, i))
			continue;
		if (i->nout != 1 || var_leaves_block(i->out[0]) ||
		    !pass_try_replace(c, i->out[0], e->inst->out[0], GONE(i)))
			return false;
		return true;
	}
	e = new (c->arena, Candidate);
	*e = (Candidate){i, hash, first};
	map_put(seen, hash, e);
	return false;
}

/* The users with results, in program order. New uses go to the front of the list, so that it mostly
 * is the order backwards. */
static uint32_t
sorted_users(const Var *v, Inst **user, uint32_t n)
{
	bool sorted = true;
	uint32_t k = n;

	for (const Use *u = v->uses; u; u = u->next)
		if (u->user && u->user->nout)
			user[--k] = u->user;
	memmove(user, user + k, (n - k) * sizeof *user);
	n -= k;
	for (k = 1; k < n && sorted; k++)
		sorted = by_place(&user[k - 1], &user[k]) <= 0;
	if (!sorted)
		qsort(user, n, sizeof *user, by_place);
	return n;
}

static bool
merge_users(PassCtx *c, const Var *v)
{
	ArenaMark mark = arena_mark(c->arena);
	uint32_t n = var_nchild(v, UINT32_MAX);
	Inst **user = newn(c->arena, Inst *, n);
	const Inst *last[OP_COUNT] = {0};                            /* user with that opcode */
	bool several[OP_COUNT] = {false}, mixed[OP_COUNT] = {false}; /* users, their blocks */
	bool changed = false;
	Map seen;

	n = sorted_users(v, user, n);
	for (uint32_t k = 0; k < n; k++) {
		Opcode op = user[k]->op->code;
		several[op] |= last[op] && last[op] != user[k];
		mixed[op] |= last[op] && last[op]->parent != user[k]->parent;
		last[op] = user[k];
	}
	map_init(&seen, c->arena);
	for (uint32_t k = 0; k < n; k++) {
		Opcode op = user[k]->op->code;
		if ((k == 0 || user[k] != user[k - 1]) && several[op] && !mixed[op] &&
		    is_eligible(user[k]))
			changed |= merge(c, &seen, user[k]);
	}
	arena_release(c->arena, mark);
	return changed;
}

static bool
merge_in_block(PassCtx *c, Block *b)
{
	bool changed = false;

	for (uint32_t k = 0; k < b->nparam; k++)
		if (var_nchild(b->param[k], 2) > 1)
			merge_users(c, b->param[k]);
	/* What is removed stands behind the instruction at hand. */
	for (Inst *i = b->first; i; i = i->next) {
		if (i->op->code == OP_const)
			continue;
		for (uint32_t k = 0; k < i->nblock; k++)
			while (merge_in_block(c, i->block[k]))
				;
		if (i->nout && var_nchild(i->out[0], 2) > 1)
			changed |= merge_users(c, i->out[0]);
	}
	return changed;
}

bool
func_remove_redundant_ops(PassCtx *c, Func *f)
{
	while (merge_in_block(c, f->body))
		;
	return true;
}
