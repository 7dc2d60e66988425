/* text_parse.c: the statements of MIL text, each written as the message that a package has. */
#include "text_parse.h"

#include <stdlib.h>

/* ---- tokens ---- */

void
text_next(MilText *t)
{
	t->token = text_token(&t->lex);
}

bool
text_is(const MilText *t, const char *name)
{
	size_t n = (size_t)(t->lex.cur - t->lex.at);

	return t->token == TEXT_NAME && strlen(name) == n && memcmp(t->lex.at, name, n) == 0;
}

static Span
text_here(const MilText *t)
{
	return diag_span(t->source, (size_t)(t->lex.at - t->source->text),
	                 (size_t)(t->lex.cur - t->lex.at));
}

bool
text_fail(MilText *t, const char *fmt, ...)
{
	t->failed = true;
	WITH_ARGS(fmt, ap, diag_vreport(t->c->diag, DIAG_ERROR, text_here(t), fmt, ap));
	return false;
}

void *
text_none(MilText *t, const char *fmt, ...)
{
	t->failed = true;
	WITH_ARGS(fmt, ap, diag_vreport(t->c->diag, DIAG_ERROR, text_here(t), fmt, ap));
	return NULL;
}

bool
text_expect(MilText *t, int token, const char *what)
{
	if (t->token != token)
		return text_fail(t, "expected %s%s", what,
		                 t->token == TEXT_END ? ", but the text ends" : "");
	text_next(t);
	return true;
}

static const Str *
text_name(MilText *t, const char *what)
{
	const Str *s = NULL;

	if (t->token == TEXT_STRING)
		return text_string(t, &s) ? s : NULL;
	if (t->token != TEXT_NAME)
		return text_none(t, "expected %s", what);
	s = intern(t->c->names, t->lex.at, (size_t)(t->lex.cur - t->lex.at));
	text_next(t);
	return s;
}

bool
text_more(MilText *t, int close, uint32_t n)
{
	if (t->failed)
		return false;
	if (t->token != close)
		return n == 0 || text_expect(t, ',', "',' and one more, or the end of the list");
	text_next(t);
	return false;
}

static int
token_after(const MilText *t)
{
	TextLexer copy = t->lex;

	return text_token(&copy);
}

/* ---- values and attributes ---- */

static bool
put_value_here(MilText *t, Buf *b, uint32_t field)
{
	const Type *type = text_type(t);

	return type && text_literal(t, b, field, type);
}

/* An entry of a map from strings: its key; the value follows. */
static size_t
open_entry(Buf *b, uint32_t field, const Str *key)
{
	size_t at = pb_open(b, field);

	pb_len_field(b, 1, key->s, key->len);
	return at;
}

/* NAME "=" in front of a value; 0 after reporting. */
static const Str *
take_key(MilText *t)
{
	const Str *key = text_name(t, "a name and '='");

	return key && text_expect(t, '=', "'='") ? key : NULL;
}

static bool
put_attributes(MilText *t, Buf *b, uint32_t field)
{
	if (t->token != '[')
		return true;
	text_next(t);
	for (uint32_t n = 0; text_more(t, ']', n); n++) {
		const Str *key = take_key(t);
		if (!key)
			return false;
		size_t at = open_entry(b, field, key);
		if (!put_value_here(t, b, 2))
			return false;
		pb_close(b, at);
	}
	return !t->failed;
}

/* ---- operations ---- */

static const Var *
take_named_type(MilText *t, Buf *b, uint32_t field)
{
	const Type *type = text_type(t);
	const Str *name = type ? text_name(t, "a name") : NULL;
	Var *v;

	if (!name)
		return NULL;
	v = new (t->c->arena, Var);
	v->name = name;
	v->type = type;
	put_named_type(b, field, &t->out, v);
	if (t->depth == 0)
		map_put(&t->types, KEY(name), v);
	return t->out.failed ? NULL : v;
}

/* A name, or a value in place. */
static bool
put_binding(MilText *t, Buf *b)
{
	size_t at = pb_open(b, 1);
	int after = token_after(t);
	bool ok = true;

	if (t->token != TEXT_NAME && t->token != TEXT_STRING)
		return text_fail(t, "expected a name, or a value with its type");
	if (t->token == TEXT_NAME && (after == '(' || after == '<')) {
		ok = put_value_here(t, b, 2);
	} else {
		const Str *name = text_name(t, "a name");
		ok = name != NULL;
		pb_len_field(b, 1, ok ? name->s : "", ok ? name->len : 0);
	}
	pb_close(b, at);
	return ok;
}

static bool
put_bindings(MilText *t, Buf *b)
{
	if (t->token != '(')
		return put_binding(t, b);
	text_next(t);
	for (uint32_t n = 0; text_more(t, ')', n); n++)
		if (!put_binding(t, b))
			return false;
	return !t->failed;
}

static bool
put_arguments(MilText *t, Buf *b)
{
	const Str *seen[MAX_PARAMS];

	if (!text_expect(t, '(', "'(' and the operands"))
		return false;
	for (uint32_t n = 0; text_more(t, ')', n); n++) {
		size_t at, argument;
		if (n == MAX_PARAMS)
			return text_fail(t, "an operation has more than %d operands", MAX_PARAMS);
		if (!(seen[n] = take_key(t)))
			return false;
		for (uint32_t k = 0; k < n; k++)
			if (seen[k] == seen[n])
				return text_fail(t, "operand '%s' is given twice", seen[n]->s);
		at = open_entry(b, OPERATION_INPUT, seen[n]);
		argument = pb_open(b, 2);
		if (!put_bindings(t, b))
			return false;
		pb_close(b, argument);
		pb_close(b, at);
	}
	return !t->failed;
}

/* "-> (a, b)" behind the statements of a block. */
static bool
put_outputs(MilText *t, Buf *b)
{
	if (!text_expect(t, TEXT_ARROW, "'->'") || !text_expect(t, '(', "'(' and the outputs"))
		return false;
	for (uint32_t n = 0; text_more(t, ')', n); n++) {
		const Str *name = text_name(t, "the name of an output");
		const Var *v;
		if (!name)
			return false;
		pb_len_field(b, BLOCK_OUTPUT, name->s, name->len);
		if (t->depth > 0)
			continue;
		if (!(v = map_get(&t->types, KEY(name))))
			return text_fail(t, "output '%s' is not defined", name->s);
		vec_push(t->c->arena, &t->func->output, v);
	}
	return !t->failed;
}

static bool put_statement(MilText *t, Buf *b);

/* "{" statements "} -> (outputs)": the fields of a Block. */
static bool
put_body(MilText *t, Buf *b)
{
	Buf ops = {0};
	bool ok = text_expect(t, '{', "'{'");

	while (ok && (t->token == TEXT_NAME || t->token == TEXT_STRING))
		ok = put_statement(t, &ops);
	ok = ok && text_expect(t, '}', "a statement or '}'") && put_outputs(t, b);
	buf_take(b, &ops);
	return ok;
}

static bool
put_parameters(MilText *t, Buf *b, uint32_t field)
{
	if (!text_expect(t, '(', "'(' and the inputs"))
		return false;
	for (uint32_t n = 0; text_more(t, ')', n); n++) {
		const Var *v = take_named_type(t, b, field);
		if (!v)
			return false;
		if (t->depth == 0)
			vec_push(t->c->arena, &t->func->input, v);
	}
	return !t->failed;
}

/* What the description says of the function at hand, or 0. */
static const Msg *
described(const MilText *t)
{
	const Msg *d = t->description;

	if (!d || !msg_count(d, "functions"))
		return d;
	for (size_t k = 0; k < msg_count(d, "functions"); k++)
		if (str_is(t->func->name, msg_get_string(msg_at(d, "functions", k), "name")))
			return msg_at(d, "functions", k);
	return NULL;
}

/* The parameters again, in the order in which their description stands there. */
static void
sort_parameters(MilText *t, Buf *b)
{
	static const char *const lists[] = {"input", "state"};
	const Msg *d = described(t);
	Buf sorted = {0};
	uint32_t n = 0;

	for (size_t l = 0; d && l < countof(lists); l++)
		for (size_t k = 0; k < msg_count(d, lists[l]); k++) {
			const char *name = msg_get_string(msg_at(d, lists[l], k), "name");
			const Str *s = intern_cstr(t->c->names, name);
			const Var *v = map_get(&t->types, KEY(s));
			if (!v)
				continue;
			put_named_type(&sorted, FUNCTION_INPUT, &t->out, v);
			n++;
		}
	if (n == t->func->input.n) {
		buf_clear(b);
		buf_take(b, &sorted);
	}
	buf_free(&sorted);
}

static bool
put_nested(MilText *t, Buf *b)
{
	bool more = true, ok = true;

	if (++t->depth > PB_MAX_BLOCKS)
		return text_fail(t, "blocks are nested more than %d deep", PB_MAX_BLOCKS);
	while (ok && more) {
		size_t at = pb_open(b, OPERATION_BLOCK);
		ok = put_parameters(t, b, BLOCK_INPUT) && put_body(t, b);
		pb_close(b, at);
		more = t->token == ',';
		if (more)
			text_next(t);
	}
	t->depth--;
	return ok;
}

/* The parts of a statement, which the message has in another order than the text. */
typedef struct Parts {
	const Str *op;
	Buf in, out, blocks, attrs;
} Parts;

static bool
take_parts(MilText *t, Parts *p)
{
	bool results = token_after(t) != '(';

	for (bool more = results; more;) {
		if (!take_named_type(t, &p->out, OPERATION_OUTPUT))
			return false;
		more = t->token == ',';
		if (more)
			text_next(t);
	}
	if (results && !text_expect(t, '=', "'=' and an operation"))
		return false;
	vec_push(t->c->arena, &t->places, text_here(t));
	return (p->op = text_name(t, "the name of an operation")) && put_arguments(t, &p->in) &&
	       put_attributes(t, &p->attrs, OPERATION_ATTRIBUTE) &&
	       (t->token != '(' || put_nested(t, &p->blocks)) &&
	       text_expect(t, ';', "';' behind the operation");
}

static bool
put_statement(MilText *t, Buf *b)
{
	Parts p = {.op = NULL};
	bool ok = take_parts(t, &p);
	size_t at;

	if (ok) {
		at = pb_open(b, BLOCK_OPERATION);
		pb_len_field(b, OPERATION_TYPE, p.op->s, p.op->len);
		buf_take(b, &p.in);
		buf_take(b, &p.out);
		buf_take(b, &p.blocks);
		buf_take(b, &p.attrs);
		pb_close(b, at);
	}
	buf_free(&p.in);
	buf_free(&p.out);
	buf_free(&p.blocks);
	buf_free(&p.attrs);
	return ok;
}

/* ---- functions ---- */

/* "<ios17>", or "<CoreML7>" as some write it. */
static bool
take_opset(MilText *t)
{
	text_next(t);
	for (Opset o = IOS13; o <= IOS26; o++)
		if (text_is(t, opset_mil_tag(o)) || text_is(t, opset_coreml(o)))
			t->func->opset = o;
	if (t->func->opset == OPSET_NONE)
		return text_fail(t, "this is no opset: expected one such as ios17");
	text_next(t);
	return text_expect(t, '>', "'>'");
}

static bool
take_function_attributes(MilText *t)
{
	if (t->token != '[')
		return true;
	text_next(t);
	for (uint32_t n = 0; text_more(t, ']', n); n++) {
		if (!text_is(t, "FlexibleShapeInformation"))
			return text_fail(t, "a function has the attribute FlexibleShapeInformation "
			                    "or none: others are not yet supported");
		if (!take_key(t) || !text_flexible(t))
			return false;
	}
	return !t->failed;
}

/* The entry of the map, like the operations, is made from the inside. */
static bool
put_function(MilText *t)
{
	Buf in = {0}, body = {0};
	const char *opset;
	size_t at, function, entry, block;
	bool ok;

	t->func = new (t->c->arena, TextFunction);
	t->func->opset = OPSET_NONE;
	map_init(&t->types, t->c->arena);
	map_init(&t->func->flexible, t->c->arena);
	if (!text_is(t, "func"))
		return text_fail(t, "expected func, or '}' at the end of the program");
	text_next(t);
	t->func->name = text_name(t, "the name of a function");
	ok = t->func->name && (t->token != '<' || take_opset(t)) &&
	     put_parameters(t, &in, FUNCTION_INPUT) && take_function_attributes(t) &&
	     put_body(t, &body) && text_expect(t, ';', "';' behind the function");
	if (ok) {
		sort_parameters(t, &in);
		if (t->func->opset == OPSET_NONE)
			t->func->opset = t->bare ? IOS18 : IOS15;
		opset = opset_coreml(t->func->opset);
		at = open_entry(&t->program, PROGRAM_FUNCTION, t->func->name);
		function = pb_open(&t->program, 2);
		buf_take(&t->program, &in);
		pb_str_field(&t->program, FUNCTION_OPSET, opset);
		entry = pb_open(&t->program, FUNCTION_BLOCK);
		pb_str_field(&t->program, 1, opset);
		block = pb_open(&t->program, 2);
		buf_take(&t->program, &body);
		pb_close(&t->program, block);
		pb_close(&t->program, entry);
		pb_close(&t->program, function);
		pb_close(&t->program, at);
		vec_push(t->c->arena, &t->funcs, t->func);
	}
	buf_free(&in);
	buf_free(&body);
	return ok;
}

/* "program(1.3)": 1.0, 1 and what lies between are the old dialect. */
static bool
take_head(MilText *t)
{
	double v;

	if (!text_is(t, "program"))
		return text_fail(t, "expected program");
	text_next(t);
	if (!text_expect(t, '(', "'('"))
		return false;
	v = t->token == TEXT_INT || t->token == TEXT_FLOAT ? strtod(t->lex.at, NULL) : 0;
	if (v < 1 || v >= 2)
		return text_fail(t, "this version of MIL text is unknown: expected 1.0 to 1.3");
	t->bare = v >= 1.3;
	text_next(t);
	return text_expect(t, ')', "')'");
}

bool
text_parse(MilText *t)
{
	Buf attrs = {0};
	bool ok;

	text_next(t);
	ok = take_head(t) && put_attributes(t, &attrs, PROGRAM_ATTRIBUTE) &&
	     text_expect(t, '{', "'{' and the functions");
	pb_uint_field(&t->program, PROGRAM_VERSION, 1);
	while (ok && t->token != '}')
		ok = put_function(t);
	ok = ok && text_expect(t, '}', "'}'") &&
	     (t->token == TEXT_END || text_fail(t, "the program ended before this"));
	if (ok && !t->funcs.n)
		ok = text_fail(t, "the program has no functions");
	buf_take(&t->program, &attrs);
	return ok;
}

static bool
check_utf8(Diag *d, const Source *s)
{
	uint32_t cp;

	for (size_t i = 0, n; i < s->len; i += n) {
		n = utf8_next(s->text + i, s->len - i, &cp);
		if (cp == UTF8_BAD)
			return diag_error(d, diag_span(s, i, 1), "this byte is no UTF-8");
	}
	return true;
}

bool
text_open(MilText *t, ReadCtx *c, const char *path, const char *at, size_t n)
{
	char *text = arena_alloc(c->arena, n + 1);

	memset(t, 0, sizeof *t);
	t->c = c;
	memcpy(text, at, n);
	text[n] = 0;
	t->source = diag_add_source(c->diag, path, text, n);
	if (!t->source || !check_utf8(c->diag, t->source))
		return false;
	t->lex.cur = text;
	t->lex.limit = text + n;
	t->as.prog = program_new(c->arena, c->names, c->types, c->diag);
	t->out = (SpecOut){.m = &t->as,
	                   .diag = c->diag,
	                   .at = diag_span(t->source, 0, 0),
	                   .arena = c->arena};
	map_init(&t->out.types, c->arena);
	return true;
}
