/* osmodule.c: _os, the files and folders of a script and its environment, for os, os.path, pathlib,
 * shutil, glob and tempfile, which are written in the script's language.
 */
#include <errno.h>

#include "files.h"
#include "stdlib.h"

static bool
utf8_bad(const char *s)
{
	uint32_t cp = 0;

	for (size_t i = 0, n = strlen(s); i < n && cp != UTF8_BAD;)
		i += utf8_next(s + i, n - i, &cp);
	return cp == UTF8_BAD;
}

static bool
path_arg(Interp *in, Value v, StoreUse use, const Str **s, FilePlace *p, Span at)
{
	return as_path(in, v, s, "a path", at) && script_resolve(in, (*s)->s, use, p, at);
}

static bool
facts_arg(Interp *in, const Args *args, const Str **s, FilePlace *p, SysFacts *facts)
{
	return path_arg(in, args->v[0], STORE_LOOK, s, p, args->span) &&
	       (store_facts(interp_store(in), p, facts) || script_failed(in, (*s)->s, args->span));
}

/* Nothing there, or nothing that could be: 0. */
NATIVE(os_kind)
{
	static const int number[] = {
	    [PATH_NONE] = 0, [PATH_FILE] = 1, [PATH_FOLDER] = 2, [PATH_PIPE] = 3, [PATH_OTHER] = 3};
	Store *s = interp_store(in);
	SysFacts facts = {PATH_NONE, 0, 0};
	const Str *path;
	FilePlace p;

	*out = vint(0);
	if (!as_path(in, args->v[0], &path, "a path", args->span))
		return false;
	if (s && !store_resolve(s, path->s, STORE_LOOK, &p))
		return !s->refused && !s->failed ? true : script_failed(in, path->s, args->span);
	if (s)
		store_facts(s, &p, &facts);
	*out = vint(number[facts.kind]);
	return true;
}

NATIVE(os_islink)
{
	const Str *s;
	FilePlace p;

	if (!path_arg(in, args->v[0], STORE_LOOK, &s, &p, args->span))
		return false;
	*out = vbool(p.link);
	return true;
}

/* A model that is one file has a size once it is written. */
NATIVE(os_size)
{
	const Str *s;
	SysFacts facts;
	FilePlace p;
	Store *store = interp_store(in);

	if (!facts_arg(in, args, &s, &p, &facts))
		return false;
	if (p.entry && p.entry->kind == ENTRY_MODEL && p.real == p.path && !p.entry->folder &&
	    (!store_stage_model(store, p.entry) || !sys_facts(p.entry->staged, &facts)))
		return script_failed(in, s->s, args->span);
	*out = vint((int64_t)facts.size);
	return true;
}

NATIVE(os_mtime)
{
	const Str *s;
	SysFacts facts;
	FilePlace p;

	if (!facts_arg(in, args, &s, &p, &facts))
		return false;
	*out = vfloat(facts.changed);
	return true;
}

typedef struct Names {
	Interp *in;
	Value list;
} Names;

static bool
add_name(void *ctx, const char *name)
{
	const Names *n = ctx;

	if (utf8_bad(name)) /* no text: scripts do not see it */
		return true;
	return vlist_push(n->in, n->list, vstrz(n->in, name)) && interp_item(n->in);
}

NATIVE(os_listdir)
{
	Store *s = interp_store(in);
	Names names = {in, vlist(in, 0, 0)};
	const Str *path;
	FilePlace p;
	bool ok;

	if (!path_arg(in, args->v[0], STORE_LIST, &path, &p, args->span))
		return false;
	*out = names.list;
	interp_push(in, names.list);
	ok = store_each(s, &p, add_name, &names) || script_failed(in, path->s, args->span);
	interp_pop(in, 1);
	return ok;
}

enum { DO_MKDIR, DO_RMDIR, DO_REMOVE };

NATIVE(os_change)
{
	Store *s = interp_store(in);
	int what = args_with(args);
	const Str *path;
	bool ok;
	FilePlace p;

	if (!path_arg(in, args->v[0], STORE_WRITE, &path, &p, args->span))
		return false;
	*out = VNONE;
	ok = what == DO_MKDIR ? store_mkdir(s, &p) : store_remove(s, &p, what == DO_RMDIR);
	return ok || script_failed(in, path->s, args->span);
}

NATIVE(os_rename)
{
	const Str *from, *to;
	FilePlace a, b;

	if (!path_arg(in, args->v[0], STORE_WRITE, &from, &a, args->span) ||
	    !path_arg(in, args->v[1], STORE_WRITE, &to, &b, args->span))
		return false;
	*out = VNONE;
	return store_rename(interp_store(in), &a, &b, to->s) ||
	       script_pair_failed(in, from->s, to->s, args->span);
}

NATIVE(os_getcwd)
{
	const Store *s = interp_store(in);

	*out = vstrz(in, s ? s->here : "/");
	return true;
}

NATIVE(os_chdir)
{
	Store *s = interp_store(in);
	const Str *path;
	FilePlace p;

	*out = VNONE;
	return path_arg(in, args->v[0], STORE_LOOK, &path, &p, args->span) &&
	       (store_enter(s, path->s) || script_failed(in, path->s, args->span));
}

NATIVE(os_realpath)
{
	Store *s = interp_store(in);
	const Str *path;
	FilePlace p;

	if (!as_path(in, args->v[0], &path, "a path", args->span))
		return false;
	*out = vstr_of(in, path);
	if (s && *path->s && (store_resolve(s, path->s, STORE_LOOK, &p) || s->refused))
		*out = vstrz(in, p.path);
	else if (s && !*path->s)
		*out = vstrz(in, s->here);
	return true;
}

NATIVE(os_tempdir)
{
	Store *s = interp_store(in);

	if (!s)
		return fail(in, args->span, "no file can be opened here");
	*out = vstrz(in, store_temporary(s));
	return true;
}

/* ---- the environment ---- */

static bool
add_variable(void *ctx, const char *variable)
{
	const Names *n = ctx;
	const char *eq = strchr(variable, '=');

	if (!eq || utf8_bad(variable))
		return true;
	return dict_set(n->in, n->list, vstr(n->in, variable, (size_t)(eq - variable)),
	                vstrz(n->in, eq + 1), NOSPAN);
}

static int
os_more(Interp *in, const Str *name, Value *out)
{
	Names n = {in, VUNSET};

	if (!str_is(name, "environ"))
		return 0;
	n.list = *out = vdict(in);
	return !interp_store(in) || sys_each_variable(add_variable, &n) ? 1 : -1;
}

static const Native functions[] = {
    {"_os.kind", "path,/", os_kind, 0},
    {"_os.islink", "path,/", os_islink, 0},
    {"_os.size", "path,/", os_size, 0},
    {"_os.mtime", "path,/", os_mtime, 0},
    {"_os.listdir", "path,/", os_listdir, 0},
    {"_os.mkdir", "path,/", os_change, WITH(DO_MKDIR)},
    {"_os.rmdir", "path,/", os_change, WITH(DO_RMDIR)},
    {"_os.remove", "path,/", os_change, WITH(DO_REMOVE)},
    {"_os.rename", "src,dst,/", os_rename, 0},
    {"_os.getcwd", "", os_getcwd, 0},
    {"_os.chdir", "path,/", os_chdir, 0},
    {"_os.realpath", "path,/", os_realpath, 0},
    {"_os.tempdir", "", os_tempdir, 0},
    NATIVE_END,
};
const StdModule os_native = {"_os", functions, os_more};
