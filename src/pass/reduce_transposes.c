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

typedef struct Lazy Lazy;
typedef struct Want { /* a user that wants a lazy operand made */
	Inst *user;
	const Lazy *lazy;
	VEC(Use *) slot;
} Want;

typedef struct Adjust {
	Inst *inst;
	const TransposeOp *rule;
	const Lazy *lazy;
} Adjust;

typedef struct Group { /* transposes that stand or fall together, and what has to do with them */
	struct Group *parent; /* the group that this one has joined */
	VEC(Inst *) start, cancel;
	VEC(Want) want;
	VEC(Adjust) adjust;
	uint32_t gone, made; /* transposes */
} Group;

struct Lazy { /* what a value is put off by */
	Perm perm;
	Group *group;
};

typedef struct Reduce {
	PassCtx *c;
	Func *f;
	TransposeRules *rule;
	Lazy **lazy; /* by Var.id */
	uint32_t nlazy;
	VEC(Group *) groups; /* in the order of their first transposes */
	VEC(Inst *) sink;    /* identities that stand for the outputs */
	VEC(Inst *) touched; /* instructions to infer again, some more than once */
	bool fused;          /* fuse_transpose_matmul ran before */
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

static Group *
group_of(const Lazy *l)
{
	Group *g = l->group;

	while (g->parent) {
		if (g->parent->parent)
			g->parent = g->parent->parent;
		g = g->parent;
	}
	return g;
}

/* The larger takes the smaller one in. */
static void
join(Reduce *r, Group *a, Group *b)
{
	Group *into = a->gone + a->made >= b->gone + b->made ? a : b, *from = into == a ? b : a;
	Arena *arena = r->c->arena;

	if (a == b)
		return;
	from->parent = into;
	for (uint32_t k = 0; k < from->start.n; k++)
		vec_push(arena, &into->start, from->start.at[k]);
	for (uint32_t k = 0; k < from->cancel.n; k++)
		vec_push(arena, &into->cancel, from->cancel.at[k]);
	for (uint32_t k = 0; k < from->want.n; k++)
		vec_push(arena, &into->want, from->want.at[k]);
	for (uint32_t k = 0; k < from->adjust.n; k++)
		vec_push(arena, &into->adjust, from->adjust.at[k]);
	into->gone += from->gone;
	into->made += from->made;
}

/* ---- going forward ---- */

/* No earlier operand of i is the same value. */
static bool
is_first(const Inst *i, const Use *use)
{
	for each_operand (o, i)
		if (o.var == use->var)
			return o.use == use;
	return false;
}

/* i wants its operands as they are in the program: one transpose for each lazy value among them. It
 * ties together whatever they are put off by, and counts once. */
static void
visit_other(Reduce *r, Inst *i)
{
	Group *all = NULL;

	for each_operand (o, i) {
		const Lazy *l = lazy_of(r, o.var);
		Want w = {.user = i, .lazy = l};
		if (!l || !is_first(i, o.use))
			continue;
		for each_operand (same, i)
			if (same.var == o.var)
				vec_push(r->c->arena, &w.slot, same.use);
		vec_push(r->c->arena, &group_of(l)->want, w);
		if (all)
			join(r, all, group_of(l));
		else
			group_of(l)->made++;
		all = group_of(l);
	}
}

static bool
same_perm(const Perm *a, const Perm *b)
{
	return a->n == b->n && memcmp(a->at, b->at, (size_t)a->n * sizeof *a->at) == 0;
}

/* What the operands are lazy by, together; 0: nothing, or not by one permutation. */
static Lazy *
common_lazy(Reduce *r, const Inst *i)
{
	Lazy *all = NULL;

	for each_operand (o, i) {
		Lazy *l = lazy_of(r, o.var);
		if (l && all && !same_perm(&all->perm, &l->perm))
			return NULL;
		all = all ? all : l;
	}
	return all;
}

static void
visit_rule(Reduce *r, Inst *i, const TransposeOp *rule)
{
	Lazy *l = common_lazy(r, i);

	if (!l || !rule->passes(i, &l->perm, is_lazy, r)) {
		visit_other(r, i);
		return;
	}
	for each_operand (o, i)
		if (is_lazy(r, o.var))
			join(r, group_of(l), group_of(lazy_of(r, o.var)));
	vec_push(r->c->arena, &group_of(l)->adjust, (Adjust){i, rule, l});
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

/* What uses v as an output of the function, alone or among others; or 0. */
static Inst *
sink_of(const Reduce *r, const Var *v)
{
	for (uint32_t k = 0; k < r->sink.n; k++)
		if (inst_argn(r->sink.at[k], 0) == v)
			return r->sink.at[k];
	return NULL;
}

static bool
fused_before(const PassCtx *c)
{
	const PassInfo *fuse = pass_find("fuse_transpose_matmul");

	for (uint32_t k = 0; c->pipeline && k < c->place; k++)
		if (c->pipeline->pass.at[k] == fuse)
			return true;
	return false;
}

/* fuse_transpose_matmul has looked at the transpose. */
static bool
fed_matmul(const Reduce *r, const Inst *transpose)
{
	for (const Use *u = transpose->out[0]->uses; r->fused && u; u = u->next)
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
start(Reduce *r, Inst *transpose, Perm *p)
{
	Lazy *l = new (r->c->arena, Lazy);
	Group *g = new (r->c->arena, Group);

	if (fed_matmul(r, transpose))
		count_from_end(p);
	l->perm = *p;
	l->group = g;
	g->gone = 1;
	vec_push(r->c->arena, &g->start, transpose);
	vec_push(r->c->arena, &r->groups, g);
	r->lazy[transpose->out[0]->id] = l;
}

static void
visit_transpose(Reduce *r, Inst *i)
{
	Lazy *l = lazy_of(r, inst_argn(i, 0));
	Perm p;

	if (!perm_read(i, &p) || (l && !cancels(&l->perm, &p))) {
		visit_other(r, i);
	} else if (l) {
		vec_push(r->c->arena, &group_of(l)->cancel, i);
		group_of(l)->gone++;
	} else if (!sink_of(r, i->out[0])) {
		start(r, i, &p);
	}
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
	else if (!sink && (rule = r->rule(i->op)))
		visit_rule(r, i, rule);
	else
		visit_other(r, i);
}

/* ---- changing ---- */

static void
touch(Reduce *r, Inst *i)
{
	vec_push(r->c->arena, &r->touched, i);
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
make_wanted(Reduce *r, const Want *w)
{
	const Perm *p = &w->lazy->perm;
	Builder b = pass_builder_before(r->c, w->user);
	Var *now = w->slot.at[0]->var, *t;

	t = build_must(&b, OP_transpose, name_new(r->c, "transpose"),
	           ARGS(VAR("x", now), INTSC(r->c, "perm", p->raw, p->n)));
	touch(r, t->def);
	touch(r, w->user);
	if (is_sink(r, w->user) && now->name == w->user->out[0]->name) /* t will have that name */
		now->name = intern_printf(r->c->prog->names, "_before_transpose_op_%s",
		                          now->name->s);
	for (uint32_t k = 0; k < w->slot.n; k++)
		use_set(w->slot.at[k], t);
}

/* Transposes that nothing cancels and nothing wants are dead, or all that uses them is. */
static bool
pays(const Group *g)
{
	return !g->parent && g->made < g->gone && (g->cancel.n || g->want.n);
}

static void
adjust_ops(Reduce *r, const Group *g)
{
	for (uint32_t k = 0; k < g->adjust.n; k++) {
		const Adjust *a = &g->adjust.at[k];
		a->rule->adjust(r->c, a->inst, &a->lazy->perm, is_lazy, r);
		touch(r, a->inst);
	}
}

static void
take_out(Reduce *r, const Group *g)
{
	for (uint32_t k = 0; k < g->start.n; k++)
		bypass(r, g->start.at[k]);
	for (uint32_t k = 0; k < g->cancel.n; k++)
		bypass(r, g->cancel.at[k]);
	for (uint32_t k = 0; k < g->want.n; k++)
		make_wanted(r, &g->want.at[k]);
}

/* All ops between are adjusted while their operands are still the transposed ones. */
static bool
apply(Reduce *r)
{
	bool any = false;

	for (uint32_t k = 0; k < r->groups.n; k++)
		if (pays(r->groups.at[k]))
			adjust_ops(r, r->groups.at[k]);
	for (uint32_t k = 0; k < r->groups.n; k++)
		if (pays(r->groups.at[k])) {
			take_out(r, r->groups.at[k]);
			any = true;
		}
	return any;
}

static bool
feeds_on(const Inst *i, const bool *changed)
{
	for each_operand (o, i)
		if (changed[o.var->id])
			return true;
	return false;
}

/* Types from the first change on. */
static bool
infer_again(Reduce *r)
{
	bool *touched = newn(r->c->arena, bool, r->f->nvar); /* by the first result */
	bool *changed = newn(r->c->arena, bool, r->f->nvar);
	bool any = false, ok = true;

	for (uint32_t k = 0; k < r->touched.n; k++)
		if (r->touched.at[k]->nout)
			touched[r->touched.at[k]->out[0]->id] = true;
	for (Inst *i = r->f->body->first; ok && i; i = i->next) {
		const Type **old;
		if (!(i->nout && touched[i->out[0]->id]) && !(any && feeds_on(i, changed)))
			continue;
		old = newn(r->c->arena, const Type *, MAX(i->nout, 1));
		for (uint32_t k = 0; k < i->nout; k++)
			old[k] = i->out[k]->type;
		Builder b = pass_builder_before(r->c, i);
		ok = build_reinfer(&b, i);
		for (uint32_t k = 0; k < i->nout; k++)
			any |= changed[i->out[k]->id] = i->out[k]->type != old[k];
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
		if (sink_of(r, v))
			continue;
		v = build_must(&k, OP_identity, v->name, ARGS(VAR("x", v)));
		vec_push(r->c->arena, &r->sink, v->def);
	}
	for (uint32_t n = 0; n < b->nout; n++)
		use_set(b->out[n], sink_of(r, b->out[n]->var)->out[0]);
}

/* Outputs are what the sinks hold in the end, under the old name. A sink stays where its value
 * cannot have that name: it is an input, or another output already. True: none stays. */
static bool
drop_sinks(Reduce *r)
{
	Map named;
	bool all = true;

	map_init(&named, r->c->arena);
	for (uint32_t k = 0; k < r->sink.n; k++) {
		Inst *i = r->sink.at[k];
		Var *v = inst_argn(i, 0), *out = i->out[0];
		if ((var_is_function_input(v) && v->name != out->name) || map_get(&named, KEY(v))) {
			all = false;
			continue;
		}
		map_put(&named, KEY(v), r);
		if (!var_is_function_input(v))
			v->name = out->name;
		var_replace(out, v);
		rewrite_remove(i);
	}
	return all;
}

bool
reduce_transposes_by(PassCtx *c, Func *f, TransposeRules *rule)
{
	Reduce r = {.c = c, .f = f, .rule = rule, .fused = fused_before(c)};
	uint64_t edits = c->prog->edits;
	bool changed;

	make_sinks(&r);
	r.nlazy = f->nvar;
	r.lazy = newn(c->arena, Lazy *, r.nlazy);
	for (Inst *i = f->body->first; i; i = i->next)
		visit(&r, i);
	changed = apply(&r);
	if (drop_sinks(&r) && !changed)
		c->prog->edits = edits; /* as it was: sinks came and went */
	return !changed || infer_again(&r);
}

/* All operands are known, up to symbols, and the result may not be yet. */
static bool
could_be_known(const Inst *i)
{
	uint32_t given = 0;

	if (i->op->code == OP_const || !i->nout || i->out[0]->val)
		return false;
	for each_operand (o, i) {
		if (!o.var->val && !o.var->symval)
			return false;
		given++;
	}
	return given > 0;
}

static bool
same_symbols(const Var *v, const Type *type, const Dim *symval)
{
	if (v->type != type || !v->symval != !symval)
		return false;
	return !symval || !memcmp(v->symval, symval, (size_t)type->count * sizeof *symval);
}

/* What earlier passes made known spreads: the peer infers every operation anew here, also where
 * there is no transpose. */
static bool
spread_values(PassCtx *c, Func *f)
{
	bool *changed = newn(c->arena, bool, f->nvar);
	bool any = false, ok = true;

	for (Inst *i = f->body->first; ok && i; i = i->next) {
		const Var *v = i->nout ? i->out[0] : NULL;
		const Tensor *val = v ? v->val : NULL;
		const Type *type;
		const Dim *symval;

		if (!v || !(could_be_known(i) || (any && feeds_on(i, changed))))
			continue;
		type = v->type, symval = v->symval;
		Builder b = pass_builder_before(c, i);
		ok = build_reinfer(&b, i);
		for (uint32_t k = 0; k < i->nout; k++)
			any |= changed[i->out[k]->id] =
			    !v->val && !same_symbols(v, type, symval);
		if (v->val != val || !same_symbols(v, type, symval))
			func_changed(f);
	}
	return ok;
}

bool
func_reduce_transposes(PassCtx *c, Func *f)
{
	return func_has_nested(f, false) ||
	       ((!f->nop[OP_transpose] || reduce_transposes_by(c, f, transpose_op_find)) &&
	        spread_values(c, f));
}
