/* os.c: what scripts may use of os, os.path, sys, pathlib, warnings and time at compile time. Paths
 * are text; only exists() looks at the disk, relative to the script's folder. makedirs() does
 * nothing, since outputs make their folders themselves.
 */
#include "base/sys.h"
#include "core.h"
#include "modules.h"

/* ---- paths as text ---- */

static void
join_onto(Buf *b, const char *part)
{
	if (part[0] == '/')
		buf_clear(b);
	else if (b->n && b->at[b->n - 1] != '/')
		buf_byte(b, '/');
	buf_puts(b, part);
}

static bool
join_args(Interp *in, const Args *args, const char *what, Buf *b)
{
	const Str *s;

	for (uint32_t i = 0; i < args->npos; i++) {
		if (!as_path(in, args->pos[i], &s, what, args_at(args, i))) {
			buf_free(b);
			return false;
		}
		join_onto(b, s->s);
	}
	return true;
}

NATIVE(os_join)
{
	Buf b = {0};

	if (!args_count(in, "os.path.join", args, 1, UINT32_MAX) ||
	    !join_args(in, args, "a part of os.path.join()", &b))
		return false;
	*out = vstr_buf(in, &b);
	return true;
}

static bool
one_path(Interp *in, const Args *args, const Str **s)
{
	return as_path(in, args->pos[0], s, "a path", args_at(args, 0));
}

NATIVE(os_basename)
{
	const Str *s;

	if (!one_path(in, args, &s))
		return false;
	*out = vstrz(in, path_base(s->s));
	return true;
}

NATIVE(os_dirname)
{
	const Str *s;
	const char *slash;
	size_t n;

	if (!one_path(in, args, &s))
		return false;
	slash = strrchr(s->s, '/');
	n = slash ? (size_t)(slash - s->s) : 0;
	while (n && s->s[n - 1] == '/')
		n--;
	if (slash && !n) /* only slashes: they are the root */
		n = (size_t)(slash - s->s) + 1;
	*out = vstr(in, s->s, n);
	return true;
}

NATIVE(os_splitext)
{
	const Str *s;
	const char *base, *dot;
	Value v[2];

	if (!one_path(in, args, &s))
		return false;
	base = path_base(s->s);
	dot = strrchr(base, '.');
	while (*base == '.')
		base++;
	if (!dot || dot < base)
		dot = s->s + s->len;
	v[0] = vstr(in, s->s, (size_t)(dot - s->s));
	v[1] = vstrz(in, dot);
	*out = vtuple(in, v, 2);
	return true;
}

static bool
path_exists(Interp *in, const char *path)
{
	return sys_kind(interp_path(in, path)) != PATH_NONE;
}

NATIVE(os_exists)
{
	const Str *s;

	if (!one_path(in, args, &s))
		return false;
	*out = vbool(path_exists(in, s->s));
	return true;
}

NATIVE(os_makedirs)
{
	const Str *s;

	*out = VNONE;
	return as_path(in, args->v[0], &s, "a path", args_span(args, "name", 0));
}

NATIVE(nothing)
{
	*out = VNONE;
	return true;
}

/* with 1: of the wall */
NATIVE(time_of)
{
	*out = vfloat(sys_clock(args_with(args)));
	return true;
}

/* ---- pathlib.Path: a host object whose data is its normal text ---- */

static int path_getattr(Interp *in, HostObj *self, const Str *name, Value *out);

static void
path_repr(UNUSED Interp *in, HostObj *self, Buf *out)
{
	buf_printf(out, "PosixPath('%s')", (const char *)self->data);
}

static void
path_str(UNUSED Interp *in, HostObj *self, Buf *out)
{
	buf_puts(out, self->data);
}

static int
path_equal(UNUSED Interp *in, HostObj *a, Value b)
{
	return is_path(b) && !strcmp(a->data, HOST_OF(b)->data);
}

static uint64_t
path_hash(HostObj *a)
{
	return hash_bytes(a->data, strlen(a->data), 1);
}

static const HostType path_type = {
    .name = "PosixPath",
    .getattr = path_getattr,
    .repr = path_repr,
    .str = path_str,
    .equal = path_equal,
    .hash = path_hash,
};

bool
is_path(Value v)
{
	return is_host(v, &path_type);
}

const char *
path_text(Value v)
{
	return HOST_OF(v)->data;
}

/* As pathlib writes it: without repeated or trailing slashes and without "." parts. */
static Value
path_new(Interp *in, const char *s)
{
	Buf b = {0};
	Value v;

	if (*s == '/')
		buf_byte(&b, '/');
	while (*s) {
		size_t n = strcspn(s, "/");
		if (n && !(n == 1 && *s == '.')) {
			if (b.n && b.at[b.n - 1] != '/')
				buf_byte(&b, '/');
			buf_put(&b, s, n);
		}
		s += n + (s[n] == '/');
	}
	v = vhost(in, &path_type, arena_strdup(interp_arena(in), b.n ? b.at : "."));
	buf_free(&b);
	return v;
}

NATIVE(path_make)
{
	Buf b = {0};

	if (!args_count(in, "Path", args, 0, UINT32_MAX) ||
	    !join_args(in, args, "a part of a Path", &b))
		return false;
	*out = path_new(in, b.n ? b.at : "");
	buf_free(&b);
	return true;
}

bool
path_divide(Interp *in, Value a, Value b, Value *out, Span at)
{
	const Str *x, *y;
	Buf t = {0};

	if (!as_path(in, a, &x, "the left side of /", at) ||
	    !as_path(in, b, &y, "the right side of /", at))
		return false;
	buf_puts(&t, x->s);
	join_onto(&t, y->s);
	*out = path_new(in, t.at);
	buf_free(&t);
	return true;
}

static const char *
last_of(const char *s)
{
	return !strcmp(s, ".") ? "" : path_base(s);
}

/* Where the suffix of a name begins; its end if it has none. */
static const char *
suffix_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && dot > name && dot[1] ? dot : name + strlen(name);
}

NATIVE(path_exists_method)
{
	*out = vbool(path_exists(in, path_text(self)));
	return true;
}

NATIVE(path_as_posix)
{
	*out = vstrz(in, path_text(self));
	return true;
}

NATIVE(path_joinpath)
{
	*out = self;
	for (uint32_t i = 0; i < args->npos; i++)
		if (!path_divide(in, *out, args->pos[i], out, args_at(args, i)))
			return false;
	return true;
}

NATIVE(path_with_suffix)
{
	const char *text = path_text(self);
	const Str *s;
	Buf b = {0};

	if (!as_str(in, args->pos[0], &s, "a suffix", args_at(args, 0)))
		return false;
	if (s->len && (s->s[0] != '.' || s->len == 1 || strchr(s->s, '/')))
		return fail(in, args_at(args, 0), "invalid suffix '%s'", s->s);
	buf_put(&b, text, (size_t)(suffix_of(last_of(text)) - text));
	buf_puts(&b, s->s);
	*out = path_new(in, b.at);
	buf_free(&b);
	return true;
}

static const Native path_methods[] = {
    METHOD_AS(Path, exists, path_exists_method, ""), METHOD_AS(Path, as_posix, path_as_posix, ""),
    METHOD_AS(Path, joinpath, path_joinpath, 0),
    METHOD_AS(Path, with_suffix, path_with_suffix, "x,/"), METHOD_AS(Path, mkdir, nothing, 0),
    NATIVE_END,
};

static int
path_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	const char *text = self->data, *last = last_of(text), *suffix = suffix_of(last);

	if (native_get(in, path_methods, name, 0, vobj(self), out))
		return 1;
	if (str_is(name, "name")) {
		*out = vstrz(in, last);
	} else if (str_is(name, "suffix")) {
		*out = vstrz(in, suffix);
	} else if (str_is(name, "stem")) {
		*out = vstr(in, last, (size_t)(suffix - last));
	} else if (str_is(name, "parent")) {
		size_t n = (size_t)(last - text);
		*out = path_new(in, n ? arena_printf(interp_arena(in), "%.*s", (int)n, text)
		                    : text[0] == '/' ? "/"
		                                     : ".");
	} else {
		return 0;
	}
	return 1;
}

/* ---- modules ---- */

typedef struct SystemModule {
	const char *name, *known; /* known: its members, for the message about any other */
	const Native *members;
} SystemModule;

static int
system_member(Interp *in, ModuleObj *m, const Str *name, Value *out)
{
	const SystemModule *s = m->data;
	bool os = strncmp(s->name, "os", 2) == 0, sys = strcmp(s->name, "sys") == 0;
	const Str *asked = name;
	Value script;

	if (str_is(name, "Path") || str_is(name, "PurePath"))
		name = intern_cstr(interp_names(in), "PosixPath");
	if (native_get(in, s->members, name, 0, VUNSET, out))
		return 1;
	if (os && str_is(name, "sep")) {
		*out = vstrz(in, "/");
	} else if (os && !s->name[2] && str_is(name, "path")) {
		*out = os_path_module(in, 0);
	} else if (sys && str_is(name, "argv")) {
		script = vstrz(in, interp_script(in));
		*out = vlist(in, &script, 1);
	} else if (sys && str_is(name, "maxsize")) {
		*out = vint(INT64_MAX);
	} else {
		fail(in, NOSPAN, "%s.%s is not available at compile time; milc knows %s", s->name,
		     asked->s, s->known);
		return -1;
	}
	return 1;
}

#define MODULE(make, name, known, ...)                                                             \
	Value make(Interp *in, UNUSED void *ctx)                                                   \
	{                                                                                          \
		static const Native members[] = {__VA_ARGS__, NATIVE_END};                         \
		static SystemModule module = {name, known, members};                               \
		return vmodule(in, name, system_member, &module);                                  \
	}
MODULE(os_path_module, "os.path", "join, basename, dirname, exists, splitext",
       METHOD_AS(os.path, join, os_join, 0), METHOD_AS(os.path, basename, os_basename, "x,/"),
       METHOD_AS(os.path, dirname, os_dirname, "x,/"), METHOD_AS(os.path, exists, os_exists, "x,/"),
       METHOD_AS(os.path, splitext, os_splitext, "x,/"))
MODULE(os_module, "os", "os.path and os.makedirs", METHOD(os, makedirs, "name,mode=,exist_ok="))
MODULE(sys_module, "sys", "argv and maxsize", NATIVE_END)
MODULE(warnings_module, "warnings", "filterwarnings and simplefilter",
       METHOD_AS(warnings, filterwarnings, nothing, 0),
       METHOD_AS(warnings, simplefilter, nothing, 0))
MODULE(time_module, "time", "time and perf_counter", METHOD_WITH(time, time, time_of, "", 1),
       METHOD_AS(time, perf_counter, time_of, ""))
MODULE(pathlib_module, "pathlib", "only Path", {"PosixPath", 0, path_make, 0})
