/* script.c: TorchScript archives (script.h): from the members of the file to a graph. */
#include "script.h"

void
script_fail(Script *s, Span at, const char *fmt, ...)
{
	if (!s->failed)
		WITH_ARGS(fmt, ap,
		          diag_vreport(s->diag, DIAG_ERROR, script_place(s, at), fmt, ap));
	s->failed = true;
}

Span
script_place(Script *s, Span at)
{
	uint32_t line, col;
	const Source *src;
	uintptr_t known;
	CodeText *c;

	if (!at.at)
		return s->at;
	src = diag_place(s->diag, at.at, &line, &col);
	c = src ? map_get(&s->code, KEY(src)) : 0;
	if (!c)
		return at;
	known = (uintptr_t)map_get(&c->line, line);
	if (!known) {
		const char *name = arena_printf(s->arena, "%u", line);
		known = diag_object(s->diag, c->member, "line", name).at;
		map_put(&c->line, line, (void *)known);
	}
	return (Span){(uint32_t)known, 0};
}

static void
script_init(Script *s, const TorchOpen *o, Archive *ar)
{
	*s = (Script){.arena = o->arena,
	              .names = o->names,
	              .diag = o->diag,
	              .ar = ar,
	              .at = o->at,
	              .path = o->path};
	s->schemas = schemas_new(s->arena, s->names);
	map_init(&s->files, s->arena);
	map_init(&s->classes, s->arena);
	map_init(&s->funcs, s->arena);
	map_init(&s->fresh, s->arena);
	map_init(&s->objects, s->arena);
	map_init(&s->code, s->arena);
	script_types(s);
	s->w_constant = intern_cstr(s->names, "prim::Constant");
}

/* The graph of the function with all calls inlined, numbered: as torch's canonical graph. */
static JGraph *
whole_graph(Script *s, JFunc *f)
{
	JGraph *g = func_graph(s, f);

	if (!g)
		return 0;
	f->busy = true;
	pass_inline(g);
	if (s->failed)
		return 0;
	pass_dce(g);
	pass_chunks(g);
	g = jgraph_copy(g);
	return g;
}

static JFunc *
entry(Script *s, const PValue *root)
{
	Span at = archive_place(s->ar, "data.pkl");
	JClass *c;
	JFunc *f;

	if (root->kind != P_OBJECT) {
		script_fail(s, at, "the model is %s, expected a module", pvalue_kind(root));
		return 0;
	}
	c = class_find(s, root->object.type);
	if (!c) {
		script_fail(s, at, "the file has no code of the class %s", root->object.type->s);
		return 0;
	}
	f = class_method(c, intern_cstr(s->names, "forward"));
	if (!f)
		script_fail(s, c->at, "%s has no method forward()", c->name->s);
	return f;
}

TGraph *
script_open(const TorchOpen *o, Archive *ar)
{
	Script *s = new (o->arena, Script);
	const PValue *root;
	JFunc *f;
	JGraph *g;

	script_init(s, o, ar);
	s->g = new (o->arena, TGraph);
	root = pickle_read(ar, o->names, "data.pkl", "data/");
	f = root ? entry(s, root) : 0;
	g = f ? whole_graph(s, f) : 0;
	if (!g || s->failed || !lower_graph(s, g, object_of(s, root)))
		return 0;
	return s->g;
}
