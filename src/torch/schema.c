/* schema.c: parsing signatures, finding them by name, and putting operands in their order. The
 * text of a signature is our own table's: what cannot be parsed is a broken invariant.
 */
#include <stdlib.h>

#include "schema.h"

typedef struct Overloads { /* of one name, parsed when asked for */
	VEC(const char *) text;
	const Schema *first;
	bool parsed;
} Overloads;
struct Schemas {
	Arena *arena;
	Interner *names;
	Map by_name; /* hash of "aten::add" -> Overloads */
};

/* Of each row the key, what becomes of it, the notes, the signatures and nothing. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"
static const char rows[] =
#define ATEN(key, handler, fronts, becomes, notes, signatures)                                     \
	key "\0" becomes "\0" notes "\0" signatures "\0"
#define SIGNATURE(text) "\0\0\0" text "\0\0"
#include "aten.def"
    ;
#pragma GCC diagnostic pop

bool
torch_row_next(TorchRow *r)
{
	const char *s = r->signature;

	while (s && *s)
		s = text_behind(s);
	r->key = s ? s + 1 : rows;
	if (r->key == rows + sizeof rows - 1)
		return false;
	r->becomes = text_behind(r->key);
	r->notes = text_behind(r->becomes);
	r->signature = text_behind(r->notes);
	return true;
}

static uint64_t
name_hash(const char *s, size_t n)
{
	return hash_bytes(s, n, 0) | 1;
}

static void
add_text(Schemas *s, const char *text)
{
	size_t n = strcspn(text, ".(");
	uint64_t h = name_hash(text, n);
	Overloads *o = map_get(&s->by_name, h);

	if (!o) {
		o = new (s->arena, Overloads);
		map_put(&s->by_name, h, o);
	}
	vec_push(s->arena, &o->text, text);
}

Schemas *
schemas_new(Arena *a, Interner *names)
{
	Schemas *s = new (a, Schemas);

	s->arena = a;
	s->names = names;
	map_init(&s->by_name, a);
	for (TorchRow r = {0}; torch_row_next(&r);)
		for (const char *t = r.signature; *t; t = text_behind(t))
			add_text(s, t);
	return s;
}

/* ---- parsing ---- */

typedef struct Reader {
	Schemas *s;
	const char *at;
} Reader;

static void
skip_space(Reader *r)
{
	while (*r->at == ' ')
		r->at++;
}

static bool
take(Reader *r, const char *word)
{
	size_t n = strlen(word);

	skip_space(r);
	if (strncmp(r->at, word, n) != 0)
		return false;
	r->at += n;
	return true;
}

static size_t
word_length(const char *s)
{
	size_t n = 0;

	while ((s[n] >= 'a' && s[n] <= 'z') || (s[n] >= 'A' && s[n] <= 'Z') || s[n] == '_' ||
	       (s[n] >= '0' && s[n] <= '9'))
		n++;
	return n;
}

/* Past a bracketed part that may hold others. */
static void
skip_nested(Reader *r)
{
	int depth = 0;

	do {
		if (*r->at == '(')
			depth++;
		else if (*r->at == ')')
			depth--;
		r->at++;
	} while (depth && *r->at);
}

static SType
type_by_name(const char *s, size_t n)
{
	static const struct {
		const char *name;
		SType type;
	} types[] = {
	    {"Tensor", S_TENSOR},   {"int", S_INT},         {"SymInt", S_INT},
	    {"ScalarType", S_INT},  {"Layout", S_INT},      {"MemoryFormat", S_INT},
	    {"float", S_FLOAT},     {"Scalar", S_NUMBER},   {"number", S_NUMBER},
	    {"bool", S_BOOL},       {"str", S_STR},         {"Device", S_DEVICE},
	    {"Generator", S_GENERATOR},
	};

	for (size_t i = 0; i < countof(types); i++)
		if (strlen(types[i].name) == n && !memcmp(types[i].name, s, n))
			return types[i].type;
	return S_ANY;
}

static void
parse_type(Reader *r, SchemaArg *a)
{
	size_t n;

	skip_space(r);
	a->text = r->at;
	n = word_length(r->at);
	while (n && r->at[n] == '.') /* of a class */
		n += 1 + word_length(r->at + n + 1);
	a->type = type_by_name(r->at, n);
	r->at += n;
	while (n && *r->at == '.') /* of a class, in full */
		r->at += 1 + word_length(r->at + 1);
	if (!n) /* a tuple */
		skip_nested(r);
	for (;;) {
		if (*r->at == '(') { /* what it aliases; the members of Dict */
			const char *end = r->at;
			skip_nested(r);
			a->mutated = a->mutated || memchr(end, '!', (size_t)(r->at - end));
		} else if (*r->at == '[') {
			a->list++;
			a->size = (uint32_t)strtoul(r->at + 1, NULL, 10);
			r->at += strcspn(r->at, "]") + 1;
			a->optional_item = a->optional;
			a->optional = false;
		} else if (*r->at == '?') {
			a->optional = true;
			r->at++;
		} else {
			return;
		}
	}
}

static TArg parse_default(Reader *r, const SchemaArg *a, bool item);

static TArg
parse_list(Reader *r, const SchemaArg *a)
{
	TArg v = {.kind = T_LIST, .implied = true};
	VEC(TArg) items = {0};

	while (!take(r, "]")) {
		vec_push(r->s->arena, &items, parse_default(r, a, true));
		take(r, ",");
	}
	v.list.item = items.at;
	v.list.n = items.n;
	return v;
}

static TArg
parse_number(Reader *r, const SchemaArg *a)
{
	size_t n = strcspn(r->at, ",)] ");
	bool whole = !memchr(r->at, '.', n) && !memchr(r->at, 'e', n) && !memchr(r->at, 'n', n);
	TArg v = {.implied = true};

	if (whole && a->type != S_FLOAT) {
		v.kind = T_INT;
		v.i = strtoll(r->at, NULL, 10);
	} else {
		v.kind = T_FLOAT;
		v.f[0] = strtod(r->at, NULL);
	}
	r->at += n;
	return v;
}

static TArg
parse_default(Reader *r, const SchemaArg *a, bool item)
{
	TArg v = {.implied = true};

	skip_space(r);
	if (take(r, "None"))
		return v;
	if (take(r, "True"))
		return (TArg){.kind = T_BOOL, .implied = true, .i = 1};
	if (take(r, "False"))
		return (TArg){.kind = T_BOOL, .implied = true};
	if (take(r, "["))
		return parse_list(r, a);
	if (*r->at == '"' || *r->at == '\'') {
		size_t n = strcspn(r->at + 1, (char[]){*r->at, 0});
		v.kind = T_STR;
		v.s = intern(r->s->names, r->at + 1, n);
		r->at += n + 2;
		return v;
	}
	v = parse_number(r, a);
	if (a->list && !item) { /* one number for all elements */
		TArg one = v;
		v = (TArg){.kind = T_LIST, .implied = true};
		v.list.n = a->size ? a->size : 1;
		v.list.item = newn(r->s->arena, TArg, v.list.n);
		for (uint32_t i = 0; i < v.list.n; i++)
			v.list.item[i] = one;
	}
	return v;
}

static void
parse_args(Reader *r, Schema *s)
{
	VEC(SchemaArg) args = {0};
	bool keyword = false;

	while (!take(r, ")")) {
		SchemaArg a = {0};
		size_t n;
		if (take(r, "...")) {
			s->vararg = true;
			continue;
		}
		if (take(r, "*")) {
			keyword = true;
			take(r, ",");
			continue;
		}
		parse_type(r, &a);
		skip_space(r);
		n = word_length(r->at);
		a.name = intern(r->s->names, r->at, n);
		r->at += n;
		a.keyword = keyword;
		if (take(r, "=")) {
			a.has_default = true;
			a.dflt = parse_default(r, &a, false);
		}
		vec_push(r->s->arena, &args, a);
		take(r, ",");
	}
	s->arg = args.at;
	s->narg = args.n;
}

static void
parse_results(Reader *r, Schema *s)
{
	bool tuple = take(r, "(");
	VEC(SchemaArg) rets = {0};

	while (*r->at && !take(r, ")")) {
		SchemaArg a = {0};
		size_t n;
		parse_type(r, &a);
		skip_space(r);
		n = word_length(r->at);
		if (n)
			a.name = intern(r->s->names, r->at, n);
		r->at += n;
		vec_push(r->s->arena, &rets, a);
		if (!tuple || (!take(r, ",") && *r->at != ')'))
			break;
	}
	s->ret = rets.at;
	s->nret = rets.n;
}

static Schema *
parse_schema(Schemas *set, const char *text)
{
	Schema *s = new (set->arena, Schema);
	Reader r = {set, text + strcspn(text, "(") + 1};
	size_t name = strcspn(text, ".("), end = strcspn(text, "(");

	s->text = text;
	s->name = arena_printf(set->arena, "%.*s", (int)name, text);
	s->overload =
	    end == name ? ""
	                : arena_printf(set->arena, "%.*s", (int)(end - name - 1), text + name + 1);
	parse_args(&r, s);
	if (!take(&r, "->"))
		die("a signature without results: %s", text);
	parse_results(&r, s);
	return s;
}

/* ---- finding ---- */

static const Schema *
overloads(Schemas *s, const char *name, size_t n)
{
	Overloads *o = map_get(&s->by_name, name_hash(name, n));
	const Schema **next;

	if (!o)
		return NULL;
	if (o->parsed)
		return o->first;
	o->parsed = true;
	next = &o->first;
	for (uint32_t i = 0; i < o->text.n; i++) {
		Schema *one = parse_schema(s, o->text.at[i]);
		*next = one;
		next = &one->next;
	}
	return o->first;
}

/* Of the name, or of the one whose in-place form it is. */
static const Schema *
overloads_of(Schemas *s, const char *op, size_t n)
{
	const Schema *first = overloads(s, op, n);

	if (!first && n > 1 && op[n - 1] == '_')
		first = overloads(s, op, n - 1);
	return first;
}

const Schema *
schema_overloads(Schemas *s, const char *name)
{
	return overloads_of(s, name, strlen(name));
}

const Schema *
schema_find(Schemas *s, const char *op)
{
	size_t n = strcspn(op, ".");
	const char *overload = op[n] ? op + n + 1 : "";

	if (!strcmp(overload, "default"))
		overload = "";
	for (const Schema *o = overloads_of(s, op, n); o; o = o->next)
		if (!strcmp(o->overload, overload))
			return o;
	return NULL;
}

int
schema_arg(const Schema *s, const char *name)
{
	for (uint32_t i = 0; s && i < s->narg; i++)
		if (str_is(s->arg[i].name, name))
			return (int)i;
	return -1;
}

/* ---- binding ---- */

static bool
put_operand(TGraph *g, TNode *n, const Schema *s, int at, const TArg *arg, bool *given)
{
	const SchemaArg *a = &s->arg[at];

	if (given[at])
		return diag_error(g->diag, n->at, "the operand '%s' of %s is there twice",
		                  a->name->s, n->op);
	given[at] = true;
	n->in[at] = *arg;
	if (a->list == 1 && a->size && (arg->kind == T_INT || arg->kind == T_FLOAT)) {
		TArg *item = newn(g->arena, TArg, a->size);
		for (uint32_t i = 0; i < a->size; i++)
			item[i] = *arg;
		n->in[at] = (TArg){.kind = T_LIST, .list = {item, a->size, false}};
	}
	return true;
}

bool
schema_bind(TGraph *g, TNode *n, const Schema *s, const TArg *arg, const Str *const *name,
            uint32_t narg)
{
	bool *given = newn(g->arena, bool, s->narg);
	uint32_t next = 0;

	n->schema = s;
	n->nin = s->narg;
	n->in = newn(g->arena, TArg, s->narg);
	for (uint32_t i = 0; i < narg; i++) {
		int at = name && name[i] ? schema_arg(s, name[i]->s) : (int)next++;
		if (at < 0)
			return diag_error(g->diag, n->at, "%s has no operand '%s': %s", n->op,
			                  name[i]->s, s->text);
		if ((uint32_t)at >= s->narg)
			return diag_error(g->diag, n->at, "%s has %u operands, found %u: %s",
			                  n->op, s->narg, narg, s->text);
		if (!put_operand(g, n, s, at, &arg[i], given))
			return false;
	}
	for (uint32_t i = 0; i < s->narg; i++) {
		if (given[i])
			continue;
		if (!s->arg[i].has_default && !s->arg[i].optional)
			return diag_error(g->diag, n->at, "the operand '%s' of %s is missing: %s",
			                  s->arg[i].name->s, n->op, s->text);
		n->in[i] = s->arg[i].dflt;
		n->in[i].implied = true;
	}
	return true;
}
