/* npz.h: NumPy's files: .npy (one array) and .npz (a zip of them), for np.load and `milc run`.
 *
 * Everything in a file is checked before it is believed. Stored members and .npy data are mapped
 * privately: a script may write to the array, the file does not change.
 */
#ifndef MILC_NPZ_H
#define MILC_NPZ_H

#include "base/diag.h"
#include "nd/nd.h"

/* ---- for `milc run` ---- */
typedef struct Npz Npz;
/* 0 after reporting. Lives in the arena; npz_close frees what lies outside it. */
Npz *npz_open(Arena *a, Diag *d, Span at, const char *path);
void npz_close(Npz *z);
uint32_t npz_count(const Npz *z);
const char *npz_path(const Npz *z);
const char *npz_name(const Npz *z, uint32_t i); /* without ".npy" */
bool npz_has(const Npz *z, const char *name);
const Tensor *npz_tensor(Npz *z, const char *name); /* 0 after reporting */
/* Writes a whole .npz, the same bytes for the same tensors. False: errno says why. */
bool npz_write(int fd, const NamedTensor *t, uint32_t n);

/* ---- for np.load ---- */
/* err holds a sentence without the file's name. */
bool npz_read(Arena *a, const char *path, Npz **out, NdErr *err);
/* A fresh array each time; npz_has() it. */
bool npz_get(Npz *z, const char *name, Nd *out, NdErr *err);
bool npy_read(const char *path, Nd *out, NdErr *err);
/* Neither: what the first bytes say the file is. */
bool npz_is_zip(const char *path, bool *zip, NdErr *err);
/* The bytes [at, at+n) of a file as a private mapping, or a copy where small. */
bool file_array(const char *path, uint64_t at, DType t, const int64_t *dim, int rank, Nd *out,
                NdErr *err);
bool file_size(const char *path, uint64_t *size, NdErr *err);

/* ---- npy.c ---- */
typedef struct NpyHeader {
	DType t;
	bool swap, fortran;
	int rank;
	int64_t dim[TENSOR_MAX_RANK];
	size_t head;  /* bytes before the data */
	size_t bytes; /* of the data */
} NpyHeader;
/* n bytes of the start of a file of `total` bytes. */
bool npy_parse(const char *p, size_t n, uint64_t total, NpyHeader *h, NdErr *err);
void npy_put_header(Buf *b, const Tensor *t);
uint32_t npy_width(const Tensor *t); /* of strings: the most code points that one has, from 1 on */
/* Makes the elements as they lie in the file an array in native order. */
void npy_finish(const NpyHeader *h, Nd *a);

#endif
