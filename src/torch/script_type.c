/* script_type.c: the types of TorchScript (script.h): made once each, read from annotations and
 * signatures, and compared by the rules of torch: a number is no bool, a list is a kind of no other
 * list, None is a kind of every Optional.
 */
#include "script.h"

enum { TYPE_DEPTH = 32 };

static const struct {
	const char *name;
	TyKind kind;
} simple[] = {
    {"Tensor", TY_TENSOR},       {"int", TY_INT},          {"SymInt", TY_INT},
    {"ScalarType", TY_INT},      {"Layout", TY_INT},       {"MemoryFormat", TY_INT},
    {"float", TY_FLOAT},         {"complex", TY_COMPLEX},  {"Scalar", TY_NUMBER},
    {"number", TY_NUMBER},       {"bool", TY_BOOL},        {"str", TY_STR},
    {"NoneType", TY_NONE},       {"None", TY_NONE},        {"Device", TY_DEVICE},
    {"Generator", TY_GENERATOR}, {"Any", TY_ANY},
};

static uint64_t
type_hash(const Ty *t)
{
	uint64_t h = hash_bytes(t->item, t->n * sizeof *t->item, t->kind + 1);

	h = hash_bytes(&t->name, sizeof t->name, h);
	return hash_bytes(t->field, t->field ? t->n * sizeof *t->field : 0, h) | 1;
}

static bool
same(const Ty *a, const Ty *b)
{
	return a->kind == b->kind && a->n == b->n && a->name == b->name && !a->field == !b->field &&
	       (!a->n || memcmp(a->item, b->item, a->n * sizeof *a->item) == 0) &&
	       (!a->field || memcmp(a->field, b->field, a->n * sizeof *a->field) == 0);
}

static void
set_traits(Ty *t)
{
	t->variable = t->kind == TY_VAR;
	t->mutable = t->kind == TY_TENSOR || t->kind == TY_LIST || t->kind == TY_DICT ||
	             t->kind == TY_CLASS || t->kind == TY_ANY;
	for (uint32_t i = 0; i < t->n; i++) {
		t->variable |= t->item[i]->variable;
		t->mutable |= t->item[i]->mutable;
	}
}

/* The one type that is like t. */
static const Ty *
type_of(Script *s, const Ty *t)
{
	uint64_t h = type_hash(t);
	Ty *first = map_get(&s->types, h), *made;

	for (Ty *x = first; x; x = x->next)
		if (same(x, t))
			return x;
	made = new (s->arena, Ty);
	*made = *t;
	made->item = arena_dup(s->arena, t->item, t->n * sizeof *t->item);
	if (t->field)
		made->field = arena_dup(s->arena, t->field, t->n * sizeof *t->field);
	set_traits(made);
	made->next = first;
	map_put(&s->types, h, made);
	return made;
}

void
script_types(Script *s)
{
	map_init(&s->types, s->arena);
	map_init(&s->sigs, s->arena);
	for (TyKind k = 0; k < TY_SIMPLE; k++)
		s->basic[k] = type_of(s, &(Ty){.kind = k});
}

static const Ty *
with_one(Script *s, TyKind k, const Ty *t)
{
	return type_of(s, &(Ty){.kind = k, .item = &t, .n = 1});
}

const Ty *
ty_list(Script *s, const Ty *t)
{
	return with_one(s, TY_LIST, t);
}

static const Ty *
ty_optional(Script *s, const Ty *t)
{
	return t->kind == TY_OPTIONAL || t->kind == TY_NONE || t->kind == TY_ANY
	           ? t
	           : with_one(s, TY_OPTIONAL, t);
}

const Ty *
ty_tuple(Script *s, const Ty *const *t, uint32_t n)
{
	return type_of(s, &(Ty){.kind = TY_TUPLE, .item = (const Ty **)(uintptr_t)t, .n = n});
}

const Ty *
ty_dict(Script *s, const Ty *key, const Ty *value)
{
	return type_of(s, &(Ty){.kind = TY_DICT, .item = (const Ty *[]){key, value}, .n = 2});
}

const Ty *
ty_named(Script *s, TyKind k, const Str *name)
{
	return type_of(s, &(Ty){.kind = k, .name = name});
}

const Ty *
ty_named_tuple(Script *s, const Str *name, const Ty *const *t, const Str *const *field, uint32_t n)
{
	return type_of(s, &(Ty){.kind = TY_TUPLE,
	                        .name = name,
	                        .item = (const Ty **)(uintptr_t)t,
	                        .field = (const Str **)(uintptr_t)field,
	                        .n = n});
}

/* ---- annotations ---- */

/* a.b.c as text; false: it is something else. */
static bool
dotted(const Expr *e, Buf *b, int depth)
{
	if (depth > 64)
		return false;
	if (e->kind == E_NAME) {
		buf_put(b, e->id->s, e->id->len);
		return true;
	}
	if (e->kind != E_ATTR || !dotted(e->obj, b, depth + 1))
		return false;
	buf_byte(b, '.');
	buf_put(b, e->attr->s, e->attr->len);
	return true;
}

static const Ty *of_note(Script *s, const Expr *e, int depth);

static const Ty *
of_name(Script *s, const Expr *e)
{
	Buf b = {0};
	const Str *name;
	JClass *c;

	if (!dotted(e, &b, 0)) {
		buf_free(&b);
		script_fail(s, e->span, "this is no type that TorchScript has");
		return s->basic[TY_TENSOR];
	}
	for (size_t i = 0; i < countof(simple); i++)
		if (strcmp(simple[i].name, b.at) == 0) {
			buf_free(&b);
			return s->basic[simple[i].kind];
		}
	name = intern(s->names, b.at, b.n);
	buf_free(&b);
	if (strncmp(name->s, "__torch__.torch.classes.", 24) == 0)
		return ty_named(s, TY_CLASS, name);
	if (strncmp(name->s, "__torch__", 9) != 0)
		return ty_named(s, TY_OTHER, name);
	c = class_find(s, name);
	if (!c)
		script_fail(s, e->span, "the file has no class %s", name->s);
	return c ? c->type : s->basic[TY_TENSOR];
}

static const Ty *
of_subscript(Script *s, const Expr *e, int depth)
{
	static const struct {
		const char *name;
		TyKind kind;
		uint32_t n; /* members; 0: any */
	} forms[] = {
	    {"List", TY_LIST, 1},    {"Optional", TY_OPTIONAL, 1}, {"Tuple", TY_TUPLE, 0},
	    {"Dict", TY_DICT, 2},    {"Final", TY_VAR, 1},      {"Future", TY_FUTURE, 1},
	    {"Union", TY_UNION, 0},  {"Await", TY_FUTURE, 1},      {"RRef", TY_FUTURE, 1},
	};
	const Expr *sub = e->b;
	bool many = sub->kind == E_TUPLE;
	uint32_t n = many ? sub->n : 1;
	const Ty **item = newn(s->arena, const Ty *, n + 1);

	for (uint32_t i = 0; i < n; i++)
		item[i] = of_note(s, many ? sub->at[i] : sub, depth + 1);
	for (size_t i = 0; i < countof(forms); i++) {
		if (e->a->kind != E_NAME || !str_is(e->a->id, forms[i].name))
			continue;
		if (forms[i].n && forms[i].n != n)
			break;
		if (forms[i].kind == TY_VAR)
			return item[0];
		if (forms[i].kind == TY_OPTIONAL)
			return ty_optional(s, item[0]);
		if (forms[i].kind == TY_UNION && n == 2 && item[0]->kind == TY_NONE)
			return ty_optional(s, item[1]);
		if (forms[i].kind == TY_UNION && n == 2 && item[1]->kind == TY_NONE)
			return ty_optional(s, item[0]);
		return type_of(s, &(Ty){.kind = forms[i].kind, .item = item, .n = n});
	}
	script_fail(s, e->span, "this is no type that TorchScript has");
	return s->basic[TY_TENSOR];
}

static const Ty *
of_note(Script *s, const Expr *e, int depth)
{
	if (depth > TYPE_DEPTH) {
		script_fail(s, e->span, "a type is nested too deeply");
		return s->basic[TY_TENSOR];
	}
	if (e->kind == E_INDEX)
		return of_subscript(s, e, depth);
	if (e->kind == E_CONST && e->lit->kind == LIT_NONE)
		return s->basic[TY_NONE];
	if (e->kind == E_TUPLE && e->n == 0) /* Tuple[()] */
		return ty_tuple(s, 0, 0);
	return of_name(s, e);
}

const Ty *
ty_of_note(Script *s, const Expr *e)
{
	const Ty *t = of_note(s, e, 0);

	if (e->kind == E_INDEX && e->a->kind == E_NAME && str_is(e->a->id, "Tuple") &&
	    e->b->kind == E_TUPLE && e->b->n == 0)
		return ty_tuple(s, 0, 0);
	return t;
}

/* ---- relations ---- */

bool
ty_is(const Ty *a, const Ty *b)
{
	if (a == b || b->kind == TY_ANY)
		return true;
	switch (b->kind) {
	case TY_OPTIONAL:
		if (a->kind == TY_NONE)
			return true;
		return ty_is(ty_wanted(a), b->item[0]);
	case TY_NUMBER:
		return a->kind == TY_INT || a->kind == TY_FLOAT || a->kind == TY_COMPLEX;
	case TY_TUPLE:
		if (a->kind != TY_TUPLE || a->n != b->n || (b->name && a->name != b->name))
			return false;
		for (uint32_t i = 0; i < a->n; i++)
			if (!ty_is(a->item[i], b->item[i]))
				return false;
		return true;
	case TY_UNION:
		for (uint32_t i = 0; i < b->n; i++)
			if (ty_is(a, b->item[i]))
				return true;
		return false;
	case TY_FUTURE:
		return a->kind == TY_FUTURE && ty_is(a->item[0], b->item[0]);
	default:
		return false;
	}
}

const Ty *
ty_unify(Script *s, const Ty *a, const Ty *b)
{
	if (ty_is(a, b))
		return b;
	if (ty_is(b, a))
		return a;
	if (a->kind == TY_NONE || b->kind == TY_NONE)
		return ty_optional(s, a->kind == TY_NONE ? b : a);
	if (a->kind == TY_OPTIONAL || b->kind == TY_OPTIONAL) {
		const Ty *t = ty_unify(s, ty_wanted(a), ty_wanted(b));
		return t ? ty_optional(s, t) : 0;
	}
	if (a->kind == TY_TUPLE && b->kind == TY_TUPLE && a->n == b->n) {
		const Ty **item = newn(s->arena, const Ty *, a->n);

		for (uint32_t i = 0; i < a->n; i++)
			if (!(item[i] = ty_unify(s, a->item[i], b->item[i])))
				return 0;
		return ty_tuple(s, item, a->n);
	}
	return 0;
}

static bool
bind_variable(Script *s, const Str *name, const Ty *actual, TyEnv *env)
{
	for (uint32_t i = 0; i < env->n; i++)
		if (env->name[i] == name) {
			const Ty *t = ty_unify(s, env->ty[i], actual);

			if (!t)
				return false;
			env->ty[i] = t;
			return true;
		}
	if (env->n == countof(env->name))
		return false;
	env->name[env->n] = name;
	env->ty[env->n++] = actual;
	return true;
}

static bool
match_members(Script *s, const Ty *formal, const Ty *actual, TyEnv *env)
{
	if (formal->kind == TY_LIST && actual->kind == TY_TUPLE && actual->n) {
		const Ty *t = actual->item[0];

		for (uint32_t i = 1; t && i < actual->n; i++)
			t = ty_unify(s, t, actual->item[i]);
		return t && ty_match(s, formal->item[0], t, env);
	}
	if (formal->kind != actual->kind || formal->n != actual->n)
		return false;
	for (uint32_t i = 0; i < formal->n; i++)
		if (!ty_match(s, formal->item[i], actual->item[i], env))
			return false;
	return true;
}

bool
ty_match(Script *s, const Ty *formal, const Ty *actual, TyEnv *env)
{
	if (!formal->variable)
		return true;
	if (formal->kind == TY_VAR)
		return bind_variable(s, formal->name, actual, env);
	if (formal->kind == TY_OPTIONAL) {
		if (actual->kind == TY_NONE)
			return true;
		return ty_match(s, formal->item[0], ty_wanted(actual), env);
	}
	return match_members(s, formal, actual, env);
}

const Ty *
ty_eval(Script *s, const Ty *formal, const TyEnv *env)
{
	const Ty **item;

	if (!formal->variable)
		return formal;
	if (formal->kind == TY_VAR) {
		for (uint32_t i = 0; i < env->n; i++)
			if (env->name[i] == formal->name)
				return env->ty[i];
		return 0;
	}
	item = newn(s->arena, const Ty *, formal->n);
	for (uint32_t i = 0; i < formal->n; i++)
		if (!(item[i] = ty_eval(s, formal->item[i], env)))
			return 0;
	if (formal->kind == TY_OPTIONAL)
		return ty_optional(s, item[0]);
	return type_of(s, &(Ty){.kind = formal->kind, .name = formal->name, .item = item,
	                        .n = formal->n});
}

const Ty *
ty_of_literal(Script *s, const TArg *a)
{
	static const TyKind kinds[] = {
	    [T_NONE] = TY_NONE,       [T_BOOL] = TY_BOOL,   [T_INT] = TY_INT,
	    [T_FLOAT] = TY_FLOAT,     [T_STR] = TY_STR,     [T_TENSOR] = TY_TENSOR,
	    [T_COMPLEX] = TY_COMPLEX, [T_VALUE] = TY_ANY,
	};

	if (a->kind == T_LIST && a->list.tuple) {
		const Ty **item = newn(s->arena, const Ty *, a->list.n);

		for (uint32_t i = 0; i < a->list.n; i++)
			item[i] = ty_of_literal(s, &a->list.item[i]);
		return ty_tuple(s, item, a->list.n);
	}
	if (a->kind == T_LIST)
		return ty_list(s, a->list.n ? ty_of_literal(s, a->list.item) : s->basic[TY_INT]);
	return s->basic[kinds[a->kind]];
}

/* ---- text ---- */

void
ty_put(const Ty *t, Buf *b)
{
	static const char *const word[] = {
	    [TY_TENSOR] = "Tensor", [TY_INT] = "int",       [TY_FLOAT] = "float",
	    [TY_COMPLEX] = "complex", [TY_NUMBER] = "Scalar", [TY_BOOL] = "bool",
	    [TY_STR] = "str",       [TY_NONE] = "NoneType", [TY_DEVICE] = "Device",
	    [TY_GENERATOR] = "Generator", [TY_ANY] = "Any", [TY_FUNCTION] = "Function",
	    [TY_FUTURE] = "Future", [TY_UNION] = "Union",   [TY_DICT] = "Dict", [TY_TUPLE] = "",
	};

	if (t->kind == TY_LIST || t->kind == TY_OPTIONAL) {
		ty_put(t->item[0], b);
		buf_puts(b, t->kind == TY_LIST ? "[]" : "?");
		return;
	}
	if (t->name) {
		buf_puts(b, t->name->s);
		return;
	}
	buf_puts(b, word[t->kind] ? word[t->kind] : "?");
	if (t->kind < TY_SIMPLE)
		return;
	buf_byte(b, '(');
	for (uint32_t i = 0; i < t->n; i++) {
		buf_puts(b, i ? ", " : "");
		ty_put(t->item[i], b);
	}
	buf_byte(b, ')');
}

const char *
ty_text(Script *s, const Ty *t)
{
	Buf b = {0};

	ty_put(t, &b);
	return buf_keep(&b, s->arena);
}

/* ---- signatures ---- */

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.';
}

static void
blanks(const char **p)
{
	while (**p == ' ' || **p == ',')
		(*p)++;
}

static const Ty *parse_type(Script *s, const char **p, SigArg *a);

/* (t, u), with p behind the bracket. */
static const Ty *
parse_members(Script *s, const char **p, TyKind k)
{
	const Ty *item[8];
	uint32_t n = 0;
	SigArg none;

	for (blanks(p); **p && **p != ')' && n < countof(item); blanks(p))
		item[n++] = parse_type(s, p, &none);
	if (**p == ')')
		(*p)++;
	if (k == TY_TUPLE && n == 1)
		return item[0];
	return type_of(s, &(Ty){.kind = k, .item = item, .n = n});
}

static const Ty *
parse_word(Script *s, const char **p)
{
	const char *at = *p;
	size_t n;

	while (is_word(**p) && strncmp(*p, "...", 3) != 0)
		(*p)++;
	n = (size_t)(*p - at);
	for (size_t i = 0; i < countof(simple); i++)
		if (strlen(simple[i].name) == n && memcmp(simple[i].name, at, n) == 0)
			return s->basic[simple[i].kind];
	if ((n == 4 && memcmp(at, "Dict", 4) == 0) || (n == 6 && memcmp(at, "Future", 6) == 0)) {
		(*p)++;
		return parse_members(s, p, n == 4 ? TY_DICT : TY_FUTURE);
	}
	if (n > 9 && memcmp(at, "__torch__", 9) == 0)
		return ty_named(s, TY_CLASS, intern(s->names, at, n));
	if (n && at[0] == 't')
		return ty_named(s, TY_VAR, intern(s->names, at, n));
	return ty_named(s, TY_OTHER, intern(s->names, at, n));
}

/* (a!), (a -> *), (*), (a|b) */
static void
parse_alias(const char **p, SigArg *a)
{
	for ((*p)++; **p && **p != ')'; (*p)++) {
		if (**p == '!')
			a->write = true;
		else if (**p == '*' && !a->alias)
			a->alias = '*';
		else if (**p >= 'a' && **p <= 'z' && !a->alias)
			a->alias = **p;
	}
	if (**p)
		(*p)++;
}

static const Ty *
parse_type(Script *s, const char **p, SigArg *a)
{
	const Ty *t;

	*a = (SigArg){0};
	blanks(p);
	if (**p == '(') {
		(*p)++;
		t = parse_members(s, p, TY_TUPLE);
	} else {
		t = parse_word(s, p);
	}
	for (;;) {
		if (**p == '(') {
			parse_alias(p, a);
		} else if (**p == '?') {
			(*p)++;
			t = ty_optional(s, t);
		} else if (**p == '[') {
			*p += strcspn(*p, "]") + 1;
			t = ty_list(s, t);
		} else {
			return a->type = t;
		}
	}
}

static SigArg *
read_args(Script *s, const SchemaArg *from, uint32_t n)
{
	SigArg *a = newn(s->arena, SigArg, n);

	for (uint32_t i = 0; i < n; i++) {
		const char *p = from[i].text;

		parse_type(s, &p, &a[i]);
		a[i].name = from[i].name;
		a[i].dflt = from[i].has_default ? &from[i].dflt : 0;
		a[i].keyword = from[i].keyword;
		a[i].size = from[i].size;
	}
	return a;
}

static Sig *
read_sig(Script *s, const Str *op, const Schema *from)
{
	Sig *g = new (s->arena, Sig);

	g->schema = from;
	g->arg = read_args(s, from->arg, from->narg);
	g->ret = read_args(s, from->ret, from->nret);
	g->narg = from->narg;
	g->nret = from->nret;
	g->vararg = from->vararg;
	g->keeps = strstr(from->text, "-> *") != 0;
	if (!str_is(op, from->name) && g->narg && g->nret) { /* relu_, by the signature of relu */
		g->arg[0].alias = g->ret[0].alias = 'a';
		g->arg[0].write = true;
	}
	return g;
}

const Sig *
sigs_of(Script *s, const Str *op)
{
	Sig *first = map_get(&s->sigs, KEY(op)), **last = &first;
	static const Sig none;

	if (first)
		return first == (const void *)&none ? 0 : first;
	for (const Schema *c = schema_overloads(s->schemas, op->s); c; c = c->next) {
		Sig *g = read_sig(s, op, c);

		*last = g;
		last = (Sig **)(uintptr_t)&g->next;
	}
	map_put(&s->sigs, KEY(op), first ? (void *)first : (void *)(uintptr_t)&none);
	return first;
}
