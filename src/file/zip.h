/* zip.h: the members of a zip archive that lies in memory (zip64 too). Stored ones are views into
 * it, deflated ones are unpacked; sizes and offsets are checked before they are used.
 *
 * Functions that fail leave a sentence in err without the file's name; it calls the file a `kind`
 * one (".npz"). Members' names are without the ending (".npy", or "") that these files give them.
 */
#ifndef MILC_ZIP_H
#define MILC_ZIP_H

#include "nd/nd.h"

typedef struct ZipMember {
	const char *name;
	uint64_t local, packed, size; /* local: offset of the local header */
	uint32_t crc;
	int method; /* 0: stored, 8: deflated */
} ZipMember;

typedef struct Zip {
	const char *at, *kind, *ending;
	size_t n;
	ZipMember *member;
	uint32_t count;
	Map index; /* hash of a name -> the last member that has it */
} Zip;

/* Reads the directory of z->at[0..n), which stays the caller's; kind and ending are set too. */
bool zip_open(Zip *z, Arena *a, NdErr *err);
/* Of several members of one name the last counts, as for Python. 0: there is none. */
const ZipMember *zip_find(const Zip *z, const char *name);
/* m->packed bytes from here on; for a stored member they are its contents. */
bool zip_view(const Zip *z, const ZipMember *m, const char **out, NdErr *err);
/* The m->size bytes of a member of either kind, checked against its checksum; for xfree(). */
bool zip_unpack(const Zip *z, const ZipMember *m, char **out, NdErr *err);

#endif
