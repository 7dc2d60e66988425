/* mapfile.h: whole files in memory, for reading.
 *
 * mapfile_map() maps, so that gigabytes of weights cost no memory; a file that someone shortens
 * meanwhile ends the process, as with any mapping. mapfile_read() makes a copy that a NUL follows.
 * Failures are reported at the given place.
 */
#ifndef MILC_MAPFILE_H
#define MILC_MAPFILE_H

#include "base/diag.h"
#include "base/sys.h"

typedef struct MapFile {
	const char *at;
	size_t n;
	SysMap *map; /* whichever holds it */
	void *copy;
} MapFile;

/* Opens for reading and tells the size; -1 after reporting. */
int mapfile_open(Diag *d, Span span, const char *path, bool named, uint64_t *size);
bool mapfile_map(MapFile *m, Diag *d, Span span, const char *path);
/* At most max bytes. What the user named may be a pipe, or "-" for standard input. */
bool mapfile_read(MapFile *m, Diag *d, Span span, const char *path, bool named, size_t max);
void mapfile_close(MapFile *m);

/* Files that stay mapped for as long as what was read from them is in use: their owner. */
typedef struct Maps {
	Arena *arena;
	VEC(MapFile *) list;
} Maps;
MapFile *maps_map(Maps *maps, Diag *d, Span span, const char *path); /* 0 after reporting */
/* So many zeros in place of a file that is not there; 0 after reporting. */
const void *maps_zeros(Maps *maps, Diag *d, Span span, size_t n);
void maps_close(Maps *maps);

#endif
