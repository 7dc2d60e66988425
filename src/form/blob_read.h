/* blob_read.h: reads weight files (MILBlob storage, version 2) from memory, trusting nothing in
 * them.
 *
 * The tensors refer to the bytes where they can, so the file must stay mapped. Every function that
 * fails says why in *error (text from the arena).
 */
#ifndef MILC_READ_BLOB_H
#define MILC_READ_BLOB_H

#include "tensor/tensor.h"

typedef struct BlobFile {
	const uint8_t *at;
	size_t n;
	uint32_t count; /* records, as the header says */
} BlobFile;

bool blob_open(Arena *a, BlobFile *b, const void *p, size_t n, const char **error);
/* The data behind the record as a tensor of the type and shape the model states. */
Tensor *blob_tensor(Arena *a, const BlobFile *b, uint64_t offset, DType t, const int64_t *dim,
                    int rank, const char **error);
/* Where the data of the record lie. */
bool blob_place(Arena *a, const BlobFile *b, uint64_t offset, uint64_t *at, uint64_t *size,
                const char **error);
/* n elements of `width` bits, packed from the least significant bit on, one per byte. */
void blob_unpack(uint8_t *out, const uint8_t *in, size_t n, unsigned width, bool is_signed);

#endif
