/* later.c: forms that are known by sight and cannot be read yet. */
#include "front.h"

static bool
later(Unit *u, const Input *in, const char *what)
{
	diag_error(&u->diag, diag_object(&u->diag, NOSPAN, NULL, in->path),
	           "this is %s, and reading that is not yet supported", what);
	return false;
}

bool
is_compiled(const Input *in)
{
	return in->folder && ends_with(in->path, path_length(in->path), ".mlmodelc");
}

bool
open_compiled(Unit *u, const Input *in)
{
	return later(u, in, "a compiled model (.mlmodelc)");
}

static bool
starts_npy(const Input *in)
{
	return in->n > 6 && memcmp(in->at, "\x93NUMPY", 6) == 0;
}

/* The first member of an .npz is an .npy, and NumPy's magic starts one that stands alone. */
static bool
holds_arrays(const Input *in)
{
	size_t n = in->n < 30 ? 0 : (size_t)get_le(in->at + 26, 2);

	return starts_npy(in) || (n > 4 && in->n - 30 >= n && !memcmp(in->at + 26 + n, ".npy", 4));
}

bool
is_archive(const Input *in)
{
	return (in->n > 4 && memcmp(in->at, "PK\3\4", 4) == 0) || starts_npy(in);
}

bool
open_archive(Unit *u, const Input *in)
{
	if (holds_arrays(in)) {
		diag_error(&u->diag, diag_object(&u->diag, NOSPAN, NULL, in->path),
		           "these are arrays, not a model: name the model, and its inputs with -i");
		return false;
	}
	return later(u, in, "a zip archive (.pt, .pt2)");
}

/* The first token of a program in Apple's text form; no script starts like that. */
bool
is_mil_text(const Input *in)
{
	const char *s = in->at, *end = s + in->n;

	while (s < end && strchr(" \t\r\n", *s))
		s++;
	if (end - s < 8 || memcmp(s, "program", 7) != 0)
		return false;
	for (s += 7; s < end && (*s == ' ' || *s == '\t'); s++)
		;
	return s < end && *s == '(';
}

bool
open_mil_text(Unit *u, const Input *in)
{
	return later(u, in, "MIL text");
}
