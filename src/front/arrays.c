/* arrays.c: files that hold arrays are no models: inputs of one, if anything. */
#include "front.h"

/* NumPy's magic starts an .npy, and the first member of an .npz is one. */
bool
is_arrays(const Input *in)
{
	size_t n = in->n < 30 ? 0 : (size_t)get_le(in->at + 26, 2);

	return (in->n > 6 && memcmp(in->at, "\x93NUMPY", 6) == 0) ||
	       (is_archive(in) && n > 4 && in->n - 30 >= n &&
	        memcmp(in->at + 26 + n, ".npy", 4) == 0);
}

bool
open_arrays(Unit *u, const Input *in)
{
	return diag_error(&u->diag, diag_object(&u->diag, NOSPAN, NULL, in->path),
	                  "these are arrays, not a model: 'milc run MODEL -i IN.npz' gives them to "
	                  "one");
}
