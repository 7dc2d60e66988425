/* archive.h: the members of a zip archive as PyTorch writes them, below one root folder (or none,
 * in old files). Stored members are views into the mapped file, deflated ones are unpacked when
 * asked for. Storages of tensors become dense tensors: in place where they are contiguous.
 */
#ifndef MILC_TORCH_ARCHIVE_H
#define MILC_TORCH_ARCHIVE_H

#include "file/zip.h"
#include "graph.h"

typedef struct Archive {
	Arena *arena;
	Diag *diag;
	Span at;           /* the file */
	Zip zip;
	const char *root;  /* "resnet/", or "" */
	Map unpacked;      /* ZipMember -> its bytes */
	size_t made;       /* bytes that were unpacked and copied so far: they are limited */
} Archive;

/* Reports what is wrong with it. The bytes stay the caller's. */
bool archive_open(Archive *ar, Arena *a, Diag *d, Span at, const char *data, size_t n);
bool archive_has(const Archive *ar, const char *member); /* its name below the root */
/* The bytes of a member; false after reporting, also when there is none. */
bool archive_get(Archive *ar, const char *member, const char **out, size_t *n);
Span archive_place(Archive *ar, const char *member); /* for messages */

/* A strided view over a storage of nbytes: sizes, strides and offset in elements. 0 after
 * reporting at `at`: nothing outside of the storage is ever read. */
const Tensor *storage_tensor(Archive *ar, Span at, const void *storage, size_t nbytes, DType t,
                             const int64_t *size, const int64_t *stride, uint32_t rank,
                             int64_t offset);

#endif
