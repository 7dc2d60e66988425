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
#include "runtime/eval.h"

typedef struct Box Box;
struct Box {
	Arena arena;
	uint64_t refs;
	Box **held; /* in the arena; entries may be 0. Of a list: one per element */
	int64_t nheld;
	size_t bytes;     /* counted in the heap */
	Box *prev, *next; /* all boxes of a run */
};

typedef struct Heap {
	Box *boxes;
	size_t bytes, peak;
} Heap;

/* A value and one reference to its box. */
typedef struct Slot {
	RtValue v;
	Box *box;
} Slot;

Box *box_new(Heap *h);
void heap_free(Heap *h);           /* all boxes, whoever holds them */


Slot slot_share(Slot s);           /* the same value with a reference of its own */
void slot_clear(Heap *h, Slot *s); /* gives its reference up */

/* Makes slots of what an evaluator left in out[0..nout), with memory in b: takes over the caller's
 * reference to b. `in` are the operands' slots. */
void slots_adopt(Heap *h, Box *b, const RtValue *out, uint32_t nout, const Slot *in, uint32_t nin,
                 Slot *to);

#endif
