/* sanitize.c: see sanitize.h. */
#include "sanitize.h"

static const char *const reserved[] = {
    "any",  "bool",   "program", "func", "tensor", "list",  "dict",  "tuple",
    "true", "false",  "string",  "bf16", "fp16",   "fp32",  "fp64",  "int8",
    "int16", "int32", "int64",   "uint8", "uint16", "uint32", "uint64", "state",
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_good(char c)
{
	/* bits of the digits, and of the letters and '_' */
	static const uint64_t good[] = {UINT64_C(0x3ff) << '0', UINT64_C(0x07fffffe87fffffe), 0, 0};
	uint8_t u = (uint8_t)c;

	return good[u >> 6] >> (u & 63) & 1;
}

static bool
is_reserved(const char *s, size_t n)
{
	if (n > 7)
		return false;
	for (size_t k = 0; k < countof(reserved); k++)
		if (strlen(reserved[k]) == n && memcmp(reserved[k], s, n) == 0)
			return true;
	return false;
}

bool
name_is_sane(const Str *name)
{
	if (name->len && is_digit(name->s[0]))
		return false;
	for (uint32_t k = 0; k < name->len; k++)
		if (!is_good(name->s[k]))
			return false;
	return !is_reserved(name->s, name->len);
}

/* Every character (not byte) that does not belong becomes one underscore. */
static void
put_clean(Buf *b, const Str *name)
{
	for (uint32_t k = 0; k < name->len;) {
		uint32_t cp;
		size_t n = utf8_next(name->s + k, name->len - k, &cp);
		buf_byte(b, is_good(name->s[k]) ? name->s[k] : '_');
		k += (uint32_t)n;
	}
}

const Str *
name_cleaned(Interner *names, const Str *name, const char *prefix)
{
	const Str *clean;
	Buf b = {0};

	if (name_is_sane(name))
		return name;
	if (name->len && is_digit(name->s[0]))
		buf_puts(&b, prefix);
	put_clean(&b, name);
	if (is_reserved(b.at, b.n))
		buf_puts(&b, "_workaround");
	clean = intern(names, b.at, b.n);
	buf_free(&b);
	return clean;
}

const Str *
sanitize(Sanitizer *s, const Str *name)
{
	Interner *names = s->c->prog->names;
	const Str *clean = name_cleaned(names, name, s->prefix);

	if (clean == name) {
		nameset_add(&s->met, name, 1);
		return name;
	}
	for (unsigned n = 0; nameset_get(&s->met, clean); n++)
		clean = intern_printf(names, "%s_%u", clean->s, n);
	nameset_add(&s->met, clean, 1);
	s->changed = true;
	return clean;
}

/* Values of TorchScript files are numbered, so that most are renamed: nobody wants to hear of it.
 */
static bool
is_worth_saying(const Sanitizer *s)
{
	return !s->c->opt || !s->c->opt->source;
}

void
sanitize_input(Sanitizer *s, Var *v)
{
	const Str *name = sanitize(s, v->name);
	const Func *f = v->param_of->func;
	const ConvertOptions *o = s->c->opt;

	if (name == v->name)
		return;
	if (is_worth_saying(s))
		diag_warning(s->c->prog->diag, f->param_span ? f->param_span[v->index] : f->span,
		             "input '%s' is called '%s' in the model", v->name->s, name->s);
	for (uint32_t k = 0; o && k < o->ninput; k++)
		if (o->input[k].name == v->name)
			o->input[k].name = name;
	v->name = name;
}

void
sanitize_output(Sanitizer *s, Var *v, bool warn)
{
	const Str *name = sanitize(s, v->name);

	if (name != v->name && warn && is_worth_saying(s))
		diag_warning(s->c->prog->diag, v->def ? v->def->span : NOSPAN,
		             "output '%s' is called '%s' in the model", v->name->s, name->s);
	v->name = name;
}
