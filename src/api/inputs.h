/* inputs.h: what `milc run` gives a function: arrays of a .npz by name, and random numbers. */
#ifndef MILC_INPUTS_H
#define MILC_INPUTS_H

#include "front/unit.h"

typedef struct Inputs {
	NamedTensor *at; /* first all that are no states, */
	uint32_t plain;  /* so many, */
	uint32_t n;      /* then the states that were given */
} Inputs;

/* f are the model's descriptions of the function's inputs, with the bounds of flexible ones. False
 * after reporting; what is too large for `memory` bytes is a fault of the machine. */
bool inputs_load(Unit *u, const Feature *f, uint32_t nf, const Func *func, uint64_t memory,
                 Inputs *in);

#endif
