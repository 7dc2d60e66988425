/* front.h: the one door through which things come in. Rows of fronts.def, asked in their order:
 *
 *	FRONT("what it is", probe, open)
 *
 *	bool PROBE(const Input *)            by content: the file's bytes, or what a folder holds
 *	bool OPEN(Unit *, const Input *)     fills in the unit's models; false after reporting
 *
 * What a form needs while it is open (the interpreter of a script, …) the front keeps to itself,
 * and leaves it to the unit to close it.
 */
#ifndef MILC_FRONT_H
#define MILC_FRONT_H

#include "unit.h"

typedef struct Input {
	const char *path; /* as the user named it; "-" is standard input */
	bool folder;
	const char *at;   /* the bytes of a file, */
	size_t n;
	bool copied;      /* … with a NUL behind them */
} Input;

#define FRONT(what, probe, open)                                                                   \
	bool probe(const Input *in);                                                               \
	bool open(Unit *u, const Input *in);
#include "fronts.def"
#undef FRONT

/* The last program of a script, as it builds it, beside what is open already; 0 after reporting. */
const Func *script_program(Unit *u, const char *path);

/* What --input says, or the arrays of -i if they may say it and nothing else does: those that are
 * inputs of a model, or all for 0. */
bool features_said(Unit *u, bool arrays, const Model *m, InputSpec **list, uint32_t *n);
/* Inputs of a network of the first versions whose shape is said with two dimensions more than they
 * are declared with: sequence and batch. False after reporting. */
bool network_sequences(Unit *u, Model *m);

/* m->prog of a pipeline: its stages in a row. False after reporting. */
bool join_pipeline(Unit *u, Model *m);

#endif
