/* edit.h: changes of a model that leave all else as it is.
 *
 * What is changed is the specification, in which what nobody touches stays byte for byte, unknown
 * fields included; weights files are copied, and never looked into. Names in the edits are those of
 * the model as it was: they are done in the order of the members below.
 */
#ifndef MILC_EDIT_H
#define MILC_EDIT_H

#include "model/io.h"

typedef VEC(const char *) Words;

typedef struct Edits {
	const char *extract; /* "A..B": from value A, which becomes an input, to B; or lists */
	Model *append;       /* its program follows, on outputs of the same names; or NULL */
	Words tap;           /* values that become outputs */
	Words drop;          /* outputs that go, with what only they needed */
	DType io;            /* DT_FP16 or DT_FP32: arrays that go in and out become that */
	Words rename;        /* "old=new" */
	Words set;    /* "KEY=VALUE": a path, a name of metadata, or else a key of userDefined */
	Opset target; /* OPSET_NONE: stays */
} Edits;

/* Both models have a specification; words are of the forms said above. False after reporting. */
bool edit_model(ReadCtx *c, Model *m, const Edits *e);

#endif
