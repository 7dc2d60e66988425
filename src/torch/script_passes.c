/* script_passes.c: what the peer does with the graph of a TorchScript file before it converts the
 * nodes (script.h): lists that grow are values, outputs are no tuples, and an assignment to a part
 * of a tensor is one operation whose result stands for the tensor from there on.
 */
#include "script.h"

/* ---- append ---- */

typedef struct Rename {
	const Str *from, *to;
} Rename;
typedef struct Renames {
	TGraph *g;
	VEC(Rename) at; /* each is done to what those before it leave */
	Map place;      /* Str, from -> place + 1 */
	bool failed;
} Renames;

static void
rename_arg(const Renames *r, TArg *a)
{
	uintptr_t at = 0, next;

	while (a->kind == T_VALUE && (next = (uintptr_t)map_get(&r->place, KEY(a->s))) > at) {
		a->s = r->at.at[next - 1].to;
		at = next;
	}
}

static void
rename_in_node(const Renames *r, TNode *n)
{
	for (uint32_t k = 0; k < n->nin; k++)
		rename_arg(r, &n->in[k]);
	for (uint32_t k = 0; k < n->nblock; k++) {
		TBlock *b = n->block[k];

		for (uint32_t i = 0; i < b->node.n; i++)
			rename_in_node(r, b->node.at[i]);
		for (uint32_t i = 0; i < b->nout; i++)
			rename_arg(r, &b->out[i]);
	}
}

static void
add_rename(Renames *r, const Str *from, const Str *to)
{
	uintptr_t at = (uintptr_t)map_get(&r->place, KEY(from));

	if (at) {
		r->at.at[at - 1].to = to;
		return;
	}
	vec_push(r->g->arena, &r->at, (Rename){from, to});
	map_put(&r->place, KEY(from), (void *)(uintptr_t)r->at.n);
}

static TArg *
with_arg(Arena *a, const TArg *old, uint32_t *n, TArg more)
{
	TArg *p = newn(a, TArg, *n + 1);

	for (uint32_t i = 0; i < *n; i++)
		p[i] = old[i];
	p[(*n)++] = more;
	return p;
}

/* A list that a loop appends to is carried along by it. */
static void
carry_list(Renames *r, TNode *loop, TNode *append)
{
	TGraph *g = r->g;
	Arena *a = g->arena;
	TBlock *body = loop->block[0];
	const Str *outer = append->in[0].s, *inner, *result;
	const Str **in = newn(a, const Str *, body->nin + 1);
	TOut *out = newn(a, TOut, loop->nout + 1);

	inner = intern_printf(g->names, "%s.0", loop->name->s);
	result = intern_printf(g->names, "%s.out", append->out[0].name->s);
	add_rename(r, outer, result);
	loop->in = with_arg(a, loop->in, &loop->nin, targ_value(outer));
	for (uint32_t i = 0; i < body->nin; i++)
		in[i] = body->in[i];
	in[body->nin++] = inner;
	body->in = in;
	append->in[0].s = inner;
	body->out = with_arg(a, body->out, &body->nout, targ_value(append->out[0].name));
	for (uint32_t i = 0; i < loop->nout; i++)
		out[i] = loop->out[i];
	out[loop->nout++] = (TOut){.name = result};
	loop->out = out;
	loop->name = loop->out[0].name;
}

static void
append_node(Renames *r, TNode *n, TNode *owner)
{
	if (!owner)
		add_rename(r, n->in[0].s, n->out[0].name);
	else if (str_is(owner->key, "loop"))
		carry_list(r, owner, n);
	else
		r->failed = !diag_error(r->g->diag, n->at,
		                        "append() in a condition is not supported: make the list "
		                        "outside of it");
}

static void
append_block(Renames *r, TBlock *b, TNode *owner)
{
	for (uint32_t i = 0; i < b->node.n && !r->failed; i++) {
		TNode *n = b->node.at[i];

		if (r->at.n)
			rename_in_node(r, n);
		if (str_is(n->key, "append") && n->nin == 2 && n->in[0].kind == T_VALUE && n->nout)
			append_node(r, n, owner);
		for (uint32_t k = 0; k < n->nblock; k++)
			append_block(r, n->block[k], n);
	}
	for (uint32_t i = 0; i < b->nout; i++)
		rename_arg(r, &b->out[i]);
}

bool
pass_append(TGraph *g)
{
	Renames r = {.g = g};

	map_init(&r.place, g->arena);
	append_block(&r, &g->top, 0);
	return !r.failed;
}

/* ---- outputs ---- */

enum { OUTPUTS_MAX = 1 << 16 };

/* The node that makes a tuple or list; 0: it is none, or nobody here makes it. */
static const TNode *
display_of(const Map *maker, const TArg *a)
{
	const TNode *n = a->kind == T_VALUE ? map_get(maker, KEY(a->s)) : 0;

	return n && (str_is(n->key, "tupleconstruct") || str_is(n->key, "listconstruct")) ? n : 0;
}

/* Tuples and lists that the program returns: their members are its outputs. */
void
pass_outputs(TGraph *g)
{
	TBlock *b = &g->top;
	uint32_t total = b->nout;
	Map maker;
	VEC(TArg) todo = {0}; /* the first one last */
	VEC(TArg) out = {0};

	map_init(&maker, g->arena);
	for (uint32_t i = 0; i < b->node.n; i++)
		if (b->node.at[i]->name)
			map_put(&maker, KEY(b->node.at[i]->name), b->node.at[i]);
	for (uint32_t i = b->nout; i-- > 0;)
		vec_push(g->arena, &todo, b->out[i]);
	while (todo.n) {
		TArg a = todo.at[--todo.n];
		const TNode *n = total < OUTPUTS_MAX ? display_of(&maker, &a) : 0;

		if (!n) {
			vec_push(g->arena, &out, a);
			continue;
		}
		for (uint32_t i = n->nin; i-- > 0;)
			vec_push(g->arena, &todo, n->in[i]);
		total += n->nin;
		total--;
	}
	b->out = out.at;
	b->nout = out.n;
}

/* ---- assignments to parts of tensors ---- */

#define ASSIGNED "_internal_tensor_assign_"

typedef VEC(TNode *) Parts; /* the slices and selects that lead to a part, the first one first */
typedef struct Assign {
	TGraph *g;
	Map parts; /* Str, a value -> Parts */
	Map count; /* Str, a tensor -> how often it was assigned to */
	Map alias; /* Str, the result of an assignment -> the name that it got */
} Assign;

static const Str *
assigned_name(Assign *a, const Str *name)
{
	uintptr_t n = (uintptr_t)map_get(&a->count, KEY(name));
	const Str *other = map_get(&a->alias, KEY(name));

	if (n)
		return intern_printf(a->g->names, "%s" ASSIGNED "%u", name->s, (unsigned)n);
	return other ? other : name;
}

static void
assigned_arg(Assign *a, TArg *arg)
{
	if (arg->kind == T_VALUE)
		arg->s = assigned_name(a, arg->s);
}

/* The parts that lead to a value now lead to another one, by this node too. */
static void
move_parts(Assign *a, TNode *n, bool add)
{
	const Str *from = n->nin && n->in[0].kind == T_VALUE ? n->in[0].s : 0;
	Parts *p = from ? map_get(&a->parts, KEY(from)) : 0;
	Parts *moved = new (a->g->arena, Parts);

	if (!n->nout || !n->out[0].name || (!add && (!p || !p->n)))
		return;
	if (p) {
		*moved = *p;
		*p = (Parts){0};
	}
	if (add)
		vec_push(a->g->arena, moved, n);
	map_put(&a->parts, KEY(n->out[0].name), moved);
}

static void
add_bounds(TArg *in, uint32_t *k, const TNode *part)
{
	if (str_is(part->key, "select") && part->nin > 2) {
		in[*k] = part->in[2];
		*k += 3;
	} else if (str_is(part->key, "slice") && part->nin > 4) {
		for (uint32_t i = 2; i < 5; i++)
			in[(*k)++] = part->in[i];
	}
}

static TNode *
make_assignment(Assign *a, const TNode *n, const Parts *p)
{
	TGraph *g = a->g;
	bool view = !str_is(p->at[0]->key, "empty");
	const Str *source = view ? p->at[0]->in[0].s : p->at[0]->out[0].name, *origin;
	const char *mark = strstr(source->s, ASSIGNED);
	TNode *t = tnode_new(g,
	                     str_is(n->key, "copy_") ? "_internal_op_tensor_inplace_copy_"
	                                             : "_internal_op_tensor_inplace_fill_",
	                     2 + 3 * p->n, 1, n->at);
	uint32_t k = 2;

	origin = mark ? intern(g->names, source->s, (size_t)(mark - source->s)) : source;
	map_put(&a->count, KEY(origin),
	        (void *)((uintptr_t)map_get(&a->count, KEY(origin)) + 1));
	t->name = t->out[0].name = assigned_name(a, origin);
	map_put(&a->alias, KEY(n->out[0].name), (void *)(uintptr_t)t->name);
	t->in[0] = targ_value(source);
	t->in[1] = n->in[1];
	for (uint32_t i = 0; i < p->n; i++)
		add_bounds(t->in, &k, p->at[i]);
	t->nin = k;
	t->module = n->module;
	return t;
}

bool
pass_assignments(TGraph *g)
{
	Assign a = {.g = g};

	map_init(&a.parts, g->arena);
	map_init(&a.count, g->arena);
	map_init(&a.alias, g->arena);
	for (uint32_t i = 0; i < g->top.node.n; i++) {
		TNode *n = g->top.node.at[i];
		Parts *p;

		for (uint32_t k = 0; k < n->nin; k++)
			assigned_arg(&a, &n->in[k]);
		if (str_is(n->key, "empty") || str_is(n->key, "select") || str_is(n->key, "slice"))
			move_parts(&a, n, true);
		if (str_is(n->key, "to"))
			move_parts(&a, n, false);
		if ((!str_is(n->key, "copy_") && !str_is(n->key, "fill_")) || n->nin < 2)
			continue;
		p = n->in[0].kind == T_VALUE ? map_get(&a.parts, KEY(n->in[0].s)) : 0;
		if (!p || !p->n || p->at[0]->in[0].kind != T_VALUE)
			return diag_error(g->diag, n->at,
			                  "an assignment to a tensor as a whole is not supported: "
			                  "assign to a slice of it, as in x[:] = y");
		g->top.node.at[i] = make_assignment(&a, n, p);
	}
	for (uint32_t i = 0; i < g->top.nout; i++)
		assigned_arg(&a, &g->top.out[i]);
	return true;
}
