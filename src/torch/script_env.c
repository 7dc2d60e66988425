/* script_env.c: variables while a function is compiled (script.h). What is a value is stored by a
 * node and loaded by one where it is read, each in its block; script_ssa.c takes them away. What is
 * none (a module such as torch, a method) stays beside.
 */
#include "script.h"

void
frame_push(Emit *e, JBlock *b)
{
	VarFrame *f = new (e->s->arena, VarFrame);

	f->next = e->frame;
	f->block = b;
	map_init(&f->types, e->s->arena);
	map_init(&f->sugars, e->s->arena);
	e->frame = f;
}

VarFrame *
frame_pop(Emit *e)
{
	VarFrame *f = e->frame;

	e->frame = f->next;
	return f;
}

Sugar
sugar_value(JVal *v)
{
	return (Sugar){.kind = SUGAR_VALUE, .v = v};
}

static void
set_type(Emit *e, VarFrame *f, const Str *name, const Ty *t)
{
	if (!map_get(&f->types, KEY(name)))
		vec_push(e->s->arena, &f->defined, name);
	map_put(&f->types, KEY(name), (void *)(uintptr_t)t);
}

void
var_set_type(Emit *e, const Str *name, const Ty *t)
{
	set_type(e, e->frame, name, t);
}

static JVal *
load(Emit *e, const Str *name, const Ty *t)
{
	JNode *n = jnode_insert(e->g, jnode_new(e->g, J_LOAD, 0, NOSPAN));
	JVal *v = joutput_add(n, t);

	n->attr = name;
	if (meaningful(name))
		jvalue_name(v, name);
	return v;
}

bool
var_find(Emit *e, VarFrame *f, const Str *name, Sugar *out)
{
	for (; f; f = f->next) {
		Sugar *s = map_get(&f->sugars, KEY(name));
		const Ty *t = map_get(&f->types, KEY(name));

		if (s)
			*out = *s;
		else if (t)
			*out = sugar_value(load(e, name, t));
		if (s || t)
			return true;
	}
	return false;
}

static void
store(Emit *e, Span at, const Str *name, JVal *v, const Ty *t)
{
	JNode *n = jnode_insert(e->g, jnode_new(e->g, J_STORE, 0, at));

	n->attr = name;
	jinput_add(n, v);
	set_type(e, e->frame, name, t);
}

/* A variable of a block around this one keeps its type. */
static JVal *
fit_outer(Emit *e, Span at, const Str *name, JVal *v, Sugar outer)
{
	if (outer.kind != SUGAR_VALUE) {
		script_fail(e->s, at, "'%s' cannot be assigned again", name->s);
		return v;
	}
	v = convert_to(e->g, at, outer.v->type, v);
	if (!ty_is(v->type, outer.v->type))
		script_fail(e->s, at, "'%s' was of type %s and is now assigned %s", name->s,
		            ty_text(e->s, outer.v->type), ty_text(e->s, v->type));
	return v;
}

void
var_set(Emit *e, Span at, const Str *name, Sugar v, const Ty *note)
{
	JVal *x = v.kind == SUGAR_VALUE ? jv(v.v) : 0;
	Sugar outer;

	if (e->s->failed)
		return;
	if (x && !x->name && meaningful(name) && x->node->owner == e->frame->block)
		jvalue_name(x, name);
	if (e->frame->next && var_find(e, e->frame->next, name, &outer)) {
		if (!x) {
			script_fail(e->s, at, "'%s' cannot be assigned again", name->s);
			return;
		}
		x = fit_outer(e, at, name, x, outer);
	}
	if (x) {
		store(e, at, name, x, note ? note : x->type);
	} else {
		Sugar *s = new (e->s->arena, Sugar);

		*s = v;
		map_put(&e->frame->sugars, KEY(name), s);
	}
}

/* ---- names that are always there ---- */

static const struct {
	const char *name;
	SugarKind kind;
} globals[] = {
    {"torch", SUGAR_MODULE},         {"ops", SUGAR_OPS},
    {"CONSTANTS", SUGAR_CONSTANTS},  {"__torch__", SUGAR_SPACE},
    {"annotate", SUGAR_SPECIAL},     {"unchecked_cast", SUGAR_SPECIAL},
    {"uninitialized", SUGAR_SPECIAL}, {"getattr", SUGAR_SPECIAL},
    {"isinstance", SUGAR_SPECIAL},   {"range", SUGAR_SPECIAL},
    {"int", SUGAR_SPECIAL},          {"float", SUGAR_SPECIAL},
    {"bool", SUGAR_SPECIAL},         {"str", SUGAR_SPECIAL},
    {"print", SUGAR_SPECIAL},        {"_to_tensor", SUGAR_SPECIAL},
};
/* Builtins that are operations under another name, or the same. */
static const struct {
	const char *name, *op;
} builtins[] = {
    {"len", "aten::len"}, {"min", "prim::min"},  {"max", "prim::max"},     {"abs", "prim::abs"},
    {"all", "aten::all"}, {"any", "aten::any"},  {"sum", "aten::sum"},     {"pow", "aten::pow"},
    {"ord", "aten::ord"}, {"chr", "aten::chr"},  {"round", "aten::round"}, {"list", "aten::list"},
    {"divmod", "aten::divmod"}, {"complex", "aten::complex"}, {"sorted", "aten::sorted"},
    {"rangelist", "prim::rangelist"},
};

static Sugar
global(Emit *e, Span at, const Str *name)
{
	Script *s = e->s;

	for (size_t i = 0; i < countof(globals); i++)
		if (str_is(name, globals[i].name)) {
			Sugar v = {.kind = globals[i].kind, .name = name};

			if (v.kind == SUGAR_MODULE)
				v.name = intern_cstr(s->names, "aten");
			return v;
		}
	for (size_t i = 0; i < countof(builtins); i++)
		if (str_is(name, builtins[i].name))
			return (Sugar){.kind = SUGAR_BUILTIN,
			               .name = intern_cstr(s->names, builtins[i].op)};
	if (str_is(name, "inf") || str_is(name, "nan")) {
		double d = str_is(name, "inf") ? 1.0 / 0.0 : 0.0 / 0.0;

		return sugar_value(
		    jconst(e->g, (TArg){.kind = T_FLOAT, .f = {d}}, s->basic[TY_FLOAT], at));
	}
	script_fail(s, at, "there is no value '%s'", name->s);
	return sugar_value(poison(e->g));
}

Sugar
var_get(Emit *e, Span at, const Str *name)
{
	Sugar v;

	if (var_find(e, e->frame, name, &v))
		return v;
	return global(e, at, name);
}

JVal *
sugar_as_value(Emit *e, Span at, Sugar s)
{
	static const char *const what[] = {
	    [SUGAR_MODULE] = "a module",       [SUGAR_OPS] = "a module",
	    [SUGAR_BUILTIN] = "an operation",  [SUGAR_SPACE] = "a package",
	    [SUGAR_CLASS] = "a class",         [SUGAR_FUNC] = "a function",
	    [SUGAR_METHOD] = "a method",       [SUGAR_RANGE] = "a range",
	    [SUGAR_CONSTANTS] = "a module",
	};

	if (s.kind == SUGAR_VALUE)
		return jv(s.v);
	script_fail(e->s, at, "%s cannot stand here",
	            s.kind < countof(what) && what[s.kind] ? what[s.kind] : "this name");
	return poison(e->g);
}
