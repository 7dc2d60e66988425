/* script_source.c: the code members of an archive (script.h): classes and functions by their
 * qualified names. A member is parsed when a name in it is asked for, a class is read when it is
 * asked for, and what its methods say when they are called.
 */
#include "script.h"
#include "syntax/syntax.h"

enum { SOURCE_SIZE = 64 << 20 };

static bool
keep_statements(Script *s, const Str *package, const Stmt *st)
{
	for (; st; st = st->next) {
		const Expr *name = st->kind == S_CLASS ? st->name
		                   : st->kind == S_DEF ? st->name
		                                       : 0;

		if (st->kind == S_IMPORT || st->kind == S_FROM || st->kind == S_ASSIGN)
			continue; /* op_version_set = 1, and imports, of old files */
		if (!name) {
			script_fail(s, st->span, "expected a class or a function");
			return false;
		}
		map_put(&s->fresh,
		        KEY(intern_printf(s->names, "%s.%s", package->s, name->id->s)),
		        (void *)(uintptr_t)st);
	}
	return true;
}

static void
add_code(Script *s, const Source *src, const char *member)
{
	CodeText *c = new (s->arena, CodeText);

	c->name = member;
	c->member = archive_place(s->ar, member);
	map_init(&c->line, s->arena);
	map_put(&s->code, KEY(src), c);
}

/* Parses code/a/b.py for the package "a.b", if there is one. */
static void
load_package(Script *s, const Str *package)
{
	const char *text, *shown;
	char *member;
	Source *src;
	Tree *tree;
	size_t n;

	if (map_get(&s->files, KEY(package)))
		return;
	map_put(&s->files, KEY(package), s);
	member = arena_printf(s->arena, "code/%s.py", package->s);
	for (char *p = member + 5; p[3]; p++)
		if (*p == '.')
			*p = '/';
	if (!archive_has(s->ar, member))
		return;
	if (!archive_get(s->ar, member, &text, &n)) {
		s->failed = true;
		return;
	}
	if (n > SOURCE_SIZE) {
		script_fail(s, archive_place(s->ar, member), "the code text is too long");
		return;
	}
	shown = arena_printf(s->arena, "%s/%s", s->path, member);
	text = arena_printf(s->arena, "%.*s", (int)n, text);
	src = diag_add_source(s->diag, shown, text, strlen(text));
	if (src) {
		src->inner = true;
		add_code(s, src, member);
	}
	tree = new (s->arena, Tree);
	tree_init(tree, s->arena, s->names, s->diag);
	if (!src || !parse_module(tree, src)) {
		s->failed = true;
		return;
	}
	keep_statements(s, package, tree->module);
}

/* The statement that defines a qualified name, once. */
static const Stmt *
fresh_statement(Script *s, const Str *name)
{
	const char *dot = strrchr(name->s, '.');

	if (!dot || s->failed)
		return 0;
	load_package(s, intern(s->names, name->s, (size_t)(dot - name->s)));
	return map_get(&s->fresh, KEY(name));
}

/* ---- classes ---- */

static void
add_attr(Script *s, JClass *c, const Str *name, const Expr *note)
{
	if (map_get(&c->attr_index, KEY(name)))
		return;
	vec_push(s->arena, &c->attr, (JAttr){.name = name, .note = note});
	map_put(&c->attr_index, KEY(name), (void *)(uintptr_t)c->attr.n);
}

static void
mark_attrs(Script *s, JClass *c, const Expr *list, bool parameter)
{
	for (uint32_t i = 0; list->kind == E_LIST && i < list->n; i++) {
		const Expr *x = list->at[i];
		uintptr_t at;

		if (x->kind != E_CONST || x->lit->kind != LIT_STR)
			continue;
		at = (uintptr_t)map_get(&c->attr_index,
		                        KEY(intern(s->names, x->lit->s, x->lit->len)));
		if (at && parameter)
			c->attr.at[at - 1].parameter = true;
		else if (at)
			c->attr.at[at - 1].buffer = true;
	}
}

static void
add_method(Script *s, JClass *c, const FuncExpr *ast)
{
	JFunc *f = new (s->arena, JFunc);

	f->name = intern_printf(s->names, "%s.%s", c->name->s, ast->name->s);
	f->cls = c;
	f->ast = ast;
	map_put(&c->method, KEY(ast->name), f);
}

/* weight : Tensor, __annotations__["0"] = T, a : Final[int] = 3, def f(self) … */
static void
read_member(Script *s, JClass *c, const Stmt *st)
{
	const Expr *t = st->kind == S_ASSIGN && st->target.n == 1 ? st->target.at[0] : 0;

	if (st->kind == S_ANN && st->a->kind == E_NAME && !st->b) {
		add_attr(s, c, st->a->id, st->note);
	} else if (t && t->kind == E_INDEX && t->a->kind == E_NAME &&
	           str_is(t->a->id, "__annotations__") && t->b->kind == E_CONST &&
	           t->b->lit->kind == LIT_STR) {
		add_attr(s, c, intern(s->names, t->b->lit->s, t->b->lit->len), st->value);
	} else if (st->kind == S_DEF) {
		add_method(s, c, st->func);
	}
}

static void
read_marks(Script *s, JClass *c, const Stmt *st)
{
	const Expr *t = st->kind == S_ASSIGN && st->target.n == 1 ? st->target.at[0] : 0;

	if (!t || t->kind != E_NAME)
		return;
	if (str_is(t->id, "__parameters__"))
		mark_attrs(s, c, st->value, true);
	else if (str_is(t->id, "__buffers__"))
		mark_attrs(s, c, st->value, false);
}

static void
make_named_tuple(Script *s, JClass *c)
{
	uint32_t n = c->attr.n;
	const Ty **item = newn(s->arena, const Ty *, n + 1);
	const Str **field = newn(s->arena, const Str *, n + 1);

	for (uint32_t i = 0; i < n; i++) {
		item[i] = ty_of_note(s, c->attr.at[i].note);
		field[i] = c->attr.at[i].name;
	}
	c->type = ty_named_tuple(s, c->name, item, field, n);
}

static JClass *
read_class(Script *s, const Str *name, const Stmt *st)
{
	JClass *c = new (s->arena, JClass);
	const CallExpr *bases = st->bases;
	const Expr *base = bases && bases->narg ? bases->arg[0].val : 0;

	c->name = name;
	c->at = st->span;
	c->type = ty_named(s, TY_CLASS, name);
	map_init(&c->attr_index, s->arena);
	map_init(&c->method, s->arena);
	map_put(&s->classes, KEY(name), c);
	c->module = base && base->kind == E_NAME && str_is(base->id, "Module");
	c->named_tuple = base && base->kind == E_NAME && str_is(base->id, "NamedTuple");
	if (base && !c->module && !c->named_tuple) {
		script_fail(s, st->span, "%s is of a kind of class that is not supported", name->s);
		return c;
	}
	for (const Stmt *m = st->func->body; m; m = m->next)
		read_member(s, c, m);
	for (const Stmt *m = st->func->body; m; m = m->next)
		read_marks(s, c, m);
	if (c->named_tuple)
		make_named_tuple(s, c);
	return c;
}

JClass *
class_find(Script *s, const Str *name)
{
	JClass *c = map_get(&s->classes, KEY(name));
	const Stmt *st = c ? 0 : fresh_statement(s, name);

	return st && st->kind == S_CLASS ? read_class(s, name, st) : c;
}

const JAttr *
class_attr(Script *s, const JClass *c, const Str *name)
{
	uintptr_t at = (uintptr_t)map_get(&c->attr_index, KEY(name));
	JAttr *a = at ? &c->attr.at[at - 1] : 0;

	if (a && !a->type)
		a->type = ty_of_note(s, a->note);
	return a;
}

JFunc *
class_method(const JClass *c, const Str *name)
{
	return map_get(&c->method, KEY(name));
}

/* ---- functions ---- */

JFunc *
func_find(Script *s, const Str *name)
{
	JFunc *f = map_get(&s->funcs, KEY(name));
	const Stmt *st = f ? 0 : fresh_statement(s, name);

	if (f || !st || st->kind != S_DEF)
		return f;
	f = new (s->arena, JFunc);
	f->name = name;
	f->ast = st->func;
	map_put(&s->funcs, KEY(name), f);
	return f;
}

bool
func_typed(Script *s, JFunc *f)
{
	const ParamList *ps = &f->ast->params;

	if (f->typed)
		return !s->failed;
	f->typed = true;
	f->nparam = ps->n;
	f->param = newn(s->arena, const Ty *, ps->n + 1);
	for (uint32_t i = 0; i < ps->n; i++) {
		if (ps->at[i].kind != P_NORMAL && ps->at[i].kind != P_KWONLY)
			script_fail(s, ps->at[i].span, "this kind of parameter is not supported");
		if (i == 0 && f->cls)
			f->param[i] = f->cls->type;
		else if (ps->at[i].note)
			f->param[i] = ty_of_note(s, ps->at[i].note);
		else
			f->param[i] = s->basic[TY_TENSOR];
	}
	f->result = f->ast->result ? ty_of_note(s, f->ast->result) : s->basic[TY_TENSOR];
	if (f->cls && !ps->n)
		script_fail(s, f->ast->name_span, "a method without self");
	return !s->failed;
}

/* ---- tensors that the code names ---- */

const TTensor *
script_constant(Script *s, int64_t i)
{
	const PValue *c = s->constants;

	if (!c && !s->no_constants) {
		s->no_constants = true;
		if (archive_has(s->ar, "constants.pkl"))
			c = s->constants =
			    pickle_read(s->ar, s->names, "constants.pkl", "constants/");
	}
	if (!c || (c->kind != P_TUPLE && c->kind != P_LIST) || i < 0 || i >= c->list.n ||
	    c->list.item[i]->kind != P_TENSOR)
		return 0;
	return &c->list.item[i]->tensor.tensor;
}
