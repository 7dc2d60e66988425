/* const_deduplication.c: of equal large constants, and of equal constexpr ops, one stays.
 *
 *   %w1 = const(val=[…])                 %w1 = const(val=[…])
 *   %w2 = const(val=[…])             ->  %a = linear(x=%x, weight=%w1)
 *   %a = linear(x=%x, weight=%w1)        %b = linear(x=%y, weight=%w1)
 *   %b = linear(x=%y, weight=%w2)
 *
 * Weights may be mapped files of gigabytes, or casts of such that are made while they are written.
 * So a constant is looked at only when another one has the same type; then at its first 4 KiB;
 * and read as a whole only when these agree.
 * Option const_threshold=N: constants of fewer elements are left alone (100).
 */
#include "match.h"

#include <stdlib.h>

enum { HEAD_BYTES = 1024 };

typedef struct Large {
	Var *var;
	uint64_t head, all; /* 0: not computed */
	struct Large *next; /* of the same type and head */
} Large;

typedef struct Dedup {
	PassCtx *c;
	int64_t threshold;
} Dedup;

static bool
read_threshold(PassCtx *c, int64_t *threshold)
{
	const char *text = pass_option(c, "const_threshold");
	char *end;

	*threshold = LARGE_CONST;
	if (!text)
		return true;
	*threshold = strtoll(text, &end, 10);
	return (!*end && end != text) ||
	       diag_error(c->prog->diag, NOSPAN,
	                  "const_deduplication: const_threshold is '%s', expected an integer",
	                  text);
}

/* ---- constants ---- */

static uint64_t
hash_head(const Tensor *t)
{
	char buf[HEAD_BYTES];
	size_t size = dtype_size(t->dtype);
	int64_t n = MIN(t->count, (int64_t)(HEAD_BYTES / size));

	tensor_read(t, 0, n, buf);
	return hash_bytes(buf, (size_t)n * size, KEY(t->dtype));
}

/* Equal hashes may be an accident, or made on purpose. An array with a NaN equals nothing, not even
 * itself. */
static bool
same_value(Large *a, Large *b)
{
	const Tensor *x = a->var->val, *y = b->var->val;

	if (a->var->type != b->var->type)
		return false;
	if (x != y && !a->all)
		a->all = tensor_hash(x);
	if (x != y && !b->all)
		b->all = tensor_hash(y);
	return (x == y || (a->all == b->all && tensor_equal(x, y))) && tensor_same_numbers(x, x);
}

/* The first one of the same type, type being the key, then joins under its head. */
static Large *
find_same(Map *heads, Large *l)
{
	uint64_t key;
	Large *first;

	if (!l->head)
		l->head = hash_head(l->var->val);
	key = l->head ^ KEY(l->var->type) * UINT64_C(0x9e3779b97f4a7c15);
	first = map_get(heads, key);
	for (Large *e = first; e; e = e->next)
		if (same_value(e, l))
			return e;
	l->next = first;
	map_put(heads, key, l);
	return NULL;
}

static void
join(PassCtx *c, Var *old, Var *by)
{
	if (var_leaves_block(old))
		return;
	if (old->def->op->code == OP_const && !var_keeps_weights(c, old, by))
		return;
	pass_replace(old, by, GONE(old->def));
}

static bool
is_large(const Dedup *d, const Inst *i)
{
	const Tensor *t;

	if (i->op->code != OP_const)
		return false;
	t = i->out[0]->val;
	return i->out[0]->type->kind == TY_TENSOR && t && t->count >= d->threshold &&
	       t->dtype != DT_STRING;
}

static void
dedup_consts(Dedup *d, Block *b)
{
	Map types, heads; /* type -> its only constant so far */
	static const char several;

	map_init(&types, d->c->arena);
	map_init(&heads, d->c->arena);
	for each_inst (i, b) {
		Large *l, *same;
		void *other;
		if (!is_large(d, i))
			continue;
		l = new (d->c->arena, Large);
		l->var = i->out[0];
		other = map_get(&types, KEY(l->var->type));
		if (!other) {
			map_put(&types, KEY(l->var->type), l);
			continue;
		}
		if (other != &several) {
			find_same(&heads, other);
			map_put(&types, KEY(l->var->type), (void *)(uintptr_t)&several);
		}
		same = find_same(&heads, l);
		if (same)
			join(d->c, l->var, same->var);
	}
}

/* ---- constexpr ops ---- */

static bool
by_identity(const Dedup *d, const Var *v)
{
	return !v->val || v->val->count >= d->threshold;
}

static bool
same_constexpr(const Dedup *d, const Inst *a, const Inst *b)
{
	if (a->op != b->op)
		return false;
	for (uint32_t p = 0; p < a->op->nparam; p++) {
		const Var *x = inst_argn(a, (int)p), *y = inst_argn(b, (int)p);
		if (x == y)
			continue;
		if (!x || !y || x->type != y->type || by_identity(d, x) || by_identity(d, y) ||
		    !tensor_equal(x->val, y->val))
			return false;
	}
	return true;
}

static uint64_t
hash_constexpr(const Dedup *d, const Inst *i)
{
	uint64_t h = i->op->code;

	for (uint32_t p = 0; p < i->op->nparam; p++) {
		const Var *v = inst_argn(i, (int)p);
		if (!v)
			continue;
		h ^= by_identity(d, v) ? KEY(v) : tensor_hash(v->val);
		h = (h ^ p) * UINT64_C(0x9e3779b97f4a7c15);
	}
	return h;
}

typedef struct Seen {
	Inst *inst;
	struct Seen *next;
} Seen;

static void
dedup_constexprs(Dedup *d, Block *b)
{
	Map seen;

	map_init(&seen, d->c->arena);
	for each_inst (i, b) {
		uint64_t hash;
		Seen *first, *e;
		if (!(i->op->flags & CONSTEXPR))
			continue;
		hash = hash_constexpr(d, i);
		first = map_get(&seen, hash);
		for (e = first; e && !same_constexpr(d, e->inst, i);)
			e = e->next;
		if (e) {
			join(d->c, i->out[0], e->inst->out[0]);
			continue;
		}
		e = new (d->c->arena, Seen);
		*e = (Seen){i, first};
		map_put(&seen, hash, e);
	}
}

static void
dedup_block(Dedup *d, Block *b)
{
	if (b->func->nop[OP_cond] || b->func->nop[OP_while_loop])
		for (Inst *i = b->first; i; i = i->next)
			for (uint32_t k = 0; k < i->nblock; k++)
				dedup_block(d, i->block[k]);
	if (b->func->nlarge > 1 || d->threshold < LARGE_CONST)
		dedup_consts(d, b);
	if (b->func->nconstexpr)
		dedup_constexprs(d, b);
}

bool
func_const_deduplication(PassCtx *c, Func *f)
{
	Dedup d = {.c = c};

	if (!read_threshold(c, &d.threshold))
		return false;
	dedup_block(&d, f->body);
	return true;
}
