/* blob_write.h: writes weight files (MILBlob storage, version 2).
 *
 * Tensors are appended one by one and streamed: a lazily cast or mapped tensor passes through a
 * buffer of fixed size. The offset a model refers to is that of the record before the data. With
 * fd -1 nothing is written and only the offsets are computed; they are the same.
 */
#ifndef MILC_EMIT_BLOB_H
#define MILC_EMIT_BLOB_H

#include "tensor/tensor.h"

typedef struct BlobWriter {
	int fd;         /* positioned at 0 */
	uint32_t count; /* records so far */
	uint64_t size;  /* of the file so far */
	int error;      /* errno of the first write that failed; the rest is ignored */
	char *buf;      /* not yet written */
	size_t nbuf;
} BlobWriter;

void blob_begin(BlobWriter *w, int fd);
/* True if the file has a code for this type. */
bool blob_holds(DType t);
/* Appends; returns the offset of the record. */
uint64_t blob_add(BlobWriter *w, const Tensor *t);
/* Writes what is left and the count, and releases the buffer. False: see error. */
bool blob_end(BlobWriter *w);
uint64_t blob_size(const Tensor *t); /* bytes of its data */
/* Packs n elements of one byte each into w bits each, in place, from the lowest bit up; the
 * bytes. */
size_t blob_pack(uint8_t *p, size_t n, unsigned w);

#endif
