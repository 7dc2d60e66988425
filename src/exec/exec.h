/* exec.h: running whole programs on tensors: the walk over a program's blocks. */
#ifndef MILC_EXEC_H
#define MILC_EXEC_H

#include "ir/ir.h"
#include "runtime/eval.h"

typedef struct RunOptions {
	uint64_t seed;
	uint64_t max_loop; /* iterations of one while_loop; 0: 1,000,000,000 */
	bool profile;
	uint64_t memory;   /* bytes; 0: no limit */
	Span *at;          /* set to the place of a failure; 0: err begins with it */
} RunOptions;
/* Runs f on inputs by name (all must be there, dtypes cast as Core ML does it); outputs in the
 * order of the function's. Memory: arena. False: err says why, with the instruction. With
 * `profile` err holds a table of times after success. */
bool run_func(Func *f, Arena *arena, const NamedTensor *in, uint32_t nin, NamedTensor **out,
              uint32_t *nout, const RunOptions *o, Buf *err);

#endif
