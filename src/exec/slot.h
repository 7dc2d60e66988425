/* slot.h: values of a running program and the memory they lie in.
 *
 * What one instruction computes lies in one Box, an arena with a count of the slots and boxes that
 * need it; it is freed when nobody does. A tensor that shares its data with an operand (reshape)
 * makes its box hold the operand's. A list's box holds the boxes of its elements. Constants need no
 * box: they belong to the program.
 */
#ifndef MILC_SLOT_H
#define MILC_SLOT_H

#include "exec.h"
#include "runtime/channel_blocks.h"
#include "runtime/eval.h"

typedef struct Box Box;
struct Box {
	Arena arena;
	uint64_t refs;
	Box **held; /* in the arena; entries may be 0. Of a list: one per element */
	int64_t nheld;
	Tensor tensor;    /* the result of a kernel, */
	const Blocks *blocks; /* how its numbers lie; 0: as tensors do */
	void *buffer;     /* and its numbers; goes back to the heap */
	size_t room;      /* its bytes, */
	size_t used;      /* and how many of them were asked for */
	size_t bytes;     /* counted in the heap */
	Box *prev, *next; /* all boxes of a run */
};

/* Buffers that nobody needs wait for the next who asks for as much: their pages are there, and
 * likely still in a cache. They come in eight sizes between two powers of two. */
typedef struct FreeBuffer {
	struct FreeBuffer *next;
} FreeBuffer;
enum { BUFFER_SIZES = 8 * 48 };
typedef struct Heap {
	Box *boxes, *spare;
	size_t bytes, peak; /* of values, now and at most in a run; */
	size_t most;        /* … and in all */
	FreeBuffer *buffer[BUFFER_SIZES];
	size_t waiting; /* bytes of them */
} Heap;

/* A value and one reference to its box. */
typedef struct Slot {
	RtValue v;
	Box *box;
} Slot;

Box *box_new(Heap *h);
/* Gives the box memory for its results, not cleared, aligned to KERNEL_ALIGN. */
void *box_buffer(Heap *h, Box *b, size_t bytes);
/* The box takes over the memory of one that only the slot holds, if it has as much. */
void *box_take(Heap *h, Box *b, const Slot *from, size_t bytes);
void heap_free(Heap *h); /* all boxes, whoever holds them, and all buffers */

/* A tensor with memory of its own, not cleared; one with the numbers of t. */
Slot slot_new(Heap *h, DType t, const int64_t *dim, int rank);
Slot slot_own(Heap *h, const Tensor *t);
/* What lies in blocks is laid out as tensors are. */
void slot_unblock(Heap *h, Slot *s);
Slot slot_share(Slot s);           /* the same value with a reference of its own */
void slot_clear(Heap *h, Slot *s); /* gives its reference up */

/* Makes slots of what an evaluator left in out[0..nout), with memory in b: takes over the caller's
 * reference to b. `in` are the operands' slots. */
void slots_adopt(Heap *h, Box *b, const RtValue *out, uint32_t nout, const Slot *in, uint32_t nin,
                 Slot *to);

#endif
