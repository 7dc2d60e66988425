/* safetensors.h: the tensors of a .safetensors file: where they lie and what they are. */
#ifndef MILC_SAFETENSORS_H
#define MILC_SAFETENSORS_H

#include "nd/nd.h"

typedef struct SafeTensor {
	const char *name;
	uint64_t at, end; /* in the file; file_array() maps it */
	DType t;
	int rank;
	int64_t dim[TENSOR_MAX_RANK];
} SafeTensor;

/* All tensors, in the order of their data, in the arena. False: err holds a sentence without the
 * file's name. */
bool safetensors_read(Arena *a, const char *path, SafeTensor **out, size_t *n, NdErr *err);

/* Writes a whole file, the same bytes for the same tensors; of types that the format has. False:
 * errno says why. */
bool safetensors_write(int fd, const NamedTensor *t, uint32_t n);

#endif
