/* files.c: the store as the modules of the interpreter use it, and its failures as a script sees
 * them.
 */
#include <errno.h>

#include "files.h"

/* ---- failures ---- */

/* As Linux numbers and words them, wherever milc runs. */
static const struct {
	int error, number;
	const char *class, *text;
} known[] = {
    {EPERM, 1, "PermissionError", "Operation not permitted"},
    {ENOENT, 2, "FileNotFoundError", "No such file or directory"},
    {EIO, 5, "OSError", "Input/output error"},
    {ENOMEM, 12, "OSError", "Cannot allocate memory"},
    {EACCES, 13, "PermissionError", "Permission denied"},
    {EBUSY, 16, "OSError", "Device or resource busy"},
    {EEXIST, 17, "FileExistsError", "File exists"},
    {EXDEV, 18, "OSError", "Invalid cross-device link"},
    {ENOTDIR, 20, "NotADirectoryError", "Not a directory"},
    {EISDIR, 21, "IsADirectoryError", "Is a directory"},
    {EINVAL, 22, "OSError", "Invalid argument"},
    {EMFILE, 24, "OSError", "Too many open files"},
    {ENOSPC, 28, "OSError", "No space left on device"},
    {EROFS, 30, "OSError", "Read-only file system"},
    {ENAMETOOLONG, 36, "OSError", "File name too long"},
    {ENOTEMPTY, 39, "OSError", "Directory not empty"},
    {ELOOP, 40, "OSError", "Too many levels of symbolic links"},
};

static bool
failure(Interp *in, int error, const char *path, const char *second, Span at)
{
	size_t k = 0;
	Value v[5];

	while (k < countof(known) && known[k].error != error)
		k++;
	if (k == countof(known)) /* some other one of the machine's */
		k = 2;
	v[0] = vint(known[k].number);
	v[1] = vstrz(in, known[k].text);
	v[2] = v[4] = path ? vstrz(in, path) : VNONE;
	v[3] = VNONE; /* of Windows */
	if (second)
		v[4] = vstrz(in, second);
	return raise_value(in, exc_new(in, known[k].class, v, second ? 5 : path ? 3 : 2), at);
}

bool
os_failure(Interp *in, int error, const char *path, Span at)
{
	return failure(in, error, path, 0, at);
}

bool
script_pair_failed(Interp *in, const char *path, const char *second, Span at)
{
	Store *s = interp_store(in);
	const char *folder;

	if (s->failed)
		return false;
	if (s->error == ENOTSUP)
		return fail(in, at, "'%s' is a symbolic link, which milc does not remove or rename",
		            path);
	if (s->error == ENOMEM)
		return fail(in, at, "the script writes more than --max-memory allows, %llu bytes",
		            (unsigned long long)s->o.memory);
	if (!s->refused)
		return failure(in, s->error, path, second, at);
	if (sys_kind(s->outside) == PATH_FOLDER)
		return fail(in, at,
		            s->writing ? "'%s' is %s, where the script may not write: "
		                         "--allow-write %s lets it"
		                       : "'%s' is %s, where the script may not read: "
		                         "--allow-read %s lets it",
		            path, s->outside, s->outside);
	folder = store_folder(s, s->outside);
	return fail(in, at,
	            s->writing
	                ? "'%s' is in %s, where the script may not write: --allow-write %s lets it"
	                : "'%s' is in %s, where the script may not read: --allow-read %s lets it",
	            path, folder, folder);
}

bool
script_failed(Interp *in, const char *path, Span at)
{
	return script_pair_failed(in, path, 0, at);
}

/* ---- paths ---- */

bool
script_resolve(Interp *in, const char *path, StoreUse use, FilePlace *out, Span at)
{
	Store *s = interp_store(in);

	if (!s)
		return fail(in, at, "no file can be opened here");
	return store_resolve(s, path, use, out) || script_failed(in, path, at);
}

/* The path as messages show it, where it leads to the same file as the resolved one. */
static const char *
shown_path(Interp *in, const FilePlace *p, const char *path)
{
	return p->plain && interp_store(in)->here == interp_store(in)->top ? interp_path(in, path)
	                                                                   : p->real;
}

const char *
script_read(Interp *in, const char *path, Span at)
{
	Store *s = interp_store(in);
	const char *real;
	SysFacts facts;
	FileContent *n;
	FilePlace p;

	if (!script_resolve(in, path, STORE_READ, &p, at))
		return 0;
	if (!store_facts(s, &p, &facts)) {
		if (!p.entry && s->error == ENOENT)
			return shown_path(in, &p, path);
		script_failed(in, path, at);
		return 0;
	}
	if (facts.kind == PATH_FOLDER) {
		real = store_tree(s, &p);
	} else if (p.entry && p.real == p.path) {
		n = store_read(s, &p);
		real = n ? node_real(s, n, p.path) : 0;
	} else {
		real = p.real;
	}
	if (!real)
		script_failed(in, path, at);
	else if (!p.entry && real == p.real)
		real = shown_path(in, &p, path);
	return real;
}

const char *
script_shown(Interp *in, const char *real)
{
	const Store *s = interp_store(in);
	size_t n = s->staging ? strlen(s->staging) : 0, k = 0;

	if (!n || !store_under(real, s->staging))
		return real;
	for (const char *p = real + n + 1; *p >= '0' && *p <= '9'; p++)
		k = k * 10 + (size_t)(*p - '0');
	real = s->staged.at[k - 1];
	n = strlen(s->top);
	return store_under(real, s->top) && n > 1 ? interp_path(in, real + n + 1) : real;
}

void
script_opened(Interp *in, const char *real)
{
	const Store *s = interp_store(in);

	if (!s->staging || !store_under(real, s->staging))
		interp_opened(in, real);
}

/* ---- models ---- */

const char *
script_save(Interp *in, const char *path, uint32_t model, bool folder, bool *temporary, Span at)
{
	Store *s = interp_store(in);
	FilePlace p;

	*temporary = false;
	if (!s)
		return path;
	if ((store_resolve(s, path, STORE_WRITE, &p) || (s->refused && s->o.elsewhere)) &&
	    store_save(s, &p, model, folder)) {
		*temporary = store_under(p.path, STORE_PRIVATE);
		return s->here == s->top ? path : p.path;
	}
	script_failed(in, path, at);
	return 0;
}

int64_t
script_saved(Interp *in, const char *path, Span at)
{
	Store *s = interp_store(in);
	FilePlace p;

	if (!s)
		return -1;
	if (!store_resolve(s, path, STORE_READ, &p))
		return script_failed(in, path, at) - 2;
	return p.entry && p.entry->kind == ENTRY_MODEL && p.real == p.path ? (int64_t)p.entry->model
	                                                                   : -1;
}
