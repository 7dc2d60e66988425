/* names.c: names of Python's for values: their own where that can be. */
#include "writing.h"

/* What a script means by itself, and the language's own words. */
static const char *const reserved[] = {
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "case", "class",
    "continue", "def", "del", "elif", "else", "except", "exec", "finally", "for", "from", "global",
    "if", "import", "in", "is", "lambda", "match", "nonlocal", "not", "or", "pass", "print",
    "raise", "return", "try", "type", "while", "with", "yield", "ct", "np", "mb", "types",
    "get_new_symbol", "weights", "load_file", "float", "Function", "Program", "prog", "model",
    "spec", "f",
};

static bool
is_reserved(const char *s)
{
	for (size_t i = 0; i < countof(reserved); i++)
		if (!strcmp(s, reserved[i]))
			return true;
	return false;
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool
is_word_char(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9');
}

bool
is_plain_name(const char *s)
{
	if (!is_letter(*s) || is_reserved(s))
		return false;
	while (is_word_char(*s))
		s++;
	return !*s;
}

const char *
fresh_name(Writing *w, const char *s)
{
	char *base = arena_printf(w->arena, is_letter(*s) ? "%s" : "v%s", s);
	const char *name = base;

	for (char *p = base; *p; p++)
		if (!is_word_char(*p))
			*p = '_';
	for (unsigned n = 2; is_reserved(name) ||
	                     map_get(&w->taken, hash_bytes(name, strlen(name), 0));
	     n++)
		name = arena_printf(w->arena, "%s_%u", base, n);
	map_put(&w->taken, hash_bytes(name, strlen(name), 0), base);
	return name;
}

const char *
var_name(Writing *w, const Var *v)
{
	const char *name = map_get(&w->name_of, KEY(v));

	if (!name) {
		name = fresh_name(w, v->name ? v->name->s : "value");
		map_put(&w->name_of, KEY(v), (void *)(uintptr_t)name);
	}
	return name;
}

void
put_quoted_text(Buf *b, const char *s)
{
	static const char plain[] = "\"\\\n\t\r", letter[] = "\"\\ntr";
	const char *p;

	buf_byte(b, '"');
	for (; *s; s++)
		if ((p = strchr(plain, *s)) != NULL)
			buf_printf(b, "\\%c", letter[p - plain]);
		else if ((unsigned char)*s < 0x20 || *s == 0x7f)
			buf_printf(b, "\\x%02x", (unsigned)*s);
		else
			buf_byte(b, *s);
	buf_byte(b, '"');
}
