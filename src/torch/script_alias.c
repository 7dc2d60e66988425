/* script_alias.c: which values may share memory (script.h). Values are put into sets by what the
 * signatures say: results that are views of operands, members of containers, and one set for all
 * that comes from outside: inputs, attributes, items of lists. A set may contain others (a list its
 * tensors). Where in doubt, more is shared.
 */
#include "script.h"

typedef struct Loc {
	uint32_t parent;
	TyKind kind;
	bool wild, written, live;
	VEC(uint32_t) member;
} Loc;
struct Sharing {
	JGraph *g;
	VEC(Loc) loc; /* 0: none */
	VEC(uint32_t) todo;
};

static uint32_t
find(const Sharing *a, uint32_t i)
{
	while (a->loc.at[i].parent != i)
		i = a->loc.at[i].parent = a->loc.at[a->loc.at[i].parent].parent;
	return i;
}

static uint32_t
fresh(Sharing *a, TyKind k)
{
	uint32_t i = a->loc.n;

	vec_push(a->g->s->arena, &a->loc, (Loc){.parent = i, .kind = k});
	return i;
}

static uint32_t
unite(Sharing *a, uint32_t i, uint32_t k)
{
	Loc *to, *from;

	to = &a->loc.at[i = find(a, i)];
	from = &a->loc.at[k = find(a, k)];
	if (to->member.n < from->member.n) /* the fewer members move */
		return unite(a, k, i);
	if (i == k)
		return i;
	from->parent = i;
	to->wild |= from->wild;
	to->written |= from->written;
	for (uint32_t m = 0; m < from->member.n; m++)
		vec_push(a->g->s->arena, &to->member, from->member.at[m]);
	return i;
}

static uint32_t
loc_of(const JVal *v)
{
	while (v->fwd)
		v = v->fwd;
	return v->loc;
}

/* The set of its memory; 0: it has none. */
static Loc *
set_of(const Sharing *a, const JVal *v)
{
	uint32_t i = loc_of(v);

	return i ? &a->loc.at[find(a, i)] : 0;
}

static void
give(Sharing *a, JVal *v)
{
	v->loc = v->type->mutable ? fresh(a, v->type->kind) : 0;
}

static void
share(Sharing *a, JVal *v, uint32_t loc)
{
	if (!v->type->mutable)
		return;
	v->loc = v->loc && loc ? unite(a, v->loc, loc) : v->loc ? v->loc : loc;
}

static void
make_wild(Sharing *a, JVal *v)
{
	Loc *l = set_of(a, v);

	if (l)
		l->wild = true;
}

static void
contains(Sharing *a, uint32_t outer, JVal *v)
{
	uint32_t i = loc_of(v);

	if (i && outer)
		vec_push(a->g->s->arena, &a->loc.at[find(a, outer)].member, i);
}

static void
write_to(Sharing *a, JVal *v)
{
	Loc *l = set_of(a, v);

	if (l)
		l->written = true;
}

/* What the signature says of operands and results. */
static void
by_signature(Sharing *a, JNode *n)
{
	const Sig *sig = n->sig;
	uint32_t set[26] = {0};

	for (uint32_t i = 0; sig && i < sig->narg && i < n->nin; i++) {
		char c = sig->arg[i].alias;
		uint32_t loc = loc_of(jin(n, i));

		if (sig->arg[i].write)
			write_to(a, jin(n, i));
		if (c >= 'a' && c <= 'z' && loc)
			set[c - 'a'] = set[c - 'a'] ? unite(a, set[c - 'a'], loc) : loc;
		if (sig->keeps && i)
			contains(a, loc_of(jin(n, 0)), jin(n, i));
	}
	for (uint32_t i = 0; i < n->nout; i++) {
		char c = sig && i < sig->nret ? sig->ret[i].alias : 0;

		if (c == '*')
			make_wild(a, n->out[i]);
		else if (c >= 'a' && c <= 'z' && set[c - 'a'])
			share(a, n->out[i], set[c - 'a']);
	}
}

static void analyze(Sharing *a, JBlock *b);

static void
analyze_blocks(Sharing *a, JNode *n)
{
	JBlock *body = n->block[0];

	if (n->kind == J_LOOP)
		for (uint32_t i = 1; i < body->param->nout && i + 1 < n->nin; i++)
			share(a, body->param->out[i], loc_of(jin(n, i + 1)));
	for (uint32_t i = 0; i < n->nblock; i++)
		analyze(a, n->block[i]);
	for (uint32_t k = 0; k < n->nblock; k++) {
		JNode *end = n->block[k]->end;
		uint32_t first = n->kind == J_LOOP ? 1 : 0;

		for (uint32_t i = 0; i < n->nout && i + first < end->nin; i++) {
			share(a, n->out[i], loc_of(jin(end, i + first)));
			if (n->kind == J_LOOP)
				share(a, n->out[i], loc_of(body->param->out[i + 1]));
		}
	}
}

static void
analyze_node(Sharing *a, JNode *n)
{
	for (uint32_t i = 0; i < n->nout; i++)
		give(a, n->out[i]);
	switch (n->kind) {
	case J_OP:
		by_signature(a, n);
		break;
	case J_IF:
	case J_LOOP:
		analyze_blocks(a, n);
		break;
	case J_LIST:
	case J_TUPLE:
	case J_DICT:
		for (uint32_t i = 0; i < n->nin; i++)
			contains(a, n->out[0]->loc, jin(n, i));
		break;
	case J_CAST:
		share(a, n->out[0], loc_of(jin(n, 0)));
		break;
	case J_CALL:
		for (uint32_t i = 0; i < n->nin; i++) {
			make_wild(a, jin(n, i));
			write_to(a, jin(n, i));
		}
		for (uint32_t i = 0; i < n->nout; i++)
			make_wild(a, n->out[i]);
		break;
	case J_SETATTR:
		write_to(a, jin(n, 0));
		make_wild(a, jin(n, 1));
		break;
	case J_GETATTR:
	case J_TUPLE_UNPACK:
	case J_TUPLE_INDEX:
	case J_TUPLE_SLICE:
	case J_LIST_UNPACK:
	case J_ENTER:
		for (uint32_t i = 0; i < n->nout; i++)
			make_wild(a, n->out[i]);
		break;
	default:
		break;
	}
}

static void
analyze(Sharing *a, JBlock *b)
{
	for (uint32_t i = 0; i < b->param->nout; i++)
		if (b->owner && !b->param->out[i]->loc)
			give(a, b->param->out[i]);
	for (JNode *n = first_node(b); n != b->end; n = n->next)
		analyze_node(a, n);
}

static void
forget(JBlock *b)
{
	for (uint32_t i = 0; i < b->param->nout; i++)
		b->param->out[i]->loc = 0;
	for (JNode *n = first_node(b); n != b->end; n = n->next)
		for (uint32_t i = 0; i < n->nblock; i++)
			forget(n->block[i]);
}

Sharing *
sharing_new(JGraph *g)
{
	Sharing *a = new (g->s->arena, Sharing);
	uint32_t wild[TY_VAR + 1] = {0};

	a->g = g;
	fresh(a, TY_NONE);
	forget(g->top);
	for (uint32_t i = 0; i < g->top->param->nout; i++) {
		give(a, g->top->param->out[i]);
		make_wild(a, g->top->param->out[i]);
	}
	analyze(a, g->top);
	for (uint32_t i = 1; i < a->loc.n; i++) { /* memory from outside is one set of each kind */
		TyKind k = a->loc.at[i].kind;

		if (a->loc.at[find(a, i)].wild)
			wild[k] = wild[k] ? unite(a, wild[k], i) : i;
	}
	return a;
}

bool
sharing_written(Sharing *a, JVal *v)
{
	const Loc *l = set_of(a, v);

	return l && l->written;
}

static bool
writes_where(Sharing *a, const JNode *n, bool wild)
{
	for (uint32_t i = 0; i < n->nin; i++) {
		bool w = n->kind == J_SETATTR ? i == 0
		                              : n->sig && i < n->sig->narg && n->sig->arg[i].write;
		const Loc *l = w ? set_of(a, n->in[i]) : 0;

		if (l && (wild ? l->wild : l->live))
			return true;
	}
	return false;
}

bool
sharing_writes_wild(Sharing *a, const JNode *n)
{
	return writes_where(a, n, true);
}

bool
sharing_writes_live(Sharing *a, const JNode *n)
{
	return writes_where(a, n, false);
}

void
sharing_live(Sharing *a, JVal *v)
{
	uint32_t first = loc_of(v);

	a->todo.n = 0;
	if (first)
		vec_push(a->g->s->arena, &a->todo, first);
	while (a->todo.n) {
		Loc *l = &a->loc.at[find(a, a->todo.at[--a->todo.n])];

		for (uint32_t k = 0; !l->live && k < l->member.n; k++)
			vec_push(a->g->s->arena, &a->todo, l->member.at[k]);
		l->live = true;
	}
}

/* Whether it is memory from outside, or a result of the graph (after sharing_live of those). */
bool
sharing_escapes(Sharing *a, JVal *v)
{
	const Loc *l = set_of(a, v);

	return l && (l->wild || l->live);
}

bool
sharing_same(Sharing *a, JVal *v, JVal *w)
{
	const Loc *l = set_of(a, v);

	return l && l == set_of(a, w);
}
