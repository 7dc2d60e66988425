/* fsown.h: folders that are written again in place. Whatever made one left the file .milc-files in
 * it, a line for each file as sha256sum writes them ("DIGEST  NAME"): the folder may be replaced as
 * long as all that is in it stands there and is what it was. Who put anything beside it, or changed
 * a file, keeps it.
 */
#ifndef MILC_FSOWN_H
#define MILC_FSOWN_H

#include "base/base.h"

#define FSOWN_LIST ".milc-files"

/* The line of a file. */
void fsown_put(Buf *list, const char *name, const void *p, size_t n);
typedef enum FsOwn {
	FSOWN_NONE,    /* there is no such list */
	FSOWN_OURS,    /* all in it is as it was written */
	FSOWN_CHANGED, /* *what, of all those the first by name, is not */
} FsOwn;
FsOwn fsown_look(Arena *a, const char *folder, const char **what);

#endif
