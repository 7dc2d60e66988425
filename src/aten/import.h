/* import.h: the parts of aten_import(). */
#ifndef MILC_ATEN_IMPORT_H
#define MILC_ATEN_IMPORT_H

#include "aten.h"

typedef struct ImportState {
	const TState *file;
	DType dtype;
	uint32_t rank;
	Dim *dim;
	Var *var; /* the parameter of the function */
	Span at;
} ImportState;

typedef struct Importing {
	AtenCtx c;
	Builder b;
	AtenImport *im;
	Func *func;
	bool fp16;         /* inputs and outputs that nobody gave a type are fp16 */
	Map symbols;       /* Str of the file -> Dim */
	ImportState *state;
	uint32_t nstate;
} Importing;

/* ---- inputs.c: false after reporting ---- */
bool import_inputs(Importing *m);
bool import_states(Importing *m);
bool import_params(Importing *m); /* and the values of the graph that stand for them */
bool import_outputs(Importing *m, Var **v, uint32_t n);

#endif
