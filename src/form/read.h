/* read.h: reading models back. One row per form in readers.def, recognised by content:
 *   READER(name, probe, read)
 * All input is untrusted: sizes, offsets, depth, names and types are checked, with messages that
 * name the file and the op.
 */
#ifndef MILC_READ_H
#define MILC_READ_H

#include "model/model.h"

typedef struct ReadCtx {
	Arena *arena;
	Interner *names;
	Types *types;
	Diag *diag;
	const char *path;
} ReadCtx;
/* .mlpackage folder or .mlmodel file (ML Program or NeuralNetwork). A NeuralNetwork is lifted to
 * the same SSA form, layer by layer. 0 after reporting. */
Model *read_model(ReadCtx *c);

#endif
