/* fsout.h: outputs that appear whole or not at all.
 *
 * What is written goes to a temporary file or folder beside the destination, which the commit
 * renames. A folder may replace an empty one or a package, nothing else; a file may not replace a
 * folder. Destinations that are neither (/dev/null, /dev/stdout, a pipe) are written directly.
 * Every failure is reported once, at the span, as the machine's; later calls then do nothing, and
 * fsout_commit(), which must be called, removes what was written; the guard and signals do too.
 *
 *	FsOut o;
 *	fsout_begin(&o, d, at, "net.mlpackage", true);
 *	fsout_put(&o, "Manifest.json", text, len);
 *	fd = fsout_create(&o, "Data/weights/weight.bin"); ... fsout_close(&o, fd);
 *	ok = fsout_commit(&o);
 */
#ifndef MILC_FSOUT_H
#define MILC_FSOUT_H

#include "base/diag.h"

typedef struct FsTemp FsTemp;
typedef struct FsOut {
	Diag *diag;
	Span span;
	Arena arena;
	char *path; /* destination, without slashes at its end */
	char *tmp;  /* what is being written; 0: the destination itself */
	FsTemp *made;
	bool folder, failed;
	bool own; /* a folder that may be written again, with: */
	Buf list; /* its files (fsown.h) */
} FsOut;

bool fsout_begin(FsOut *o, Diag *d, Span at, const char *path, bool folder);
/* A folder of files that are put, which may replace what was begun so before and has not been
 * touched since. */
bool fsout_begin_own(FsOut *o, Diag *d, Span at, const char *path);
/* A new file: for a folder at a relative path whose parents are made, else name is 0. Returns a
 * descriptor, or -1. */
int fsout_create(FsOut *o, const char *name);
/* A folder at a relative path, with its parents. */
void fsout_folder(FsOut *o, const char *name);
bool fsout_close(FsOut *o, int fd);
/* A file or folder with all in it, as they are; links in it are refused. `except`: the path of one
 * file that is left out, or 0. */
bool fsout_copy(FsOut *o, const char *name, const char *from, const char *except);
/* Reports that writing failed for this errno; for those who write to the descriptor themselves. */
void fsout_fail(FsOut *o, int error);
/* Create, write and close. */
bool fsout_put(FsOut *o, const char *name, const void *p, size_t n);
/* In place, or where something failed, removed. */
bool fsout_commit(FsOut *o);
/* Outputs that appear together, or none of them. */
typedef struct FsBatch {
	Arena *arena;
	VEC(FsOut *) out;
} FsBatch;
/* Instead of fsout_commit(), where there is a batch: it waits there for the others. */
bool fsout_later(FsBatch *b, FsOut *o);
bool fsout_commit_all(FsBatch *b, bool ok); /* in the order in which they came; not ok: removed */
/* Two that belong together, also after a fsout_begin() that failed: where one failed, both go. */
bool fsout_commit_pair(FsOut *first, FsOut *second, FsBatch *b);

#endif
