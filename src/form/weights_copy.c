/* weights_copy.c: the weights files of a model that is a specification, and is written as it is.
 * Which they are, its values say; they are found in the bytes, since taking a large program apart
 * for a few names costs more than all the rest.
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

WeightsFiles
weights_files(const Model *m, const Buf *spec)
{
	const uint8_t *start = (const uint8_t *)spec->at, *end = start + spec->n, *p = start;
	const char *last = NULL;
	WeightsFiles out = {0};

	for (; start && (p = memmem(p, (size_t)(end - p), root, sizeof root - 1)); p++) {
		size_t n = name_at(start, p, end);
		bool known = n && last && strlen(last) == n && !memcmp(last, p, n);
		if (!n || known)
			continue;
		last = arena_printf(m->arena, "%.*s", (int)n, (const char *)p);
		for (uint32_t k = 0; k < out.n && !known; k++)
			known = !strcmp(out.at[k].name, last);
		if (!known)
			vec_push(m->arena, &out, weights_at(m, last));
	}
	return out;
}

bool
weights_inside(const char *name)
{
	return strncmp(name, root, sizeof root - 1) == 0 && path_is_safe(name + sizeof root - 1);
}

/* Beside a bare model file the weights may stand as STEM_weights.bin. */
WeightsAt
weights_at(const Model *m, const char *name)
{
	const Origin *o = m->origin;
	WeightsAt w = {.name = name};

	if (!weights_inside(name))
		return w;
	for (uint32_t k = 0; k < m->weights.n; k++)
		if (!strcmp(m->weights.at[k].name, name))
			return m->weights.at[k];
	if (!o)
		return w;
	w.path = arena_printf(m->arena, "%s/%s", o->folder, name + sizeof root - 1);
	if (!o->stem || sys_kind(w.path))
		return w;
	w.path = arena_printf(m->arena, "%s_weights.bin", o->stem);
	return w;
}

bool
weights_copy(FsOut *o, const WeightsAt *w, const char *to)
{
	if (w->plan) {
		write_weights(o, to, w->plan);
		return !o->failed;
	}
	if (w->path && sys_kind(w->path) == PATH_FILE)
		return fsout_copy(o, to, w->path, NULL);
	if (w->path)
		diag_error(o->diag, o->span, "the weights file '%s' is not there: expected '%s'",
		           w->name, w->path);
	else if (weights_inside(w->name))
		diag_error(o->diag, o->span,
		           "the weights file '%s' is not there: weights_dir names the folder that "
		           "has it",
		           w->name);
	else
		diag_error(o->diag, o->span,
		           "a weights file is named '%s', expected a path below @model_path/",
		           w->name);
	o->failed = true;
	return false;
}
