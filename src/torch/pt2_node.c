/* pt2_node.c: the nodes of torch.export's JSON: their arguments, results, places in the user's
 * program, and which of them nobody needs.
 */
#include <stdlib.h>

#include "pt2.h"
#include "schema.h"

enum { DEPTH_MAX = 8 };

/* ---- names ---- */

bool
pt2_define(Pt2 *p, Span at, const Str *name)
{
	if (map_get(&p->defined, KEY(name)))
		return diag_error(p->o->diag, at, "the value '%.200s' is defined twice",
		                  name->s);
	map_put(&p->defined, KEY(name), p);
	return true;
}

bool
pt2_defined(Pt2 *p, Span at, const Str *name)
{
	return map_get(&p->defined, KEY(name)) ||
	       diag_error(p->o->diag, at,
	                  "it uses the value '%.200s', which nothing before it defines",
	                  name->s);
}

/* ---- arguments ---- */

typedef bool ArgReader(Pt2 *p, Span at, const JValue *j, TArg *out);

static bool
unreadable(Pt2 *p, Span at)
{
	return diag_error(p->o->diag, at, "one of its arguments cannot be read");
}

static bool
value_arg(Pt2 *p, Span at, const JValue *j, TArg *out)
{
	const Str *s = jtree_name(p->o->names, p->o->arena, j);
	const Str *inner = s && p->scope ? map_get(p->scope, KEY(s)) : 0;

	if (!s)
		return unreadable(p, at);
	s = inner ? inner : s;
	if (!pt2_defined(p, at, s))
		return false;
	inner = map_get(&p->alias, KEY(s));
	*out = targ_value(inner ? inner : s);
	return true;
}

static bool
none_arg(Pt2 *p, Span at, const JValue *j, TArg *out)
{
	(void)p, (void)at, (void)j;
	*out = (TArg){.kind = T_NONE};
	return true;
}

static bool
tensor_arg(Pt2 *p, Span at, const JValue *j, TArg *out)
{
	return value_arg(p, at, jtree_member(j, "name"), out);
}

static bool
int_arg(Pt2 *p, Span at, const JValue *j, TArg *out)
{
	*out = targ_int(j->i);
	return j->kind == J_INT || unreadable(p, at);
}

static bool
bool_arg(Pt2 *p, Span at, const JValue *j, TArg *out)
{
	*out = (TArg){.kind = T_BOOL, .i = j->i};
	return j->kind == J_BOOL || unreadable(p, at);
}

static bool
number_of(const JValue *j, double *out)
{
	static const struct {
		const char *text;
		double f;
	} names[] = {{"Infinity", __builtin_inf()},
	             {"-Infinity", -__builtin_inf()},
	             {"NaN", __builtin_nan("")}};

	for (size_t i = 0; i < countof(names); i++)
		if (jtree_is(j, names[i].text)) {
			*out = names[i].f;
			return true;
		}
	*out = j->kind == J_INT ? (double)j->i : j->f;
	return j->kind == J_INT || j->kind == J_FLOAT;
}

static bool
float_arg(Pt2 *p, Span at, const JValue *j, TArg *out)
{
	*out = (TArg){.kind = T_FLOAT};
	return number_of(j, &out->f[0]) || unreadable(p, at);
}

static bool
complex_arg(Pt2 *p, Span at, const JValue *j, TArg *out)
{
	*out = (TArg){.kind = T_COMPLEX};
	return (number_of(jtree_member(j, "real"), &out->f[0]) &&
	        number_of(jtree_member(j, "imag"), &out->f[1])) ||
	       unreadable(p, at);
}

static bool
text_arg(Pt2 *p, Span at, const JValue *j, TArg *out)
{
	*out = (TArg){.kind = T_STR, .s = jtree_name(p->o->names, p->o->arena, j)};
	return out->s || unreadable(p, at);
}

static bool
type_arg(Pt2 *p, Span at, const JValue *j, TArg *out)
{
	*out = targ_int(j->kind == J_INT ? pt2_c10(j->i) : -1);
	return out->i >= 0 || diag_error(p->o->diag, at, "one of its arguments is an element type "
	                                 "that is not known");
}

/* The numbers of torch.export, in the order of c10's. */
static bool
renumbered(Pt2 *p, Span at, const JValue *j, TArg *out, const int8_t *number, size_t n)
{
	for (size_t i = 0; j->kind == J_INT && i < n; i++)
		if (number[i] == j->i) {
			*out = targ_int((int64_t)i);
			return true;
		}
	return unreadable(p, at);
}

static bool
layout_arg(Pt2 *p, Span at, const JValue *j, TArg *out)
{
	static const int8_t number[] = {7, 1, 2, 6, 3, 4, 5};

	return renumbered(p, at, j, out, number, countof(number));
}

static bool
format_arg(Pt2 *p, Span at, const JValue *j, TArg *out)
{
	static const int8_t number[] = {1, 4, 2, 3};

	return renumbered(p, at, j, out, number, countof(number));
}

/* A graph or an object goes by its name: only those who know the operation can say more. */
static bool
named_arg(Pt2 *p, Span at, const JValue *j, TArg *out)
{
	return text_arg(p, at, jtree_member(j, "name"), out);
}

static const struct {
	const char *tag;
	ArgReader *read;
	int lists; /* around it */
} kinds[] = {
    {"as_tensor", tensor_arg, 0},
    {"as_ints", int_arg, 1},
    {"as_int", int_arg, 0},
    {"as_float", float_arg, 0},
    {"as_bool", bool_arg, 0},
    {"as_none", none_arg, 0},
    {"as_name", value_arg, 0},
    {"as_scalar_type", type_arg, 0},
    {"as_device", none_arg, 0},
    {"as_layout", layout_arg, 0},
    {"as_memory_format", format_arg, 0},
    {"as_tensors", tensor_arg, 1},
    {"as_string", text_arg, 0},
    {"as_sym_int", pt2_arg, 0},
    {"as_sym_ints", pt2_arg, 1},
    {"as_sym_bool", pt2_arg, 0},
    {"as_sym_bools", pt2_arg, 1},
    {"as_sym_float", pt2_arg, 0},
    {"as_sym_floats", pt2_arg, 1},
    {"as_optional_tensor", pt2_arg, 0},
    {"as_optional_tensors", pt2_arg, 1},
    {"as_nested_tensors", tensor_arg, 2},
    {"as_floats", float_arg, 1},
    {"as_bools", bool_arg, 1},
    {"as_strings", text_arg, 1},
    {"as_int_lists", int_arg, 2},
    {"as_float_lists", float_arg, 2},
    {"as_complex", complex_arg, 0},
    {"as_operator", text_arg, 0},
    {"as_graph", named_arg, 0},
    {"as_custom_obj", named_arg, 0},
};

static bool
list_arg(Pt2 *p, Span at, const JValue *j, TArg *out, ArgReader *read, int lists)
{
	if (lists == 0)
		return read(p, at, j, out);
	if (j->kind != J_LIST)
		return unreadable(p, at);
	*out = (TArg){.kind = T_LIST, .list = {newn(p->o->arena, TArg, j->n), j->n, false}};
	for (uint32_t i = 0; i < j->n; i++)
		if (!list_arg(p, at, &j->item[i], &out->list.item[i], read, lists - 1))
			return false;
	return true;
}

/* An object whose only member that is not null says what it is. */
bool
pt2_arg(Pt2 *p, Span at, const JValue *j, TArg *out)
{
	const char *tag = "";

	for (uint32_t i = 0; j->kind == J_OBJECT && i < j->n; i++) {
		if (jtree_absent(&j->item[2 * i + 1]))
			continue;
		for (size_t k = 0; k < countof(kinds); k++)
			if (jtree_is(&j->item[2 * i], kinds[k].tag))
				return list_arg(p, at, &j->item[2 * i + 1], out, kinds[k].read,
				                kinds[k].lists);
		tag = jtree_text(p->o->arena, &j->item[2 * i]);
	}
	return diag_error(p->o->diag, at,
	                  "one of its arguments is of the kind '%.60s', which is not known",
	                  tag ? tag : "");
}

/* ---- results ---- */

/* The name of a result; inside of a graph that is inlined a new one. 0 after reporting. */
static const Str *
result_name(Pt2 *p, Span at, const JValue *j)
{
	const Str *s = jtree_name(p->o->names, p->o->arena, j), *fresh = s;
	void *meta;

	if (!s) {
		unreadable(p, at);
		return 0;
	}
	if (p->scope) {
		fresh = intern_printf(p->o->names, "%s.%u", s->s, ++p->nfresh);
		map_put(p->scope, KEY(s), (void *)(uintptr_t)fresh);
		if ((meta = map_get(p->inner, KEY(s))) != 0)
			map_put(&p->meta, KEY(fresh), meta);
	}
	return pt2_define(p, at, fresh) ? fresh : 0;
}

/* Results are names: what an argument of the same form would say. */
static bool
read_result(Pt2 *p, Span at, const JValue *j, TOut *out)
{
	static const char *const one[] = {"as_tensor", "as_sym_int", "as_sym_bool",
	                                  "as_sym_float", "as_custom_obj"};
	const JValue *list = jtree_member(j, "as_tensors");
	Arena *a = p->o->arena;

	*out = (TOut){0};
	for (size_t i = 0; i < countof(one); i++) {
		const JValue *v = jtree_member(j, one[i]), *name = jtree_member(v, "name");

		name = jtree_absent(name) ? jtree_member(v, "as_name") : name;
		if (!jtree_absent(name))
			return (out->name = result_name(p, at, name)) != 0;
	}
	if (list->kind == J_LIST) {
		out->nitem = list->n;
		out->item = newn(a, const Str *, list->n);
		for (uint32_t i = 0; i < list->n; i++) {
			out->item[i] = result_name(p, at, jtree_member(&list->item[i], "name"));
			if (!out->item[i])
				return false;
		}
		return true;
	}
	return !jtree_absent(jtree_member(j, "as_none")) ||
	       diag_error(p->o->diag, at, "one of its results is of a kind that is not known");
}

/* ---- nodes ---- */

/* "torch.ops.aten.add.Tensor" -> "aten::add.Tensor"; those of Python keep their name. 0 after
 * reporting. */
static const char *
operation_of(Pt2 *p, Span at, const JValue *j)
{
	static const char edge[] = "executorch.";
	const char *target = jtree_text(p->o->arena, jtree_member(j, "target")), *dot;

	if (!target || !*target) {
		diag_error(p->o->diag, at, "it does not say which operation it calls");
		return 0;
	}
	if (strncmp(target, edge, sizeof edge - 1) == 0) {
		diag_error(p->o->diag, at,
		           "it calls %.200s, an operation of the EDGE dialect: save the program "
		           "before to_edge()",
		           target);
		return 0;
	}
	if (strncmp(target, "torch.ops.", 10) != 0)
		return target;
	target += 10;
	dot = strchr(target, '.');
	return dot ? arena_printf(p->o->arena, "%.*s::%s", (int)(dot - target), target, dot + 1)
	           : target;
}

/* The path of the module that called it: "layer1.0.conv1", of "KEY,PATH,CLASS;…" the last. */
static const char *
module_path(Arena *a, const JValue *meta)
{
	static const char self[] = "L['self'].";
	const char *s = jtree_text(a, jtree_member(meta, "nn_module_stack")), *end;

	if (!s)
		return 0;
	s = strrchr(s, ';') ? strrchr(s, ';') + 1 : s;
	s = strchr(s, ',') ? strchr(s, ',') + 1 : "";
	if (strncmp(s, self, sizeof self - 1) == 0)
		s += sizeof self - 1;
	end = strrchr(s, ',');
	if (strncmp(s, "_empty_nn_module_stack", 22) == 0)
		return 0;
	return end && end > s ? arena_printf(a, "%.*s", (int)(end - s), s) : 0;
}

/* "net.py:58", the last line of a trace that is none of a package's; 0: there is none. */
const char *
pt2_source(const TGraph *g, const TNode *node)
{
	const JValue *trace = node->origin ? jtree_member(node->origin, "stack_trace") : 0;
	const char *s = trace ? jtree_text(g->arena, trace) : 0, *found = 0;
	int n = 0, line = 0;

	for (; s && (s = strstr(s, "File \"")); s++) {
		const char *path = s + 6, *end = strstr(path, "\", line ");

		if (!end)
			break;
		if (memmem(path, (size_t)(end - path), "-packages/", 10) ||
		    strncmp(path, "torch/", 6) == 0 || *path == '<')
			continue;
		found = path;
		n = (int)(end - path);
		line = atoi(end + 8);
	}
	return found ? arena_printf(g->arena, "%.*s:%d", n, found, line) : 0;
}

/* What the file says of a node, until it is known whether somebody needs it. */
typedef struct Draft {
	TNode *node;
	const Str **name; /* of its operands */
} Draft;
typedef VEC(Draft) Drafts;

static bool
read_arguments(Pt2 *p, Span at, const JValue *in, TArg *arg, const Str **name)
{
	for (uint32_t i = 0; i < in->n; i++) {
		const JValue *j = &in->item[i];
		const Str *s = jtree_name(p->o->names, p->o->arena, jtree_member(j, "name"));

		name[i] = s && s->len ? s : 0;
		if (!pt2_arg(p, at, jtree_member(j, "arg"), &arg[i]))
			return false;
	}
	return true;
}

static bool
read_results(Pt2 *p, Span at, const JValue *list, TOut *out)
{
	for (uint32_t i = 0; i < list->n; i++)
		if (!read_result(p, at, &list->item[i], &out[i]))
			return false;
	return true;
}

static bool read_list(Pt2 *p, const JValue *graph, Drafts *out);

/* The nodes of the graph that a node calls stand in its place; before the graph are numbers, behind
 * it what it takes. */
static bool
inline_graph(Pt2 *p, Span at, const JValue *in, const JValue *results, Drafts *out)
{
	Arena *a = p->o->arena;
	TArg *arg = newn(a, TArg, in->n), *inner_out;
	const Str **name = newn(a, const Str *, in->n);
	TOut *result = newn(a, TOut, results->n);
	Map *outer = p->scope, *scope = new (a, Map), values;
	const Map *outer_values = p->inner;
	const JValue *graph, *list;
	uint32_t first = 0;
	bool ok;

	while (first < in->n &&
	       jtree_absent(jtree_member(jtree_member(&in->item[first], "arg"), "as_graph")))
		first++;
	graph = jtree_member(
	    jtree_member(jtree_member(jtree_item(in, first), "arg"), "as_graph"), "graph");
	if (!read_arguments(p, at, in, arg, name) || !read_results(p, at, results, result))
		return false;
	map_init(scope, a);
	map_init(&values, a);
	list = jtree_member(graph, "inputs");
	ok = list->kind == J_LIST && list->n == in->n - first - 1;
	for (uint32_t i = 0; ok && i < list->n; i++) {
		const JValue *j = jtree_member(jtree_member(&list->item[i], "as_tensor"), "name");
		const Str *s = jtree_name(p->o->names, a, j);

		if ((ok = s && arg[first + 1 + i].kind == T_VALUE))
			map_put(scope, KEY(s), (void *)(uintptr_t)arg[first + 1 + i].s);
	}
	list = jtree_member(graph, "outputs");
	if (!ok || list->kind != J_LIST || list->n != results->n)
		return diag_error(p->o->diag, at, "the graph that it calls does not fit it");
	inner_out = newn(a, TArg, list->n);
	p->scope = scope;
	pt2_values(p, graph, &values);
	p->inner = &values;
	ok = read_list(p, graph, out);
	for (uint32_t i = 0; ok && i < list->n; i++)
		ok = pt2_arg(p, at, &list->item[i], &inner_out[i]);
	p->scope = outer;
	p->inner = outer_values;
	for (uint32_t i = 0; ok && i < list->n; i++)
		if (result[i].name && inner_out[i].kind == T_VALUE)
			map_put(&p->alias, KEY(result[i].name),
			        (void *)(uintptr_t)inner_out[i].s);
	return ok;
}

/* Graphs that are called for the sake of gradients, or of other number formats on a GPU. */
static bool
is_wrapper(const char *op)
{
	return strcmp(op, "higher_order::wrap_with_set_grad_enabled") == 0 ||
	       strcmp(op, "higher_order::wrap_with_autocast") == 0;
}

static bool
read_node(Pt2 *p, const JValue *j, Drafts *out)
{
	Arena *a = p->o->arena;
	const JValue *in = jtree_member(j, "inputs"), *results = jtree_member(j, "outputs");
	const JValue *meta = jtree_member(j, "metadata");
	const Str *name = jtree_name(p->o->names, a, jtree_member(j, "name"));
	TNode *n;
	Span at = p->at;
	const Str **names;
	const char *op;

	if (in->kind != J_LIST || results->kind != J_LIST)
		return diag_error(p->o->diag, p->at, "a node lacks its inputs or outputs");
	if (!name && results->n == 1)
		name = jtree_name(p->o->names, a,
		                jtree_member(jtree_member(&results->item[0], "as_tensor"), "name"));
	if (!name)
		name = jtree_name(p->o->names, a, jtree_member(j, "target"));
	if (name)
		at = diag_object(p->o->diag, p->at, "node", name->s);
	if (!(op = operation_of(p, at, j)))
		return false;
	if (p->o->training && is_wrapper(op))
		return inline_graph(p, at, in, results, out);
	n = tnode_new(p->g, op, in->n, results->n, at);
	names = newn(a, const Str *, in->n + 1);
	if (!read_arguments(p, at, in, n->in, names) || !read_results(p, at, results, n->out))
		return false;
	if (!strstr(op, "::") && strrchr(op, '.'))
		n->key = intern_cstr(p->o->names, torch_key(a, strrchr(op, '.') + 1));
	n->name = name;
	n->module = module_path(a, meta);
	n->origin = meta;
	vec_push(a, out, (Draft){n, names});
	return true;
}

static bool
read_list(Pt2 *p, const JValue *graph, Drafts *out)
{
	const JValue *list = jtree_member(graph, "nodes");

	for (uint32_t i = 0; list->kind == J_LIST && i < list->n; i++)
		if (!read_node(p, &list->item[i], out))
			return false;
	return list->kind == J_LIST ||
	       diag_error(p->o->diag, p->at, "a graph has no list of nodes");
}

/* ---- who is needed ---- */

static void
need(Map *needed, const TArg *a)
{
	if (a->kind == T_VALUE)
		map_put(needed, KEY(a->s), needed);
	else if (a->kind == T_LIST)
		for (uint32_t i = 0; i < a->list.n; i++)
			need(needed, &a->list.item[i]);
}

/* Whether someone uses a result; those that nobody uses lose their names. */
static bool
is_needed(const Map *needed, TNode *n)
{
	bool any = str_is(n->key, "_assert_tensor_metadata");

	for (uint32_t i = 0; i < n->nout; i++) {
		TOut *o = &n->out[i];

		if (o->name && !map_get(needed, KEY(o->name)))
			o->name = 0;
		any |= o->name != 0;
		for (uint32_t k = 0; k < o->nitem; k++)
			any |= map_get(needed, KEY(o->item[k])) != 0;
	}
	return any;
}

/* Backwards, so that those who serve only nodes that are left out are left out too: their places
 * become 0. */
static void
find_unused(Pt2 *p, TNode **node, uint32_t n)
{
	TGraph *g = p->g;
	Map needed;

	map_init(&needed, p->o->arena);
	for (uint32_t i = 0; i < g->top.nout; i++)
		need(&needed, &g->top.out[i]);
	for (uint32_t i = 0; i < g->state.n; i++)
		need(&needed, &g->state.at[i].written);
	for (uint32_t i = n; i-- > 0;) {
		if (node[i] && !is_needed(&needed, node[i]))
			node[i] = 0;
		if (!node[i])
			continue;
		for (uint32_t k = 0; k < node[i]->nin; k++)
			need(&needed, &node[i]->in[k]);
	}
}

/* Operands by the signature; of what changes its first operand, by that of the function it
 * becomes. */
static bool
bind(Pt2 *p, const Draft *d, bool change)
{
	const char *op = d->node->op;
	const Schema *s;

	if (change && pt2_changes(op)) {
		op = pt2_function_of(p->o->arena, op);
		d->name[0] = 0;
	}
	s = schema_find(p->g->schemas, op);
	return !s || schema_bind(p->g, d->node, s, d->node->in, d->name, d->node->nin);
}

/* Nodes that nobody needs are left out before their operands are looked at, or, where nodes change
 * what others read, once that is no longer so. */
bool
pt2_nodes(Pt2 *p)
{
	TBlock *top = &p->g->top;
	bool change = p->g->training && p->o->training, ok = true;
	Drafts draft = {0};
	TNode **node;
	uint32_t n = 0;

	map_init(&p->alias, p->o->arena);
	if (!read_list(p, p->graph, &draft) || !pt2_outputs(p))
		return false;
	node = newn(p->o->arena, TNode *, draft.n);
	for (uint32_t i = 0; i < draft.n; i++)
		node[i] = draft.at[i].node;
	if (!change)
		find_unused(p, node, draft.n);
	for (uint32_t i = 0; i < draft.n; i++)
		if (node[i])
			ok &= bind(p, &draft.at[i], change);
	if (ok && change && (ok = pt2_functional(p, node, draft.n)))
		find_unused(p, node, draft.n);
	top->node.at = node;
	for (uint32_t i = 0; ok && i < draft.n; i++)
		if (node[i])
			node[n++] = node[i];
	top->node.n = top->node.cap = n;
	return ok;
}
