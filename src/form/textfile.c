/* textfile.c: texts as output files. */
#include "emit.h"

#include "file/fsout.h"

bool
emit_text_file(EmitCtx *c, const char *at, size_t n)
{
	FsOut o;

	if (!fsout_begin(&o, c->diag, c->span, c->path, false))
		return false;
	fsout_put(&o, NULL, at, n);
	return fsout_commit(&o);
}
