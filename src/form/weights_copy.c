/* weights_copy.c: the weights files of a model that was read and is written in another form as it
 * is. Which they are, its values say; they are found in the bytes, since taking a large program
 * apart for a few names costs more than all the rest.
 */
#include "reading.h"
#include "spec.h"

#include "base/sys.h"
#include "file/fsout.h"

static const char root[] = "@model_path/";

enum { TAG_FILE_NAME = 0x0a, TAG_OFFSET = 0x10 }; /* of a BlobFileValue */

/* The file name of a BlobFileValue that is at p, whose length stands before it and whose offset
 * follows; 0 if it is another string. */
static size_t
name_at(const uint8_t *start, const uint8_t *p, const uint8_t *end)
{
	size_t n, back = 1;

	if (p - start < 3)
		return 0;
	n = p[-1];
	if (p[-2] & 0x80 && p[-1] < 0x80 && p[-2] != TAG_FILE_NAME) {
		n = (size_t)p[-1] << 7 | (p[-2] & 0x7f);
		back = 2;
	}
	return p[-1 - (ptrdiff_t)back] == TAG_FILE_NAME && n < (size_t)(end - p) &&
	               p[n] == TAG_OFFSET
	           ? n
	           : 0;
}

typedef VEC(const char *) Names;

static void
find_names(const Model *m, Arena *a, Names *out)
{
	const uint8_t *start = m->spec->raw, *end = start + m->spec->nraw, *p = start;
	const char *last = NULL;

	for (; start && (p = memmem(p, (size_t)(end - p), root, sizeof root - 1)); p++) {
		size_t n = name_at(start, p, end);
		bool known = n && last && strlen(last) == n && !memcmp(last, p, n);
		if (!n || known)
			continue;
		last = arena_printf(a, "%.*s", (int)n, (const char *)p);
		for (uint32_t k = 0; k < out->n && !known; k++)
			known = !strcmp(out->at[k], last);
		if (!known)
			vec_push(a, out, last);
	}
}

/* Beside a bare model file the weights may stand as STEM_weights.bin. */
const char *
weights_file(const Model *m, const char *name)
{
	const Origin *o = m->origin;
	const char *path, *other;

	if (strncmp(name, root, sizeof root - 1) != 0 || !path_is_safe(name + sizeof root - 1))
		return NULL;
	path = arena_printf(m->arena, "%s/%s", o->folder, name + sizeof root - 1);
	if (!o->stem || sys_kind(path))
		return path;
	other = arena_printf(m->arena, "%s_weights.bin", o->stem);
	return sys_kind(other) ? other : path;
}

static bool
copy_one(FsOut *o, const Model *m, const char *name, const char *to)
{
	const char *from = weights_file(m, name);

	if (from && sys_kind(from) == PATH_FILE)
		return fsout_copy(o, to, from, NULL);
	if (from)
		diag_error(o->diag, o->span, "the weights file '%s' is not there: expected '%s'",
		           name, from);
	else
		diag_error(o->diag, o->span,
		           "a weights file is named '%s', expected a path below @model_path/", name);
	o->failed = true;
	return false;
}

bool
weights_copy(FsOut *o, const Model *m, const char *below)
{
	Names names = {0};

	find_names(m, m->arena, &names);
	for (uint32_t k = 0; k < names.n; k++) {
		const char *rel = names.at[k] + sizeof root - 1;
		if (!copy_one(o, m, names.at[k], arena_printf(m->arena, "%s%s", below, rel)))
			return false;
	}
	return true;
}

const char *
weights_only(const Model *m, bool *several)
{
	Names names = {0};
	const char *path;

	find_names(m, m->arena, &names);
	*several = names.n > 1;
	path = names.n == 1 ? weights_file(m, names.at[0]) : NULL;
	return path && sys_kind(path) == PATH_FILE ? path : NULL;
}
