/* reduce_transposes.c: transposes that undo each other go, whatever lies between them.
 *
 *   %a = transpose(x=%x, perm=[0, 2, 3, 1])      %b = relu(x=%x)
 *   %b = relu(x=%a)                          ->  %c = reduce_mean(x=%b, axes=[1], …)
 *   %c = reduce_mean(x=%b, axes=[-1], …)
 *   %y = transpose(x=%c, perm=[0, 3, 1, 2])
 *
 * Going forward, a transpose is put off: its result is "lazy", and so is what ops make of it that
 * work on each element or whose axes can be adjusted (transpose_ops.c). A transpose that undoes it
 * cancels it; any other user wants it made. Transposes that have users of either kind in common
 * stand or fall together: they go when that takes away more transposes than it makes new ones. Then
 * the ops between are adjusted, and a transpose is made for each user that wants one.
 *
 * Functions with nested blocks are left alone.
 */
#include "transpose_ops.h"

typedef struct Start Start;
typedef struct Lazy { /* what a value is put off by: transposes with one permutation */
	const Perm *perm;
	Start **start;
	uint32_t n;
} Lazy;

typedef struct Want { /* a user that wants a lazy operand made */
	Inst *user;
	Var *var;
	VEC(Use *) slot;
	bool done;
} Want;

typedef struct Adjust {
	Inst *inst;
	const TransposeOp *rule;
	const Perm *perm;
	bool done;
} Adjust;

struct Start {
	Inst *inst;
	Perm perm;
	VEC(Inst *) cancel;
	VEC(Want *) want;
	VEC(Adjust *) adjust;
	uint32_t group; /* the start that stands for all that hang together: index in order */
	bool listed;    /* in order */
};

typedef struct Reduce {
	PassCtx *c;
	Func *f;
	Lazy **lazy;      /* by Var.id */
	uint32_t nlazy;
	VEC(Start *) order; /* those with users: cancelled ones first, as they are met */
	VEC(Start *) wanted;
	VEC(Inst *) sink; /* identities that stand for the outputs */
	Map touched;      /* instructions to infer again */
} Reduce;

static Lazy *
lazy_of(const Reduce *r, const Var *v)
{
	return v->id < r->nlazy ? r->lazy[v->id] : NULL;
}

static bool
is_lazy(void *ctx, const Var *v)
{
	return lazy_of(ctx, v) != NULL;
}

/* ---- going forward ---- */

static void
list_start(Reduce *r, Start *s)
{
	if (!s->listed)
		vec_push(r->c->arena, &r->order, s);
	s->listed = true;
}

static Want *
want_of(Reduce *r, const Lazy *l, Inst *user, Var *v)
{
	const Start *s = l->start[0];
	Want *w = s->want.n ? s->want.at[s->want.n - 1] : NULL;

	if (w && w->user == user && w->var == v)
		return w;
	w = new (r->c->arena, Want);
	w->user = user;
	w->var = v;
	for (uint32_t k = 0; k < l->n; k++) {
		vec_push(r->c->arena, &l->start[k]->want, w);
		vec_push(r->c->arena, &r->wanted, l->start[k]);
	}
	return w;
}

/* i wants its operands as they are in the program. One operand after the other, so that slots with
 * the same value share a Want. */
static void
visit_other(Reduce *r, Inst *i)
{
	for (uint32_t p = 0; p < i->op->nparam; p++)
		for (uint32_t k = 0; k < i->arg[p].n; k++) {
			Var *v = arg_at(&i->arg[p], k);
			Lazy *l = lazy_of(r, v);
			bool seen = false;
			for (uint32_t q = 0; q <= p; q++)
				for (uint32_t j = 0; j < (q < p ? i->arg[q].n : k); j++)
					seen |= arg_at(&i->arg[q], j) == v;
			if (!l || seen)
				continue;
			Want *w = want_of(r, l, i, v);
			for (uint32_t q = p; q < i->op->nparam; q++)
				for (uint32_t j = 0; j < i->arg[q].n; j++)
					if (arg_at(&i->arg[q], j) == v)
						vec_push(r->c->arena, &w->slot, i->arg[q].u[j]);
		}
}

static bool
same_perm(const Perm *a, const Perm *b)
{
	return a->n == b->n && memcmp(a->at, b->at, (size_t)a->n * sizeof *a->at) == 0;
}

/* What the operands that are not constants are lazy by, together; 0: nothing, or not by one
 * permutation. */
static Lazy *
join_operands(Reduce *r, const Inst *i)
{
	Lazy *all = NULL;

	for (uint32_t p = 0; p < i->op->nparam; p++)
		for (uint32_t k = 0; k < i->arg[p].n; k++) {
			Lazy *l = lazy_of(r, arg_at(&i->arg[p], k)), *both;
			if (!l || l == all)
				continue;
			if (all && !same_perm(all->perm, l->perm))
				return NULL;
			if (!all) {
				all = l;
				continue;
			}
			both = new (r->c->arena, Lazy);
			both->perm = all->perm;
			both->start = newn(r->c->arena, Start *, all->n + l->n);
			for (uint32_t j = 0; j < all->n + l->n; j++) {
				Start *s = j < all->n ? all->start[j] : l->start[j - all->n];
				bool have = false;
				for (uint32_t m = 0; m < both->n; m++)
					have |= both->start[m] == s;
				if (!have)
					both->start[both->n++] = s;
			}
			all = both;
		}
	return all;
}

static void
visit_rule(Reduce *r, Inst *i, const TransposeOp *rule)
{
	Lazy *l = join_operands(r, i);
	Adjust *a;

	if (!l || !rule->passes(i, l->perm, is_lazy, r)) {
		visit_other(r, i);
		return;
	}
	a = new (r->c->arena, Adjust);
	*a = (Adjust){i, rule, l->perm, false};
	for (uint32_t k = 0; k < l->n; k++)
		vec_push(r->c->arena, &l->start[k]->adjust, a);
	for (uint32_t k = 0; k < i->nout; k++)
		r->lazy[i->out[k]->id] = l;
}

static bool
cancels(const Perm *a, const Perm *b)
{
	if (a->n != b->n)
		return false;
	for (int k = 0; k < a->n; k++)
		if (a->at[b->at[k]] != k)
			return false;
	return true;
}

/* An output of the function: only its sink uses it, or among others. */
static bool
is_output(const Reduce *r, const Var *v)
{
	for (uint32_t k = 0; k < r->sink.n; k++)
		if (inst_argn(r->sink.at[k], 0) == v)
			return true;
	return false;
}

/* fuse_transpose_matmul has looked at the transpose. */
static bool
fed_matmul(const Reduce *r, const Inst *transpose)
{
	const PassInfo *fuse = pass_find("fuse_transpose_matmul");
	bool ran = false;

	for (uint32_t k = 0; r->c->pipeline && k < r->c->place; k++)
		ran |= r->c->pipeline->pass.at[k] == fuse;
	for (const Use *u = transpose->out[0]->uses; ran && u; u = u->next)
		if (inst_is(u->user, OP_matmul))
			return true;
	return false;
}

/* When the peer looks at a transpose before a matmul it counts the last two entries of perm from
 * the end, and forgets to undo that: what is built after it says [0, 2, -3, -1] for [0, 2, 1,
 * 3]. */
static void
count_from_end(Perm *p)
{
	for (int k = MAX(p->n - 2, 0); p->n >= 2 && k < p->n; k++)
		p->raw[k] = p->at[k] - p->n;
	for (int k = 0; k < p->n - 2; k++)
		p->raw[k] = p->at[k];
}

static void
visit_transpose(Reduce *r, Inst *i)
{
	Lazy *l = lazy_of(r, inst_argn(i, 0));
	Perm p;

	if (!perm_read(i, &p)) {
		visit_other(r, i);
		return;
	}
	if (l && !cancels(l->perm, &p)) {
		visit_other(r, i);
		return;
	}
	if (l) {
		for (uint32_t k = 0; k < l->n; k++) {
			vec_push(r->c->arena, &l->start[k]->cancel, i);
			list_start(r, l->start[k]);
		}
		return;
	}
	if (is_output(r, i->out[0]))
		return;
	Start *s = new (r->c->arena, Start);
	s->inst = i;
	if (fed_matmul(r, i))
		count_from_end(&p);
	s->perm = p;
	l = new (r->c->arena, Lazy);
	l->perm = &s->perm;
	l->start = newn(r->c->arena, Start *, 1);
	l->start[0] = s;
	l->n = 1;
	r->lazy[i->out[0]->id] = l;
}

static bool
is_sink(const Reduce *r, const Inst *i)
{
	for (uint32_t k = 0; i->op->code == OP_identity && k < r->sink.n; k++)
		if (r->sink.at[k] == i)
			return true;
	return false;
}

static void
visit(Reduce *r, Inst *i)
{
	const TransposeOp *rule;
	bool sink = is_sink(r, i);

	if (i->op->code == OP_const)
		return;
	if (i->op->code == OP_transpose)
		visit_transpose(r, i);
	else if (!sink && transpose_op_is_unary(i))
		r->lazy[i->out[0]->id] = lazy_of(r, inst_argn(i, 0));
	else if (!sink && (rule = transpose_op_find(i->op->code)))
		visit_rule(r, i, rule);
	else
		visit_other(r, i);
}

/* ---- deciding ---- */

static uint32_t
group_of(Reduce *r, uint32_t k)
{
	while (r->order.at[k]->group != k)
		k = r->order.at[k]->group;
	return k;
}

/* Joins the group of start s (at k in the order) with that of whom `owner` names for the user. */
static void
join(Reduce *r, Map *owner, const Inst *user, uint32_t k)
{
	uintptr_t have = (uintptr_t)map_get(owner, KEY(user));
	uint32_t a, b;

	if (!have) {
		map_put(owner, KEY(user), (void *)((uintptr_t)k + 1));
		return;
	}
	a = group_of(r, (uint32_t)(have - 1));
	b = group_of(r, k);
	r->order.at[MAX(a, b)]->group = MIN(a, b);
}

typedef struct Balance {
	uint32_t gone, made;
} Balance;

/* For each group, how many transposes go and how many are made: users count once. */
static bool *
decide(Reduce *r)
{
	Arena *a = r->c->arena;
	uint32_t n = r->order.n;
	Balance *sum = newn(a, Balance, n);
	bool *goes = newn(a, bool, n);
	Map owner, counted;

	map_init(&owner, a);
	map_init(&counted, a);
	for (uint32_t k = 0; k < n; k++)
		r->order.at[k]->group = k;
	for (uint32_t k = 0; k < n; k++) {
		const Start *s = r->order.at[k];
		for (uint32_t j = 0; j < s->cancel.n; j++)
			join(r, &owner, s->cancel.at[j], k);
		for (uint32_t j = 0; j < s->want.n; j++)
			join(r, &owner, s->want.at[j]->user, k);
	}
	for (uint32_t k = 0; k < n; k++) {
		const Start *s = r->order.at[k];
		Balance *b = &sum[group_of(r, k)];
		b->gone++;
		for (uint32_t j = 0; j < s->cancel.n + s->want.n; j++) {
			bool cancel = j < s->cancel.n;
			const Inst *user = cancel ? s->cancel.at[j]
			                          : s->want.at[j - s->cancel.n]->user;
			if (map_get(&counted, KEY(user)))
				continue;
			map_put(&counted, KEY(user), r);
			b->gone += cancel;
			b->made += !cancel;
		}
	}
	for (uint32_t k = 0; k < n; k++)
		goes[k] = sum[group_of(r, k)].made < sum[group_of(r, k)].gone;
	return goes;
}

/* ---- changing ---- */

static void
touch(Reduce *r, Inst *i)
{
	map_put(&r->touched, KEY(i), r);
}

static void
bypass(Reduce *r, Inst *transpose)
{
	Var *x = inst_argn(transpose, 0), *v = transpose->out[0];

	for (const Use *u = v->uses; u; u = u->next)
		if (u->user)
			touch(r, u->user);
	var_replace(v, x);
	rewrite_remove(transpose);
}

static void
make_wanted(Reduce *r, Want *w, const Perm *p)
{
	Builder b = pass_builder_before(r->c, w->user);
	Var *now = w->slot.at[0]->var, *t;

	w->done = true;
	t = build1(&b, OP_transpose, name_new(r->c, "transpose"),
	           ARGS(VAR("x", now), INTSC(r->c, "perm", p->raw, p->n)));
	touch(r, t->def);
	touch(r, w->user);
	if (is_sink(r, w->user) && now->name == w->user->out[0]->name) /* t will have that name */
		now->name = intern_printf(r->c->prog->names, "_before_transpose_op_%s",
		                          now->name->s);
	for (uint32_t k = 0; k < w->slot.n; k++)
		use_set(w->slot.at[k], t);
}

/* The ops between are adjusted while their operands are still the transposed ones; then the
 * transposes go; then those that are wanted are made. */
static void
apply(Reduce *r, const bool *goes)
{
	for (uint32_t k = 0; k < r->order.n; k++) {
		const Start *s = r->order.at[k];
		for (uint32_t j = 0; goes[k] && j < s->adjust.n; j++) {
			Adjust *a = s->adjust.at[j];
			if (!a->done)
				a->rule->adjust(r->c, a->inst, a->perm, is_lazy, r);
			a->done = true;
			touch(r, a->inst);
		}
	}
	for (uint32_t k = 0; k < r->order.n; k++) {
		const Start *s = r->order.at[k];
		if (!goes[k])
			continue;
		bypass(r, s->inst);
		for (uint32_t j = 0; j < s->cancel.n; j++)
			if (s->cancel.at[j]->parent)
				bypass(r, s->cancel.at[j]);
	}
	for (uint32_t k = 0; k < r->order.n; k++) {
		const Start *s = r->order.at[k];
		for (uint32_t j = 0; goes[k] && j < s->want.n; j++)
			if (!s->want.at[j]->done)
				make_wanted(r, s->want.at[j], &s->perm);
	}
}

/* Types from the first change on. */
static bool
infer_again(Reduce *r)
{
	uint8_t *changed = newn(r->c->arena, uint8_t, r->f->nvar);
	bool ok = true;

	for (Inst *i = r->f->body->first; ok && i; i = i->next) {
		const Type **old = newn(r->c->arena, const Type *, MAX(i->nout, 1));
		bool again = map_get(&r->touched, KEY(i)) != NULL;
		for (uint32_t p = 0; !again && p < i->op->nparam; p++)
			for (uint32_t k = 0; k < i->arg[p].n; k++)
				again |= changed[arg_at(&i->arg[p], k)->id];
		if (!again)
			continue;
		for (uint32_t k = 0; k < i->nout; k++)
			old[k] = i->out[k]->type;
		Builder b = pass_builder_before(r->c, i);
		ok = build_reinfer(&b, i);
		for (uint32_t k = 0; k < i->nout; k++)
			changed[i->out[k]->id] = i->out[k]->type != old[k];
	}
	return ok;
}

/* One identity for each value that leaves the function. */
static void
make_sinks(Reduce *r)
{
	Block *b = r->f->body;
	Builder k;

	builder_init(&k, r->c->prog, r->f);
	for (uint32_t n = 0; n < b->nout; n++) {
		Var *v = b->out[n]->var;
		bool have = false;
		for (uint32_t m = 0; m < r->sink.n; m++)
			have |= inst_argn(r->sink.at[m], 0) == v;
		if (have)
			continue;
		v = build1(&k, OP_identity, v->name, ARGS(VAR("x", v)));
		vec_push(r->c->arena, &r->sink, v->def);
	}
	for (uint32_t n = 0; n < b->nout; n++)
		for (uint32_t m = 0; m < r->sink.n; m++)
			if (inst_argn(r->sink.at[m], 0) == b->out[n]->var)
				use_set(b->out[n], r->sink.at[m]->out[0]);
}

/* Outputs are what the sinks hold in the end, under the old name. A sink stays where its value
 * cannot have that name: it is an input, or another output already. */
static void
drop_sinks(Reduce *r)
{
	Map named;

	map_init(&named, r->c->arena);
	for (uint32_t k = 0; k < r->sink.n; k++) {
		Inst *i = r->sink.at[k];
		Var *v = inst_argn(i, 0), *out = i->out[0];
		if ((var_is_function_input(v) && v->name != out->name) || map_get(&named, KEY(v)))
			continue;
		map_put(&named, KEY(v), r);
		if (!var_is_function_input(v))
			v->name = out->name;
		var_replace(out, v);
		rewrite_remove(i);
	}
}

static bool
has_nested(const Func *f)
{
	size_t n;
	const OpDef *row = op_rows(&n);

	for (size_t k = 0; k < n; k++)
		if (row[k].flags & BLOCKS && f->nop[row[k].code])
			return true;
	return false;
}

static bool
reduce(PassCtx *c, Func *f)
{
	Reduce r = {.c = c, .f = f};
	bool *goes, any = false, ok = true;

	map_init(&r.touched, c->arena);
	make_sinks(&r);
	r.nlazy = f->nvar;
	r.lazy = newn(c->arena, Lazy *, r.nlazy);
	for (Inst *i = f->body->first; i; i = i->next)
		visit(&r, i);
	for (uint32_t k = 0; k < r.wanted.n; k++)
		list_start(&r, r.wanted.at[k]);
	goes = decide(&r);
	for (uint32_t k = 0; k < r.order.n; k++)
		any |= goes[k];
	if (any)
		apply(&r, goes);
	drop_sinks(&r);
	if (any)
		ok = infer_again(&r);
	return ok;
}

bool
pass_reduce_transposes(PassCtx *c)
{
	bool ok = true;

	for (uint32_t k = 0; ok && k < c->prog->funcs.n; k++) {
		Func *f = c->prog->funcs.at[k];
		if (f->nop[OP_transpose] && !has_nested(f))
			ok = reduce(c, f);
	}
	return ok;
}
