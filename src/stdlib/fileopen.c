/* fileopen.c: open(): what its arguments mean, and the file that they name. */
#include <errno.h>
#include <stdio.h>

#include "fileobj.h"

enum { O_FILE, O_MODE, O_BUFFERING, O_ENCODING, O_ERRORS, O_NEWLINE, O_CLOSEFD, O_OPENER };

typedef struct Mode {
	bool create, read, write, append, binary, text, update;
} Mode;

static bool
parse_mode(Interp *in, const char *s, Mode *m, Span at)
{
	*m = (Mode){0};
	for (const char *p = s; *p; p++) {
		bool *flag = *p == 'x'   ? &m->create
		             : *p == 'r' ? &m->read
		             : *p == 'w' ? &m->write
		             : *p == 'a' ? &m->append
		             : *p == 'b' ? &m->binary
		             : *p == 't' ? &m->text
		             : *p == '+' ? &m->update
		                         : 0;
		if (!flag || *flag)
			return fail(in, at, "invalid mode: '%s'", s);
		*flag = true;
	}
	if (m->text && m->binary)
		return fail(in, at, "can't have text and binary mode at once");
	if (m->create + m->read + m->write + m->append > 1)
		return fail(in, at, "must have exactly one of create/read/write/append mode");
	if (m->create + m->read + m->write + m->append == 0)
		return fail(
		    in, at,
		    "Must have exactly one of create/read/write/append mode and at most one plus");
	return true;
}

/* Arguments that only text has. */
static bool
no_text_arguments(Interp *in, const Args *args)
{
	static const struct {
		int k;
		const char *what;
	} only[] = {{O_ENCODING, "an encoding"}, {O_ERRORS, "an errors"}, {O_NEWLINE, "a newline"}};

	for (size_t i = 0; i < countof(only); i++)
		if (given(args->v[only[i].k]))
			return fail(in, args->span, "binary mode doesn't take %s argument",
			            only[i].what);
	return true;
}

static bool
encoding_argument(Interp *in, const Args *args, File *f)
{
	const Str *s;

	f->encoding_said = "UTF-8";
	if (!given(args->v[O_ENCODING]))
		return true;
	if (!as_str(in, args->v[O_ENCODING], &s, "encoding",
	            args_span(args, "encoding", O_ENCODING)))
		return false;
	f->encoding_said = s->s;
	return encoding_find(s->s, &f->encoding) ||
	       fail(in, args_span(args, "encoding", O_ENCODING),
	            "milc lacks the encoding '%s': it has utf-8, ascii and latin-1", s->s);
}

static bool
errors_argument(Interp *in, const Args *args, File *f)
{
	static const char *const names[] = {"strict", "ignore", "replace"};
	const Str *s;

	if (!given(args->v[O_ERRORS]))
		return true;
	if (!as_str(in, args->v[O_ERRORS], &s, "errors", args_span(args, "errors", O_ERRORS)))
		return false;
	for (int k = 0; k < 3; k++)
		if (str_is(s, names[k])) {
			f->errors = k == 0   ? ERRORS_STRICT
			            : k == 1 ? ERRORS_IGNORE
			                     : ERRORS_REPLACE;
			return true;
		}
	return fail(in, args_span(args, "errors", O_ERRORS),
	            "milc lacks errors='%s': it has strict, ignore and replace", s->s);
}

static bool
newline_argument(Interp *in, const Args *args, File *f)
{
	static const struct {
		const char *said;
		Newline nl;
	} known[] = {{"", NL_KEEP}, {"\n", NL_LF}, {"\r", NL_CR}, {"\r\n", NL_CRLF}};
	const Str *s;

	if (!given(args->v[O_NEWLINE]))
		return true;
	if (!as_str(in, args->v[O_NEWLINE], &s, "newline", args_span(args, "newline", O_NEWLINE)))
		return false;
	for (size_t k = 0; k < countof(known); k++)
		if (str_is(s, known[k].said)) {
			f->newline = known[k].nl;
			return true;
		}
	return fail(in, args_span(args, "newline", O_NEWLINE), "illegal newline value: '%s'", s->s);
}

/* As CPython's raw files spell them. */
static const char *
binary_mode(const Mode *m)
{
	if (m->create)
		return m->update ? "xb+" : "xb";
	if (m->append)
		return m->update ? "ab+" : "ab";
	return m->update ? "rb+" : m->read ? "rb" : "wb";
}

static bool
find_content(Interp *in, const Mode *m, File *f, Span at)
{
	Store *s = f->store;
	FilePlace p;

	if (s && f->writes && !strcmp(f->path, STORE_NULL)) {
		f->content = node_new(s);
		return true;
	}
	if (f->reads && !m->write && !m->create && !script_resolve(in, f->path, STORE_READ, &p, at))
		return false;
	if (!f->writes) {
		f->content = store_read(s, &p);
	} else {
		if (!script_resolve(in, f->path, STORE_WRITE, &p, at))
			return false;
		f->content = store_write(s, &p,
		                      m->read     ? STORE_OLD
		                      : m->create ? STORE_NEW
		                                  : STORE_ANY,
		                      m->write);
	}
	if (f->content && m->append)
		f->pos = f->checked = f->fetched = f->content->n;
	return f->content || script_failed(in, f->path, at);
}

NATIVE_EXTERN(file_open)
{
	const char *mode = "r";
	File *f = new (interp_arena(in), File);
	const Str *path, *s;
	Mode m;

	if (args->v[O_FILE].kind == V_INT || given(args->v[O_OPENER]))
		return fail(in, args->span,
		            "milc opens files by path: it lacks descriptors and opener=");
	if (!as_path(in, args->v[O_FILE], &path, "the file", args->span))
		return false;
	if (given(args->v[O_MODE])) {
		if (!as_str(in, args->v[O_MODE], &s, "mode", args_span(args, "mode", O_MODE)))
			return false;
		mode = s->s;
	}
	if (!parse_mode(in, mode, &m, args->span) || (m.binary && !no_text_arguments(in, args)) ||
	    !encoding_argument(in, args, f) || !errors_argument(in, args, f) ||
	    !newline_argument(in, args, f))
		return false;
	f->store = interp_store(in);
	f->path = path->s;
	f->name = args->v[O_FILE];
	f->binary = m.binary;
	f->mode = m.binary ? binary_mode(&m) : mode;
	f->reads = m.read || m.update;
	f->writes = !m.read || m.update;
	f->append = m.append;
	if (!find_content(in, &m, f, args->span))
		return false;
	*out = vhost(in,
	             !m.binary  ? &text_file_type
	             : m.update ? &random_type
	             : f->reads ? &reader_type
	                        : &writer_type,
	             f);
	return true;
}
