/* script_lower.c: from torch's graph of a file (script.h) to the graph that is converted (graph.h).
 * Parameters and buffers are named by their paths and stand beside the graph; modules and the nodes
 * that take them apart are gone; packed parameters and plain numbers of modules are literals.
 */
#include "script.h"

enum { MODULE_DEPTH = 100 };

typedef struct Lowering {
	Script *s;
	TGraph *g;
	Map first; /* Str, a path -> the first value of it */
	Map nodes; /* Str -> any: names of nodes without results */
} Lowering;

/* ---- paths ---- */

static bool
is_packed(const TArg *a)
{
	return a->kind == T_LIST && a->list.tuple && a->list.n > 1 &&
	       a->list.item[0].kind == T_STR && a->list.item[1].kind == T_TENSOR;
}

/* What an attribute holds, as a literal; false: it is a module. */
static bool
literal_item(Script *s, const Held *item, TArg *out)
{
	if (item->object)
		return packed_params(s, item->object, out);
	*out = item->arg;
	return true;
}

static void
add_constant(Lowering *l, const JVal *v, const JNode *n)
{
	const JClass *c = n->in[0]->item->object->cls;
	const JAttr *a = c ? class_attr(l->s, c, n->attr) : 0;

	vec_push(l->g->arena, &l->g->constant,
	         (TNamed){.name = v->name,
	                  .path = v->path,
	                  .tensor = *v->item->arg.tensor,
	                  .buffer = a && a->buffer});
}

static void
name_attr(Lowering *l, JNode *n)
{
	JVal *of = jin(n, 0), *v = n->out[0], *first;
	Script *s = l->s;
	TArg a;

	if (!of->item || !of->item->object)
		return;
	v->item = object_attr(s, of->item->object, n->attr, n->at);
	v->path = of->path->len ? intern_printf(s->names, "%s.%s", of->path->s, n->attr->s)
	                        : n->attr;
	if (!v->item || !literal_item(s, v->item, &a) || (a.kind != T_TENSOR && !is_packed(&a)))
		return;
	first = map_get(&l->first, KEY(v->path));
	if (first) {
		jcopy_is(s, v, first);
		return;
	}
	map_put(&l->first, KEY(v->path), v);
	jvalue_name(v, v->path);
	if (a.kind == T_TENSOR)
		add_constant(l, v, n);
}

/* A second read of a parameter becomes the first one where it is an operand. */
static void
name_block(Lowering *l, JBlock *b)
{
	for (JNode *n = first_node(b); n != b->end && !l->s->failed; n = n->next) {
		for (uint32_t i = 0; i < n->nblock; i++)
			name_block(l, n->block[i]);
		for (uint32_t i = 0; i < n->nin; i++) {
			JVal *v = jin(n, i), *first = jcopy_of(l->s, v);

			if (first != v)
				jinput_set(n, i, first);
		}
		if (n->kind == J_GETATTR)
			name_attr(l, n);
	}
}

static void
name_paths(Lowering *l, JGraph *g, JObject *root)
{
	Held *self = new (l->s->arena, Held);
	JVal *v = g->top->param->out[0];

	self->object = root;
	v->item = self;
	v->path = intern_cstr(l->s->names, "");
	jcopy_begin(l->s);
	name_block(l, g->top);
}

/* ---- values ---- */

static const Str *
value_name(Lowering *l, JVal *v)
{
	return v->name ? v->name : intern_printf(l->s->names, "%u", v->number);
}

static TArg
operand(Lowering *l, JVal *v)
{
	TArg a;

	if (v->item && !v->item->object && v->item->arg.kind == T_TENSOR)
		return targ_value(value_name(l, v));
	if (v->item && literal_item(l->s, v->item, &a))
		return a;
	return targ_value(value_name(l, v));
}

static TArg
constant_value(const JNode *n)
{
	if (n->out[0]->type->kind == TY_DEVICE || n->out[0]->type->kind == TY_GENERATOR)
		return (TArg){.kind = T_NONE};
	return n->value;
}

/* Of a node without results: its key, made unique by a number. */
static const Str *
own_name(Lowering *l, const Str *key)
{
	const Str *name = key;

	for (uint32_t i = 1; map_get(&l->nodes, KEY(name)); i++)
		name = intern_printf(l->s->names, "%s.%u", key->s, i);
	map_put(&l->nodes, KEY(name), l);
	return name;
}

/* ---- nodes ---- */

static Span
node_place(Lowering *l, const JNode *n)
{
	Span line = script_place(l->s, n->at);

	return n->kind == J_OP ? diag_object(l->s->diag, line, "operation", n->op->s) : line;
}

static void lower_block(Lowering *l, JBlock *from, TBlock *to);

static void
put_operands(Lowering *l, JNode *n, TNode *t)
{
	for (uint32_t i = 0; i < n->nin; i++)
		t->in[i] = operand(l, jin(n, i));
	for (uint32_t i = n->nin; i < t->nin; i++) /* chunks and dim, begin and end */
		t->in[i] = n->value.list.item[i - n->nin];
}

static void
lower_node(Lowering *l, JNode *n, TBlock *to)
{
	bool extra = n->kind == J_CHUNK || n->kind == J_TUPLE_SLICE;
	TNode *t = tnode_new(l->g, n->op->s, n->nin + (extra ? 2 : 0), n->nout, node_place(l, n));

	put_operands(l, n, t);
	if (n->kind == J_OP && n->sig && !n->sig->vararg)
		t->schema = n->sig->schema;
	if (n->kind == J_CONSTANT)
		t->value = constant_value(n);
	for (uint32_t i = 0; i < n->nout; i++) {
		t->out[i].name = value_name(l, n->out[i]);
		t->out[i].is_bool = n->nout == 1 && n->out[i]->type->kind == TY_BOOL;
	}
	t->name = n->nout ? t->out[0].name : own_name(l, t->key);
	t->module = n->scope ? n->scope->s : 0;
	t->origin = (const void *)(uintptr_t)n->at.at;
	t->nblock = n->nblock;
	t->block = newn(l->g->arena, TBlock *, n->nblock + 1);
	for (uint32_t i = 0; i < n->nblock; i++) {
		t->block[i] = new (l->g->arena, TBlock);
		lower_block(l, n->block[i], t->block[i]);
	}
	vec_push(l->g->arena, &to->node, t);
}

/* A parameter that a block gives: a constant of its own there. */
static void
put_attribute(Lowering *l, JNode *n, TBlock *to)
{
	JVal *v = n->out[0];
	TNode *t;
	bool given = false;

	for (uint32_t i = 0; i < n->owner->end->nin; i++)
		given |= jin(n->owner->end, i) == v;
	if (!given || !v->item || v->item->object || v->item->arg.kind != T_TENSOR)
		return;
	t = tnode_new(l->g, "prim::Constant", 0, 1, node_place(l, n));
	t->value = v->item->arg;
	t->out[0].name = value_name(l, v);
	t->name = intern_cstr(l->s->names, "internal_immediate_output_attr");
	vec_push(l->g->arena, &to->node, t);
}

static void
lower_block(Lowering *l, JBlock *from, TBlock *to)
{
	const JNode *end = from->end;

	to->nin = from->param->nout;
	to->in = newn(l->g->arena, const Str *, to->nin + 1);
	for (uint32_t i = 0; i < to->nin; i++)
		to->in[i] = value_name(l, from->param->out[i]);
	for (JNode *n = first_node(from); n != end; n = n->next) {
		if (n->kind == J_GETATTR && n->out[0]->item)
			put_attribute(l, n, to);
		else
			lower_node(l, n, to);
	}
	to->nout = end->nin;
	to->out = newn(l->g->arena, TArg, to->nout + 1);
	for (uint32_t i = 0; i < to->nout; i++)
		to->out[i] = operand(l, jin(end, i));
}

/* ---- inputs ---- */

/* A tuple is taken apart: its members are inputs, and a node puts it together. */
static void
add_input(Lowering *l, const Str *name, const Ty *t, Span at, int depth)
{
	TNode *n;

	if (t->kind != TY_TUPLE || depth > 20) {
		vec_push(l->g->arena, &l->g->input, (TInput){.name = name, .at = at});
		return;
	}
	n = tnode_new(l->g, "prim::TupleConstruct", t->n, 1, at);
	for (uint32_t i = 0; i < t->n; i++) {
		const Str *part = intern_printf(l->s->names, "%s_%u", name->s, i);

		add_input(l, part, t->item[i], at, depth + 1);
		n->in[i] = targ_value(part);
	}
	n->name = n->out[0].name = name;
	vec_push(l->g->arena, &l->g->top.node, n);
}

/* ---- buffers ---- */

static void
add_buffer(Lowering *l, const JAttr *a, const Held *item, const Str *path)
{
	JVal *v = map_get(&l->first, KEY(path));

	if (!a->buffer || item->object || item->arg.kind != T_TENSOR)
		return;
	vec_push(l->g->arena, &l->g->state,
	         (TState){.path = path, .read = v ? v->name : 0, .tensor = *item->arg.tensor});
}

static void
add_buffers(Lowering *l, JObject *o, const Str *path, int depth)
{
	Script *s = l->s;
	JClass *c = o->cls;

	if (!c || s->failed || class_method(c, intern_cstr(s->names, "__setstate__")))
		return;
	if (depth > MODULE_DEPTH) {
		script_fail(s, c->at, "the modules are nested too deeply, or contain themselves");
		return;
	}
	for (int inner = 0; inner < 2; inner++) /* the module's own, then those of its members */
		for (uint32_t i = 0; i < c->attr.n && !s->failed; i++) {
			const JAttr *a = class_attr(s, c, c->attr.at[i].name);
			bool module = a->type->kind == TY_CLASS;
			const Held *item;
			const Str *p;

			if (module != (inner == 1) || (!module && !a->buffer))
				continue;
			item = object_attr(s, o, a->name, c->at);
			p = path->len ? intern_printf(s->names, "%s.%s", path->s, a->name->s)
			              : a->name;
			if (item && item->object)
				add_buffers(l, item->object, p, depth + 1);
			else if (item)
				add_buffer(l, a, item, p);
		}
}

bool
lower_graph(Script *s, JGraph *g, JObject *root)
{
	Lowering l = {.s = s, .g = s->g};
	const JNode *in = g->top->param;
	TBlock body = {0};

	*s->g = (TGraph){.arena = s->arena,
	                 .names = s->names,
	                 .diag = s->diag,
	                 .at = s->at,
	                 .source = TORCH_SCRIPT,
	                 .source_of = script_source,
	                 .reader = s,
	                 .schemas = s->schemas};
	map_init(&l.first, s->arena);
	map_init(&l.nodes, s->arena);
	jgraph_number(g);
	name_paths(&l, g, root);
	if (s->failed)
		return false;
	for (uint32_t i = 1; i < in->nout; i++)
		add_input(&l, value_name(&l, in->out[i]), in->out[i]->type, s->at, 0);
	lower_block(&l, g->top, &body);
	for (uint32_t i = 0; i < body.node.n; i++)
		vec_push(s->arena, &s->g->top.node, body.node.at[i]);
	s->g->top.out = body.out;
	s->g->top.nout = body.nout;
	add_buffers(&l, root, intern_cstr(s->names, ""), 0);
	if (s->failed)
		return false;
	if (!pass_append(s->g))
		return false;
	pass_outputs(s->g);
	return pass_assignments(s->g);
}
