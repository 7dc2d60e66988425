/* nd.h: NumPy's arrays, as a C library without the interpreter: strided views over shared buffers,
 * NumPy 2's promotion (NEP 50), broadcasting, summation order, and text form.
 *
 * Functions that can fail return false with a sentence in err (NumPy's wording where it has one:
 * "operands could not be broadcast together with shapes (2,3) (4,)"). Results are new references
 * (nd_release them). Sizes are overflow-checked; a result over `ND_MAX_BYTES`
 * fails with "unable to allocate …".
 */
#ifndef MILC_ND_H
#define MILC_ND_H

#include "tensor/tensor.h"

#define ND_MAX_BYTES ((size_t)MIN((uint64_t)1 << 36, SIZE_MAX / 2))

typedef struct NdGuard { /* is told before the next write into a buffer */
	void (*before_write)(struct NdGuard *g);
} NdGuard;
typedef struct NdBuffer { /* element storage, shared by views */
	uint32_t refs;
	bool mapped;    /* data lies in a mapped file: writes must copy first (nd_writable) */
	bool kept;      /* until the interpreter ends, see interp_keep() */
	NdGuard *guard; /* once, then 0 again */
	bool readonly;  /* as numpy's flag for broadcast_to and frombuffer */
	void *data;
	size_t size;
} NdBuffer;
typedef struct Nd {
	DType dtype;
	int rank;
	NdBuffer *buf;
	char *data; /* first element, inside buf */
	int64_t dim[TENSOR_MAX_RANK];
	int64_t stride[TENSOR_MAX_RANK]; /* bytes; may be 0 or negative */
} Nd;

typedef struct NdErr {
	char text[240]; /* "" when `work` refused: it has reported that itself */
	char meant[240];   /* what `means` made of it */
	const char *class;
	bool machine;   /* of memory, space, I/O, not of what was given */
	int error;      /* errno where a file could not be opened, else 0 */
	/* Is told before so many steps of work (some 100 ns each) and before an array of so many
	 * bytes; false when there are too many. May be 0. */
	bool (*work)(void *who, uint64_t steps, size_t bytes);
	/* Is told the format of the text and what goes into it, to fill class and meant; or 0. */
	void (*means)(struct NdErr *err, const char *fmt, va_list ap);
	void *who;
} NdErr;

void nd_retain(Nd *a);
void nd_release(Nd *a);
bool nd_new(Nd *out, DType t, const int64_t *dim, int rank, NdErr *err); /* zeroed */
Nd nd_scalar_f(DType t, double v);
Nd nd_scalar_i(DType t, int64_t v);
/* A view on memory that somebody else keeps alive (a mapped file). */
Nd nd_wrap(DType t, const int64_t *dim, int rank, void *data, bool mapped);
int64_t nd_count(const Nd *a);
bool nd_contiguous(const Nd *a);
/* Makes a's buffer writable: copies a mapped one. False for read-only views. */
bool nd_writable(Nd *a, NdErr *err);
bool nd_copy(Nd *out, const Nd *a, NdErr *err); /* contiguous, C order */
bool nd_astype(Nd *out, const Nd *a, DType t, NdErr *err);
/* As a Tensor: shares the buffer when contiguous (the caller keeps it alive), else copies, as it
 * does of rank 0. */
Tensor *nd_to_tensor(Arena *a, const Nd *nd);
Nd nd_from_tensor(const Tensor *t); /* a view; t must outlive it (arena) */

double nd_f(const Nd *a, const int64_t *idx); /* element at idx[0..rank) */
int64_t nd_i(const Nd *a, const int64_t *idx);
/* Visit all elements in C order: for (NdIter it = nd_iter(a); it.at; nd_step(&it)) */
typedef struct NdIter {
	const Nd *nd;
	char *at; /* 0 at the end */
	int64_t idx[TENSOR_MAX_RANK];
} NdIter;
NdIter nd_iter(const Nd *a);
void nd_step(NdIter *it);

/* NEP 50: a Python int, float or bool operand is weak. */
typedef enum Weak { STRONG, WEAK_BOOL, WEAK_INT, WEAK_FLOAT } Weak;
DType nd_promote(DType a, DType b);
DType nd_result_type(DType a, Weak wa, DType b, Weak wb);

bool nd_broadcast_shapes(const Nd *a, const Nd *b, int64_t *dim, int *rank, NdErr *err);
bool nd_broadcast_to(Nd *out, const Nd *a, const int64_t *dim, int rank, NdErr *err);
typedef struct NdPrint { /* np.set_printoptions, and of np.array2string what stands around */
	int precision, width;
	int64_t edge, threshold;
	bool suppress;
	char sign; /* '-', '+' or ' ' */
	enum { PRINT_MAXPREC, PRINT_FIXED, PRINT_UNIQUE, PRINT_MAXPREC_EQUAL } mode;
	const char *nan, *inf, *separator;
	int indent; /* of lines but the first */
} NdPrint;
extern const NdPrint nd_print_default;
/* repr: "array([…], dtype=…)", else str() */
void nd_repr(const Nd *a, bool repr, const NdPrint *p, Buf *out);
void nd_text(const Nd *a, const NdPrint *p, Buf *out); /* np.array2string */
/* One element as Python's repr prints it (shortest round trip): 0.1, 1e-05, 65504.0 */
void nd_repr_element(const Nd *a, const char *at, Buf *out);

#endif
