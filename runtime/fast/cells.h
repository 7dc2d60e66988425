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
	bool reset_after;
} CellHow;

/* A step of sequences [begin, end). Rows of h, c and old are `pad` apart and as long, rows of rec
 * have `pad` for each gate; rows of sums have `hidden` for each. */
typedef struct CellStep {
	const void *ctx;
	/* rec = bias + the sums over the states h, for `n` gates from g on */
	void (*multiply)(const struct CellStep *s, int g, int n);
	CellHow how;
	int64_t hidden, pad, begin, end;
	const float *weights, *peephole, *sums;
	float *h, *c, *old, *rec;
} CellStep;

typedef struct CellKind {
	int64_t gates;
	bool state, peephole, input_bias;         /* what it has, or may have */
	bool (*how)(const Eval *e, CellHow *how); /* false: there is no such activation */
	void (*step)(const CellStep *s);          /* h, c: one step on */
} CellKind;

extern const CellKind FAST(cell_lstm), FAST(cell_gru), FAST(cell_rnn);

#endif
