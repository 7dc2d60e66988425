/* import.c: modules. Those of the table are made on first use; a path between (a package that only
 * has known modules below it) is a module with these as members. Any other name imports as an
 * opaque value, whose first use is the error.
 */
#include "class.h"
#include "core.h"
#include "library.h"

/* ---- opaque values ---- */

typedef struct Opaque {
	const char *path;
	const char *of; /* the known module that has no such member, or 0 */
	Span span;      /* of the import */
} Opaque;

static Module *find(Interp *in, const char *path);
static bool is_package(Interp *in, const char *path);

/* The module that path perhaps means, one name of which is wrong; or 0. */
static const char *
near_module(Interp *in, const char *path)
{
	const char *names[64], *near;

	for (const char *s = path; (s = strchr(s, '.')) != 0;) {
		int up = (int)(++s - path), len = (int)strcspn(s, ".");
		const char *upto = arena_printf(in->unit, "%.*s", up + len, path);
		size_t n = 0;

		if (find(in, upto) || is_package(in, upto))
			continue;
		for (uint32_t i = 0; i < in->modules.n && n < countof(names); i++) {
			const char *p = in->modules.at[i].def->path;
			if (strncmp(p, path, (size_t)up) == 0)
				names[n++] = arena_printf(in->unit, "%.*s",
				                          (int)strcspn(p + up, "."), p + up);
		}
		near = nearest(upto + up, names, n);
		return near ? arena_printf(in->unit, "%.*s%s%s", up, path, near, s + len) : 0;
	}
	return 0;
}

static bool
opaque_used(Interp *in, const HostObj *self, Span at)
{
	const Opaque *o = self->data;
	const char *near = o->of ? 0 : near_module(in, o->path);

	if (o->of)
		fail(in, at,
		     "'%s' of module '%s' is not known to milc; it can be imported but not "
		     "used",
		     o->path, o->of);
	else
		fail(in, at, "module '%s' is not known to milc; it can be imported but not used",
		     o->path);
	diag_note(in->diag, o->span, near ? "imported here; did you mean '%s'?" : "imported here",
	          near);
	if (!o->of && !near)
		diag_note(in->diag, NOSPAN,
		          "what another module computes can come from a file: "
		          "np.savez there, np.load here");
	return false;
}

static int
opaque_getattr(Interp *in, HostObj *self, UNUSED const Str *name, UNUSED Value *out)
{
	opaque_used(in, self, NOSPAN);
	return -1;
}

static bool
opaque_setattr(Interp *in, HostObj *self, UNUSED const Str *name, UNUSED Value v, Span at)
{
	return opaque_used(in, self, at);
}

NATIVE(opaque_call)
{
	return opaque_used(in, HOST_OF(self), args->span);
}

static bool
opaque_enter(Interp *in, HostObj *self, UNUSED Value *out, Span at)
{
	return opaque_used(in, self, at);
}

static bool
opaque_iter(Interp *in, HostObj *self, UNUSED VKind *as, UNUSED Value *list)
{
	return opaque_used(in, self, NOSPAN);
}

static void
opaque_repr(UNUSED Interp *in, HostObj *self, Buf *out)
{
	buf_printf(out, "<module '%s'>", ((const Opaque *)self->data)->path);
}

static const HostType opaque_type;

static bool
opaque_refuse(Interp *in, UNUSED const char *what, Value left, Value right, Span at)
{
	return opaque_used(in, HOST_OF(is_host(left, &opaque_type) ? left : right), at);
}

static const HostType opaque_type = {
    .name = "module",
    .getattr = opaque_getattr,
    .setattr = opaque_setattr,
    .call = opaque_call,
    .repr = opaque_repr,
    .enter = opaque_enter,
    .iter = opaque_iter,
    .refuse = opaque_refuse,
};

/* Every CPython has these, so that importing them cannot fail. */
static const char standard[] =
    "abc aifc array ast asyncio atexit base64 binascii builtins bz2 calendar cmath cmd code "
    "codecs colorsys concurrent configparser contextvars copyreg cProfile ctypes curses dbm "
    "decimal difflib dis doctest email encodings errno faulthandler fcntl filecmp fractions "
    "ftplib gc getopt getpass gettext graphlib grp gzip hmac html http imaplib importlib "
    "inspect ipaddress keyword linecache locale lzma mailbox marshal mimetypes mmap "
    "multiprocessing netrc numbers optparse pdb pickle pickletools pkgutil plistlib poplib "
    "posix posixpath pprint profile pstats pty pwd py_compile pydoc queue quopri readline "
    "reprlib resource runpy sched secrets select selectors shelve shlex signal site smtplib "
    "socket socketserver sqlite3 ssl stat statistics stringprep subprocess symtable "
    "sysconfig syslog tarfile termios threading timeit tkinter token tokenize tomllib trace "
    "tracemalloc tty turtle unicodedata unittest urllib uuid venv wave weakref webbrowser "
    "wsgiref xml xmlrpc zipapp zipfile zipimport zlib zoneinfo";

/* What importing a name that milc does not know does: in a try that waits for it, what CPython does
 * where the module is not installed. */
static bool
is_missing(Interp *in, const char *path)
{
	int n = (int)strcspn(path, ".");

	return in->nimport && !has_word(standard, arena_printf(in->unit, "%.*s", n, path));
}

static bool
raise_missing(Interp *in, const char *path)
{
	const char *top = arena_printf(in->unit, "%.*s", (int)strcspn(path, "."), path);
	Value text = vstrz(in, arena_printf(in->unit, "No module named '%s'", top));
	Value exc = exc_new(in, "ModuleNotFoundError", &text, 1);

	object_setplain(in, exc, intern_cstr(in->names, "name"), vstrz(in, top), in->here);
	return raise_value(in, exc, in->here);
}

static Value
opaque(Interp *in, const char *path, const char *of)
{
	Opaque *o;
	Value v;

	for (uint32_t i = 0; i < in->opaque.n; i++) {
		o = HOST_OF(in->opaque.at[i])->data;
		if (strcmp(o->path, path) == 0 && !o->of == !of && (!of || strcmp(o->of, of) == 0))
			return in->opaque.at[i];
	}
	o = new (in->unit, Opaque);
	o->path = arena_strdup(in->unit, path);
	o->of = of ? arena_strdup(in->unit, of) : 0;
	o->span = in->here;
	v = vhost(in, &opaque_type, o);
	vec_push(in->unit, &in->opaque, v);
	return v;
}

/* ---- known modules ---- */

static Module *
find(Interp *in, const char *path)
{
	for (uint32_t i = 0; i < in->modules.n; i++)
		if (strcmp(in->modules.at[i].def->path, path) == 0)
			return &in->modules.at[i];
	return 0;
}

static bool
is_package(Interp *in, const char *path)
{
	size_t n = strlen(path);

	for (uint32_t i = 0; i < in->modules.n; i++) {
		const char *p = in->modules.at[i].def->path;

		if (strncmp(p, path, n) == 0 && p[n] == '.')
			return true;
	}
	for (const LibraryRow *r = library_rows; r->path; r++)
		if (strncmp(r->path, path, n) == 0 && r->path[n] == '.')
			return true;
	return false;
}

static bool import_module(Interp *in, const char *path, Value *out);

static int
package_member(Interp *in, ModuleObj *m, const Str *name, Value *out)
{
	const char *path = arena_printf(in->unit, "%s.%s", (const char *)m->data, name->s);

	if (!find(in, path) && !is_package(in, path))
		return 0;
	return import_module(in, path, out) ? 1 : -1;
}

/* A member of a module or host value, silently: 1, 0 or -1. */
static int
member_of(Interp *in, Value v, const Str *name, Value *out)
{
	if (v.kind == V_MODULE)
		return ((ModuleObj *)v.o)->member(in, (ModuleObj *)v.o, name, out);
	if (v.kind == V_HOST && HOST_OF(v)->type != &opaque_type && HOST_OF(v)->type->getattr)
		return HOST_OF(v)->type->getattr(in, HOST_OF(v), name, out);
	return 0;
}

/* "a.b.c" by way of a module further up: its members. */
static bool
walk_down(Interp *in, const char *path, Value *out)
{
	const char *dot = strrchr(path, '.');
	Value v;
	int r;

	if (!dot || dot == path) {
		if (is_missing(in, path))
			return raise_missing(in, path);
		*out = opaque(in, path, 0);
		return true;
	}
	if (!import_module(in, arena_printf(in->unit, "%.*s", (int)(dot - path), path), &v))
		return false;
	r = member_of(in, v, intern_cstr(in->names, dot + 1), out);
	if (r == 0)
		*out = opaque(in, path, 0);
	return r >= 0;
}

/* ---- modules written in the language itself ---- */

static int
library_member(UNUSED Interp *in, ModuleObj *m, const Str *name, Value *out)
{
	const Space *s = m->data;
	uintptr_t at = (uintptr_t)map_get(&s->names->index, KEY(name));

	if (!at || at > s->global.n || s->global.at[at - 1].val.kind == V_UNSET)
		return 0;
	*out = s->global.at[at - 1].val;
	return 1;
}

bool
is_library(Value module)
{
	return module.kind == V_MODULE && MODULE_OF(module)->member == library_member;
}

bool
library_set(Interp *in, Value module, const Str *name, Value v)
{
	const ModuleObj *m = MODULE_OF(module);
	Space *s = m->data;
	uint32_t n;

	if (m->member != library_member)
		return false;
	in->tree.global = s->names;
	n = tree_global(&in->tree, name);
	in->tree.global = in->space->names;
	while (s->global.n <= n)
		vec_push(in->unit, &s->global, (Global){.pinned = false});
	s->global.at[n].val = v;
	return true;
}

/* The names that such a module has, for "did you mean". */
static const char *
library_near(const ModuleObj *m, const char *name)
{
	const Space *s = m->data;
	const char *names[256];
	size_t n = 0;

	for (uint32_t i = 0; i < s->global.n && n < countof(names); i++)
		if (s->global.at[i].val.kind != V_UNSET && s->names->at.at[i]->s[0] != '_')
			names[n++] = s->names->at.at[i]->s;
	return nearest(name, names, n);
}

static const LibraryRow *
library_find(const char *path)
{
	for (const LibraryRow *r = library_rows; r->path; r++)
		if (strcmp(r->path, path) == 0)
			return r;
	return 0;
}

Value
library_global(Interp *in, const char *path, const char *name)
{
	const LibraryRow *row = library_find(path);
	const Value *known = row ? map_get(&in->library, KEY(row)) : 0;
	Value v;

	if (!known || library_member(in, MODULE_OF(*known), intern_cstr(in->names, name), &v) <= 0)
		return VUNSET;
	return v;
}

/* Runs it on its first import. */
static bool
library_module(Interp *in, const LibraryRow *row, Value *out)
{
	Value *known = map_get(&in->library, KEY(row));
	const Source *src;
	Space *space;
	bool ok;

	if (known) {
		*out = *known;
		return true;
	}
	space = space_new(in, row->path, true);
	src = diag_add_source(in->diag, arena_printf(in->unit, "<%s>", row->path), row->text,
	                      strlen(row->text));
	*out = module_with(vmodule(in, row->path, library_member, space), library_near);
	map_put(&in->library, KEY(row), arena_dup(in->unit, out, sizeof *out));
	interp_pin(in, *out);
	in->nogc++;
	ok = src && interp_run_module(in, src, space);
	in->nogc--;
	return ok;
}

static bool
import_module(Interp *in, const char *path, Value *out)
{
	const LibraryRow *row = library_find(path);
	Module *m = find(in, path);
	char *copy;

	if (row)
		return library_module(in, row, out);
	if (m) {
		if (m->val.kind == V_UNSET) {
			Value v = m->def->make(in, m->ctx);

			m = find(in, path);
			m->val = v;
		}
		*out = m->val;
		return out->kind != V_UNSET;
	}
	for (uint32_t i = 0; i < in->package.n; i++)
		if (strcmp(((ModuleObj *)in->package.at[i].o)->name, path) == 0) {
			*out = in->package.at[i];
			return true;
		}
	if (!is_package(in, path) || strlen(path) > 200)
		return walk_down(in, path, out);
	copy = arena_strdup(in->unit, path);
	*out = vmodule(in, copy, package_member, copy);
	vec_push(in->unit, &in->package, *out);
	return true;
}

bool
interp_import(Interp *in, const char *path, Value *out)
{
	return import_module(in, path, out);
}

static bool
import_member(Interp *in, const char *path, const Str *name, Value *out)
{
	const char *full;
	Value m;
	int r;

	if (!import_module(in, path, &m))
		return false;
	r = member_of(in, m, name, out);
	if (r != 0)
		return r > 0;
	full = arena_printf(in->unit, "%s.%s", path, name->s);
	if (find(in, full) || library_find(full) || is_package(in, full))
		return import_module(in, full, out);
	if ((is_library(m) || !strcmp(path, "math")) && python_knows(path, name->s) == 0)
		return raise_as(in, in->here, "ImportError", "cannot import name '%s' from '%s'",
		                name->s, path);
	*out = is_host(m, &opaque_type) ? opaque(in, full, 0) : opaque(in, name->s, path);
	return true;
}

static bool
import_one(Interp *in, const Alias *a)
{
	const char *path = a->path->s, *dot = strchr(path, '.');
	Value v;

	if (!import_module(in, path, &v))
		return false;
	if (dot && !a->as && /* import a.b binds a */
	    !import_module(in, arena_printf(in->unit, "%.*s", (int)(dot - path), path), &v))
		return false;
	return assign(in, a->target, v);
}

bool
exec_import(Interp *in, const Stmt *s)
{
	Value v;

	if (s->kind == S_FROM && str_is(s->module, "__future__") && !in->space->library) {
		for (uint32_t i = 0; i < s->aliases->n; i++)
			in->annotations_as_text |= str_is(s->aliases->at[i].path, "annotations");
		return true;
	}
	for (uint32_t i = 0; i < s->aliases->n; i++) {
		const Alias *a = &s->aliases->at[i];

		if (s->kind == S_IMPORT) {
			if (!import_one(in, a))
				return false;
		} else if (!import_member(in, s->module->s, a->path, &v) ||
		           !assign(in, a->target, v)) {
			return false;
		}
	}
	return true;
}

bool
prelude_lookup(Interp *in, const Str *name, Value *out)
{
	for (uint32_t i = 0; i < in->prelude.n; i++) {
		const Prelude *p = &in->prelude.at[i];

		if (p->name != name)
			continue;
		if (!p->member)
			return import_module(in, p->path, out);
		return import_member(in, p->path, intern_cstr(in->names, p->member), out);
	}
	return false;
}
