/* fileobj.c: open() and file objects. A file is a place in its content (store.h), so that what is
 * written is there at once, and a file that is never closed is as good as closed.
 */
#include <errno.h>
#include <stdio.h>

#include "fileobj.h"
#include "script/iter.h"

/* ---- what can be done with it ---- */

static const char *
class_of(const File *f)
{
	return !f->binary ? "TextIOWrapper"
	       : f->reads ? f->writes ? "BufferedRandom" : "BufferedReader"
	                  : "BufferedWriter";
}

static bool
usable(Interp *in, const File *f, Span at)
{
	return !f->closed || fail(in, at, "I/O operation on closed file.");
}

/* io.UnsupportedOperation, which stands in the module io. */
static bool
unsupported(Interp *in, Span at, const char *text)
{
	Value io, class, exc, said = vstrz(in, text);
	const Str *name = intern_cstr(interp_names(in), "UnsupportedOperation");
	Args args = {.pos = &said, .npos = 1, .span = at, .callee = at};

	return interp_import(in, "io", &io) && value_getattr(in, io, name, &class, at) &&
	       interp_call(in, class, &args, &exc) && raise_value(in, exc, at);
}

static bool
can_read(Interp *in, File *f, Span at)
{
	if (!usable(in, f, at))
		return false;
	if (!f->reads)
		return unsupported(in, at, f->binary ? "read" : "not readable");
	return !f->content || node_load(f->store, f->content) || script_failed(in, f->path, at);
}

static bool
can_write(Interp *in, const File *f, Span at)
{
	if (!usable(in, f, at))
		return false;
	return f->writes || unsupported(in, at, f->binary ? "write" : "not writable");
}

/* ---- reading ---- */

static Value
text_value(Interp *in, const File *f, Buf *b)
{
	Value v =
	    f->binary ? vbytes(in, b->at ? b->at : "", b->n) : vstr(in, b->at ? b->at : "", b->n);

	buf_free(b);
	return v;
}

/* So many bytes or characters, or a line of at most so many. */
static bool
take(Interp *in, File *f, size_t n, bool line, Value *out, Span at)
{
	const char *p, *end;
	size_t left;
	Buf b = {0};

	if (f->content && f->binary) {
		left = f->content->n - MIN(f->pos, f->content->n);
		p = f->content->at + f->content->n - left;
		n = MIN(n, left);
		end = line && n ? memchr(p, '\n', n) : 0;
		n = end ? (size_t)(end - p) + 1 : n;
		if (!interp_room(in, n))
			return false;
		*out = vbytes(in, p, n);
		f->pos += n;
		return true;
	}
	if (f->content && !text_read(in, f, n, line, &b, at)) {
		buf_free(&b);
		return false;
	}
	*out = text_value(in, f, &b);
	return true;
}

/* size= of read and readline: absent, None and below 0 are all. */
static bool
size_arg(const Args *args, size_t *n)
{
	int64_t k = -1;

	if (args->v[0].kind != V_UNSET && args->v[0].kind != V_NONE &&
	    !as_int(args->in, args->v[0], &k, "the size", args->span))
		return false;
	*n = k < 0 ? SIZE_MAX : (size_t)k;
	return true;
}

NATIVE(file_read)
{
	File *f = file_of(self);
	size_t n;

	return can_read(in, f, args->span) && size_arg(args, &n) &&
	       take(in, f, n, false, out, args->span);
}

NATIVE(file_readline)
{
	File *f = file_of(self);
	size_t n;

	return can_read(in, f, args->span) && size_arg(args, &n) &&
	       take(in, f, n, true, out, args->span);
}

static int
next_line(Interp *in, File *f, Value *out, Span at)
{
	if (!can_read(in, f, at))
		return -1;
	f->walking = true;
	if (!take(in, f, SIZE_MAX, true, out, at))
		return -1;
	f->walking = STR_OF(*out)->len > 0;
	return f->walking;
}

NATIVE(file_readlines)
{
	File *f = file_of(self);
	size_t hint, got = 0;
	Value line;

	if (!can_read(in, f, args->span) || !size_arg(args, &hint))
		return false;
	*out = vlist(in, 0, 0);
	interp_push(in, *out);
	for (bool more = true; more && got < (hint ? hint : SIZE_MAX);) {
		bool ok = take(in, f, SIZE_MAX, true, &line, args->span) && interp_item(in);
		more = ok && STR_OF(line)->len;
		got += ok ? STR_OF(line)->len : 0;
		if (!ok || (more && !vlist_push(in, *out, line))) {
			interp_pop(in, 1);
			return false;
		}
	}
	interp_pop(in, 1);
	return true;
}

static int
lines_next(Interp *in, IterObj *it, Value *out, Span at)
{
	return next_line(in, file_of(it->v[0]), out, at);
}

static const IterType lines_type = {.name = "TextIOWrapper", .next = lines_next};

static bool
file_walk(Interp *in, HostObj *self, Value *iter)
{
	*iter = viter(in, &lines_type, vobj(self));
	return true;
}

/* ---- writing ---- */

static bool
write_bytes(Interp *in, File *f, const char *p, size_t n, Span at)
{
	size_t pos = f->append && f->content ? f->content->n : f->pos;

	switch (f->stream) {
	case FILE_STDOUT:
		interp_print(in, p, n);
		return true;
	case FILE_STDERR:
		interp_complain(in, p, n);
		return true;
	case FILE_STDIN:
	case FILE_DISK:
		break;
	}
	if (!node_put(f->store, f->content, pos, p, n))
		return script_failed(in, f->path, at);
	f->pos = pos + n;
	return true;
}

static bool
write_value(Interp *in, File *f, Value v, Value *out, Span at)
{
	Buf b = {0};
	bool ok;

	if (!f->binary) {
		if (v.kind != V_STR)
			return fail(in, at, "write() argument must be str, not %s", type_name(v));
		ok = encode_text(in, f->encoding, f->errors, f->newline, STR_OF(v), &b, at) &&
		     write_bytes(in, f, b.at ? b.at : "", b.n, at);
		buf_free(&b);
		*out = vint(STR_OF(v)->ncp);
		return ok;
	}
	if (v.kind == V_ARRAY && nd_contiguous(ARRAY_OF(v))) {
		size_t n = (size_t)nd_count(ARRAY_OF(v)) * dtype_size(ARRAY_OF(v)->dtype);
		*out = vint((int64_t)n);
		return write_bytes(in, f, ARRAY_OF(v)->data, n, at);
	}
	if (v.kind != V_BYTES)
		return fail(in, at, "a bytes-like object is required, not '%s'", type_name(v));
	*out = vint(STR_OF(v)->len);
	return write_bytes(in, f, STR_OF(v)->s, STR_OF(v)->len, at);
}

NATIVE(file_write)
{
	File *f = file_of(self);

	return can_write(in, f, args->span) && write_value(in, f, args->v[0], out, args->span);
}

NATIVE(file_writelines)
{
	File *f = file_of(self);
	Value iter, line, n;
	int more;

	if (!can_write(in, f, args->span) || !value_iter(in, args->v[0], &iter, args->span))
		return false;
	interp_push(in, iter);
	while ((more = value_next(in, iter, &line, args->span)) > 0)
		if (!write_value(in, f, line, &n, args->span)) {
			more = -1;
			break;
		}
	interp_pop(in, 1);
	*out = VNONE;
	return more == 0;
}

/* ---- the place in it ---- */

NATIVE(file_seek)
{
	File *f = file_of(self);
	int64_t to, whence = 0, base = 0;

	if (!usable(in, f, args->span) || !as_int(in, args->v[0], &to, "the offset", args->span) ||
	    (args->v[1].kind != V_UNSET && !as_int(in, args->v[1], &whence, "whence", args->span)))
		return false;
	if (!f->content)
		return unsupported(in, args->span, "underlying stream is not seekable");
	if (!f->binary && whence == 1 && to)
		return unsupported(in, args->span, "can't do nonzero cur-relative seeks");
	if (!f->binary && whence == 2 && to)
		return unsupported(in, args->span, "can't do nonzero end-relative seeks");
	if (whence < 0 || whence > 2)
		return fail(in, args->span, "invalid whence (%lld, should be 0, 1 or 2)",
		            (long long)whence);
	if (!f->binary && to < 0)
		return fail(in, args->span, "negative seek position %lld", (long long)to);
	if (whence)
		base = (int64_t)(whence == 1 ? f->pos : f->content->n);
	if (to < -base || to > INT64_MAX - base)
		return os_failure(in, EINVAL, 0, args->span);
	f->pos = f->checked = f->fetched = (size_t)(base + to);
	f->walking = false;
	*out = vint(base + to);
	return true;
}

NATIVE(file_tell)
{
	const File *f = file_of(self);

	if (!usable(in, f, args->span))
		return false;
	if (!f->content)
		return unsupported(in, args->span, "underlying stream is not seekable");
	if (f->walking && !f->binary)
		return fail(in, args->span, "telling position disabled by next() call");
	*out = vint((int64_t)f->pos);
	return true;
}

NATIVE(file_truncate)
{
	File *f = file_of(self);
	int64_t n = (int64_t)f->pos;

	if (!can_write(in, f, args->span) ||
	    (args->v[0].kind != V_UNSET && args->v[0].kind != V_NONE &&
	     !as_int(in, args->v[0], &n, "the size", args->span)))
		return false;
	if (!f->content || n < 0)
		return os_failure(in, EINVAL, 0, args->span);
	*out = vint(n);
	return node_resize(f->store, f->content, (size_t)n) ||
	       script_failed(in, f->path, args->span);
}

/* ---- the rest ---- */

static void
close_file(File *f)
{
	if (!f->closed && f->content && !f->writes)
		node_release(f->store, f->content);
	f->closed = f->stream == FILE_DISK;
}

NATIVE(file_close)
{
	close_file(file_of(self));
	*out = VNONE;
	return true;
}

NATIVE(file_flush)
{
	*out = VNONE;
	return usable(in, file_of(self), args->span);
}

NATIVE(file_fileno)
{
	return usable(in, file_of(self), args->span) &&
	       fail(in, args->span, "milc gives scripts no file descriptors: use the file object");
}

enum { ASK_READ, ASK_WRITE, ASK_SEEK, ASK_TERMINAL };

NATIVE(file_asks)
{
	const File *f = file_of(self);
	const bool answer[] = {f->reads, f->writes, f->content != NULL, false};

	*out = vbool(answer[args_with(args)]);
	return usable(in, f, args->span);
}

static bool
file_enter(Interp *in, HostObj *self, Value *out, Span at)
{
	*out = vobj(self);
	return usable(in, self->data, at);
}

static bool
file_leave(UNUSED Interp *in, HostObj *self, UNUSED Value exc, UNUSED bool *swallow, UNUSED Span at)
{
	close_file(self->data);
	return true;
}

static const Native methods[] = {
    {"read", "size=,/", file_read, AS_FUNCTION},
    {"readline", "size=,/", file_readline, AS_FUNCTION},
    {"readlines", "hint=,/", file_readlines, AS_FUNCTION},
    {"write", "text,/", file_write, AS_FUNCTION},
    {"writelines", "lines,/", file_writelines, AS_FUNCTION},
    {"seek", "cookie,whence=,/", file_seek, AS_FUNCTION},
    {"tell", "", file_tell, AS_FUNCTION},
    {"truncate", "pos=,/", file_truncate, AS_FUNCTION},
    {"flush", "", file_flush, AS_FUNCTION},
    {"close", "", file_close, AS_FUNCTION},
    {"fileno", "", file_fileno, AS_FUNCTION},
    {"readable", "", file_asks, AS_FUNCTION | WITH(ASK_READ)},
    {"writable", "", file_asks, AS_FUNCTION | WITH(ASK_WRITE)},
    {"seekable", "", file_asks, AS_FUNCTION | WITH(ASK_SEEK)},
    {"isatty", "", file_asks, AS_FUNCTION | WITH(ASK_TERMINAL)},
    NATIVE_END,
};

static int
file_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	static const char *const errors[] = {"strict", "ignore", "replace"};
	const File *f = self->data;
	File *bytes;

	if (str_is(name, "closed")) {
		*out = vbool(f->closed);
	} else if (str_is(name, "name")) {
		*out = f->name;
	} else if (str_is(name, "mode")) {
		*out = vstrz(in, f->mode);
	} else if (!f->binary && str_is(name, "encoding")) {
		*out = vstrz(in, f->encoding_said);
	} else if (!f->binary && str_is(name, "errors")) {
		*out = vstrz(in, errors[f->errors]);
	} else if (!f->binary && f->stream && str_is(name, "buffer")) {
		bytes = arena_dup(interp_arena(in), f, sizeof *f);
		bytes->binary = true;
		*out = vhost(in, f->reads ? &reader_type : &writer_type, bytes);
	} else {
		return 0;
	}
	return 1;
}

static void
file_repr(Interp *in, HostObj *self, Buf *out)
{
	const File *f = self->data;

	buf_printf(out, "<_io.%s name=", class_of(f));
	value_repr(in, f->name, out);
	if (!f->binary)
		buf_printf(out, " mode='%s' encoding='%s'", f->mode, f->encoding_said);
	buf_byte(out, '>');
}

static void
file_mark(Interp *in, HostObj *self)
{
	interp_mark(in, ((const File *)self->data)->name);
}

#define FILE_TYPE(variable, class)                                                                 \
	const HostType variable = {.name = class,                                                  \
	                           .module = "_io",                                                \
	                           .methods = methods,                                             \
	                           .getattr = file_getattr,                                        \
	                           .repr = file_repr,                                              \
	                           .enter = file_enter,                                            \
	                           .leave = file_leave,                                            \
	                           .walk = file_walk,                                              \
	                           .walking = true,                                                \
	                           .mark = file_mark}
FILE_TYPE(text_file_type, "TextIOWrapper");
FILE_TYPE(reader_type, "BufferedReader");
FILE_TYPE(writer_type, "BufferedWriter");
FILE_TYPE(random_type, "BufferedRandom");

Value
file_stream(Interp *in, int stream)
{
	static const char *const names[] = {"", "<stdin>", "<stdout>", "<stderr>"};
	File *f = new (interp_arena(in), File);

	*f = (File){.reads = stream == FILE_STDIN,
	            .writes = stream != FILE_STDIN,
	            .mode = stream == FILE_STDIN ? "r" : "w",
	            .encoding_said = "utf-8",
	            .name = vstrz(in, names[stream])};
	f->stream = stream == FILE_STDIN    ? FILE_STDIN
	            : stream == FILE_STDOUT ? FILE_STDOUT
	                                    : FILE_STDERR;
	return vhost(in, &text_file_type, f);
}
