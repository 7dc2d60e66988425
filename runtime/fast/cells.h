/* cells.h: cells of recurrent layers: what one step makes of the sums (cells.c) for the walk
 * through the steps (recurrent.c).
 */
#ifndef MILC_CELLS_H
#define MILC_CELLS_H

#include "isa.h"

typedef void ActFn(float *x, int64_t n); /* in place; n is a multiple of LANES */
typedef struct CellHow {
	ActFn *gate, *cell, *act;
	float clip; /* 0: none */
	int stages; /* of a step: 1 or 2 */
} CellHow;

/* A stage of a step of hidden units [first, last), whole vectors, of sequences [begin, end). Others
 * do the same stage of other units and sequences at the same time. Rows of h, next and c are `pad`
 * apart and as long, rows of rec have `pad` for each gate; rows of sums have `hidden` for each. */
typedef struct CellStep {
	const void *ctx;
	/* rec = bias + the sums over the states `from`, for `n` gates from g on */
	void (*multiply)(const struct CellStep *s, const float *from, int g, int n);
	CellHow how;
	int64_t hidden, pad, begin, end, first, last;
	const float *weights, *peephole, *sums;
	float *h, *next, *c, *rec;
} CellStep;

typedef struct CellKind {
	int64_t gates;
	bool state, peephole, input_bias;         /* what it has, or may have */
	bool (*how)(const Eval *e, CellHow *how); /* false: there is no such activation */
	/* c goes one step on, and so does h: to `next`, or in steps of two stages where it is. */
	void (*step)(const CellStep *s, int stage);
} CellKind;

extern const CellKind FAST(cell_lstm), FAST(cell_gru), FAST(cell_rnn);

#endif
