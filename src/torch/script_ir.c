/* script_ir.c: graphs of TorchScript (script.h): nodes in lists, values with names.
 *
 * Names are given as torch gives them: who gets a name that is taken has it, and the older value
 * gets the name with a point and the next free number. A value that goes away leaves its name.
 */
#include <stdlib.h>

#include "script.h"

static JVal nobody; /* stands in JGraph.names where a name is free again */

static const char *const kind_op[] = {
    [J_CONSTANT] = "prim::Constant",
    [J_IF] = "prim::If",
    [J_LOOP] = "prim::Loop",
    [J_LIST] = "prim::ListConstruct",
    [J_TUPLE] = "prim::TupleConstruct",
    [J_DICT] = "prim::DictConstruct",
    [J_TUPLE_UNPACK] = "prim::TupleUnpack",
    [J_TUPLE_INDEX] = "prim::TupleIndex",
    [J_TUPLE_SLICE] = "prim::TupleSlice",
    [J_LIST_UNPACK] = "prim::ListUnpack",
    [J_GETATTR] = "prim::GetAttr",
    [J_SETATTR] = "prim::SetAttr",
    [J_CALL] = "prim::CallMethod",
    [J_CREATE] = "prim::CreateObject",
    [J_UNINIT] = "prim::Uninitialized",
    [J_CAST] = "prim::unchecked_cast",
    [J_ISINSTANCE] = "prim::isinstance",
    [J_ENTER] = "prim::Enter",
    [J_EXIT] = "prim::Exit",
    [J_PRINT] = "prim::Print",
    [J_CHUNK] = "prim::ConstantChunk",
};

/* ---- making ---- */

static JNode *
node_new(JGraph *g, JKind k, const Str *op, Span at)
{
	JNode *n = new (g->s->arena, JNode);

	n->kind = k;
	n->op = op;
	n->at = at;
	return n;
}

JNode *
jnode_new(JGraph *g, JKind k, const char *op, Span at)
{
	Script *s = g->s;
	const Str *w;

	if (op)
		w = intern_cstr(s->names, op);
	else if (k == J_CONSTANT)
		w = s->w_constant;
	else if (k < countof(kind_op) && kind_op[k])
		w = intern_cstr(s->names, kind_op[k]);
	else
		w = 0;
	return node_new(g, k, w, at);
}

JNode *
jnode_op(JGraph *g, const Str *op, const Sig *sig, Span at)
{
	JNode *n = node_new(g, J_OP, op, at);

	n->sig = sig;
	return n;
}

static JBlock *
block_new(JGraph *g, JNode *owner)
{
	JBlock *b = new (g->s->arena, JBlock);

	b->g = g;
	b->owner = owner;
	b->param = node_new(g, J_PARAM, 0, NOSPAN);
	b->end = node_new(g, J_BLOCK_END, 0, NOSPAN);
	b->param->owner = b->end->owner = b;
	b->param->next = b->end;
	b->end->prev = b->param;
	return b;
}

JBlock *
jblock_add(JGraph *g, JNode *n)
{
	JBlock **more = newn(g->s->arena, JBlock *, n->nblock + 1);

	for (uint32_t i = 0; i < n->nblock; i++)
		more[i] = n->block[i];
	n->block = more;
	return n->block[n->nblock++] = block_new(g, n);
}

JGraph *
jgraph_new(Script *s)
{
	JGraph *g = new (s->arena, JGraph);

	g->s = s;
	map_init(&g->names, s->arena);
	map_init(&g->suffix, s->arena);
	g->top = block_new(g, 0);
	g->at = g->top->end;
	return g;
}

static JGraph *
graph_of(const JNode *n)
{
	return n->owner->g;
}

void
jinput_insert(JNode *n, uint32_t i, JVal *v)
{
	v = jv(v);
	if (n->nin == n->capin)
		n->in = vec_grow(graph_of(n)->s->arena, n->in, n->nin, &n->capin, sizeof *n->in);
	memmove(n->in + i + 1, n->in + i, (n->nin - i) * sizeof *n->in);
	n->in[i] = v;
	n->nin++;
	v->nuse++;
}

void
jinput_add(JNode *n, JVal *v)
{
	jinput_insert(n, n->nin, v);
}

void
jinput_set(JNode *n, uint32_t i, JVal *v)
{
	jin(n, i)->nuse--;
	v = jv(v);
	v->nuse++;
	n->in[i] = v;
}

void
jinput_remove(JNode *n, uint32_t i)
{
	jin(n, i)->nuse--;
	n->nin--;
	memmove(n->in + i, n->in + i + 1, (n->nin - i) * sizeof *n->in);
}

static JVal *
output_add(Script *s, JNode *n, const Ty *t)
{
	JVal *v = new (s->arena, JVal);

	v->type = t;
	v->node = n;
	if (n->nout == n->capout)
		n->out = vec_grow(s->arena, n->out, n->nout, &n->capout, sizeof *n->out);
	return n->out[n->nout++] = v;
}

JVal *
joutput_add(JNode *n, const Ty *t)
{
	return output_add(graph_of(n)->s, n, t);
}

/* ---- names ---- */

bool
meaningful(const Str *name)
{
	if (!name->len || name->s[0] == '$')
		return false;
	if (name->s[0] != '_')
		return true;
	for (uint32_t i = 1; i < name->len; i++)
		if (name->s[i] < '0' || name->s[i] > '9')
			return true;
	return false;
}

/* Takes ".12" off the end: the number, or 1. */
static const Str *
name_base(Script *s, const Str *name, uint64_t *number)
{
	uint32_t n = name->len;

	*number = 1;
	while (n && name->s[n - 1] >= '0' && name->s[n - 1] <= '9')
		n--;
	if (n == name->len || n < 1 || name->s[n - 1] != '.' || name->len - n > 18)
		return name;
	*number = strtoull(name->s + n, NULL, 10);
	return intern(s->names, name->s, n - 1);
}

static JVal *
owner_of(JGraph *g, const Str *name)
{
	JVal *v = map_get(&g->names, KEY(name));

	return v == &nobody ? 0 : v;
}

static void
name_free(JGraph *g, JVal *v)
{
	if (v->name)
		map_put(&g->names, KEY(v->name), &nobody);
	v->name = 0;
}

static void
name_put(JGraph *g, JVal *v, const Str *name)
{
	name_free(g, v);
	map_put(&g->names, KEY(name), v);
	v->name = name;
}

void
jvalue_name(JVal *v, const Str *name)
{
	JGraph *g = graph_of(v->node);
	Script *s = g->s;
	JVal *older;
	const Str *base, *other;
	uint64_t number, next;

	name_free(g, v);
	if (!name)
		return;
	older = owner_of(g, name);
	if (older) {
		base = name_base(s, name, &number);
		next = (uint64_t)(uintptr_t)map_get(&g->suffix, KEY(base));
		if (next)
			number = MAX(number, next + 1);
		do
			other = intern_printf(s->names, "%s.%llu", base->s,
			                      (unsigned long long)number++);
		while (owner_of(g, other));
		map_put(&g->suffix, KEY(base), (void *)(uintptr_t)number);
		name_put(g, older, other);
	}
	name_put(g, v, name);
}

void
jvalue_replace(JVal *v, JVal *by)
{
	by = jv(by);
	if (v == by || v->fwd)
		return;
	by->nuse += v->nuse;
	v->nuse = 0;
	v->fwd = by;
}

/* ---- moving and destroying ---- */

static void
unlink_node(JNode *n)
{
	if (!n->prev)
		return;
	n->prev->next = n->next;
	n->next->prev = n->prev;
	n->prev = n->next = 0;
}

void
jnode_before(JNode *n, JNode *at)
{
	if (n == at)
		return;
	unlink_node(n);
	n->prev = at->prev;
	n->next = at;
	at->prev->next = n;
	at->prev = n;
	n->owner = at->owner;
}

void
jnode_after(JNode *n, JNode *at)
{
	if (n != at)
		jnode_before(n, at->next);
}

JNode *
jnode_insert(JGraph *g, JNode *n)
{
	jnode_before(n, g->at);
	return n;
}

void
joutput_remove(JNode *n, uint32_t i)
{
	name_free(graph_of(n), n->out[i]);
	n->nout--;
	memmove(n->out + i, n->out + i + 1, (n->nout - i) * sizeof *n->out);
}

static void
block_destroy(JBlock *b)
{
	while (b->end->nin)
		jinput_remove(b->end, b->end->nin - 1);
	while (b->end->prev != b->param)
		jnode_destroy(b->end->prev);
	while (b->param->nout)
		joutput_remove(b->param, b->param->nout - 1);
}

void
jnode_destroy(JNode *n)
{
	for (uint32_t i = 0; i < n->nblock; i++)
		block_destroy(n->block[i]);
	n->nblock = 0;
	while (n->nin)
		jinput_remove(n, n->nin - 1);
	while (n->nout)
		joutput_remove(n, n->nout - 1);
	unlink_node(n);
}

/* ---- constants, lists, tuples ---- */

JVal *
jconst(JGraph *g, TArg a, const Ty *t, Span at)
{
	JNode *n = jnode_insert(g, jnode_new(g, J_CONSTANT, 0, at));

	n->value = a;
	n->value.implied = false;
	return joutput_add(n, t ? t : ty_of_literal(g->s, &a));
}

JVal *
jconst_before(JNode *n, TArg a, const Ty *t, Span at)
{
	JGraph *g = n->owner->g;
	JNode *was = g->at;
	JVal *v;

	g->at = n;
	v = jconst(g, a, t, at);
	g->at = was;
	return v;
}

JVal *
jconst_int(JGraph *g, int64_t i, Span at)
{
	return jconst(g, targ_int(i), g->s->basic[TY_INT], at);
}

JVal *
jconst_bool(JGraph *g, bool b, Span at)
{
	return jconst(g, (TArg){.kind = T_BOOL, .i = b}, g->s->basic[TY_BOOL], at);
}

bool
is_const(const JVal *v)
{
	return v->node->kind == J_CONSTANT;
}

const TArg *
literal_of(const JVal *v)
{
	return is_const(v) ? &v->node->value : 0;
}

bool
const_int(const JVal *v, int64_t *out)
{
	const TArg *a = literal_of(v);

	if (!a || a->kind != T_INT)
		return false;
	*out = a->i;
	return true;
}

bool
const_bool(const JVal *v, bool *out)
{
	const TArg *a = literal_of(v);

	if (!a || a->kind != T_BOOL)
		return false;
	*out = a->i != 0;
	return true;
}

JVal *
jlist(JGraph *g, const Ty *elem, JVal *const *v, uint32_t n, Span at)
{
	JNode *l = jnode_insert(g, jnode_new(g, J_LIST, 0, at));

	for (uint32_t i = 0; i < n; i++)
		jinput_add(l, v[i]);
	return joutput_add(l, ty_list(g->s, elem));
}

JVal *
jtuple(JGraph *g, JVal *const *v, uint32_t n, const Ty *named, Span at)
{
	JNode *t = jnode_insert(g, jnode_new(g, J_TUPLE, 0, at));
	const Ty **item = newn(g->s->arena, const Ty *, n + 1);

	for (uint32_t i = 0; i < n; i++) {
		jinput_add(t, v[i]);
		item[i] = v[i]->type;
	}
	return joutput_add(t, named ? named : ty_tuple(g->s, item, n));
}

JVal **
jtuple_unpack(JGraph *g, JVal *v, uint32_t *n, Span at)
{
	JNode *u;

	v = jv(v);
	if (v->node->kind == J_TUPLE) {
		JVal **item = newn(g->s->arena, JVal *, v->node->nin + 1);

		*n = v->node->nin;
		for (uint32_t i = 0; i < *n; i++)
			item[i] = jin(v->node, i);
		return item;
	}
	u = jnode_insert(g, jnode_new(g, J_TUPLE_UNPACK, 0, at));
	jinput_add(u, v);
	for (uint32_t i = 0; i < v->type->n; i++)
		joutput_add(u, v->type->item[i]);
	*n = u->nout;
	return arena_dup(g->s->arena, u->out, u->nout * sizeof *u->out);
}

/* ---- copying ---- */

uint32_t
jcopy_begin(Script *s)
{
	return ++s->stamp;
}

void
jcopy_is(Script *s, JVal *v, JVal *copy)
{
	v->stamp = s->stamp;
	v->copy = copy;
}

JVal *
jcopy_of(Script *s, JVal *v)
{
	v = jv(v);
	return v->stamp == s->stamp ? v->copy : v;
}

static void
copy_name(JVal *to, const JVal *from)
{
	if (from->name)
		jvalue_name(to, from->name);
}

/* At g->at, with its operands through their copies. */
JNode *
jnode_clone(JGraph *g, JNode *n)
{
	JNode *c = new (g->s->arena, JNode);

	c->kind = n->kind;
	c->op = n->op;
	c->sig = n->sig;
	c->attr = n->attr;
	c->value = n->value;
	c->ty = n->ty;
	c->fn = n->fn;
	c->at = n->at;
	c->scope = n->scope;
	jnode_insert(g, c);
	for (uint32_t i = 0; i < n->nout; i++)
		copy_name(joutput_add(c, n->out[i]->type), n->out[i]);
	for (uint32_t i = 0; i < n->nin; i++)
		jinput_add(c, jcopy_of(g->s, n->in[i]));
	for (uint32_t i = 0; i < n->nblock; i++)
		jblock_copy(jblock_add(g, c), n->block[i]);
	for (uint32_t i = 0; i < n->nout; i++)
		jcopy_is(g->s, n->out[i], c->out[i]);
	return c;
}

void
jblock_copy(JBlock *dst, JBlock *src)
{
	JGraph *g = dst->g;
	JNode *at = g->at;

	for (uint32_t i = 0; i < src->param->nout; i++) {
		JVal *v = src->param->out[i], *c = output_add(g->s, dst->param, v->type);

		copy_name(c, v);
		jcopy_is(g->s, v, c);
	}
	g->at = dst->end;
	for (JNode *n = first_node(src); n != src->end; n = n->next)
		jnode_clone(g, n);
	g->at = at;
	for (uint32_t i = 0; i < src->end->nin; i++)
		jinput_add(dst->end, jcopy_of(g->s, src->end->in[i]));
}

JGraph *
jgraph_copy(JGraph *g)
{
	JGraph *c = jgraph_new(g->s);

	jcopy_begin(g->s);
	jblock_copy(c->top, g->top);
	return c;
}

/* ---- walks ---- */

bool
any_node(const JBlock *b, bool (*f)(const JNode *n))
{
	for (JNode *n = first_node(b); n != b->end; n = n->next) {
		if (f(n))
			return true;
		for (uint32_t i = 0; i < n->nblock; i++)
			if (any_node(n->block[i], f))
				return true;
	}
	return false;
}

/* ---- numbers ---- */

static void
number_block(JBlock *b, uint32_t *next)
{
	for (uint32_t i = 0; i < b->param->nout; i++)
		b->param->out[i]->number = (*next)++;
	for (JNode *n = first_node(b); n != b->end; n = n->next) {
		for (uint32_t i = 0; i < n->nout; i++)
			n->out[i]->number = (*next)++;
		for (uint32_t i = 0; i < n->nblock; i++)
			number_block(n->block[i], next);
	}
}

void
jgraph_number(JGraph *g)
{
	uint32_t next = 0;

	number_block(g->top, &next);
}
